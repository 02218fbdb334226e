"""What every simulator offers: a scene that can be seen, measured and walked in.

Frame: right-handed, z up, metres. Yaw is in degrees counter-clockwise from +x seen from above; pitch in degrees, up
positive; a camera's image x runs right, y runs down. Simulators with other conventions (AI2-THOR: y up, left-handed)
convert at their own border.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Projection = Literal["perspective", "orthographic"]


@dataclass(frozen=True)
class Camera:
    """A square pinhole or orthographic camera.

    `extent` is the full horizontal field of view in degrees (perspective) or the full width of the view in metres
    (orthographic).
    """

    position: tuple[float, float, float]
    yaw: float
    pitch: float = 0.0
    extent: float = 90.0
    size: int = 64
    projection: Projection = "perspective"

    def basis(self) -> NDArray[np.float64]:
        """Rows right, up, forward as unit vectors in the world frame: float64 [3, 3]."""
        yaw, pitch = np.radians(self.yaw), np.radians(self.pitch)
        forward = np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])
        right = np.array([np.sin(yaw), -np.cos(yaw), 0.0])
        return np.array([right, np.cross(right, forward), forward], np.float64)

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """World points [N, 3] to [N, 3] of pixel x, pixel y (pixel centres at +0.5) and depth in metres.

        Points behind a perspective camera have depth <= 0 and meaningless pixel positions.
        """
        local = (np.asarray(points, np.float64) - np.asarray(self.position)) @ self.basis().T
        depth = local[:, 2]
        if self.projection == "orthographic":
            scale = np.full_like(depth, self.size / self.extent)
        else:
            safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
            scale = self.size / (2 * np.tan(np.radians(self.extent) / 2) * safe)
        half = self.size / 2
        return np.stack([half + local[:, 0] * scale, half - local[:, 1] * scale, depth], axis=1)


@dataclass(frozen=True)
class Frame:
    """What a camera saw. Instance 0 is 'nothing'; depth is metres along the optical axis, inf where nothing is."""

    rgb: NDArray[np.uint8] | None
    """[H, W, 3]"""
    depth: NDArray[np.float32] | None
    """[H, W]"""
    instance: NDArray[np.int32] | None
    """[H, W], keys of `Scene.objects`"""
    normal: NDArray[np.float32] | None = None
    """[H, W, 3] unit vectors that point out of the surface, world frame; 0 where nothing is"""


@dataclass(frozen=True)
class SceneObject:
    """One instance. Boxes are axis-aligned in the world frame."""

    instance_id: int
    category: str
    """AI2-THOR / Habitat whitelist spelling, e.g. `DiningTable`; structure: Floor, Wall, Ceiling, Door, Window, ..."""
    room_id: int
    minimum: tuple[float, float, float]
    maximum: tuple[float, float, float]
    is_structure: bool = False
    is_ground: bool = False
    """True for floor, carpet, rug and tile: surfaces on which a pet target may lie."""
    is_furniture: bool = True
    """False for structure and for things that no question asks about (e.g. a ceiling lamp)."""

    @property
    def center(self) -> NDArray[np.float64]:
        """Centre of the box, metres, [3]."""
        return (np.array(self.minimum, np.float64) + np.array(self.maximum, np.float64)) / 2


@dataclass(frozen=True)
class Room:
    """One room: its type (kitchen, living_room, bedroom, bathroom, hallway, office, dining_room) and its rectangle."""

    room_id: int
    room_type: str
    minimum: tuple[float, float]
    maximum: tuple[float, float]


@dataclass(frozen=True)
class RayHit:
    """First surface along a ray."""

    instance_id: int
    distance: float
    point: tuple[float, float, float]
    normal: tuple[float, float, float] = field(default=(0.0, 0.0, 1.0))


class Scene(Protocol):
    """One house or room. Deterministic: the same `scene_id` gives the same bytes on every machine."""

    @property
    def scene_id(self) -> str: ...

    @property
    def digest(self) -> str:
        """sha256 of the scene description: goes into every question made from it."""
        ...

    @property
    def objects(self) -> Mapping[int, SceneObject]: ...

    @property
    def rooms(self) -> Sequence[Room]: ...

    @property
    def bounds(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]: ...

    def render(self, camera: Camera, *, rgb: bool = True, open_top: bool = False, normals: bool = False) -> Frame:
        """Render one view; `open_top` hides ceilings (top-down and dollhouse). Without `rgb`, only ids and depth.

        Raises:
            UserError: the camera is not finite, or looks from outside the house without `open_top`.
        """
        ...

    def survey(self, camera: Camera) -> NDArray[np.int32]:
        """Instance ids [H, W] for counting shares of the image: as `render` without rgb, but where it makes the counts
        more exact, each pixel is sampled at another place within it than its centre.

        Raises:
            UserError: as `render`.
        """
        ...

    def cast_ray(self, origin: tuple[float, float, float], direction: tuple[float, float, float]) -> RayHit | None:
        """First surface hit, or None."""
        ...

    def navigable_positions(self, spacing: float = 0.25) -> NDArray[np.float64]:
        """Reachable standing positions (largest connected part), float64 [N, 2], sorted, `spacing` metres apart."""
        ...

    def is_navigable(self, position: tuple[float, float]) -> bool: ...

    def shortest_path(self, start: tuple[float, float], end: tuple[float, float]) -> NDArray[np.float64] | None:
        """Geodesic polyline [M, 2] from start to end, or None when one cannot be reached from the other."""
        ...

    def is_clear(self, camera: Camera, margin: float = 0.08) -> bool:
        """False when the camera stands outside the house, inside a surface, or within `margin` metres of one."""
        ...
