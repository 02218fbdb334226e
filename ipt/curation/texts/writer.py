"""Text CoT by a language model (the paper's is GPT-5.1): told what the simulator knows, checked, asked again, dropped.

The writer sees privileged facts so that it reasons correctly; `checks` makes sure that it does not repeat them. A trace
with problems goes back with their names; one that still has some after the last attempt is dropped and counted.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ipt.curation.texts.checks import STEPS_OF_PET, WORDS_OF_PT, problems
from ipt.datasets.schema import Question
from ipt.endpoint.calls import Call, Message
from ipt.endpoint.client import Endpoint
from ipt.names import INPUT_SETTINGS
from ipt.seeding import content_seed
from ipt.tasks.choices import LETTERS

ATTEMPTS = 3
SYSTEM = (
    "You write the reasoning of someone who answers a question about a room and sees only the pictures. You are told"
    " facts that they do not see; use them to reason correctly, but never mention or quote them: no ids, coordinates,"
    " distances or other measures, and nothing about images that they do not see. Write in the first person and end"
    " with the sentence `The answer is X.`, X being the letter."
)
STRUCTURE = {
    "pet": f"Write {STEPS_OF_PET[0]} to {STEPS_OF_PET[1]} lines, each beginning with `Step n:`.",
    "pt": f"Write {WORDS_OF_PT[0]} to {WORDS_OF_PT[1]} words: the walking direction on the map, which way the asked"
    " side points there, what stands on it, and why the other choices are not seen.",
    "mvc": "Go through the frames one by one (`frame 1`, `frame 2`, ...), say how many you see in each, which are the"
    " same object seen again, and the total.",
}
FACTS = {
    "pet": ("type", "turn", "side_before", "side_after", "beyond_target"),
    "pt": ("heading_on_map", "side", "side_on_map", "object_category", "distractors", "distance_bin"),
    "mvc": ("object_category", "count", "count_per_frame", "movement"),
}
"""Metadata that the writer is told; poses, boxes and ids are not among it."""
EXPLAINED = {
    "leak.id": "it mentions an id",
    "leak.coordinates": "it gives coordinates",
    "leak.measure": "it gives a measure",
    "leak.number": "it gives a number that no picture shows",
    "leak.hidden_image": "it mentions something that the reader does not see",
    "structure.words": "it has too few or too many words",
    "structure.steps": "it has too few or too many steps",
    "structure.frames": "it does not go through every frame",
    "answer.missing": "it does not end with `The answer is X.`",
    "answer.wrong": "it ends with another answer",
}


@dataclass
class Written:
    """The traces by question id, and what it took."""

    texts: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    rewritten: Counter[str] = field(default_factory=Counter)
    """Problems for which traces were sent back."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Problems that were left after the last attempt (the first one of each dropped trace)."""

    def report(self) -> dict[str, Any]:
        """As the curation report keeps it."""
        return {
            "asked": self.asked,
            "written": len(self.texts),
            "sent_back": dict(sorted(self.rewritten.items())),
            "dropped": dict(sorted(self.dropped.items())),
        }


def plan(questions: Iterable[Question], endpoint: Endpoint) -> None:
    """Say what a first draft of every trace may cost.

    Raises:
        UserError: it would pass the cap.
    """
    endpoint.plan(_call(question, 0, None) for question in questions)


def write_chains(questions: Sequence[Question], endpoint: Endpoint, attempts: int = ATTEMPTS) -> Written:
    """A checked trace for each question that gets one within `attempts`.

    Raises:
        UserError: the service refuses, or the cap is reached.
    """
    written = Written()
    drafts: dict[str, tuple[str, list[str]]] = {}
    left = list(questions)
    for number in range(attempts):
        if not left:
            break
        calls = [_call(question, number, drafts.get(question.question_id)) for question in left]
        written.asked += len(calls)
        again = []
        for question, completion in zip(left, endpoint.complete(calls), strict=True):
            text = completion.text.strip()
            wrong = problems(question, text)
            if not wrong:
                written.texts[question.question_id] = text
                continue
            drafts[question.question_id] = (text, wrong)
            again.append(question)
            if number + 1 < attempts:
                written.rewritten.update(wrong)
        left = again
    written.dropped.update(drafts[question.question_id][1][0] for question in left)
    return written


def _call(question: Question, number: int, draft: tuple[str, list[str]] | None) -> Call:
    roles = next(iter(INPUT_SETTINGS[question.task].values()))
    lettered = "\n".join(f"{LETTERS[index]}. {choice}" for index, choice in enumerate(question.choices))
    facts = {name: question.metadata[name] for name in FACTS[question.task] if name in question.metadata}
    task = (
        f"{question.question}\n{lettered}\n\nThe right answer: {question.answer}\n"
        f"What the reader does not see: {json.dumps(facts, sort_keys=True)}\n\n{STRUCTURE[question.task]}"
    )
    messages = [
        Message("system", (SYSTEM,)),
        Message("user", (*(question.images[role] for role in roles), task)),
    ]
    if draft is not None:
        text, wrong = draft
        reasons = "; ".join(EXPLAINED[name] for name in wrong)
        messages += [
            Message("assistant", (text,)),
            Message("user", (f"This cannot be used: {reasons}. Write the whole of it again without that.",)),
        ]
    return Call(tuple(messages), content_seed("text-cot", question.question_id, number))
