"""Table `main_results`: every model on the three tasks and on the two sets of another environment."""

from ipt.config import Config
from ipt.paper.cells import Cell, Row, ScoreRequest, TableSpec
from ipt.paper.filling import against_training, benchmark_of, columns_of, reported_cells
from ipt.paper.tables.ours import mixture_cells, released_cells
from ipt.runs import parse_benchmark

BLIND_ROWS = {
    "blind_random": "Random choice",
    "blind_majority": "Majority answer",
    "blind_question_only": "Question without images",
}
"""Ours only: what an answerer reaches that sees no image."""


def blind_cells(config: Config, table_id: str) -> list[Cell]:
    """The rows that the paper lacks: blind baselines on every column of ours."""
    cells = []
    for model_id, title in BLIND_ROWS.items():
        row = Row("blind", (title, "none", "answer_only"))
        for column in columns_of(config, table_id):
            place = benchmark_of(column.key)
            if place is None or parse_benchmark(place[0]).environment not in config.paper.environments:
                continue
            request = ScoreRequest(place[0], ("answer_only",), blind=model_id, aggregate=place[1])
            cells.append(Cell(table_id, row, column.key, "", request))
    return cells


SPEC = TableSpec(
    "main_results",
    "Main results",
    "Accuracy (%) on the three tasks and in a different environment. Trained models: the larger of answering directly"
    " and answering after a thought, as in the paper; the value of each mode is in the cell's trace."
    " Bold: best of its group.",
    ("Model", "Training", "Inference"),
    lambda config: columns_of(config, "main_results"),
    lambda config: [
        *reported_cells(config, "main_results"),
        *mixture_cells(config, "main_results"),
        *released_cells(config, "main_results"),
        *blind_cells(config, "main_results"),
    ],
    bold_best=True,
    reference=against_training("label_only"),
    reference_phrase="label_only",
)
