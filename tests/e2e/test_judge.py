"""Judge and writer through a real server with a tiny local model, whose random words neither may take for answers."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ipt.config import load_config
from ipt.datasets.files import read_json
from ipt.runs import Layout
from tests.e2e.served import OFFLINE, ROOT, Served, served_model

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_model(tmp_path_factory.mktemp("served")) as served:
        yield served


def ipt(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ipt", *arguments, "--scale", "mine.yaml"]
    return subprocess.run(command, cwd=folder, env=OFFLINE, capture_output=True, text=True, check=False)


def test_a_random_judge_and_writer_keep_nothing_and_say_why(server: Served, tmp_path: Path) -> None:
    values = yaml.safe_load((ROOT / "workflow" / "config" / "micro.yaml").read_text())
    values["tasks"]["pt"]["sizes"] = {
        split: {"scenes": 1, "questions_per_scene": 3, "questions": 3} for split in ("train", "val", "test")
    }
    values["endpoints"] = {
        "tiny": {
            "model": server.model,
            "base_url": server.address,
            "key_variable": "",
            "limit_field": "max_tokens",
            "max_output_tokens": 4,
            "price_input": 1.0,
            "price_output": 1.0,
            "spend_cap": 1.0,
            "requests_per_minute": 6000,
        }
    }
    values["curation"] |= {"judge_splits": ["test"]}
    scale = tmp_path / "mine.yaml"
    scale.write_text(yaml.safe_dump(values))
    for split in ("test", "train"):
        done = ipt(tmp_path, "render", "--task", "pt", "--split", split)
        assert done.returncode == 0, done.stderr[-2000:]

    plain = ipt(tmp_path, "curate", "--task", "pt", "--split", "test")
    assert plain.returncode == 0, plain.stderr[-2000:]
    agreed = ipt(tmp_path, "judge-agreement", "--split", "test", "--second", "tiny", "--most", "2")
    assert agreed.returncode == 0, agreed.stderr[-2000:]
    found = json.loads(agreed.stdout)
    assert found["questions"] == 2
    assert sum(sum(row.values()) for row in found["matrix"].values()) == found["visibility_questions"] == 8

    scale.write_text(yaml.safe_dump(values | {"curation": values["curation"] | {"judge": "tiny"}}))
    judged = ipt(tmp_path, "curate", "--task", "pt", "--split", "test")
    assert judged.returncode == 2
    assert "no question of" in judged.stderr
    assert "'judge'" in judged.stderr

    scale.write_text(yaml.safe_dump(values | {"curation": values["curation"] | {"chains": "tiny"}}))
    written = ipt(tmp_path, "curate", "--task", "pt", "--split", "train")
    assert written.returncode == 2
    assert "'chain'" in written.stderr
    layout = Layout(load_config(str(scale)))
    assert read_json(tmp_path / layout.yields("pt", "primary", "test"))["chains"]["writer"] == "brief"
