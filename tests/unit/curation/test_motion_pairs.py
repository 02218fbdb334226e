"""Pairs of real views: certain answers become prompts for the motion from the first picture to the second."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from ipt.config import Config
from ipt.curation.gather import gather
from ipt.datasets.released.columns import PET_REAL
from ipt.errors import UserError


def folder(tmp_path, *pairs):
    for name, shade in (("a.png", 10), ("b.png", 200)):
        Image.fromarray(np.full((8, 8, 3), shade, np.uint8)).save(tmp_path / name)
    views = {"image_0": "a.png", "image_1": "b.png"}
    lines = [json.dumps(views | dict(zip(("question", "answer"), pair, strict=True))) for pair in pairs]
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines))
    return tmp_path


def test_rows_are_those_of_the_released_set(tmp_path):
    where = folder(
        tmp_path,
        ("How did the camera move?", "It turned left and moved forward."),
        ("How did it move relative to the second image?", "It turned left."),
        ("How did the camera move?", "It cannot be determined."),
    )
    yields = gather(Config(), "motion", where, "train", tmp_path / "out" / "pairs.parquet")
    table = pq.read_table(tmp_path / "out" / "pairs.parquet")
    assert table.schema.equals(PET_REAL)
    assert len(table) == 2
    first, second = table.to_pylist()
    assert "turned left and moved forward" in first["question"]
    assert "turned right" in second["question"]  # the way back
    assert first["image_1"]["bytes"] == (tmp_path / "b.png").read_bytes()
    assert (yields.counts["pair.uncertain"], yields.counts["inverted"], yields.counts["kept"]) == (1, 1, 2)


def test_a_missing_picture_is_named(tmp_path):
    where = folder(tmp_path, ("How did the camera move?", "It turned left."))
    (where / "b.png").unlink()
    with pytest.raises(UserError, match=r"b.png: missing; it is a picture of a pair"):
        gather(Config(), "motion", where, "train", tmp_path / "pairs.parquet")
    assert not list(tmp_path.glob("*.parquet*"))
