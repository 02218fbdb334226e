"""What a killed run leaves behind."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
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


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A living process in this folder that is called as Snakemake is."""
    program = tmp_path / "bin" / "snakemake"
    program.parent.mkdir()
    program.write_text("import sys; print(flush=True); sys.stdin.read()")
    command = [sys.executable, str(program), "--cores", "all"]
    process = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    yield process
    process.communicate()


def test_the_lock_stays_while_a_controller_lives_that_has_not_said_its_name(
    tmp_path: Path, controller: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / ".snakemake"
    folder.mkdir()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    lock = locked(folder, host=socket.gethostname(), pid=ended.pid, start="123")
    assert locks.other_controllers(folder) == [controller.pid]
    assert not locks.release_stale_lock(folder)
    locks.tell_of_others(folder)
    told = capsys.readouterr().err
    assert f"process {controller.pid}" in told
    assert told.count("\n") == 1
    controller.communicate()
    assert locks.release_stale_lock(folder)
    assert not lock.exists()


def test_a_run_killed_before_its_first_job_has_said_its_name(tmp_path: Path) -> None:
    folder = tmp_path / ".snakemake"
    code = "import sys; from pathlib import Path; from ipt.locks import claim; claim(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)
    (folder / "locks").mkdir()
    (folder / "locks" / "0.output.lock").touch()
    assert locks.release_stale_lock(folder)


def test_a_name_is_not_written_over_that_of_a_lock(tmp_path: Path) -> None:
    locked(tmp_path, host="elsewhere", pid=1, start="")
    locks.claim(tmp_path)
    assert json.loads((tmp_path / locks.OWNER_FILE).read_text())["host"] == "elsewhere"


def test_a_lock_of_unknown_origin_stays(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "0.input.lock").touch()
    assert not locks.release_stale_lock(tmp_path)


def test_only_files_from_the_future_get_another_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for path, when in ((old, 1000.0), (new, time.time() + 86_400)):
        path.touch()
        os.utime(path, (when, when))
    assert locks.bring_back(tmp_path, tmp_path / "missing") == 1
    assert old.stat().st_mtime == 1000.0
    assert abs(new.stat().st_mtime - time.time()) < 60
    assert f"first {new}" in capsys.readouterr().err
    assert locks.bring_back(tmp_path) == 0


def test_what_killed_jobs_were_writing_goes_and_nothing_else(tmp_path: Path) -> None:
    for name in (".model.safetensors.x1y2.partial", "model.safetensors", "notes.partial"):
        (tmp_path / "below").mkdir(exist_ok=True)
        (tmp_path / "below" / name).touch()
    assert locks.remove_unfinished(tmp_path, tmp_path / "missing") == 1
    assert {path.name for path in (tmp_path / "below").iterdir()} == {"model.safetensors", "notes.partial"}
