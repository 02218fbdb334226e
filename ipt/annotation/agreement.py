"""How far reviewers agree, and how each of them works. From the versioned reviews alone: no server is needed.

Verdicts are nominal: `edit` is a verdict of its own. Krippendorff's alpha is over all reviewers, Cohen's kappa over
each pair of them; honeypots are left out of both, since they are easy on purpose.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipt.curation.reviews import REVIEW_VERDICTS, Review
from ipt.seeding import content_rng

RESAMPLES = 1000
PAIR_ITEMS_MIN = 2


def agreement(reviews: Sequence[Review], set_name: str) -> dict[str, Any]:
    """Agreement on verdicts in the first round, and what each reviewer did; ready for JSON."""
    first = [review for review in reviews if review.round == "review"]
    real = [review for review in first if not review.honeypot]
    return {
        "set": set_name,
        "items": len({review.item_sha256 for review in real}),
        "reviews": len(real),
        "krippendorff_alpha": alpha_with_interval(_counts(real), set_name),
        "cohen_kappa": _kappas(real),
        "raw_agreement": _raw_agreement(_counts(real)),
        "reviewers": {name: _reviewer(said) for name, said in _by_reviewer(first).items()},
        "adjudicated": sum(review.round == "adjudication" for review in reviews),
    }


def alpha_with_interval(counts: NDArray[np.int64], seed: str) -> dict[str, Any]:
    """Krippendorff's alpha for nominal data, with a 95 % percentile bootstrap over items.

    Args:
        counts: [items, verdicts] how many reviewers gave each verdict.
        seed: what the resampling is for.

    Returns:
        `alpha`, `low`, `high` and `items` (those with two reviews or more); alpha is None where it is not defined,
        which is when there are no such items or all verdicts are the same.
    """
    paired = counts[counts.sum(axis=1) >= 2]
    value = _alpha(paired)
    if value is None:
        return {"alpha": None, "low": None, "high": None, "items": len(paired)}
    rng = content_rng(seed, "krippendorff")
    drawn = [_alpha(paired[rng.integers(len(paired), size=len(paired))]) for _ in range(RESAMPLES)]
    # A resample in which all verdicts are the same shows no disagreement at all.
    low, high = np.percentile([1.0 if number is None else number for number in drawn], [2.5, 97.5])
    return {"alpha": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4), "items": len(paired)}


def kappa_with_interval(table: NDArray[np.int64]) -> dict[str, Any]:
    """Cohen's kappa of a square table [first reviewer's verdict, second's], with its asymptotic 95 % interval."""
    from statsmodels.stats.inter_rater import cohens_kappa

    if np.count_nonzero(table.sum(axis=0) + table.sum(axis=1)) < 2:
        return {"kappa": None, "low": None, "high": None, "items": int(table.sum())}
    with np.errstate(invalid="ignore", divide="ignore"):  # of a test statistic that is not used here
        found = cohens_kappa(table)
    # Where nobody disagreed the variance is zero but for rounding, whose square root is no number.
    low, high = (1.0, 1.0) if np.trace(table) == table.sum() else (found.kappa_low, found.kappa_upp)
    low, high = max(-1.0, low), min(1.0, high)
    return {
        "kappa": round(float(found.kappa), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "items": int(table.sum()),
    }


def _alpha(counts: NDArray[np.int64]) -> float | None:
    if len(counts) == 0 or np.count_nonzero(counts.sum(axis=0)) < 2:
        return None
    import krippendorff

    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def _counts(reviews: Sequence[Review]) -> NDArray[np.int64]:
    given: dict[str, list[str]] = defaultdict(list)
    for review in reviews:
        given[review.item_sha256].append(review.verdict)
    rows = [[verdicts.count(name) for name in REVIEW_VERDICTS] for _, verdicts in sorted(given.items())]
    return np.array(rows, dtype=np.int64).reshape(-1, len(REVIEW_VERDICTS))


def _raw_agreement(counts: NDArray[np.int64]) -> float | None:
    paired = counts[counts.sum(axis=1) >= 2]
    return round(float(((paired > 0).sum(axis=1) == 1).mean()), 4) if len(paired) else None


def _kappas(reviews: Sequence[Review]) -> list[dict[str, Any]]:
    said = _by_reviewer(reviews)
    found = []
    for one, other in combinations(said, 2):
        mine = {review.item_sha256: review.verdict for review in said[one]}
        theirs = {review.item_sha256: review.verdict for review in said[other]}
        shared = mine.keys() & theirs.keys()
        if len(shared) >= PAIR_ITEMS_MIN:
            table = np.zeros((len(REVIEW_VERDICTS), len(REVIEW_VERDICTS)), dtype=np.int64)
            for item in shared:
                table[REVIEW_VERDICTS.index(mine[item]), REVIEW_VERDICTS.index(theirs[item])] += 1
            found.append({"reviewers": [one, other]} | kappa_with_interval(table))
    return found


def _reviewer(said: Sequence[Review]) -> dict[str, Any]:
    """Pace, rejections, and honeypots caught."""
    from statsmodels.stats.proportion import proportion_confint

    real = [review for review in said if not review.honeypot]
    traps = [review for review in said if review.honeypot]
    rejected = sum(review.verdict == "reject" for review in real)
    low, high = proportion_confint(rejected, len(real), method="wilson") if real else (None, None)
    return {
        "reviews": len(real),
        "median_seconds": round(median(review.seconds for review in said), 1),
        "rejection_rate": round(rejected / len(real), 4) if real else None,
        "rejection_low": None if low is None else round(float(low), 4),
        "rejection_high": None if high is None else round(float(high), 4),
        "cannot_tell": sum(review.first_answer == "cannot_tell" for review in real),
        "honeypots": len(traps),
        "honeypots_caught": sum(review.verdict == "reject" for review in traps),
    }


def _by_reviewer(reviews: Sequence[Review]) -> dict[str, list[Review]]:
    found: dict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        found[review.reviewer].append(review)
    return dict(sorted(found.items()))
