"""MessyTable: instances counted over all cameras, views and crops as the paper chooses them, on a table of ours."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from ipt.config import Config, MessyTableConfig
from ipt.curation.gather import gather
from ipt.datasets.files import read_questions
from ipt.errors import UserError
from ipt.seeding import content_rng
from ipt.tasks.images import decode_png
from ipt.tasks.real.messytable import Box, chosen_kind, chosen_views, counted, crop_of

AROUND = tuple("23456789")


def box(instance, kind, corners=(10, 10, 20, 20)):
    return Box(str(instance), kind, corners)


def test_an_instance_counts_once_over_all_cameras():
    views = {"1": [box(0, "cup"), box(1, "cup")], "2": [box(1, "cup"), box(2, "cup"), box(3, "fork")]}
    assert counted(views) == {"cup": 3, "fork": 1}


def test_nine_of_ten_questions_are_about_a_kind_that_is_there_twice():
    counts = {"cup": 3, "fork": 1, "knife": 1, "plate": 1}
    drawn = Counter(chosen_kind(counts, 0.9, content_rng("kind", i)) for i in range(2000))
    assert drawn["cup"] / 2000 == pytest.approx(0.9 + 0.1 / 4, abs=0.02)
    assert chosen_kind({"fork": 1}, 0.9, content_rng("kind")) == "fork"


def test_views_without_the_target_come_first_then_those_apart():
    views = {camera: [box(0, "cup")] for camera in AROUND} | {"4": [box(1, "fork")], "7": []}
    for i in range(20):
        rng = content_rng("views", i)
        assert chosen_views(views, "cup", AROUND, 2, rng) == ("4", "7")
        third = set(chosen_views(views, "cup", AROUND, 3, rng)) - {"4", "7"}
        assert third <= {"2", "9"}  # the only ones that stand beside neither 4 nor 7
        assert len(chosen_views(views, "cup", AROUND, 7, rng)) == 7


def test_a_picture_is_cut_to_the_union_of_its_boxes():
    boxes = [box(0, "cup", (10, 20, 30, 40)), box(1, "cup", (50, 10, 70, 30))]
    assert crop_of(boxes, 200, 100, 0.05) == (0, 0, 80, 50)
    assert crop_of(boxes, 200, 100, 0.0) == (10, 10, 70, 40)
    assert crop_of([], 200, 100, 0.05) is None


def table(folder, **scene):
    """One scene with three cups and a fork, seen by nine cameras."""
    cups = {str(i): {"subcls": 7, "cls": 1, "pos": [20 * i, 10, 20 * i + 15, 30]} for i in range(3)}
    fork = {"9": {"subcls": 8, "cls": 2, "pos": [60, 40, 70, 60]}}
    cameras = {str(i): {"instances": cups if i == 1 else {"0": cups["0"], **fork}} for i in range(1, 10)}
    (folder / "labels").mkdir(parents=True)
    (folder / "images").mkdir()
    (folder / "labels" / "train.json").write_text(json.dumps({"scenes": {"s": {"cameras": cameras} | scene}}))
    (folder / "names.json").write_text('{"7": "cup", "8": "fork"}')
    for camera in range(1, 10):
        Image.fromarray(np.full((80, 120, 3), camera * 20, np.uint8)).save(folder / "images" / f"s-0{camera}.jpg")
    return folder


def test_a_table_gives_a_question_with_the_view_from_above_as_imagination(tmp_path):
    config = Config.model_validate({"real": {"messytable": {"questions_per_scene": 2}}})
    gather(config, "messytable", table(tmp_path / "data"), "train", tmp_path / "set.parquet")
    found = {question.object: question for question in read_questions(tmp_path / "set.parquet")}
    assert {name: q.metadata["count"] for name, q in found.items()} == {"cup": 3, "fork": 1}
    for question in found.values():
        assert question.choices["ABCD".index(question.answer)] == str(question.metadata["count"])
        assert 2 <= len(question.images) <= 7
        assert "1" not in question.metadata["views"]
        assert decode_png(question.imagination).mean() == pytest.approx(20, abs=2)  # camera 1
        assert decode_png(question.imagination).shape == (32, 61, 3)  # 0..55 x 10..30 and 6 px around
        shades = [decode_png(png).mean() / 20 for png in question.images.values()]
        assert [round(shade) for shade in shades] == [int(view) for view in question.metadata["views"]]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("labels/train.json", r"train.json: missing; it is MessyTable's labels"),
        ("names.json", r"names.json: missing; it is a file"),
        ("images/s-01.jpg", r"s-01.jpg: missing; it is a picture"),
    ],
)
def test_a_missing_part_is_named(tmp_path, broken, message):
    (table(tmp_path / "data") / broken).unlink()
    with pytest.raises(UserError, match=message):
        gather(Config(), "messytable", tmp_path / "data", "train", tmp_path / "set.parquet")


def test_labels_of_another_form_are_named(tmp_path):
    folder = table(tmp_path / "data", cameras={"1": {"instances": {"0": {"subcls": 7, "pos": [1, 2]}}}})
    with pytest.raises(UserError, match=r"s, camera 1, instance 0, pos: expected 4 numbers"):
        gather(Config(), "messytable", folder, "train", tmp_path / "set.parquet")


def test_the_paper_shows_eight_cameras_around_and_one_above():
    settings = MessyTableConfig()
    assert len(set(settings.around) - {settings.overhead}) == 8
