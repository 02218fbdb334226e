"""Table `ablation_latent`: size of the imagined image."""

from ipt.paper.cells import TableSpec
from ipt.paper.filling import against_training, columns_of, reported_cells

SPEC = TableSpec(
    "ablation_latent",
    "Size of the imagined image",
    "Accuracy (%) after generating a thought, by the size of the imagined image that the model was trained on."
    " Latent-N keeps the paper's proportion to Latent-64, which is this scale's output size.",
    ("Model", "Training", "Inference"),
    lambda config: columns_of(config, "ablation_latent"),
    lambda config: reported_cells(config, "ablation_latent"),
    reference=against_training("ipt/latent_64"),
    reference_phrase="Latent-64",
)
