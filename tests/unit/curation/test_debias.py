"""After people rejected questions: sub-categories are even again, and the report says what a guesser could use."""

from collections import Counter
from dataclasses import replace

import pytest

from ipt.curation.debias import debias_report, debiased, letters_uniform_p, with_even_letters
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


def test_letters_are_dealt_out_evenly_in_every_sub_category_and_nothing_else_changes():
    questions = [replace(pt(i, side="left"), text_cot="The answer is B.") for i in range(21)]
    questions += [pt(i, side="right") for i in range(21, 40)] + [pet(40 + i, category="closer") for i in range(7)]
    dealt = with_even_letters(questions, 0)
    for category in ("left", "right", "closer"):
        letters = Counter(question.answer for question in dealt if question.category == category)
        assert max(letters.values()) - min(letters.values()) <= 1, category
    for before, after in zip(questions, dealt, strict=True):
        assert after.question_id == before.question_id
        assert sorted(after.choices) == sorted(before.choices)
        assert after.choices["ABCD".index(after.answer)] == before.choices["ABCD".index(before.answer)]
        assert after.text_cot == (before.text_cot if after.answer == before.answer else "")
    assert with_even_letters(dealt, 0) == with_even_letters(questions, 0), "doing it twice changes nothing"
    assert len({question.choices.index(after.choices[0]) for question, after in zip(questions, dealt, strict=True)}) > 2


def test_who_is_left_does_not_decide_the_wrong_choices_order():
    questions = [pt(i) for i in range(12)]
    whole = {question.question_id: question for question in with_even_letters(questions, 0)}

    def wrong(question):
        return [choice for choice in question.choices if choice != question.object]

    assert all(
        wrong(question) == wrong(whole[question.question_id]) for question in with_even_letters(questions[3:], 0)
    )


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
