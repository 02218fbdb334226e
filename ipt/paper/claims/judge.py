"""From compared cells to verdicts: all comparisons of a claim together, all claims of a table corrected together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ipt.evaluation.statistics import holm

Outcome = Literal["supported", "contradicted", "inconclusive", "not run"]
OUTCOMES: tuple[Outcome, ...] = ("supported", "contradicted", "inconclusive", "not run")


@dataclass(frozen=True)
class Compared:
    """One comparison with its numbers, in percent and points. None where a side was not run or no n is known."""

    left: str
    right: str
    wanted: str
    """What the difference must be, in points."""
    left_value: float | None = None
    right_value: float | None = None
    difference: float | None = None
    holds: bool | None = None
    n: int | None = None
    test: str = ""
    p_for: float | None = None
    p_against: float | None = None
    is_equality: bool = False
    """The claim is that there is no difference beyond a tolerance."""
    by_seed: tuple[float, ...] = ()
    """p-value of the exact test in each seed alone; empty for printed numbers and for unpaired answers."""
    missing: str = ""
    """Why there is no number."""


@dataclass(frozen=True)
class Judgement:
    """A claim over one set of numbers."""

    outcome: Outcome
    reason: str
    comparisons: tuple[Compared, ...]
    p_for: float | None = None
    """That every comparison holds: the largest of their p-values (an intersection-union test)."""
    p_for_holm: float | None = None
    p_against: float | None = None
    """That at least one does not: the smallest of their p-values, times their number (Bonferroni)."""
    p_against_holm: float | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the numbers as they stand are as claimed, chance aside; None where some are missing."""
        if any(compared.holds is None for compared in self.comparisons):
            return None
        return all(compared.holds for compared in self.comparisons)


def judge_all(compared: Sequence[tuple[str, Sequence[Compared]]], alpha: float, *, is_printed: bool) -> list[Judgement]:
    """The judgement of each (table, comparisons of one claim), with p-values adjusted by Holm inside each table.

    Args:
        compared: one entry a claim.
        alpha: the level, e.g. 0.05.
        is_printed: the numbers are the paper's own: a claim about them that they do not bear out is contradicted by
            the print, whatever chance allows. Over ours, only a difference larger than chance contradicts.
    """
    raw = [_combine(comparisons) for _, comparisons in compared]
    adjusted: dict[int, tuple[float, float]] = {}
    families: dict[str, list[int]] = defaultdict(list)
    for index, (table, _) in enumerate(compared):
        if raw[index].p_for is not None:
            families[table].append(index)
    for members in families.values():
        supporting = holm([value for index in members if (value := raw[index].p_for) is not None])
        opposing = holm([value for index in members if (value := raw[index].p_against) is not None])
        adjusted |= dict(zip(members, zip(supporting, opposing, strict=True), strict=True))
    return [_decide(one, adjusted.get(index), alpha, is_printed) for index, one in enumerate(raw)]


def _combine(comparisons: Sequence[Compared]) -> Judgement:
    """All comparisons of a claim as one, undecided."""
    fors = [value for compared in comparisons if (value := compared.p_for) is not None]
    againsts = [value for compared in comparisons if (value := compared.p_against) is not None]
    if len(fors) < len(comparisons):
        return Judgement("not run", "", tuple(comparisons))
    return Judgement(
        "inconclusive",
        "",
        tuple(comparisons),
        p_for=max(fors),
        p_against=min(1.0, min(againsts) * len(againsts)),
    )


def _decide(raw: Judgement, adjusted: tuple[float, float] | None, alpha: float, is_printed: bool) -> Judgement:
    if raw.holds is None:
        reasons = dict.fromkeys(compared.missing for compared in raw.comparisons if compared.holds is None)
        return replace(raw, outcome="not run", reason="; ".join(reasons))
    failing = [compared for compared in raw.comparisons if not compared.holds]
    if is_printed and failing:
        reason = f"{len(failing)} of {len(raw.comparisons)} comparisons do not hold as printed: {_first(failing)}"
        return _with(raw, adjusted, "contradicted", reason)
    if adjusted is None:
        return replace(raw, outcome="inconclusive", reason="holds as printed; untested, as no n is published")
    if adjusted[1] < alpha:
        reason = f"{len(failing)} of {len(raw.comparisons)} comparisons fail, at least one by more than chance"
        return _with(raw, adjusted, "contradicted", f"{reason}: {_first(failing)}")
    if failing:
        reason = f"{len(failing)} of {len(raw.comparisons)} comparisons do not hold, none by more than chance"
        return _with(raw, adjusted, "inconclusive", f"{reason}: {_first(failing)}")
    weakest = max(raw.comparisons, key=lambda compared: compared.p_for or 0.0)
    if adjusted[0] < alpha:
        return _with(raw, adjusted, "supported", f"holds, by more than chance; weakest: {_numbers(weakest)}")
    lack = "n is too small to show equality this close" if weakest.is_equality else "not by more than chance"
    return _with(raw, adjusted, "inconclusive", f"holds, but {lack}; weakest: {_numbers(weakest)}")


def _with(raw: Judgement, adjusted: tuple[float, float] | None, outcome: Outcome, reason: str) -> Judgement:
    supporting, opposing = adjusted if adjusted else (None, None)
    return replace(raw, outcome=outcome, reason=reason, p_for_holm=supporting, p_against_holm=opposing)


def _first(failing: Sequence[Compared]) -> str:
    """The comparison that fails most clearly, in words."""
    worst = min(failing, key=lambda compared: 1.0 if compared.p_against is None else compared.p_against)
    return f"{_numbers(worst)}, wanted {worst.wanted}"


def _numbers(compared: Compared) -> str:
    n = f" (n={compared.n})" if compared.n else ""
    return f"{compared.left} {compared.left_value:.1f} against {compared.right} {compared.right_value:.1f}{n}"
