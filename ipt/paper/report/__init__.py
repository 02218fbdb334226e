"""`report.html` and `report.pdf`: everything that was made, on one page that needs nothing from outside."""

from pathlib import Path

from ipt.config import Config
from ipt.runs import Layout

__all__ = ["build_report"]


def build_report(config: Config, layout: Layout, folder: Path) -> None:
    """Write `report.html` and `report.pdf` into `folder`, from the tables, figures, claims and traces that are there.

    Raises:
        UserError: a table, figure, score or trace is missing or damaged; names it.
    """
    from ipt.datasets.files import write_text
    from ipt.paper.report.content import read_content
    from ipt.paper.report.page import page_of
    from ipt.paper.report.pdf import write_pdf

    content = read_content(config, layout, folder)
    write_text(folder / "report.html", page_of(content, layout))
    write_pdf(content, folder / "report.pdf")
