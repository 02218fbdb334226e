"""Where light comes from: a lamp under the ceiling of every room, lamps among the furniture, the sun, an even fill.

A lamp's shadow map is one wide view straight down from the lamp; what lies above or beside that view is lit. The sun's
is one orthographic view along its rays; windows let it in because they are left out of the map. The furniture's lamps
reach two metres and throw no shadows.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.embedded.description import SceneDescription
from ipt.scenes.embedded.meshes import Mesh
from ipt.scenes.embedded.raster import View, rasterize

LAMP_DROP = 0.18
"""Metres from the ceiling down to the lamp."""
TILE = 16
"""Pixels of a lamp map that share one least and greatest value."""
LAMP_HALF = 3.2
"""Tangent of the half angle of a lamp's shadow map (73 degrees)."""


class Lights(NamedTuple):
    """All light of a scene as the shading kernel wants it."""

    rooms: NDArray[np.float64]
    """[R, 4] minimum x, y and maximum x, y of every room"""
    lamps: NDArray[np.float64]
    """[R, 3] position of every room's lamp"""
    lamp_maps: NDArray[np.float32]
    """[R, N, N] 1/z seen from the lamp straight down"""
    lamp_color: NDArray[np.float64]
    """[3] linear, times power"""
    ambient: NDArray[np.float64]
    """[3, 3] linear fill for faces that look up, sideways, down"""
    glows: NDArray[np.float64]
    """[G, 3] the shining pieces of furniture, sorted by room"""
    glow_of_room: NDArray[np.int64]
    """[R + 1] first of `glows` in every room (rooms by position in `rooms`)"""
    coarse: NDArray[np.float32]
    """[R, 2, T, T] least and greatest of every `TILE` x `TILE` square of the lamp maps"""
    sun: View
    """view along the rays of the sun"""
    sun_map: NDArray[np.float32]
    """[N, N] -z along the rays"""
    sun_coarse: NDArray[np.float32]
    """[2, T, T] as `coarse`"""
    sun_color: NDArray[np.float64]
    """[3] linear, times power"""


def down_view(position: NDArray[np.float64]) -> View:
    """The view of a lamp: straight down, x to the right, y up."""
    basis = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])
    return View(np.asarray(position, np.float64), basis, LAMP_HALF, False)


def sun_view(direction: tuple[float, float, float], low: NDArray[np.float64], high: NDArray[np.float64]) -> View:
    """The orthographic view along `direction` (where the rays go) that holds the box from `low` to `high`."""
    forward = np.asarray(direction, np.float64)
    forward = forward / np.sqrt(np.sum(forward * forward))
    right = np.array([forward[1], -forward[0], 0.0])
    right = right / np.sqrt(np.sum(right * right))
    basis = np.round(np.stack([right, np.cross(right, forward), forward]), 9)
    middle, radius = (low + high) / 2, float(np.sqrt(np.sum((high - low) ** 2))) / 2
    return View(np.round(middle - basis[2] * (radius + 1.0), 6), basis, round(radius, 6), True)


def build_lights(
    scene: SceneDescription,
    mesh: Mesh,
    hidden_from_lamps: NDArray[np.bool_],
    hidden_from_sun: NDArray[np.bool_],
    shining: Sequence[tuple[int, int]],
) -> Lights:
    """Place the lamps and draw the shadow maps.

    Args:
        hidden_from_lamps: bool [slots]: what throws no shadow in the light of lamps; `hidden_from_sun` likewise.
        shining: slot and room of every piece of furniture that gives light.
    """
    resolution, lighting = scene.shadow_resolution, scene.lighting
    boxes = np.array([[*room.minimum, *room.maximum] for room in scene.rooms], np.float64)
    lamps = np.stack(
        [
            (boxes[:, 0] + boxes[:, 2]) / 2,
            (boxes[:, 1] + boxes[:, 3]) / 2,
            np.full(len(boxes), scene.height - LAMP_DROP),
        ],
        axis=1,
    )
    maps = np.stack([rasterize(mesh, down_view(lamp), resolution, hidden_from_lamps)[0] for lamp in lamps])
    sun = sun_view(lighting.sun_direction, mesh.boxes[:, :3].min(0), mesh.boxes[:, 3:].max(0))
    sun_map = rasterize(mesh, sun, resolution, hidden_from_sun)[0]
    numbers = [room.room_id for room in scene.rooms]
    placed = sorted((numbers.index(room), slot) for slot, room in shining)
    # a shade glows from within its upper part
    share = np.array([0.5, 0.5, 0.85])
    glows = [mesh.boxes[slot, :3] * (1 - share) + mesh.boxes[slot, 3:] * share for _, slot in placed]
    fill = np.array(lighting.ambient_color, np.float64) * lighting.ambient_power
    below = np.array([0.72, 0.66, 0.60] if scene.is_simple else [0.98, 0.94, 0.88])  # light thrown back by the floor
    return Lights(
        rooms=boxes,
        lamps=lamps,
        lamp_maps=maps,
        lamp_color=np.array(lighting.lamp_color, np.float64) * lighting.lamp_power,
        ambient=np.stack([fill, fill * 0.82, fill * below]),
        glows=np.array(glows, np.float64).reshape(-1, 3),
        glow_of_room=np.searchsorted([room for room, _ in placed], np.arange(len(boxes) + 1)).astype(np.int64),
        coarse=_coarse(maps),
        sun=sun,
        sun_map=sun_map,
        sun_coarse=_coarse(sun_map[None])[0],
        sun_color=np.array(lighting.sun_color, np.float64) * lighting.sun_power,
    )


def _coarse(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Least and greatest value of every tile of every map: [R, 2, T, T]."""
    tiles = maps.shape[1] // TILE
    squares = maps[:, : tiles * TILE, : tiles * TILE].reshape(len(maps), tiles, TILE, tiles, TILE)
    return np.stack([squares.min((2, 4)), squares.max((2, 4))], axis=1)
