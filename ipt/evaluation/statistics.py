"""Intervals and tests for accuracies: scipy's special functions do the mathematics, this module fixes the choices.

All proportions are fractions in [0, 1]. An *answer* is one question in one input setting; answers to the same
question are not independent, so functions that pool them take `cluster`, the question of each answer. The tests compare
with scipy.stats and statsmodels, whose import alone costs a scoring process more than its work.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, bdtrc, ndtri

Interval = tuple[float, float]

MOST_WEIGHTS = 4_000_000
"""Bootstrap weights held in memory at once."""


def wilson(correct: float, n: float, confidence: float = 0.95) -> Interval:
    """Wilson score interval of correct / n; (0, 1) when n is 0. Both may be fractional (effective sample sizes)."""
    if n <= 0:
        return 0.0, 1.0
    z = ndtri((1 + confidence) / 2)
    centre = (correct + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(correct * (n - correct) / n + z**2 / 4)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def design_effect(correct: ArrayLike, cluster: ArrayLike) -> float:
    """How many times larger the variance of the mean is than if all answers were independent; at least 1.

    Args:
        correct: 0/1 of each answer.
        cluster: question of each answer, any hashable kind; one answer a question gives exactly 1.

    The variance is that of a ratio estimator over clusters (Kish). Where all answers agree nothing can be estimated,
    and the mean cluster size is returned: the safe end.
    """
    values = np.asarray(correct, float)
    _, index = np.unique(np.asarray(cluster), return_inverse=True)
    sizes = np.bincount(index)
    if len(sizes) == len(values) or len(sizes) < 2:
        return float(max(1.0, len(values) / max(len(sizes), 1)))
    mean = values.mean()
    if mean in (0.0, 1.0):
        return float(len(values) / len(sizes))
    residuals = np.bincount(index, values) - mean * sizes
    clustered = len(sizes) / (len(sizes) - 1) * np.sum(residuals**2) / len(values) ** 2
    return float(max(1.0, clustered / (mean * (1 - mean) / len(values))))


def above_chance(correct: float, n: float, chance: float) -> float:
    """One-sided exact binomial p-value of `correct` or more of `n` by guessing; fractional counts are rounded down.

    With choices of different number, `chance` is their mean: the binomial is then at least as spread as the truth.
    """
    trials = int(n)
    if trials == 0:
        return 1.0
    successes = min(int(correct), trials)
    return float(bdtrc(successes - 1, trials, chance)) if successes > 0 else 1.0


def macro_interval(correct: ArrayLike, group: ArrayLike, cluster: ArrayLike, confidence: float = 0.95) -> Interval:
    """Interval of the unweighted mean over groups of each group's accuracy (pet sub-categories, pt input settings).

    Wilson intervals of the groups are combined by MOVER (Zou & Donner 2008), which keeps their good coverage near 0 and
    1, where a normal or bootstrap interval collapses. Groups that ask the same questions are correlated: the cross
    terms use the correlation over shared questions (1 where it cannot be estimated), weighted by how many are shared.

    Args:
        correct: 0/1 of each answer.
        group: group of each answer.
        cluster: question of each answer; at most once a group.
    """
    values = np.asarray(correct, float)
    names, of_group = np.unique(np.asarray(group), return_inverse=True)
    if not len(values):
        return 0.0, 1.0
    _, of_cluster = np.unique(np.asarray(cluster), return_inverse=True)
    table = np.full((len(names), of_cluster.max() + 1), np.nan)
    table[of_group, of_cluster] = values
    asked = ~np.isnan(table)
    counts = asked.sum(axis=1)
    rates = np.nansum(table, axis=1) / counts
    intervals = np.array([wilson(rate * n, n, confidence) for rate, n in zip(rates, counts, strict=True)])
    correlation = _correlation_of_means(table, asked, counts)
    below, above = rates - intervals[:, 0], intervals[:, 1] - rates
    low = rates.mean() - np.sqrt(below @ correlation @ below) / len(names)
    high = rates.mean() + np.sqrt(above @ correlation @ above) / len(names)
    return max(0.0, float(low)), min(1.0, float(high))


def _correlation_of_means(
    table: NDArray[np.float64], asked: NDArray[np.bool_], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Correlation of the groups' mean accuracies [G, G], from a [G, questions] table with NaN where not asked."""
    result = np.eye(len(counts))
    for first in range(len(counts)):
        for second in range(first):
            shared = asked[first] & asked[second]
            if shared.sum() == 0:
                continue
            a, b = table[first, shared], table[second, shared]
            known = shared.sum() > 2 and a.std() > 0 and b.std() > 0
            rho = max(0.0, float(np.corrcoef(a, b)[0, 1])) if known else 1.0
            result[first, second] = result[second, first] = rho * shared.sum() / np.sqrt(counts[first] * counts[second])
    return result


def mcnemar(first: ArrayLike, second: ArrayLike) -> float:
    """Two-sided exact McNemar p-value of two models (or modes) on the same independent questions; 0/1 arrays."""
    a, b = np.asarray(first, bool), np.asarray(second, bool)
    only_first, only_second = int(np.sum(a & ~b)), int(np.sum(~a & b))
    if only_first + only_second == 0:
        return 1.0
    tail = bdtr(min(only_first, only_second), only_first + only_second, 0.5)
    return min(1.0, 2 * float(tail))


def paired_test(first: ArrayLike, second: ArrayLike, cluster: ArrayLike) -> float:
    """Two-sided p-value of a difference between two models on the same answers.

    One answer a question: exact McNemar. Several: each question's net difference takes a random sign under the null
    hypothesis; the distribution of their sum is computed exactly by convolution (differences are integers).
    """
    difference = np.asarray(first, int) - np.asarray(second, int)
    _, index = np.unique(np.asarray(cluster), return_inverse=True)
    if len(index) == (index.max(initial=-1) + 1):
        return mcnemar(first, second)
    net = np.bincount(index, difference).astype(int)
    distribution = np.ones(1)
    for step in np.abs(net[net != 0]):
        kernel = np.zeros(2 * step + 1)
        kernel[[0, -1]] = 0.5
        distribution = np.convolve(distribution, kernel)
    reach = np.abs(net).sum()
    extreme = np.abs(np.arange(-reach, reach + 1)) >= abs(net.sum())
    return float(min(1.0, distribution[extreme].sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm-adjusted p-values of the tests inside one table, in the given order (Holm 1979, step down)."""
    # By hand: statsmodels takes a second to import, and its function collects garbage at every call.
    values = np.asarray(p_values, float)
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(p) for p in adjusted]


def detectable_difference(n: float, confidence: float = 0.95, power: float = 0.8) -> float:
    """Smallest true difference of two accuracies around 0.5 (the worst case) that two independent sets of n answers
    show.

    Two-sided test at 1 - confidence; 1.0 when no difference can be shown.
    """
    if n < 2:
        return 1.0
    effect = (ndtri((1 + confidence) / 2) + ndtri(power)) * np.sqrt(2 / n)
    # Cohen's h of two proportions symmetric around 0.5: h = 2 * asin(difference).
    return float(np.sin(min(effect, np.pi) / 2))


def bootstrap_over_seeds(
    correct: ArrayLike,
    group: ArrayLike,
    cluster: ArrayLike,
    rng: np.random.Generator,
    confidence: float = 0.95,
    draws: int = 2000,
) -> Interval:
    """Hierarchical bootstrap interval of the macro accuracy, averaged over training seeds.

    Seeds and questions are resampled independently of each other (they are crossed: every seed answers every question);
    all answers to a question are resampled together.

    Args:
        correct: 0/1, [seeds, answers].
        group: group of each answer; the accuracy is the unweighted mean over groups (one group: micro).
        cluster: question of each answer.
        rng: from `ipt.seeding.content_rng`, so that the interval is the same every time.

    A bootstrap over S seeds understates their variance by (S - 1) / S; seed deviations are widened to correct for it.
    """
    values = np.atleast_2d(np.asarray(correct, float))
    seeds = len(values)
    if seeds > 1:
        centre = values.mean(axis=0)
        values = centre + (values - centre) * np.sqrt(seeds / (seeds - 1))
    _, of_group = np.unique(np.asarray(group), return_inverse=True)
    _, of_cluster = np.unique(np.asarray(cluster), return_inverse=True)
    questions = int(of_cluster.max()) + 1
    seed_weights = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws) / seeds
    means = []
    chunk = max(1, MOST_WEIGHTS // len(of_cluster))
    for first in range(0, draws, chunk):
        some = seed_weights[first : first + chunk]
        drawn = rng.multinomial(questions, np.full(questions, 1 / questions), size=len(some))
        means.append(_weighted_macro(some @ values, drawn[:, of_cluster], of_group))
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(np.concatenate(means), [tail, 1 - tail])
    return max(0.0, float(low)), min(1.0, float(high))


def _weighted_macro(
    values: NDArray[np.float64], weights: NDArray[np.int64], group: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Unweighted mean over groups of the weighted mean of each row [draws, answers]; a group not drawn is left out."""
    rates = []
    for index in range(int(group.max()) + 1):
        inside = group == index
        total = weights[:, inside].sum(axis=1)
        with np.errstate(invalid="ignore"):
            rates.append((weights[:, inside] * values[:, inside]).sum(axis=1) / total)
    return np.asarray(np.nanmean(np.stack(rates), axis=0))
