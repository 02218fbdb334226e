"""Real pictures from above: each filter of the paper removes what it should, and the questions follow from the line."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from ipt.config import Config, RealPtConfig
from ipt.curation.gather import gather
from ipt.datasets.files import read_questions, verify
from ipt.errors import UserError
from ipt.tasks.images import decode_png
from ipt.tasks.interface import Yields
from ipt.tasks.naming import words
from ipt.tasks.pool import COMMON
from ipt.tasks.real.map_judge import EndpointMapJudge
from ipt.tasks.real.paths import Proposal, dark_share, filtered, snapped
from ipt.tasks.real.rooms import room_questions

GREY = np.full((100, 200, 3), 150, np.uint8)  # 200 wide, 100 high: the shorter side is 100


def line(**changed):
    """One line of an annotation file: a walk to the right, so that up on the picture is left."""
    points = {"1": [40, 50], "M1": [100, 56], "2": [160, 50]} | changed.pop("points", {})
    return {"image": "room.png", "points": points, "left": ["Sofa", "Bed"], "right": ["desk", "lamp"]} | changed


def folder(tmp_path, *lines, picture=GREY):
    Image.fromarray(picture).save(tmp_path / "room.png")
    (tmp_path / "paths.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    return tmp_path


def after(picture=GREY, settings=None, first=(40, 50), middle=(100, 56), second=(160, 50), **objects):
    given = {"left": ("sofa", "bed"), "right": ("desk", "lamp")} | objects
    yields = Yields()
    points = (np.asarray(point, float) for point in (first, middle, second))
    return filtered(picture, Proposal(*points, given), settings or RealPtConfig(), yields), yields.counts


def test_a_good_path_stays_and_its_middle_is_moved_onto_it():
    kept, counts = after()
    assert kept.middle.tolist() == [100, 50]
    assert counts == {"path": 1}


def test_waypoints_outside_are_moved_into_the_picture():
    kept, _ = after(first=(-30, 50), second=(500, 50))
    assert (kept.first.tolist(), kept.second.tolist()) == ([0, 50], [199, 50])


@pytest.mark.parametrize(("length", "stays"), [(29, False), (30, True)])
def test_a_path_is_at_least_30_percent_of_the_shorter_side(length, stays):
    kept, counts = after(first=(40, 50), second=(40 + length, 50), middle=(40 + length / 2, 50))
    assert (kept is not None) == stays
    assert counts["path.short"] == (not stays)


@pytest.mark.parametrize(("share", "stays"), [(0.19, False), (0.2, True), (0.8, True), (0.81, False)])
def test_the_middle_is_between_a_fifth_and_four_fifths_of_the_path(share, stays):
    kept, counts = after(middle=(40 + 120 * share, 20))
    assert (kept is not None) == stays
    assert counts["path.middle_off"] == (not stays)


@pytest.mark.parametrize(("dark", "stays"), [(20, True), (30, False)])
def test_at_most_a_fifth_of_the_path_is_dark(dark, stays):
    picture = GREY.copy()
    picture[:, 60 : 60 + dark] = 10  # of a path of 120 px
    kept, counts = after(picture)
    assert (kept is not None) == stays
    assert counts["path.dark"] == (not stays)
    assert dark_share(picture, np.array([40.0, 50]), np.array([160.0, 50]), 0.15) == pytest.approx(dark / 120, abs=0.01)


def test_two_to_five_objects_a_side_and_none_on_both():
    assert after(left=("sofa",))[1]["side.few_objects"] == 1
    assert after(left=("sofa", "desk"))[1]["side.few_objects"] == 1  # the desk is said to be on both sides
    kept, _ = after(left=tuple("abcdefg"))
    assert kept.objects["left"] == tuple("abcde")


def test_snapping_says_where_on_the_line():
    place, share = snapped(np.array([3.0, 9.0]), np.array([0.0, 0.0]), np.array([10.0, 0.0]))
    assert place.tolist() == [3, 0]
    assert share == pytest.approx(0.3)


def test_a_path_gives_eight_variants_and_the_way_back_swaps_sides(tmp_path):
    questions = list(room_questions(Config(), folder(tmp_path, line()), Yields()))
    variants = {
        (q.metadata["direction"], q.category, setting): q for q in questions for setting in q.metadata["input_settings"]
    }
    assert len(variants) == 8
    assert Counter(setting for _, _, setting in variants) == {"path": 4, "path_arrow": 4}
    for question in questions:
        given = {"left": {"sofa", "bed"}, "right": {"desk", "lamp"}}
        swapped = {"left": given["right"], "right": given["left"]}
        truth = given if question.metadata["direction"] == "forward" else swapped
        answer = question.choices["ABCD".index(question.answer)]
        assert answer in truth[question.category]
        wrong = set(question.choices) - {answer}
        assert truth["right" if question.category == "left" else "left"] <= wrong  # the other side comes first
        assert not wrong & truth[question.category]
        assert wrong <= truth["right" if question.category == "left" else "left"] | {words(name) for name in COMMON}
        assert question.category in question.question
    for pair in {q.metadata["pair"] for q in questions}:
        there, back = (q for q in questions if q.metadata["pair"] == pair)
        assert there.object == back.object
        assert {there.category, back.category} == {"left", "right"}


def test_the_arrow_points_to_the_asked_side_and_the_ends_are_marked(tmp_path):
    for question in room_questions(Config(), folder(tmp_path, line()), Yields()):
        path, arrow = (decode_png(question.images[role]).astype(int) for role in ("map_path", "map_arrow"))
        assert path.shape == (100, 200, 3)
        start = (40, 160)[question.metadata["direction"] == "reverse"]
        disc = path[47:54, start - 3 : start + 4].mean(axis=(0, 1))
        assert disc[1] > disc[0] + 20  # 1 is green, 2 is red
        rows, _ = np.nonzero((path != arrow).any(axis=2))
        up = (question.metadata["direction"] == "forward") == (question.category == "left")
        assert (rows.mean() < 50) == up
        assert question.metadata["side_on_map"] == ("up" if up else "down")


class Yes:
    """A service that agrees, except with what `no` names."""

    def __init__(self, no):
        self.no, self.asked = no, []

    def plan(self, calls):
        assert list(calls)

    def complete(self, calls):
        said = [call.messages[-1].parts[-1] for call in calls]
        self.asked += said
        text = ["No." if any(word in one for word in self.no) else "Yes." for one in said]
        return [type("Done", (), {"text": one}) for one in text]


@pytest.mark.parametrize(
    ("no", "removed"),
    [
        ((), None),
        (("stand on the floor",), "judge.not_walkable"),
        (("a bed visible",), "judge.few_verified"),
        (("a lamp on the right",), "judge.few_verified"),
    ],
)
def test_the_judge_checks_the_map_alone(tmp_path, no, removed):
    yields, service = Yields(), Yes(no)
    judge = EndpointMapJudge(service)
    questions = list(room_questions(Config(), folder(tmp_path, line()), yields, judge))
    assert len(questions) == (0 if removed else 4)
    assert yields.counts[removed] == (1 if removed else 0)
    assert len(service.asked) == (1 if removed == "judge.not_walkable" else 1 + 2 * 4)


def test_a_set_is_written_with_what_the_filters_removed(tmp_path):
    short = line(points={"2": [50, 50], "M1": [45, 50]})
    output = tmp_path / "out" / "set.parquet"
    yields = gather(Config(), "paths", folder(tmp_path, line(), short), "test", output)
    assert len(read_questions(output)) == 4
    assert verify(output)["yields"] == dict(yields.counts)
    assert (yields.counts["path.short"], yields.counts["kept"], yields.counts["judge_not_asked"]) == (1, 4, 1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"points": {"M1": [1]}}, r"line 1, points.M1: expected 2 numbers"),
        ({"points": {"2": [1, float("nan")]}}, r"line 1, points.2: expected 2 numbers"),
        ({"left": "sofa"}, r"line 1, left: expected a list of texts"),
        ({"image": "other.png"}, r"other.png: missing; it is a picture"),
    ],
)
def test_wrong_lines_are_named(tmp_path, changed, message):
    with pytest.raises(UserError, match=message):
        list(room_questions(Config(), folder(tmp_path, line(**changed)), Yields()))


def test_absent_data_is_named_with_what_belongs_there(tmp_path):
    for source in ("paths", "messytable", "scannet", "motion"):
        with pytest.raises(UserError, match=r"nowhere: no such folder; it should hold"):
            gather(Config(), source, tmp_path / "nowhere", "test", tmp_path / "out.parquet")
    with pytest.raises(UserError, match=r"paths.jsonl: missing; it is a path a line"):
        gather(Config(), "paths", tmp_path, "test", tmp_path / "out.parquet")
    with pytest.raises(UserError, match="jump: not a source; known: paths"):
        gather(Config(), "jump", tmp_path, "test", tmp_path / "out.parquet")
    short = line(points={"2": [50, 50], "M1": [45, 50]})
    with pytest.raises(UserError, match=r"nothing is left; removed: path.short 1"):
        gather(Config(), "paths", folder(tmp_path, short), "test", tmp_path / "out.parquet")
    assert not list(tmp_path.glob("*out*"))
