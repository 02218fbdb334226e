"""Several looks at the same thing: the majority of up to three, and no third look where the first two agree."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer", bool, str)


def majority(
    items: Sequence[Asked],
    ask: Callable[[Sequence[Asked], int], list[Answer | None]],
    rounds: int,
) -> tuple[list[Answer | None], int]:
    """The answer that more than half of `rounds` looks give to each item, and how many looks that took.

    Args:
        items: what is looked at.
        ask: answers to some items in one round (0, 1, ...); None for an unreadable one, which votes for nothing.
        rounds: most looks at one item; odd.

    Returns:
        One answer an item (None: no majority), and the number of single looks.
    """
    votes: list[Counter[Answer | None]] = [Counter() for _ in items]
    looks = 0
    for number in range(rounds):
        open_ones = [index for index, vote in enumerate(votes) if not _is_settled(vote, rounds)]
        if not open_ones:
            break
        looks += len(open_ones)
        for index, answer in zip(open_ones, ask([items[index] for index in open_ones], number), strict=True):
            votes[index][answer] += 1
    return [_winner(vote, rounds) for vote in votes], looks


def _is_settled(vote: Counter[Answer | None], rounds: int) -> bool:
    return max(vote.values(), default=0) * 2 > rounds


def _winner(vote: Counter[Answer | None], rounds: int) -> Answer | None:
    answer, count = vote.most_common(1)[0]
    return answer if count * 2 > rounds else None
