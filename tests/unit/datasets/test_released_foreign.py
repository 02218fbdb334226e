"""Raw sets of others, of which the columns alone are known: AI2-THOR, Habitat and real ones."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from ipt.datasets.files import read_questions
from ipt.datasets.released.columns import IMAGE
from ipt.datasets.released.raw_import import import_raw
from ipt.errors import UserError
from tests.unit.datasets.examples import make, picture, rewrite
from tests.unit.datasets.released_sets import FILES, foreign


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
