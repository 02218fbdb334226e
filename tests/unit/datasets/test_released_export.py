"""Writing a raw set: the card, the same bytes, nothing of others, nothing half done."""

from pathlib import Path

import pytest
import yaml

from ipt.datasets.released.raw_export import export_raw
from ipt.errors import UserError
from tests.unit.datasets.examples import make, picture, stored
from tests.unit.datasets.released_sets import CONFIG, exported


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
