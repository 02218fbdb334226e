"""What a table is made of: rows, columns and cells, each cell saying what fills it at this scale.

Light on purpose: the Snakefile imports it. Values are read later, by `ipt.paper.tables.build`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ipt.config import Config
from ipt.names import Environment, Inference, Split, Task
from ipt.runs import Layout, Run, parse_benchmark

HEADLINE = "headline"
"""The benchmark's own score (paper 2): macro over sub-categories, input settings, or plain accuracy."""


def setting_aggregate(setting: str) -> str:
    """The aggregate that is the accuracy in one input setting, e.g. `setting:ego_dir`."""
    return f"setting:{setting}"


@dataclass(frozen=True)
class ScoreRequest:
    """Accuracy of one kind of model on one benchmark, over all its seeds.

    `inferences` with more than one mode is the paper's maximum over modes (paper 5). `runs` is empty for a blind
    baseline and for an `outside` model, one of others', which have no seeds.
    """

    benchmark_id: str
    inferences: tuple[Inference, ...]
    runs: tuple[Run, ...] = ()
    blind: str = ""
    outside: str = ""
    aggregate: str = HEADLINE

    @property
    def model_ids(self) -> tuple[str, ...]:
        """Models whose scores fill the cell: one a seed, or the blind baseline, or the outside model."""
        return tuple(run.run_id for run in self.runs) or (self.blind or self.outside,)


@dataclass(frozen=True)
class CountRequest:
    """Number of questions of one split; `test` means the evaluation set, after the annotate stage."""

    task: Task
    environment: Environment
    split: Split

    def path(self, layout: Layout) -> Path:
        """The file whose manifest has the number."""
        if self.split == "test":
            return layout.evaluation_set(f"{self.task}-{self.environment}")
        return layout.curated(self.task, self.environment, self.split)


@dataclass(frozen=True)
class NotRun:
    """This scale does not produce the cell; `reason` is shown in its place, never a number."""

    reason: str


@dataclass(frozen=True)
class Static:
    """What this scale's configuration or the code itself says."""

    text: str


Filling = ScoreRequest | CountRequest | NotRun | Static


@dataclass(frozen=True, order=True)
class Row:
    """A row: its group and the texts of its head, e.g. (`BAGEL-7B-MoT`, `ipt`, `best_of_modes`)."""

    group: str
    head: tuple[str, ...]

    @property
    def key(self) -> str:
        """Its name in files and claims, e.g. `BAGEL-7B-MoT|ipt|best_of_modes`."""
        return "|".join(self.head)


@dataclass(frozen=True)
class Column:
    """A column: its key (as in reported_results.csv), the paper's title, and what stands behind our number."""

    key: str
    title: str
    ours: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell of a table. `reported` is the paper's value as printed, empty where the paper has none."""

    table_id: str
    row: Row
    column: str
    reported: str
    filling: Filling


Head = tuple[str, ...]
"""The texts of a row's head."""


def _no_reference(_head: Head) -> Head | None:
    return None


@dataclass(frozen=True)
class TableSpec:
    """One table of the paper: how it is called, its shape and what fills it."""

    table_id: str
    title: str
    caption: str
    row_headers: tuple[str, ...]
    columns: Callable[[Config], list[Column]]
    cells: Callable[[Config], list[Cell]]
    bold_best: bool = False
    """The paper prints the best value of each group in bold."""
    reference: Callable[[Head], Head | None] = _no_reference
    """The row that a row is tested against, on the same questions; None for none. Holm's family is the table."""
    reference_phrase: str = ""
    """Which row that is, in words, e.g. `label_only`."""


def environment_phrase(config: Config, environment: Environment) -> str:
    """What our images of `environment` are, e.g. `embedded simulator, rooms, standard style`."""
    described = config.environments[environment]
    if described.simulator == "embedded":
        return f"embedded simulator, {described.layout}s, {described.style} style"
    return {"ai2thor": "AI2-THOR", "habitat": "Habitat", "released": "released set"}[described.simulator]


def benchmark_phrase(config: Config, benchmark_id: str) -> str:
    """What stands behind our number, e.g. `pet-different: embedded simulator, rooms, alternate style`."""
    return f"{benchmark_id}: {environment_phrase(config, parse_benchmark(benchmark_id).environment)}"
