"""Raw sets that are wrong: named by file, row and column."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ipt.datasets.files import read_questions
from ipt.datasets.released.raw_import import import_raw
from ipt.errors import UserError
from tests.unit.datasets.examples import make, picture, rewrite, rewrite_columns
from tests.unit.datasets.released_sets import FILES, exported, foreign


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


def test_a_folder_without_parquet_files_is_named(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UserError, match=f"{place}: no Parquet file"):
            import_raw("pet", place, tmp_path / "back.parquet")
