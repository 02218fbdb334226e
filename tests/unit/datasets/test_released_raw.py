"""Questions in the released raw formats: the exact columns, back again unchanged, and damage named by its place."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

from ipt.config import load_config
from ipt.datasets.files import read_questions
from ipt.datasets.released.columns import IMAGE, PT_CONFIGURATIONS
from ipt.datasets.released.raw_export import export_raw
from ipt.datasets.released.raw_import import import_raw
from ipt.errors import UserError
from ipt.names import PT_VARIANTS
from tests.unit.datasets.examples import make, picture, rewrite, rewrite_columns, stored

CONFIG = load_config("micro")

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
FILES = {
    "pet": [
        f"data/{name}-00000-of-00001.parquet"
        for name in (
            "distance_change_closer",
            "distance_change_further",
            "relative_position_left_left",
            "relative_position_left_right",
            "relative_position_right_left",
            "relative_position_right_right",
        )
    ],
    "mvc": ["data/train-00000-of-00001.parquet"],
    "pt": [f"{name}/test-00000-of-00001.parquet" for name in ("td_ego_dir", "td_path", "td_path_arrow")],
}


def exported(tmp_path: Path, task: str, number: int = 7, **changes: Any) -> Path:
    questions = stored(tmp_path / "set.parquet", [make(task, index, **changes) for index in range(number)])
    export_raw(CONFIG, task, questions, tmp_path / "out")
    return tmp_path / "out"


def foreign(tmp_path: Path, task: str, **changes: Any) -> Path:
    """An export as if others had made it: the Parquet files alone."""
    folder = exported(tmp_path, task, **changes)
    for name in ("manifest.json", "ipt_questions.jsonl", "README.md"):
        (folder / name).unlink()
    return folder


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


def test_the_card_tells_the_hub_which_file_is_which_split(tmp_path: Path) -> None:
    header = yaml.safe_load((exported(tmp_path, "pt") / "README.md").read_text().split("---\n")[1])
    named = {config["config_name"]: config["data_files"] for config in header["configs"]}
    assert named["td_path"] == [{"split": "test", "path": "td_path/test-*.parquet"}]
    assert set(named) == {"td_ego_dir", "td_path", "td_path_arrow"}


def test_the_same_set_exports_to_the_same_bytes_and_replaces_an_earlier_export(tmp_path: Path) -> None:
    folder = exported(tmp_path, "pet")
    before = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    export_raw(CONFIG, "pet", tmp_path / "set.parquet", folder)
    assert {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    smaller = stored(tmp_path / "small.parquet", [make("pet", 0)])
    export_raw(CONFIG, "pet", smaller, folder)
    assert [path.name for path in folder.rglob("*.parquet")] == ["distance_change_closer-00000-of-00001.parquet"]


def test_an_export_never_mixes_with_files_of_others(tmp_path: Path) -> None:
    questions = stored(tmp_path / "set.parquet", [make("pet")])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "other.parquet").write_bytes(b"x")
    with pytest.raises(UserError, match=r"other\.parquet.*empty folder"):
        export_raw(CONFIG, "pet", questions, tmp_path / "out")


def test_a_failed_export_leaves_no_parquet_file(tmp_path: Path) -> None:
    lacking = make("pet", 1, images={"marked": picture(0)})
    questions = stored(tmp_path / "set.parquet", [make("pet", 0), lacking])
    with pytest.raises(UserError, match="marked_arrow"):
        export_raw(CONFIG, "pet", questions, tmp_path / "out")
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_another_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="of task mvc, not pet"):
        export_raw(CONFIG, "pet", stored(tmp_path / "set.parquet", [make("mvc")]), tmp_path / "out")


@pytest.mark.parametrize(
    ("task", "cells", "message"),
    [
        ("pet", {"answer_choices": '["closer", "further"]'}, "row 0, column answer: B is 'further', but split"),
        ("pet", {"answer_choices": '["closer", "nearer"]'}, "column answer_choices: both choices say closer"),
        ("pet", {"answer_choices": '["left", "right"]'}, "column answer_choices: 'left' is none of closer"),
        ("pet", {"answer_choices": "closer, further"}, "column answer_choices: not a JSON list"),
        ("pet", {"answer_choices": '["closer"]'}, "column answer_choices: expected 2"),
        ("pet", {"answer": "C"}, "column answer: 'C' is not a letter A to B"),
        ("pet", {"answer": "closer"}, "column answer: 'closer' is not a letter A to B"),
        ("pet", {"question_type": "perspective"}, "column question_type: 'perspective' is unknown"),
        ("pet", {"question_type": "perspective_relative_position"}, "column question_type"),
        ("pet", {"question": None}, "column question: expected text"),
        ("pet", {"marked_image": {"bytes": None, "path": "a.png"}}, "column marked_image: holds no image bytes"),
        (
            "pet",
            {"new_perspective": {"bytes": picture(1)[:-30], "path": None}},
            "column new_perspective: is not a whole",
        ),
        ("mvc", {"answer": "A"}, "row 0, column answer: A is 3, but count is 2"),
        ("mvc", {"question": "How many?\nA) 2\nB) 3\nC) 4\nD) 5"}, "column answer: B is 3, but count is 2"),
        ("mvc", {"question": "How many?"}, "column question: has no choices"),
        ("mvc", {"question": "How many?\nA) 2\nB) 2\nC) 4\nD) 5"}, "column question: expected 4 different"),
        ("mvc", {"count": None}, "column count: expected a number"),
        ("mvc", {"movement_type": "walk"}, "column movement_type: 'walk' is unknown"),
        ("mvc", {"frame_1": None}, r"column frame_0: frames must follow.*\[0, 2, 3\]"),
        ("pt", {"choices": ["sofa", "lamp", "lamp", "bed"]}, "column choices: expected 4 different"),
        ("pt", {"answer": "E"}, "column answer: 'E' is not a letter A to D or the text"),
        ("pt", {"ego_images": []}, "column ego_images: td_ego_dir shows 2 endpoint views, found 0"),
    ],
)
def test_a_wrong_cell_is_named_by_file_row_and_column(
    tmp_path: Path, task: str, cells: dict[str, object], message: str
) -> None:
    folder = foreign(tmp_path, task)
    path = folder / FILES[task][0]
    rewrite(path, **cells)
    with pytest.raises(UserError, match=message) as caught:
        import_raw(task, path, tmp_path / "back.parquet", split="test")
    assert str(path) in str(caught.value)
    assert not list(tmp_path.glob("*back*"))


@pytest.mark.parametrize("task", ["pet", "mvc", "pt"])
def test_permuted_choices_of_an_export_of_ours_are_found_whatever_the_task(tmp_path: Path, task: str) -> None:
    folder = exported(tmp_path, task)
    (folder / "manifest.json").write_text(json.dumps({"split": "test", "environment": "primary"}))
    path = folder / FILES[task][-1]
    question = make(task)
    rewrite(
        path,
        **{
            # consistent in itself where the columns allow it: letter and order are both changed for pet
            "pet": {"answer_choices": '["left", "right"]', "answer": "B"},
            "mvc": {"question": question.question + "\nA) 2\nB) 3\nC) 4\nD) 5", "answer": "A"},
            "pt": {"choices": ["lamp", "sofa", "desk", "bed"]},
        }[task],
    )
    with pytest.raises(UserError, match=r"row 0, column (answer_choices|question|answer): .*(differs|again)"):
        import_raw(task, folder, tmp_path / "back.parquet")


@pytest.mark.parametrize("column", ["answer", "new_perspective", "trajectory_id"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    path = foreign(tmp_path, "pet") / FILES["pet"][0]
    rewrite_columns(path, drop=column)
    with pytest.raises(UserError, match=rf"closer-00000-of-00001\.parquet: column {column} is missing"):
        import_raw("pet", path, tmp_path / "back.parquet")


@pytest.mark.parametrize(
    ("task", "column", "kind"),
    [("mvc", "count", pa.string()), ("mvc", "frame_0", pa.binary()), ("pet", "question", pa.int64())],
)
def test_a_column_of_another_type_is_named(tmp_path: Path, task: str, column: str, kind: pa.DataType) -> None:
    path = foreign(tmp_path, task) / FILES[task][0]
    rewrite_columns(path, cast={column: kind})
    with pytest.raises(UserError, match=f"column {column} is {kind}, expected"):
        import_raw(task, path, tmp_path / "back.parquet", split="test")


def test_wider_offsets_and_extra_columns_are_the_same_table(tmp_path: Path) -> None:
    path = foreign(tmp_path, "pt") / FILES["pt"][1]
    table = pq.read_table(path)
    wide = table.set_column(0, "question_id", table["question_id"].cast(pa.large_string()))
    pq.write_table(wide.append_column("note", pa.array(["x"] * len(wide))), path)
    import_raw("pt", path, tmp_path / "back.parquet")
    assert len(read_questions(tmp_path / "back.parquet")) == 7


@pytest.mark.parametrize("length", [0, 3, 0.5, -1])
def test_a_truncated_file_is_named(tmp_path: Path, length: float) -> None:
    path = foreign(tmp_path, "mvc") / FILES["mvc"][0]
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * length) if 0 < length < 1 else int(length)])
    with pytest.raises(UserError, match=r"train-00000-of-00001\.parquet: not readable as Parquet"):
        import_raw("mvc", path, tmp_path / "back.parquet", split="test")


def test_a_changed_export_of_ours_is_found_by_its_manifest(tmp_path: Path) -> None:
    folder = exported(tmp_path, "pet")
    rewrite(folder / FILES["pet"][0], scene_name="elsewhere")
    with pytest.raises(UserError, match=r"closer-00000-of-00001\.parquet: sha256 differs"):
        import_raw("pet", folder, tmp_path / "back.parquet")
    (folder / FILES["pet"][0]).unlink()
    with pytest.raises(UserError, match=r"closer-00000-of-00001\.parquet: missing"):
        import_raw("pet", folder, tmp_path / "back.parquet")


def test_the_released_name_train_of_mvc_needs_a_split(tmp_path: Path) -> None:
    folder = foreign(tmp_path, "mvc")
    with pytest.raises(UserError, match="training and evaluation sets are both named train"):
        import_raw("mvc", folder, tmp_path / "back.parquet")


def test_a_pet_training_row_about_position_has_no_sub_category(tmp_path: Path) -> None:
    folder = foreign(tmp_path, "pet", split="train")
    import_raw("pet", folder, tmp_path / "back.parquet")
    back = read_questions(tmp_path / "back.parquet")
    assert [question.category for question in back] == ["closer", "further", "", "", "", "", "closer"]
    assert {question.split for question in back} == {"train"}


def test_habitat_evaluation_answers_are_texts(tmp_path: Path) -> None:
    rows = {
        "question": ["After walking to X and turning left, where is the sofa?"],
        "answer": ["Right"],
        "answer_choices": ['["left", "right"]'],
        "marked_image": [{"bytes": picture(1, kind="JPEG"), "path": "a.jpg"}],
        "new_perspective": [{"bytes": picture(2), "path": None}],
        "object_query": ["sofa"],
    }
    pq.write_table(pa.table(rows), tmp_path / "position_left_right-00000-of-00001.parquet")
    import_raw("pet", tmp_path, tmp_path / "back" / "habitat.parquet")
    (question,) = read_questions(tmp_path / "back" / "habitat.parquet")
    assert (question.answer, question.category, question.object) == ("B", "left_to_right", "sofa")
    assert (question.environment, question.split) == ("different", "test")
    assert Image.open(io.BytesIO(question.images["marked"])).format == "PNG"


def test_habitat_training_rows_name_object_and_turn(tmp_path: Path) -> None:
    path = foreign(tmp_path, "pet", split="train") / "data" / "train-00000-of-00001.parquet"
    table = pq.read_table(path)
    for name, value in (("object_query", "sofa"), ("turn_direction", "right")):
        table = table.append_column(name, pa.array([value] * len(table)))
    pq.write_table(table, path)
    import_raw("pet", path, tmp_path / "back.parquet")
    question = read_questions(tmp_path / "back.parquet")[0]
    assert (question.environment, question.object, question.metadata["turn"]) == ("different", "sofa", "right")


def test_the_real_pairs_of_views_are_no_questions(tmp_path: Path) -> None:
    views = {name: pa.array([{"bytes": picture(1), "path": None}], IMAGE) for name in ("image_0", "image_1")}
    pq.write_table(pa.table(views | {"question": ["How did the camera move?"]}), tmp_path / "train.parquet")
    with pytest.raises(UserError, match=r"train\.parquet: is the real set.*no questions"):
        import_raw("pet", tmp_path, tmp_path / "back.parquet")


def test_a_folder_without_parquet_files_is_named(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UserError, match=f"{place}: no Parquet file"):
            import_raw("pet", place, tmp_path / "back.parquet")


@pytest.mark.parametrize(("split", "role"), [("td_path", "map_path"), ("td_path_arrow", "map_arrow")])
def test_real_path_tracing_has_one_picture_and_no_side_view(tmp_path: Path, split: str, role: str) -> None:
    rows = {
        "image": pa.array([{"bytes": picture(1), "path": None}], IMAGE),
        "question": ["<image_1>\nWalking from 1 to 2, what is on your right at M1?"],
        "choices": [["sofa", "lamp", "desk", "bed"]],
        "answer": ["desk"],
    }
    pq.write_table(pa.table(rows), tmp_path / f"{split}-00000-of-00001.parquet")
    import_raw("pt", tmp_path, tmp_path / "back" / "real.parquet")
    (question,) = read_questions(tmp_path / "back" / "real.parquet")
    assert (question.answer, question.category, question.environment) == ("C", "right", "different")
    assert question.question == "Walking from 1 to 2, what is on your right at M1?"
    assert list(question.images) == [role]
    assert question.imagination == b""


def test_released_pt_configurations_that_ask_differently_stay_apart(tmp_path: Path) -> None:
    folder = foreign(tmp_path, "pt", number=1)
    rewrite(folder / FILES["pt"][2], question="<image_1>\nWhat lies where the arrow points, on the left?")
    import_raw("pt", folder, tmp_path / "back.parquet")
    settings = {q.question_id: q.metadata["input_settings"] for q in read_questions(tmp_path / "back.parquet")}
    name = make("pt").question_id
    assert settings == {name: ["ego_dir", "path"], f"{name}/td_path_arrow": ["path_arrow"]}
