"""Which questions stay so that no answer can be guessed from how often it occurs (paper 2.1, 2.2, 2.3).

Everything here works on `Facts`, the few words of a question that balance is about, and is deterministic: questions are
taken in an order that only their ids decide.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from ipt.config import Config
from ipt.datasets.schema import Question
from ipt.errors import UserError
from ipt.seeding import content_digest

RARE_COUNT = 40
"""mvc: a count that fewer than one in this many candidates have does not set the ratio of counts."""


@dataclass(frozen=True)
class Facts:
    """What balancing looks at."""

    question_id: str
    category: str
    object: str
    stratum: tuple[str, ...]
    """Groups filled evenly: pet (sub-category, turn), pt (side, distance bin, room type), mvc (count, movement)."""
    count: int = 0
    """mvc: the true count."""
    pair: str = ""
    """pt: what a question shares with the one about the walk back; empty where there is none."""


def facts_of(question: Question) -> Facts:
    """The facts of `question`."""
    known = question.metadata
    strata: dict[str, tuple[str, ...]] = {
        "pet": (question.category, str(known.get("turn"))),
        "pt": (question.category, str(known.get("distance_bin")), question.room_type),
        "mvc": (str(known.get("count")), question.category),
    }
    return Facts(
        question.question_id,
        question.category,
        question.object,
        strata[question.task],
        int(known.get("count", 0)),
        str(known.get("pair", "")),
    )


def balanced(config: Config, task: str, facts: Sequence[Facts], limit: int) -> list[str]:
    """Ids of at most `limit` questions that meet the task's balance, sorted.

    Raises:
        UserError: the balance cannot be met by any question (names the setting).
    """
    order = spread(facts, config.seed)
    if task == "pet":
        kept = _even_categories(order, config.tasks.pet.category_ratio_max, limit)
    elif task == "mvc":
        kept = _capped(order, config, limit)
    else:
        kept = _whole_pairs(order, limit)
    return sorted(item.question_id for item in kept)


def spread(facts: Sequence[Facts], seed: int) -> list[Facts]:
    """All facts in an order whose every beginning is even over strata, and over objects within a stratum."""

    def by_id(items: Sequence[Facts]) -> list[Facts]:
        return sorted(items, key=lambda item: content_digest(seed, item.question_id, "balance"))

    def over_objects(items: Sequence[Facts]) -> list[Facts]:
        return _round_robin(by_id(items), lambda item: item.object)

    groups: dict[Hashable, list[Facts]] = defaultdict(list)
    for item in facts:
        groups[item.stratum].append(item)
    inside = [item for key in sorted(groups, key=str) for item in over_objects(groups[key])]
    return _round_robin(inside, lambda item: item.stratum)


def _round_robin(items: Sequence[Facts], key: Callable[[Facts], Hashable]) -> list[Facts]:
    """One item of each group in turn (groups by name), keeping the order within a group."""
    turn: Counter[Hashable] = Counter()
    placed = []
    for item in items:
        placed.append((turn[key(item)], str(key(item)), item))
        turn[key(item)] += 1
    return [item for _, _, item in sorted(placed, key=lambda entry: entry[:2])]


def _whole_pairs(order: Sequence[Facts], limit: int) -> list[Facts]:
    """The first `limit` of `order`, each followed by its other direction where there is one; no pair is cut in two."""
    together: dict[str, list[Facts]] = defaultdict(list)
    for item in order:
        together[item.pair or item.question_id].append(item)
    kept: list[Facts] = []
    for group in together.values():
        if len(kept) + len(group) <= limit:
            kept += group
    return kept


def _even_categories(order: Sequence[Facts], ratio: float, limit: int) -> list[Facts]:
    """Sub-categories cut so that the largest is at most `ratio` times the smallest, and to `limit` altogether."""
    supply = Counter(item.category for item in order)
    if not supply:
        return []
    most = min(int(min(supply.values()) * ratio), -(-limit // len(supply)))
    taken: Counter[str] = Counter()
    kept: list[Facts] = []
    for item in order:
        if taken[item.category] < most and len(kept) < limit:
            taken[item.category] += 1
            kept.append(item)
    return kept


def _even_objects(order: Sequence[Facts], share: float) -> list[Facts]:
    """Of each object, no count more than `share` of its questions; one that has a single count is then left out."""
    supply: dict[str, Counter[int]] = defaultdict(Counter)
    for item in order:
        supply[item.object][item.count] += 1
    for counts in supply.values():
        while counts.total() and max(counts.values()) > share * counts.total():
            count, most = counts.most_common(1)[0]
            counts[count] = min(most - 1, int(share / (1 - share) * (counts.total() - most)))
    kept = []
    for item in order:
        if supply[item.object][item.count] > 0:
            supply[item.object][item.count] -= 1
            kept.append(item)
    return kept


def _even_counts(order: Sequence[Facts], ratio: float | None) -> list[Facts]:
    """No count more often than `ratio` times the smallest; one that few have (`RARE_COUNT`) does not set the ratio."""
    supply = Counter(item.count for item in order)
    common = [number for number in supply.values() if number * RARE_COUNT >= len(order)]
    most = len(order) if ratio is None else int(min(common, default=0) * ratio)
    seen: Counter[int] = Counter()
    kept = []
    for item in order:
        if seen[item.count] < most:
            seen[item.count] += 1
            kept.append(item)
    return kept


def _capped(order: Sequence[Facts], config: Config, limit: int) -> list[Facts]:
    """Even the counts of each object, then the counts; repeat the caps on one object and on count 1 until stable.

    The first two are done once: repeated, each would undo a little of the other until little is left.
    """
    settings = config.tasks.mvc
    order = _even_counts(_even_objects(order, settings.object_count_share_max), settings.count_ratio_max)
    goal = min(limit, len(order))
    while goal:
        per_object, ones = int(goal * settings.category_share_max), int(goal * settings.count_one_share_max)
        taken: Counter[str] = Counter()
        kept: list[Facts] = []
        for item in order:
            single = item.count == 1
            if len(kept) == goal or taken[item.object] >= per_object or (single and taken["/one"] >= ones):
                continue
            taken[item.object] += 1
            taken["/one"] += single
            kept.append(item)
        if len(kept) == goal:
            return kept
        goal = len(kept)
    if order:
        objects = len({item.object for item in order})
        raise UserError(
            f"tasks.mvc.category_share_max: {settings.category_share_max} leaves no question of {len(order)} over "
            f"{objects} object categories; set it to {1 / objects:.2f} or more, or raise count_one_share_max "
            f"({settings.count_one_share_max}) or object_count_share_max ({settings.object_count_share_max})"
        )
    return []
