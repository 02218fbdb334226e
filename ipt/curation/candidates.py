"""Candidate questions of several shards: their words in memory, their images on disk until a question is kept."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from ipt.datasets.released.parquet import ParquetRows
from ipt.datasets.schema import QUESTIONS, Question
from ipt.errors import UserError

CACHE_BYTES = 256_000_000
"""Most bytes of row groups kept for the next question; one group is always kept."""


class Candidates:
    """The questions of `shards` (finished files of `QUESTIONS`), in order of their ids.

    In `light`, images are replaced by digests (16 bytes) and the imagined image is left out: what curation decides by.

    Raises:
        UserError: a shard is unreadable, or an id is there twice.
    """

    def __init__(self, shards: Sequence[Path]) -> None:
        self._where: dict[str, tuple[Path, int, int]] = {}  # question id -> file, row group, row of the group
        self._groups: OrderedDict[tuple[Path, int], pa.Table] = OrderedDict()
        found: dict[str, Question] = {}
        for path in tqdm(shards, desc="read", unit="shard", disable=None, mininterval=10):
            places = _places(path)
            for row, place in zip(ParquetRows(path, QUESTIONS), places, strict=True):
                question = Question.from_row(row)
                if question.question_id in found:
                    raise UserError(f"{question.question_id}: twice in the shards; delete them and render again")
                digests = {role: hashlib.sha256(png).digest()[:16] for role, png in question.images.items()}
                found[question.question_id] = replace(question, images=digests, imagination=b"")
                self._where[question.question_id] = place
        self.light = [found[name] for name in sorted(found)]

    def whole(self, question_id: str) -> Question:
        """The question with its images, read from its shard; questions of one scene lie together there."""
        path, group, row = self._where[question_id]
        table = self._groups.get((path, group))
        if table is None:
            table = pq.ParquetFile(path).read_row_group(group)
            self._groups[path, group] = table
            while len(self._groups) > 1 and sum(held.nbytes for held in self._groups.values()) > CACHE_BYTES:
                self._groups.popitem(last=False)
        self._groups.move_to_end((path, group))
        return Question.from_row(table.slice(row, 1).to_pylist()[0])


def _places(path: Path) -> list[tuple[Path, int, int]]:
    """File, row group and row of every row, from the footer."""
    footer = pq.ParquetFile(path).metadata
    return [
        (path, group, row) for group in range(footer.num_row_groups) for row in range(footer.row_group(group).num_rows)
    ]
