"""What may be asked about a pair of views in perspective taking: every condition of paper 2.1, by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ipt.config import PetConfig
from ipt.scenes.interface import Camera, Scene, SceneObject
from ipt.tasks.interface import Yields
from ipt.tasks.poses import lateral
from ipt.tasks.visibility import PAPER_SIZE, Visible, askable, seen_of_category
from ipt.tasks.whitelist import WHITELIST, letters

Turn = Literal["left", "right"]


@dataclass(frozen=True)
class ViewPair:
    """The view before and after the move, and what each sees."""

    before: Camera
    after: Camera
    turn: Turn
    target: tuple[float, float, float]
    seen_before: Mapping[int, Visible]
    seen_after: Mapping[int, Visible]


@dataclass(frozen=True)
class Option:
    """One thing that may be asked about a pair of views."""

    item: SceneObject
    category: str
    """Sub-category, one of `PET_CATEGORIES`."""


_WHITELISTED = frozenset(map(letters, WHITELIST))


def single_floor(scene: Scene, settings: PetConfig) -> bool:
    """Whether the floors of the scene (not what lies on them) are within `floor_variation_max` of each other."""
    tops = [item.maximum[2] for item in scene.objects.values() if item.is_ground and item.is_structure]
    return settings.floor_variation_max is None or not tops or max(tops) - min(tops) < settings.floor_variation_max


def subjects(scene: Scene, settings: PetConfig) -> Mapping[int, SceneObject]:
    """What questions may be about: furniture, and with `whitelist` only what is on the list."""
    found = askable(scene)
    if settings.whitelist:
        return {key: item for key, item in found.items() if letters(item.category) in _WHITELISTED}
    return found


def invisible(
    scene: Scene, settings: PetConfig, item: SceneObject, seen: Mapping[int, Visible], area_min: float
) -> str | None:
    """The first condition that the object fails in one view, whatever is asked about it."""
    visible = seen.get(item.instance_id)
    if visible is None or visible.share < area_min:
        return "object.area"
    if visible.edge_distance() < settings.edge_margin / PAPER_SIZE:
        return "object.edge"
    if settings.unique and len(seen_of_category(scene, seen, item.category)) > 1:
        return "object.not_unique"
    return None


def side_unclear(settings: PetConfig, visible: Visible) -> str | None:
    """The first condition that makes left and right doubtful in one view."""
    if visible.straddles:
        return "object.straddles_centre"
    if abs(visible.x - 0.5) < settings.centre_margin / PAPER_SIZE:
        return "object.centre"
    return None


def both_sides(scene: Scene, item: SceneObject, seen: Mapping[int, Visible]) -> bool:
    """Whether things of the object's category are seen on both sides of the centre line: then no side is its side."""
    return len({seen[key].side for key in seen_of_category(scene, seen, item.category)}) > 1


def distance(camera: Camera, item: SceneObject) -> float:
    """Metres in the ground plane from the camera to the middle of the object."""
    return float(np.hypot(*(item.center[:2] - np.asarray(camera.position[:2]))))


def _side(camera: Camera, item: SceneObject) -> str:
    """Side of the object's middle, by geometry."""
    return "left" if lateral(camera.yaw, item.center[:2] - np.asarray(camera.position[:2])) > 0 else "right"


def options(scene: Scene, settings: PetConfig, pair: ViewPair, yields: Yields) -> Iterator[Option]:
    """Everything that may be asked about `pair`; each object counts once under the first condition it fails."""
    for key, item in subjects(scene, settings).items():
        if key not in pair.seen_before or key not in pair.seen_after:
            continue
        yields.add("object")
        views = ((pair.before, pair.seen_before), (pair.after, pair.seen_after))
        failed = invisible(scene, settings, item, pair.seen_before, settings.area_min)
        failed = failed or invisible(scene, settings, item, pair.seen_after, settings.area_min_imagined)
        if failed is None and max(distance(camera, item) for camera, _ in views) > settings.distance_max:
            failed = "object.distance"
        if failed:
            yields.add(failed)
            continue
        change = distance(pair.after, item) - distance(pair.before, item)
        if yields.passes(abs(change) >= settings.distance_change_min, "object.distance_change"):
            yield Option(item, "closer" if change < 0 else "further")
        unclear = next((name for _, seen in views if (name := side_unclear(settings, seen[key]))), None)
        if unclear is None and any(_side(camera, item) != seen[key].side for camera, seen in views):
            unclear = "object.middle_hidden"
        if unclear is None and any(both_sides(scene, item, seen) for _, seen in views):
            unclear = "object.both_sides"
        if unclear:
            yields.add(unclear)
        else:
            yield Option(item, f"{pair.seen_before[key].side}_to_{pair.seen_after[key].side}")
