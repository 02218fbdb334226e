"""Path tracing: the answer is seen on the asked side of the path, and no distractor is."""

import math
from itertools import islice

import numpy as np
import pytest

from ipt.names import INPUT_SETTINGS, PT_VARIANTS
from ipt.tasks.images import decode_png
from ipt.tasks.interface import SceneContext, Yields
from ipt.tasks.maps import mark_radius
from ipt.tasks.naming import words
from ipt.tasks.poses import camera_from_json
from ipt.tasks.pt import GENERATOR
from tests.unit.tasks.box_scene import box_room
from tests.unit.tasks.geometry import middle


def side_of(path, point) -> float:
    """Twice the signed area of the triangle 1, 2, point: positive when the point is to the left of the walk."""
    (x1, y1), (x2, y2) = path
    return (x2 - x1) * (point[1] - y1) - (y2 - y1) * (point[0] - x1)


def test_answers_follow_from_the_scene_alone(questions):
    for question in questions("pt"):
        known, scene = question.metadata, box_room(question.scene_id)
        item = scene.objects[known["object_id"]]
        left = side_of(known["path"], middle(item)) > 0
        assert ("left" if left else "right") == known["side"] == question.category
        assert question.choices["ABCD".index(question.answer)] == words(item.category) == question.object
    assert len(questions("pt")) >= 30


def test_no_choice_but_the_answer_is_on_the_asked_side_or_in_the_side_view(questions):
    for question in questions("pt"):
        known, scene = question.metadata, box_room(question.scene_id)
        sign = 1 if known["side"] == "left" else -1
        corners = {
            item.category: [
                (x, y) for x in (item.minimum[0], item.maximum[0]) for y in (item.minimum[1], item.maximum[1])
            ]
            for item in scene.objects.values()
            if item.is_furniture
        }
        seen = np.unique(scene.render(camera_from_json(known["camera_side"], 48), rgb=False).instance)
        in_view = {scene.objects[i].category for i in seen if i}
        assert known["object_category"] in in_view
        for category in known["distractors"]:
            assert category not in in_view
            assert not any(sign * side_of(known["path"], corner) > 0 for corner in corners.get(category, []))
        assert len(set(question.choices)) == 4


def test_middle_distance_bin_and_walk(questions):
    for question in questions("pt"):
        known = question.metadata
        (x1, y1), (x2, y2) = known["path"]
        length = math.hypot(x2 - x1, y2 - y1)
        assert np.allclose(known["middle"], [(x1 + x2) / 2, (y1 + y2) / 2], atol=1e-3)
        assert length >= 1.0
        assert known["distance_bin"] == ("short" if length < 2 else "medium" if length < 4 else "long")


def test_side_view_looks_to_the_asked_side_within_90_degrees_of_the_path(questions):
    for question in questions("pt"):
        known = question.metadata
        away = (known["camera_side"]["yaw"] - known["path_yaw"] + 180) % 360 - 180
        assert 0 < (away if known["side"] == "left" else -away) <= 90 + 1e-3
        assert math.dist(known["camera_side"]["position"][:2], known["middle"]) <= 0.3 + 2e-3
        assert known["coverage"] >= 0.0015


def test_every_input_setting_finds_its_images(questions):
    for question in questions("pt"):
        for roles in INPUT_SETTINGS["pt"].values():
            assert set(roles) <= set(question.images)


def test_map_puts_point_1_and_2_where_they_are(questions):
    for question in questions("pt")[:10]:
        known = question.metadata
        image = decode_png(question.images["map_path"]).astype(int)
        camera = known["camera_map"]
        scale = len(image) / camera["extent"]
        for (x, y), channel in zip(known["path"], (1, 0), strict=True):  # 1 is green, 2 is red
            column = len(image) / 2 + (x - camera["position"][0]) * scale
            row = len(image) / 2 - (y - camera["position"][1]) * scale
            patch = image[int(row) - 1 : int(row) + 2, int(column) - 1 : int(column) + 2].mean(axis=(0, 1))
            assert patch[channel] >= patch[1 - channel]


def asked_in(environment, config, room="other", **changed):
    """The first questions of one box room."""
    settings = config.tasks.pt.model_copy(update=changed)
    config = config.model_copy(update={"tasks": config.tasks.model_copy(update={"pt": settings})})
    context = SceneContext(config, environment, "test", 0, box_room(room), Yields())
    return list(islice(GENERATOR.candidates(context), 2)), context


def test_all_eight_variants_find_their_pictures_and_only_configured_ones_are_made(config):
    for environment, variants in (
        ("primary", tuple(PT_VARIANTS)),
        ("primary", ("path",)),
        ("different", ("path", "path_arrow", "midpoint", "dollhouse")),  # it has no endpoint views
    ):
        configured = ("path",) if variants == ("path",) else tuple(PT_VARIANTS)
        (question, *_), _ = asked_in(environment, config, input_variants=configured)
        assert question.metadata["input_settings"] == list(variants)
        assert set(question.images) == {role for name in variants for role in PT_VARIANTS[name]}


def test_the_walk_back_swaps_sides_and_ends_and_keeps_what_is_seen(config):
    questions, _ = asked_in("primary", config, reverse=("primary",))
    forward, back = (one.metadata for one in questions[:2])
    assert (forward["direction"], back["direction"]) == ("forward", "reverse")
    assert forward["pair"] == back["pair"] == questions[0].question_id
    assert {forward["side"], back["side"]} == {"left", "right"}
    assert forward["path"] == back["path"][::-1]
    assert questions[0].object == questions[1].object
    assert set(questions[0].choices) == set(questions[1].choices)
    assert questions[0].imagination == questions[1].imagination
    for near, far in ((0, 1), (1, 0)):  # at the same place, looking the other way
        assert forward["camera_ego"][near]["position"] == back["camera_ego"][far]["position"]
        assert (forward["camera_ego"][near]["yaw"] - back["camera_ego"][far]["yaw"]) % 360 == pytest.approx(180)
    item = box_room("other").objects[back["object_id"]]
    assert ("left" if side_of(back["path"], middle(item)) > 0 else "right") == back["side"]


def test_the_dollhouse_sees_the_whole_scene_and_shows_the_path(config):
    (question, *_), context = asked_in("primary", config, input_variants=("dollhouse",))
    camera = camera_from_json(question.metadata["camera_dollhouse"], 48)
    low, high = context.scene.bounds
    corners = np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    pixels = camera.project(corners)
    assert (pixels[:, 2] > 0).all()
    assert ((pixels[:, :2] >= 0) & (pixels[:, :2] <= 48)).all()
    assert camera.pitch > -80
    plain = context.scene.render(camera, open_top=True).rgb.astype(int)
    shown = decode_png(question.images["map_dollhouse"]).astype(int)
    rows, columns = np.nonzero((plain != shown).any(axis=2))
    ends = camera.project(np.array([(*end, 0.0) for end in question.metadata["path"]]))
    for x, y, _ in ends:
        assert np.hypot(columns + 0.5 - x, rows + 0.5 - y).min() < 2


def test_marks_of_a_short_path_stay_apart():
    radius = mark_radius(12.0, 1.0, (0.018, 0.04))
    assert radius >= 0.018 * 12
    assert mark_radius(12.0, 2.0, (0.018, 0.04)) * (1 + 1.2) < 1.0  # disc and diamond over half a path
    assert mark_radius(6.0, 20.0, (0.018, 0.04)) == pytest.approx(0.24)


def test_what_is_asked_stands_in_the_room_of_m1(questions):
    for question in questions("pt"):
        scene = box_room(question.scene_id)
        x, y = question.metadata["middle"]
        room = next(room for room in scene.rooms if room.minimum[0] <= x <= room.maximum[0])
        assert room.minimum[1] <= y <= room.maximum[1]
        assert scene.objects[question.metadata["object_id"]].room_id == room.room_id
