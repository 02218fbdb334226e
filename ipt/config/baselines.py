"""Which models of others are asked, and how. None by default: weights and keys are the user's."""

from typing import Literal

from pydantic import Field

from ipt.config.section import Positive, Section
from ipt.names import ApiBaseline, HubBaseline


class HubModelConfig(Section):
    """A vision-language model that transformers opens. Empty fields are the catalogue's (`ipt.models.baselines`)."""

    path: str = Field("", description="folder that holds the model; empty: the hub repository")
    repository: str = Field("", description="hub repository; empty: the catalogue's")
    revision: str = Field(
        "",
        pattern="^([0-9a-f]{40})?$",
        description="commit of the repository; empty: the catalogue's, if it has one",
    )
    batch: Positive = Field(8, description="questions answered at once")
    max_new_tokens: Positive = 1024
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="`auto`: bf16 on a GPU, else fp32")


class BaselinesConfig(Section):
    """Models of others that this scale asks; the cells of all others say `not run`."""

    hub: dict[HubBaseline, HubModelConfig] = Field({}, description="e.g. `qwen2.5-vl-7b: {}`")
    api: dict[ApiBaseline, str] = Field({}, description="baseline -> its name under `endpoints`, e.g. `gpt-5: gpt-5`")
