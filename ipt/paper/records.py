"""A built table as data: what `tables/<id>.json` holds, and what its other forms are rendered from."""

from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from ipt.datasets.files import read_json, verify
from ipt.errors import UserError

Kind = Literal["score", "count", "text", "not_run"]


@dataclass(frozen=True)
class Measured:
    """An accuracy as a fraction, its interval, and how many answers of one seed it rests on."""

    value: float
    low: float
    high: float
    n: int
    method: str
    deviation: float | None = None
    """Standard deviation over seeds; None with one seed."""


@dataclass(frozen=True)
class Source:
    """Where one seed's number comes from: enough to walk back to data and checkpoint."""

    model_id: str
    seed: int | None
    """None for a blind baseline."""
    score_file: str
    """Relative to the results of the scale."""
    score_sha256: str
    predictions_sha256: str
    evaluation_set_sha256: str
    checkpoint_digest: str
    config_digest: str
    command: str
    values: dict[str, float]
    """Accuracy of this seed by inference mode."""


@dataclass(frozen=True)
class CellRecord:
    """One cell. `text` is what a count, a static cell or a cell not run shows; a score has `ours` instead."""

    column: str
    kind: Kind
    reported: str
    text: str = ""
    ours: Measured | None = None
    best_mode: str = ""
    """The mode whose value `ours` is."""
    modes: dict[str, Measured] = field(default_factory=dict)
    """Every mode that the cell's maximum was taken over."""
    review: str = ""
    """Who accepted the questions: machine, people, mixed; empty where there are none."""
    sources: tuple[Source, ...] = ()
    is_best_reported: bool = False
    is_best_ours: bool = False


@dataclass(frozen=True)
class ComparisonRecord:
    """Two rows of one column on the same questions, in the modes that their cells show. Values are fractions."""

    column: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    """Heads of the rows; `second` is the reference."""
    first_mode: str
    second_mode: str
    difference: float
    """First minus second."""
    low: float
    high: float
    only_first: int
    """Answers, over all seeds, that only the first has right."""
    only_second: int
    n: int
    """Distinct questions."""
    p: float
    p_holm: float
    """Corrected over the comparisons of the table."""
    by_seed: tuple[float, ...]
    """p of the exact test in each seed alone."""
    test: str


@dataclass(frozen=True)
class RowRecord:
    """One row: its group, the texts of its head, and a cell (or None) a column."""

    group: str
    head: tuple[str, ...]
    cells: tuple[CellRecord | None, ...]


@dataclass(frozen=True)
class ColumnRecord:
    """One column: the paper's title, what stands behind ours, and whether its questions passed machine checks only."""

    key: str
    title: str
    ours: str
    is_machine_filtered: bool
    detectable: float | None = None
    """Smallest true difference between two models that its n shows, as a fraction; None without a score of ours."""


@dataclass(frozen=True)
class TableRecord:
    """One table."""

    table_id: str
    title: str
    caption: str
    scale: str
    confidence: float
    row_headers: tuple[str, ...]
    columns: tuple[ColumnRecord, ...]
    rows: tuple[RowRecord, ...]
    reference: str = ""
    """What rows are compared with, in words."""
    comparisons: tuple[ComparisonRecord, ...] = ()

    def comparison(self, head: tuple[str, ...], column: str) -> ComparisonRecord | None:
        """How the row of a cell compares with its reference row."""
        return self._compared.get((head, column))

    def mark(self, head: tuple[str, ...], column: str) -> str:
        """`↑` or `↓` where a cell differs from its reference row after the correction; else empty."""
        found = self.comparison(head, column)
        if found is None or found.p_holm >= 1 - self.confidence:
            return ""
        return "↑" if found.difference > 0 else "↓"

    @cached_property
    def _compared(self) -> dict[tuple[tuple[str, ...], str], ComparisonRecord]:
        return {(one.first, one.column): one for one in self.comparisons}

    def to_json(self) -> dict[str, Any]:
        """The value stored in `tables/<id>.json`."""
        return asdict(self)

    @property
    def has_scores(self) -> bool:
        """True where a cell holds an accuracy of ours."""
        return any(cell is not None and cell.kind == "score" for row in self.rows for cell in row.cells)

    @property
    def seeds(self) -> int:
        """Most training seeds behind a cell; 0 where nothing was trained."""
        return max((len(cell.sources) for row in self.rows for cell in row.cells if cell is not None), default=0)

    @property
    def is_machine_filtered(self) -> bool:
        """True where a set behind the table was accepted by automatic checks alone."""
        return any(column.is_machine_filtered for column in self.columns)


_TABLE = TypeAdapter(TableRecord)


def load_table(path: Path) -> TableRecord:
    """Read `tables/<id>.json`.

    Raises:
        UserError: missing, not what its manifest describes, not JSON, or of another version; names the file and field.
    """
    verify(path)
    try:
        return _TABLE.validate_python(read_json(path))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise UserError(f"{path}: {where}: {problem['msg']}; delete it and run the same command again") from None
