"""`report.pdf`: the report for paper and for reading away from a screen, set by typst with the fonts inside it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from ipt.datasets.files import atomic_path
from ipt.paper.claims.judge import OUTCOMES
from ipt.paper.records import CellRecord, TableRecord
from ipt.paper.report.content import PAPER_ADDRESS, PAPER_TITLE, Content, FigureFile
from ipt.paper.summary import p_phrase
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
    interval,
    percent,
    points,
    spread,
)

TEMPLATE = Path(__file__).resolve().parents[1] / "templates" / "report.typ"
DRAWN_DPI = 160
"""Dots an inch of the figures' PNGs."""


def write_pdf(content: Content, output: Path) -> None:
    """Set the report and write it to `output`; the same content gives the same bytes."""
    import typst

    data = json.dumps(pdf_data(content), ensure_ascii=False)
    moment = int(datetime.fromisoformat(content.traces["made"]).timestamp())
    # The template and the figures lie in different folders; typst reads nothing outside its root.
    with atomic_path(output) as temporary:
        pdf = typst.compile(
            str(TEMPLATE), root="/", format="pdf", ignore_system_fonts=True, sys_inputs={"data": data}, timestamp=moment
        )
        temporary.write_bytes(pdf)


def pdf_data(content: Content) -> dict[str, Any]:
    """What the template sets, as plain data: it does no arithmetic and no formatting of numbers."""
    claims = content.claims["claims"]
    return {
        "title": PAPER_TITLE,
        "address": PAPER_ADDRESS,
        "scale": content.config.scale,
        "facts": content.facts,
        "lead": content.lead,
        "glance": [[one.number, one.text] for one in content.glance],
        "banner": f"{MACHINE_MARK} {MACHINE_NOTE}." if content.is_machine_filtered else "",
        "conclusions": [
            {"title": conclusion.title, "grade": conclusion.grade, "text": conclusion.text}
            for conclusion in content.conclusions
        ],
        "blind": content.blind,
        "effects": [
            [
                effect.title,
                effect.supervision,
                f"{percent(effect.with_thought.value)} {interval(effect.with_thought)}",
                f"{percent(effect.answer_only.value)} {interval(effect.answer_only)}",
                f"{points(effect.difference.value)}"
                f" [{points(effect.difference.low)}, {points(effect.difference.high)}]",
                p_phrase(effect.p_holm),
            ]
            for effect in content.effects
        ],
        "tables": [_table(table) for table in content.tables],
        "figures": [_figure(figure) for figure in content.figures],
        "extra_figures": [_figure(figure) for figure in content.extra_figures],
        "outcomes": OUTCOMES,
        "verdicts": [
            [side, *[str(sum(claim[side]["outcome"] == outcome for claim in claims)) for outcome in OUTCOMES]]
            for side in ("reported", "ours")
        ],
        "claims": [
            {
                "id": claim["id"],
                "says": claim["says"],
                "where": claim["where"],
                "reported": claim["reported"]["outcome"],
                "ours": claim["ours"]["outcome"],
                "reason": claim["ours"]["reason"],
                "audit": claim["audit_note"],
            }
            for claim in claims
        ],
        "audit": [
            {key: finding[key] for key in ("severity", "about", "reported", "expected", "detail")}
            for finding in content.audit["findings"]
        ],
    }


def _figure(figure: FigureFile) -> dict[str, Any]:
    pixels = int.from_bytes(figure.png.read_bytes()[16:20], "big")
    return {
        "id": figure.figure_id,
        "title": figure.title,
        "caption": figure.caption,
        "is_run": figure.is_run,
        "path": str(figure.png.resolve()),
        "inches": pixels / DRAWN_DPI,
    }


def _table(table: TableRecord) -> dict[str, Any]:
    notes = Notes()
    groups: list[dict[str, Any]] = []
    for row in table.rows:
        if not groups or groups[-1]["key"] != row.group:
            groups.append({"key": row.group, "title": GROUP_TITLES.get(row.group, ""), "rows": []})
        cells = [_cell(cell, notes, table.mark(row.head, cell.column) if cell else "") for cell in row.cells]
        head, under = head_and_under(row.group, row.head)
        groups[-1]["rows"].append({"head": head, "under": under, "cells": cells})
    ours = list(dict.fromkeys(column.ours for column in table.columns if column.ours))
    footnotes = [f"Ours: {'; '.join(ours)}."] if ours else []
    footnotes += [f"{letter}: not run: {text}." for letter, text in notes]
    footnotes += [note for note in (comparison_note(table), detectable_note(table)) if note]
    return {
        "id": table.table_id,
        "title": table.title,
        "caption": table.caption,
        "head": table.row_headers[0],
        "columns": [
            {"title": column.title, "mark": MACHINE_MARK if column.is_machine_filtered else ""}
            for column in table.columns
        ],
        "groups": groups,
        "footnotes": footnotes,
        "is_words": not groups[0]["title"],
        "compared_heads": COMPARISON_HEADS,
        "compared": comparison_lines(table),
    }


def _cell(cell: CellRecord | None, notes: Notes, mark: str) -> dict[str, Any] | None:
    """Main line, small line after it, and the reported value with their marks; None for an empty cell."""
    if cell is None:
        return None
    told: dict[str, Any] = {"reported": cell.reported, "is_best_reported": cell.is_best_reported, "kind": cell.kind}
    if cell.ours is not None:
        small = f"{spread(cell.ours).strip()} {interval(cell.ours)} n={cell.ours.n}".strip()
        return told | {"ours": percent(cell.ours.value) + mark, "small": small, "is_best_ours": cell.is_best_ours}
    if cell.kind == "not_run":
        return told | {"ours": "not run", "small": notes.letter(cell.text), "is_best_ours": False}
    filtered = MACHINE_MARK if cell.review == "machine" else ""
    return told | {"ours": cell.text + filtered, "small": "", "is_best_ours": False}
