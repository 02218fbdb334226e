r"""One table as LaTeX: a `table*` with booktabs rules that fits the text width, whatever its number of columns.

A cell has two lines, reported / ours above and the interval with n below, so that five columns fit a page. Only
booktabs is needed: columns are `p{...}`, rows end with `\tabularnewline`.
"""

from ipt.paper.records import CellRecord, TableRecord
from ipt.paper.tables.render import (
    MACHINE_MARK,
    MACHINE_NOTE,
    Notes,
    comparison_note,
    detectable_note,
    grouped,
    interval,
    is_of_words,
    percent,
    spread,
)

END = r" \tabularnewline"
_ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "†": r"\textdagger{}",
    "±": r"$\pm$",
    "–": "--",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "<": r"$<$",
    "_": r"\_\allowbreak{}",
}
_ESCAPED |= {character: f"\\{character}" for character in "&%$#{}"}


def escape_latex(text: str) -> str:
    """Text safe inside LaTeX; a line may break after an underscore."""
    return "".join(_ESCAPED.get(character, character) for character in text)


def to_latex(table: TableRecord) -> str:
    """The whole environment."""
    notes = Notes()
    is_words = is_of_words(table)

    def line(head: tuple[str, ...], cells: tuple[CellRecord | None, ...]) -> str:
        marks = [table.mark(head, column.key) for column in table.columns]
        filled = [_cell(cell, notes, is_words, mark) for cell, mark in zip(cells, marks, strict=True)]
        return " & ".join([_head(head), *filled]) + END

    def title(text: str) -> str:
        return rf"\addlinespace \multicolumn{{{1 + len(table.columns)}}}{{l}}{{\emph{{{escape_latex(text)}}}}}{END}"

    body = grouped(table, line, title)
    titles = [
        rf"\raggedright {escape_latex(column.title + (MACHINE_MARK if column.is_machine_filtered else ''))}"
        for column in table.columns
    ]
    cells = "Each cell: reported / ours" if not is_words else "Each cell: the paper's, then in italics ours"
    numbers = ", below it the interval of ours and its number of answers" if table.has_scores else ""
    caption = f"{table.title}. {table.caption} {cells} (scale {table.scale}){numbers}."
    tail = [rf"\textdagger{{}} {escape_latex(MACHINE_NOTE)}."] if table.is_machine_filtered else []
    tail += [rf"\textsuperscript{{{letter}}} not run: {escape_latex(text)}." for letter, text in notes]
    tail += [escape_latex(note) for note in (comparison_note(table), detectable_note(table)) if note]
    return "\n".join(
        [
            "% needs \\usepackage{booktabs}",
            r"\begin{table*}",
            r"\centering\footnotesize\setlength{\tabcolsep}{3pt}",
            rf"\caption{{{escape_latex(caption)}}}",
            rf"\label{{tab:{table.table_id}}}",
            rf"\begin{{tabular}}{{{_columns(len(table.columns))}}}",
            r"\toprule",
            " & ".join([escape_latex(table.row_headers[0]), *titles]) + END,
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            *([r"\par\smallskip\raggedright\scriptsize " + " ".join(tail)] if tail else []),
            r"\end{table*}",
            "",
        ]
    )


def _columns(count: int) -> str:
    """A fifth of the text width for the head, the rest in equal parts; each column has 3pt on both sides."""
    head = r"p{\dimexpr0.2\textwidth-6pt\relax}"
    return head + rf"p{{\dimexpr0.8\textwidth/{count}-6pt\relax}}" * count


def _head(head: tuple[str, ...]) -> str:
    under = rf"\newline{{\tiny {escape_latex(', '.join(head[1:]))}}}" if len(head) > 1 else ""
    return rf"\raggedright {escape_latex(head[0])}{under}"


def _cell(cell: CellRecord | None, notes: Notes, is_words: bool, mark: str) -> str:
    if cell is None:
        return ""
    reported = escape_latex(cell.reported or "–")
    reported = rf"\textbf{{{reported}}}" if cell.is_best_reported else reported
    if cell.kind == "not_run":
        return rf"\raggedright {reported} / --\textsuperscript{{{notes.letter(cell.text)}}}"
    if cell.ours is None:
        ours = escape_latex(cell.text + (MACHINE_MARK if cell.review == "machine" else ""))
        return rf"\raggedright {reported}\newline\emph{{{ours}}}" if is_words else rf"\raggedright {reported} / {ours}"
    ours = percent(cell.ours.value)
    ours = (rf"\textbf{{{ours}}}" if cell.is_best_ours else ours) + escape_latex(mark)
    around = escape_latex(f"{spread(cell.ours)} {interval(cell.ours)}".strip())
    return rf"\raggedright {reported} / {ours}\newline{{\tiny {around} $n$={cell.ours.n}}}"
