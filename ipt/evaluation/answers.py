"""Predictions and evaluation set joined: every answer of a mode read by both extractors and graded."""

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ipt.datasets.files import read_table
from ipt.datasets.schema import QUESTIONS
from ipt.errors import UserError
from ipt.evaluation.extraction import EXTRACTORS, Extractor, extract
from ipt.evaluation.grading import is_correct
from ipt.names import ALL_INFERENCES
from ipt.runs import Benchmark

Strings = NDArray[np.str_]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """All answers of one inference mode as parallel arrays, sorted by question and input setting."""

    question_id: Strings
    setting: Strings
    category: Strings
    chance: NDArray[np.float64]
    correct: dict[Extractor, Flags]
    paths: dict[Extractor, list[str]]
    failed: dict[Extractor, Flags]


@dataclass(frozen=True)
class Truth:
    """What the evaluation set says about one question."""

    category: str
    choices: tuple[str, ...]
    answer: str
    review: str
    held: tuple[str, ...] = ()
    """Input settings that the question was made or released for; () for all of them."""

    def settings_of(self, benchmark: Benchmark) -> tuple[str, ...]:
        """The settings of the benchmark in which the question is asked."""
        return tuple(setting for setting in benchmark.input_settings if not self.held or setting in self.held)


def read_truths(evaluation_set: Path) -> dict[str, Truth]:
    """What the set says about every question, by id."""
    columns = ["question_id", "category", "choices", "answer", "review", "metadata"]
    rows = read_table(evaluation_set, QUESTIONS, columns).to_pylist()
    truths = {
        row["question_id"]: Truth(
            row["category"],
            tuple(row["choices"]),
            row["answer"],
            row["review"],
            tuple(json.loads(row["metadata"] or "{}").get("input_settings") or ()),
        )
        for row in rows
    }
    if len(truths) < len(rows):
        raise UserError(f"{evaluation_set}: question_id is not unique; run the annotate stage again")
    return truths


def modes_of(table: pa.Table) -> list[str]:
    """The inference modes that a predictions table holds, in the usual order."""
    present = set(table["inference"].unique().to_pylist())
    return [mode for mode in ALL_INFERENCES if mode in present]


def rows_of_mode(table: pa.Table, mode: str) -> pa.Table:
    """The rows of one mode, sorted by question and input setting: the order of `Answers`."""
    ordered = table.sort_by([(name, "ascending") for name in ("inference", "question_id", "input_setting")])
    modes = ordered["inference"].to_pylist()  # a slice: pyarrow's filter would import pandas, half a second a process
    first = bisect_left(modes, mode)
    return ordered.slice(first, bisect_right(modes, mode) - first)


def read_answers(table: pa.Table, mode: str, questions: dict[str, Truth], predictions: Path) -> Answers:
    """Read and grade every answer of a mode; `predictions` is the file that an error names."""
    chosen = rows_of_mode(table, mode)
    ids: list[str] = chosen["question_id"].to_pylist()
    outputs: list[str] = chosen["raw_output"].to_pylist()
    unknown = [name for name in ids if name not in questions]
    if unknown:
        raise UserError(
            f"{predictions}: question_id {unknown[0]} is not in the evaluation set; delete it and evaluate again"
        )
    truths = [questions[name] for name in ids]
    correct: dict[Extractor, Flags] = {}
    paths: dict[Extractor, list[str]] = {}
    failed: dict[Extractor, Flags] = {}
    for name in EXTRACTORS:
        read = [extract(name, text, truth.choices) for text, truth in zip(outputs, truths, strict=True)]
        pairs = zip(read, truths, strict=True)
        correct[name] = np.array([is_correct(found.letter, truth.choices, truth.answer) for found, truth in pairs])
        paths[name] = [found.path for found in read]
        failed[name] = np.array([not found.letter for found in read])
    return Answers(
        question_id=np.array(ids),
        setting=np.array(chosen["input_setting"].to_pylist()),
        category=np.array([truth.category for truth in truths]),
        chance=np.array([1 / len(truth.choices) for truth in truths]),
        correct=correct,
        paths=paths,
        failed=failed,
    )


def check_complete(
    answers: Answers, questions: dict[str, Truth], benchmark: Benchmark, mode: str, predictions: Path
) -> None:
    """Refuse answers that are not every question exactly once in every input setting in which it is asked."""
    asked = list(zip(answers.question_id.tolist(), answers.setting.tolist(), strict=True))
    expected = {(name, setting) for name, truth in questions.items() for setting in truth.settings_of(benchmark)}
    wrong = expected.symmetric_difference(asked)
    if wrong or len(asked) != len(expected):
        name, setting = min(wrong) if wrong else Counter(asked).most_common(1)[0][0]
        what = "answered more than once" if not wrong else "missing" if (name, setting) in expected else "not asked for"
        raise UserError(f"{predictions}: {mode}: {name} in {setting} is {what}; delete it and evaluate again")


def single_value(table: pa.Table, column: str, predictions: Path) -> str:
    """The one value of a column that must not vary."""
    values = table[column].unique().to_pylist()
    if len(values) != 1:
        raise UserError(f"{predictions}: {column} has {len(values)} values, expected one; delete it and evaluate again")
    return str(values[0])


def review_of(questions: dict[str, Truth]) -> Literal["machine", "people", "mixed"]:
    """Who accepted the questions; a question that says nothing was accepted by automatic checks."""
    people = {truth.review == "people" for truth in questions.values()}
    return "mixed" if len(people) == 2 else "people" if True in people else "machine"
