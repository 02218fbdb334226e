"""Finding the target of perspective taking: a point on the ground that one sees, reaches, and sees something from.

The paper casts up to 40 rays from the camera (in Habitat it starts from a visible object instead, `anchor`). Here the
id frame answers first for each ray, and arithmetic on object
middles says whether anything wanted could be asked from the point; an exact ray is cast for those that remain. What the
view from the target really shows is tested afterwards, so this only saves rendering views of no use.
"""

from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray

from ipt.config import PetConfig
from ipt.scenes.interface import Camera, Frame, Scene, SceneObject
from ipt.tasks.marking import arm_ends
from ipt.tasks.pet_conditions import Turn, side_unclear
from ipt.tasks.poses import standing
from ipt.tasks.visibility import PAPER_SIZE, Visible

MARK_TOLERANCE = 0.05
"""An arm of the X is hidden where something is nearer than its end by this share of the distance: rugs are not."""
NEAREST_OBJECT = 0.3
"""Metres: an object whose middle is nearer than this in front of the target is not hoped for."""
ANCHOR_GRID = 0.25
"""Metres between the places that an anchor's place is snapped to."""

Target = tuple[float, float, float]


def turned(before: Camera, target: Target, turn: Turn) -> Camera:
    """The camera at the target, turned by 90 degrees, at the same height."""
    yaw = before.yaw + (90 if turn == "left" else -90)
    return standing(target[0], target[1], 0.0, before.position[2], yaw, extent=before.extent, size=before.size)


def find_target(
    scene: Scene,
    settings: PetConfig,
    before: Camera,
    frame: Frame,
    turn: Turn,
    near: Sequence[tuple[SceneObject, Visible]],
    wanted: Set[str],
    ground: float,
    rng: np.random.Generator,
) -> Target | None:
    """A walkable point on a ground surface that the camera sees, found by the way of `settings.target`.

    Args:
        frame: ids and depth seen by `before`.
        near: objects that are clearly seen by `before`.
        wanted: sub-categories of which the scene still lacks questions.
    """
    if settings.target == "anchor":
        hopeful = _anchored(scene, settings, before, near, ground, rng)
    else:
        hopeful = _seen_ground(scene, settings, before, frame, rng)
    for point in hopeful[_promises(settings, before, turn, hopeful, near, wanted)]:
        target = _exact(scene, settings, before, point, ground)
        if (
            target
            and scene.is_navigable(target[:2])
            and scene.is_clear(turned(before, target, turn))
            and _mark_in_sight(scene, before, target, settings.mark_size)
        ):
            return target
    return None


def _seen_ground(
    scene: Scene, settings: PetConfig, before: Camera, frame: Frame, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Roughly where rays through the lower half of the image meet the ground: points [N, 3]."""
    if frame.instance is None or frame.depth is None:
        raise ValueError("finding a target needs ids and depth")
    right, up, forward = before.basis()
    scale = np.tan(np.radians(before.extent) / 2)
    u = rng.uniform(-0.85, 0.85, settings.target_tries)
    v = rng.uniform(-0.95, 0.0, settings.target_tries)
    rays = forward + scale * (np.outer(u, right) + np.outer(v, up))
    column, row = ((1 + u) / 2 * before.size).astype(int), ((1 - v) / 2 * before.size).astype(int)
    grounds = [key for key, item in scene.objects.items() if item.is_ground]
    on_ground = np.isin(frame.instance[row, column], grounds)
    rays, depth = rays[on_ground], frame.depth[row, column][on_ground].astype(np.float64)
    return np.asarray(np.asarray(before.position) + rays * depth[:, None])


def _anchored(
    scene: Scene,
    settings: PetConfig,
    before: Camera,
    near: Sequence[tuple[SceneObject, Visible]],
    ground: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Places of clearly seen objects, moved along the viewing direction and snapped to the grid: points [N, 3]."""
    grid = scene.navigable_positions(ANCHOR_GRID)
    found = []
    for number in rng.permutation(len(near))[: settings.target_tries]:
        forward = before.basis()[2][:2]
        place = near[number][0].center[:2] + rng.uniform(*settings.anchor_offset) * forward
        apart = np.hypot(*(grid - place).T)
        if len(grid) and apart.min() <= settings.anchor_snap:
            found.append((*grid[apart.argmin()], ground))
    return np.array(found, np.float64).reshape(-1, 3)


def _promises(
    settings: PetConfig,
    before: Camera,
    turn: Turn,
    points: NDArray[np.float64],
    near: Sequence[tuple[SceneObject, Visible]],
    wanted: Set[str],
) -> NDArray[np.bool_]:
    """Which of `points` [N, 3] may serve a wanted sub-category, by the middles of objects alone."""
    right, _, forward = (axis[:2] for axis in before.basis())
    ahead, across = (-right, forward) if turn == "left" else (right, -forward)
    scale = np.tan(np.radians(before.extent) / 2)
    start = np.asarray(before.position[:2])
    found = np.zeros(len(points), bool)
    for item, visible in near:
        offset = item.center[:2] - points[:, :2]
        depth, sideways = offset @ ahead, offset @ across
        position = sideways / np.maximum(depth, 1e-6) / scale / 2  # from the centre line, share of the image
        in_view = (depth > NEAREST_OBJECT) & (np.abs(position) < 0.5 - settings.edge_margin / PAPER_SIZE)
        change = np.hypot(*offset.T) - np.hypot(*(item.center[:2] - start))
        for name, fits in (("closer", change < 0), ("further", change > 0)):
            if name in wanted:
                found |= in_view & fits & (np.abs(change) >= settings.distance_change_min)
        if side_unclear(settings, visible) is None:
            for name, fits in (("left", position < 0), ("right", position > 0)):
                if f"{visible.side}_to_{name}" in wanted:
                    found |= in_view & fits & (np.abs(position) >= settings.centre_margin / PAPER_SIZE)
    return found


def _exact(
    scene: Scene, settings: PetConfig, before: Camera, point: NDArray[np.float64], ground: float
) -> Target | None:
    """The ground that the ray to `point` hits, or None when it hits something else, too near, or at another height."""
    ray = point - np.asarray(before.position)
    hit = scene.cast_ray(before.position, tuple(ray / np.linalg.norm(ray)))
    if hit is None or hit.instance_id not in scene.objects or not scene.objects[hit.instance_id].is_ground:
        return None
    x, y, z = (round(float(value), 3) for value in hit.point)
    apart = float(np.hypot(x - before.position[0], y - before.position[1]))
    if abs(z - ground) > settings.ground_tolerance:
        return None
    if not settings.target_distance_min <= apart <= settings.target_distance_max:
        return None
    return x, y, z


def _mark_in_sight(scene: Scene, camera: Camera, target: tuple[float, float, float], arm: float) -> bool:
    """True when the ends of the X's arms are inside the image and nothing stands in front of them."""
    ends = np.array([[*(line + np.asarray(target[:2])), target[2]] for line in arm_ends(camera.yaw, arm)])
    pixels = camera.project(ends)
    if (pixels[:, 2] <= 0).any() or (pixels[:, :2] < 0).any() or (pixels[:, :2] > camera.size).any():
        return False
    for end in ends:
        ray = end - np.asarray(camera.position)
        distance = float(np.linalg.norm(ray))
        hit = scene.cast_ray(camera.position, tuple(ray / distance))
        if hit is None or hit.distance < distance * (1 - MARK_TOLERANCE):
            return False
    return True
