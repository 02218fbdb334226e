"""Which questions stay, and who decides."""

from typing import Literal

from pydantic import Field

from ipt.config.section import Positive, Section
from ipt.names import Split


class CurationConfig(Section):
    """Which questions stay (paper 2.2, filter) and who decides about the evaluation sets."""

    recheck_size: Positive = Field(1024, description="px at which visibility is measured again")
    recheck_splits: tuple[Split, ...] = Field(("train", "val", "test"), description="splits measured again")
    decisions: Literal["auto", "required"] = Field(
        "required",
        description="without human decisions: `auto` accepts by machine and marks the set, `required` stops",
    )
    debias_ratio_max: float | None = Field(
        1.5,
        ge=1,
        description="largest over smallest sub-category after people rejected questions (null: any)",
    )
