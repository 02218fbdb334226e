"""Which questions stay, and who decides."""

from typing import Literal

from pydantic import Field

from ipt.config.section import Fraction, Positive, Section
from ipt.names import Split


class CurationConfig(Section):
    """Which questions stay (paper 2.2, filter) and who decides about the evaluation sets."""

    recheck_size: Positive = Field(1024, description="px at which visibility is measured again")
    recheck_splits: tuple[Split, ...] = Field(("train", "val", "test"), description="splits measured again")
    judge: str = Field(
        "simulator",
        description="who looks at pt questions after that: `simulator` (the second measurement is its answer), or a"
        " vision model under `endpoints`, asked in up to three rounds (paper: GPT-4.1)",
    )
    judge_splits: tuple[Split, ...] = Field(("train", "val", "test"), description="splits that a vision model judges")
    chains: str = Field(
        "template",
        description="text CoT: `template` (the paper's structure, varied words), `brief` (what a nano model can learn),"
        " or a language model under `endpoints` (paper: GPT-5.1)",
    )
    blind_excess_max: Fraction = Field(
        0.05, description="accuracy above chance without looking that the bias report calls no bias (ours)"
    )
    decisions: Literal["auto", "required"] = Field(
        "required",
        description="without human decisions: `auto` accepts by machine and marks the set, `required` stops",
    )
    debias_ratio_max: float | None = Field(
        1.5,
        ge=1,
        description="largest over smallest sub-category after people rejected questions (null: any)",
    )
