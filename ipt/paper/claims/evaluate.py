"""Every claim over the reported numbers and over ours, with what the audit says about the cells it rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ipt.config import Config
from ipt.paper.audit.findings import address
from ipt.paper.audit.published import PUBLISHED_COUNTS, read_published
from ipt.paper.audit.report import audit_reported
from ipt.paper.claims.comparisons import Comparison, ReportedCells, comparisons
from ipt.paper.claims.judge import Judgement, judge_all
from ipt.paper.claims.schema import CLAIMS, Claim, load_claims
from ipt.paper.claims.sources import Source, name_of, own_source, printed_source
from ipt.paper.reported import REPORTED_RESULTS, Reported, read_reported
from ipt.runs import Layout


@dataclass(frozen=True)
class Verdict:
    """One claim, judged over both sets of numbers."""

    claim: Claim
    reported: Judgement
    ours: Judgement
    audit_note: str
    """Which of its printed cells the audit questions, and what the claim is worth without them; else empty."""


def evaluate_claims(
    config: Config,
    layout: Layout,
    claims: Path = CLAIMS,
    reported: Path = REPORTED_RESULTS,
    counts: Path = PUBLISHED_COUNTS,
) -> list[Verdict]:
    """The verdict of every claim, in the order of the file. The level is 1 - `evaluation.confidence`.

    Score files that do not exist leave a claim `not run`.

    Raises:
        UserError: a claim, a reported cell or a score file is malformed; names the file, the entry and the field.
    """
    entries = load_claims(claims)
    cells, published = ReportedCells(read_reported(reported)), read_published(counts)
    wanted = [comparisons(claim, cells) for claim in entries]
    alpha = 1 - config.evaluation.confidence

    def judged(compare: Source, is_printed: bool) -> list[Judgement]:
        compared = [
            (claim.table, [compare(pair) for pair in pairs]) for claim, pairs in zip(entries, wanted, strict=True)
        ]
        return judge_all(compared, alpha, is_printed=is_printed)

    corrections = {
        name: value for finding in audit_reported(reported, counts) for name, value in finding.corrections.items()
    }
    over_print = judged(printed_source(published), True)
    over_ours = judged(own_source(config, layout), False)
    return [
        Verdict(claim, printed, own, _audit_note(pairs, corrections))
        for claim, pairs, printed, own in zip(entries, wanted, over_print, over_ours, strict=True)
    ]


def _audit_note(pairs: Sequence[Comparison], corrections: Mapping[str, str]) -> str:
    """Questioned cells of a claim, and whether it holds with the values that the rest of the paper implies."""
    sides = [side for pair in pairs for side in (pair.left, pair.right) if isinstance(side, Reported)]
    questioned = list(dict.fromkeys(cell for cell in sides if address(cell) in corrections))
    if not questioned or any(not cell.value for cell in sides):
        return ""

    def corrected(side: Reported | float) -> float:
        if not isinstance(side, Reported):
            return side
        return float(corrections.get(address(side), side.value))

    holds = all(pair.holds(corrected(pair.left) - corrected(pair.right)) for pair in pairs)
    cells = "; ".join(f"{name_of(cell)} {cell.value}, implied {corrections[address(cell)]}" for cell in questioned)
    return f"the audit questions {cells}: with that the claim {'holds' if holds else 'does not hold'}"
