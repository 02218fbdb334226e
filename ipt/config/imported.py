"""Predictions that others released, to stand in the same tables."""

from pathlib import Path

from pydantic import Field, model_validator

from ipt.config.section import Section
from ipt.names import ALL_INFERENCES, Inference


class ImportedConfig(Section):
    """The spreadsheets of one model on one benchmark, in place of asking it."""

    benchmark: str = Field(description="e.g. pt-primary")
    model: str = Field(description="a baseline (gpt-5), base.seed0 or a run (pet.ipt.latent64.seed0)")
    files: dict[Inference, dict[str, Path]] = Field(
        description="inference mode -> input setting -> .xlsx, .csv or .tsv with a row a question"
    )

    @model_validator(mode="after")
    def _some(self) -> "ImportedConfig":
        if not self.files or not all(self.files.values()):
            raise ValueError(f"files is empty; name a file for an input setting of {', '.join(ALL_INFERENCES)}")
        return self

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file, once."""
        return tuple(dict.fromkeys(path for settings in self.files.values() for path in settings.values()))
