"""Layout `house`: a floor plan of one to ten rooms, each furnished for what it is."""

import numpy as np

from ipt.config import EnvironmentConfig
from ipt.scenes.embedded.description import (
    WALL_THICKNESS,
    DoorDescription,
    FurnitureDescription,
    Lighting,
    RoomDescription,
    SceneDescription,
)
from ipt.scenes.embedded.floor_plan import FloorPlan, draw_floor_plan
from ipt.scenes.embedded.navigation import AGENT_RADIUS, Navigation
from ipt.scenes.embedded.obstacles import standing_footprints
from ipt.scenes.embedded.placement import Footprint
from ipt.scenes.embedded.planner import Hole, Site
from ipt.scenes.embedded.planner_raised import RoomPlanner
from ipt.scenes.embedded.room_groups import add_groups
from ipt.scenes.embedded.room_rules import RULES
from ipt.scenes.embedded.structure import leaf_footprint

ROOM_COUNTS = (0.08, 0.08, 0.12, 0.14, 0.14, 0.14, 0.10, 0.08, 0.06, 0.06)
"""Shares of houses with 1, 2, ... 10 rooms."""
TRIES = 6
"""Attempts to furnish a room so that one can walk through it."""
DOORWAY = 0.55
"""Half the side of the square before a door that stays free."""
LIGHT = Lighting(lamp_power=1.0, ambient_power=0.40, sun_power=1.1)
ALTERNATE_LIGHT = Lighting(
    lamp_color=(1.0, 0.84, 0.64),
    lamp_power=0.9,
    ambient_color=(0.86, 0.93, 1.0),
    ambient_power=0.36,
    sun_direction=(-0.7, 0.35, -0.62),
    sun_color=(1.0, 0.78, 0.55),
    sun_power=1.2,
    background=(0.80, 0.82, 0.86),
)


def generate_house(scene_id: str, environment: EnvironmentConfig, rng: np.random.Generator) -> SceneDescription:
    """Draw the house called `scene_id`; all chance comes from `rng`."""
    alternate = environment.style == "alternate"
    count = 1 + int(rng.choice(len(ROOM_COUNTS), p=ROOM_COUNTS))
    plan = draw_floor_plan(count, alternate, rng)
    while not all(_walkable(room, _doors_of(room, plan), []) for room in plan.rooms):  # e.g. a leaf before a door
        plan = draw_floor_plan(count, alternate, rng)
    furniture: list[FurnitureDescription] = []
    first_id = 1 + len(plan.doors) + len(plan.windows)
    for room in plan.rooms:
        next_id = furniture[-1].object_id + 1 if furniture else first_id
        furniture += _furnish(room, plan, next_id, alternate, rng)
    return SceneDescription(
        scene_id=scene_id,
        height=2.6,
        shadow_resolution=1024,
        rooms=plan.rooms,
        doors=plan.doors,
        windows=plan.windows,
        furniture=tuple(furniture),
        lighting=ALTERNATE_LIGHT if alternate else LIGHT,
    )


def _furnish(
    room: RoomDescription, plan: FloorPlan, first_id: int, alternate: bool, rng: np.random.Generator
) -> list[FurnitureDescription]:
    """Furnish by the room's rules until one can walk between all its doors; at last take the newest pieces out."""
    doors = _doors_of(room, plan)
    keep_free = [Footprint(door.center[0], door.center[1], DOORWAY, DOORWAY, 0.0) for door in doors]
    keep_free += [leaf_footprint(door).grown(0.04) for door in doors if door.swing]
    site = Site(room, _holes(room, plan), keep_free, first_id, alternate)
    planner = RoomPlanner(site, rng)
    for _ in range(TRIES):
        planner = RoomPlanner(site, rng)
        RULES[room.room_type](planner)
        add_groups(planner, room.room_type)
        if _walkable(room, doors, planner.pieces):
            return planner.pieces
    pieces = planner.pieces
    while pieces and not _walkable(room, doors, pieces):
        standing = [piece.object_id for piece in pieces if piece.supported_by is None]
        pieces = [piece for piece in pieces if standing[-1] not in (piece.object_id, piece.supported_by)]
    return pieces


def _doors_of(room: RoomDescription, plan: FloorPlan) -> list[DoorDescription]:
    return [door for door in plan.doors if room.room_id in door.rooms]


def _walkable(room: RoomDescription, doors: list[DoorDescription], pieces: list[FurnitureDescription]) -> bool:
    """Whether the agent can walk from each door of the room to every other, and has somewhere to stand."""
    margin = WALL_THICKNESS / 2 + AGENT_RADIUS
    (x0, y0), (x1, y1) = room.minimum, room.maximum
    floor = Footprint((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2 - margin, (y1 - y0) / 2 - margin, 0.0)
    obstacles = [*standing_footprints(pieces), *(leaf_footprint(door) for door in doors if door.swing)]
    navigation = Navigation((x0, y0), (x1, y1), [floor], obstacles)
    for door in doors:
        across = 1 if door.axis == "x" else 0
        inward = 0.45 if abs(door.center[across] - room.minimum[across]) < 1e-3 else -0.45
        entry = (door.center[0], door.center[1] + inward) if across == 1 else (door.center[0] + inward, door.center[1])
        if not navigation.can_stand(entry):
            return False
    return navigation.reachable_share > 0.12


def _holes(room: RoomDescription, plan: FloorPlan) -> list[Hole]:
    """The openings in the walls of `room`."""
    holes: list[Hole] = []
    openings = [(door.center, door.axis, door.width, 0.0) for door in _doors_of(room, plan)]
    openings += [(item.center, item.axis, item.width, item.sill) for item in plan.windows if item.room == room.room_id]
    for center, axis, width, sill in openings:
        if axis == "x":
            side, middle = (0 if center[1] == room.minimum[1] else 2), center[0]
        else:
            side, middle = (3 if center[0] == room.minimum[0] else 1), center[1]
        holes.append((side, middle - width / 2, middle + width / 2, sill))
    return holes
