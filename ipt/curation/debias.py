"""An evaluation set after people rejected questions: even again, and a report of what a blind guesser could use.

Paper 2.2: sub-categories are balanced, choices are shuffled with a seed of each question, and the answers'
distributions over objects and rooms are checked to be near uniform. Shuffled one by one, the letters of a small set are
as uneven as coin throws, and rejections are not even either; so after people decided, they are dealt out again.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ipt.curation.balance import facts_of, spread
from ipt.curation.bias import bias_report
from ipt.datasets.schema import Question
from ipt.seeding import content_digest, content_rng
from ipt.tasks.choices import LETTERS, letter_index


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


def with_even_letters(questions: Sequence[Question], seed: int) -> list[Question]:
    """The questions, choices shuffled again so that in each sub-category every letter is right equally often.

    Letters are dealt out in turn in an order that the questions' ids decide, and the wrong choices follow in one that
    the question's id decides. A question whose letter changes loses its chain of reasoning, which names the old one.
    """
    order = sorted(questions, key=lambda question: content_digest(seed, question.question_id, "letters"))
    dealt: Counter[tuple[str, int]] = Counter()
    shuffled = {}
    for question in sorted(order, key=lambda question: (question.category, len(question.choices))):
        number = len(question.choices)
        right = question.choices[letter_index(question.answer)]
        rng = content_rng(seed, question.question_id, "reviewed-choices")
        # Where the turn of a sub-category begins is its own, or all the remainders would fall on the first letters.
        first = int(content_digest(seed, question.category, "letters"), 16)
        place = (first + dealt[question.category, number]) % number
        dealt[question.category, number] += 1
        wrong = sorted(choice for choice in question.choices if choice != right)
        choices = [wrong[i] for i in rng.permutation(number - 1)]
        choices.insert(place, right)
        letter = LETTERS[place]
        kept = question.text_cot if letter == question.answer else ""
        shuffled[question.question_id] = replace(question, choices=tuple(choices), answer=letter, text_cot=kept)
    return [shuffled[question.question_id] for question in questions]


def debias_report(
    curated: Sequence[Question], accepted: Sequence[Question], final: Sequence[Question]
) -> dict[str, Any]:
    """What people and balancing removed, and how uniform the answers are, before and after."""
    return {
        "curated": len(curated),
        "rejected_by_people": len(curated) - len(accepted),
        "removed_by_balancing": len(accepted) - len(final),
        "kept": len(final),
        "letters": {"before": _letters(accepted), "after": _letters(final)},
        "letters_uniform_p_before": letters_uniform_p(accepted),
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


def _letters(questions: Sequence[Question]) -> dict[str, int]:
    return dict(sorted(Counter(question.answer for question in questions).items()))
