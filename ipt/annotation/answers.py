"""An annotation of Label Studio as a review."""

import re
from collections.abc import Mapping
from typing import Any

from ipt.annotation.items import Item
from ipt.curation.reviews import REVIEW_VERDICTS, Review
from ipt.errors import UserError

WAYPOINTS = ("1", "M1", "2")
TYPED = re.compile(r"(1|M1|2)\s+(\d{1,2}(?:\.\d+)?|100)\s+(\d{1,2}(?:\.\d+)?|100)", re.IGNORECASE)
"""A waypoint without the mouse: its name, percent of the map from the left, percent from the top."""


def pseudonym(user: int) -> str:
    """What a reviewer is called in versioned files: the account's number, which only the server knows a person by."""
    return f"reviewer-{user}"


def review_of(item: Item, round_name: str, annotation: Mapping[str, Any]) -> Review:
    """The review that an exported annotation is.

    Raises:
        UserError: it is not a complete answer of our screen (made through the API, or with another screen).
    """
    where = f"annotation {annotation['id']} of {item.key[0]}"
    values = _values(annotation["result"])
    verdict = _one(values, "verdict", where)
    first = _one(values, "first_answer", where)
    reasons = tuple(sorted(values.get("reasons", []))) if verdict == "reject" else ()
    if verdict not in REVIEW_VERDICTS:
        raise UserError(f"{where}: verdict {verdict!r} is not known; delete it in Label Studio and review again")
    if verdict == "reject" and not reasons:
        raise UserError(f"{where}: rejected without a reason; open it in Label Studio and give one")
    edit = _edit(annotation["result"], values, where) if verdict == "edit" else {}
    if verdict == "edit" and not edit:
        raise UserError(f"{where}: nothing is edited; open it in Label Studio and place waypoints or name objects")
    return Review(
        question_id=item.key[0],
        item_sha256=item.key[1],
        reviewer=pseudonym(int(annotation["completed_by"])),
        round=round_name,
        verdict=verdict,
        first_answer=first,
        reasons=reasons,
        corrected_answer=(values.get("corrected_answer") or [""])[0] if verdict == "reject" else "",
        comment=" ".join(values.get("comment", [])),
        seconds=round(float(annotation.get("lead_time") or 0.0), 1),
        created=str(annotation["created_at"]),
        updated=str(annotation["updated_at"]),
        uid=str(annotation["unique_id"]),
        honeypot=item.honeypot,
        edit=edit,
    )


def _values(result: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Control -> chosen aliases or written lines."""
    found: dict[str, list[str]] = {}
    for entry in result:
        if entry["type"] in ("choices", "textarea"):
            value = entry["value"].get("choices" if entry["type"] == "choices" else "text", [])
            found[entry["from_name"]] = [value] if isinstance(value, str) else [str(line) for line in value]
    return found


def _one(values: Mapping[str, list[str]], name: str, where: str) -> str:
    given = values.get(name, [])
    if len(given) != 1:
        raise UserError(f"{where}: {name} has {len(given)} values, one is needed; open it in Label Studio and choose")
    return given[0]


def _edit(result: list[dict[str, Any]], values: Mapping[str, list[str]], where: str) -> dict[str, Any]:
    """Waypoints as name -> [x, y] in percent of the map's width and height, and lists of objects.

    Of a waypoint that was placed twice the last one counts; what was typed counts more than what was clicked.
    """
    edit: dict[str, Any] = {}
    waypoints = {}
    for entry in result:
        if entry["type"] == "keypointlabels":
            for name in entry["value"]["keypointlabels"]:
                if name in WAYPOINTS:
                    waypoints[name] = [round(float(entry["value"]["x"]), 2), round(float(entry["value"]["y"]), 2)]
    for typed in (part.strip() for line in values.get("places", []) for part in line.split(",") if part.strip()):
        found = TYPED.fullmatch(typed)
        if found is None:
            raise UserError(f"{where}: waypoint {typed!r} is not read; write it as `M1 40 55` in Label Studio")
        waypoints[found[1].upper()] = [float(found[2]), float(found[3])]
    if waypoints:
        edit["waypoints"] = waypoints
    for name in ("objects_left", "objects_right"):
        objects = [word.strip() for line in values.get(name, []) for word in line.split(",") if word.strip()]
        if objects:
            edit[name] = objects
    return edit
