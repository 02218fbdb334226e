"""Several scores files together, for tables and claims: training seeds, best of modes, paired comparisons.

A *setting* names one input setting, whose plain accuracy is meant; '' means the headline over all of them. Light to
import: scipy comes in only where there is something to test or to draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ipt.errors import UserError
from ipt.evaluation.scores_format import Estimate, Scores
from ipt.seeding import content_rng

if TYPE_CHECKING:
    from ipt.evaluation.paired import Paired


@dataclass(frozen=True)
class Graded:
    """The answers of one inference mode over training seeds, in one order; all tuples are parallel."""

    correct: NDArray[np.bool_]
    """[seeds, answers]"""
    question: tuple[str, ...]
    setting: tuple[str, ...]
    group: tuple[str, ...]
    """What the score is an unweighted mean over: sub-categories of pet, input settings of pt, one group otherwise."""


def graded(scores: Sequence[Scores], mode: str, setting: str = "") -> Graded:
    """Right or wrong of every answer in one mode (and one input setting, if named).

    Raises:
        UserError: no scores, the mode was not run, or the seeds did not answer the same questions.
    """
    for one in scores:
        estimate(one, mode, setting)
    _check_same_questions(scores)
    items = scores[0].items
    keep = [index for index, asked in enumerate(items.input_setting) if setting in ("", asked)]
    groups = {"pet": items.category, "pt": items.input_setting}.get(scores[0].task) if not setting else None
    return Graded(
        correct=np.array([[one.items.correct[mode][index] == "1" for index in keep] for one in scores]),
        question=tuple(items.question_id[index] for index in keep),
        setting=tuple(items.input_setting[index] for index in keep),
        group=tuple(groups[index] if groups else "" for index in keep),
    )


def estimate(scores: Scores, mode: str, setting: str = "") -> Estimate:
    """The headline of one scores file in one mode, or its accuracy in one input setting.

    Raises:
        UserError: the mode or the setting was not run; names the model and the benchmark.
    """
    if mode not in scores.modes:
        raise UserError(
            f"{scores.model_id} on {scores.benchmark}: modes: lacks {mode}, which a table needs; delete its scores and"
            " predictions and run again"
        )
    if not setting:
        return scores.modes[mode].headline
    if setting not in scores.modes[mode].by_setting:
        raise UserError(
            f"{scores.model_id} on {scores.benchmark}: modes.{mode}.by_setting: lacks {setting}, which a table needs;"
            " delete its scores and predictions and run again"
        )
    return scores.modes[mode].by_setting[setting]


@dataclass(frozen=True)
class Combined:
    """One score over training seeds. With one seed, exactly its scores file's estimate."""

    mean: float
    deviation: float | None
    """Sample standard deviation over seeds; None with one seed."""
    low: float
    high: float
    n: int
    """Answers of one seed."""
    values: tuple[float, ...]
    """Of each seed, in the given order."""
    method: str


def combine_seeds(scores: Sequence[Scores], mode: str, setting: str = "") -> Combined:
    """Mean score over the seeds of one model, with a hierarchical bootstrap interval over seeds and questions.

    Raises:
        UserError: no scores, the mode or setting was not run, or the seeds did not answer the same questions.
    """
    if not scores:
        raise UserError(f"{mode}: no scores to combine")
    estimates = [estimate(one, mode, setting) for one in scores]
    first = estimates[0]
    if len(scores) == 1:
        return Combined(first.value, None, first.low, first.high, first.n, (first.value,), first.method)
    from ipt.evaluation.statistics import bootstrap_over_seeds

    answers = graded(scores, mode, setting)
    values = tuple(one.value for one in estimates)
    rng = content_rng("seeds", scores[0].benchmark, mode, setting, *(one.model_id for one in scores))
    low, high = bootstrap_over_seeds(answers.correct, answers.group, answers.question, rng, scores[0].confidence)
    return Combined(
        mean=float(np.mean(values)),
        deviation=float(np.std(values, ddof=1)),
        low=low,
        high=high,
        n=first.n,
        values=values,
        method=f"bootstrap over {len(scores)} seeds and questions",
    )


def best_of_modes(scores: Sequence[Scores], modes: Sequence[str], setting: str = "") -> tuple[str, dict[str, Combined]]:
    """The mode with the highest mean score, as the paper reports fine-tuned models, and the numbers of every mode.

    Choosing the better of two on the test set is optimistic: show every mode's value beside it. Ties go to the first of
    `modes`.

    Raises:
        UserError: a mode was not run.
    """
    combined = {mode: combine_seeds(scores, mode, setting) for mode in modes}
    return max(combined, key=lambda mode: combined[mode].mean), combined


def compare(first: Graded, second: Graded) -> "Paired":
    """First minus second, on the same answers (see `ipt.evaluation.paired`).

    Raises:
        UserError: the two did not answer the same questions.
    """
    from ipt.evaluation import paired

    if (first.question, first.setting) != (second.question, second.setting):
        raise UserError("the two sides of a comparison were not scored on the same questions; score both again")
    return paired.compare(first.correct, second.correct, first.question, first.group)


def _check_same_questions(scores: Sequence[Scores]) -> None:
    first = scores[0]
    for other in scores[1:]:
        same = (other.items.question_id, other.items.input_setting) == (
            first.items.question_id,
            first.items.input_setting,
        )
        if not same or other.provenance.evaluation_set_sha256 != first.provenance.evaluation_set_sha256:
            raise UserError(
                f"{other.model_id} and {first.model_id} on {first.benchmark}: evaluation_set_sha256: not scored on the"
                " same questions; delete the older scores and run again"
            )
