"""The judge behind a service: any OpenAI-compatible vision model (the paper's is GPT-4.1, three rounds).

`plan` estimates everything and compares it with the spend cap before the first call is sent (`ipt.endpoint`); answers
are kept, so a repeated run asks nothing twice. Repeated rounds differ in their seed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from ipt.curation.judge.interface import SIGHTS, Sight, VisibilityQuestion
from ipt.datasets.schema import Question
from ipt.endpoint.calls import Call, Message
from ipt.endpoint.client import Endpoint
from ipt.names import INPUT_SETTINGS
from ipt.seeding import content_seed
from ipt.tasks.choices import LETTERS
from ipt.tasks.naming import with_article

ROUNDS = 3
SYSTEM = (
    "You check images of rooms. Judge only by what the images show. Reply with the answer alone: no explanation, no"
    " punctuation."
)
VIEWS = {
    "map_path": "A map of the room from above; the path leads from point 1 over M1 to point 2.",
    "ego_1": "The view at point 1, along the path.",
    "ego_2": "The view at point 2, along the path.",
}


class EndpointJudge:
    """Asks a vision model. What it writes is read as a yes, a no or a letter; anything else is None."""

    rounds = ROUNDS

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        self.name = name
        self.endpoint = endpoint
        self.digest = endpoint.digest

    def visible(self, asked: Sequence[VisibilityQuestion], round_number: int) -> list[bool | None]:
        """Shows the side view alone and asks for one object."""
        return [read_yes_no(text) for text in self._texts([_visibility_call(one, round_number) for one in asked])]

    def choose(self, asked: Sequence[Question], sight: Sight, round_number: int) -> list[str | None]:
        """Shows the inputs of `ego_dir` (and the side view) with the question and its lettered choices."""
        texts = self._texts([_choice_call(question, sight, round_number) for question in asked])
        return [read_letter(text, len(question.choices)) for text, question in zip(texts, asked, strict=True)]

    def plan(self, questions: Iterable[Question]) -> None:
        """Say what judging `questions` may cost, and stop here if that passes the cap: two rounds of every rule."""

        def calls() -> Iterator[Call]:
            for question in questions:
                for number in range(2):
                    for choice in range(len(question.choices)):
                        yield _visibility_call(VisibilityQuestion(question, choice), number)
                    for sight in SIGHTS:
                        yield _choice_call(question, sight, number)

        self.endpoint.plan(calls())

    def _texts(self, calls: list[Call]) -> list[str]:
        return [completion.text for completion in self.endpoint.complete(calls)]


def read_yes_no(text: str) -> bool | None:
    """The answer's first word, if it is yes or no."""
    found = re.match(r"\W*(yes|no)\b", text, re.IGNORECASE)
    return None if found is None else found[1].lower() == "yes"


def read_letter(text: str, choices: int) -> str | None:
    """The letter of a choice that stands alone in the answer; None where there is none or more than one."""
    allowed = LETTERS[:choices]
    found = set(re.findall(rf"(?<![A-Za-z])([{allowed}])(?![A-Za-z'])", text.strip()))
    return found.pop() if len(found) == 1 else None


def _visibility_call(asked: VisibilityQuestion, round_number: int) -> Call:
    words = f"Is {with_article(asked.name)} visible in this image, at least in part? Answer yes or no."
    return _call((asked.question.imagination, words), asked.question.question_id, asked.name, round_number)


def _choice_call(question: Question, sight: Sight, round_number: int) -> Call:
    parts: list[str | bytes] = []
    for role in INPUT_SETTINGS["pt"]["ego_dir"]:
        parts += [VIEWS[role], question.images[role]]
    if sight == "with_side_view":
        parts += ["The view at M1 in the direction that the question asks about.", question.imagination]
    lettered = "\n".join(f"{LETTERS[index]}. {choice}" for index, choice in enumerate(question.choices))
    parts.append(f"{question.question}\n{lettered}\nAnswer with the letter of one choice.")
    return _call(tuple(parts), question.question_id, sight, round_number)


def _call(parts: tuple[str | bytes, ...], *identity: object) -> Call:
    return Call((Message("system", (SYSTEM,)), Message("user", parts)), content_seed("judge", *identity))
