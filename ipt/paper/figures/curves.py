"""Figures of numbers, ours: `learning_curves` and `accuracy_by_mode`."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ipt.config import Config
from ipt.names import INFERENCES, SPATIAL_CHOICES, TASK_TITLES, TASKS, TRAINED_SUPERVISIONS
from ipt.paper.aggregate import ScoreReader
from ipt.paper.figures.canvas import QUIET, SUPERVISION_COLOURS
from ipt.paper.figures.drawing import Drawing
from ipt.paper.learning import read_curve
from ipt.paper.needs import needs_of_figure
from ipt.runs import Layout, Run

MODE_MARKERS = {"answer_only": "o", "with_thought": "s", "oracle_thought": "D"}


def learning_curves(config: Config, layout: Layout) -> Drawing:
    """Training loss and held-out accuracy by step, a column a task, a line a supervision mode (first seed)."""
    figure = Figure(figsize=(9.0, 4.6), layout="constrained")
    losses, accuracies = figure.subplots(2, len(TASKS), sharey="row", sharex="col")
    for column, task in enumerate(TASKS):
        for supervision in TRAINED_SUPERVISIONS:
            curve = read_curve(layout.learning_curve(Run(task, supervision, config.training.seeds[0]).run_id))
            colour = SUPERVISION_COLOURS[supervision]
            _line(losses[column], curve, "loss", color=colour, label=supervision, linewidth=1.3)
            variants = [name for name in curve[-1] if name.startswith("val_accuracy.")]
            for dash, name in zip(("-", ":", "--"), sorted(variants), strict=False):
                _line(accuracies[column], curve, name, color=colour, linestyle=dash, marker="o", markersize=3)
        losses[column].set_title(TASK_TITLES[task], loc="left", fontweight="bold")
        losses[column].set_yscale("log")
        accuracies[column].axhline(1 / SPATIAL_CHOICES[task], color=QUIET, linestyle="--", linewidth=1)
        accuracies[column].set_ylim(0, 1)
        accuracies[column].set_xlabel("optimizer step")
        for axes in (losses[column], accuracies[column]):
            axes.grid(visible=True, color="#e5e7eb", linewidth=0.6)
    losses[0].set_ylabel("training loss")
    accuracies[0].set_ylabel("held-out accuracy")
    losses[-1].legend(frameon=False)
    return Drawing(
        figure,
        "Learning curves",
        "Above: training loss (text and image together, where a mode trains both). Losses of different modes have"
        " different targets: compare a line with itself, not with its neighbours. Below: accuracy on held-out rows,"
        " each with its own kind of thought given (mixed: a line for either kind); dashed: chance. First seed.",
    )


def _line(axes: Axes, curve: list[dict[str, float]], name: str, **look: Any) -> None:
    logged = [line for line in curve if name in line]
    axes.plot([line["step"] for line in logged], [line[name] for line in logged], **look)


def accuracy_by_mode(config: Config, layout: Layout) -> Drawing:
    """Forest plot: accuracy with its interval, a panel a benchmark, a line a supervision and inference mode."""
    reader = ScoreReader(layout)
    panels: dict[str, list[tuple[str, str]]] = {}
    for benchmark_id, run_id in needs_of_figure(config, "accuracy_by_mode").scores:
        panels.setdefault(benchmark_id, []).append((benchmark_id, run_id))
    figure = Figure(figsize=(2.4 * len(panels) + 1.2, 3.4), layout="constrained")
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    labels: list[str] = []
    for axes, (benchmark_id, pairs) in zip(grid, panels.items(), strict=True):
        for pair in pairs:
            scores, _ = reader.scores(*pair)
            supervision = "base" if pair[1].startswith("base.") else pair[1].split(".")[1]
            for mode in (mode for mode in INFERENCES if mode in scores.modes):
                result = scores.modes[mode]
                label = f"{supervision}, {mode.replace('_', ' ')}"
                if label not in labels:
                    labels.append(label)
                axes.plot(
                    [100 * result.headline.low, 100 * result.headline.high],
                    [labels.index(label)] * 2,
                    color=SUPERVISION_COLOURS[supervision],
                    linewidth=1.6,
                )
                axes.plot(
                    100 * result.headline.value,
                    labels.index(label),
                    MODE_MARKERS[mode],
                    color=SUPERVISION_COLOURS[supervision],
                    markersize=4.5,
                )
                chance = result.chance
        axes.axvline(100 * chance, color=QUIET, linestyle="--", linewidth=1)
        axes.set_title(benchmark_id, loc="left", fontweight="bold")
        axes.set_xlabel("accuracy (%)")
        axes.set_xlim(0, 100)
        axes.grid(visible=True, axis="x", color="#e5e7eb", linewidth=0.6)
    grid[0].set_yticks(range(len(labels)), labels)
    grid[0].invert_yaxis()
    return Drawing(
        figure,
        "Accuracy by supervision and inference mode",
        f"Headline score with its {100 * config.evaluation.confidence:g} % interval (circle: answer only; square: with"
        " thought; diamond: given the true image). Dashed: chance. First seed.",
    )
