"""Answers recomputed from a scene file alone: its JSON, trigonometry, and nothing of `ipt` but the file itself.

No mesh, no renderer, no object table: where a piece of furniture is follows from its position, its size (width, depth,
height) and its yaw; which room a point is in, from the rooms' rectangles.
"""

import math
import re
from typing import Any

Scene = dict[str, Any]
Point = tuple[float, float]


def plain(name: str) -> str:
    """A category or its words with only the letters: `TVStand` and `TV stand` are the same."""
    return re.sub("[^a-z]", "", name.lower())


def piece(scene: Scene, object_id: int) -> dict[str, Any]:
    """The furniture entry with that id."""
    (found,) = [entry for entry in scene["furniture"] if entry["object_id"] == object_id]
    return found


def corners(entry: dict[str, Any]) -> list[Point]:
    """The four corners of a piece on the floor plan."""
    x, y, _ = entry["position"]
    half_width, half_depth = entry["size"][0] / 2, entry["size"][1] / 2
    angle = math.radians(entry["yaw"])
    return [
        (
            x + sx * half_width * math.cos(angle) - sy * half_depth * math.sin(angle),
            y + sx * half_width * math.sin(angle) + sy * half_depth * math.cos(angle),
        )
        for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]


def room_of(scene: Scene, point: Point) -> dict[str, Any]:
    """The room whose rectangle holds the point, or the nearest one."""

    def outside(room: dict[str, Any]) -> tuple[float, int]:
        gap = [max(room["minimum"][i] - point[i], 0.0, point[i] - room["maximum"][i]) for i in (0, 1)]
        return math.hypot(*gap), room["room_id"]

    return min(scene["rooms"], key=outside)


def turned_left(origin: Point, degrees: float, point: Point) -> float:
    """Degrees to the left (positive) of the direction `degrees` at which `point` lies from `origin`."""
    to_point = math.degrees(math.atan2(point[1] - origin[1], point[0] - origin[0]))
    return (to_point - degrees + 180) % 360 - 180


def pet_answer(scene: Scene, known: dict[str, Any]) -> str:
    """`closer`/`further` or `left`/`right`, as the question's type asks."""
    place = tuple(piece(scene, known["object_id"])["position"][:2])
    before, after = known["camera_before"], known["camera_after"]
    if known["type"] == "distance":
        return (
            "closer"
            if math.dist(after["position"][:2], place) < math.dist(before["position"][:2], place)
            else "further"
        )
    return "left" if turned_left(after["position"][:2], after["yaw"], place) > 0 else "right"


def pt_answers(scene: Scene, known: dict[str, Any], choices: tuple[str, ...]) -> set[str]:
    """The choices of which a piece in the room of M1 reaches over to the asked side of the path."""
    (x1, y1), (x2, y2) = known["path"]
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    room = room_of(scene, middle)["room_id"]
    ahead = math.degrees(math.atan2(y2 - y1, x2 - x1))
    sign = 1 if known["side"] == "left" else -1
    there = {
        plain(entry["category"])
        for entry in scene["furniture"]
        if entry["room"] == room and any(sign * turned_left(middle, ahead, corner) > 0 for corner in corners(entry))
    }
    return {choice for choice in choices if plain(choice) in there}


def mvc_count(scene: Scene, known: dict[str, Any]) -> int:
    """How many pieces of the category reach into the square that the map shows."""
    x, y = known["camera_map"]["position"][:2]
    half = known["camera_map"]["extent"] / 2
    return sum(
        entry["category"] == known["object_category"]
        and max(cx for cx, _ in corners(entry)) > x - half
        and min(cx for cx, _ in corners(entry)) < x + half
        and max(cy for _, cy in corners(entry)) > y - half
        and min(cy for _, cy in corners(entry)) < y + half
        for entry in scene["furniture"]
    )


def disagreement(scene: Scene, task: str, known: dict[str, Any], choices: tuple[str, ...], answer: str) -> str | None:
    """What the file says where it contradicts the question's answer, else None."""
    if task == "pt":
        found = pt_answers(scene, known, choices)
        return None if found == {answer} else f"on the {known['side']}: {sorted(found)}, answer {answer}"
    truth = pet_answer(scene, known) if task == "pet" else str(mvc_count(scene, known))
    return None if truth == answer else f"{truth}, answer {answer}"
