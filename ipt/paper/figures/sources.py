"""What figures draw: stored questions and predictions, chosen by content and never by hand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ipt.datasets.files import read_questions, read_table
from ipt.datasets.schema import PREDICTIONS, Question
from ipt.evaluation.sidecars import read_images
from ipt.names import INPUT_SETTINGS, Environment, Inference, Split, Task
from ipt.runs import Layout
from ipt.seeding import content_seed

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


def shuffled(questions: Iterable[Question], purpose: str) -> list[Question]:
    """The questions in an order that depends on their ids and the purpose alone."""
    return sorted(questions, key=lambda question: (content_seed(question.question_id, purpose), question.question_id))


def one_of_each(questions: Iterable[Question], key: Callable[[Question], str], purpose: str) -> dict[str, Question]:
    """The first question of every value of `key`, in the order of `shuffled`."""
    found: dict[str, Question] = {}
    for question in shuffled(questions, purpose):
        found.setdefault(key(question), question)
    return found


def curated(layout: Layout, task: Task, environment: Environment, split: Split) -> list[Question]:
    """The questions of a curated split."""
    return read_questions(layout.curated(task, environment, split))


def answered(layout: Layout, benchmark_id: str, model_id: str, mode: Inference) -> list[Answered]:
    """Every answer of a model in one mode, in an order that depends on the question ids alone."""
    by_id = {question.question_id: question for question in read_questions(layout.evaluation_set(benchmark_id))}
    columns = ["question_id", "inference", "input_setting", "extracted"]
    rows = read_table(layout.predictions(benchmark_id, model_id), PREDICTIONS, columns).to_pylist()
    images = read_images(layout.generated_images(benchmark_id, model_id), mode)
    chosen = [
        Answered(
            by_id[row["question_id"]],
            row["input_setting"],
            row["extracted"] or "",
            images.get((row["question_id"], mode, row["input_setting"]), b""),
        )
        for row in rows
        if row["inference"] == mode and row["question_id"] in by_id
    ]
    return sorted(chosen, key=lambda one: (content_seed(one.question.question_id, "figure"), one.input_setting))


def shown_roles(task: str, setting: str) -> tuple[str, ...]:
    """Which stored images an input setting shows."""
    return INPUT_SETTINGS[task][setting]
