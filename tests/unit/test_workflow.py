"""What decides about reruns."""

import os
from pathlib import Path

import pytest

from ipt import workflow


def test_source_digest_follows_content_not_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "PACKAGE", tmp_path)
    (tmp_path / "tasks").mkdir()
    source = tmp_path / "tasks" / "pet.py"
    source.write_text("a = 1\n")
    first = workflow.source_digest.__wrapped__("tasks")
    os.utime(source, (1, 1))
    assert workflow.source_digest.__wrapped__("tasks") == first
    source.write_text("a = 2\n")
    assert workflow.source_digest.__wrapped__("tasks") != first


def test_source_digest_refuses_a_part_that_does_not_exist() -> None:
    with pytest.raises(FileNotFoundError):
        workflow.source_digest.__wrapped__("no_such_part")
