"""Prepared samples in files: made once, and made again where a byte of them is another."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ipt.datasets.segments import Row
from ipt.models.bagel.items import Sample, TextItem, VitItem
from ipt.training.processes import Processes
from ipt.training.store import stored_samples

ALONE = Processes()
CHUNKS: list[list[Row]] = [[], []]  # what is in a row matters to `prepare` alone


class Preparing:
    """Counts how often a chunk is prepared; its samples are the same each time."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, rows: Sequence[Row]) -> list[Sample]:
        self.calls += 1
        patches = np.arange(48, dtype=np.float32).reshape(4, 12)
        return [Sample("a", (TextItem(ids=(1, 2, 3), loss=True), VitItem(patches=patches, rows=2, columns=2)))]


@pytest.mark.parametrize("name", ["00000.bin", "00001.bin", "00000.jsonl", "00001.jsonl"])
def test_a_flipped_bit_is_named_and_the_chunk_prepared_again(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = Preparing()
    wanted = stored_samples(tmp_path, CHUNKS, first, ALONE)
    assert first.calls == 2
    path = tmp_path / name
    whole = path.read_bytes()
    for at in range(0, len(whole), 13):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        again = Preparing()
        found = stored_samples(tmp_path, CHUNKS, again, ALONE)
        assert again.calls == 1, at
        assert f"{path.with_suffix('.jsonl')}: prepared samples are damaged" in capsys.readouterr().err
        assert path.read_bytes() == whole
        assert [sample.sample_id for sample in found] == [sample.sample_id for sample in wanted]
    untouched = Preparing()
    stored_samples(tmp_path, CHUNKS, untouched, ALONE)
    assert untouched.calls == 0
