"""Accuracies that no whole number of right answers gives: which published n explains a printed value, which cannot.

One decimal tells n apart only while n is well below 1000: over n = 278 about 28 % of all printed values can occur, so
one value that fits says little and several together say much. The binomial test here is about exactly that.
"""

from collections.abc import Mapping, Sequence

from ipt.paper.audit.findings import Finding, Severity, address, in_words, tenths
from ipt.paper.audit.fits import Fit, explanations, fits_of, possible_values
from ipt.paper.audit.published import ColumnCounts
from ipt.paper.reported import Reported

CHANCE_LEVEL = 0.01
"""Fits rarer than this by chance are taken as evidence for an n."""


def check_counts(cells: Sequence[Reported], published: Mapping[str, ColumnCounts]) -> list[Finding]:
    """Findings over every column with a published n."""
    findings = []
    for column, counts in published.items():
        members = [cell for cell in cells if cell.column == column and cell.value]
        if counts.is_plain:
            findings += [found for cell in members if (found := _plain(cell, counts)) is not None]
        for group in dict.fromkeys(cell.group for cell in members):
            findings += _over_group([cell for cell in members if cell.group == group], counts)
    return findings


def _plain(cell: Reported, counts: ColumnCounts) -> Finding | None:
    """A value that must be a plain accuracy: impossible, or possible only with an unusual rounding."""
    found = {count.n: explanations(cell.value, count.n) for count in counts.counts}
    if any("half up" in rules for rules in found.values()):
        return None
    unusual = [f"{right}/{n} {rule}" for n, rules in found.items() for rule, right in rules.items()]
    near = "; ".join(_nearest(cell.value, n) for n in found)
    if unusual:
        detail = f"Rounded half up, no published n gives it ({near}); possible as {' or '.join(unusual)}."
        return Finding("count", "note", in_words(cell), cell.value, "", detail, (address(cell),))
    detail = f"No whole number of right answers gives it, in any rounding: {near}."
    return Finding("count", "contradiction", in_words(cell), cell.value, "", detail, (address(cell),))


def _nearest(value: str, n: int) -> str:
    """The two accuracies over n around a value, e.g. `129/174 = 74.14, 130/174 = 74.71`."""
    below = min(n - 1, int(tenths(value) * n / 1000))
    return ", ".join(f"{right}/{n} = {100 * right / n:.2f}" for right in (below, below + 1))


def _over_group(cells: Sequence[Reported], counts: ColumnCounts) -> list[Finding]:
    """What a group's values say together about the published n of a column, where that is open.

    It is open where several n are published, and where the score is a mean that need not be right / n: then an n whose
    plain accuracies fit far more values than chance shows what was computed, and an n that fits few shows what was not.
    """
    if counts.is_plain and len(counts.counts) == 1:
        return []
    fits = sorted(fits_of(cells, counts), key=_chance)
    explaining = [fit for fit in fits if _chance(fit) < CHANCE_LEVEL]
    others = [fit for fit in fits if fit not in explaining and len(fit.explained) < fit.values]
    if not explaining and len(fits) == 1:
        return []  # one n, a mean over groups, and nothing against it being that mean
    text = "Rounded half up, " + "; ".join(map(_in_words, fits)) + "."
    only: list[str] = []
    if explaining and others:
        both = {value for fit in others for value in fit.explained}
        only = [value for value in explaining[0].explained if value not in both]
        text += f" Of n={explaining[0].n} and of no other published n: {', '.join(only) or 'none'}."
    if not counts.is_plain:
        text += f" The score is said to be a mean over {counts.over}, which need not be right answers over n" + (
            ", but these values look like plain accuracies." if explaining else "; nothing is decided."
        )
    return [
        Finding(
            "count",
            _severity(bool(explaining and others), counts.is_plain, bool(explaining)),
            f"{counts.column}: number of questions, group {cells[0].group}",
            ", ".join(f"n={fit.n}" for fit in (others or fits)),
            " or ".join(f"n={fit.n}" for fit in explaining),
            text,
            tuple(address(cell) for cell in cells if not only or cell.value in only),
        )
    ]


def _severity(is_decided: bool, is_plain: bool, is_explained: bool) -> Severity:
    """Deciding between published n questions the other n; with a mean over groups that stays an inference."""
    if is_decided:
        return "contradiction" if is_plain else "doubtful"
    return "doubtful" if is_plain and not is_explained else "note"


def _chance(fit: Fit) -> float:
    """Probability that this many values fit n if values were any printed percentage at all."""
    from scipy import stats  # a second to import, which readers of the audit can do without

    share = len(possible_values(fit.n, "half up")) / 1001
    return float(stats.binomtest(len(fit.explained), fit.values, share, alternative="greater").pvalue)


def _in_words(fit: Fit) -> str:
    """One n: how many values it explains, how likely that is by chance, and with how many right answers."""
    chance = _chance(fit)
    shown = "< 0.1 %" if chance < 0.001 else f"{100 * chance:.0f} %" if chance >= 0.1 else f"{100 * chance:.1f} %"
    rights = ", ".join(f"{value} = {explanations(value, fit.n)['half up']}/{fit.n}" for value in fit.explained)
    text = f"n={fit.n} explains {len(fit.explained)} of {fit.values} values (by chance alone: {shown})"
    return text + (f": {rights}" if rights else "")
