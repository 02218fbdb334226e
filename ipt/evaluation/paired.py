"""Paired comparisons of two models, or of two modes of one model, on the same answers over one or more training seeds.

One seed: the exact test (McNemar; by question where one is answered several times). Several seeds: training again
moves an accuracy too, and a test over questions alone takes that for a difference: with three seeds whose logits move
by 0.3 it rejects a third of true null hypotheses (docs/lab_notes.md). So seeds and questions are both random, as
subjects and items are in Clark (1973), "The language-as-fixed-effect fallacy": a t statistic on the quasi-F variance
with Satterthwaite's degrees of freedom; and the p-value is the larger of that and the exact test over questions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from ipt.evaluation.statistics import Interval, paired_test

MCNEMAR = "exact McNemar test"
PAIRED = "exact paired test by question"
SEEDS = "paired test over seeds and questions"


@dataclass(frozen=True)
class Paired:
    """First minus second. Adjust the p-values of one table with `statistics.holm`."""

    difference: float
    """Of the accuracies as the tables show them: unweighted means over groups."""
    deviation: float
    """Standard error of the difference."""
    degrees: float
    """Degrees of freedom of `deviation`; infinite with one seed."""
    p_value: float
    """Two-sided, against no difference."""
    by_seed: tuple[float, ...]
    """p-value of the exact test in each seed alone."""
    n: int
    """Distinct questions."""
    only_first: int
    """Answers (over all seeds) that only the first has right."""
    only_second: int
    test: str

    def interval(self, confidence: float) -> Interval:
        """Of the difference, within [-1, 1]."""
        reach = self.deviation * float(stdtrit(min(self.degrees, 1e6), (1 + confidence) / 2))
        return max(-1.0, self.difference - reach), min(1.0, self.difference + reach)


@dataclass(frozen=True)
class _Net:
    """What each question contributes to the difference: its mean over seeds and questions is the difference."""

    by_question: NDArray[np.float64]
    """[seeds, questions]"""

    @cached_property
    def squares(self) -> tuple[float, float, float]:
        """Mean squares of seeds, questions, and what is left (analysis of variance, two crossed factors)."""
        net, (seeds, questions) = self.by_question, self.by_question.shape
        mean = net.mean()
        of_seed, of_question = net.mean(axis=1) - mean, net.mean(axis=0) - mean
        left = net - mean - of_seed[:, None] - of_question[None, :]
        return (
            questions * float(np.sum(of_seed**2)) / (seeds - 1),
            seeds * float(np.sum(of_question**2)) / (questions - 1),
            float(np.sum(left**2)) / ((seeds - 1) * (questions - 1)),
        )

    def deviation(self) -> tuple[float, float]:
        """Standard error of the difference and its degrees of freedom.

        Never less than one question's weight: no discordant answer is no proof of no difference.
        """
        seeds, questions = self.by_question.shape
        if questions < 2:
            return 1.0, math.inf
        if seeds == 1:
            spread = float(self.by_question[0].std(ddof=1)) / math.sqrt(questions)
            return max(spread, 1 / questions), math.inf
        seed, question, left = self.squares
        total = max(seed + question - left, seed, question)
        below = seed**2 / (seeds - 1) + question**2 / (questions - 1) + left**2 / ((seeds - 1) * (questions - 1))
        degrees = total**2 / below if below else math.inf
        return max(math.sqrt(total / (seeds * questions)), 1 / questions), degrees


def spread(correct: NDArray[np.bool_], question: Sequence[str], group: Sequence[str]) -> tuple[float, float]:
    """Standard error of the accuracy of one side over seeds and questions, and its degrees of freedom."""
    alone = compare(correct, np.zeros_like(correct), question, group)
    return alone.deviation, alone.degrees


def compare(
    first: NDArray[np.bool_], second: NDArray[np.bool_], question: Sequence[str], group: Sequence[str]
) -> Paired:
    """Compare two sides that gave the same answers in the same order.

    Args:
        first: right or wrong, [seeds, answers]; a side that exists once (released weights) meets every seed of the
            other.
        second: likewise. Row s of both sides are of the same seed.
        question: of each answer; all answers to a question are one observation.
        group: what the accuracy is an unweighted mean over, of each answer.
    """
    seeds = max(len(first), len(second))
    a, b = (np.broadcast_to(one, (seeds, one.shape[1])) for one in (first, second))
    _, of_group, sizes = np.unique(np.array(group), return_inverse=True, return_counts=True)
    _, of_question = np.unique(np.array(question), return_inverse=True)
    count = int(of_question.max()) + 1
    weight = count / (len(sizes) * sizes[of_group])
    net = a.astype(float) - b
    contributions = _Net(np.stack([np.bincount(of_question, row * weight, minlength=count) for row in net]))
    difference = float(contributions.by_question.mean())
    # The exact test weighs answers equally, the accuracy weighs groups equally: where they disagree on the direction,
    # neither direction is shown.
    agree = difference * net.mean() > 0
    exact = paired_test(a.ravel(), b.ravel(), np.tile(of_question, seeds)) if agree else 1.0
    deviation, degrees = contributions.deviation()
    over_both = 2 * float(stdtr(min(degrees, 1e6), -abs(difference) / deviation)) if seeds > 1 else 0.0
    return Paired(
        difference=difference,
        deviation=deviation,
        degrees=degrees,
        p_value=max(exact, over_both),
        by_seed=tuple(paired_test(one, other, of_question) for one, other in zip(a, b, strict=True)),
        n=count,
        only_first=int(np.sum(a & ~b)),
        only_second=int(np.sum(b & ~a)),
        test=SEEDS if seeds > 1 else MCNEMAR if count == a.shape[1] else PAIRED,
    )
