"""How it learns (paper 4)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ipt.config.section import Fraction, Positive, Section
from ipt.names import Task


class TrainingConfig(Section):
    """How it learns (paper 4). Exactly one of samples_per_step and tokens_per_step is set."""

    steps: dict[Task, Positive] = Field(
        {"pet": 25000, "pt": 25000, "mvc": 25000},
        description="optimizer steps a task, the same for every supervision mode",
    )
    samples_per_step: Positive | None = None
    tokens_per_step: Positive | None = 32768
    tokens_per_sample: Positive = 24576
    learning_rate: float = 1e-5
    schedule: Literal["constant", "cosine"] = "constant"
    warmup_steps: int = Field(2000, ge=0)
    betas: tuple[float, float] = (0.9, 0.95)
    epsilon: float = 1e-15
    weight_decay: float = 0.0
    gradient_clip: float = 1.0
    ema: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.9999
    loss_weight_text: float = 1.0
    loss_weight_image: float = 1.0
    text_dropout: Fraction = 0.1
    context_image_dropout: Fraction = 0.3
    precision: Literal["fp32", "bf16"] = "bf16"
    seeds: tuple[int, ...] = (0,)
    checkpoint_every: Positive = 500
    log_every: Positive = 10

    @model_validator(mode="after")
    def _one_budget(self) -> "TrainingConfig":
        if (self.samples_per_step is None) == (self.tokens_per_step is None):
            raise ValueError("set exactly one of samples_per_step and tokens_per_step (the other to null)")
        if not self.seeds:
            raise ValueError("seeds is empty: give at least one")
        return self
