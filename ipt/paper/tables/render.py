"""One table as CSV (a line a cell) and Markdown; LaTeX is beside it. All three print the same strings of numbers."""

import csv
import io
from collections.abc import Callable, Iterator

from ipt.paper.records import CellRecord, ComparisonRecord, Measured, TableRecord

GROUP_TITLES = {
    "vqa": "Vision-language models",
    "unified": "Unified models",
    "bagel": "BAGEL-7B-MoT",
    "mixtures": "BAGEL-7B-MoT on mixtures of sets (ours only)",
    "released": "The authors' released checkpoint (ours only)",
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
    "against",
    "difference",
    "p",
    "p_holm",
    "note",
)


def head_and_under(group: str, head: tuple[str, ...]) -> tuple[str, str]:
    """What a row is called on a page, and the rest in small: in a group of one model its training comes first."""
    if group in ("bagel", "mixtures"):
        return head[1], head[2]
    return head[0], " · ".join(head[1:])


def percent(value: float) -> str:
    """A fraction as percent with one decimal, as the paper prints."""
    return f"{100 * value:.1f}"


def interval(measured: Measured) -> str:
    """The interval in percent, e.g. `[78.7, 86.1]`."""
    return f"[{percent(measured.low)}, {percent(measured.high)}]"


def spread(measured: Measured) -> str:
    """The standard deviation over seeds in points, e.g. ` ± 1.2`; empty with one seed."""
    return "" if measured.deviation is None else f" ± {percent(measured.deviation)}"


def points(difference: float) -> str:
    """A difference of fractions in points, with its sign."""
    return f"{100 * difference:+.1f}"


def p_value(p: float) -> str:
    """E.g. `0.031`, `< 0.0001`."""
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"


def comparison_note(table: TableRecord) -> str:
    """What the arrows mean and how they were tested; empty for a table that compares nothing at this scale."""
    if not table.comparisons:
        return ""
    seeds = any(len(one.by_seed) > 1 for one in table.comparisons)
    how = (
        "both seeds and questions are random; never less than the exact test over questions"
        if seeds
        else "exact McNemar; a question that is asked several times is one observation"
    )
    shown = sum(one.p_holm < 1 - table.confidence for one in table.comparisons)
    return (
        f"↑ ↓: higher or lower than {table.reference} on the same questions: paired test ({how}),"
        f" Holm-corrected over the table's {len(table.comparisons)} comparisons, p < {1 - table.confidence:.2g};"
        f" {shown or 'none'} of them {'is' if shown == 1 else 'are'}. A maximum over modes is compared in the"
        " mode that it shows."
    )


COMPARISON_HEADS = (
    "Column",
    "Row",
    "against",
    "Difference",
    "Only row / only other right",
    "Questions",
    "p",
    "p (Holm)",
)


def comparison_lines(table: TableRecord) -> list[list[str]]:
    """The comparisons as text, under `COMPARISON_HEADS`; with several seeds, the p of each stands behind p."""
    titles = {column.key: column.title for column in table.columns}
    lines = []
    for one in table.comparisons:
        first, second = _told_apart(one)
        seeds = f" (seeds {', '.join(map(p_value, one.by_seed))})" if len(one.by_seed) > 1 else ""
        lines.append(
            [
                titles[one.column],
                first,
                second,
                f"{points(one.difference)} [{points(one.low)}, {points(one.high)}]",
                f"{one.only_first} / {one.only_second}",
                str(one.n),
                f"{p_value(one.p)}{seeds}",
                p_value(one.p_holm),
            ]
        )
    return lines


def _told_apart(one: ComparisonRecord) -> tuple[str, str]:
    """Names of both rows without what every comparison of a table shares, with the mode that a maximum shows."""

    def name(head: tuple[str, ...], mode: str) -> str:
        return f"{head[1]}, {mode}"

    return name(one.first, one.first_mode), name(one.second, one.second_mode)


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
                writer.writerow(head + _csv_tail(cell, table.comparison(row.head, cell.column)))
    return stream.getvalue()


def _csv_tail(cell: CellRecord, compared: ComparisonRecord | None) -> list[str | int]:
    if cell.ours is None:
        note = f"not run: {cell.text}" if cell.kind == "not_run" else ""
        return ["" if note else cell.text, "", "", "", "", "", "", cell.review, "", "", "", "", note]
    tested = ["", "", "", ""]
    if compared:
        tested = ["|".join(compared.second), points(compared.difference), f"{compared.p:.3g}", f"{compared.p_holm:.3g}"]
    ours = cell.ours
    deviation = "" if ours.deviation is None else percent(ours.deviation)
    numbers: list[str | int] = [percent(ours.value), percent(ours.low), percent(ours.high), ours.n]
    return [*numbers, cell.best_mode, len(cell.sources), deviation, cell.review, *tested, ""]


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

    def cell_text(cell: CellRecord | None, mark: str) -> str:
        if cell is None:
            return separator.strip() if is_split else ""
        reported = f"**{cell.reported}**" if cell.is_best_reported else (cell.reported or "–")
        return f"{reported}{separator}{_ours_in_markdown(cell, notes, mark)}"

    def line(head: tuple[str, ...], cells: tuple[CellRecord | None, ...]) -> str:
        marks = [table.mark(head, column.key) for column in table.columns]
        return "| " + " | ".join([*head, *map(cell_text, cells, marks)]) + " |"

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
    lines += [f"{note}  " for note in (comparison_note(table), detectable_note(table)) if note]
    if table.comparisons:
        lines += ["", "Paired comparisons:", "", "| " + " | ".join(COMPARISON_HEADS) + " |"]
        lines += ["|" + "---|" * len(COMPARISON_HEADS)]
        lines += ["| " + " | ".join(one) + " |" for one in comparison_lines(table)]
    return "\n".join(lines).rstrip() + "\n"


def _ours_in_markdown(cell: CellRecord, notes: Notes, mark: str) -> str:
    if cell.kind == "not_run":
        return f"– ({notes.letter(cell.text)})"
    if cell.ours is None:
        return cell.text + (MACHINE_MARK if cell.review == "machine" else "")
    ours = percent(cell.ours.value)
    ours = f"{f'**{ours}**' if cell.is_best_ours else ours}{mark}"
    return f"{ours}{spread(cell.ours)} {interval(cell.ours)} n={cell.ours.n}"


def _interval_phrase(table: TableRecord) -> str:
    if not table.has_scores:
        return ""
    over = f"; ± is the standard deviation over {table.seeds} training seeds" if table.seeds > 1 else ""
    return f" with its {100 * table.confidence:g} % interval and the number of answers n{over}"
