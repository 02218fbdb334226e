"""The ground of every configuration section: frozen, and unknown keys are refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class Section(BaseModel):
    """A frozen group of fields that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)
