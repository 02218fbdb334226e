"""The area of multiview counting (paper 2.3): four cameras, the map of what they explore, and who counts what in it.

A count is believed when three sources agree on the very instances: the scene graph inside the map's crop, the frames,
and the segmentation of the map.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipt.config import MvcConfig
from ipt.scenes.interface import Camera, Scene
from ipt.tasks.interface import SceneContext
from ipt.tasks.maps import overhead
from ipt.tasks.poses import ground_height, jittered, standing, unit
from ipt.tasks.visibility import Visible, askable, room_at, see

SPACING = 0.25
"""Metres of the navigation grid on which trajectories are drawn."""
FRAMES = 4


@dataclass(frozen=True)
class Trajectory:
    """Four cameras and the map of the area they explore."""

    movement: str
    """`rotation` or `multi_camera`."""
    cameras: tuple[Camera, ...]
    overhead: Camera


@dataclass(frozen=True)
class Observation:
    """What the frames and the map of a trajectory see."""

    frames: tuple[Mapping[int, Visible], ...]
    top: Mapping[int, Visible]


def sample_trajectory(
    context: SceneContext,
    settings: MvcConfig,
    positions: NDArray[np.float64],
    movement: str,
    left: Mapping[int, int],
    rng: np.random.Generator,
) -> Trajectory | None:
    """A position seen in four directions, or a square walked counter-clockwise, looking ahead at each corner.

    None when a condition fails (counted).

    Args:
        positions: where one can stand, [N, 2].
        left: count -> how many questions the scene still lacks.
    """
    scene, yields = context.scene, context.yields
    yields.add("trajectory")
    side = settings.square_side if movement == "multi_camera" else 0.0
    for _ in range(settings.square_tries if side else 1):
        start = np.array(jittered(scene, positions, rng, SPACING))
        yaw = float(rng.integers(4)) * 90
        corners = [start]
        for step in range(FRAMES - 1):
            corners.append(corners[-1] + side * unit(yaw + 90 * step))
        free = all(scene.is_navigable((float(corner[0]), float(corner[1]))) for corner in corners)
        if free:
            break
    if not yields.passes(free, "trajectory.blocked"):
        return None
    ground, size = ground_height(scene), context.config.tasks.image_size
    cameras = tuple(
        standing(c[0], c[1], ground, settings.camera_height, yaw + 90 * i, extent=settings.field_of_view, size=size)
        for i, c in enumerate(corners)
    )
    radius = settings.radius_path + side / 2 if side else settings.radius_rotation
    found = Trajectory(movement, cameras, overhead(scene, np.mean(corners, axis=0).tolist(), 2 * radius, size))
    if settings.same_room and not yields.passes(promises(scene, found, left), "trajectory.no_promise"):
        return None
    if not yields.passes(all(scene.is_clear(camera, settings.clearance) for camera in cameras), "trajectory.too_close"):
        return None
    return found


def promises(scene: Scene, trajectory: Trajectory, left: Mapping[int, int]) -> bool:
    """Whether the boxes alone let one hope for a count that is still wanted.

    True where some category has a wanted number of instances inside the map, all of them in the rooms of the cameras,
    and those rooms hold no other: what stands in another room is seldom seen, and what is seen must be on the map.
    """
    rooms = {room.room_id for camera in trajectory.cameras if (room := room_at(scene, camera.position[:2]))}
    furniture = askable(scene)
    here = Counter(item.category for item in furniture.values() if not rooms or item.room_id in rooms)
    return any(
        left.get(len(inside), 0) > 0
        and len(inside) == here[category]
        and (not rooms or all(furniture[key].room_id in rooms for key in inside))
        for category, inside in inside_map(scene, trajectory).items()
    )


def observe(scene: Scene, trajectory: Trajectory) -> Observation:
    """Look through the four cameras and down on the map, on ids only."""
    return Observation(
        tuple(see(scene, camera) for camera in trajectory.cameras), see(scene, trajectory.overhead, open_top=True)
    )


def crop(camera: Camera) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners [2] and [2] of what a camera from above shows, metres."""
    low = np.asarray(camera.position[:2]) - camera.extent / 2
    return low, low + camera.extent


def inside_map(scene: Scene, trajectory: Trajectory, margin: float = 0.0) -> dict[str, set[int]]:
    """Category -> instances that reach into the map's crop, or within `margin` metres of it, by the scene graph."""
    keys, low, high = _boxes(scene)
    least, most = crop(trajectory.overhead)
    found: dict[str, set[int]] = defaultdict(set)
    for key in keys[((high > least - margin) & (low < most + margin)).all(axis=1)].tolist():
        found[scene.objects[key].category].add(key)
    return dict(found)


def _boxes(scene: Scene) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Ids [N] and lower and upper corners [N, 2] of what may be asked about."""
    furniture = askable(scene)
    low, high = (
        np.array([getattr(item, name)[:2] for item in furniture.values()], np.float64).reshape(-1, 2)
        for name in ("minimum", "maximum")
    )
    return np.array(list(furniture), np.int64), low, high


def disagreement(scene: Scene, settings: MvcConfig, seen: Observation, category: str, truth: Set[int]) -> str | None:
    """Which source does not show exactly the instances of the scene graph, each large enough; None when all agree.

    Args:
        scene: where the instances are.
        settings: how large each must be seen.
        seen: what the frames and the map see.
        category: whose instances are compared.
        truth: its instances inside the map.
    """
    any_frame = {key for frame in seen.frames for key in frame if key in truth or _is(scene, key, category)}
    clear = {
        key for key in truth if max((f[key].share for f in seen.frames if key in f), default=0) >= settings.coverage_min
    }
    if any_frame != truth:
        return "category.frames_differ"
    if clear != truth:
        return "category.frame_coverage"
    if {key for key in seen.top if _is(scene, key, category)} != truth:
        return "category.map_differs"
    if any(seen.top[key].share < settings.coverage_min for key in truth):
        return "category.map_coverage"
    return None


def _is(scene: Scene, key: int, category: str) -> bool:
    return key in scene.objects and scene.objects[key].category == category
