"""What can be seen in a frame of instance ids, and from where: measured as fractions of the image.

Fractions make every condition independent of the image size; the paper's pixels are of a 1024 px image.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.interface import Camera, Frame, Room, Scene, SceneObject
from ipt.tasks.extents import extents

PAPER_SIZE = 1024
"""Pixels of the image in which the paper states its margins."""


@dataclass(frozen=True)
class Visible:
    """The visible part of one instance; all values are fractions of the image (x right, y down, 0..1)."""

    share: float
    """Share of the image's pixels."""
    x: float
    """Mean column of the mask."""
    y: float
    """Mean row of the mask."""
    left: float
    """Left edge of the mask's bounding box."""
    right: float
    """Right edge of the mask's bounding box."""

    @property
    def side(self) -> str:
        """`left` or `right` of the centre line, by the mask's mean column."""
        return "left" if self.x < 0.5 else "right"

    @property
    def straddles(self) -> bool:
        """True when the mask reaches over the centre line."""
        return self.left < 0.5 < self.right

    def edge_distance(self) -> float:
        """Distance of the mask's mean from the nearest image edge."""
        return min(self.x, 1 - self.x, self.y, 1 - self.y)


def measure(instance: NDArray[np.int32]) -> dict[int, Visible]:
    """The visible part of every instance in `instance` [H, W], except 0 (nothing)."""
    height, width = instance.shape
    ids, dense = _numbered(instance)
    found = extents(dense, len(ids))
    return {
        int(ids[i]): Visible(
            pixels / instance.size,
            (columns + 0.5 * pixels) / pixels / width,
            (rows + 0.5 * pixels) / pixels / height,
            first / width,
            1 - (width - 1 - last) / width,
        )
        for i, (pixels, columns, rows, first, last) in enumerate(found.tolist())
        if pixels and ids[i] != 0
    }


def _numbered(instance: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Ids and their places in `instance`; simulators with large ids (hashes) get small ones first."""
    highest = int(instance.max(initial=0))
    if highest < 65536 and int(instance.min(initial=0)) >= 0:
        return np.arange(highest + 1), np.ascontiguousarray(instance)
    ids, dense = np.unique(instance, return_inverse=True)
    return ids.astype(np.int64), dense.reshape(instance.shape).astype(np.int32)


def look(scene: Scene, camera: Camera, *, open_top: bool = False) -> tuple[Frame, dict[int, Visible]]:
    """Ids and depth that `camera` sees, without shading, and every visible instance."""
    frame = scene.render(camera, rgb=False, open_top=open_top)
    if frame.instance is None:
        raise RuntimeError(f"{scene.scene_id}: the simulator returned no instance ids")
    return frame, measure(frame.instance)


def see(scene: Scene, camera: Camera, *, open_top: bool = False) -> Mapping[int, Visible]:
    """Every instance that `camera` sees, without shading."""
    return _see(cast(Hashable, scene), camera, open_top)


@lru_cache(maxsize=8)  # questions about one view or trajectory are checked one after the other
def _see(scene: Hashable, camera: Camera, open_top: bool) -> Mapping[int, Visible]:
    return look(cast(Scene, scene), camera, open_top=open_top)[1]


def askable(scene: Scene) -> Mapping[int, SceneObject]:
    """Objects that a question may be about: furniture, no structure."""
    return _askable(cast(Hashable, scene))


@lru_cache(maxsize=2)  # asked for many times a view
def _askable(scene: Hashable) -> Mapping[int, SceneObject]:
    objects = cast(Scene, scene).objects
    return {key: item for key, item in objects.items() if item.is_furniture and not item.is_structure}


def categories_of(scene: Scene, instances: Iterable[int]) -> set[str]:
    """Categories of `instances`."""
    return {scene.objects[key].category for key in instances if key in scene.objects}


def seen_of_category(scene: Scene, seen: Mapping[int, Visible], category: str) -> set[int]:
    """Instances of `category` of which at least one pixel is seen."""
    return {key for key in seen if key in scene.objects and scene.objects[key].category == category}


def count_in_view(camera: Camera, objects: Iterable[SceneObject]) -> int:
    """How many object centres fall into the image, occlusion ignored: a test that needs no rendering."""
    centers = [item.center for item in objects]
    if not centers:
        return 0
    pixels = camera.project(np.asarray(centers))
    inside = (pixels[:, 2] > 0.05) & (pixels[:, :2] > 0).all(axis=1) & (pixels[:, :2] < camera.size).all(axis=1)
    return int(inside.sum())


def room_at(scene: Scene, position: tuple[float, float]) -> Room | None:
    """The room that holds `position` (the nearest one in a doorway); None where the scene knows no rooms."""

    def outside(room: Room) -> float:
        low, high = np.asarray(room.minimum), np.asarray(room.maximum)
        return float(np.linalg.norm(np.maximum(0, np.maximum(low - position, np.asarray(position) - high))))

    return min(scene.rooms, key=lambda room: (outside(room), room.room_id), default=None)


def room_type_at(scene: Scene, position: tuple[float, float]) -> str:
    """Type of the room that holds `position`; empty where the scene knows no rooms."""
    room = room_at(scene, position)
    return room.room_type if room else ""
