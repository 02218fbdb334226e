"""Agreement statistics against published worked examples and hand calculation."""

import numpy as np
import pytest

from ipt.annotation.agreement import agreement, alpha_with_interval, kappa_with_interval
from tests.unit.curation.test_reviews import review


def test_alpha_is_krippendorffs_own_example() -> None:
    """Krippendorff (2011), "Computing Krippendorff's alpha-reliability", part C: four observers, twelve units."""
    units = [
        *([1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4]),
        *([4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [5, 5, 5], [1, 1], [3]),
    ]
    counts = np.array([[unit.count(value) for value in range(1, 6)] for unit in units])
    found = alpha_with_interval(counts, "example")
    assert found["alpha"] == pytest.approx(0.743, abs=5e-4)
    assert found["items"] == 11
    assert found["low"] < found["alpha"] < found["high"]


def test_kappa_is_cohens_formula() -> None:
    """20 both yes, 15 both no, 5 and 10 apart: agreement 0.7, by chance 0.5, kappa 0.4."""
    found = kappa_with_interval(np.array([[20, 5, 0], [10, 15, 0], [0, 0, 0]]))
    assert found["kappa"] == pytest.approx(0.4)
    assert found["low"] < 0.4 < found["high"]


def test_where_nobody_disagreed_kappa_is_certain() -> None:
    """Its variance is a square root of zero; rounding must not turn that into an interval from -1."""
    for table in ([[136, 0, 0], [0, 2, 0], [0, 0, 12]], [[3, 0, 0], [0, 5, 0], [0, 0, 0]]):
        found = kappa_with_interval(np.array(table))
        assert (found["kappa"], found["low"], found["high"]) == (1.0, 1.0, 1.0)


def test_agreement_that_chance_alone_could_give_is_undefined() -> None:
    same = np.array([[2, 0, 0]] * 5)
    assert alpha_with_interval(same, "same")["alpha"] is None
    assert kappa_with_interval(np.array([[5, 0, 0], [0, 0, 0], [0, 0, 0]]))["kappa"] is None
    assert alpha_with_interval(np.zeros((0, 3), dtype=int), "none")["items"] == 0


def test_reviewers_are_described_and_honeypots_stand_apart() -> None:
    said = [
        review(0, "reviewer-2", seconds=10.0),
        review(1, "reviewer-2", "reject", seconds=30.0),
        review(0, "reviewer-3"),
        review(1, "reviewer-3", first_answer="cannot_tell"),
        review(1, "reviewer-3", "keep", item_sha256="trap", honeypot=True),
        review(0, "reviewer-2", "reject", item_sha256="trap", honeypot=True, seconds=20.0),
        review(1, "reviewer-4", round="adjudication"),
    ]
    found = agreement(said, "pet-primary")
    assert (found["items"], found["reviews"], found["adjudicated"], found["raw_agreement"]) == (2, 4, 1, 0.5)
    second, third = found["reviewers"]["reviewer-2"], found["reviewers"]["reviewer-3"]
    assert (second["rejection_rate"], second["honeypots"], second["honeypots_caught"]) == (0.5, 1, 1)
    assert second["median_seconds"] == 20.0
    assert (third["honeypots_caught"], third["cannot_tell"]) == (0, 1)
    assert found["cohen_kappa"][0]["reviewers"] == ["reviewer-2", "reviewer-3"]
