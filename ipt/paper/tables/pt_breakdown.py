"""Table `pt_breakdown`: Path Tracing by input setting."""

from ipt.paper.cells import TableSpec
from ipt.paper.filling import against_training, columns_of, reported_cells
from ipt.paper.tables.main_results import blind_cells

SPEC = TableSpec(
    "pt_breakdown",
    "Path Tracing by input setting",
    "Accuracy (%) with the map and both endpoint views (EgoDir), the map alone, and the map with an arrow of the"
    " queried direction. Trained models: the larger of the two inference modes. Bold: best of its group.",
    ("Model", "Training", "Inference"),
    lambda config: columns_of(config, "pt_breakdown"),
    lambda config: reported_cells(config, "pt_breakdown") + blind_cells(config, "pt_breakdown"),
    bold_best=True,
    reference=against_training("label_only"),
    reference_phrase="label_only",
)
