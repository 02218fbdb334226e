"""What a killed run leaves behind."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ipt import locks


def locked(folder: Path, **owner: object) -> Path:
    (folder / "locks").mkdir()
    lock = folder / "locks" / "0.input.lock"
    lock.write_text("results/x\n")
    (folder / locks.OWNER_FILE).write_text(json.dumps(owner))
    return lock


def test_the_lock_of_a_dead_process_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    lock = locked(tmp_path, host=socket.gethostname(), pid=process.pid, start="123")
    assert locks.release_stale_lock(tmp_path)
    assert not lock.exists()
    assert str(process.pid) in capsys.readouterr().err


def test_the_lock_of_a_living_process_stays(tmp_path: Path) -> None:
    locks.record_owner(tmp_path)
    owner = json.loads((tmp_path / locks.OWNER_FILE).read_text())
    lock = locked(tmp_path, **owner)
    assert not locks.release_stale_lock(tmp_path)
    assert lock.exists()


def test_the_lock_of_another_host_stays(tmp_path: Path) -> None:
    lock = locked(tmp_path, host="elsewhere", pid=1, start="not its start")
    assert not locks.release_stale_lock(tmp_path)
    assert lock.exists()


def test_a_lock_of_unknown_origin_stays(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "0.input.lock").touch()
    assert not locks.release_stale_lock(tmp_path)


def test_what_killed_jobs_were_writing_goes_and_nothing_else(tmp_path: Path) -> None:
    for name in (".model.safetensors.x1y2.partial", "model.safetensors", "notes.partial"):
        (tmp_path / "below").mkdir(exist_ok=True)
        (tmp_path / "below" / name).touch()
    assert locks.remove_unfinished(tmp_path, tmp_path / "missing") == 1
    assert {path.name for path in (tmp_path / "below").iterdir()} == {"model.safetensors", "notes.partial"}
