"""What a cluster calls its things: from the environment, or a file of the user; nothing in the home directory.

`site.yaml` at the root (or the file that IPT_SITE names) has the fields of `Site`; `IPT_SLURM_<FIELD>` beats it.
"""

import os
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from ipt.config.section import Section
from ipt.errors import UserError

DEFAULT_FILE = "site.yaml"
PREFIX = "IPT_SLURM_"
_NAME = r"^[A-Za-z0-9_.,-]*$"


class Site(Section):
    """Names at one cluster. Empty means: do not ask for it, the cluster's default holds."""

    account: str = Field("", pattern=_NAME, description="where there is accounting")
    partition: str = Field("", pattern=_NAME, description="for jobs without GPU")
    gpu_partition: str = Field("", pattern=_NAME, description="for jobs with GPU; without it, `partition`")
    gpu_type: str = Field("", pattern=r"^[A-Za-z0-9_.]*$", description="e.g. h100: `--gpus=h100:8`")
    qos: str = Field("", pattern=_NAME)
    constraint: str = Field("", pattern=r"^[A-Za-z0-9_.,&|*\[\]()-]*$")
    evaluations_per_job: int = Field(1, ge=1, description="share a job, one after the other: their minutes add up")
    poll_seconds: int = Field(20, ge=1, description="between questions to the queue")


def load_site() -> Site:
    """The site's names.

    Raises:
        UserError: the file is missing or wrong, or a variable is; names it and the field.
    """
    named = os.environ.get("IPT_SITE", "")
    path = Path(named or DEFAULT_FILE)
    values: dict[str, object] = {}
    if path.is_file():
        values = _read(path)
    elif named:
        raise UserError(f"{named}: no such file (named by IPT_SITE); see docs/cluster.md")
    sources = dict.fromkeys(values, str(path))
    for field in Site.model_fields:
        variable = PREFIX + field.upper()
        if variable in os.environ:
            values[field], sources[field] = os.environ[variable], variable
    try:
        return Site.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"])
        known = f"; known: {', '.join(Site.model_fields)}" if problem["type"] == "extra_forbidden" else ""
        raise UserError(f"{sources.get(field, path)}: {field}: {problem['msg']}{known}") from None


def _read(path: Path) -> dict[str, object]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise UserError(f"{path}: expected the fields {', '.join(Site.model_fields)}")
    return found


def profile_site() -> Site:
    """`load_site` for Snakemake's profile, which prints a traceback for everything but SystemExit."""
    try:
        return load_site()
    except UserError as error:
        raise SystemExit(f"ipt: {error}") from None
