"""The empty database that every new server starts from: Label Studio's schema, made once for an environment.

Migrating takes Label Studio 20 to 90 s, copying what was migrated before takes none. It is a saving and no more: where
the copy cannot be made, the server migrates its own database as it starts.
"""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ATTEMPTS = 2
MIGRATE_SECONDS = 600
LOCK_SECONDS = 900
"""How long to wait for another process that makes the same template: two attempts may be in front of us."""

Migrate = Callable[[Path], str]
"""Makes `label_studio.sqlite3` in the (empty) folder it is given; returns what went wrong, '' when nothing did."""


def migrated_database(venv: Path, migrate: Migrate) -> Path | None:
    """An empty database with Label Studio's schema, kept in the environment `venv`; None where it cannot be made.

    Any number of processes may ask at once: one makes it, in a folder of its own, and the others wait. Nothing that a
    killed attempt left behind is used.
    """
    template = venv / "empty.sqlite3"
    if template.is_file():
        return template
    trouble = ""
    try:
        with _only_one(venv / "empty.lock"):
            for _ in range(ATTEMPTS):
                if template.is_file():
                    return template
                trouble = _make(template, migrate)
                if not trouble:
                    return template
    except OSError as error:  # an environment that this user may only read
        trouble = str(error)
    print(
        f"ipt: no database to start from ({trouble[-300:]}); the server makes its own, in a minute or two",
        file=sys.stderr,
    )
    return None


def place(template: Path | None, database: Path) -> None:
    """Copy the template to where a new server looks for its database: whole or not at all, readable by its owner."""
    if template is None:
        return
    partial = database.with_name(f".{database.name}.{os.getpid()}.partial")
    shutil.copyfile(template, partial)
    os.chmod(partial, 0o600)
    os.replace(partial, database)


def migrate_with(venv: Path, environment: Callable[[Path], dict[str, str]]) -> Migrate:
    """Label Studio's own migrations, run by the Python of `venv` under `environment(folder)`."""

    def migrate(folder: Path) -> str:
        manage = next(venv.glob("lib/python3*/site-packages/label_studio/manage.py"), None)
        if manage is None:
            return f"{venv}: no label_studio/manage.py in it"
        command = [str(venv / "bin" / "python"), str(manage), "migrate", "--no-color", "--verbosity", "0"]
        try:
            done = subprocess.run(
                command,
                env=environment(folder),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                cwd=folder,
                timeout=MIGRATE_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"migrate took over {MIGRATE_SECONDS} s"
        return "" if done.returncode == 0 else f"migrate ended with {done.returncode}: {done.stdout}{done.stderr}"

    return migrate


def _make(template: Path, migrate: Migrate) -> str:
    """One attempt in an empty folder that no other process knows; returns what went wrong."""
    with tempfile.TemporaryDirectory(prefix="empty.", dir=template.parent, ignore_cleanup_errors=True) as private:
        made = Path(private) / "label_studio.sqlite3"
        trouble = migrate(Path(private)) or _unfit(made)
        if not trouble:
            os.replace(made, template)
        return trouble


def _unfit(database: Path) -> str:
    """Why this file is no database that a server can start from; '' if it is one."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
            (integrity,) = opened.execute("PRAGMA integrity_check").fetchone()
            (migrations,) = opened.execute("SELECT count(*) FROM django_migrations").fetchone()
    except sqlite3.Error as error:
        return f"{database.name}: {error}"
    return "" if integrity == "ok" and migrations else f"{database.name}: {integrity}, {migrations} migrations"


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, waiting for whoever holds it; after `LOCK_SECONDS` go on without it."""
    with open(path, "ab") as stream:
        deadline = time.monotonic() + LOCK_SECONDS
        while time.monotonic() < deadline:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.2)
            except OSError:  # a file system without locks: the private folder and the rename still hold
                break
        yield
