"""The gate between people and the workflow, as a user meets it: missing, disputed, complete, stale."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ipt.curation.decisions import item_digest
from ipt.curation.reviews import jsonl, review_rows
from ipt.datasets.files import read_questions, write_manifest, write_questions
from ipt.datasets.schema import Question
from tests.e2e.annotation.sample import question
from tests.unit.curation.test_reviews import review
from tests.workspace import ROOT, Workspace

pytestmark = pytest.mark.e2e


def put_set(workspace: Workspace, questions: list[Question]) -> None:
    curated = workspace.path / "results" / "gate" / "curate" / "pet-primary-test.parquet"
    write_questions(curated, questions)
    write_manifest(curated, rows=len(questions), command="curate", config_digest="0")


def annotate(workspace: Workspace) -> tuple[int, str]:
    """Run the annotate rule alone, with what lies there as its input."""
    done = workspace.run(
        *("snakemake", "--cores", "1", "--quiet", "rules", "--allowed-rules", "annotate_set"),
        *("--config", "scale=gate.yaml", "--", "results/gate/annotate/pet-primary.parquet"),
        check=False,
    )
    return done.returncode, done.stdout


def decide(workspace: Workspace, questions: list[Question], verdict: str = "keep") -> None:
    folder = workspace.path / "annotation" / "decisions" / "gate"
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"question_id": q.question_id, "item_sha256": item_digest(q), "verdict": verdict} for q in questions]
    (folder / "pet-primary.jsonl").write_text(jsonl(rows), encoding="utf-8")


def reviews(workspace: Workspace, questions: list[Question], verdicts: list[tuple[str, ...]]) -> None:
    made = [
        review(0, f"reviewer-{person}", verdict, question_id=q.question_id, item_sha256=item_digest(q))
        for q, given in zip(questions, verdicts, strict=True)
        for person, verdict in enumerate(given)
    ]
    path: Path = workspace.path / "annotation" / "decisions" / "gate" / "pet-primary.reviews.jsonl"
    path.write_text(jsonl(review_rows(made)), encoding="utf-8")


def test_missing_disputed_complete_and_stale(fresh: Workspace) -> None:
    scale = yaml.safe_load((ROOT / "workflow" / "config" / "micro.yaml").read_text(encoding="utf-8"))
    scale["curation"]["decisions"] = "required"
    (fresh.path / "gate.yaml").write_text(yaml.safe_dump(scale | {"scale": "gate"}), encoding="utf-8")
    questions = [question("pet-primary", number) for number in range(4)]
    put_set(fresh, questions)

    status, said = annotate(fresh)
    assert status != 0
    assert "4 questions of pet-primary have no review: 8 reviews are missing" in said
    assert "`ipt annotation serve --scale gate --benchmark pet-primary`" in said

    decide(fresh, questions[:1])
    reviews(fresh, questions, [("keep", "keep"), ("keep", "reject"), ("keep",), ()])
    status, said = annotate(fresh)
    assert status != 0
    assert "3 of 4 questions have no decision" in said
    assert "3 reviews are missing and 1 disagreements wait" in said

    decide(fresh, questions)
    status, said = annotate(fresh)
    assert status == 0, said
    accepted = fresh.path / "results" / "gate" / "annotate" / "pet-primary.parquet"
    assert {row.review for row in read_questions(accepted)} == {"people"}
    report = json.loads(accepted.with_suffix(".report.json").read_text())
    assert (report["review"], report["curated"], report["kept"]) == ("people", 4, 4)

    put_set(fresh, [replace(questions[0], question="Another wording?"), *questions[1:]])
    status, said = annotate(fresh)
    assert status != 0
    assert "1 decisions are stale (the question changed after the review: item_sha256 differs)" in said
    assert f"first {questions[0].question_id}; review these again" in said
    assert not accepted.exists(), "a set that people did not see is not left for the next stage"
