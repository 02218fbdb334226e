"""Paired comparisons over seeds and questions, against hand computations, another program's formula and simulation."""

import numpy as np
import pytest
from scipy import stats

from ipt.evaluation.paired import MCNEMAR, PAIRED, SEEDS, Paired, compare, spread
from ipt.evaluation.statistics import mcnemar, paired_test

QUESTIONS = 120


def names(count: int) -> list[str]:
    return [f"q{index}" for index in range(count)]


def of(first: np.ndarray, second: np.ndarray) -> Paired:
    return compare(np.atleast_2d(first), np.atleast_2d(second), names(np.shape(first)[-1]), [""] * np.shape(first)[-1])


def two_models(rng: np.random.Generator, seeds: int, shift: float, seed_spread: float) -> list[np.ndarray]:
    """Answers of two models that share how hard a question is; training again moves the logits of a whole run."""
    hard = rng.normal(0.3, 0.8, QUESTIONS)
    found = []
    for moved in (shift, 0.0):
        logits = hard + moved + rng.normal(0, 0.3, QUESTIONS) + rng.normal(0, seed_spread, (seeds, 1))
        found.append(rng.random(logits.shape) < 1 / (1 + np.exp(-logits)))
    return found


def test_one_seed_is_the_exact_test() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.random(80) < 0.7, rng.random(80) < 0.5
    found = of(first, second)
    assert found.p_value == mcnemar(first, second)
    assert found.by_seed == (found.p_value,)
    assert found.difference == pytest.approx(first.mean() - second.mean())
    assert (found.test, found.n) == (MCNEMAR, 80)


def test_several_answers_a_question_are_one_observation() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random((1, 60)) < 0.8, rng.random((1, 60)) < 0.6
    asked, settings = names(20) * 3, ["a"] * 20 + ["b"] * 20 + ["c"] * 20
    found = compare(first, second, asked, settings)
    assert found.p_value == paired_test(first[0], second[0], asked)
    assert (found.test, found.n) == (PAIRED, 20)


def test_the_variance_over_seeds_and_questions_by_hand() -> None:
    """Net differences 1 0 / 1 1 / 0 0 of three seeds on two questions: mean squares 1/2 (seeds), 1/6, 1/6 (rest)."""
    found = of(np.array([[1, 0], [1, 1], [0, 0]], bool), np.zeros((3, 2), bool))
    variance = (1 / 2 + 1 / 6 - 1 / 6) / 6
    degrees = (1 / 2) ** 2 / ((1 / 2) ** 2 / 2 + (1 / 6) ** 2 / 1 + (1 / 6) ** 2 / 2)
    assert found.difference == pytest.approx(0.5)
    assert found.degrees == pytest.approx(degrees)
    assert found.deviation == pytest.approx(max(variance**0.5, 1 / 2))  # one question's weight is the least
    assert found.by_seed == (1.0, 0.5, 1.0)


def test_where_questions_all_agree_it_is_the_t_test_over_seeds() -> None:
    """Seed s has 1, 2, 3, 4 of every question's five answers right: only seeds vary, so scipy's t-test decides."""
    right = np.array([1, 2, 3, 4])
    answers = np.array([[index % 5 < count for index in range(100)] for count in right])
    found = compare(answers, np.zeros_like(answers), [f"q{index // 5}" for index in range(100)], [""] * 100)
    seeds_alone = stats.ttest_1samp(right / 5, 0.0)
    assert found.degrees == pytest.approx(3)
    assert found.p_value == pytest.approx(seeds_alone.pvalue)
    assert found.interval(0.9) == pytest.approx(tuple(seeds_alone.confidence_interval(0.9)))


def test_a_side_that_exists_once_meets_every_seed() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.random((3, 50)) < 0.7, rng.random((1, 50)) < 0.5
    assert of(first, second) == of(first, np.repeat(second, 3, axis=0))
    assert of(first, second).test == SEEDS


@pytest.mark.parametrize("seed_spread", [0.0, 0.3, 0.6])
def test_true_null_hypotheses_are_rejected_as_rarely_as_promised(seed_spread: float) -> None:
    """Two kinds of training that are equally good, three runs each: at most 5 % of them may look different."""
    rejected, misses = [], []
    for draw in range(300):
        found = of(*two_models(np.random.default_rng(draw), 3, 0.0, seed_spread))
        low, high = found.interval(0.95)
        rejected.append(found.p_value < 0.05)
        misses.append(not low <= 0 <= high)
    assert np.mean(rejected) <= 0.085  # 5 % and three standard errors of 300 draws
    assert np.mean(misses) <= 0.085


def test_a_test_over_questions_alone_would_take_the_luck_of_training_for_a_difference() -> None:
    rejected = []
    for draw in range(150):
        first, second = two_models(np.random.default_rng(draw), 3, 0.0, 0.6)
        rejected.append(paired_test(first.ravel(), second.ravel(), np.tile(np.arange(QUESTIONS), 3)) < 0.05)
    assert np.mean(rejected) > 0.3


def test_a_difference_larger_than_the_luck_of_training_is_found() -> None:
    found = [of(*two_models(np.random.default_rng(draw), 5, 1.5, 0.2)).p_value for draw in range(60)]
    assert np.mean(np.array(found) < 0.05) > 0.9


def test_the_spread_of_one_side_covers_its_mean() -> None:
    truth = float(np.mean(1 / (1 + np.exp(-np.random.default_rng(9).normal(0.3, np.hypot(0.8, 0.5), 400_000)))))
    covered = []
    for draw in range(300):
        rng = np.random.default_rng(draw)
        logits = rng.normal(0.3, 0.8, QUESTIONS) + rng.normal(0, 0.5, (4, 1))
        correct = rng.random(logits.shape) < 1 / (1 + np.exp(-logits))
        deviation, degrees = spread(correct, names(QUESTIONS), [""] * QUESTIONS)
        covered.append(abs(correct.mean() - truth) <= deviation * stats.t.ppf(0.975, degrees))
    assert 0.91 <= np.mean(covered) <= 1.0
