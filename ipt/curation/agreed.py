"""Whether people changed an item in the same way, and the change that they made together."""

from collections.abc import Mapping, Sequence
from typing import Any

SAME_PLACE = 5.0
"""Percent of the map that two people's clicks on the same waypoint may lie apart."""


def agreed_edit(edits: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What all these edits say, waypoints averaged; None where they differ."""
    first = edits[0]
    for other in edits[1:]:
        if first.keys() != other.keys() or first.get("waypoints", {}).keys() != other.get("waypoints", {}).keys():
            return None
        for name in ("objects_left", "objects_right"):
            if _words(first.get(name, ())) != _words(other.get(name, ())):
                return None
        for name, place in first.get("waypoints", {}).items():
            if any(abs(a - b) > SAME_PLACE for a, b in zip(place, other["waypoints"][name], strict=True)):
                return None
    merged = dict(first)
    if "waypoints" in first:
        places = {name: [edit["waypoints"][name] for edit in edits] for name in sorted(first["waypoints"])}
        merged["waypoints"] = {
            name: [round(sum(axis) / len(edits), 2) for axis in zip(*given, strict=True)]
            for name, given in places.items()
        }
    return merged


def _words(names: Sequence[str]) -> set[str]:
    return {name.strip().lower() for name in names}
