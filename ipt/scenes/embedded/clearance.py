"""Whether a camera may be where it is: indoors, at a distance (exact, to triangles) from every surface."""

import math

import numpy as np
from numpy.typing import NDArray

from ipt.errors import UserError
from ipt.scenes.embedded.description import SceneDescription
from ipt.scenes.embedded.meshes import Mesh
from ipt.scenes.interface import Camera

Floats = NDArray[np.float64]


SIZES = (1, 4096)
"""Least and most pixels of an image's side."""


def check_camera(camera: Camera, scene_id: str, scene: SceneDescription, open_top: bool) -> None:
    """Refuse a camera that can only be a mistake.

    Raises:
        UserError: a number is not finite, the field of view or the size is impossible, or a perspective camera is
            outside the house although the ceilings are on.
    """
    where = f"{scene_id}: camera at ({', '.join(f'{value:g}' for value in camera.position)})"
    if not all(math.isfinite(value) for value in (*camera.position, camera.yaw, camera.pitch, camera.extent)):
        raise UserError(f"{where}: position, yaw, pitch and extent must be finite numbers")
    if not SIZES[0] <= camera.size <= SIZES[1]:
        raise UserError(f"{where}: size {camera.size} must lie between {SIZES[0]} and {SIZES[1]} pixels")
    if camera.extent <= 0 or (camera.projection == "perspective" and camera.extent >= 180):
        raise UserError(f"{where}: extent {camera.extent:g} must be above 0, and below 180 degrees in perspective")
    if camera.projection == "perspective" and not open_top and not is_indoors(camera.position, scene):
        raise UserError(f"{where} is outside the house; move it into a room, or hide the ceilings with open_top")


def is_indoors(position: tuple[float, float, float], scene: SceneDescription) -> bool:
    """Whether `position` lies in a room, between floor and ceiling."""
    x, y, z = position
    return 0.0 < z < scene.height and any(
        room.minimum[0] <= x <= room.maximum[0] and room.minimum[1] <= y <= room.maximum[1] for room in scene.rooms
    )


def is_clear(mesh: Mesh, position: tuple[float, float, float], margin: float) -> bool:
    """False when `position` lies inside a solid of `mesh` or within `margin` metres of a surface."""
    point = np.asarray(position, np.float64)
    near = np.all((mesh.boxes[:, :3] - margin <= point) & (mesh.boxes[:, 3:] + margin >= point), axis=1)
    for slot in np.nonzero(near)[0]:
        faces = mesh.faces[mesh.slot_faces[slot] : mesh.slot_faces[slot + 1]]
        corners = mesh.vertices[faces].astype(np.float64)
        reachable = np.all((corners.min(1) - margin <= point) & (corners.max(1) + margin >= point), axis=1)
        if np.any(reachable) and float(triangle_distances(point, corners[reachable]).min()) < margin:
            return False
        if winding(point, corners) != 0:
            return False
    return True


def triangle_distances(point: Floats, corners: Floats) -> Floats:
    """Metres from `point` [3] to each of the triangles [F, 3, 3]: [F]."""
    best = np.full(len(corners), np.inf)
    for k in range(3):  # the three edges
        start, edge = corners[:, k], corners[:, (k + 1) % 3] - corners[:, k]
        share = np.clip(np.sum((point - start) * edge, 1) / np.maximum(np.sum(edge * edge, 1), 1e-18), 0.0, 1.0)
        gap = point - (start + share[:, None] * edge)
        best = np.minimum(best, np.sum(gap * gap, 1))
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.sqrt(np.maximum(np.sum(normal * normal, 1), 1e-30))[:, None]
    height = np.sum((point - corners[:, 0]) * normal, 1)
    foot = point - height[:, None] * normal
    inside = np.ones(len(corners), bool)
    for k in range(3):
        edge = corners[:, (k + 1) % 3] - corners[:, k]
        inside &= np.sum(np.cross(edge, foot - corners[:, k]) * normal, 1) >= 0.0
    return np.asarray(np.where(inside, np.abs(height), np.sqrt(best)))


def winding(point: Floats, corners: Floats) -> int:
    """How many closed solids of triangles [F, 3, 3] hold `point`: signed crossings of a ray straight up."""
    x, y = point[0] + 1.234e-6, point[1] + 2.345e-6  # off the vertices, which lie on a 10 micrometre lattice
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    safe = np.where(np.abs(area) < 1e-15, np.inf, area)
    second = ((x - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (y - a[:, 1])) / safe
    third = ((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (x - a[:, 0]) * (b[:, 1] - a[:, 1])) / safe
    covers = (second >= 0) & (third >= 0) & (second + third <= 1) & np.isfinite(safe)
    height = a[:, 2] + second * (b[:, 2] - a[:, 2]) + third * (c[:, 2] - a[:, 2])
    return int(np.sum(np.sign(area[covers & (height > point[2])])))
