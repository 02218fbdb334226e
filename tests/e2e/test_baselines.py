"""Models of others by the command line alone: a tiny hub model from a folder, and another behind a real server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from ipt.config import load_config
from ipt.paper import registry
from ipt.paper.aggregate import ScoreReader
from ipt.runs import Layout
from tests.e2e.served import OFFLINE, ROOT, Served, served_model
from tests.unit.evaluation.evaluation_samples import noise_png, question, write_set
from tests.unit.models.baselines.tiny import make

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_model(tmp_path_factory.mktemp("served")) as served:
        yield served


def ipt(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "ipt", *arguments, "--scale", "mine.yaml"]
    done = subprocess.run(command, cwd=folder, env=OFFLINE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


def test_hub_and_api_models_fill_their_cells(server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process, address, served = server
    local = make("chameleon-7b", tmp_path / "chameleon")
    values = yaml.safe_load((ROOT / "workflow" / "config" / "micro.yaml").read_text())
    values["baselines"] = {
        "hub": {"chameleon-7b": {"path": str(local), "max_new_tokens": 8}},
        "api": {"gemini-2.5-flash": "served"},
    }
    values["endpoints"] = {
        "served": {
            "model": served,
            "base_url": address,
            "key_variable": "",
            "limit_field": "max_tokens",
            "max_output_tokens": 8,
            "price_input": 1.0,
            "price_output": 1.0,
            "spend_cap": 0.5,
            "requests_per_minute": 6000,
        }
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(values))
    monkeypatch.chdir(tmp_path)
    config = load_config("mine.yaml")
    layout = Layout(config)
    frames = {f"frame_{index}": noise_png(index) for index in range(4)}
    write_set(layout.evaluation_set("mvc-primary"), [question("mvc", index, images=frames) for index in range(6)])

    for model in ("chameleon-7b", "gemini-2.5-flash"):
        said = ipt(tmp_path, "evaluate", "--model", model, "--benchmark", "mvc-primary")
        ipt(tmp_path, "score", "--model", model, "--benchmark", "mvc-primary")
        assert ("6 requests, 0 answered before" in said) == (model == "gemini-2.5-flash")
    rows = pq.read_table(layout.predictions("mvc-primary", "gemini-2.5-flash")).to_pylist()
    assert len(rows) == 6
    assert all(row["raw_output"] and row["inference"] == "generate" for row in rows)
    assert len(pq.read_table(layout.timings("mvc-primary", "gemini-2.5-flash"))) == 6
    assert (Path(config.endpoint_directory) / "served" / "spend.jsonl").read_text().count("\n") == 12

    filled = [
        request
        for request in registry.score_requests(config, ["main_results"])
        if request.outside and request.benchmark_id == "mvc-primary"
    ]
    assert [request.outside for request in filled] == ["gemini-2.5-flash", "chameleon-7b"]
    for request in filled:
        cell = ScoreReader(layout).fill(request, "mvc/ai2thor", "")
        assert cell.ours is not None
        assert cell.ours.n == 6

    # The service is gone; its answers are not.
    first = layout.predictions("mvc-primary", "gemini-2.5-flash").read_bytes()
    process.kill()
    layout.predictions("mvc-primary", "gemini-2.5-flash").unlink()
    said = ipt(tmp_path, "evaluate", "--model", "gemini-2.5-flash", "--benchmark", "mvc-primary")
    assert "0 requests, 6 answered before" in said
    assert layout.predictions("mvc-primary", "gemini-2.5-flash").read_bytes() == first
