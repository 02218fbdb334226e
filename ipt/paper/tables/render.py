"""One table as CSV (a line a cell) and Markdown; LaTeX is beside it. All three print the same strings of numbers."""

import csv
import io
from collections.abc import Callable, Iterator

from ipt.paper.records import CellRecord, Measured, TableRecord

GROUP_TITLES = {
    "vqa": "Vision-language models",
    "unified": "Unified models",
    "bagel": "BAGEL",
    "blind": "Blind baselines (ours only)",
    "qwen": "Qwen2.5-VL with image tokens",
}
MACHINE_MARK = "†"
MACHINE_NOTE = "machine-filtered: the questions passed automatic checks; no person reviewed them"
DETECTABLE = (
    "Smallest true difference between two models that the n answers show (80 % power, two-sided test at the level of"
    " the intervals, other questions for each model, accuracies near 50 %), in points:"
)
CSV_FIELDS = (
    "table",
    "group",
    "row",
    "column",
    "reported",
    "ours",
    "low",
    "high",
    "n",
    "mode",
    "seeds",
    "deviation",
    "review",
    "note",
)


def percent(value: float) -> str:
    """A fraction as percent with one decimal, as the paper prints."""
    return f"{100 * value:.1f}"


def interval(measured: Measured) -> str:
    """The interval in percent, e.g. `[78.7, 86.1]`."""
    return f"[{percent(measured.low)}, {percent(measured.high)}]"


def spread(measured: Measured) -> str:
    """The standard deviation over seeds in points, e.g. ` ± 1.2`; empty with one seed."""
    return "" if measured.deviation is None else f" ± {percent(measured.deviation)}"


def detectable_note(table: TableRecord) -> str:
    """What differences the numbers of answers can show at all, a column each; empty for a table without scores."""
    known = [column for column in table.columns if column.detectable is not None]
    if not known:
        return ""
    named = "; ".join(f"{column.title} {percent(column.detectable or 0.0)}" for column in known)
    return f"{DETECTABLE} {named}."


def to_csv(table: TableRecord) -> str:
    """A line a cell: reported and ours in percent, interval, n, mode, seeds, who reviewed the set, note."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_FIELDS)
    for row in table.rows:
        for cell in row.cells:
            if cell is not None:
                head = [table.table_id, row.group, "|".join(row.head), cell.column, cell.reported]
                writer.writerow(head + _csv_tail(cell))
    return stream.getvalue()


def _csv_tail(cell: CellRecord) -> list[str | int]:
    if cell.ours is None:
        note = f"not run: {cell.text}" if cell.kind == "not_run" else ""
        return ["" if note else cell.text, "", "", "", "", "", "", cell.review, note]
    ours = cell.ours
    deviation = "" if ours.deviation is None else percent(ours.deviation)
    numbers: list[str | int] = [percent(ours.value), percent(ours.low), percent(ours.high), ours.n]
    return [*numbers, cell.best_mode, len(cell.sources), deviation, cell.review, ""]


class Notes:
    """Footnotes, lettered in order of first use."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}

    def letter(self, text: str) -> str:
        """The letter of a note, e.g. `a`."""
        return self._letters.setdefault(text, chr(ord("a") + len(self._letters)))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((letter, text) for text, letter in self._letters.items())


def grouped(
    table: TableRecord,
    line: Callable[[tuple[str, ...], tuple[CellRecord | None, ...]], str],
    title: Callable[[str], str],
) -> list[str]:
    """The lines of a table's body, `title` before the first row of each group that has a title."""
    lines, group = [], None
    for row in table.rows:
        if row.group != group and row.group in GROUP_TITLES:
            lines.append(title(GROUP_TITLES[row.group]))
        group = row.group
        lines.append(line(row.head, row.cells))
    return lines


def is_of_words(table: TableRecord) -> bool:
    """True for a table of settings or counts, whose cells are words more than numbers."""
    return any(cell is not None and cell.kind in ("text", "count") for row in table.rows for cell in row.cells)


def to_markdown(table: TableRecord) -> str:
    """A Markdown table. Result tables print `reported / ours [low, high] n=...`; others have two columns for each."""
    notes = Notes()
    is_split = is_of_words(table)
    separator = " | " if is_split else " / "

    def cell_text(cell: CellRecord | None) -> str:
        if cell is None:
            return separator.strip() if is_split else ""
        reported = f"**{cell.reported}**" if cell.is_best_reported else (cell.reported or "–")
        return f"{reported}{separator}{_ours_in_markdown(cell, notes)}"

    def line(head: tuple[str, ...], cells: tuple[CellRecord | None, ...]) -> str:
        return "| " + " | ".join([*head, *map(cell_text, cells)]) + " |"

    width = len(table.row_headers) + len(table.columns) * (2 if is_split else 1)
    body = grouped(table, line, lambda title: f"| *{title}* |" + " |" * (width - 1))
    heads = list(table.row_headers)
    for column in table.columns:
        title = column.title + (MACHINE_MARK if column.is_machine_filtered else "")
        heads += [f"{title}: paper", f"{title}: ours"] if is_split else [title]
    lines = [f"## {table.title}", "", table.caption, ""]
    if not is_split:
        lines += [f"Each cell: reported / ours{_interval_phrase(table)} (scale `{table.scale}`).", ""]
    lines += ["| " + " | ".join(heads) + " |", "|" + "---|" * width, *body, ""]
    lines += [f"Ours, {column.title}: {column.ours}.  " for column in table.columns if column.ours]
    if table.is_machine_filtered:
        lines.append(f"{MACHINE_MARK} {MACHINE_NOTE}.  ")
    lines += [f"({letter}) not run: {text}.  " for letter, text in notes]
    lines += [f"{detectable_note(table)}  "] if detectable_note(table) else []
    return "\n".join(lines).rstrip() + "\n"


def _ours_in_markdown(cell: CellRecord, notes: Notes) -> str:
    if cell.kind == "not_run":
        return f"– ({notes.letter(cell.text)})"
    if cell.ours is None:
        return cell.text + (MACHINE_MARK if cell.review == "machine" else "")
    ours = percent(cell.ours.value)
    return f"{f'**{ours}**' if cell.is_best_ours else ours}{spread(cell.ours)} {interval(cell.ours)} n={cell.ours.n}"


def _interval_phrase(table: TableRecord) -> str:
    if not table.has_scores:
        return ""
    over = f"; ± is the standard deviation over {table.seeds} training seeds" if table.seeds > 1 else ""
    return f" with its {100 * table.confidence:g} % interval and the number of answers n{over}"
