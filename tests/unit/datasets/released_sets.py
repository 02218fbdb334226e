"""Raw sets of made-up questions as our export writes them, and as if others had made them."""

from pathlib import Path
from typing import Any

from ipt.config import load_config
from ipt.datasets.released.raw_export import export_raw
from tests.unit.datasets.examples import make, stored

CONFIG = load_config("micro")

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
