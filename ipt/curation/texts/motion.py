"""Text filters of the real camera-motion data (paper 2.1, VST): certain answers only, rewritten as the motion to draw.

A row asks how the camera moved between two images. Answers that say that it cannot be told are dropped; the others
become a prompt that describes the motion from the first image to the second. Where the question takes the second image
as its reference, its answer describes the way back, so every direction is inverted.
"""

import re
from typing import Literal

Reference = Literal["first", "second"]

_UNCERTAIN = re.compile(
    r"""
    \b(?: can(?:not|'t|\ not) | could(?:\ not|n't) | unable\ to | impossible\ to | not\ possible\ to | hard\ to
        | difficult\ to | no\ way\ to | not\ enough | insufficient )
      (?:\W+\w+){0,4}? \W+ (?: be\ )? (?: determin\w* | tell | told | say | said | know\w* | infer\w* | estimat\w*
        | conclude\w* | identif\w* | information | evidence | visual\ information | context )\b
    | \b(?: unclear | uncertain | undetermined | indeterminate | ambiguous | unknown | inconclusive )\b
    | \b not \ (?:sure|certain|clear) \b
    | \b i \ do(?:\ not|n't) \ know \b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NEGATED = re.compile(r"\b(?:not|hardly|by no means)\s+(?:unclear|uncertain|ambiguous|unknown)\b", re.IGNORECASE)

_PAIRS = (
    ("left", "right"),
    ("leftward", "rightward"),
    ("leftwards", "rightwards"),
    ("forward", "backward"),
    ("forwards", "backwards"),
    ("up", "down"),
    ("upward", "downward"),
    ("upwards", "downwards"),
    ("clockwise", "counterclockwise"),
    ("closer", "further"),
    ("nearer", "farther"),
    ("towards", "away from"),
    ("ascends", "descends"),
    ("rises", "sinks"),
)
_INVERSE = {
    "toward": "away from",
    "back": "forward",
    "counter-clockwise": "clockwise",
    "anticlockwise": "clockwise",
    **dict(_PAIRS),
    **{after: before for before, after in _PAIRS},
}
_DIRECTION = re.compile(
    rf"\b(?P<word>{'|'.join(sorted(_INVERSE, key=len, reverse=True))})\b"
    r"|\b(?P<verb>zoom\w*|push\w*|pull\w*)\s+(?P<change>in|out)\b",  # `in the room` is no direction
    re.IGNORECASE,
)
_SECOND = re.compile(
    r"""
    \b (?: from | relative\ to | with\ respect\ to | compared\ (?:to|with) | starting\ (?:at|from|in) )
      \ (?:the\ )? (?:camera\ (?:of|in)\ (?:the\ )?)? (?:second|2nd|last|latter) \ (?:image|view|frame|picture|photo) \b
    | \b from \ (?:image|view|frame) \ ?(?:2|two) \b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_certain(answer: str) -> bool:
    """Whether an answer commits itself: not empty, and nowhere says that it cannot be determined."""
    return bool(answer.strip()) and not _UNCERTAIN.search(_NEGATED.sub("", answer))


def reference_of(question: str) -> Reference:
    """Which image the question's motion starts from: `second` where it says so, else `first`."""
    return "second" if _SECOND.search(question) else "first"


def inverted(motion: str) -> str:
    """The same sentence with every direction turned around: left/right, up/down, forward/backward, in/out, rotation.

    Applied twice it gives directions back that mean the same (spelling variants become the usual one).
    """

    def turn(found: re.Match[str]) -> str:
        if found["word"]:
            return _like(_INVERSE[found["word"].lower()], found["word"])
        return f"{found['verb']} {'out' if found['change'].lower() == 'in' else 'in'}"

    return _DIRECTION.sub(turn, motion)


def generation_prompt(question: str, answer: str) -> str | None:
    """What the second image shows, as a prompt for drawing it from the first; None for an uncertain answer."""
    if not is_certain(answer):
        return None
    motion = " ".join(answer.split()).rstrip(".")
    if reference_of(question) == "second":
        motion = inverted(motion)
    return f"Draw what the camera sees after this motion, starting at the given image: {motion}."


def _like(word: str, pattern: str) -> str:
    return word.capitalize() if pattern[:1].isupper() else word
