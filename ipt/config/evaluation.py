"""How well it answers (paper 5)."""

from typing import Annotated, Literal

from pydantic import Field

from ipt.config.section import Positive, Section


class EvaluationConfig(Section):
    """How well (paper 5)."""

    wording: Literal["released", "training"] = Field(
        "released",
        description="how questions are put: as the released evaluation, or as training rows (what small models need)",
    )
    vae_input: bool | None = Field(
        None,
        description="whether input images also enter as VAE tokens (paper 5: off generalises better for pt);"
        " null: as the model was trained",
    )
    temperature: float = 0.3
    max_think_tokens: Positive = 4096
    image_steps: Annotated[int, Field(ge=2)] = Field(50, description="points of the diffusion schedule")
    timestep_shift: float = 3.0
    cfg_text: float = 4.0
    cfg_image: float = 2.0
    cfg_interval: tuple[float, float] = (0.0, 1.0)
    batch: Positive = Field(
        16, description="most requests answered at once; on a GPU fewer where its free memory holds no more"
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="`auto`: a GPU where there is one")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="of weights and products of our own models (angles, times and sampling are fp32 in any case);"
        " `auto`: bf16 on a GPU, else fp32",
    )
    images_stored: int = Field(1000, ge=0, description="most questions whose generated images are kept")
    seed: int = 42
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
