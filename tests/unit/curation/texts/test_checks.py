"""What makes a trace unfit: leaks, the wrong structure, another answer. And our own templates have none of it."""

import pytest

from ipt.curation.texts.checks import answer_problems, leaks, problems
from ipt.curation.texts.templates import full_chain
from ipt.names import PET_CATEGORIES
from tests.unit.curation.samples import mvc, pet, pt

FRAMES = {f"frame_{index}": b"png" for index in range(4)}
ALL = [
    *(pet(i, name, turn=turn) for i, name in enumerate(PET_CATEGORIES * 4) for turn in ("left", "right")),
    *(pt(i, side) for i in range(12) for side in ("left", "right")),
    *(mvc(i, count, images=FRAMES) for i in range(6) for count in (1, 2, 3, 4)),
]


@pytest.mark.parametrize("question", ALL, ids=lambda q: f"{q.question_id}-{q.category}-{q.metadata.get('turn', '')}")
def test_templates_are_fit(question):
    assert problems(question, full_chain(question)) == []


def test_templates_vary_and_depend_on_the_question_alone():
    texts = [full_chain(pt(number, name="sofa")) for number in range(20)]
    assert len(set(texts)) > 15
    assert texts == [full_chain(pt(number, name="sofa")) for number in range(20)]


@pytest.mark.parametrize(
    ("task", "text", "problem"),
    [
        ("pet", "The sofa (pet-primary-train-00000-001) is left.", "leak.id"),
        ("pet", "Sofa|+01 is left of me.", "leak.id"),
        ("pet", "Object number 17 is left.", "leak.id"),
        ("pet", "Its beyond_target flag is set.", "leak.id"),
        ("pet", "It stands at (1.2, 3).", "leak.coordinates"),
        ("pet", "Its x = 3 is small.", "leak.coordinates"),
        ("pet", "It is 2.5 away.", "leak.measure"),
        ("pt", "It is 3 meters ahead.", "leak.measure"),
        ("pet", "Turning 90° brings it closer.", "leak.measure"),
        ("pet", "There are 7 of them.", "leak.number"),
        ("pt", "I see 5 chairs from point 1.", "leak.number"),
        ("pet", "The second image shows it left.", "leak.hidden_image"),
        ("pt", "The metadata says so.", "leak.hidden_image"),
        ("mvc", "The bird's-eye map shows three.", "leak.hidden_image"),
        ("mvc", "From above there are three.", "leak.hidden_image"),
        ("pt", "As the correct answer is B, I say so.", "leak.hidden_image"),
    ],
)
def test_leaks_are_found(task, text, problem):
    question = {"pet": pet(0), "pt": pt(0), "mvc": mvc(0)}[task]
    assert problem in leaks(question, text)


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ("pet", "Step 1: I look left.\nStep 2: I turn.\n3. So it is closer."),
        ("pt", "Going from 1 to 2 I pass M1; at point 1 I face up."),
        ("mvc", "Frame 1 shows 2 chairs, frame 2 shows one."),
        ("pt", "The map from above shows a sofa."),
        ("pet", "I walk to the red X; on a second look, it is closer."),
    ],
)
def test_what_the_pictures_show_is_no_leak(task, text):
    assert leaks({"pet": pet(0), "pt": pt(0), "mvc": mvc(0)}[task], text) == []


def test_structure_of_each_task():
    assert "structure.words" in problems(pt(0), f"Too short. The answer is {pt(0).answer}.")
    assert "structure.words" in problems(pt(0), "word " * 400 + f"The answer is {pt(0).answer}.")
    assert "structure.steps" in problems(pet(0), f"Step 1: all at once.\nThe answer is {pet(0).answer}.")
    question = mvc(0, images=FRAMES)
    assert "structure.frames" in problems(question, f"Frame 1 and frame 2 show some. The answer is {question.answer}.")


def test_the_answer_must_be_the_questions_own_and_come_last():
    question = pet(0)
    other = "B" if question.answer == "A" else "A"
    assert answer_problems(question, f"So: the answer is ({question.answer}).") == []
    assert answer_problems(question, f"The answer is {other}.") == ["answer.wrong"]
    assert answer_problems(question, f"The answer is {question.answer}. Or is it?") == ["answer.missing"]
