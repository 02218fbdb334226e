"""Is a trace of reasoning fit to learn from? Three kinds of problems, each named.

A *leak* is anything that the input pictures do not show: ids, coordinates, numbers, or a mention of what the writer was
told (paper 3: no leak of hidden data). The *structure* is the paper's: pt in 100-300 words, pet in 3-6 steps, mvc frame
by frame. The *answer* must be the question's own.
"""

import re
from collections.abc import Iterator

from ipt.datasets.schema import Question

WORDS_OF_PT = (100, 300)
STEPS_OF_PET = (3, 6)

_LEAKS = {
    "leak.id": re.compile(
        r"\b\w+-(?:primary|different)-(?:train|val|test)-\d+|\b[A-Za-z]+[|_#]\s?[+-]?\d|\b[a-z]+(?:_[a-z0-9]+)+\b"
        r"|\b(?:id|instance|object)\s*(?:number|no\.?|#)?\s*[:=#]?\s*\d+\b",
        re.IGNORECASE,
    ),
    "leak.coordinates": re.compile(r"[(\[]\s*[+-]?\d+(?:\.\d+)?\s*[,;]\s*[+-]?\d|\b[xyz]\s*=\s*[+-]?\d", re.IGNORECASE),
    "leak.measure": re.compile(
        r"\d+\.\d+|\b\d+\s*(?:m|cm|mm|met(?:er|re)s?|px|pixels?|feet|ft|degrees?)\b|\d\s*[°%]", re.IGNORECASE
    ),
}
_TOLD = (
    r"metadata|ground[- ]truth|simulat\w+|segmentation|annotation|privileged|hidden (?:image|view|data)"
    r"|(?:provided|given|correct|known|right) answer|imagined (?:image|view)|target image"
)
_HIDDEN = {
    "pet": re.compile(rf"\b(?:{_TOLD}|second image|resulting image|view image)\b", re.IGNORECASE),
    "pt": re.compile(rf"\b(?:{_TOLD}|side[- ]view image|image of the side view)\b", re.IGNORECASE),
    "mvc": re.compile(rf"\b(?:{_TOLD}|bird'?s[- ]eye|BEV|top[- ]down|overhead|from above)\b", re.IGNORECASE),
}
"""What each task's writer knows and its reader does not see; a map is hidden in mvc but an input of pt."""
_LABELS = re.compile(
    r"\bM1\b|\b(?:points?|waypoints?|from|to|at|and|toward|towards|between|of)\s+[12]\b", re.IGNORECASE
)
_FRAME = re.compile(r"\b(?:frame|view|image|picture)s?\s*(?:number\s*)?(\d+|one|two|three|four)\b", re.IGNORECASE)
_ORDINAL = re.compile(r"\b(first|second|third|fourth)\s+(?:frame|view|image|picture)\b", re.IGNORECASE)
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "first": 1, "second": 2, "third": 3, "fourth": 4}
_STEP = re.compile(r"^\s*(?:step\s*)?\d+\s*[.:)]\s*", re.IGNORECASE | re.MULTILINE)
_CONCLUSION = re.compile(r"\bthe answer is\s+\**\(?([A-H])\)?\**\s*\.?\s*$", re.IGNORECASE)


def problems(question: Question, text: str) -> list[str]:
    """The names of everything wrong with a trace, in a fixed order; [] when it is fit."""
    return [*leaks(question, text), *_structure(question, text), *answer_problems(question, text)]


def leaks(question: Question, text: str) -> list[str]:
    """Ids, coordinates, measures, other numbers, and mentions of hidden images or of what the writer was told."""
    bare = _STEP.sub("", text)
    found = [name for name, pattern in _LEAKS.items() if pattern.search(bare)]
    if not found and _other_digits(question, bare):
        found.append("leak.number")
    if _HIDDEN[question.task].search(bare):
        found.append("leak.hidden_image")
    return found


def answer_problems(question: Question, text: str) -> list[str]:
    """`answer.missing` unless the trace ends with `The answer is <letter>.`, `answer.wrong` for another letter."""
    conclusion = _CONCLUSION.search(text.strip())
    if conclusion is None:
        return ["answer.missing"]
    return [] if conclusion[1].upper() == question.answer else ["answer.wrong"]


def _other_digits(question: Question, text: str) -> bool:
    """Digits that no picture shows: none for pet, beyond the labels of the points for pt; counts belong to mvc."""
    if question.task == "mvc":
        return False
    shown = _LABELS.sub("", text) if question.task == "pt" else text
    return bool(re.search(r"\d", shown))


def _structure(question: Question, text: str) -> Iterator[str]:
    if question.task == "pt":
        low, high = WORDS_OF_PT
        if not low <= len(text.split()) <= high:
            yield "structure.words"
    elif question.task == "pet":
        low, high = STEPS_OF_PET
        if not low <= len(_STEP.findall(text)) <= high:
            yield "structure.steps"
    else:
        named = {
            _NUMBERS.get(found.lower()) or int(found)
            for found in _FRAME.findall(text)
            if found.lower() in _NUMBERS or found.isdigit()
        }
        named |= {_NUMBERS[found.lower()] for found in _ORDINAL.findall(text)}
        if not set(range(1, len(question.images) + 1)) <= named:
            yield "structure.frames"
