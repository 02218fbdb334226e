"""Figure `reported_against_ours`: every cell that has both numbers, against the line of equality."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ipt.config import Config
from ipt.names import TASK_TITLES, TASKS
from ipt.paper import registry
from ipt.paper.aggregate import ScoreReader
from ipt.paper.cells import ScoreRequest
from ipt.paper.figures.canvas import QUIET, SUPERVISION_COLOURS
from ipt.paper.figures.drawing import Drawing
from ipt.paper.records import Measured
from ipt.runs import Layout, parse_benchmark

TITLE = "Reported against reproduced"


@dataclass(frozen=True)
class Pair:
    """One quantity in both worlds, in percent."""

    task: str
    supervision: str
    is_different: bool
    reported: float
    ours: Measured


def reported_against_ours(config: Config, layout: Layout) -> Drawing:
    """A panel a task: reported accuracy across, ours with its interval upwards, a point a cell."""
    pairs = pairs_of(config, layout)
    figure = Figure(figsize=(9.0, 3.4), layout="constrained")
    for axes, task in zip(figure.subplots(1, len(TASKS), sharex=True, sharey=True), TASKS, strict=True):
        _panel(axes, [pair for pair in pairs if pair.task == task])
        axes.set_title(TASK_TITLES[task], loc="left", fontweight="bold")
        axes.set_xlabel("reported accuracy (%)")
    figure.axes[0].set_ylabel("our accuracy (%)")
    return Drawing(
        figure,
        TITLE,
        f"A point a quantity that the paper reports and this scale measures ({len(pairs)}), with the"
        f" {100 * config.evaluation.confidence:g} % interval of ours; on the line both are equal. Filled: the"
        " environment of training; open: the other one. A small model in another simulator need not reach the reported"
        f" values; what can be compared is the order. {_agreement(pairs)}",
    )


def pairs_of(config: Config, layout: Layout) -> list[Pair]:
    """Every quantity (rows of several tables may be the same one) with a reported value and one of ours."""
    reader = ScoreReader(layout)
    found: dict[tuple[ScoreRequest, str], Pair] = {}
    for table_id in registry.TABLES:
        for cell in registry.cells(config, table_id):
            request = cell.filling
            if not isinstance(request, ScoreRequest) or not cell.reported or not request.runs:
                continue
            benchmark = parse_benchmark(request.benchmark_id)
            ours = reader.fill(request, cell.column, cell.reported).ours
            assert ours is not None  # a filled request has a value
            found[request, cell.reported] = Pair(
                benchmark.task,
                request.runs[0].supervision,
                benchmark.environment == "different",
                float(cell.reported),
                ours,
            )
    return list(found.values())


def _panel(axes: Axes, pairs: list[Pair]) -> None:
    axes.plot([0, 100], [0, 100], color=QUIET, linewidth=1, linestyle="--")
    for pair in pairs:
        colour = SUPERVISION_COLOURS.get(pair.supervision, QUIET)
        axes.plot(
            [pair.reported] * 2, [100 * pair.ours.low, 100 * pair.ours.high], color=colour, linewidth=1, alpha=0.6
        )
        axes.plot(
            pair.reported,
            100 * pair.ours.value,
            "o",
            color=colour,
            markerfacecolor="white" if pair.is_different else colour,
            markersize=4.5,
        )
    for supervision in dict.fromkeys(pair.supervision for pair in pairs):
        axes.plot([], [], "o", color=SUPERVISION_COLOURS.get(supervision, QUIET), markersize=4.5, label=supervision)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_aspect("equal")
    axes.grid(visible=True, color="#e5e7eb", linewidth=0.6)
    if pairs:
        axes.legend(frameon=False, loc="upper left", fontsize=7)


def _agreement(pairs: list[Pair]) -> str:
    """Spearman's rank correlation of a task, in words; ranks of equal values are shared."""
    told = []
    for task in TASKS:
        here = [pair for pair in pairs if pair.task == task]
        ranks = [_ranks(values) for values in ([p.reported for p in here], [p.ours.value for p in here])]
        if len(here) > 2 and all(np.ptp(rank) > 0 for rank in ranks):
            told.append(f"{task} {np.corrcoef(ranks[0], ranks[1])[0, 1]:+.2f} (n={len(here)})")
    return f"Spearman's rank correlation: {', '.join(told)}." if told else ""


def _ranks(values: list[float]) -> NDArray[np.float64]:
    array = np.asarray(values)
    return np.array([np.mean(np.flatnonzero(np.sort(array) == value)) for value in array])
