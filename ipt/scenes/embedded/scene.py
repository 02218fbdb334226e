"""A described scene made visible, measurable and walkable: the embedded simulator's `Scene`."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.embedded import structure
from ipt.scenes.embedded.bvh import Tree, build_tree, cast_rays, empty_tree
from ipt.scenes.embedded.clearance import check_camera, is_clear, is_indoors
from ipt.scenes.embedded.description import SceneDescription, object_ids, validate
from ipt.scenes.embedded.furniture import CATALOG
from ipt.scenes.embedded.furniture.pieces import Piece
from ipt.scenes.embedded.lighting import Lights, build_lights
from ipt.scenes.embedded.meshes import Mesh, MeshBuilder
from ipt.scenes.embedded.mirrors import MIRROR
from ipt.scenes.embedded.navigation import Navigation
from ipt.scenes.embedded.obstacles import floor_and_obstacles
from ipt.scenes.embedded.raster import rasterize, resolve
from ipt.scenes.embedded.shading import Surface, compose
from ipt.scenes.embedded.view import view_of
from ipt.scenes.interface import Camera, Frame, RayHit, Room, SceneObject

OVERHEAD = ("Ceiling", "CeilingLamp")
"""What open-topped views leave out."""
SHINING = ("FloorLamp", "DeskLamp", "WallLamp")
"""Furniture that gives light."""
DRAFT, FINE = (0, 4), (2, 16)
"""Softness of shadows in map pixels and sample pairs of contact shadows, for scenes with coarse and with
fine shadow maps."""


class EmbeddedScene:
    """See `ipt.scenes.interface.Scene`. Safe to share between threads once built."""

    def __init__(self, description: SceneDescription) -> None:
        """Build the geometry of `description`.

        Raises:
            UserError: the description is inconsistent.
        """
        validate(description, CATALOG, description.scene_id)
        self.description = description
        self._digest = description.digest()
        self._entries: list[tuple[int, str, int]] = []  # instance id, category, room of every slot
        builder = MeshBuilder()
        self._build(builder)
        self.mesh: Mesh = builder.mesh()
        self._materials = builder.materials.array()
        self._slot_ids = np.array([entry[0] for entry in self._entries], np.int32)
        self.face_ids = np.repeat(self._slot_ids, np.diff(self.mesh.slot_faces))
        self._objects = {
            number: self._object(slot, number, category, room)
            for slot, (number, category, room) in enumerate(self._entries)
        }
        self._overhead = np.array([category in OVERHEAD for _, category, _ in self._entries])

    def _build(self, b: MeshBuilder) -> None:
        """Structure first, numbered after the description's own objects; one slot an instance."""
        d = self.description
        number = 1 + max(object_ids(d), default=0)

        def enter(category: str, room: int, object_id: int | None = None) -> None:
            nonlocal number
            self._entries.append((number if object_id is None else object_id, category, room))
            number += object_id is None

        for room in d.rooms:
            structure.build_floor(b, room)
            enter("Floor", room.room_id)
            structure.build_ceiling(b, room, d.height)
            enter("Ceiling", room.room_id)
            structure.build_ceiling_lamp(b, room, d.height)
            enter("CeilingLamp", room.room_id)
        for wall in self.walls:
            structure.build_wall(b, wall, structure.openings_in(wall, d), d)
            enter("Wall", next(room for room in wall.rooms if room is not None))
        for door in d.doors:
            structure.build_door(b, door)
            enter("Door", door.rooms[0], door.object_id)
        for window in d.windows:
            home = next(room for room in d.rooms if room.room_id == window.room)
            across = 1 if window.axis == "x" else 0
            inward = 1.0 if window.center[across] < (home.minimum[across] + home.maximum[across]) / 2 else -1.0
            if d.is_simple:
                structure.build_window(b, window, inward, structure.OUTDOORS, 0.13)
            else:
                structure.build_window(b, window, inward, structure.GLASS, 0.03)
            enter("Window", window.room, window.object_id)
        for item in d.furniture:
            b.begin(item.position, item.yaw)
            CATALOG[item.category].build(b, Piece(item.size, item.main, item.accent, item.variant))
            enter(item.category, item.room, item.object_id)

    def _object(self, slot: int, number: int, category: str, room: int) -> SceneObject:
        low, high = self.mesh.boxes[slot, :3], self.mesh.boxes[slot, 3:]
        known = CATALOG.get(category)
        return SceneObject(
            instance_id=number,
            category=category,
            room_id=room,
            minimum=(float(low[0]), float(low[1]), float(low[2])),
            maximum=(float(high[0]), float(high[1]), float(high[2])),
            is_structure=known is None,
            is_ground=category == "Floor" or (known is not None and known.is_ground),
            is_furniture=known is not None and known.is_furniture,
        )

    @cached_property
    def walls(self) -> list[structure.Wall]:
        """All walls of the floor plan."""
        return structure.walls_of(self.description.rooms)

    @property
    def scene_id(self) -> str:
        """The name that seeds the scene."""
        return self.description.scene_id

    @property
    def digest(self) -> str:
        """sha256 of the description's canonical JSON."""
        return self._digest

    @property
    def objects(self) -> Mapping[int, SceneObject]:
        """All instances by id."""
        return self._objects

    @property
    def rooms(self) -> Sequence[Room]:
        """All rooms."""
        return [Room(room.room_id, room.room_type, room.minimum, room.maximum) for room in self.description.rooms]

    @property
    def bounds(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Axis-aligned box of everything."""
        low, high = self.mesh.boxes[:, :3].min(0), self.mesh.boxes[:, 3:].max(0)
        return (float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2]))

    @cached_property
    def _lights(self) -> Lights:
        lamps = np.array([category in (*OVERHEAD, *SHINING) for _, category, _ in self._entries])  # they shine too
        windows = np.array([category == "Window" for _, category, _ in self._entries])
        d = self.description
        shining = [(slot, room) for slot, (_, category, room) in enumerate(self._entries) if category in SHINING]
        return build_lights(d, self.mesh, lamps, windows, [] if d.is_simple else shining)

    @cached_property
    def _surface(self) -> Surface:
        mesh = self.mesh
        return Surface(mesh.vertices, mesh.normals, mesh.texture, mesh.faces, mesh.material, self._materials)

    @cached_property
    def _face_normals(self) -> NDArray[np.float32]:
        """Unit normal of every face, and zeros in a last row for pixels that see nothing: [F + 1, 3]."""
        corners = self.mesh.vertices[self.mesh.faces].astype(np.float64)
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normal /= np.sqrt(np.sum(normal * normal, axis=1, keepdims=True))
        return np.concatenate([normal, np.zeros((1, 3))]).astype(np.float32)

    def render(self, camera: Camera, *, rgb: bool = True, open_top: bool = False, normals: bool = False) -> Frame:
        """Render one view; see the interface. Ids, depth and normals are sampled at pixel centres, rgb 2 x 2 a pixel.

        Raises:
            UserError: see the interface.
        """
        check_camera(camera, self.scene_id, self.description, open_top)
        view = view_of(camera)
        hidden = self._overhead if open_top else np.zeros(len(self._entries), np.bool_)
        buffer, owner = rasterize(self.mesh, view, camera.size, hidden)
        normal = self._face_normals[owner] if normals else None  # face -1, nothing, is the last row
        instance, depth = resolve(buffer, owner, self.face_ids, view.orthographic)
        image = None
        if rgb:
            fine_buffer, fine_owner = rasterize(self.mesh, view, 2 * camera.size, hidden)
            background = np.array(self.description.lighting.background, np.float64)
            reach, pairs = DRAFT if self.description.is_simple else FINE
            tree = self._tree if any(np.any(instance == number) for number in self._mirrors) else empty_tree()
            image = compose(
                self._surface, self._lights, tree, view, fine_buffer, fine_owner, background, reach, pairs, camera.size
            )
        return Frame(image, depth, instance, normal)

    def survey(self, camera: Camera) -> NDArray[np.int32]:
        """Ids at one place in every pixel, for counting shares of the image; see the interface.

        Raises:
            UserError: see the interface.
        """
        check_camera(camera, self.scene_id, self.description, False)
        view, hidden = view_of(camera), np.zeros(len(self._entries), np.bool_)
        buffer, owner = rasterize(self.mesh, view, camera.size, hidden, spread=True)
        return resolve(buffer, owner, self.face_ids, view.orthographic)[0]

    @cached_property
    def _mirrors(self) -> NDArray[np.int32]:
        """Ids of what has a mirror's surface."""
        return np.unique(self.face_ids[self._materials[self.mesh.material, 6] == MIRROR])

    @cached_property
    def _tree(self) -> Tree:
        return build_tree(self.mesh)

    def cast_ray(self, origin: tuple[float, float, float], direction: tuple[float, float, float]) -> RayHit | None:
        """First surface hit, or None; see the interface. `direction` need not be a unit vector."""
        vector = np.array(direction, np.float64)
        length = float(np.sqrt(np.sum(vector * vector)))
        if not length > 0.0:
            return None
        faces, distances = self.cast_rays(np.array([origin], np.float64), vector[None] / length)
        if faces[0] < 0:
            return None
        a, b, c = self.mesh.vertices[self.mesh.faces[faces[0]]].astype(np.float64)
        normal = np.cross(b - a, c - a)
        normal /= np.sqrt(np.sum(normal * normal))
        distance = float(distances[0])
        point = np.array(origin) + distance * vector / length
        return RayHit(
            int(self.face_ids[faces[0]]),
            distance,
            (float(point[0]), float(point[1]), float(point[2])),
            (float(normal[0]), float(normal[1]), float(normal[2])),
        )

    def cast_rays(
        self, origins: NDArray[np.float64], directions: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """First face (-1: none) and distance of many rays: [N, 3] each, unit directions."""
        return cast_rays(self._tree, origins, directions)

    @cached_property
    def navigation(self) -> Navigation:
        """Where the agent can stand and walk."""
        rooms, obstacles = floor_and_obstacles(self.description, self.walls)
        return Navigation(self.bounds[0][:2], self.bounds[1][:2], rooms, obstacles)

    def navigable_positions(self, spacing: float = 0.25) -> NDArray[np.float64]:
        """Reachable standing positions on multiples of `spacing` metres: float64 [N, 2], sorted."""
        return self.navigation.positions(spacing)

    def is_navigable(self, position: tuple[float, float]) -> bool:
        """Whether the agent can stand there."""
        return self.navigation.can_stand(position)

    def shortest_path(self, start: tuple[float, float], end: tuple[float, float]) -> NDArray[np.float64] | None:
        """Geodesic polyline [M, 2], or None when one cannot be reached from the other."""
        return self.navigation.shortest_path(start, end)

    def is_clear(self, camera: Camera, margin: float = 0.08) -> bool:
        """False when the camera stands outside the house, inside a surface, or within `margin` metres of one."""
        return is_indoors(camera.position, self.description) and is_clear(self.mesh, camera.position, margin)
