"""What stands beside the predictions: generated images, and the wall time of every answer.

Images are a file of their own, so that reading answers reads no images. Wall times are no result (no two runs agree on
them), so they go to the logs and never into a file whose bytes are compared.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ipt.datasets.files import read_table, write_manifest, write_table

_KEY = [("question_id", pa.string()), ("inference", pa.string()), ("input_setting", pa.string())]
GENERATED_IMAGES = pa.schema([*_KEY, ("png", pa.binary())], metadata={"ipt_schema": "generated_images/1"})
TIMINGS = pa.schema([*_KEY, ("seconds", pa.float64()), ("batch", pa.int64())], metadata={"ipt_schema": "timings/1"})
"""`seconds`: of the answer alone where `batch` is 1, else its share of a batch of so many."""

ImageKey = tuple[str, str, str]
"""Question id, inference mode, input setting."""


def images_path(predictions: Path) -> Path:
    """Where the generated images of a predictions file `.../predictions/<benchmark>/<model>.parquet` are."""
    return predictions.parents[1].with_name("images") / predictions.parent.name / predictions.name


def write_images(path: Path, rows: Sequence[dict[str, Any]], command: str, config_digest: str) -> None:
    """Write the images of prediction rows that have one (`generated_png`), and the manifest."""
    kept = [row | {"png": row["generated_png"]} for row in rows if row["generated_png"]]
    write_table(path, pa.Table.from_pylist(kept, schema=GENERATED_IMAGES))
    write_manifest(path, rows=len(kept), command=command, config_digest=config_digest)


def read_images(path: Path, mode: str) -> dict[ImageKey, bytes]:
    """The stored images of one inference mode.

    Raises:
        UserError: missing or damaged; names the file.
    """
    rows = read_table(path, GENERATED_IMAGES).to_pylist()
    return {
        (row["question_id"], row["inference"], row["input_setting"]): row["png"]
        for row in rows
        if row["inference"] == mode
    }


def write_timings(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write how long each prediction row took (`seconds`, `batch`). No manifest: nothing depends on it."""
    write_table(path, pa.Table.from_pylist([{"seconds": 0.0, "batch": 0} | row for row in rows], schema=TIMINGS))
