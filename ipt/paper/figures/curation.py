"""Figures of the curation reports: `filter_yields` and `bias`."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ipt.config import Config
from ipt.curation.judge.rules import RULES
from ipt.datasets.files import read_json, verify
from ipt.errors import UserError
from ipt.names import TASK_TITLES, TASKS
from ipt.paper.figures.canvas import NEUTRAL, QUIET
from ipt.paper.figures.drawing import Drawing
from ipt.paper.needs import needs_of_figure
from ipt.runs import Layout

MOST_BARS = 14
BLIND_GUESSERS = {
    "majority_letter": "majority letter",
    "majority_answer": "majority answer",
    "choice_rate": "right when shown",
    "rank_of_choice": "rank among choices",
    "by_question_kind": "by kind of question",
    "by_object": "by object",
    "by_room": "by room",
    "by_choices": "by choices",
}
"""Keys of a bias report's `blind_accuracy`, as told to a reader."""
BEFORE, AFTER = "#c9c4b8", "#0b5c8a"


def read_reports(config: Config, layout: Layout, figure_id: str) -> dict[str, list[dict[str, Any]]]:
    """Task -> curation reports of the sets that the figure is about.

    Raises:
        UserError: a report is missing, damaged or lacks a field; names the file.
    """
    reports: dict[str, list[dict[str, Any]]] = {task: [] for task in TASKS}
    for task, environment, split in needs_of_figure(config, figure_id).yields:
        path = layout.yields(task, environment, split)
        verify(path)
        reports[task].append(_complete(read_json(path), path))
    return reports


def _complete(report: dict[str, Any], path: Path) -> dict[str, Any]:
    for field in ("generation", "curation", "bias", "bias_before", "kept", "candidates"):
        if field not in report:
            raise UserError(f"{path}: {field}: is missing; delete it and run again: snakemake {path}")
    return report


def filter_yields(config: Config, layout: Layout) -> Drawing:
    """What each condition removed, all sets of a task together: a panel a task, the largest first."""
    reports = read_reports(config, layout, "filter_yields")
    figure = Figure(figsize=(9.6, 3.9), layout="constrained")
    told = []
    for axes, task in zip(figure.subplots(1, len(TASKS)), TASKS, strict=True):
        removed, kept = removed_by(reports[task])
        _bars(axes, removed)
        axes.set_title(TASK_TITLES[task], loc="left", fontweight="bold")
        axes.set_xlabel("removed (log)")
        told.append(f"{TASK_TITLES[task]} kept {kept:,}")
    return Drawing(
        figure,
        "What the filters removed",
        "Candidates that each condition removed, over all splits and environments, on a logarithmic scale: first the"
        " conditions of generation (an object may fail in many views), then, dark, the filters of curation. Kept for"
        f" the sets: {'; '.join(told)}.{told_of_judges([one for found in reports.values() for one in found])}",
    )


def removed_by(reports: list[dict[str, Any]]) -> tuple[dict[str, tuple[int, bool]], int]:
    """Condition -> (how many it removed, is it one of curation); and how many questions were kept in the end.

    A generation condition is called `stage.condition`; a bare `stage` is their sum and `kept` no condition.
    """
    generation: Counter[str] = Counter()
    curation: Counter[str] = Counter()
    for report in reports:
        generation.update({name: count for name, count in _numbers(report["generation"]).items() if "." in name})
        curation.update(_numbers(report["curation"]))
        rules = _judge_rules(report)
        if rules:
            curation["judge"] -= sum(dropped for _, dropped in rules.values())  # told rule by rule
            curation.update({f"judge.{name}": dropped for name, (_, dropped) in rules.items()})
    removed = {name: (count, False) for name, count in generation.most_common(MOST_BARS) if count}
    removed |= {name: (count, True) for name, count in curation.most_common() if count > 0}
    return removed, sum(report["kept"] for report in reports)


def told_of_judges(reports: list[dict[str, Any]]) -> str:
    """One sentence a judge: how many questions each of its rules was applied to, and how many fell; '' without any."""
    asked: dict[str, Counter[str]] = defaultdict(Counter)
    fell: dict[str, Counter[str]] = defaultdict(Counter)
    for report in reports:
        for name, (questions, dropped) in _judge_rules(report).items():
            asked[report["judge"]["judge"]][name] += questions
            fell[report["judge"]["judge"]][name] += dropped
    return "".join(
        f" The judge {judge} dropped "
        + ", ".join(
            f"{fell[judge][name]:,} of {questions:,} by {name.replace('_', ' ').replace('.', ': ')}"
            for name, questions in rules.items()
        )
        + "."
        for judge, rules in sorted(asked.items())
    )


def _judge_rules(report: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Rule -> (questions asked about, dropped), in the order of the rules; empty where no model judged."""
    rules = (report.get("judge") or {}).get("rules", {})
    return {name: (int(found["asked"]), int(found["dropped"])) for name in RULES if (found := rules.get(name))}


def _numbers(values: Mapping[str, Any]) -> dict[str, int]:
    return {name: value for name, value in values.items() if isinstance(value, int) and not isinstance(value, bool)}


def _bars(axes: Axes, removed: Mapping[str, tuple[int, bool]]) -> None:
    names = list(removed)
    counts = [removed[name][0] for name in names]
    colours = [AFTER if removed[name][1] else BEFORE for name in names]
    axes.barh(range(len(names)), counts, color=colours)
    axes.set_yticks(range(len(names)), [name.replace("_", " ").replace(".", ": ") for name in names], fontsize=6.5)
    axes.invert_yaxis()
    if counts:
        axes.set_xscale("log")
        axes.set_xlim(0.7, 4 * max(counts))
    for place, count in enumerate(counts):
        axes.annotate(f" {count:,}", (count, place), va="center", fontsize=6.5, color=NEUTRAL)


def bias(config: Config, layout: Layout) -> Drawing:
    """How far an answerer comes that sees no image, before and after curation: a panel a task, evaluation sets."""
    reports = read_reports(config, layout, "bias")
    figure = Figure(figsize=(9.0, 3.0), layout="constrained")
    panels = figure.subplots(1, len(TASKS), sharey=True)
    for axes, task in zip(panels, TASKS, strict=True):
        axes.set_title(TASK_TITLES[task], loc="left", fontweight="bold")
        axes.set_xlabel("accuracy without images (%)")
        axes.set_xlim(0, 100)
        axes.grid(visible=True, axis="x", color="#e5e7eb", linewidth=0.6)
        for key, colour, marker in (("before", BEFORE, "o"), ("after", AFTER, "D")):
            for place, guesser in enumerate(BLIND_GUESSERS):
                values = [100 * found[guesser] for report in reports[task] if guesser in (found := _blind(report, key))]
                axes.plot(values, [place] * len(values), marker, color=colour, markersize=5, label=None)
        if reports[task]:
            chance = float(np.mean([100 * _blind(report, "after")["chance"] for report in reports[task]]))
            axes.axvline(chance, color=QUIET, linestyle="--", linewidth=1)
    panels[0].set_yticks(range(len(BLIND_GUESSERS)), list(BLIND_GUESSERS.values()))
    panels[0].set_ylim(len(BLIND_GUESSERS) - 0.5, -0.5)
    panels[-1].plot([], [], "o", color=BEFORE, label="candidates")
    panels[-1].plot([], [], "D", color=AFTER, label="curated")
    panels[-1].legend(frameon=False, loc="lower right")
    return Drawing(
        figure,
        "Bias: answers without images",
        "Accuracy of guessers that see no image, on the evaluation sets before (grey) and after curation (blue), one"
        " point an environment: the most common letter or answer, the choice most often right when it is shown, the"
        " rank of the answer among the choices, the most common answer of a kind of question, of an object, of a type"
        " of room, of a set of choices. All learn on one half of the set and answer the other. Dashed: chance."
        f"{_remaining(reports)}",
    )


def _remaining(reports: Mapping[str, list[dict[str, Any]]]) -> str:
    """Which sets a bias remains in, by the verdicts of their reports."""
    verdicts = {one["set"]: one["bias"].get("verdict") for found in reports.values() for one in found if "set" in one}
    biased = [
        f"{name} ({', '.join(told['remaining'])})" for name, told in verdicts.items() if told and not told["even"]
    ]
    if biased:
        return f" After curation a bias remains in {'; '.join(biased)}."
    return " After curation no set has a bias by this measure." if all(verdicts.values()) and verdicts else ""


def _blind(report: Mapping[str, Any], when: str) -> dict[str, float]:
    found = report["bias_before"] if when == "before" else report["bias"]["blind_accuracy"]
    return {name: value for name, value in found.items() if isinstance(value, int | float)}
