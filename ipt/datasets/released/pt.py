"""Path-tracing evaluation rows: ours out, the AI2-THOR and the real release in.

A released row asks in one input setting (its configuration); our question is stored once for all of them, so one of
ours gives a row in each configuration, and rows of the same `question_id` make one question again.
"""

import re
from collections.abc import Mapping
from typing import Any

from ipt.datasets.instructions import IMAGE_TAG, input_images, settings_held, tag_images
from ipt.datasets.released import cells
from ipt.datasets.released.columns import PT_CONFIGURATIONS
from ipt.datasets.released.parquet import Place
from ipt.datasets.schema import Question
from ipt.names import INPUT_VARIANTS, PT_CATEGORIES, SPATIAL_CHOICES, Environment, Split

_LEADING_TAGS = re.compile(r"^((?:<image_\d+>)+)\n")


def configurations(question: Question) -> tuple[str, ...]:
    """The configurations of the settings that `question` was made for and has every image of."""
    held = settings_held(question)
    return tuple(
        name
        for name, ours in PT_CONFIGURATIONS.items()
        if ours in held and all(role in question.images for role in INPUT_VARIANTS["pt"][ours])
    )


def to_row(question: Question, configuration: str) -> dict[str, Any]:
    """The row of `PT_EVAL` in `configuration`, one of `PT_CONFIGURATIONS`.

    The endpoint views are in the row only where the setting shows them: the row's images are exactly those of its tags.

    Raises:
        UserError: the question lacks an image.
    """
    topdown, *ego = input_images(question, PT_CONFIGURATIONS[configuration])
    return {
        "question_id": question.question_id,
        "question": tag_images(question.question, 1 + len(ego)),
        "answer": question.answer,
        "choices": list(question.choices),
        "topdown_image": {"bytes": topdown, "path": None},
        "ego_images": [{"bytes": view, "path": None} for view in ego],
        "sideview_image": {"bytes": question.imagination, "path": None},
        "sideview_desc": question.think_text,
    }


def from_rows(
    rows: Mapping[str, tuple[Place, dict[str, Any]]], name: str, environment: Environment, split: Split
) -> Question:
    """The question of the released rows that are about it.

    Args:
        rows: configuration -> where the row is, and its cells. They are the `same_question`.
        name: the question's id.
        environment: `different` for the real set, which has one image, no side view and no endpoint views.
        split: ours.

    Raises:
        UserError: a cell is empty or wrong; names file, row and column.
    """
    pictures: dict[str, bytes] = {}
    for configuration, (place, row) in rows.items():
        roles = INPUT_VARIANTS["pt"][PT_CONFIGURATIONS[configuration]]
        pictures[roles[0]] = cells.image(place, row, "image" if "image" in row else "topdown_image")
        views = row.get("ego_images") or []
        if len(views) not in (0, 2) or (len(views) == 0 and len(roles) > 1):
            raise place.wrong(
                "ego_images", f"{configuration} shows {len(roles) - 1} endpoint views, found {len(views)}"
            )
        pictures |= {f"ego_{i + 1}": cells.png(place, "ego_images", view) for i, view in enumerate(views)}
    configuration, (place, row) = max(
        rows.items(), key=lambda item: len(INPUT_VARIANTS["pt"][PT_CONFIGURATIONS[item[0]]])
    )
    choices = cells.distinct(place, "choices", row.get("choices"), SPATIAL_CHOICES["pt"])
    answer = cells.letter(place, "answer", cells.text(place, row, "answer").strip(), choices, texts=True)
    question = untagged(cells.text(place, row, "question"))
    order = dict.fromkeys(role for roles in INPUT_VARIANTS["pt"].values() for role in roles)
    return Question(
        question_id=name,
        task="pt",
        environment=environment,
        split=split,
        category=asked_side(question),
        scene_id="",
        scene_digest="",
        room_type="",
        question=question,
        choices=choices,
        answer=answer,
        object=choices["ABCD".index(answer)],
        images={role: pictures[role] for role in order if role in pictures},
        imagination=cells.image(place, row, "sideview_image") if "sideview_image" in row else b"",
        think_text=row.get("sideview_desc") or "",
        metadata={"input_settings": [setting for released, setting in PT_CONFIGURATIONS.items() if released in rows]},
    )


def untagged(question: str) -> str:
    """The question without the `<image_N>` tags that only lead it; tags inside the text stay, because it needs them."""
    rest = _LEADING_TAGS.sub("", question)
    return question if "<image_" in rest else rest


def asked_side(question: str) -> str:
    """`left` or `right` where the question names exactly one of them, else ''."""
    named = {side for side in PT_CATEGORIES if re.search(rf"\b{side}\b", question, re.IGNORECASE)}
    return named.pop() if len(named) == 1 else ""


def same_question(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether rows of two configurations ask the same: text without any tags, choices, and answer."""
    plain = [
        (IMAGE_TAG.sub("", str(row["question"])).split(), row["choices"], row["answer"]) for row in (first, second)
    ]
    return plain[0] == plain[1]
