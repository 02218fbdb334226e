"""Multiview counting: the count is that of the scene, the frames and the map."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from ipt.scenes.interface import Camera
from ipt.seeding import content_rng
from ipt.tasks.interface import SceneContext, Yields
from ipt.tasks.mvc import GENERATOR, count_choices
from ipt.tasks.mvc_area import Trajectory, inside_map
from ipt.tasks.poses import camera_from_json
from tests.unit.tasks.box_scene import BoxScene, box_room


def ids_of(scene, cameras, category, *, open_top=False):
    seen = set()
    for camera in cameras:
        seen |= set(np.unique(scene.render(camera_from_json(camera, 48), rgb=False, open_top=open_top).instance))
    return {key for key in seen if key and scene.objects[key].category == category}


def test_counts_follow_from_the_scene_alone(questions):
    for question in questions("mvc"):
        known, scene = question.metadata, box_room(question.scene_id)
        x, y = known["camera_map"]["position"][:2]
        half = known["camera_map"]["extent"] / 2
        inside = {
            key
            for key, item in scene.objects.items()
            if item.category == known["object_category"]
            and item.maximum[0] > x - half
            and item.minimum[0] < x + half
            and item.maximum[1] > y - half
            and item.minimum[1] < y + half
        }
        assert question.choices["ABCD".index(question.answer)] == str(len(inside)) == str(known["count"])
        assert ids_of(scene, known["cameras"], known["object_category"]) == inside
        assert ids_of(scene, [known["camera_map"]], known["object_category"], open_top=True) == inside
    assert len(questions("mvc")) >= 30


def test_trajectories_are_one_turn_or_one_square(questions, config):
    movements = Counter(question.category for question in questions("mvc"))
    assert set(movements) == {"rotation", "multi_camera"}
    for question in questions("mvc"):
        cameras = question.metadata["cameras"]
        turns = [(b["yaw"] - a["yaw"]) % 360 for a, b in pairwise(cameras)]
        assert turns == [90, 90, 90]
        steps = [np.subtract(b["position"], a["position"])[:2] for a, b in pairwise(cameras)]
        length = 0 if question.category == "rotation" else config.tasks.mvc.square_side
        assert [float(np.hypot(*step)) for step in steps] == pytest.approx([length] * 3, abs=3e-3)
        radius = 5.0 if question.category == "rotation" else 4.0 + length / 2
        assert question.metadata["camera_map"]["extent"] == pytest.approx(2 * radius)


@pytest.mark.parametrize("count", range(1, 7))
def test_near_choices_are_within_two_and_not_negative(count):
    choices = [int(text) for text in count_choices(count, "near", content_rng("near", count))]
    assert len(set(choices)) == 4
    assert count in choices
    assert all(value >= 0 and abs(value - count) <= 2 for value in choices)


@pytest.mark.parametrize("count", range(1, 5))
def test_window_choices_do_not_depend_on_the_count(count):
    assert count_choices(count, "window", content_rng("window", count)) == ("1", "2", "3", "4")


def test_window_choices_hold_a_larger_count():
    choices = [int(text) for text in count_choices(7, "window", content_rng("window", 7))]
    assert 7 in choices
    assert choices == list(range(min(choices), min(choices) + 4))


def test_counts_per_scene_are_limited(config):
    settings = config.tasks.mvc.model_copy(update={"per_count": (1, 2)})
    limited = config.model_copy(update={"tasks": config.tasks.model_copy(update={"mvc": settings})})
    found = list(GENERATOR.candidates(SceneContext(limited, "primary", "train", 0, box_room("room-0"), Yields())))
    counts = Counter(question.metadata["count"] for question in found)
    assert counts[1] <= 1
    assert all(number <= 2 for count, number in counts.items() if count > 1)
    assert found


def asked(config, room, **changed):
    settings = config.tasks.mvc.model_copy(update=changed)
    changed_config = config.model_copy(update={"tasks": config.tasks.model_copy(update={"mvc": settings})})
    context = SceneContext(changed_config, "primary", "train", 0, room, Yields())
    return list(GENERATOR.candidates(context)), context.yields.counts


def test_no_count_above_the_largest_is_asked_for(config):
    found, _ = asked(config, box_room("room-0"), count_max=1)
    assert {question.metadata["count"] for question in found} == {1}


def test_counts_below_a_category_s_total_are_asked_for_too(config):
    """Four chairs in all, one of them behind a row of shelves and off the map."""
    boxes = [("Chair", (x, 2.0, 0.0), (x + 0.5, 2.5, 0.8)) for x in (1.0, 2.0, 3.0, 13.0)]
    boxes.append(("Bookshelf", (7.0, 0.0, 0.0), (7.5, 6.0, 2.6)))
    found, _ = asked(config, BoxScene("long", boxes, width=14.0, depth=6.0), same_room=False, attempts_per_question=3)
    assert 3 in {question.metadata["count"] for question in found}


def test_what_begins_just_outside_the_map_makes_a_count_doubtful(config):
    trajectory = Trajectory("rotation", (), Camera((3.0, 3.0, 5.0), 90.0, -90.0, 4.0, 48, "orthographic"))
    boxes = [("Chair", (x, 2.0, 0.0), (x + 0.5, 2.5, 0.8)) for x in (2.0, 5.05)]  # the map ends at 5
    scene = BoxScene("border", boxes)
    assert len(inside_map(scene, trajectory)["Chair"]) == 1
    assert len(inside_map(scene, trajectory, config.tasks.mvc.border_margin)["Chair"]) == 2
    found = [made for index in range(3) for made in asked(config, box_room(f"room-{index}"))[0]]
    for question in found:
        room, stored = box_room(question.scene_id), question.metadata["camera_map"]
        wider = Trajectory("rotation", (), camera_from_json(stored | {"extent": stored["extent"] + 0.19}, 48))
        assert len(inside_map(room, wider)[question.metadata["object_category"]]) == question.metadata["count"]


def test_views_without_promise_are_not_rendered(config):
    boxes = [("Chair", (x, 2.0, 0.0), (x + 0.5, 2.5, 0.8)) for x in (1.0, 9.0)]
    rooms = [BoxScene(f"apart-{wanted}", boxes, width=14.0, depth=6.0) for wanted in (True, False)]
    for room, same_room in zip(rooms, (True, False), strict=True):
        found, counts = asked(
            config, room, same_room=same_room, radius_rotation=3.0, radius_path=2.0, attempts_per_question=2
        )
        assert not found  # one chair on the map, but the other is seen too
        assert (counts["trajectory.no_promise"] > 0) == same_room
    assert rooms[0].renders < rooms[1].renders


def test_a_square_is_drawn_again_until_it_fits(config):
    blocked = [
        asked(config, box_room("room-1"), square_tries=tries, attempts_per_question=2)[1]["trajectory.blocked"]
        for tries in (1, 20)
    ]
    assert blocked[1] < blocked[0]
