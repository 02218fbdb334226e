"""Copies of the local server's database, while people work, and back. A team's PostgreSQL has `pg_dump` for this."""

import contextlib
import os
import sqlite3
import tarfile
import tempfile
import time
import zlib
from pathlib import Path

from ipt.annotation import server
from ipt.annotation.state import State
from ipt.errors import UserError

DATABASE, SECRET_KEY, CREDENTIALS = "label_studio.sqlite3", ".env", "credentials.json"


def backup(state: State) -> Path:
    """Write one archive with the database and the server's secrets (mode 600); works while the server runs.

    Raises:
        UserError: there is no database yet.
    """
    if not state.database.is_file():
        raise UserError(f"{state.database}: nothing to back up; type `ipt annotation serve` first")
    state.backups.mkdir(mode=0o700, exist_ok=True)
    target = state.backups / f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{time.time_ns() % 10**6:06d}.tar.gz"
    with tempfile.TemporaryDirectory(dir=state.root) as folder:
        copy = Path(folder) / DATABASE
        with (
            contextlib.closing(sqlite3.connect(state.database)) as source,
            contextlib.closing(sqlite3.connect(copy)) as destination,
        ):
            source.backup(destination)  # a consistent copy even with writers at work
        partial = Path(folder) / "archive"
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w:gz") as archive:
                for name, path in ((DATABASE, copy), (SECRET_KEY, state.data / SECRET_KEY)):
                    if path.is_file():
                        archive.add(path, arcname=name)
                archive.add(state.credentials_file, arcname=CREDENTIALS)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, target)
    return target


def restore(state: State, archive: Path) -> None:
    """Put a backup in place; what was there is kept as `<name>.before-restore`.

    Raises:
        UserError: the server runs, or the archive is not a whole backup.
    """
    if server.running(state):
        raise UserError("Label Studio runs on this database; type `ipt annotation stop` first")
    with tempfile.TemporaryDirectory(dir=state.root) as name:
        folder = Path(name)
        try:
            with tarfile.open(archive) as opened:
                opened.extractall(folder, filter="data")
        except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
            raise UserError(f"{archive}: not a backup ({error}); give a file of {state.backups}") from None
        found = folder / DATABASE
        if not found.is_file() or not (folder / CREDENTIALS).is_file() or not _whole(found):
            raise UserError(f"{archive}: the database in it is missing or damaged; give another backup")
        state.data.mkdir(parents=True, exist_ok=True)
        for suffix in ("-wal", "-shm", "-journal"):
            state.database.with_name(DATABASE + suffix).unlink(missing_ok=True)
        for source, target in (
            (found, state.database),
            (folder / SECRET_KEY, state.data / SECRET_KEY),
            (folder / CREDENTIALS, state.credentials_file),
        ):
            if source.is_file():
                if target.is_file():
                    target.replace(target.with_name(target.name + ".before-restore"))
                source.replace(target)
                target.chmod(0o600)


def _whole(database: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False
