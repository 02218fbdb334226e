"""Answers of the embedded simulator's questions against the scene file alone (`scene_file`): no disagreement."""

import json
from collections import Counter

import pytest

from ipt.config import Config, load_config
from ipt.names import CATEGORIES, TASKS
from ipt.scenes.open import open_scene
from ipt.tasks.interface import SceneContext, Yields
from ipt.tasks.registry import generator
from tests.unit.tasks.scene_file import disagreement


def configured(layout: str, per_scene: int) -> Config:
    """Small pictures, a short sweep, and the conditions of scale `mini` (houses) or `smoke` (rooms)."""
    config = load_config("mini" if layout == "house" else "smoke")
    tasks = config.tasks.model_dump() | {"image_size": 64, "choice_order": "shuffled"}
    for task in TASKS:
        tasks[task]["sizes"]["train"]["questions_per_scene"] = per_scene
    tasks["pt"] |= {"sweep_yaws": 3, "sweep_offsets": 3, "sweep_pitches": 1, "sweep_size": 64, "reverse": ["primary"]}
    tasks["mvc"] |= {"per_count": [1000]}
    return config.model_copy(update={"tasks": type(config.tasks).model_validate(tasks)})


def check(task: str, layout: str, wanted: int, per_scene: int) -> None:
    """`wanted` questions and more of `layout`, all agreeing with their scene files."""
    config = configured(layout, per_scene)
    wrong, asked = [], Counter()
    for index in range(wanted):
        if asked.total() >= wanted:
            break
        scene = open_scene(config, "primary", "train", index)
        written = json.loads(scene.description.canonical_json())
        context = SceneContext(config, "primary", "train", index, scene, Yields())
        for question in generator(task).candidates(context):
            answer = question.choices["ABCD".index(question.answer)]
            said = disagreement(written, task, question.metadata, question.choices, answer)
            asked[question.category] += 1
            if said:
                wrong.append(f"{question.question_id}: {said}")
    assert asked.total() >= wanted
    assert set(asked) == set(CATEGORIES[task])
    assert not wrong, f"{len(wrong)} of {asked.total()}: {wrong[:5]}"


@pytest.mark.parametrize("task", TASKS)
def test_a_sample_agrees_with_the_scene_files(task: str) -> None:
    check(task, "room", 24, 12)


@pytest.mark.e2e
@pytest.mark.parametrize(("layout", "wanted"), [("house", 600), ("room", 400)])
@pytest.mark.parametrize("task", TASKS)
def test_a_thousand_questions_of_each_task_agree_with_the_scene_files(task: str, layout: str, wanted: int) -> None:
    check(task, layout, wanted, 20)
