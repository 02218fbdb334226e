"""Figures of data: `overview`, `pet_dataset`, `pt_dataset`, `mvc_dataset`, `pt_text_cot`."""

from collections.abc import Iterable
from pathlib import Path

from ipt.config import Config
from ipt.datasets.schema import Question
from ipt.names import CATEGORIES, TASK_TITLES, TASKS, Task
from ipt.paper.figures.canvas import asked, pixels
from ipt.paper.figures.drawing import Drawing
from ipt.paper.figures.sources import Listed, in_fixed_order, listed, opened, role_title, shown_roles
from ipt.paper.figures.strips import Panel, Strip, draw_strips
from ipt.runs import Layout

FULL_SETTING = {"pet": "marked", "pt": "ego_dir", "mvc": "frames"}
CHOSEN = "Examples are chosen by a digest of their ids, not by hand."


def image_panels(question: Question, roles: tuple[str, ...]) -> list[Panel]:
    """The stored images of `roles`, titled."""
    return [Panel(pixels(question.images[role]), role_title(role)) for role in roles if role in question.images]


def true_panel(question: Question) -> Panel:
    """The true imagined image."""
    return Panel(pixels(question.imagination), "true imagination")


def chosen_from(path: Path, questions: Iterable[Listed], purpose: str, count: int) -> list[Question]:
    """The first `count` of the questions in the order of `purpose`, with their images."""
    ids = [question.question_id for question in in_fixed_order(questions, purpose)[:count]]
    found = opened(path, ids)
    return [found[question_id] for question_id in ids]


def overview(config: Config, layout: Layout) -> Drawing:
    """The three tasks: a training example with the true imagination, and an evaluation example."""
    strips = []
    for task in TASKS:
        roles = shown_roles(task, FULL_SETTING[task])
        train, test = (
            chosen_from(path, listed(path), "overview", 1)[0]
            for path in (layout.curated(task, "primary", "train"), layout.evaluation_set(f"{task}-primary"))
        )
        panels = (*image_panels(train, roles), true_panel(train))
        strips.append(Strip(panels, asked(train), f"{TASK_TITLES[task]}: training"))
        strips.append(Strip(tuple(image_panels(test, roles)), asked(test), f"{TASK_TITLES[task]}: evaluation"))
    return Drawing(
        draw_strips(strips),
        "Overview of the three tasks",
        "Each task asks about what the input does not show. In training the true imagined image is given; in"
        f" evaluation the model generates it. {CHOSEN}",
    )


def dataset(config: Config, layout: Layout, task: Task) -> Drawing:
    """Training examples over all sub-categories (pet), sides and inputs (pt) or trajectories (mvc)."""
    path = layout.curated(task, "primary", "train")
    questions = listed(path)
    strips = []
    for category in CATEGORIES[task]:
        of_category = [question for question in questions if question.category == category]
        for question in chosen_from(path, of_category, "dataset", 1 if task == "pet" else 2):
            panels = (*image_panels(question, tuple(question.images)), true_panel(question))
            strips.append(Strip(panels, asked(question), f"{category}  ·  {question.room_type}".replace("_", " ")))
    spread = {
        "pet": "one example of each of the six sub-categories",
        "pt": "two examples a side; the input settings show the map with the path and both views (EgoDir), the map"
        " with the path alone, or the map with the arrow alone",
        "mvc": "two examples of each trajectory, rotation and multi-camera",
    }[task]
    return Drawing(
        draw_strips(strips), f"{TASK_TITLES[task]}: training data", f"{spread[0].upper()}{spread[1:]}. {CHOSEN}"
    )


def pt_text_cot(config: Config, layout: Layout) -> Drawing:
    """Three training traces of Path Tracing with their inputs."""
    path = layout.curated("pt", "primary", "train")
    chosen = chosen_from(path, [question for question in listed(path) if question.has_text_cot], "text_cot", 3)
    strips = [
        Strip(
            tuple(image_panels(question, shown_roles("pt", "ego_dir"))),
            f"{asked(question)}\n\n{question.text_cot}",
            question.category,
        )
        for question in chosen
    ]
    return Drawing(
        draw_strips(strips, text_inches=5.0),
        "Path Tracing: text reasoning",
        "Three training traces of the supervision mode text_cot with the inputs they are about. The traces are"
        f" written from the simulator's metadata by a template. {CHOSEN}",
    )
