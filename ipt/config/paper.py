"""What the reader sees."""

from pydantic import Field, model_validator

from ipt.config.section import Section
from ipt.names import INFERENCES, LATENT_SIZES, Environment, Inference


class PaperConfig(Section):
    """What the reader sees."""

    latent_sizes: tuple[int, ...] = Field(
        (4, 16, 32, 64), description="Latent-N of the ablation that this scale trains"
    )
    environments: tuple[Environment, ...] = ("primary", "different")
    inferences: tuple[Inference, ...] = INFERENCES
    directory: str = Field("results/{scale}/paper", description="where tables, figures and the report go")

    @model_validator(mode="after")
    def _known(self) -> "PaperConfig":
        if "generate" in self.inferences:
            raise ValueError("inferences has generate, which is how models of others are asked, not ours")
        wrong = [size for size in self.latent_sizes if size not in LATENT_SIZES]
        if wrong:
            raise ValueError(f"latent_sizes has {wrong[0]}: the paper's sizes are {list(LATENT_SIZES)}")
        if 64 not in self.latent_sizes:
            raise ValueError("latent_sizes lacks 64, which every other table uses")
        return self
