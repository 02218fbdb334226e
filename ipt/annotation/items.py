"""What is put before a reviewer: the questions of a set, and among them honeypots whose verdict is known."""

import hashlib
import html
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from PIL import Image, ImageDraw

from ipt.config import Config
from ipt.curation.decisions import item_digest
from ipt.curation.reviews import Review
from ipt.datasets.schema import Question
from ipt.seeding import content_digest, content_rng
from ipt.tasks.naming import words

TITLES = {
    "marked": "First-person view with the red X",
    "marked_arrow": "The same, with the direction after the turn",
    "map_path": "Map with the path",
    "map_arrow": "Map with the direction asked about",
    "ego_1": "View at 1, towards 2",
    "ego_2": "View at 2, going on",
    "frame_0": "Frame 1",
    "frame_1": "Frame 2",
    "frame_2": "Frame 3",
    "frame_3": "Frame 4",
}
IMAGINED = {
    "pet": "The view from the X after the turn",
    "pt": "The view from M1 to the side asked about",
    "mvc": "The area from above",
}
MAP_SIZE = 480
EM_SPACE = "\u2003"
"""Between choices on one line: the screen would draw ordinary spaces together."""


@dataclass(frozen=True)
class Item:
    """One thing to review: a question as shown. The digest of a honeypot differs, because its claimed answer does."""

    question: Question
    honeypot: bool = False

    @cached_property
    def key(self) -> tuple[str, str]:
        """(question id, item digest): what makes an item the same item."""
        return self.question.question_id, item_digest(self.question)


def items_of(config: Config, questions: Sequence[Question], traps: Sequence[Question]) -> list[Item]:
    """The questions and honeypots made of `traps`, in an order that mixes them and never changes.

    A honeypot claims a wrong answer, so it must be rejected. `traps` should not be in `questions` (the validation
    split), or a reviewer meets the same picture twice.
    """
    count = min(len(traps), math.ceil(config.annotation.honeypot_share * len(questions)))
    chosen = sorted(traps, key=lambda question: content_digest(config.seed, question.question_id, "honeypot"))[:count]
    items = [Item(question) for question in questions] + [Item(_falsified(question), True) for question in chosen]
    return sorted(items, key=lambda item: content_digest(config.seed, *item.key, "review-order"))


def _falsified(question: Question) -> Question:
    letters = [chr(ord("A") + number) for number in range(len(question.choices))]
    wrong = [letter for letter in letters if letter != question.answer]
    return replace(question, answer=str(content_rng(question.question_id, "honeypot").choice(wrong)))


def pictures_of(item: Item) -> dict[str, bytes]:
    """sha256 -> PNG of everything that the item shows."""
    shown = [*item.question.images.values(), item.question.imagination]
    if has_edits(item.question.task, item.question.environment):
        shown.append(editable_map(item.question))
    return {hashlib.sha256(png).hexdigest(): png for png in shown}


def task_data(item: Item, urls: Mapping[str, str], reviews: Sequence[Review] = ()) -> dict[str, Any]:
    """The data of a Label Studio task.

    Args:
        item: what to show.
        urls: sha256 of a picture -> where the server has it.
        reviews: for adjudication, what the reviewers said.
    """
    question = item.question
    question_id, digest = item.key

    def figure(title: str, png: bytes) -> str:
        url = html.escape(urls[hashlib.sha256(png).hexdigest()], quote=True)
        return (
            f'<figure><img src="{url}" alt="{html.escape(title, quote=True)}"><figcaption>{title}</figcaption></figure>'
        )

    views = "".join(figure(TITLES.get(role, role), png) for role, png in question.images.items())
    lettered = [f"{chr(ord('A') + number)}. {choice}" for number, choice in enumerate(question.choices)]
    data = {
        "question_id": question_id,
        "item_sha256": digest,
        "question": question.question,
        "options": (2 * EM_SPACE).join(lettered),
        "claimed": lettered[ord(question.answer) - ord("A")],
        "views_html": f'<div class="ipt-pictures">{views}</div>',
        "imagination_html": f'<div class="ipt-pictures">{figure(IMAGINED[question.task], question.imagination)}</div>',
    }
    if has_edits(question.task, question.environment):
        left, right = side_objects(question)
        data["map_url"] = urls[hashlib.sha256(editable_map(question)).hexdigest()]
        data["objects_left"] = f"now: {', '.join(left) or 'none noted'}"
        data["objects_right"] = f"now: {', '.join(right) or 'none noted'}"
    if reviews:
        data["reviews_html"] = "".join(_said(review) for review in reviews)
    return data


def has_edits(task: str, environment: str) -> bool:
    """Whether reviewers may mend an item: pt on real images, whose waypoints and lists a model proposed (paper 2.2)."""
    return task == "pt" and environment == "different"


def editable_map(question: Question) -> bytes:
    """The map as PNG, at least `MAP_SIZE` px wide: Label Studio shows it pixel for pixel, and one must hit a place.

    A ruler in percent along the upper and left edges is for those who type a place.
    """
    return _with_ruler(next(iter(question.images.values())))


@lru_cache(maxsize=8)
def _with_ruler(png: bytes) -> bytes:
    with Image.open(io.BytesIO(png)) as opened:
        factor = max(1, math.ceil(MAP_SIZE / opened.width))
        size = (opened.width * factor, opened.height * factor)
        shown = opened.convert("RGB").resize(size, Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(shown)
    for percent in range(10, 100, 10):
        x, y = size[0] * percent // 100, size[1] * percent // 100
        for line in ((x, 0, x, 8), (0, y, 8, y)):
            pen.line(line, fill="black", width=3)
            pen.line(line, fill="white", width=1)
        for place in ((x - 6, 10), (11, y - 6)):
            pen.text(place, str(percent), fill="white", stroke_width=2, stroke_fill="black")
    stream = io.BytesIO()
    shown.save(stream, format="PNG", compress_level=2)
    return stream.getvalue()


def side_objects(question: Question) -> tuple[list[str], list[str]]:
    """The objects noted left and right of the path of a pt question."""
    known = question.metadata
    if "objects_left" in known:
        return list(known["objects_left"]), list(known.get("objects_right", []))
    here = [words(name) for name in known.get("visible_side", [])]
    return (here, []) if known.get("side") == "left" else ([], here)


def _said(review: Review) -> str:
    parts = [f"own answer {review.first_answer}", review.verdict, ", ".join(review.reasons).replace("_", " ")]
    if review.corrected_answer:
        parts.append(f"right is {review.corrected_answer}")
    if review.edit:
        parts.append(json.dumps(dict(review.edit), sort_keys=True, ensure_ascii=False))
    if review.comment:
        parts.append(f"“{review.comment}”")
    return f"<p><b>{html.escape(review.reviewer)}</b>: {html.escape('; '.join(part for part in parts if part))}</p>"
