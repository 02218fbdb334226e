"""The answers so far of an evaluation that may be killed: append-only lines, on disk before they count.

One line is `<crc32, 8 hex digits> <JSON {"key": ..., "row": ...}>`. The key is the content an answer depends on,
never its position, so a changed question, checkpoint or setting is asked again and everything else is kept. A torn or
damaged line is dropped, and told, when the journal is opened.
"""

import base64
import fcntl
import json
import os
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ipt.errors import UserError, storage_problem

Row = dict[str, Any]


def journal_path(output: Path) -> Path:
    """The journal beside the predictions file `output`."""
    return output.with_name(f"{output.name}.journal.jsonl")


class Journal:
    """Answers by key. Open it with `with`; a second process that opens the same journal is refused."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[str, Row] = {}
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        stream = open(self.path, "a+b")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stream.close()
            raise UserError(f"{self.path}: another evaluation is writing it; wait for it or stop it") from None
        stream.seek(0)
        content = stream.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):  # a line without its newline is torn
            stream.truncate(whole)
        entries = [_decode(line) for line in content[:whole].splitlines()]
        self.rows.update(entry for entry in entries if entry is not None)
        if damaged := entries.count(None):
            print(f"{self.path}: {damaged} damaged answers are not used; they are asked for again", file=sys.stderr)
        self._stream = stream
        return self

    def add(self, rows: Mapping[str, Row]) -> None:
        """Append answers; they are on disk when this returns.

        Raises:
            UserError: the disk is full; names the journal.
        """
        assert self._stream is not None, "open the journal with `with`"
        try:
            self._stream.write(b"".join(_encode(key, row) for key, row in rows.items()))
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise storage_problem(error, self.path) or error from None
        self.rows.update(rows)

    def remove(self) -> None:
        """Delete the journal: its answers are in the finished file."""
        self.path.unlink(missing_ok=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()  # gives the lock back


def _encode(key: str, row: Row) -> bytes:
    stored = {
        name: {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
        for name, value in row.items()
    }
    text = json.dumps({"key": key, "row": stored}).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _decode(line: bytes) -> tuple[str, Row] | None:
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        return None
    entry = json.loads(text)
    row = {
        name: base64.b64decode(value["base64"]) if isinstance(value, dict) else value
        for name, value in entry["row"].items()
    }
    return str(entry["key"]), row
