"""A released raw set as questions of ours."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from ipt.datasets.files import file_digest, write_manifest
from ipt.datasets.released import cells, folder, mvc, ours, pet, pt
from ipt.datasets.released.columns import (
    HABITAT_SPLITS,
    MVC,
    PET,
    PET_HABITAT_EVAL,
    PET_REAL,
    PET_SPLITS,
    PT_CONFIGURATIONS,
    PT_EVAL,
    PT_REAL,
    PT_SETTINGS,
)
from ipt.datasets.released.parquet import ParquetRows, Place, ShardWriter
from ipt.datasets.schema import QUESTIONS, Question
from ipt.errors import UserError
from ipt.names import Environment, Split, Task

_SPLITS: dict[str, Split] = {"train": "train", "validation": "val", "val": "val", "test": "test"}
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")


def import_raw(
    task: Task, path: Path, output: Path, *, split: Split | None = None, environment: Environment | None = None
) -> None:
    """Read a released raw set (a Parquet file or a folder of them) into `output` (Parquet of `QUESTIONS`).

    An export of ours gives exactly the questions it was made from, in the order of its files. Of a foreign set the
    columns alone are known: `scene_digest`, `room_type`, the chains of thought and, for pet training rows about
    position, `category` are empty; question ids are made of task, source, file and row. A pt question has the images of
    the settings that it is released in, named in `metadata["input_settings"]`.

    Args:
        task: whose format it is.
        path: file or folder.
        output: where the questions go, with a manifest.
        split: ours; needed where file names do not say it (mvc: the released evaluation set is named `train`).
        environment: default: `different` for Habitat and real sets, else `primary`.

    Raises:
        UserError: a file is damaged, a column missing or of another type, or a cell wrong; names file, column and row.
    """
    files = folder.parquet_files(path)
    root = next((at for at in (path, path.parent, path.parent.parent) if (at / folder.MANIFEST).is_file()), None)
    recorded = folder.check(root) if root else {}
    known = _Known(
        split or recorded.get("split"), environment or recorded.get("environment"), ours.read(root) if root else {}
    )
    seen: set[str] = set()
    with ShardWriter(output.parent, f".{output.name}", QUESTIONS, file_bytes=2**62) as writer:
        for question in _READERS[task](files, known):
            if question.question_id in seen:
                raise UserError(f"{path}: question {question.question_id} is there twice; give one copy of the set")
            seen.add(question.question_id)
            writer.write(question.to_row(), question.question_id)
        if not seen:
            raise UserError(f"{path}: no rows")
    writer.paths[0].replace(output)
    parents = {file.name if path.is_file() else str(file.relative_to(path)): file_digest(file) for file in files}
    write_manifest(output, rows=len(seen), command=f"import {task}", config_digest="none", parents=parents)


@dataclass(frozen=True)
class _Known:
    """What is known before any row is read."""

    split: Split | None
    environment: Environment | None
    fields: dict[str, dict[str, Any]]
    """Question id -> all fields but the images, for an export of ours."""

    def split_of(self, path: Path) -> Split:
        """Our split of the rows in `path`."""
        part = part_of(path)
        if self.split:
            return self.split
        if part in PET_SPLITS or part in HABITAT_SPLITS:
            return "test"
        if part in _SPLITS:
            return _SPLITS[part]
        raise UserError(f"{path}: its name does not say whether it is train, val or test; give the split")

    def completed(self, question: Question, identity: str, column: str, place: Place) -> Question:
        """`question` with the fields that the columns do not hold, for an export of ours."""
        if not self.fields:
            return question
        if identity not in self.fields:
            raise place.wrong(column, f"{identity!r} is not in {ours.FILE}; export the set again")
        return ours.completed(question, self.fields[identity], place)


def part_of(path: Path) -> str:
    """Name of the released split in a file's name: `data/train-00000-of-00002.parquet` -> `train`."""
    return _SHARD.sub("", path.stem)


def _read_pet(files: list[Path], known: _Known) -> Iterator[Question]:
    for path in files:
        part = part_of(path)
        if {"image_0", "image_1"} <= set(ParquetRows(path, pa.schema([]), PET_REAL).columns):
            raise UserError(
                f"{path}: is the real set: pairs of views without choices or answers, which are no questions;"
                " give an AI2-THOR or Habitat set"
            )
        table = ParquetRows(path, PET_HABITAT_EVAL if part in HABITAT_SPLITS else PET, pet.OPTIONAL)
        habitat = part in HABITAT_SPLITS or "object_query" in table.columns
        environment = known.environment or ("different" if habitat else "primary")
        split = known.split_of(path)
        for number, row in enumerate(table):
            place, name = table.place(number), f"pet-{'habitat' if habitat else 'released'}-{path.stem}-{number:06d}"
            question = pet.from_row(place, row, name, part, environment, split)
            yield known.completed(question, str(row.get("trajectory_id")), "trajectory_id", place)


def _read_mvc(files: list[Path], known: _Known) -> Iterator[Question]:
    for path in files:
        if known.split is None and part_of(path) == "train":
            raise UserError(f"{path}: the released training and evaluation sets are both named train; give the split")
        table, split = ParquetRows(path, MVC), known.split_of(path)
        for number, row in enumerate(table):
            place, name = table.place(number), f"mvc-released-{path.stem}-{number:06d}"
            question = mvc.from_row(place, row, name, known.environment or "primary", split)
            yield known.completed(question, str(row["trajectory_id"]), "trajectory_id", place)


@dataclass
class _Group:
    """The rows of one pt question: configuration -> table and row number."""

    first: dict[str, Any]
    rows: dict[str, tuple[ParquetRows, int]] = field(default_factory=dict)


def _read_pt(files: list[Path], known: _Known) -> Iterator[Question]:
    """A question for the rows of one id in all configurations; the real set has no ids, so each row is one.

    The small columns of all files are read first, then the images of one question after the other.
    """
    groups: dict[str, _Group] = {}
    real = False
    for path in files:
        configuration = next((name for name in (part_of(path), path.parent.name) if name in PT_CONFIGURATIONS), None)
        if configuration is None:
            raise UserError(f"{path}: neither file nor folder is named as one of {', '.join(PT_CONFIGURATIONS)}")
        real = part_of(path) in PT_SETTINGS
        table = ParquetRows(path, PT_REAL if real else PT_EVAL)
        texts = [name for name in ("question_id", "question", "choices", "answer") if name in table.columns]
        for number, row in enumerate(table.light(texts)):
            place = table.place(number)
            name = f"pt-real-{path.stem}-{number:06d}" if real else cells.text(place, row, "question_id")
            if name in groups and not pt.same_question(groups[name].first, row):
                if known.fields:
                    raise place.wrong("question", f"{name} differs between configurations; export the set again")
                name = f"{name}/{configuration}"  # a release may number each configuration's questions anew
            group = groups.setdefault(name, _Group(row))
            if configuration in group.rows:
                raise place.wrong("question_id", f"{name} is twice in {configuration}")
            group.rows[configuration] = (table, number)
    environment = known.environment or ("different" if real else "primary")
    for name, group in groups.items():
        rows = {key: (table.place(number), table.row(number)) for key, (table, number) in group.rows.items()}
        question = pt.from_rows(rows, name, environment, known.split or "test")
        yield known.completed(question, name, "question_id", next(iter(rows.values()))[0])


_READERS: dict[str, Callable[[list[Path], _Known], Iterator[Question]]] = {
    "pet": _read_pet,
    "mvc": _read_mvc,
    "pt": _read_pt,
}
