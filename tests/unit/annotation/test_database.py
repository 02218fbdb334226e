"""The database that new servers start from: made once, whoever asks and whatever was killed before.

The environments here hold a `manage.py` of the test's own; the processes are real.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ipt.annotation.database import migrate_with, migrated_database, place

MIGRATE = """
import os, sqlite3, sys, time
from pathlib import Path
assert not os.listdir(), "the folder is empty"
runs = Path(sys.executable).parent.parent / "runs"
with open(runs, "a") as stream:
    stream.write("x")
database = sqlite3.connect("label_studio.sqlite3")
database.execute("CREATE TABLE htx_user (id)")
database.commit()
time.sleep({seconds})
if len(runs.read_text()) <= {failures}:
    sys.exit('table "htx_user" already exists')
database.execute("CREATE TABLE django_migrations AS SELECT 1 AS id")
database.commit()
"""

ASK = """
import os, sys
from pathlib import Path
from ipt.annotation.database import migrate_with, migrated_database
venv = Path(sys.argv[1])
print(migrated_database(venv, migrate_with(venv, lambda folder: dict(os.environ))))
"""


def environment(folder: Path, failures: int = 0, seconds: float = 0.0) -> Path:
    """A virtual environment whose Label Studio fails to migrate `failures` times, after so many seconds."""
    venv = folder / "venv"
    package = venv / "lib" / "python3.11" / "site-packages" / "label_studio"
    package.mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(sys.executable)
    (package / "manage.py").write_text(MIGRATE.format(failures=failures, seconds=seconds), encoding="utf-8")
    return venv


def ask(venv: Path, **options: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", ASK, str(venv)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload, no-any-return]


def runs(venv: Path) -> int:
    return len((venv / "runs").read_text(encoding="utf-8"))


def in_process(venv: Path) -> Path | None:
    return migrated_database(venv, migrate_with(venv, lambda folder: dict(os.environ)))


def test_of_two_processes_at_once_one_makes_it_and_the_other_waits(tmp_path: Path) -> None:
    venv = environment(tmp_path, seconds=0.5)
    said = [asked.communicate(timeout=60) for asked in [ask(venv), ask(venv)]]
    assert [out.strip() for out, _ in said] == [str(venv / "empty.sqlite3")] * 2, said
    assert runs(venv) == 1
    place(venv / "empty.sqlite3", tmp_path / "label_studio.sqlite3")
    tables = sqlite3.connect(tmp_path / "label_studio.sqlite3").execute("SELECT name FROM sqlite_master").fetchall()
    assert {name for (name,) in tables} == {"htx_user", "django_migrations"}
    assert (tmp_path / "label_studio.sqlite3").stat().st_mode & 0o777 == 0o600


def test_a_failed_attempt_is_made_again_from_an_empty_folder(tmp_path: Path) -> None:
    venv = environment(tmp_path, failures=1)
    assert in_process(venv) == venv / "empty.sqlite3"
    assert runs(venv) == 2
    assert sorted(path.name for path in venv.glob("empty*")) == ["empty.lock", "empty.sqlite3"]


def test_the_server_makes_its_own_where_every_attempt_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    venv = environment(tmp_path, failures=99)
    assert in_process(venv) is None
    assert 'table "htx_user" already exists' in capsys.readouterr().err
    place(None, tmp_path / "label_studio.sqlite3")
    assert not (tmp_path / "label_studio.sqlite3").exists(), "Label Studio migrates where it finds none"
    assert [path.name for path in venv.glob("empty*")] == ["empty.lock"]


def test_what_a_killed_attempt_left_is_not_used(tmp_path: Path) -> None:
    venv = environment(tmp_path, seconds=0.5)
    killed = ask(venv, start_new_session=True)
    deadline = time.monotonic() + 30
    while not list(venv.glob("empty.*/label_studio.sqlite3")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert list(venv.glob("empty.*/label_studio.sqlite3")), "half a database lies there"
    assert in_process(venv) == venv / "empty.sqlite3"
    assert runs(venv) == 2
