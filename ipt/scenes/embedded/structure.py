"""Floors, ceilings, walls, doors and windows: from rooms and openings to solids.

A wall between two rooms is one instance; an outer wall is one instance a room side. Walls are cut at their openings.
Solids never share a plane: floors end inside walls, skirting boards stand out, frames are thicker than walls.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ipt.scenes.embedded.description import (
    WALL_THICKNESS,
    DoorDescription,
    RoomDescription,
    SceneDescription,
    WindowDescription,
)
from ipt.scenes.embedded.materials import Material
from ipt.scenes.embedded.meshes import MeshBuilder, rotation
from ipt.scenes.embedded.placement import Footprint

SKIRTING = Material(color=(0.93, 0.93, 0.91), shine=0.15)
LEAF_GAP = 0.06
"""Metres by which a door's leaf is narrower than its opening."""
FRAME = Material(color=(0.94, 0.94, 0.92), shine=0.2)
DOOR_LEAF = Material(color=(0.80, 0.74, 0.66), color2=(0.76, 0.70, 0.61), pattern="wood", scale=0.6, shine=0.1)
HANDLE = Material(color=(0.62, 0.60, 0.56), shine=0.7)
CEILING = Material(color=(0.96, 0.96, 0.95))
GLASS = Material(color=(0.92, 0.95, 0.97), pattern="outdoors", shine=0.3)
"""Clear: one sees the sky and the land, as they lie in the direction of sight."""
OUTDOORS = Material(color=(0.74, 0.86, 0.97), color2=(0.50, 0.66, 0.40), pattern="sky", scale=1.2, glow=0.85)
"""A painted view, for scenes that stay simple."""
LAMP_GLASS = Material(color=(1.0, 0.97, 0.9), glow=1.2)


@dataclass(frozen=True)
class Wall:
    """A wall along `axis` from `begin` to `end`, at `offset` on the other axis; `rooms`: on its low and high side."""

    axis: str
    offset: float
    begin: float
    end: float
    rooms: tuple[int | None, int | None]
    reach: tuple[float, float] = (0.0, 0.0)
    """metres by which its solid passes its begin and its end; negative: stops short"""

    def place(self, along: float, across: float = 0.0) -> tuple[float, float]:
        """World position at `along` the wall and `across` metres to its high side."""
        return (along, self.offset + across) if self.axis == "x" else (self.offset + across, along)

    def holds(self, center: tuple[float, float], axis: str) -> bool:
        """Whether an opening at `center` lies in this wall."""
        along, across = (center[0], center[1]) if self.axis == "x" else (center[1], center[0])
        return axis == self.axis and abs(across - self.offset) < 1e-3 and self.begin < along < self.end


def walls_of(rooms: tuple[RoomDescription, ...]) -> list[Wall]:
    """All walls, each once: room sides are split where neighbours begin or end. Sorted by axis, offset and begin."""
    walls = []
    axes: tuple[tuple[str, int, int], ...] = (("x", 0, 1), ("y", 1, 0))
    for axis, along, across in axes:
        for offset in sorted({edge[across] for room in rooms for edge in (room.minimum, room.maximum)}):
            touching = [room for room in rooms if offset in (room.minimum[across], room.maximum[across])]
            cuts = sorted({edge[along] for room in touching for edge in (room.minimum, room.maximum)})
            for begin, end in pairwise(cuts):
                low = high = None
                for room in touching:
                    if room.minimum[along] <= begin and room.maximum[along] >= end:
                        if room.maximum[across] == offset:
                            low = room.room_id
                        else:
                            high = room.room_id
                if low is not None or high is not None:
                    walls.append(Wall(axis, offset, begin, end, (low, high)))
    return [replace(wall, reach=(_reach(wall, wall.begin, walls), _reach(wall, wall.end, walls))) for wall in walls]


def _reach(wall: Wall, end: float, walls: list[Wall]) -> float:
    """How far a wall's solid passes one of its ends, so that no two walls share a visible plane at a corner."""
    half = WALL_THICKNESS / 2
    point = wall.place(end)
    here = [other for other in walls if point in (other.place(other.begin), other.place(other.end))]
    if sum(other.axis == wall.axis for other in here) == 2:
        # goes on straight; where two straight walls cross, the one along x goes through
        crosses = wall.axis == "y" and sum(other.axis != wall.axis for other in here) == 2
        return -half if crosses else 0.0
    if sum(other.axis != wall.axis for other in here) == 2:
        return -half  # meets a wall that goes on straight
    return half if wall.axis == "x" else -half  # a corner: the wall along x fills it


@dataclass(frozen=True)
class Opening:
    """A hole in a wall: from `begin` to `end` along it, from `bottom` to `top`."""

    begin: float
    end: float
    bottom: float
    top: float


def openings_in(wall: Wall, scene: SceneDescription) -> list[Opening]:
    """The holes of `wall`, sorted along it."""
    holes = []
    for door in scene.doors:
        if wall.holds(door.center, door.axis):
            middle = door.center[0] if wall.axis == "x" else door.center[1]
            holes.append(Opening(middle - door.width / 2, middle + door.width / 2, 0.0, door.height))
    for window in scene.windows:
        if wall.holds(window.center, window.axis):
            middle = window.center[0] if wall.axis == "x" else window.center[1]
            holes.append(
                Opening(middle - window.width / 2, middle + window.width / 2, window.sill, window.sill + window.height)
            )
    return sorted(holes, key=lambda hole: hole.begin)


def solid_stretches(wall: Wall, holes: list[Opening]) -> Iterator[tuple[float, float]]:
    """Parts of the wall without a door, where nobody can walk through."""
    begin = wall.begin
    for hole in holes:
        if hole.bottom <= 0:
            yield begin, hole.begin
            begin = hole.end
    yield begin, wall.end


def build_floor(b: MeshBuilder, room: RoomDescription) -> int:
    """The floor slab: its top is at height 0."""
    slot = b.begin()
    (x0, y0), (x1, y1) = room.minimum, room.maximum
    b.box(((x0 + x1) / 2, (y0 + y1) / 2, -0.05), (x1 - x0, y1 - y0, 0.1), room.floor)
    return slot


def build_ceiling(b: MeshBuilder, room: RoomDescription, height: float) -> int:
    """The ceiling slab: its underside is at `height`."""
    slot = b.begin()
    (x0, y0), (x1, y1) = room.minimum, room.maximum
    b.box(((x0 + x1) / 2, (y0 + y1) / 2, height + 0.05), (x1 - x0, y1 - y0, 0.1), CEILING)
    return slot


def build_ceiling_lamp(b: MeshBuilder, room: RoomDescription, height: float) -> int:
    """A flat glowing disc under the middle of the ceiling."""
    slot = b.begin(((room.minimum[0] + room.maximum[0]) / 2, (room.minimum[1] + room.maximum[1]) / 2, height - 0.1))
    b.lathe((0, 0, 0), [(0, 0), (0.16, 0.01), (0.22, 0.05), (0.22, 0.098), (0, 0.098)], LAMP_GLASS, segments=20)
    return slot


def build_wall(b: MeshBuilder, wall: Wall, holes: list[Opening], scene: SceneDescription) -> int:
    """The wall as two leaves, one in each room's colour, with skirting boards."""
    slot = b.begin()
    paints = {room.room_id: room.wall for room in scene.rooms}
    half = WALL_THICKNESS / 2
    outside = Material(color=(0.86, 0.84, 0.80))
    for side, room_id in ((-1, wall.rooms[0]), (1, wall.rooms[1])):
        paint = paints[room_id] if room_id is not None else outside

        def block(
            begin: float, end: float, bottom: float, top: float, thick: float, paint: Material = paint, side: int = side
        ) -> None:
            if end - begin < 1e-6 or top - bottom < 1e-6:
                return
            x, y = wall.place((begin + end) / 2, side * thick / 2)
            size = (end - begin, thick, top - bottom) if wall.axis == "x" else (thick, end - begin, top - bottom)
            b.box((x, y, (bottom + top) / 2), size, paint)

        cursor = wall.begin - wall.reach[0]
        for hole in holes:
            block(cursor, hole.begin, 0.0, scene.height, half)
            block(hole.begin, hole.end, 0.0, hole.bottom, half)
            block(hole.begin, hole.end, hole.top, scene.height, half)
            cursor = hole.end
        block(cursor, wall.end + wall.reach[1], 0.0, scene.height, half)
        if room_id is not None:
            along = 0 if wall.axis == "x" else 1
            home = next(room for room in scene.rooms if room.room_id == room_id)
            corner = half if wall.axis == "x" else half + 0.014
            for begin, end in solid_stretches(wall, holes):
                # stop at the room's corner and at door frames; go on where only the far side's room changes
                begin += (corner if begin == home.minimum[along] else 0.0) if begin == wall.begin else 0.05
                end -= (corner if end == home.maximum[along] else 0.0) if end == wall.end else 0.05
                block(begin, end, 0.0, 0.08, half + 0.012, SKIRTING)
    return slot


def leaf_footprint(door: DoorDescription) -> Footprint:
    """The floor under a door's leaf as it stands."""
    yaw = 0.0 if door.axis == "x" else 90.0
    leaf = door.width - LEAF_GAP
    hinge = np.array([-door.width / 2 + LEAF_GAP / 2, 0.0, 0.0])
    middle = rotation("z", yaw) @ (hinge + rotation("z", door.swing) @ np.array([leaf / 2, 0.0, 0.0]))
    return Footprint(
        door.center[0] + float(middle[0]), door.center[1] + float(middle[1]), leaf / 2, 0.02, yaw + door.swing
    )


def build_door(b: MeshBuilder, door: DoorDescription) -> int:
    """A frame, and a leaf that stands open by `swing` degrees (0: closed; outer doors are)."""
    slot = b.begin((*door.center, 0.0), 0.0 if door.axis == "x" else 90.0)
    w, h, deep = door.width, door.height, WALL_THICKNESS + 0.05
    for side in (-1, 1):
        b.box((side * (w / 2 + 0.015), 0, h / 2), (0.07, deep, h), FRAME)
    b.box((0, 0, h + 0.015), (w + 0.1, deep, 0.07), FRAME)
    leaf, turn = door.width - LEAF_GAP, rotation("z", door.swing)

    def on_leaf(along: float, across: float) -> tuple[float, float]:
        x, y, _ = turn @ np.array([along, across, 0.0])
        return float(x) - w / 2 + LEAF_GAP / 2, float(y)

    b.box((*on_leaf(leaf / 2, 0.0), h / 2 - 0.01), (leaf, 0.04, h - 0.04), DOOR_LEAF, turn=turn)
    for side in (-1, 1):
        for bottom, top in ((0.15, 0.42), (0.50, 0.92)):
            b.box(
                (*on_leaf(leaf / 2, side * 0.02), h * (bottom + top) / 2),
                (leaf - 0.26, 0.012, h * (top - bottom)),
                DOOR_LEAF,
                turn=turn,
            )
        b.ellipsoid((*on_leaf(leaf - 0.07, side * 0.055), 1.0), (0.03, 0.03, 0.03), HANDLE, segments=10, rings=6)
    return slot


def build_window(b: MeshBuilder, window: WindowDescription, inward: float, pane: Material, sill: float) -> int:
    """A frame with a cross bar, a pane, and a board that stands `sill` metres out. `inward` (+-1): side of the room."""
    slot = b.begin((*window.center, window.sill), 0.0 if window.axis == "x" else 90.0)
    w, h, deep = window.width, window.height, WALL_THICKNESS + 0.03
    for side in (-1, 1):
        b.box((side * (w / 2 - 0.02), 0, h / 2), (0.06, deep, h - 0.05), FRAME)
    for z in (0.02, h - 0.02):
        b.box((0, 0, z), (w + 0.02, deep + 0.002, 0.06), FRAME)
    b.box((0, 0, h / 2), (w - 0.04, 0.02, h - 0.04), pane)
    b.box((0, 0, h / 2), (0.04, 0.05, h - 0.06), FRAME)
    b.box((0, 0, 0.62 * h), (w - 0.06, 0.046, 0.035), FRAME)
    into = inward if window.axis == "x" else -inward
    b.box((0, into * (deep / 2 + sill / 2 - 0.005), -0.02), (w + 0.12, sill + 0.01, 0.035), FRAME)
    return slot
