"""Each table is laid out as the paper's: the shapes of SPEC 7 written out, every reported number in its own cell."""

import csv
import re
from pathlib import Path

import pytest

from ipt.config import Config
from ipt.paper import registry
from ipt.paper.records import TableRecord, load_table
from ipt.paper.reported import FIELDS, REPORTED_RESULTS, Reported
from ipt.runs import Layout

BLIND, UNIFIED, VQA, BAGEL = 3, 2, 7, 5
SHAPES: dict[str, tuple[int, int]] = {
    "dataset_stats": (3, 6),
    "main_results": (VQA + UNIFIED + BAGEL, 5),
    "ablation_latent": (4, 3),
    "ablation_thought": (5, 3),
    "transfer": (BAGEL, 2),
    "other_spatial": (VQA + UNIFIED + 2, 3),
    "pt_breakdown": (VQA + UNIFIED + BAGEL, 5),
    "discrete_ipt": (10, 2),
    "intermediate_representation": (3, 2),
}
"""Rows (blind baselines, which the paper lacks, apart) and columns. SPEC 7 speaks of 14 baselines of `other_spatial`;
the file of reported numbers, which is the source, has these nine."""
OF_NUMBERS = tuple(SHAPES)[1:]


def reported(table_id: str) -> list[Reported]:
    """Read by itself, in the order of the file."""
    with open(REPORTED_RESULTS, newline="", encoding="utf-8") as stream:
        return [Reported(*(row[name] for name in FIELDS)) for row in csv.DictReader(stream) if row["table"] == table_id]


@pytest.fixture(scope="module")
def tables(paper: Path) -> dict[str, TableRecord]:
    return {table_id: load_table(paper / "tables" / f"{table_id}.json") for table_id in registry.TABLES}


@pytest.mark.parametrize("table_id", SHAPES)
def test_rows_and_columns_are_as_many_as_the_papers(tables: dict[str, TableRecord], table_id: str) -> None:
    table = tables[table_id]
    assert (sum(row.group != "blind" for row in table.rows), len(table.columns)) == SHAPES[table_id]


@pytest.mark.parametrize("table_id", OF_NUMBERS)
def test_groups_rows_and_columns_stand_in_the_papers_order(tables: dict[str, TableRecord], table_id: str) -> None:
    table, cells = tables[table_id], reported(table_id)
    theirs = [(row.group, row.head) for row in table.rows if row.group != "blind"]
    assert theirs == list(dict.fromkeys((cell.group, cell.head) for cell in cells))
    assert [column.key for column in table.columns] == list(dict.fromkeys(cell.column for cell in cells))
    assert [row.group for row in table.rows][len(theirs) :] in ([], ["blind"] * BLIND)


@pytest.mark.parametrize("table_id", OF_NUMBERS)
def test_every_reported_number_has_its_cell_and_no_cell_has_another(
    tables: dict[str, TableRecord], table_id: str
) -> None:
    table = tables[table_id]
    shown = {
        (row.head, column.key): cell.reported
        for row in table.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
        if cell is not None and row.group != "blind"
    }
    assert shown == {(cell.head, cell.column): cell.value for cell in reported(table_id)}


@pytest.mark.parametrize("table_id", ["main_results", "pt_breakdown"])
def test_the_best_marks_are_those_of_each_group_and_column(tables: dict[str, TableRecord], table_id: str) -> None:
    cells = reported(table_id)
    best = {
        (group, column): max(float(cell.value) for cell in cells if (cell.group, cell.column) == (group, column))
        for group, column in {(cell.group, cell.column) for cell in cells}
    }
    expected = {(cell.head, cell.column) for cell in cells if float(cell.value) == best[cell.group, cell.column]}
    marked = {
        (row.head, cell.column)
        for row in tables[table_id].rows
        for cell in row.cells
        if cell is not None and cell.is_best_reported
    }
    assert marked == expected


def test_numbers_of_the_page_are_the_papers(paper: Path, tables: dict[str, TableRecord]) -> None:
    """In the page, each table's reported numbers are, in order, those of the file; dashes are not printed."""
    page = (paper / "report.html").read_text(encoding="utf-8")
    for table_id in OF_NUMBERS:
        section = page.split(f'<section id="table-{table_id}"')[1].split("</section>")[0]
        shown = re.findall(r'<span class="paper[^"]*">([^<]+)</span>', section)
        assert shown == [cell.value for cell in reported(table_id) if cell.value]


@pytest.mark.parametrize(
    ("table_id", "settings"),
    [
        ("hyperparameters", {"Learning rate": "1e-05", "Warm-up steps": "2,000", "EMA": "0.9999", "Epsilon": "1e-15"}),
        ("hyperparameters", {"Batch": "at most 32,768 tokens", "Longest sample": "24,576 tokens", "Steps": "25,000"}),
        ("inference", {"Temperature": "0.3", "Thinking tokens at most": "4,096", "Diffusion steps": "50"}),
        ("inference", {"Timestep shift": "3", "Text guidance": "4", "Image guidance": "2"}),
    ],
)
def test_settings_of_the_paper(tables: dict[str, TableRecord], table_id: str, settings: dict[str, str]) -> None:
    """SPEC 4 and 5."""
    told = {row.head[0]: row.cells[0] for row in tables[table_id].rows}
    for name, value in settings.items():
        cell = told[name]
        assert cell is not None
        assert cell.reported == value


def test_the_papers_figures_are_these(config: Config, layout: Layout) -> None:
    """SPEC 8; those that need the discrete tokenizer say that they are not run."""
    assert set(registry.FIGURES) == {
        "overview", "latent_resolution", "pt_text_cot", "pt_inference", "pet_inference", "mvc_inference",
        "pt_dataset", "pet_dataset", "mvc_dataset",
        "vqgan_reconstruction", "discrete_ipt_decoded", "discrete_ipt_grayscale",
    }  # fmt: skip
    needs = registry.figure_needs(config, "latent_resolution")
    assert {benchmark for benchmark, _, _ in needs.predictions} == {"mvc-primary", "pet-primary"}
    assert all(path.is_file() for path in needs.paths(layout))
