"""Triangle meshes from a few solids: box, rounded box, lathe, cylinder, ellipsoid, leaf.

Every solid is closed and wound counter-clockwise seen from outside, because the renderer skips faces seen from behind.
Coordinates are local to the object in hand (metres; x right, y back, z up; the front faces -y) until `MeshBuilder`
places them. Texture coordinates are local metres.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.embedded.materials import Material, MaterialTable

Vector = Sequence[float]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Mesh:
    """Triangles of a whole scene, sorted by slot (one slot an instance)."""

    vertices: NDArray[np.float32]
    """[V, 3] metres, world frame, rounded to 10 micrometres so that a last-bit difference of a machine vanishes"""
    normals: NDArray[np.float32]
    """[V, 3] unit"""
    texture: NDArray[np.float32]
    """[V, 2] metres, local to the object"""
    faces: NDArray[np.int32]
    """[F, 3]"""
    material: NDArray[np.int32]
    """[F] row of the material table"""
    slot_vertices: NDArray[np.int64]
    """[S + 1] first vertex of every slot"""
    slot_faces: NDArray[np.int64]
    """[S + 1] first face of every slot"""
    boxes: NDArray[np.float64]
    """[S, 6] axis-aligned minimum and maximum of every slot"""


def rotation(axis: str, degrees: float) -> Floats:
    """Rotation matrix about a coordinate axis; entries rounded to 1e-9 (see `Mesh.vertices`)."""
    cosine, sine = round(math.cos(math.radians(degrees)), 9), round(math.sin(math.radians(degrees)), 9)
    if axis == "x":
        return np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]], float)
    if axis == "y":
        return np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]], float)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], float)


@lru_cache(maxsize=64)
def _circle(segments: int) -> tuple[Floats, Floats]:
    angles = [2 * math.pi * step / segments for step in range(segments)]
    return np.array([round(math.cos(a), 9) for a in angles]), np.array([round(math.sin(a), 9) for a in angles])


@lru_cache(maxsize=16)
def _box_grid(points: int) -> tuple[Indices, Indices, Indices]:
    """Axis and sign, grid position, and faces of a cube whose sides are `points` x `points` grids."""
    layout: list[tuple[int, int, int, int]] = []
    faces: list[tuple[int, int, int]] = []
    for axis in range(3):
        for sign in (-1, 1):
            first = len(layout)
            layout += [(axis, sign, i, j) for i in range(points) for j in range(points)]
            for i in range(points - 1):
                for j in range(points - 1):
                    a, b = first + i * points + j, first + (i + 1) * points + j
                    quad = (a, b, b + 1, a + 1) if sign > 0 else (a, a + 1, b + 1, b)
                    faces += [(quad[0], quad[1], quad[2]), (quad[0], quad[2], quad[3])]
    table = np.array(layout, np.int64)
    return table[:, :2], table[:, 2:], np.array(faces, np.int64)


class MeshBuilder:
    """Collects solids, object by object."""

    def __init__(self) -> None:
        self.materials = MaterialTable()
        self._parts: list[tuple[Floats, Floats, Floats, Indices, int]] = []
        self._slots: list[int] = []
        self._turn = np.eye(3)
        self._shift = np.zeros(3)

    def begin(self, position: Vector = (0.0, 0.0, 0.0), yaw: float = 0.0) -> int:
        """Start the next object: local coordinates turn by `yaw` degrees and move to `position`. Returns its slot."""
        self._turn, self._shift = rotation("z", yaw), np.asarray(position, float)
        self._slots.append(len(self._parts))
        return len(self._slots) - 1

    def add(self, vertices: Floats, normals: Floats, texture: Floats, faces: Indices, material: Material) -> None:
        """Add triangles in local coordinates to the object in hand."""
        placed = vertices @ self._turn.T + self._shift
        self._parts.append((placed, normals @ self._turn.T, texture, faces, self.materials.number(material)))

    def box(
        self,
        center: Vector,
        size: Vector,
        material: Material,
        *,
        radius: float = 0.0,
        steps: int = 1,
        turn: Floats | None = None,
    ) -> None:
        """A box of full `size`; `radius` rounds its edges in `steps` steps; `turn` rotates it about `center`."""
        half = np.asarray(size, float) / 2
        radius = min(radius, 0.999 * float(half.min()))
        points = 2 if radius <= 0 else 2 * (steps + 1)
        sides, grid, faces = _box_grid(points)
        axis, sign = sides[:, 0], sides[:, 1].astype(float)
        rows = np.arange(len(axis))
        across, along = (axis + 1) % 3, (axis + 2) % 3
        vertices = np.zeros((len(axis), 3))
        vertices[rows, axis] = sign * half[axis]
        if radius <= 0:
            vertices[rows, across] = np.where(grid[:, 0] == 0, -1, 1) * half[across]
            vertices[rows, along] = np.where(grid[:, 1] == 0, -1, 1) * half[along]
            normals = np.zeros_like(vertices)
            normals[rows, axis] = sign
        else:
            inset = np.array(
                [radius * (1 - round(math.tan(math.pi / 4 * (1 - k / steps)), 9)) for k in range(steps + 1)]
            )
            for column, which in ((0, across), (1, along)):
                position = grid[:, column]
                low = position <= steps
                step = inset[np.where(low, position, points - 1 - position)]
                vertices[rows, which] = np.where(low, -half[which] + step, half[which] - step)
            core = np.clip(vertices, -(half - radius), half - radius)
            offset = vertices - core
            normals = offset / np.maximum(np.linalg.norm(offset, axis=1, keepdims=True), 1e-12)
            vertices = core + normals * radius
        texture = np.where((axis == 0)[:, None], vertices[:, 1:3], vertices[:, [0, 2]])
        texture = np.where((axis == 2)[:, None], vertices[:, 0:2], texture)
        if turn is not None:
            vertices, normals = vertices @ turn.T, normals @ turn.T
        self.add(vertices + np.asarray(center, float), normals, texture, faces, material)

    def lathe(
        self,
        center: Vector,
        profile: Sequence[tuple[float, float]],
        material: Material,
        *,
        segments: int = 20,
        turn: Floats | None = None,
    ) -> None:
        """Turn a profile of (radius, height), outside on its right going up, about the vertical through `center`."""
        line = np.asarray(profile, float)
        cosine, sine = _circle(segments)
        step = np.diff(line, axis=0)
        edge = np.stack([step[:, 1], -step[:, 0]], 1)
        edge /= np.maximum(np.linalg.norm(edge, axis=1, keepdims=True), 1e-12)
        vertices, normals, texture, faces = [], [], [], []
        count = 0
        for k in range(len(step)):
            if not np.any(np.abs(step[k]) > 1e-9):
                continue
            ends = []
            for neighbour in (k - 1, k + 1):
                soft = 0 <= neighbour < len(step) and float(edge[k] @ edge[neighbour]) > 0.6
                mixed = edge[k] + edge[neighbour] if soft else edge[k]
                ends.append(mixed / np.linalg.norm(mixed))
            for (radius, height), normal in zip(line[k : k + 2], ends, strict=True):
                vertices.append(np.stack([radius * cosine, radius * sine, np.full(segments, height)], 1))
                normals.append(np.stack([normal[0] * cosine, normal[0] * sine, np.full(segments, normal[1])], 1))
                texture.append(
                    np.stack([np.arange(segments) * (2 * math.pi * radius / segments), np.full(segments, height)], 1)
                )
            lower, upper = np.arange(segments) + count, np.arange(segments) + count + segments
            if line[k, 0] > 1e-6:
                faces.append(np.stack([lower, np.roll(lower, -1), np.roll(upper, -1)], 1))
            if line[k + 1, 0] > 1e-6:
                faces.append(np.stack([lower, np.roll(upper, -1), upper], 1))
            count += 2 * segments
        points, directions = np.concatenate(vertices), np.concatenate(normals)
        if turn is not None:
            points, directions = points @ turn.T, directions @ turn.T
        self.add(
            points + np.asarray(center, float), directions, np.concatenate(texture), np.concatenate(faces), material
        )

    def cylinder(
        self,
        base: Vector,
        radius: float,
        height: float,
        material: Material,
        *,
        top: float | None = None,
        segments: int = 14,
        turn: Floats | None = None,
    ) -> None:
        """A cylinder, or a cone frustum when `top` gives another radius, standing on `base`."""
        profile = [(0.0, 0.0), (radius, 0.0), (radius if top is None else top, height), (0.0, height)]
        self.lathe(base, profile, material, segments=segments, turn=turn)

    def rod(self, begin: Vector, end: Vector, radius: float, material: Material, *, segments: int = 10) -> None:
        """A round rod from the middle of one end to the middle of the other."""
        start = np.asarray(begin, float)
        axis = np.asarray(end, float) - start
        length = float(np.sqrt(np.sum(axis * axis)))
        axis = axis / length
        side = np.cross(axis, [0.0, 1.0, 0.0] if abs(axis[1]) < 0.8 else [1.0, 0.0, 0.0])
        side = side / np.sqrt(np.sum(side * side))
        turn = np.round(np.stack([side, np.cross(axis, side), axis], 1), 9)
        self.cylinder(start.tolist(), radius, length, material, segments=segments, turn=turn)

    def ellipsoid(
        self, center: Vector, radii: Vector, material: Material, *, segments: int = 14, rings: int = 8
    ) -> None:
        """An ellipsoid with the given half axes."""
        cosine, sine = _circle(segments)
        polar_cosine, polar_sine = _circle(4 * rings)  # a quarter turn is `rings` steps of it
        order = [(-rings + 2 * k) % (4 * rings) for k in range(rings + 1)]
        ring, height = polar_cosine[order], polar_sine[order]
        unit = np.stack(
            [np.outer(ring, cosine), np.outer(ring, sine), np.repeat(height[:, None], segments, 1)], -1
        ).reshape(-1, 3)
        scale = np.asarray(radii, float)
        normals = unit / scale
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        index = np.arange((rings + 1) * segments).reshape(rings + 1, segments)
        faces = []
        for k in range(rings):
            lower, upper = index[k], index[k + 1]
            if k > 0:
                faces.append(np.stack([lower, np.roll(lower, -1), np.roll(upper, -1)], 1))
            if k < rings - 1:
                faces.append(np.stack([lower, np.roll(upper, -1), upper], 1))
        vertices = unit * scale
        self.add(vertices + np.asarray(center, float), normals, vertices[:, [0, 2]], np.concatenate(faces), material)

    def leaf(self, root: Vector, length: float, width: float, yaw: float, elevation: float, material: Material) -> None:
        """A leaf: a thin bent diamond that leaves `root` at `elevation` degrees and droops."""
        outline = [(0.0, 0.15, 0.0), (0.3, 0.85, 0.02), (0.65, 0.9, -0.05), (1.0, 0.0, -0.28)]
        middle = np.array([(length * a, 0.0, length * c) for a, _, c in outline])
        side = np.array([(0.0, width / 2 * b, 0.0) for _, b, _ in outline])
        top = np.concatenate([middle + side, middle - side])
        thickness = np.array([0.0, 0.0, 0.003])
        vertices = np.concatenate([top + thickness, top - thickness])
        quads = [(k, k + 4, k + 5, k + 1) for k in range(3)]
        upper = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], np.int64)
        rim = [0, 1, 2, 3, 7, 6, 5, 4]
        sides = []
        for a, b in zip(rim, rim[1:] + rim[:1], strict=True):
            sides += [(a, b, b + 8), (a, b + 8, a + 8)]
        faces = np.concatenate([upper, upper[:, ::-1] + 8, np.array(sides, np.int64)])
        normals = np.concatenate([np.tile([0.0, 0.0, 1.0], (8, 1)), np.tile([0.0, 0.0, -1.0], (8, 1))])
        turn = rotation("z", yaw) @ rotation("y", -elevation)
        texture = vertices[:, :2].copy()
        self.add(vertices @ turn.T + np.asarray(root, float), normals @ turn.T, texture, faces, material)

    def mesh(self) -> Mesh:
        """Everything collected, in world coordinates. Faces of no area are dropped."""
        vertices, normals, texture, faces, material = [], [], [], [], []
        slot_vertices, slot_faces = [0], [0]
        vertex_count = face_count = 0
        ends = [*self._slots[1:], len(self._parts)]
        for begin, end in zip(self._slots, ends, strict=True):
            for points, directions, coordinates, triangles, number in self._parts[begin:end]:
                vertices.append(points)
                normals.append(directions)
                texture.append(coordinates)
                faces.append(triangles + vertex_count)
                material.append(np.full(len(triangles), number))
                vertex_count += len(points)
                face_count += len(triangles)
            slot_vertices.append(vertex_count)
            slot_faces.append(face_count)
        rounded = np.round(np.concatenate(vertices), 5).astype(np.float32)
        triangles, numbers = np.concatenate(faces), np.concatenate(material)
        corners = rounded[triangles].astype(np.float64)
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        keep = area > 1e-9
        kept_before = np.concatenate([[0], np.cumsum(keep)])
        boxes = np.array(
            [[*rounded[a:b].min(0), *rounded[a:b].max(0)] if b > a else [0.0] * 6 for a, b in pairwise(slot_vertices)],
            np.float64,
        ).reshape(-1, 6)
        return Mesh(
            vertices=rounded,
            normals=np.round(np.concatenate(normals), 6).astype(np.float32),
            texture=np.round(np.concatenate(texture), 5).astype(np.float32),
            faces=np.ascontiguousarray(triangles[keep], np.int32),
            material=np.ascontiguousarray(numbers[keep], np.int32),
            slot_vertices=np.array(slot_vertices, np.int64),
            slot_faces=kept_before[np.array(slot_faces, np.int64)].astype(np.int64),
            boxes=boxes,
        )
