"""Where light comes from: a lamp under the ceiling of every room, lamps among the furniture, the sun, an even fill.

A lamp's shadow map is one wide view straight down from the lamp; what lies above or beside that view is lit. The sun's
is one orthographic view along its rays; windows let it in because they are left out of the map. The furniture's lamps
reach two metres, with coarse maps of the same kind.

Light that surfaces throw back is not traced: the fill is tinted by the room's floor and walls, and every lamp's spot on
the floor shines back up.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.embedded.description import RoomDescription, SceneDescription
from ipt.scenes.embedded.materials import PATTERNS, Material, average_weight
from ipt.scenes.embedded.meshes import Mesh
from ipt.scenes.embedded.raster import rasterize
from ipt.scenes.embedded.view import View

LAMP_DROP = 0.18
"""Metres from the ceiling down to the lamp."""
TILE = 16
"""Pixels of a lamp map that share one least and greatest value."""
GLOW_RESOLUTION = 192
"""Pixels of the shadow map of a lamp among the furniture."""
BOUNCE = 2.0
"""How strongly a lamp's spot on the floor shines back, of a white room, a metre away."""
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
    """[R, 3, 3] linear fill in every room for faces that look up, sideways, down"""
    bounce: NDArray[np.float64]
    """[R, 3] linear light from under every room's lamp, from the floor up"""
    glows: NDArray[np.float64]
    """[G, 3] the shining pieces of furniture, sorted by room"""
    glow_maps: NDArray[np.float32]
    """[G, M, M] as `lamp_maps`"""
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
    lamp_color = np.array(lighting.lamp_color, np.float64) * lighting.lamp_power
    glow_maps = [rasterize(mesh, down_view(glow), GLOW_RESOLUTION, hidden_from_lamps)[0] for glow in glows]
    fill = np.array(lighting.ambient_color, np.float64) * lighting.ambient_power
    if scene.is_simple:
        ambient = np.repeat([[fill, fill * 0.82, fill * np.array([0.72, 0.66, 0.60])]], len(boxes), axis=0)
        bounce = np.zeros((len(boxes), 3))
    else:
        ambient = fill * np.array([_tints(room) for room in scene.rooms])
        bounce = BOUNCE * lamp_color * np.array([_returned(room) for room in scene.rooms])
    return Lights(
        rooms=boxes,
        lamps=lamps,
        lamp_maps=maps,
        lamp_color=lamp_color,
        ambient=ambient,
        bounce=bounce,
        glows=np.array(glows, np.float64).reshape(-1, 3),
        glow_maps=np.array(glow_maps, np.float32).reshape(-1, GLOW_RESOLUTION, GLOW_RESOLUTION),
        glow_of_room=np.searchsorted([room for room, _ in placed], np.arange(len(boxes) + 1)).astype(np.int64),
        coarse=_coarse(maps),
        sun=sun,
        sun_map=sun_map,
        sun_coarse=_coarse(sun_map[None])[0],
        sun_color=np.array(lighting.sun_color, np.float64) * lighting.sun_power,
    )


def _albedo(material: Material) -> NDArray[np.float64]:
    """Linear colour of a surface seen from afar: [3]."""
    row = np.array(material.row())
    share = average_weight(PATTERNS.index(material.pattern)) if material.color2 else 0.0
    return np.asarray(row[:3] * (1.0 - share) + row[3:6] * share)


def _returned(room: RoomDescription) -> NDArray[np.float64]:
    """Linear share of light that floor and walls throw back: [3]."""
    return (_albedo(room.floor) + _albedo(room.wall)) / 2


def _tints(room: RoomDescription) -> NDArray[np.float64]:
    """What a room's own colours make of even light on faces that look up, sideways, down: [3, 3].

    Up: the ceiling and some wall. Sideways: walls and floor. Down: the floor, the more the lighter it is.
    """
    floor, wall = _albedo(room.floor), _albedo(room.wall)
    floor_hue, wall_hue = floor / (floor.sum() / 3), wall / (wall.sum() / 3)
    return np.stack(
        [
            0.8 + 0.2 * wall_hue,
            0.78 * (0.76 + 0.12 * floor_hue + 0.12 * wall_hue),
            (0.74 + 0.5 * floor.sum() / 3) * (0.8 + 0.2 * floor_hue),
        ]
    )


def _coarse(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Least and greatest value of every tile of every map: [R, 2, T, T]."""
    tiles = maps.shape[1] // TILE
    squares = maps[:, : tiles * TILE, : tiles * TILE].reshape(len(maps), tiles, TILE, tiles, TILE)
    return np.stack([squares.min((2, 4)), squares.max((2, 4))], axis=1)
