"""Where the hub models of the paper's tables are, pinned. Light: the Snakefile imports it.

A revision is a commit of the hub repository that public code pins; where none was found it stays empty and the user
must say one.
"""

from dataclasses import dataclass
from typing import Any

from ipt.config import Config
from ipt.errors import UserError
from ipt.names import API_BASELINES, HUB_BASELINES, HubBaseline


@dataclass(frozen=True)
class HubModel:
    """A hub repository in transformers' own format (no remote code) and its commit; '' where none is known."""

    repository: str
    revision: str


CATALOGUE: dict[HubBaseline, HubModel] = {
    "internvl3.5-8b": HubModel("OpenGVLab/InternVL3_5-8B-HF", "741a7d03020411e666c6109218ab71e08151ef86"),
    "qwen2.5-vl-3b": HubModel("Qwen/Qwen2.5-VL-3B-Instruct", "66285546d2b821cf421d4f5eb2576359d3770cd3"),
    "qwen2.5-vl-7b": HubModel("Qwen/Qwen2.5-VL-7B-Instruct", "cc594898137f460bfe9f0759e9844b3ce807cfb5"),
    "qwen3-vl-8b": HubModel("Qwen/Qwen3-VL-8B-Instruct", "0c351dd01ed87e9c1b53cbc748cba10e6187ff3b"),
    "janus-pro-7b": HubModel("deepseek-community/Janus-Pro-7B", ""),
    "chameleon-7b": HubModel("facebook/chameleon-7b", ""),
}


def is_baseline(model_id: str) -> bool:
    """Whether a model is one of others'."""
    return model_id in HUB_BASELINES or model_id in API_BASELINES


def source_of(config: Config, model_id: HubBaseline) -> HubModel | str:
    """Repository and revision of a configured hub model, or the path of its folder.

    Raises:
        UserError: neither the configuration nor the catalogue names a revision.
    """
    chosen = config.baselines.hub[model_id]
    if chosen.path:
        return chosen.path
    known = CATALOGUE[model_id]
    repository = chosen.repository or known.repository
    revision = chosen.revision or (known.revision if repository == known.repository else "")
    if not revision:
        raise UserError(
            f"baselines.hub.{model_id}.revision: no commit of {repository} is pinned here; take its 40 digits from the"
            " repository's history on the hub and write in the scale's file: baselines: {hub:"
            f" {{{model_id}: {{revision: ...}}}}}}, or path: with a folder of the weights"
        )
    return HubModel(repository, revision)


def answer_settings(config: Config, model_id: str) -> dict[str, Any]:
    """What of the configuration, besides the sections of every model, the answers of a baseline depend on.

    Empty for our own models. How fast, how often and at what price a service is asked changes no answer.
    """
    if model_id in config.baselines.hub:
        return next(
            one.model_dump(mode="json", exclude={"batch"})
            for name, one in config.baselines.hub.items()
            if name == model_id
        )
    for name, endpoint in config.baselines.api.items():
        if name == model_id:
            fields = {"model", "base_url", "max_output_tokens", "limit_field", "temperature", "send_seed", "extra"}
            return config.endpoints[endpoint].model_dump(mode="json", include=fields)
    return {}
