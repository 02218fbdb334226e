"""Questions in the released raw formats: the exact columns, and back again unchanged."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ipt.datasets.files import read_questions
from ipt.datasets.released.columns import PT_CONFIGURATIONS
from ipt.datasets.released.raw_import import import_raw
from ipt.names import PT_VARIANTS
from tests.unit.datasets.examples import make, picture
from tests.unit.datasets.released_sets import FILES, exported, foreign

# Written out from RELEASED_FORMATS section 1, not from the code.
TEXT, PICTURE = pa.string(), pa.struct([("bytes", pa.binary()), ("path", pa.string())])
LISTED = {
    "pet": {
        "question": TEXT,
        "question_no_arrow": TEXT,
        "question_with_arrow": TEXT,
        "question_type": TEXT,
        "scene_name": TEXT,
        "trajectory_id": TEXT,
        "answer": TEXT,
        "answer_choices": TEXT,
        "marked_image": PICTURE,
        "marked_image_no_arrow": PICTURE,
        "marked_image_with_arrow": PICTURE,
        "new_perspective": PICTURE,
    },
    "mvc": {
        "question": TEXT,
        "answer": TEXT,
        "query_object": TEXT,
        "movement_type": TEXT,
        "question_type": TEXT,
        "scene_name": TEXT,
        "trajectory_id": TEXT,
        "count": pa.int64(),
        "topdown_map": PICTURE,
        **{f"frame_{index}": PICTURE for index in range(8)},
    },
    "pt": {
        "question_id": TEXT,
        "question": TEXT,
        "answer": TEXT,
        "choices": pa.list_(TEXT),
        "topdown_image": PICTURE,
        "ego_images": pa.list_(PICTURE),
        "sideview_image": PICTURE,
        "sideview_desc": TEXT,
    },
}


@pytest.mark.parametrize("task", ["pet", "mvc", "pt"])
def test_the_columns_are_exactly_the_released_ones(tmp_path: Path, task: str) -> None:
    folder = exported(tmp_path, task)
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet")) == FILES[task]
    for path in folder.rglob("*.parquet"):
        schema = pq.read_schema(path)
        assert dict(zip(schema.names, schema.types, strict=True)) == LISTED[task]
        features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        assert list(features) == sorted(LISTED[task])
        pictures = {name for name, feature in features.items() if feature == {"_type": "Image"}}
        assert pictures == {name for name, kind in LISTED[task].items() if kind == PICTURE}


@pytest.mark.parametrize("task", ["pet", "mvc", "pt"])
@pytest.mark.parametrize("split", ["test", "train"])
def test_ours_come_back_unchanged(tmp_path: Path, task: str, split: str) -> None:
    folder = exported(tmp_path, task, split=split)
    import_raw(task, folder, tmp_path / "back.parquet")
    back = sorted(read_questions(tmp_path / "back.parquet"), key=lambda question: question.question_id)
    assert back == [make(task, index, split=split) for index in range(7)]


def test_all_eight_variants_of_a_pt_question_go_out_and_come_back(tmp_path: Path) -> None:
    roles = dict.fromkeys(role for shown in PT_VARIANTS.values() for role in shown)
    pictures = {role: picture(500 + index) for index, role in enumerate(roles)}
    held = make("pt").metadata | {"input_settings": list(PT_VARIANTS)}
    folder = exported(tmp_path, "pt", 1, images=pictures, metadata=held)
    rows = {path.parent.name: pq.read_table(path).to_pylist()[0] for path in folder.rglob("*.parquet")}
    assert set(rows) == set(PT_CONFIGURATIONS)
    for name, row in rows.items():
        shown = [row["topdown_image"]["bytes"], *(view["bytes"] for view in row["ego_images"])]
        assert shown == [pictures[role] for role in PT_VARIANTS[PT_CONFIGURATIONS[name]]]
    import_raw("pt", folder, tmp_path / "back.parquet")
    assert read_questions(tmp_path / "back.parquet") == [make("pt", images=pictures, metadata=held)]


@pytest.mark.parametrize("task", ["pet", "mvc", "pt"])
def test_the_columns_alone_hold_what_is_asked_and_shown(tmp_path: Path, task: str) -> None:
    folder = foreign(tmp_path, task)
    import_raw(task, folder, tmp_path / "back.parquet", split="test")
    back = {question.imagination: question for question in read_questions(tmp_path / "back.parquet")}
    assert len(back) == 7
    for index in range(7):
        original = make(task, index)
        question = back[original.imagination]
        for name in ("task", "environment", "split", "category", "question", "choices", "answer", "images"):
            assert getattr(question, name) == getattr(original, name), name


def test_a_pet_row_in_detail(tmp_path: Path) -> None:
    folder = exported(tmp_path, "pet")
    (row,) = pq.read_table(folder / "data/relative_position_left_right-00000-of-00001.parquet").to_pylist()
    question = make("pet", 3)
    assert question.category == "left_to_right"
    assert row["question_type"] == "perspective_relative_position"
    assert (json.loads(row["answer_choices"]), row["answer"]) == (["right", "left"], "A")
    assert row["marked_image"]["bytes"] == row["marked_image_no_arrow"]["bytes"] == question.images["marked"]
    assert row["marked_image_with_arrow"]["bytes"] == question.images["marked_arrow"]
    assert row["question_with_arrow"].endswith("The arrow shows the turn.")
    assert row["new_perspective"]["bytes"] == question.imagination


def test_an_mvc_row_has_its_choices_inside_the_question_and_null_frames(tmp_path: Path) -> None:
    row = pq.read_table(exported(tmp_path, "mvc") / FILES["mvc"][0]).to_pylist()[0]
    assert row["question"] == "How many chairs are in this area?\nA) 3\nB) 2\nC) 4\nD) 5"
    assert (row["answer"], row["count"], row["movement_type"]) == ("B", 2, "rotation")
    assert row["frame_3"]["bytes"] == make("mvc").images["frame_3"]
    assert row["frame_4"] is row["frame_7"] is None


def test_pt_rows_show_what_their_tags_name(tmp_path: Path) -> None:
    folder = exported(tmp_path, "pt")
    rows = {Path(name).parent.name: pq.read_table(folder / name).to_pylist()[0] for name in FILES["pt"]}
    asked, shown = make("pt").question, make("pt").images
    assert rows["td_ego_dir"]["question"] == f"<image_1><image_2><image_3>\n{asked}"
    assert rows["td_path"]["question"] == rows["td_path_arrow"]["question"] == f"<image_1>\n{asked}"
    assert [image["bytes"] for image in rows["td_ego_dir"]["ego_images"]] == [shown["ego_1"], shown["ego_2"]]
    assert rows["td_path"]["ego_images"] == rows["td_path_arrow"]["ego_images"] == []
    assert rows["td_path"]["topdown_image"]["bytes"] == shown["map_path"]
    assert rows["td_path_arrow"]["topdown_image"]["bytes"] == shown["map_arrow"]
    assert rows["td_path"]["sideview_desc"] == "I look at the chair."


def test_tags_inside_a_pt_question_survive(tmp_path: Path) -> None:
    text = "On <image_1>, seen at <image_2> and <image_3>: what is on the left at M1?"
    folder = exported(tmp_path, "pt", question=text)
    assert pq.read_table(folder / FILES["pt"][1])["question"][0].as_py().startswith("On <image_1>, seen at  and :")
    import_raw("pt", folder, tmp_path / "back.parquet")
    assert {question.question for question in read_questions(tmp_path / "back.parquet")} == {text}
