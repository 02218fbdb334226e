"""Several sets in one run (paper 2: the further training data of pet and mvc)."""

from typing import Annotated

from pydantic import Field, model_validator

from ipt.config.section import Positive, Section
from ipt.names import LATENT_SIZES, TRAINED_SUPERVISIONS, Supervision

MIXTURE_NAME = r"mix_[a-z0-9]+(_[a-z0-9]+)*"
"""A mixture's name begins so that a run's name says which it is: a task or a mixture."""
SET_NAME = r"(pet|pt|mvc)-(primary|different)"


class MixtureConfig(Section):
    """Training sets that runs see together, mixed by rows: `mix_all: {sets: [pet-primary, mvc-primary], steps: 100}`.

    Every table of main results gets a row a supervision, on the benchmarks of the mixture's tasks.
    """

    sets: tuple[Annotated[str, Field(pattern=f"^{SET_NAME}$")], ...] = Field(
        min_length=1, description="training sets, e.g. pet-primary, pet-different; validation is on theirs, too"
    )
    shares: tuple[Positive, ...] | None = Field(
        None,
        description="rows of each set among every sum(shares) rows, exactly; null: as many as the set has questions,"
        " so that all are seen equally often",
    )
    steps: Positive = Field(description="optimizer steps")
    supervisions: tuple[Supervision, ...] = Field(("ipt",), min_length=1)
    latent: int = 64

    @model_validator(mode="after")
    def _whole(self) -> "MixtureConfig":
        if len(set(self.sets)) < len(self.sets):
            raise ValueError("sets names one twice; give each once and its part in shares")
        if self.shares is not None and len(self.shares) != len(self.sets):
            raise ValueError(f"shares has {len(self.shares)} numbers for {len(self.sets)} sets; give one a set")
        if wrong := [name for name in self.supervisions if name not in TRAINED_SUPERVISIONS]:
            raise ValueError(f"supervisions has {wrong[0]}, which trains nothing")
        if self.latent not in LATENT_SIZES:
            raise ValueError(f"latent is {self.latent}: the paper's sizes are {list(LATENT_SIZES)}")
        return self

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks of its sets, each once."""
        return tuple(dict.fromkeys(name.split("-")[0] for name in self.sets))
