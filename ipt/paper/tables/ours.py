"""Rows of the main table that the paper lacks: runs on mixtures of sets, and the authors' released checkpoint."""

from collections.abc import Callable

from ipt.config import Config
from ipt.names import TASKS
from ipt.paper.cells import Cell, Filling, NotRun, Row, ScoreRequest
from ipt.paper.filling import TRAINED_MODEL, benchmark_of, columns_of, modes_of
from ipt.runs import RELEASED, Benchmark, Run, parse_benchmark, released_name

INFERENCE = "best_of_modes"


def mixture_cells(config: Config, table_id: str) -> list[Cell]:
    """A row a mixture of this scale and supervision, on the benchmarks of the mixture's tasks."""
    cells = []
    for name, mixture in config.mixtures.items():
        for supervision in mixture.supervisions:
            runs = tuple(Run(name, supervision, seed, mixture.latent) for seed in config.training.seeds)

            def filled(benchmark: Benchmark, aggregate: str, runs: tuple[Run, ...] = runs) -> Filling:
                modes = modes_of(config, INFERENCE)
                return ScoreRequest(benchmark.benchmark_id, modes, runs, aggregate=aggregate)

            row = Row("mixtures", (TRAINED_MODEL, f"{supervision} on {name}", INFERENCE))
            cells += _row(config, table_id, row, mixture.tasks, filled)
    return cells


def released_cells(config: Config, table_id: str) -> list[Cell]:
    """A row a checkpoint that the authors released; only where a scale starts from released weights."""
    cells = []
    for model_id, run in RELEASED.items() if config.model.source == "hub" else ():
        name = released_name(model_id)
        pinned = config.weights.checkpoint(name).revision is not None

        def filled(benchmark: Benchmark, aggregate: str, model_id: str = model_id, pinned: bool = pinned) -> Filling:
            if not pinned:
                return NotRun(f"weights.{model_id.removeprefix('released.')}.revision is not set")
            modes = modes_of(config, INFERENCE)
            return ScoreRequest(benchmark.benchmark_id, modes, outside=model_id, aggregate=aggregate)

        row = Row("released", (f"{TRAINED_MODEL}, released", f"{run.supervision} on {run.task}", INFERENCE))
        cells += _row(config, table_id, row, TASKS, filled)
    return cells


def _row(
    config: Config, table_id: str, row: Row, tasks: tuple[str, ...], filled: Callable[[Benchmark, str], Filling]
) -> list[Cell]:
    """The cells of a row in the columns of ours whose task is one of `tasks`."""
    cells = []
    for column in columns_of(config, table_id):
        place = benchmark_of(column.key)
        if place is None:
            continue
        benchmark = parse_benchmark(place[0])
        if benchmark.task in tasks and benchmark.environment in config.paper.environments:
            cells.append(Cell(table_id, row, column.key, "", filled(benchmark, place[1])))
    return cells
