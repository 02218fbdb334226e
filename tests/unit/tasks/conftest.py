"""Questions of three box rooms a task, made once: what the tests of all tasks look at."""

from functools import cache

import pytest

from ipt.config import Config
from ipt.datasets.schema import Question
from ipt.tasks.interface import SceneContext, Yields
from ipt.tasks.registry import generator
from tests.unit.tasks.box_scene import box_room

SIZE = {"scenes": 8, "questions_per_scene": 12, "questions": 48}
SIZES = dict.fromkeys(("train", "val", "test"), SIZE)
CONFIG = Config.model_validate(
    {
        "environments": {
            "primary": {"simulator": "embedded", "layout": "room"},
            "different": {"simulator": "embedded", "layout": "room", "style": "alternate"},
        },
        "tasks": {
            "image_size": 48,
            "pet": {"sizes": SIZES, "edge_margin": 80, "centre_margin": 64, "questions_per_view": 2},
            "pt": {
                "sizes": SIZES,
                "sweep_yaws": 3,
                "sweep_offsets": 3,
                "sweep_pitches": 1,
                "sweep_size": 32,
                "input_variants": ["ego_dir", "path", "path_arrow"],
            },
            "mvc": {"sizes": SIZES, "square_side": 1.0, "distractors": "near"},
        },
    }
)


@cache
def made(task: str, index: int) -> tuple[tuple[Question, ...], Yields]:
    """Questions and yields of box room `index`."""
    yields = Yields()
    context = SceneContext(CONFIG, "primary", "train", index, box_room(f"room-{index}"), yields)
    return tuple(generator(task).candidates(context)), yields


@pytest.fixture(scope="session")
def config() -> Config:
    return CONFIG


@pytest.fixture(scope="session")
def questions():
    """`questions(task)`: the questions of box rooms 0-2."""
    return lambda task: [question for index in range(3) for question in made(task, index)[0]]


@pytest.fixture(scope="session")
def yields():
    """`yields(task, index)`: what the conditions removed."""
    return lambda task, index: made(task, index)[1]
