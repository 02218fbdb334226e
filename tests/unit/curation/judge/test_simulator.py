"""The simulator as judge: it sees what the renderer's own ids show, at the recheck size."""

import numpy as np
import pytest

from ipt.config import load_config
from ipt.curation.judge.interface import VisibilityQuestion
from ipt.curation.judge.rules import RULES, judged
from ipt.curation.judge.simulator import SimulatorJudge
from ipt.scenes.open import open_scene
from ipt.tasks.interface import SceneContext, Yields
from ipt.tasks.naming import words
from ipt.tasks.poses import camera_from_json
from ipt.tasks.registry import generator


@pytest.fixture(scope="module")
def world():
    config = load_config("micro")
    scene = open_scene(config, "primary", "test", 0)
    context = SceneContext(config, "primary", "test", 0, scene, Yields())
    questions = [question for question, _ in zip(generator("pt").candidates(context), range(4), strict=False)]
    return config, scene, questions


def test_visible_is_what_the_ids_of_the_side_view_hold(world):
    config, scene, questions = world
    judge = SimulatorJudge(config, "primary", "test")
    asked = [VisibilityQuestion(question, index) for question in questions for index in range(4)]
    for one, said in zip(asked, judge.visible(asked, 0), strict=True):
        camera = camera_from_json(one.question.metadata["camera_side"], config.curation.recheck_size)
        ids = scene.render(camera, rgb=False).instance
        named = [key for key, item in scene.objects.items() if words(item.category) == one.name]
        largest = max((np.mean(ids == key) for key in named), default=0.0)
        assert said == (largest >= config.tasks.pt.coverage_min), one


def test_generated_questions_pass_its_rules_and_it_does_not_guess_from_a_map(world):
    config, _, questions = world
    judge = SimulatorJudge(config, "primary", "test")
    found = judged(questions, judge)
    assert found.kept == questions
    assert {rule: found.dropped[rule] for rule in RULES} == dict.fromkeys(RULES, 0)
    assert judge.choose(questions, "without_imagination", 0) == [None] * len(questions)
