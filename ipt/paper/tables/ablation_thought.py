"""Table `ablation_thought`: what the thought contributes."""

from ipt.paper.cells import TableSpec
from ipt.paper.filling import against_inference, columns_of, reported_cells

SPEC = TableSpec(
    "ablation_thought",
    "What the thought contributes",
    "Accuracy (%) of one trained model answering directly, after its own thought, and after the true imagined"
    " image (oracle).",
    ("Model", "Training", "Inference"),
    lambda config: columns_of(config, "ablation_thought"),
    lambda config: reported_cells(config, "ablation_thought"),
    reference=against_inference("with_thought"),
    reference_phrase="with_thought of the same training",
)
