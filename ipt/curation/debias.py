"""An evaluation set after people rejected questions: even again, and a report of what a blind guesser could use.

Paper 2.2: choices are shuffled with a seed of each question (done when it was made), sub-categories are balanced, and
the answers' distributions over objects and rooms are checked to be near uniform.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from ipt.curation.balance import facts_of, spread
from ipt.curation.bias import bias_report
from ipt.datasets.schema import Question


def debiased(questions: Sequence[Question], seed: int, ratio: float | None) -> list[Question]:
    """The questions cut so that no sub-category is larger than `ratio` times the smallest; order as before.

    Which go is decided by content, and evenly over objects and strata. Without a ratio all stay.
    """
    supply = Counter(question.category for question in questions)
    if ratio is None or not supply:
        return list(questions)
    most = math.floor(min(supply.values()) * ratio)
    taken: Counter[str] = Counter()
    kept = set()
    for facts in spread([facts_of(question) for question in questions], seed):
        if taken[facts.category] < most:
            taken[facts.category] += 1
            kept.add(facts.question_id)
    return [question for question in questions if question.question_id in kept]


def debias_report(
    curated: Sequence[Question], accepted: Sequence[Question], final: Sequence[Question]
) -> dict[str, Any]:
    """What people and balancing removed, and how uniform the answers are, before and after."""
    return {
        "curated": len(curated),
        "rejected_by_people": len(curated) - len(accepted),
        "removed_by_balancing": len(accepted) - len(final),
        "kept": len(final),
        "letters_uniform_p": letters_uniform_p(final),
        "bias_before": bias_report(curated),
        "bias": bias_report(final),
    }


def letters_uniform_p(questions: Sequence[Question]) -> float | None:
    """p value of Pearson's chi-square test that every letter is right equally often; None without questions.

    Questions with different numbers of choices are expected at their own chance.
    """
    if not questions:
        return None
    from scipy.stats import chisquare

    expected: dict[str, float] = defaultdict(float)
    for question in questions:
        for number in range(len(question.choices)):
            expected[chr(ord("A") + number)] += 1 / len(question.choices)
    seen = Counter(question.answer for question in questions)
    letters = sorted(expected)
    p = chisquare([seen[letter] for letter in letters], [expected[letter] for letter in letters]).pvalue
    return round(float(p), 4)
