"""End-to-end tests that share something expensive really stay on one worker of pytest-xdist."""

import subprocess
import sys
from pathlib import Path

TESTS = """
import os
import pytest

pytestmark = pytest.mark.xdist_group("shared")


@pytest.mark.parametrize("number", range(6))
def test_where(number, tmp_path_factory):
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(os.environ["PYTEST_XDIST_WORKER"] + chr(10))
"""


def test_a_group_stays_on_one_worker(tmp_path: Path) -> None:
    (tmp_path / "test_shared.py").write_text(TESTS, encoding="utf-8")
    seen = tmp_path / "seen"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "SEEN": str(seen)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    workers = seen.read_text(encoding="utf-8").split()
    assert len(workers) == 6
    assert len(set(workers)) == 1
