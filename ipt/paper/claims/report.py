"""The verdicts as JSON and as a Markdown table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ipt.config import Config
from ipt.datasets.files import file_digest, parents_of, write_json, write_manifest, write_text
from ipt.names import Environment
from ipt.paper.audit.published import PUBLISHED_COUNTS
from ipt.paper.cells import environment_phrase
from ipt.paper.claims.evaluate import Verdict, evaluate_claims
from ipt.paper.claims.judge import OUTCOMES, Judgement
from ipt.paper.claims.schema import CLAIMS
from ipt.paper.registry import all_score_files
from ipt.paper.reported import REPORTED_RESULTS
from ipt.runs import Layout

CONFIG_SECTIONS = ("environments", "tasks", "model", "training", "evaluation", "paper")
PAPER_ENVIRONMENTS: dict[Environment, str] = {"primary": "AI2-THOR", "different": "Habitat or real images"}
METHOD = (
    "Reported: a claim that the printed numbers do not bear out is *contradicted*; one that they bear out is"
    " *supported* where every difference is larger than chance, else *inconclusive*. Printed numbers allow only an"
    " unpaired two-proportion test on the smallest published n, although all models answered the same questions: an"
    " approximation that claims too little.",
    "Ours: exact McNemar tests on the same questions (by question, where one is asked in several ways or by several"
    " seeds). *Contradicted* needs a difference larger than chance; a claim that merely fails is *inconclusive*. Where"
    " a cell is a maximum over modes, the better mode is compared.",
    "A claimed amount is compared as it stands, and its direction is tested. Equality within a tolerance is *supported*"
    " only where two one-sided tests exclude a larger difference.",
    "p is for the claim (all of its comparisons, the largest p-value) or against it (any of them, Bonferroni), after"
    " Holm's correction over the claims of the same table.",
)


def write_claims(config: Config, layout: Layout, output_dir: Path) -> list[Verdict]:
    """Write `<output_dir>/claims.{json,md}`; the manifest of the JSON is written last.

    Raises:
        UserError: as `evaluate_claims`.
    """
    verdicts = evaluate_claims(config, layout)
    write_text(output_dir / "claims.md", to_markdown(verdicts, config))
    path = output_dir / "claims.json"
    write_json(path, to_json(verdicts, config))
    scores = [layout.scores(*pair) for pair in all_score_files(config)]
    parents = {f"paper/{source.name}": file_digest(source) for source in (CLAIMS, REPORTED_RESULTS, PUBLISHED_COUNTS)}
    write_manifest(
        path,
        rows=len(verdicts),
        command="paper claims",
        config_digest=config.digest(*CONFIG_SECTIONS),
        parents=parents | parents_of(score for score in scores if score.is_file()),
    )
    return verdicts


def to_json(verdicts: Sequence[Verdict], config: Config) -> dict[str, Any]:
    """Scale, level and every verdict with all of its comparisons."""
    return {
        "scale": config.scale,
        "level": round(1 - config.evaluation.confidence, 6),
        "claims": [
            {
                "id": verdict.claim.id,
                "says": verdict.claim.says,
                "table": verdict.claim.table,
                "where": verdict.claim.where,
                "kind": verdict.claim.check.kind,
                "reported": asdict(verdict.reported) | {"holds": verdict.reported.holds},
                "ours": asdict(verdict.ours) | {"holds": verdict.ours.holds},
                "audit_note": verdict.audit_note,
            }
            for verdict in verdicts
        ],
    }


def to_markdown(verdicts: Sequence[Verdict], config: Config) -> str:
    """One table a table of the paper, a summary before and the reasons behind each verdict."""
    printed = [verdict for verdict in verdicts if verdict.reported.holds]
    lines = [
        "# Claims of the paper",
        "",
        f"{len(verdicts)} claims, each as a check over scores: over the reported numbers, and over ours at scale"
        f" `{config.scale}` (level {1 - config.evaluation.confidence:.2g}).",
        "",
        "| | " + " | ".join(OUTCOMES) + " |",
        "|---|" + "---|" * len(OUTCOMES),
        _summary("reported", [verdict.reported for verdict in verdicts]),
        _summary("ours", [verdict.ours for verdict in verdicts]),
        "",
        f"{len(printed)} of {len(verdicts)} claims hold as printed, chance aside.",
        "",
        *[f"- {text}" for text in METHOD],
        *[
            f"- Ours, where the paper has {theirs}: {environment_phrase(config, name)}."
            for name, theirs in PAPER_ENVIRONMENTS.items()
            if name in config.paper.environments
        ],
    ]
    for table in dict.fromkeys(verdict.claim.table for verdict in verdicts):
        lines += ["", f"## {table}", ""]
        lines += ["| claim | says | reported | ours | audit |", "|---|---|---|---|---|"]
        lines += [_line(verdict) for verdict in verdicts if verdict.claim.table == table]
    return "\n".join(lines) + "\n"


def _summary(name: str, judgements: Sequence[Judgement]) -> str:
    number = Counter(judgement.outcome for judgement in judgements)
    return f"| {name} | " + " | ".join(str(number[outcome]) for outcome in OUTCOMES) + " |"


def _line(verdict: Verdict) -> str:
    claim = verdict.claim
    cells = [
        f"`{claim.id}`",
        claim.says,
        _verdict(verdict.reported),
        _verdict(verdict.ours),
        verdict.audit_note or "–",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _verdict(judgement: Judgement) -> str:
    """The outcome, the p-value that decided (against a claim that fails, for one that holds), and why."""
    is_for = judgement.holds
    raw = judgement.p_for if is_for else judgement.p_against
    adjusted = judgement.p_for_holm if is_for else judgement.p_against_holm
    shown = ""
    if raw is not None and adjusted is not None:
        shown = f" (p{'' if is_for else ' against'} {_p(raw)}, adjusted {_p(adjusted)})"
    return f"**{judgement.outcome}**{shown}: {judgement.reason}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
