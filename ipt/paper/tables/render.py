"""One table as CSV (a line a cell), Markdown and LaTeX (booktabs). All three print the same strings of numbers."""

import csv
import io
from collections.abc import Callable, Iterator

from ipt.paper.records import CellRecord, ColumnRecord, Measured, TableRecord

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


def _grouped(
    table: TableRecord,
    line: Callable[[tuple[str, ...], tuple[CellRecord | None, ...]], str],
    title: Callable[[str], str],
) -> list[str]:
    lines, group = [], None
    for row in table.rows:
        if row.group != group and row.group in GROUP_TITLES:
            lines.append(title(GROUP_TITLES[row.group]))
        group = row.group
        lines.append(line(row.head, row.cells))
    return lines


def to_markdown(table: TableRecord) -> str:
    """A Markdown table. Result tables print `reported / ours [low, high] n=...`; others have two columns for each."""
    notes = Notes()
    is_split = any(cell is not None and cell.kind in ("text", "count") for row in table.rows for cell in row.cells)
    separator = " | " if is_split else " / "

    def cell_text(cell: CellRecord | None) -> str:
        if cell is None:
            return separator.strip() if is_split else ""
        reported = f"**{cell.reported}**" if cell.is_best_reported else (cell.reported or "–")
        return f"{reported}{separator}{_ours_in_markdown(cell, notes)}"

    def line(head: tuple[str, ...], cells: tuple[CellRecord | None, ...]) -> str:
        return "| " + " | ".join([*head, *map(cell_text, cells)]) + " |"

    width = len(table.row_headers) + len(table.columns) * (2 if is_split else 1)
    body = _grouped(table, line, lambda title: f"| *{title}* |" + " |" * (width - 1))
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


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "†": r"\textdagger{}",
    "±": r"$\pm$",
}
_LATEX |= {character: f"\\{character}" for character in "&%$#_{}"} | {"–": "--"}


def escape_latex(text: str) -> str:
    """Text safe inside LaTeX."""
    return "".join(_LATEX.get(character, character) for character in text)


def to_latex(table: TableRecord) -> str:
    r"""A `table` environment with booktabs rules: two columns (paper, ours) for each column of the paper."""
    notes = Notes()

    def cell_texts(cell: CellRecord | None) -> str:
        if cell is None:
            return "& "
        reported = escape_latex(cell.reported or "–")
        reported = rf"\textbf{{{reported}}}" if cell.is_best_reported else reported
        if cell.kind == "not_run":
            return rf"{reported} & --\textsuperscript{{{notes.letter(cell.text)}}}"
        if cell.ours is None:
            return f"{reported} & {escape_latex(cell.text + (MACHINE_MARK if cell.review == 'machine' else ''))}"
        ours = percent(cell.ours.value)
        ours = rf"\textbf{{{ours}}}" if cell.is_best_ours else ours
        around = escape_latex(f"{spread(cell.ours)} {interval(cell.ours)}".strip())
        return rf"{reported} & {ours} {{\scriptsize {around} $n$={cell.ours.n}}}"

    def line(head: tuple[str, ...], cells: tuple[CellRecord | None, ...]) -> str:
        return " & ".join([*map(escape_latex, head), *map(cell_texts, cells)]) + r" \\"

    heads, columns = len(table.row_headers), table.columns
    width = heads + 2 * len(columns)
    body = _grouped(
        table, line, lambda title: rf"\addlinespace \multicolumn{{{width}}}{{l}}{{\emph{{{escape_latex(title)}}}}} \\"
    )
    titles = [rf"\multicolumn{{2}}{{l}}{{{escape_latex(_latex_head(column))}}}" for column in columns]
    rules = [rf"\cmidrule(lr){{{heads + 1 + 2 * i}-{heads + 2 + 2 * i}}}" for i in range(len(columns))]
    tail = [rf"\textdagger{{}} {escape_latex(MACHINE_NOTE)}."] if table.is_machine_filtered else []
    tail += [rf"\textsuperscript{{{letter}}} not run: {escape_latex(text)}." for letter, text in notes]
    tail += [escape_latex(detectable_note(table))] if detectable_note(table) else []
    caption = escape_latex(f"{table.title}. {table.caption} Ours: scale {table.scale}.")
    return "\n".join(
        [
            "% needs \\usepackage{booktabs}",
            r"\begin{table*}",
            r"\centering\footnotesize\setlength{\tabcolsep}{3pt}",
            rf"\caption{{{caption}}}",
            rf"\label{{tab:{table.table_id}}}",
            rf"\begin{{tabular}}{{{'l' * width}}}",
            r"\toprule",
            " & ".join([*[""] * heads, *titles]).lstrip() + r" \\",
            "".join(rules),
            " & ".join([*map(escape_latex, table.row_headers), *["paper & ours"] * len(columns)]) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            *([r"\par\smallskip\raggedright\scriptsize " + " ".join(tail)] if tail else []),
            r"\end{table*}",
            "",
        ]
    )


def _latex_head(column: ColumnRecord) -> str:
    return column.title + (MACHINE_MARK if column.is_machine_filtered else "")
