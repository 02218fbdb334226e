"""Training and evaluation: how much there is to do. No rate has been measured on the GPUs of scale `paper`."""

from ipt.config import Config
from ipt.estimate.item import Item
from ipt.paper import registry
from ipt.runs import BLIND_MODELS, Run

BAGEL_PARAMETERS = 14_607_260_128
"""Of BAGEL-7B-MoT: the sum over the tensors of its released weights (counted on the meta device)."""
NOT_MEASURED = "not measured: no run of this size has been made; weights in bf16 by their number of parameters"


def items(config: Config) -> list[Item]:
    """A line a run and a line a benchmark; GPU-hours are None, storage is what the exported weights take."""
    weights = 2 * BAGEL_PARAMETERS / 1e9 if config.model.source == "hub" else None
    found = [
        Item("train", run.run_id, _work(config, run), gpu_hours=None, storage_gb=weights, source=NOT_MEASURED)
        for run in registry.runs(config)
        if run.supervision != "base"
    ]
    asked: dict[str, int] = {}
    for benchmark, model in registry.all_score_files(config):
        asked[benchmark] = asked.get(benchmark, 0) + (model not in BLIND_MODELS)
    for benchmark, models in asked.items():
        found.append(Item("evaluate", benchmark, f"{models} models", gpu_hours=None, source=NOT_MEASURED))
    return found


def _work(config: Config, run: Run) -> str:
    steps, training = config.training_steps(run.task), config.training
    if training.samples_per_step is not None:
        return f"{steps:,} steps of {training.samples_per_step} samples"
    return f"{steps:,} steps of {training.packs_per_step} x {training.tokens_per_pack:,} tokens"
