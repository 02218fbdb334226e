"""All tables, or all figures of a kind, in one process: starting Python for each would cost more than the work."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from ipt.config import Config
from ipt.paper import registry
from ipt.runs import Layout

FigureKind = Literal["data", "results"]


def build_all_tables(config: Config, layout: Layout, output_dir: Path) -> None:
    """Every table, their traces, the claims, the audit and what DVC shows, below `output_dir`.

    Raises:
        UserError: a file that a cell needs is missing or damaged, or the trace of a cell is incomplete; names it.
    """
    from ipt.paper.audit.report import write_audit
    from ipt.paper.claims.report import write_claims
    from ipt.paper.metrics import build_metrics
    from ipt.paper.stamp import current_stamp
    from ipt.paper.tables import build_table
    from ipt.paper.traces import write_traces

    tables = [build_table(config, table_id, layout, output_dir / "tables") for table_id in registry.TABLES]
    write_audit(output_dir)
    write_claims(config, layout, output_dir)
    build_metrics(config, layout, output_dir)
    write_traces(config, layout, tables, current_stamp(), output_dir / "traces.json")


def build_figures(config: Config, layout: Layout, output_dir: Path, figures: Iterable[str]) -> None:
    """Each of `figures`. Raises as `build_figure`."""
    from ipt.paper.figures.build import build_figure

    for figure_id in figures:
        build_figure(config, figure_id, layout, output_dir)


def figures_of(config: Config, kind: FigureKind) -> tuple[str, ...]:
    """The figures of a kind: of data alone, or of what models did."""
    return registry.data_figures(config) if kind == "data" else registry.result_figures(config)
