"""A scene as a small readable file, from which everything else (meshes, light, navigation) is rebuilt.

Frame: metres, z up, yaw in degrees counter-clockwise. A piece of furniture faces the direction `yaw - 90`
(its local -y).
"""

import hashlib
import json
import math
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ipt.datasets.files import manifest_path, verify, write_manifest, write_text
from ipt.errors import UserError
from ipt.scenes.embedded.materials import Color, Material

SCHEMA_VERSION = 1
WALL_THICKNESS = 0.12
"""Metres. Rooms are measured from wall centre to wall centre."""

SIMPLE_RESOLUTION = 256
"""Scenes whose shadow maps are at most this wide are lit simply."""

RoomType = Literal["kitchen", "living_room", "bedroom", "bathroom", "hallway", "office", "dining_room"]
Length = Annotated[float, Field(gt=0, lt=100)]
Point = tuple[float, float]


class Part(BaseModel):
    """A frozen piece of a description that refuses unknown keys and NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RoomDescription(Part):
    """A rectangular room; walls stand on its outline."""

    room_id: int
    room_type: RoomType
    minimum: Point
    maximum: Point
    floor: Material
    wall: Material


class DoorDescription(Part):
    """A doorway in a wall. `axis` is the direction the wall runs in; `rooms` are the two sides (None: outside)."""

    object_id: int
    center: Point
    axis: Literal["x", "y"]
    width: Length = 0.9
    height: Length = 2.05
    rooms: tuple[int, int | None]
    swing: float = Field(0.0, description="degrees the leaf stands open")


class WindowDescription(Part):
    """A window in an outer wall."""

    object_id: int
    center: Point
    axis: Literal["x", "y"]
    width: Length = 1.4
    height: Length = 1.2
    sill: Length = 0.9
    room: int


class FurnitureDescription(Part):
    """One object. Its mesh stands on `position` (bottom centre of its box) and fills `size` (width, depth, height)."""

    object_id: int
    category: str
    room: int
    position: tuple[float, float, float]
    yaw: float
    size: tuple[Length, Length, Length]
    main: Material
    accent: Material
    variant: int = Field(0, ge=0, description="which of the category's shapes")
    supported_by: int | None = Field(None, description="object_id of what it stands on; None: floor, wall or ceiling")


class Lighting(Part):
    """Light of the whole scene. Colours are linear."""

    lamp_color: Color = (1.0, 0.96, 0.88)
    lamp_power: float = 1.0
    ambient_color: Color = (1.0, 1.0, 1.0)
    ambient_power: float = 0.42
    sun_direction: tuple[float, float, float] = (0.5, 0.6, -0.75)
    sun_color: Color = (1.0, 0.92, 0.78)
    sun_power: float = 0.8
    background: Color = (0.85, 0.87, 0.9)


class SceneDescription(Part):
    """One house or room."""

    schema_version: int = SCHEMA_VERSION
    scene_id: str
    height: Length = Field(2.6, description="from floor to ceiling")
    shadow_resolution: int = Field(256, ge=16, le=4096)
    rooms: tuple[RoomDescription, ...]
    doors: tuple[DoorDescription, ...] = ()
    windows: tuple[WindowDescription, ...] = ()
    furniture: tuple[FurnitureDescription, ...] = ()
    lighting: Lighting = Lighting()

    @property
    def is_simple(self) -> bool:
        """Whether light and windows stay simple: for small pictures and for models that learn from few."""
        return self.shadow_resolution <= SIMPLE_RESOLUTION

    def canonical_json(self) -> str:
        """The one spelling of this scene: sorted keys, no spaces."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    def digest(self) -> str:
        """sha256 of the canonical JSON."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()


def rounded(values: Iterable[float]) -> Any:
    """The values as a tuple, rounded to a tenth of a millimetre, as scene files hold them."""
    return tuple(round(float(value), 4) for value in values)


def object_ids(scene: SceneDescription) -> list[int]:
    """Ids of doors, windows and furniture, in this order."""
    return [
        *(door.object_id for door in scene.doors),
        *(window.object_id for window in scene.windows),
        *(piece.object_id for piece in scene.furniture),
    ]


def validate(scene: SceneDescription, categories: Iterable[str], source: str = "scene") -> None:
    """Check what types cannot: references, identity, and that doors and windows lie in walls.

    Raises:
        UserError: names the source, the field and what is wrong.
    """
    rooms = {room.room_id: room for room in scene.rooms}
    if not rooms:
        raise UserError(f"{source}: rooms: rooms is empty; a scene needs at least one room")
    first: dict[int, str] = {}
    for place, room in enumerate(scene.rooms):
        where = f"{source}: rooms.{place}"
        if room.room_id in first:
            raise UserError(f"{where}.room_id: {room.room_id} is used twice, {first[room.room_id]} has it too")
        first[room.room_id] = f"rooms.{place}"
        if room.minimum[0] >= room.maximum[0] or room.minimum[1] >= room.maximum[1]:
            raise UserError(f"{where}.minimum: room {room.room_id} has minimum beyond maximum")
    ids = _check_ids(scene, source)
    for place, door in enumerate(scene.doors):
        _check_door(door, rooms, f"{source}: doors.{place}")
    for place, window in enumerate(scene.windows):
        where = f"{source}: windows.{place}"
        if window.room not in rooms:
            raise UserError(f"{where}.room: window {window.object_id} is in room {window.room}, which does not exist")
        if not _on_outline(window.center, window.axis, rooms[window.room]):
            raise UserError(
                f"{where}.center: window {window.object_id} does not lie in a wall of its room {window.room}"
            )
        if window.sill + window.height >= scene.height:
            raise UserError(f"{where}.height: window {window.object_id} is higher than the room ({scene.height} m)")
    sun = scene.lighting.sun_direction
    if sun[2] >= 0 or not any(sun[:2]):
        raise UserError(f"{source}: lighting.sun_direction: {sun} must point down, and aslant")
    known = set(categories)
    for place, piece in enumerate(scene.furniture):
        where = f"{source}: furniture.{place}"
        if piece.category not in known:
            near = get_close_matches(piece.category, known, 1)
            raise UserError(
                f"{where}.category: category {piece.category!r} is unknown"
                + (f"; do you mean {near[0]}?" if near else f"; {len(known)} are known, such as {min(known)}")
            )
        if piece.room not in rooms:
            raise UserError(
                f"{where}.room: furniture {piece.object_id} stands in room {piece.room}, which does not exist"
            )
        home, (x, y, z) = rooms[piece.room], piece.position
        on_floor = home.minimum[0] <= x <= home.maximum[0] and home.minimum[1] <= y <= home.maximum[1]
        if not (on_floor and 0 <= z <= scene.height):
            raise UserError(f"{where}.position: furniture {piece.object_id} lies outside its room {piece.room}")
        if piece.supported_by is not None and piece.supported_by not in ids:
            raise UserError(
                f"{where}.supported_by: furniture {piece.object_id} stands on {piece.supported_by},"
                " which does not exist"
            )


def _check_ids(scene: SceneDescription, source: str) -> dict[int, str]:
    """Where every object_id is; each is positive and used once."""
    places = [
        *((f"doors.{place}", door.object_id) for place, door in enumerate(scene.doors)),
        *((f"windows.{place}", window.object_id) for place, window in enumerate(scene.windows)),
        *((f"furniture.{place}", piece.object_id) for place, piece in enumerate(scene.furniture)),
    ]
    seen: dict[int, str] = {}
    for where, number in places:
        if number <= 0:
            raise UserError(f"{source}: {where}.object_id: {number} is not positive")
        if number in seen:
            raise UserError(f"{source}: {where}.object_id: object_id {number} is used twice, {seen[number]} has it too")
        seen[number] = where
    return seen


def _check_door(door: DoorDescription, rooms: dict[int, RoomDescription], where: str) -> None:
    for side in door.rooms:
        if side is not None and side not in rooms:
            raise UserError(f"{where}.rooms: door {door.object_id} leads to room {side}, which does not exist")
    for side in door.rooms:
        if side is not None and not _on_outline(door.center, door.axis, rooms[side]):
            raise UserError(f"{where}.center: door {door.object_id} does not lie in a wall of room {side}")
    beyond = [room for room in rooms if room not in door.rooms and _on_outline(door.center, door.axis, rooms[room])]
    if beyond:
        raise UserError(
            f"{where}.rooms: door {door.object_id} lies in a wall of room {beyond[0]}, but its rooms are {door.rooms}"
        )


def _on_outline(center: Point, axis: str, room: RoomDescription) -> bool:
    along, across = (0, 1) if axis == "x" else (1, 0)
    inside = room.minimum[along] < center[along] < room.maximum[along]
    return inside and any(
        math.isclose(center[across], edge[across], abs_tol=1e-3) for edge in (room.minimum, room.maximum)
    )


def _readable_json(scene: SceneDescription) -> str:
    """JSON with a line for every room, door, window and piece."""
    parts = []
    for key, value in scene.model_dump(mode="json").items():
        text = json.dumps(value)
        if isinstance(value, list) and value:
            text = "[\n  " + ",\n  ".join(json.dumps(item) for item in value) + "\n ]"
        parts.append(f' "{key}": {text}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def write_description(path: Path, scene: SceneDescription) -> None:
    """Write a scene file, the manifest last."""
    write_text(path, _readable_json(scene))
    write_manifest(path, rows=1, command=f"describe {scene.scene_id}", config_digest="")


def load_description(path: Path, categories: Iterable[str]) -> SceneDescription:
    """Read and check a scene file, against its manifest too where it has one (`write_description`).

    Raises:
        UserError: not a file, not JSON, not this schema, inconsistent, or not what its manifest describes; names the
            file and the field.
    """
    if manifest_path(path).is_file():
        verify(path)
    try:
        scene = SceneDescription.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not a text file") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "scene"
        raise UserError(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}") from None
    if scene.schema_version != SCHEMA_VERSION:
        raise UserError(f"{path}: schema_version {scene.schema_version} is not supported; expected {SCHEMA_VERSION}")
    validate(scene, categories, str(path))
    return scene
