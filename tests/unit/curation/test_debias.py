"""After people rejected questions: sub-categories are even again, and the report says what a guesser could use."""

from collections import Counter
from dataclasses import replace

import pytest

from ipt.curation.debias import debias_report, debiased, letters_uniform_p
from tests.unit.curation.samples import pet, pt


def test_sub_categories_are_cut_to_the_ratio_of_the_smallest():
    questions = [pt(i, side="left") for i in range(20)] + [pt(i, side="right") for i in range(20, 28)]
    kept = debiased(questions, 0, 1.5)
    assert Counter(question.category for question in kept) == {"left": 12, "right": 8}
    assert [q.question_id for q in kept] == [q.question_id for q in questions if q in kept], "order stays"
    assert debiased(kept, 0, 1.5) == kept, "doing it twice changes nothing"


def test_without_a_ratio_everything_stays():
    questions = [pet(i, category="closer") for i in range(9)] + [pet(9, category="further")]
    assert debiased(questions, 0, None) == questions
    assert debiased([], 0, 1.5) == []


def test_what_is_cut_is_spread_over_objects():
    questions = [pt(i, side="left", name="sofa") for i in range(12)] + [pt(12 + i, name="bed") for i in range(4)]
    questions += [pt(100 + i, side="right") for i in range(4)]
    kept = [question for question in debiased(questions, 0, 2.0) if question.category == "left"]
    assert Counter(question.object for question in kept) == {"sofa": 4, "bed": 4}


def test_letters_that_are_not_uniform_are_noticed():
    # Pearson by hand: 30 and 10 against 20 expected of each give chi-square 5 + 5 = 10 on one degree, p = 0.0016.
    questions = [replace(pet(i), answer="A" if i < 30 else "B") for i in range(40)]
    assert letters_uniform_p(questions) == pytest.approx(0.0016, abs=1e-4)
    even = [replace(pet(i), answer="AB"[i % 2]) for i in range(40)]
    assert letters_uniform_p(even) == 1.0
    assert letters_uniform_p([]) is None


def test_the_report_adds_up():
    questions = [pet(i) for i in range(12)]
    report = debias_report(questions, questions[:10], questions[:6])
    assert (report["curated"], report["rejected_by_people"], report["removed_by_balancing"], report["kept"]) == (
        12,
        2,
        4,
        6,
    )
    assert report["bias"]["questions"] == 6
