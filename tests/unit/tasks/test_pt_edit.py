"""Edited path-tracing questions: built anew in their scene, or mended as far as a photograph allows."""

import math
from dataclasses import replace

import numpy as np
import pytest

from ipt.config import Config
from ipt.tasks.images import decode_png
from ipt.tasks.maps import MIDDLE_COLOR
from ipt.tasks.naming import words
from ipt.tasks.poses import camera_from_json
from ipt.tasks.pt_edit import CannotRebuildError, Edit, on_map, rebuilt, with_answer, with_choices
from tests.unit.curation.samples import mvc, pet, pt
from tests.unit.tasks.box_scene import box_room
from tests.unit.tasks.conftest import CONFIG
from tests.unit.tasks.geometry import middle


@pytest.fixture(scope="module")
def config() -> Config:
    return CONFIG.model_copy(update={"curation": CONFIG.curation.model_copy(update={"recheck_size": 48})})


def percent(question, point) -> list[float]:
    """Where a place of the world is on the map, by the camera's own projection."""
    x, y, _ = camera_from_json(question.metadata["camera_map"], 100).project(np.array([[*point, 0.0]]))[0]
    return [float(x), float(y)]


def side_of(path, point) -> float:
    (x1, y1), (x2, y2) = path
    return (x2 - x1) * (point[1] - y1) - (y2 - y1) * (point[0] - x1)


def test_a_place_on_the_map_is_where_the_camera_shows_it(questions):
    question = questions("pt")[0]
    for point in ((0.7, 1.3), question.metadata["path"][0]):
        found = on_map(camera_from_json(question.metadata["camera_map"], 64), percent(question, point))
        assert found == pytest.approx(point, abs=1e-6)


def test_with_a_moved_waypoint_everything_follows_from_the_scene(questions, config):
    built = []
    for question in questions("pt")[::6]:
        start, end = (np.asarray(point) for point in question.metadata["path"])
        nearer = end + (start - end) * 0.15
        scene = box_room(question.scene_id)
        try:
            made = rebuilt(config, scene, question, Edit.of({"waypoints": {"2": percent(question, nearer)}}))
        except CannotRebuildError:
            continue
        built.append(made)
        known = made.metadata
        assert known["path"][0] == question.metadata["path"][0]
        assert known["path"][1] == pytest.approx(nearer.tolist(), abs=2e-3)
        assert known["middle"] == pytest.approx(((start + nearer) / 2).tolist(), abs=3e-3)
        assert (made.question_id, made.question, made.category) == (
            question.question_id,
            question.question,
            question.category,
        )
        item = scene.objects[known["object_id"]]
        assert (side_of(known["path"], middle(item)) > 0) == (known["side"] == "left")
        assert made.choices["ABCD".index(made.answer)] == words(item.category)
        assert made.images["map_path"] != question.images["map_path"]
        pixels = decode_png(made.images["map_path"]).astype(int)
        x, y, _ = camera_from_json(known["camera_map"], pixels.shape[0]).project(np.array([[*known["middle"], 0.0]]))[0]
        near = pixels[max(0, int(y) - 2) : int(y) + 3, max(0, int(x) - 2) : int(x) + 3].reshape(-1, 3)
        assert np.abs(near - MIDDLE_COLOR).sum(axis=1).min() < 150, "M1 is painted at its new place"
    assert len(built) >= 2


def test_m1_is_put_on_the_straight_and_kept_off_its_ends(questions, config):
    built = []
    for question in questions("pt")[:9:3]:
        start, end = (np.asarray(point) for point in question.metadata["path"])
        beside = start + (end - start) * 0.05 + np.array([0.02, -0.02])
        try:
            made = rebuilt(
                config,
                box_room(question.scene_id),
                question,
                Edit.of({"waypoints": {"M1": percent(question, beside)}}),
            )
        except CannotRebuildError:
            continue
        built.append(made)
        middle_of = np.asarray(made.metadata["middle"])
        assert abs(side_of(made.metadata["path"], middle_of)) < 5e-3
        assert math.dist(start, middle_of) / math.dist(start, end) == pytest.approx(0.2, abs=0.01)
    assert built


def test_an_object_that_people_take_off_the_list_is_no_longer_the_answer(questions, config):
    changed = 0
    for question in questions("pt")[:12:3]:
        side = question.metadata["side"]
        others = [words(name) for name in question.metadata["visible_side"] if words(name) != question.object]
        if not others:
            continue
        edit = Edit.of({f"objects_{side}": others})
        try:
            made = rebuilt(config, box_room(question.scene_id), question, edit)
        except CannotRebuildError:
            continue
        assert made.object in others
        assert not set(made.choices) & (set(others) - {made.object}), "what is there too is no wrong choice"
        changed += 1
    assert changed


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"waypoints": {"1": [0.0, 0.0]}}, "nobody can stand at 1"),
        ({"objects_left": ["unicorn"], "objects_right": ["unicorn"]}, "no object of the asked side is seen"),
    ],
)
def test_what_cannot_be_built_says_why(edit, reason, questions, config):
    question = questions("pt")[0]
    with pytest.raises(CannotRebuildError, match=reason):
        rebuilt(config, box_room(question.scene_id), question, Edit.of(edit))
    same = {"waypoints": {"1": percent(question, question.metadata["path"][1])}}
    with pytest.raises(CannotRebuildError, match="too close to each other"):
        rebuilt(config, box_room(question.scene_id), question, Edit.of(same))


def photograph():
    known = replace(pt(0, side="left", name="sofa"), scene_id="", imagination=b"", object="sofa", category="left")
    return replace(known, choices=("sofa", "bed", "chair", "fridge"), answer="A", metadata={})


def test_of_a_photograph_the_choices_are_mended(config):
    made = with_choices(config, photograph(), Edit.of({"objects_left": ["Sofa", "bed"], "objects_right": ["lamp"]}))
    assert made.choices["ABCD".index(made.answer)] == "sofa"
    assert set(made.choices) == {"sofa", "lamp", "chair", "fridge"}, "the other side's first, then those it had"
    made = with_choices(config, photograph(), Edit.of({"objects_left": ["piano"]}))
    assert made.choices["ABCD".index(made.answer)] == made.object == "piano"
    with pytest.raises(CannotRebuildError, match="no scene to draw"):
        with_choices(config, photograph(), Edit.of({"waypoints": {"1": [1, 2]}}))
    with pytest.raises(CannotRebuildError, match="true view"):
        with_choices(config, replace(photograph(), imagination=b"png"), Edit.of({"objects_left": ["piano"]}))


def test_another_answer_changes_what_follows_from_it():
    position = with_answer(pet(0, category="left_to_left"), "AB"[pet(0, category="left_to_left").answer == "A"])
    assert position.category == "left_to_right"
    closer = pet(1, category="closer")
    assert with_answer(closer, "AB"[closer.answer == "A"]).category == "further"
    counted = mvc(0)
    other = next(letter for letter in "ABCD" if letter != counted.answer)
    assert with_answer(counted, other).metadata["count"] == int(counted.choices["ABCD".index(other)])
    with pytest.raises(CannotRebuildError, match="no choice D"):
        with_answer(closer, "D")
