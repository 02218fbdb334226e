"""What opens when a number is selected: its trace in lines of (name, value), ready to show."""

from typing import Any

from ipt.paper.report.content import Content
from ipt.paper.tables.render import p_value, percent, points

REVIEWERS = {"machine": "automatic checks only"}


def popups_of(content: Content) -> dict[str, Any]:
    """`cells`: title, column and lines of each traced cell, and the names of its `sources`, whose lines are shared."""
    titles = {(table.table_id, column.key): column.title for table in content.tables for column in table.columns}
    traces = content.traces
    changed = " with uncommitted changes" if traces["has_changes"] else ""
    cells = {
        key: {
            "title": " · ".join(cell["row"]),
            "column": titles[cell["table"], cell["column"]],
            "lines": _score(cell) if cell["kind"] == "score" else _count(cell),
            "made": [["Commit", cell["commit"] + changed], ["Date", cell["date"]], ["Command", cell["command"]]],
            "sources": cell.get("sources", []),
        }
        for key, cell in traces["cells"].items()
    }
    return {"cells": cells, "sources": {name: _source(told) for name, told in traces["sources"].items()}}


def _score(cell: dict[str, Any]) -> list[list[str]]:
    lines = [
        ["Reported", f"{cell['reported']} %" if cell["reported"] else "not reported"],
        ["Ours", f"{percent(cell['value'])} %"],
        [
            f"{100 * cell['confidence']:g} % interval",
            f"{percent(cell['low'])} to {percent(cell['high'])} ({cell['method']})",
        ],
    ]
    if cell["deviation"] is not None:
        lines.append(["Standard deviation over seeds", percent(cell["deviation"])])
    lines += [
        ["Answers (n)", f"{cell['n']:,}" + (f", {len(cell['sources'])} seeds" if len(cell["sources"]) > 1 else "")],
        ["Seeds", ", ".join(str(seed) for seed in cell["seeds"])],
        ["Questions reviewed by", REVIEWERS.get(cell["review"], cell["review"])],
        ["Scale", cell["scale"]],
    ]
    if compared := cell["compared"]:
        shown = f"{points(compared['difference'])} [{points(compared['low'])}, {points(compared['high'])}]"
        tested = f"p {p_value(compared['p'])}, Holm {p_value(compared['p_holm'])} ({compared['test']})"
        lines.append([f"Against {compared['second'][1]}, {compared['second_mode']}", f"{shown}; {tested}"])
    for mode, value in cell["modes"].items():
        mark = " (shown)" if len(cell["modes"]) > 1 and mode == cell["mode"] else ""
        shown = f"{percent(value['value'])} % [{percent(value['low'])}, {percent(value['high'])}]"
        lines.append([f"Mode {mode}{mark}", shown])
    return lines


def _count(cell: dict[str, Any]) -> list[list[str]]:
    return [
        ["Reported", cell["reported"] or "not reported"],
        ["Ours", cell["value"]],
        ["Scale", cell["scale"]],
        ["File", cell["file"]],
        ["sha256", cell["sha256"]],
        ["Configuration digest", cell["config_digest"]],
    ]


def _source(told: dict[str, Any]) -> list[list[str]]:
    data = [[f"Training data {name}" if name != "none" else "Training data", text] for name, text in
            told["training_data"].items()]  # fmt: skip
    return [
        ["Run", told["run"]],
        ["Seed", str(told["seed"])],
        ["Checkpoint", told["checkpoint_digest"]],
        *data,
        ["Evaluation set sha256", told["evaluation_set_sha256"]],
        ["Predictions sha256", told["predictions_sha256"]],
        ["Scores", told["scores"]],
        ["Scores sha256", told["scores_sha256"]],
        ["Configuration digest", told["config_digest"]],
        ["Scored", told["date"]],
        *[["Command", command] for command in told["commands"]],
    ]
