"""The scores file: one JSON a model and benchmark, read by tables, figures, claims and DVC.

Light imports only. Every accuracy is a fraction in [0, 1]; tables multiply by 100. Headline numbers use the `strict`
answer extraction; the released extraction is reported beside it. See `ipt.evaluation.score` for how each value is
computed.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ipt.datasets.files import verify
from ipt.errors import UserError

SCORES_SCHEMA = 1


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Estimate(_Strict):
    """A proportion with its interval. `method` names how the interval was made (see `ipt.evaluation.statistics`)."""

    value: float
    low: float
    high: float
    n: int
    """Answers it rests on."""
    correct: int
    method: str


class ImageQuality(_Strict):
    """Generated against true imagination, over the answers that have both.

    PSNR in dB, SSIM in [-1, 1], layout agreement (`ipt.evaluation.layout`) in [-1, 1].
    """

    n: int
    psnr_mean: float
    ssim_mean: float
    psnr_std: float
    ssim_std: float
    layout_mean: float | None = None
    layout_std: float | None = None


class ModeScores(_Strict):
    """One inference mode."""

    headline: Estimate
    """The paper's score: pet unweighted mean over sub-categories, pt mean over input settings, mvc micro accuracy."""
    micro: Estimate
    headline_released: Estimate
    """The headline under the released answer extraction."""
    by_category: dict[str, Estimate]
    by_setting: dict[str, Estimate]
    parse_failures: dict[Literal["strict", "released"], float]
    """Share of the answers from which no letter could be read."""
    parse_paths: dict[Literal["strict", "released"], dict[str, int]]
    """How many answers each step of the extraction decided."""
    chance: float
    """Expected accuracy of guessing: mean of 1 / number of choices."""
    p_above_chance: float
    """One-sided exact binomial test of the micro accuracy against chance."""
    detectable_difference: float
    """Smallest true difference between two models that n answers show with 80 % power at the 5 % level."""
    image_quality: ImageQuality | None
    """None where no image was generated."""


class Items(_Strict):
    """Correctness of each question in each input setting, for paired tests. All lists are parallel.

    `correct[mode]` and `correct_released[mode]` are strings of `1` (right) and `0` (wrong), one character an entry of
    `question_id`: every mode that was run answers everything.
    """

    question_id: list[str]
    input_setting: list[str]
    category: list[str]
    correct: dict[str, str]
    correct_released: dict[str, str]
    psnr: dict[str, list[float | None]] = {}
    """Generated against true imagination of each entry, by mode; None where no image is stored. Only modes with any."""
    ssim: dict[str, list[float | None]] = {}
    layout: dict[str, list[float | None]] = {}


class Provenance(_Strict):
    """What the numbers were made from."""

    predictions_sha256: str
    evaluation_set_sha256: str
    checkpoint_digest: str
    config_digest: str
    """Of the configuration sections that the predictions depend on, as in their manifest."""
    command: str


class Scores(_Strict):
    """All scores of one model on one benchmark."""

    schema_version: int
    benchmark: str
    task: str
    environment: str
    model_id: str
    """A run id (`pet.ipt.latent64.seed0`, `base.seed0`) or a blind model (`blind_majority`)."""
    review: Literal["machine", "people", "mixed"]
    """Who accepted the questions: automatic checks, people, or some of each."""
    confidence: float
    """Level of every interval."""
    questions: int
    """Distinct questions (an answer is one question in one input setting)."""
    modes: dict[str, ModeScores]
    """By inference mode: answer_only, with_thought, oracle_thought; only those that were run."""
    items: Items
    provenance: Provenance


def load_scores(path: Path) -> Scores:
    """Verify and read a scores file.

    Raises:
        UserError: missing, changed since it was written, or of another version; names the file and the field.
    """
    verify(path)
    try:
        scores = Scores.model_validate_json(path.read_bytes())
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"]) or "file"
        raise UserError(f"{path}: {field}: {problem['msg']}; delete it and run the same command again") from None
    if scores.schema_version != SCORES_SCHEMA:
        raise UserError(
            f"{path}: schema_version is {scores.schema_version}, expected {SCORES_SCHEMA}; delete it and run again"
        )
    return scores
