"""The tests' scale in an empty folder, and a list of one run."""

from pathlib import Path

import pytest

from ipt.config import Config, load_config
from ipt.runlist.file import RunsFile
from ipt.runs import Layout


@pytest.fixture
def config() -> Config:
    return load_config("micro")


@pytest.fixture
def layout(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.chdir(tmp_path)
    return Layout(config)


@pytest.fixture
def listed() -> RunsFile:
    wanted = [{"tasks": ["mvc"], "supervisions": ["label_only"]}]
    return RunsFile.model_validate({"scale": "micro", "wanted": wanted})
