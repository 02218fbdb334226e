"""Table `transfer`: transfer to external sets."""

from ipt.paper.cells import TableSpec
from ipt.paper.filling import against_training, columns_of, reported_cells

SPEC = TableSpec(
    "transfer",
    "Transfer to external sets",
    "Accuracy (%) of the models trained on our tasks on SAT (66 questions) and MessyTable (200).",
    ("Model", "Training", "Inference"),
    lambda config: columns_of(config, "transfer"),
    lambda config: reported_cells(config, "transfer"),
    reference=against_training("label_only"),
    reference_phrase="label_only",
)
