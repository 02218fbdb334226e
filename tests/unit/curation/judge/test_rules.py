"""The TIFA-style filter (paper 2.2): rounds and majority, the four rules in order, what each removed."""

import pytest

from ipt.curation.judge.agreement import agreement
from ipt.curation.judge.rounds import majority
from ipt.curation.judge.rules import RULES, judged
from tests.unit.curation.samples import pt


class Scripted:
    """Says what it is told to: `visible` by (question number, choice word), `choices` by (number, sight)."""

    name, digest, rounds = "scripted", "0", 3

    def __init__(self, visible=None, choices=None):
        self.seen = visible or {}
        self.chosen = choices or {}
        self.asked = []

    def plan(self, questions):
        self.planned = [question.metadata["number"] for question in questions]

    def visible(self, asked, round_number):
        self.asked += [(one.question.metadata["number"], one.name, round_number) for one in asked]
        return [
            self._of(self.seen, (one.question.metadata["number"], one.name), self._truth(one), round_number)
            for one in asked
        ]

    def choose(self, asked, sight, round_number):
        self.asked += [(question.metadata["number"], sight, round_number) for question in asked]
        usual = {"with_side_view": lambda q: q.answer, "without_imagination": lambda q: None}[sight]
        return [self._of(self.chosen, (q.metadata["number"], sight), usual(q), round_number) for q in asked]

    @staticmethod
    def _truth(one):
        return one.name == one.question.object

    @staticmethod
    def _of(script, key, usual, round_number):
        said = script.get(key, usual)
        return said[round_number] if isinstance(said, list) else said


@pytest.mark.parametrize(
    ("said", "answer", "looks"),
    [
        ([True, True, False], True, 2),  # the third is not asked
        ([True, False, False], False, 3),
        ([False, True, True], True, 3),
        ([None, True, True], True, 3),
        ([None, True, False], None, 3),
        ([None, None, True], None, 2),  # agreed that it cannot be told
    ],
)
def test_majority_of_three_stops_when_two_agree(said, answer, looks):
    assert majority(["item"], lambda items, number: [said[number]] * len(items), rounds=3) == ([answer], looks)


def test_only_open_items_are_asked_again():
    asked = []

    def ask(items, number):
        asked.append(list(items))
        return [(item == "torn" and number == 0) or item == "clear" for item in items]

    answers, looks = majority(["clear", "torn"], ask, rounds=3)
    assert (answers, asked, looks) == ([True, False], [["clear", "torn"], ["clear", "torn"], ["torn"]], 5)


def test_each_rule_drops_its_questions_and_later_rules_do_not_see_them():
    questions = [pt(number) for number in range(6)]
    other = next(choice for choice in questions[1].choices if choice != questions[1].object)
    wrong = [next(letter for letter in "ABCD" if letter != question.answer) for question in questions]
    judge = Scripted(
        visible={(0, questions[0].object): False, (1, other): True, (5, questions[5].object): [True, False, None]},
        choices={
            (2, "with_side_view"): wrong[2],
            (3, "without_imagination"): [questions[3].answer, wrong[3], questions[3].answer],
            (4, "without_imagination"): wrong[4],
        },
    )
    found = judged(questions, judge)
    assert [question.metadata["number"] for question in found.kept] == [4]
    report = found.report()
    assert {rule: report["rules"][rule]["dropped"] for rule in RULES} == dict.fromkeys(RULES, 1) | {
        "answer.not_visible": 2
    }
    assert [report["rules"][rule]["asked"] for rule in RULES] == [6, 4, 3, 2]
    assert report["rules"]["answer.not_visible"]["undecided"] == 1
    assert report["looks"] == len(judge.asked)
    assert not [one for one in judge.asked if one[0] == 0 and one[1] != questions[0].object]


def test_an_undecided_judge_keeps_no_question_but_does_not_call_it_answerable():
    unsure = dict.fromkeys([(0, "with_side_view")])
    assert judged([pt(0)], Scripted(choices=unsure)).kept == []
    assert len(judged([pt(0)], Scripted(choices={(0, "without_imagination"): None})).kept) == 1


def test_order_of_questions_changes_nothing():
    questions = [pt(number) for number in range(5)]
    judge = Scripted(visible={(3, questions[3].object): False})
    forward, backward = judged(questions, judge), judged(questions[::-1], judge)
    assert forward.kept == backward.kept[::-1]
    assert forward.report() == backward.report()


def test_agreement_of_two_judges_is_a_matrix_and_kappa_by_hand():
    """20 visibility questions: both yes 3, both no 14, first yes 2, second yes 1: kappa by the formula."""
    questions = [pt(number) for number in range(5)]
    truth = Scripted()
    others = {number: [c for c in questions[number].choices if c != questions[number].object] for number in range(5)}
    second = Scripted(
        visible={(0, questions[0].object): False, (1, questions[1].object): False, (2, others[2][0]): True}
    )
    found = agreement(questions, truth, second)
    assert found["matrix"]["yes"] == {"yes": 3, "no": 2, "undecided": 0}
    assert found["matrix"]["no"] == {"yes": 1, "no": 14, "undecided": 0}
    chance = (5 * 4 + 15 * 16) / 20**2
    assert found["agreement"] == pytest.approx(17 / 20)
    assert found["kappa"]["kappa"] == pytest.approx((17 / 20 - chance) / (1 - chance))
    assert found["kappa"]["low"] < found["kappa"]["kappa"] < found["kappa"]["high"]


def test_kappa_of_a_judge_that_always_says_the_same_is_undefined():
    always = Scripted(visible={(0, choice): True for choice in pt(0).choices})
    assert agreement([pt(0)], Scripted(), always)["kappa"] is None


def test_at_most_so_many_questions_chosen_by_content():
    questions = [pt(number) for number in range(6)]
    first, second = Scripted(), Scripted()
    assert agreement(questions, first, first, most=2)["questions"] == 2
    agreement(questions[::-1], second, second, most=2)
    assert {one[0] for one in first.asked} == {one[0] for one in second.asked}
    assert set(first.planned) == {one[0] for one in first.asked}
