"""A folder of exported files: begun empty, finished by `manifest.json`, checked before it is read again."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ipt.datasets.files import file_digest, inside, parents_of, read_json, write_json
from ipt.datasets.released.parquet import ParquetRows
from ipt.datasets.schema import QUESTIONS, Question
from ipt.errors import UserError
from ipt.names import Task

MANIFEST = "manifest.json"

_NO_COLUMNS = pa.schema([])


def begin(folder: Path) -> None:
    """Make `folder` ready for an export: files of an earlier export go, its manifest first.

    Raises:
        UserError: it holds Parquet files that no manifest of ours names.
    """
    manifest = folder / MANIFEST
    if manifest.is_file():
        earlier = [inside(folder, name) for name in read_json(manifest).get("files", {})]
        manifest.unlink()
        for path in earlier:
            path.unlink(missing_ok=True)
    for left in sorted(folder.rglob("*.partial")):
        left.unlink()
    others = sorted(folder.rglob("*.parquet"))
    if others:
        raise UserError(f"{others[0]}: is of something else; give an empty folder to export to")


def finish(
    folder: Path, files: Sequence[Path], *, command: str, config_digest: str, source: Path, **extra: Any
) -> None:
    """Write the manifest of an export, the last step: sha256 and rows of every file."""
    write_json(
        folder / MANIFEST,
        {
            "schema": 1,
            "command": command,
            "config_digest": config_digest,
            "parents": parents_of([source]),
            "files": {
                str(path.relative_to(folder)): {"sha256": file_digest(path)} | _size(path) for path in sorted(files)
            },
        }
        | extra,
    )


def _size(path: Path) -> dict[str, int]:
    if path.suffix != ".parquet":
        return {}
    rows = ParquetRows(path, _NO_COLUMNS)
    return {"rows": len(rows), "row_groups": rows.row_groups}


def check(folder: Path) -> dict[str, Any]:
    """The manifest of `folder` after checking every file against it; empty for a folder that others made.

    Raises:
        UserError: a file is missing or has other bytes than the manifest says.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return {}
    recorded: dict[str, Any] = read_json(manifest)
    files: Mapping[str, Mapping[str, Any]] = recorded.get("files", {})
    for name, entry in files.items():
        path = inside(folder, name)
        if not path.is_file():
            raise UserError(f"{path}: missing, but {manifest} names it; export the set again")
        if file_digest(path) != entry["sha256"]:
            raise UserError(f"{path}: sha256 differs from {manifest} (truncated or changed); export the set again")
    return recorded


def parquet_files(path: Path) -> list[Path]:
    """`path` itself, or the Parquet files below it in order of their names; hidden ones are left out.

    Raises:
        UserError: there are none.
    """
    if path.is_file():
        return [path]
    found = sorted(
        file for file in path.rglob("*.parquet") if not any(part[0] == "." for part in file.relative_to(path).parts)
    )
    if not found:
        raise UserError(f"{path}: no Parquet file; give a file or a folder of the released set")
    return found


def check_origin(path: Path, question: Question, task: Task, origin: dict[str, str]) -> None:
    """Check that all questions of `path` are of one set; `origin` remembers the first one's.

    Raises:
        UserError: a question is of another task, environment or split.
    """
    if question.task != task:
        raise UserError(f"{path}: question {question.question_id} is of task {question.task}, not {task}")
    found = {"environment": question.environment, "split": question.split}
    if origin and origin != found:
        raise UserError(f"{path}: question {question.question_id} is of another set: {found}, the first of {origin}")
    origin.update(found)


def stored_questions(path: Path) -> Iterator[Question]:
    """The questions of a file of ours, a few rows in memory at a time; the caller has verified the file."""
    for row in ParquetRows(path, QUESTIONS):
        yield Question.from_row(row)
