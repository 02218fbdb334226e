"""`report.html`: one page with every number, figure and question; styles, scripts and images are inside it."""

import base64
from pathlib import Path
from typing import Any

import jinja2

from ipt.paper.claims.judge import OUTCOMES
from ipt.paper.records import CellRecord, TableRecord
from ipt.paper.report.content import PAPER_ADDRESS, PAPER_TITLE, Content, FigureFile
from ipt.paper.report.gallery import gallery_of
from ipt.paper.report.popups import popups_of
from ipt.paper.summary import SIGNIFICANCE, p_phrase
from ipt.paper.tables.render import (
    COMPARISON_HEADS,
    GROUP_TITLES,
    MACHINE_MARK,
    MACHINE_NOTE,
    Notes,
    comparison_lines,
    comparison_note,
    detectable_note,
    head_and_under,
    percent,
    points,
)
from ipt.paper.traces import cell_key
from ipt.runs import Layout

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
SHOWN_SCALE = 0.6
"""Figures are drawn at 160 dots an inch and shown at 96, so that their text has one size."""


def page_of(content: Content, layout: Layout) -> str:
    """The whole page.

    Raises:
        UserError: predictions or an evaluation set of the gallery are missing or damaged; names the file.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = percent
    environment.filters["points"] = points
    environment.filters["p"] = p_phrase
    return environment.get_template("report.html.j2").render(
        content=content,
        config=content.config,
        paper_title=PAPER_TITLE,
        paper_address=PAPER_ADDRESS,
        style=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        script=(TEMPLATES / "report.js").read_text(encoding="utf-8"),
        machine_mark=MACHINE_MARK,
        machine_note=MACHINE_NOTE,
        significance=SIGNIFICANCE,
        outcomes=OUTCOMES,
        comparison_heads=COMPARISON_HEADS,
        tables=[_table(table, content.traces["cells"]) for table in content.tables],
        figures=[_figure(figure) for figure in content.figures],
        extra_figures=[_figure(figure) for figure in content.extra_figures],
        gallery=gallery_of(content.config, layout),
        traces=popups_of(content),
    )


def _figure(figure: FigureFile) -> dict[str, Any]:
    png = figure.png.read_bytes()
    width = int.from_bytes(png[16:20], "big")  # of the IHDR chunk, which is always first
    height = int.from_bytes(png[20:24], "big")
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return {
        "id": figure.figure_id,
        "title": figure.title,
        "caption": figure.caption,
        "is_run": figure.is_run,
        "source": source,
        "width": round(width * SHOWN_SCALE),
        "height": round(height * SHOWN_SCALE),
    }


def _table(table: TableRecord, traced: dict[str, Any]) -> dict[str, Any]:
    """A table as the template wants it: groups of rows, and footnotes."""
    notes = Notes()
    groups: list[dict[str, Any]] = []
    for row in table.rows:
        if not groups or groups[-1]["key"] != row.group:
            groups.append({"key": row.group, "title": GROUP_TITLES.get(row.group, ""), "rows": []})
        cells: list[dict[str, Any] | None] = []
        for cell in row.cells:
            if cell is None:
                cells.append(None)
                continue
            key = cell_key(table.table_id, row.head, cell.column)
            letter = notes.letter(cell.text) if cell.kind == "not_run" else ""
            trace = key if key in traced else ""
            mark = table.mark(row.head, cell.column)
            cells.append({"record": cell, "trace": trace, "note": letter, "order": _order(cell), "mark": mark})
        groups[-1]["rows"].append({"head": head_and_under(row.group, row.head), "cells": cells})
    return {
        "record": table,
        "groups": groups,
        "notes": list(notes),
        "detectable": detectable_note(table),
        "compared": comparison_note(table),
        "comparisons": list(zip(comparison_lines(table), table.comparisons, strict=True)),
    }


def _order(cell: CellRecord) -> str:
    """What a column is sorted by: ours where there is one, else the reported value."""
    return f"{100 * cell.ours.value:.6f}" if cell.ours else cell.reported.replace(",", "")
