"""Predictions that others released: VLMEvalKit's spreadsheets, a row a question, into our predictions.

A spreadsheet (.xlsx, .csv or .tsv) has the question, the options in columns A, B, ..., and the output in `prediction`.
Rows find their question by `question_id` where there is such a column, else by content: the question's text, its
options and its right answer. Several questions of the same content are taken in the order of both files, which
changes no accuracy, since their right answers are the same.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pyarrow as pa

from ipt.datasets.files import file_digest, read_table, verify, write_manifest, write_table
from ipt.datasets.schema import PREDICTIONS, QUESTIONS
from ipt.errors import UserError
from ipt.evaluation.answers import Truth, read_truths
from ipt.evaluation.extraction import extract
from ipt.evaluation.grading import option_text
from ipt.evaluation.prompts import LISTED_CHOICES
from ipt.evaluation.sidecars import images_path, write_images
from ipt.names import Inference
from ipt.runs import Benchmark
from ipt.seeding import content_digest

COMMAND = "import predictions"
Content = tuple[str, tuple[str, ...], str]
"""Question, options and right option, in lower case and without tags and spaces."""


def import_predictions(
    benchmark: Benchmark,
    model_id: str,
    sheets: Mapping[Inference, Mapping[str, Path]],
    evaluation_set: Path,
    output: Path,
) -> None:
    """Write the predictions of `sheets` (inference mode -> input setting -> file), to be scored as if asked here.

    Prompts and seeds of others are not known: their columns are empty (0). Every row is checked, and every question of
    the evaluation set must be answered once in each setting in which it is asked.

    Raises:
        UserError: a file is missing, lacks a column, answers something else, or not everything; names file, row and
            column.
    """
    set_digest = str(verify(evaluation_set)["sha256"])
    truths = read_truths(evaluation_set)
    texts = read_table(evaluation_set, QUESTIONS, ["question_id", "question"])
    asked = dict(zip(texts["question_id"].to_pylist(), texts["question"].to_pylist(), strict=True))
    files = {path: file_digest(path) for settings in sheets.values() for path in settings.values() if path.is_file()}
    digest = content_digest("imported", *sorted(files.values()))
    rows: list[dict[str, Any]] = []
    for inference, settings in sheets.items():
        for setting in benchmark.input_settings:
            wanted = {name: truth for name, truth in truths.items() if setting in truth.settings_of(benchmark)}
            if not wanted:
                continue
            if setting not in settings:
                raise UserError(
                    f"imported: {model_id} on {benchmark.benchmark_id}: files.{inference} lacks input setting {setting}"
                    "; name its file"
                )
            for name, text in _read(settings[setting], wanted, asked).items():
                found = extract("strict", text, wanted[name].choices)
                rows.append(
                    {"question_id": name, "model_id": model_id, "checkpoint_digest": digest, "inference": inference}
                    | {"input_setting": setting, "prompt": "", "prompt_digest": "", "seed": 0, "raw_output": text}
                    | {"extracted": found.letter, "parse_path": found.path, "generated_png": b""}
                )
    rows.sort(key=lambda row: (row["question_id"], row["inference"], row["input_setting"]))
    write_images(images_path(output), rows, COMMAND, "none")
    write_table(output, pa.Table.from_pylist(rows, schema=PREDICTIONS))
    write_manifest(
        output,
        rows=len(rows),
        command=COMMAND,
        config_digest="none",
        parents={str(evaluation_set): set_digest} | {str(path): found for path, found in files.items()},
        benchmark=benchmark.benchmark_id,
        model_id=model_id,
        checkpoint_digest=digest,
    )


def read_sheet(path: Path) -> list[dict[str, str]]:
    """The rows of a spreadsheet as texts, by column; empty cells are ''.

    Raises:
        UserError: missing, of another kind, or not readable; names the file.
    """
    import pandas as pd

    if path.suffix not in (".xlsx", ".csv", ".tsv"):
        raise UserError(f"{path}: is no spreadsheet; give .xlsx, .csv or .tsv")
    try:
        if path.suffix == ".xlsx":
            table = pd.read_excel(path, dtype=str, keep_default_na=False, na_filter=False)
        else:
            separator = "," if path.suffix == ".csv" else "\t"
            table = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, na_filter=False)
    except FileNotFoundError:
        raise UserError(f"{path}: missing; check the path") from None
    except Exception as error:  # each reader has its own kinds of error
        raise UserError(f"{path}: not readable ({str(error).splitlines()[0]}); export it again") from None
    return [{str(name): str(value) for name, value in row.items()} for row in table.to_dict("records")]


def _read(path: Path, wanted: Mapping[str, Truth], asked: Mapping[str, str]) -> dict[str, str]:
    """Question id -> output, for exactly the questions `wanted`."""
    rows = read_sheet(path)
    if not rows or "prediction" not in rows[0]:
        raise UserError(f"{path}: column prediction is missing; give the file that the evaluation wrote")
    names = _by_id(path, rows, wanted) if "question_id" in rows[0] else _by_content(path, rows, wanted, asked)
    found: dict[str, str] = {}
    for number, (name, row) in enumerate(zip(names, rows, strict=True), start=2):
        if name in found:
            raise UserError(f"{path}: row {number}: question_id: {name} is answered twice; keep one row")
        found[name] = row["prediction"]
    missing = wanted.keys() - found.keys()
    if missing:
        raise UserError(f"{path}: answers {len(found)} of {len(wanted)} questions; {min(missing)} is missing")
    return found


def _by_id(path: Path, rows: Sequence[Mapping[str, str]], wanted: Mapping[str, Truth]) -> list[str]:
    names = [row["question_id"] for row in rows]
    for number, name in enumerate(names, start=2):
        if name not in wanted:
            raise UserError(f"{path}: row {number}: question_id: {name!r} is not in the evaluation set")
    return names


def _by_content(
    path: Path, rows: Sequence[Mapping[str, str]], wanted: Mapping[str, Truth], asked: Mapping[str, str]
) -> list[str]:
    waiting: dict[Content, list[str]] = defaultdict(list)
    for name in sorted(wanted, reverse=True):
        truth = wanted[name]
        waiting[_content(asked[name], truth.choices, truth.answer)].append(name)
    names = []
    for number, row in enumerate(rows, start=2):
        for column in ("question", "A", "B", "answer"):
            if column not in row:
                raise UserError(f"{path}: column {column} is missing, and question_id too: rows find no question")
        choices = [row[letter] for letter in ascii_uppercase if row.get(letter)]
        left = waiting.get(_content(row["question"], choices, row["answer"]))
        if left is None:
            raise UserError(
                f"{path}: row {number}: question: no question of the evaluation set has this text, these options and"
                " this answer"
            )
        if not left:
            raise UserError(f"{path}: row {number}: question: answered more often than the evaluation set asks it")
        names.append(left.pop())
    return names


def _content(question: str, choices: Sequence[str], answer: str) -> Content:
    text = LISTED_CHOICES.sub("", re.sub(r"<image_\d+>", "", question))
    right = option_text(answer.strip().upper(), choices) or answer
    return _plain(text), tuple(_plain(choice) for choice in choices), _plain(right)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
