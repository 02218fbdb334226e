"""Every file format with cut, flipped and random bytes, its manifest made to agree: the reader names the file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipt.cluster.site import load_site
from ipt.config import load_config
from ipt.curation.decisions import read_decisions
from ipt.curation.reviews import read_reviews
from ipt.datasets.files import manifest_path, read_json, read_questions, verify, write_manifest, write_questions
from ipt.datasets.tokenizer import load_tokenizer
from ipt.errors import UserError
from ipt.evaluation.scores_format import load_scores
from ipt.paper.claims.schema import load_claims
from ipt.paper.records import load_table
from ipt.paper.reported import read_reported
from ipt.provenance import check_dvc
from ipt.scenes.embedded.description import load_description
from tests.unit.curation import samples
from tests.unit.paper import synthetic

ROOT = Path(__file__).resolve().parents[2]


def site(path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPT_SITE", str(path))
        load_site()


READERS: dict[str, Callable[[Path], object]] = {
    "questions.parquet": read_questions,
    "scores.json": load_scores,
    "manifest.json": read_json,
    "manifest-of-data.parquet": verify,
    "decisions.jsonl": read_decisions,
    "reviews.jsonl": read_reviews,
    "tokenizer.json": load_tokenizer,
    "claims.yaml": load_claims,
    "table.json": load_table,
    "reported.csv": read_reported,
    "scene.json": lambda path: load_description(path, ["chair"]),
    "site.yaml": site,
    "dvc.lock": lambda path: check_dvc(path, path.parent),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A good file of each format."""
    folder = tmp_path_factory.mktemp("whole")
    write_questions(folder / "questions.parquet", [samples.pet(number) for number in range(3)])
    layout = synthetic.write_results(load_config("micro"), folder / "results")
    found = sorted((folder / "results").rglob("evaluate/scores/*/*.json"))
    scores = next(path for path in found if not path.name.endswith(".manifest.json"))
    decision = {"question_id": "pet-0", "item_sha256": "0" * 64, "verdict": "keep"}
    manifest = json.dumps({"sha256": "0" * 64, "parents": {}, "rows": 3})
    assert layout.root.is_dir()
    return {
        "questions.parquet": (folder / "questions.parquet").read_bytes(),
        "scores.json": scores.read_bytes(),
        "manifest.json": manifest.encode(),
        "manifest-of-data.parquet": manifest.encode(),
        "decisions.jsonl": (json.dumps(decision) + "\n").encode(),
        "reviews.jsonl": (json.dumps(decision) + "\n").encode(),
        "tokenizer.json": b'{"version": "1.0", "model": {"type": "BPE", "vocab": {}, "merges": []}}',
        "claims.yaml": (ROOT / "paper" / "claims.yaml").read_bytes()[:3000],
        "table.json": b'{"id": "main_results", "title": "t", "columns": [], "rows": []}',
        "reported.csv": (ROOT / "paper" / "reported_results.csv").read_bytes()[:2000],
        "scene.json": b'{"schema_version": 1, "rooms": [], "objects": []}',
        "site.yaml": b"account: a\npoll_seconds: 3\n",
        "dvc.lock": b"schema: '2.0'\nstages:\n  a:\n    outs:\n    - path: x\n      md5: abc\n",
    }


def damaged(good: bytes, harm: str, where: float, noise: bytes) -> bytes:
    """`good` cut, with a byte flipped, with a stretch replaced, or replaced as a whole."""
    at = int(where * max(0, len(good) - 1))
    if harm == "cut":
        return good[:at]
    if harm == "flip":
        return good[:at] + bytes([good[at] ^ (1 + noise[0] % 255 if noise else 1)]) + good[at + 1 :]
    if harm == "stretch":
        return good[:at] + noise + good[at + len(noise) :]
    return noise


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    harm=st.sampled_from(["cut", "flip", "stretch", "noise"]),
    where=st.floats(0, 1),
    noise=st.binary(min_size=1, max_size=60),
)
def test_a_damaged_file_is_read_or_named(
    tmp_path: Path, whole: dict[str, bytes], name: str, harm: str, where: float, noise: bytes
) -> None:
    path = tmp_path / name
    data = damaged(whole[name], harm, where, noise)
    if name == "manifest-of-data.parquet":
        path.write_bytes(b"data")
        manifest_path(path).write_bytes(data)
    else:
        path.write_bytes(data)
        write_manifest(path, rows=1, command="fuzz", config_digest="0")
    try:
        READERS[name](path)
    except UserError as error:
        assert path.name in str(error), error  # noqa: PT017 (either outcome is right)
