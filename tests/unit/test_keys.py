"""A key of a service is sent to that service, and appears nowhere else: no file, no message, no report."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ipt.config import load_config
from ipt.runs import Layout
from tests.unit.endpoint.service import Behaviour, Handler, serving, well
from tests.unit.evaluation.evaluation_samples import noise_png, question, write_set

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-never-to-be-seen-7f3a9c51"


def echoes(handler: Handler, _: dict[str, Any]) -> None:
    """A service that repeats the key that it was sent, in its refusal."""
    said = {"error": {"message": f"bad key {handler.headers['Authorization']}", "code": None, "type": "t"}}
    handler.reply(401, json.dumps(said))


def echoes_in_refusal(handler: Handler, _: dict[str, Any]) -> None:
    said = {"error": {"message": f"no model for {handler.headers['Authorization']}", "code": None, "type": "t"}}
    handler.reply(400, json.dumps(said))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = load_config("micro")
    frames = {f"frame_{index}": noise_png(index) for index in range(4)}
    questions = [question("mvc", index, images=frames) for index in range(3)]
    write_set(tmp_path / Layout(config).evaluation_set("mvc-primary"), questions)
    return tmp_path


def run(folder: Path, address: str, *verb: str) -> subprocess.CompletedProcess[str]:
    """A verb of scale `mine.yaml`, in which a model behind `address` is asked with `KEY`."""
    values = yaml.safe_load((ROOT / "workflow" / "config" / "micro.yaml").read_text())
    values |= {"scale": "micro", "baselines": {"api": {"gemini-2.5-flash": "served"}}}
    values["endpoints"] = {
        "served": {
            "model": "small",
            "base_url": address,
            "key_variable": "IPT_TEST_KEY",
            "price_input": 1.0,
            "price_output": 1.0,
            "spend_cap": 1.0,
            "requests_per_minute": 60000,
            "attempts": 2,
            "first_wait": 0.01,
            "timeout": 5,
        }
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(values))
    environment = os.environ | {"IPT_TEST_KEY": KEY, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "ipt", *verb, "--scale", "mine.yaml"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def seen(folder: Path, done: subprocess.CompletedProcess[str]) -> list[str]:
    """Where the key is, of everything that was printed and written."""
    places = [name for name, text in (("stdout", done.stdout), ("stderr", done.stderr)) if KEY in text]
    return places + [str(path) for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


ASK = ("evaluate", "--model", "gemini-2.5-flash", "--benchmark", "mvc-primary")


def test_the_key_is_sent_and_nowhere_written(folder: Path) -> None:
    sent: list[str] = []

    def remembers(handler: Handler, content: dict[str, Any]) -> None:
        sent.append(handler.headers["Authorization"])
        well(handler, content)

    with serving(*[remembers] * 3) as service:
        done = run(folder, service.url, *ASK)
    assert done.returncode == 0, done.stderr
    assert sent == [f"Bearer {KEY}"] * 3
    assert len([path for path in folder.rglob("*") if path.is_file()]) > 8  # answers, ledger, predictions, manifests
    assert seen(folder, done) == []


@pytest.mark.parametrize("behaviour", [echoes, echoes_in_refusal])
def test_no_error_repeats_the_key(folder: Path, behaviour: Behaviour) -> None:
    with serving(*[behaviour] * 12) as service:
        done = run(folder, service.url, *ASK)
    assert done.returncode == 2
    assert "endpoints.served" in done.stderr
    assert "Traceback" not in done.stderr
    assert seen(folder, done) == []


def test_the_search_finds_what_it_looks_for(folder: Path) -> None:
    done = subprocess.CompletedProcess([], 0, f"x{KEY}", "")
    (folder / "log").write_bytes(b"\0" + KEY.encode())
    assert seen(folder, done) == ["stdout", str(folder / "log")]
