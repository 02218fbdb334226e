"""Which pt questions a judge drops (paper 2.2), rule by rule, and how many fell to each.

1. `answer.not_visible`: the answer is not visible in the side view;
2. `distractor.visible`: a distractor is;
3. `answer.wrong_with_side_view`: the judge answers wrongly even with the side view;
4. `answer.without_imagination`: the judge answers correctly from the map and the endpoint views alone.

A question falls to the first rule that it breaks and is not asked further. An undecided judge (no majority, unreadable)
counts against the question in rules 1-3; in rule 4 only a right answer does, so a judge
that cannot apply it (the simulator knows everything) drops nothing there and is counted as undecided.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ipt.curation.judge.interface import Judge, Sight, VisibilityQuestion
from ipt.curation.judge.rounds import majority
from ipt.datasets.schema import Question

RULES = (
    "answer.not_visible",
    "distractor.visible",
    "answer.wrong_with_side_view",
    "answer.without_imagination",
)


@dataclass
class Verdicts:
    """What became of the questions: the kept ones, and by rule how many were asked, dropped and undecided."""

    judge: str
    digest: str
    kept: list[Question] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    looks: int = 0
    """Single answers of the judge, repeated rounds included."""

    def report(self) -> dict[str, Any]:
        """The yield table, as the curation report keeps it."""
        return {
            "judge": self.judge,
            "judge_digest": self.digest,
            "looks": self.looks,
            "rules": {
                rule: {"asked": self.asked[rule], "dropped": self.dropped[rule], "undecided": self.undecided[rule]}
                for rule in RULES
            },
        }


def judged(questions: Sequence[Question], judge: Judge) -> Verdicts:
    """Apply the rules to pt questions; the order of `questions` is kept and changes nothing."""
    verdicts = Verdicts(judge.name, judge.digest)
    left = list(questions)
    for rule in RULES:
        if not left:
            break
        verdicts.asked[rule] = len(left)
        breaks = _BREAKS[rule](left, judge, verdicts, rule)
        verdicts.dropped[rule] = sum(breaks)
        left = [question for question, broken in zip(left, breaks, strict=True) if not broken]
    verdicts.kept = left
    return verdicts


def _answer_index(question: Question) -> int:
    return ord(question.answer) - ord("A")


def _not_visible(questions: Sequence[Question], judge: Judge, verdicts: Verdicts, rule: str) -> list[bool]:
    asked = [VisibilityQuestion(question, _answer_index(question)) for question in questions]
    answers, looks = majority(asked, judge.visible, judge.rounds)
    verdicts.looks += looks
    verdicts.undecided[rule] = sum(answer is None for answer in answers)
    return [answer is not True for answer in answers]


def _distractor_visible(questions: Sequence[Question], judge: Judge, verdicts: Verdicts, rule: str) -> list[bool]:
    asked = [
        VisibilityQuestion(question, choice)
        for question in questions
        for choice in range(len(question.choices))
        if choice != _answer_index(question)
    ]
    answers, looks = majority(asked, judge.visible, judge.rounds)
    verdicts.looks += looks
    worst: dict[str, bool] = {}
    unsure: set[str] = set()
    for one, answer in zip(asked, answers, strict=True):
        name = one.question.question_id
        worst[name] = worst.get(name, False) or answer is not False
        if answer is None:
            unsure.add(name)
    verdicts.undecided[rule] = len(unsure)
    return [worst[question.question_id] for question in questions]


def _wrong_with_side_view(questions: Sequence[Question], judge: Judge, verdicts: Verdicts, rule: str) -> list[bool]:
    letters = _choices(questions, judge, verdicts, rule, "with_side_view")
    return [letter != question.answer for letter, question in zip(letters, questions, strict=True)]


def _without_imagination(questions: Sequence[Question], judge: Judge, verdicts: Verdicts, rule: str) -> list[bool]:
    letters = _choices(questions, judge, verdicts, rule, "without_imagination")
    return [letter == question.answer for letter, question in zip(letters, questions, strict=True)]


def _choices(
    questions: Sequence[Question], judge: Judge, verdicts: Verdicts, rule: str, sight: Sight
) -> list[str | None]:
    def ask(some: Sequence[Question], number: int) -> list[str | None]:
        return judge.choose(some, sight, number)

    letters, looks = majority(questions, ask, judge.rounds)
    verdicts.looks += looks
    verdicts.undecided[rule] = sum(letter is None for letter in letters)
    return letters


_BREAKS: dict[str, Callable[[Sequence[Question], Judge, Verdicts, str], list[bool]]] = {
    "answer.not_visible": _not_visible,
    "distractor.visible": _distractor_visible,
    "answer.wrong_with_side_view": _wrong_with_side_view,
    "answer.without_imagination": _without_imagination,
}
