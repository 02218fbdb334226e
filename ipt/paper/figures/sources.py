"""What figures draw: stored questions and predictions, chosen by content and never by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ipt.datasets.files import read_table
from ipt.datasets.schema import PREDICTIONS, QUESTIONS, Question
from ipt.evaluation.sidecars import GENERATED_IMAGES
from ipt.names import INPUT_SETTINGS, Inference
from ipt.runs import Layout
from ipt.seeding import content_seed

PORTION = 64
"""Rows with images held in memory at once."""
ROLE_TITLES = {
    "marked": "input",
    "marked_arrow": "input with arrow",
    "map_path": "map with path",
    "map_arrow": "map with arrow",
    "ego_1": "view at 1",
    "ego_2": "view at 2",
    "frame_0": "view 1",
    "frame_1": "view 2",
    "frame_2": "view 3",
    "frame_3": "view 4",
}


def role_title(role: str) -> str:
    """What stands above an image of that role."""
    return ROLE_TITLES.get(role, role.replace("_", " "))


@dataclass(frozen=True)
class Listed:
    """What a choice among questions needs: no images, so that a set of any size can be listed."""

    question_id: str
    category: str
    answer: str
    has_text_cot: bool


@dataclass(frozen=True)
class Given:
    """An answer before its images are read."""

    question_id: str
    input_setting: str
    answer: str
    is_right: bool
    has_image: bool


@dataclass(frozen=True)
class Answered:
    """A question in one input setting with what a model made of it."""

    question: Question
    input_setting: str
    answer: str
    generated_png: bytes

    @property
    def is_right(self) -> bool:
        """True where the extracted letter is the answer."""
        return self.answer == self.question.answer


def listed(path: Path) -> list[Listed]:
    """The questions of a set, in stored order.

    Raises:
        UserError: missing or damaged; names the file.
    """
    rows = read_table(path, QUESTIONS, ["question_id", "category", "answer", "text_cot"]).to_pylist()
    return [Listed(row["question_id"], row["category"], row["answer"], bool(row["text_cot"])) for row in rows]


def in_fixed_order(questions: Iterable[Listed], purpose: str) -> list[Listed]:
    """The questions in an order that depends on their ids and the purpose alone."""
    return sorted(questions, key=lambda question: (content_seed(question.question_id, purpose), question.question_id))


def opened(path: Path, question_ids: Iterable[str]) -> dict[str, Question]:
    """Some questions of a verified set, with their images; the rest is passed over in small portions."""
    wanted = pa.array(sorted(set(question_ids)), pa.string())
    found: dict[str, Question] = {}
    for batch in pq.ParquetFile(path).iter_batches(batch_size=PORTION):
        for row in batch.filter(pc.is_in(batch["question_id"], value_set=wanted)).to_pylist():
            found[row["question_id"]] = Question.from_row(row)
    return found


def given_answers(layout: Layout, benchmark_id: str, model_id: str, mode: Inference) -> list[Given]:
    """Every answer of a model in one mode, in an order that depends on the question ids alone.

    Raises:
        UserError: predictions, their images or the evaluation set are missing or damaged; names the file.
    """
    truth = {question.question_id: question.answer for question in listed(layout.evaluation_set(benchmark_id))}
    columns = ["question_id", "inference", "input_setting", "extracted"]
    rows = read_table(layout.predictions(benchmark_id, model_id), PREDICTIONS, columns).to_pylist()
    keys = ["question_id", "inference", "input_setting"]
    images = read_table(layout.generated_images(benchmark_id, model_id), GENERATED_IMAGES, keys).to_pylist()
    with_image = {tuple(row[key] for key in keys) for row in images}
    given = [
        Given(
            row["question_id"],
            row["input_setting"],
            row["extracted"] or "",
            row["extracted"] == truth[row["question_id"]],
            (row["question_id"], mode, row["input_setting"]) in with_image,
        )
        for row in rows
        if row["inference"] == mode and row["question_id"] in truth
    ]
    return sorted(given, key=lambda one: (content_seed(one.question_id, "figure"), one.input_setting))


def first_questions(answers: Iterable[Given], count: int) -> list[Given]:
    """The first `count` answers to different questions."""
    first: dict[str, Given] = {}
    for one in answers:
        first.setdefault(one.question_id, one)
    return list(first.values())[:count]


def open_answers(
    layout: Layout, benchmark_id: str, model_id: str, mode: Inference, chosen: Sequence[Given]
) -> list[Answered]:
    """Chosen answers with their questions and images, in the given order."""
    questions = opened(layout.evaluation_set(benchmark_id), [one.question_id for one in chosen])
    wanted = {(one.question_id, mode, one.input_setting) for one in chosen}
    images: dict[tuple[str, ...], bytes] = {}
    for batch in pq.ParquetFile(layout.generated_images(benchmark_id, model_id)).iter_batches(batch_size=PORTION):
        for row in batch.filter(pc.is_in(batch["question_id"], value_set=pa.array(sorted(questions)))).to_pylist():
            key = (row["question_id"], row["inference"], row["input_setting"])
            if key in wanted:
                images[key] = row["png"]
    return [
        Answered(
            questions[one.question_id],
            one.input_setting,
            one.answer,
            images.get((one.question_id, mode, one.input_setting), b""),
        )
        for one in chosen
    ]


def shown_roles(task: str, setting: str) -> tuple[str, ...]:
    """Which stored images an input setting shows."""
    return INPUT_SETTINGS[task][setting]
