"""Intervals and tests against published values, brute force and simulation."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from ipt.evaluation.statistics import (
    above_chance,
    bootstrap_over_seeds,
    design_effect,
    detectable_difference,
    holm,
    macro_interval,
    mcnemar,
    paired_test,
    wilson,
)


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_newcombes_table(correct: int, n: int, low: float, high: float) -> None:
    assert wilson(correct, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_without_answers_knows_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_above_chance_sums_the_binomial_tail() -> None:
    tail = sum(math.comb(20, k) * 0.25**k * 0.75 ** (20 - k) for k in range(9, 21))
    assert above_chance(9, 20, 0.25) == pytest.approx(tail, rel=1e-9)
    assert above_chance(0, 20, 0.25) == 1.0
    assert above_chance(0, 0, 0.25) == 1.0


def test_mcnemar_gives_the_exact_binomial() -> None:
    first = [1] * 10 + [1] * 9 + [0] * 2 + [0] * 5
    second = [1] * 10 + [0] * 9 + [1] * 2 + [0] * 5
    # 9 against 2 of 11 discordant: 2 * (C(11,0) + C(11,1) + C(11,2)) / 2^11
    assert mcnemar(first, second) == pytest.approx(2 * (1 + 11 + 55) / 2**11)
    assert mcnemar(second, first) == mcnemar(first, second)
    assert mcnemar(first, first) == 1.0


def test_paired_test_with_one_answer_a_question_is_mcnemar() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.random(80) < 0.7, rng.random(80) < 0.5
    assert paired_test(first, second, np.arange(80)) == mcnemar(first, second)


def test_paired_test_flips_whole_questions() -> None:
    rng = np.random.default_rng(1)
    cluster = np.repeat(np.arange(8), 3)
    first, second = rng.random(24) < 0.8, rng.random(24) < 0.4
    net = [int(first[cluster == c].sum()) - int(second[cluster == c].sum()) for c in range(8)]
    sums = [sum(s * d for s, d in zip(signs, net, strict=True)) for signs in itertools.product((-1, 1), repeat=8)]
    brute = np.mean([abs(total) >= abs(sum(net)) for total in sums])
    assert paired_test(first, second, cluster) == pytest.approx(brute)


def test_copying_every_answer_three_times_adds_no_evidence() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.random(40) < 0.8, rng.random(40) < 0.5
    cluster = np.arange(40)
    once = paired_test(first, second, cluster)
    assert paired_test(np.tile(first, 3), np.tile(second, 3), np.tile(cluster, 3)) == pytest.approx(once)
    assert design_effect(np.tile(first, 3), np.tile(cluster, 3)) == pytest.approx(3.0, rel=0.03)
    assert design_effect(first, cluster) == 1.0
    assert design_effect(np.ones(30), np.tile(np.arange(10), 3)) == 3.0  # all right: nothing to estimate from


def test_holm_by_hand() -> None:
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, then made monotone.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_holm_is_what_statsmodels_says(count: int) -> None:
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(count)
    p_values = np.round(rng.random(count) ** 4, 3)  # with ties and zeros
    assert holm(p_values.tolist()) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_holm_keeps_the_chance_of_any_false_alarm() -> None:
    """Twenty true null hypotheses: at most 5 % of the tables show a significant cell."""
    rng = np.random.default_rng(4)
    false_alarms = np.mean([min(holm(rng.random(20).tolist())) < 0.05 for _ in range(4000)])
    assert false_alarms == pytest.approx(0.05, abs=0.012)


def test_detectable_difference_has_the_stated_power() -> None:
    n = 300
    difference = detectable_difference(n)
    rng = np.random.default_rng(3)
    a = rng.binomial(n, 0.5 - difference / 2, 4000) / n
    b = rng.binomial(n, 0.5 + difference / 2, 4000) / n
    pooled = (a + b) / 2
    z = (b - a) / np.sqrt(pooled * (1 - pooled) * 2 / n)
    assert np.mean(np.abs(z) > stats.norm.ppf(0.975)) == pytest.approx(0.8, abs=0.03)
    assert detectable_difference(1) == 1.0
    assert detectable_difference(1200) == pytest.approx(difference / 2, rel=0.02)


@pytest.mark.parametrize("rate", [0.03, 0.5, 0.97])
def test_wilson_covers(rate: float) -> None:
    """Exact coverage over all outcomes at n = 120 stays near 95 %."""
    outcomes = np.arange(121)
    inside = [low <= rate <= high for low, high in (wilson(k, 120) for k in outcomes)]
    assert stats.binom.pmf(outcomes, 120, rate)[inside].sum() == pytest.approx(0.95, abs=0.025)


def _covered(make, truth: float, draws: int) -> float:
    hits = 0
    for draw in range(draws):
        low, high = make(np.random.default_rng(draw))
        hits += low <= truth <= high
    return hits / draws


def test_macro_interval_covers_over_unequal_sub_categories() -> None:
    sizes, rates = [20, 25, 30, 35, 60, 70], np.array([0.98, 0.95, 0.9, 0.8, 0.6, 0.5])
    group = np.repeat(np.arange(6), sizes)

    def make(rng: np.random.Generator) -> tuple[float, float]:
        return macro_interval(rng.random(len(group)) < rates[group], group, np.arange(len(group)))

    assert _covered(make, rates.mean(), 600) == pytest.approx(0.95, abs=0.03)


def test_macro_interval_covers_when_settings_share_their_questions() -> None:
    """Three settings whose answers mostly agree: treating them as independent would cover 79 %."""
    group, cluster = np.repeat(np.arange(3), 100), np.tile(np.arange(100), 3)

    def make(rng: np.random.Generator) -> tuple[float, float]:
        easy = rng.random(100) < 0.6
        noise = rng.random((3, 100)) < 0.1
        return macro_interval((easy ^ noise).ravel(), group, cluster)

    assert _covered(make, 0.6 * 0.9 + 0.4 * 0.1, 600) == pytest.approx(0.95, abs=0.03)


def test_macro_interval_of_one_group_is_wilson_and_never_collapses() -> None:
    right = np.array([1] * 30 + [0] * 10)
    assert macro_interval(right, np.zeros(40), np.arange(40)) == pytest.approx(wilson(30, 40))
    low, high = macro_interval(np.ones(60), np.repeat([0, 1, 2], 20), np.arange(60))
    assert 0.8 < low < 0.99
    assert high == 1.0


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_seed_bootstrap_covers_the_mean_over_seeds_and_questions(seeds: int) -> None:
    population = np.random.default_rng(99)
    truth = float(np.mean(_sigmoid(population.normal(0.5, 0.6, 400_000) + population.normal(0, 0.25, 400_000))))

    def make(rng: np.random.Generator) -> tuple[float, float]:
        rates = _sigmoid(rng.normal(0.5, 0.6, 150) + rng.normal(0, 0.25, (seeds, 1)))
        return bootstrap_over_seeds(rng.random(rates.shape) < rates, np.zeros(150), np.arange(150), rng, draws=300)

    assert 0.92 <= _covered(make, truth, 250) <= 1.0


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_seed_bootstrap_with_one_seed_agrees_with_wilson() -> None:
    right = np.array([[1] * 140 + [0] * 60])
    low, high = bootstrap_over_seeds(right, np.zeros(200), np.arange(200), np.random.default_rng(0))
    assert (low, high) == pytest.approx(wilson(140, 200), abs=0.01)


def test_seed_bootstrap_averages_groups_without_weights() -> None:
    group = np.array([0] * 90 + [1] * 10)
    right = np.array([[1] * 90 + [0] * 10])
    low, high = bootstrap_over_seeds(right, group, np.arange(100), np.random.default_rng(0))
    assert (low, high) == pytest.approx((0.5, 0.5))
