"""Which triangle each pixel sees: a scan-line rasteriser with a depth buffer, perspective and orthographic.

The depth buffer holds a value that is linear in screen space and grows towards the camera: 1/z in perspective, -z in
orthographic views.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.embedded.culling import TILE, farthest, is_covered, is_large, outside
from ipt.scenes.embedded.kernels import kernel
from ipt.scenes.embedded.meshes import Mesh
from ipt.scenes.embedded.scanlines import fill, fill_clipped
from ipt.scenes.embedded.view import NEAR, View

EMPTY = np.float32(-3e38)
FAR = 1e9
"""Added to the distance of small things, so that they come after the large ones."""
GOLDEN = 0.6180339887498949


@lru_cache(maxsize=64)
def row_shifts(size: int, spread: bool) -> NDArray[np.float64]:
    """How far beside the middle of its pixels each row is sampled, in pixels: [size], -0.5 to 0.5, or zeros.

    Spread by the golden ratio, neighbouring rows cut an upright edge at other places, so that shares of the image are
    counted twice as exactly as at pixel centres: the edges of furniture are upright in every level view.
    """
    if spread:
        return np.asarray(np.arange(size) * GOLDEN % 1.0 - 0.5, np.float64)
    return np.zeros(size)


@kernel
def _rasterize(
    vertices: Any,
    faces: Any,
    slot_vertices: Any,
    slot_faces: Any,
    boxes: Any,
    hidden: Any,
    view: View,
    shifts: Any,
    slack: float,
    order: Any,
    distance: Any,
    tiles: Any,
    local: Any,
    screen: Any,
    corners: Any,
    polygon: Any,
    buffer: Any,
    owner: Any,
) -> None:
    """Fill `buffer` (float32 [size, size]) and `owner` (int32, face or -1); the arrays before them are scratch."""
    size = buffer.shape[0]
    empty = EMPTY if view.orthographic else np.float32(0.0)
    for row in range(size):
        for column in range(size):
            buffer[row, column], owner[row, column] = empty, -1
    slots = len(slot_faces) - 1
    shown = 0
    for slot in range(slots):
        if hidden[slot] or slot_faces[slot + 1] == slot_faces[slot]:
            continue
        beside, nearest = outside(boxes[slot], view)
        if beside:
            continue
        if not is_large(boxes[slot]):
            nearest += FAR  # walls and floors come first: they hide whole rooms
        place = shown  # insertion sort: nearest first, so that later objects fail the depth test early
        while place > 0 and distance[place - 1] > nearest:
            distance[place], order[place] = distance[place - 1], order[place - 1]
            place -= 1
        distance[place], order[place] = nearest, slot
        shown += 1
    basis, origin = view.basis, view.origin
    scale, middle = size * 0.5 / view.half, size * 0.5
    tiled = False
    for k in range(shown):
        slot = order[k]
        if distance[k] > 0.5 * FAR and size >= 2 * TILE:
            if not tiled:
                farthest(buffer, tiles)
                tiled = True
            if is_covered(boxes[slot], view, size, tiles):
                continue
        first = slot_vertices[slot]
        for vertex in range(first, slot_vertices[slot + 1]):
            a = vertices[vertex, 0] - origin[0]
            b = vertices[vertex, 1] - origin[1]
            c = vertices[vertex, 2] - origin[2]
            x = basis[0, 0] * a + basis[0, 1] * b + basis[0, 2] * c
            y = basis[1, 0] * a + basis[1, 1] * b + basis[1, 2] * c
            z = basis[2, 0] * a + basis[2, 1] * b + basis[2, 2] * c
            at = vertex - first
            local[at, 0], local[at, 1], local[at, 2] = x, y, z
            if view.orthographic:
                screen[at, 0], screen[at, 1], screen[at, 2] = middle + x * scale, middle - y * scale, -z
            elif z >= NEAR:
                inverse = 1.0 / z
                screen[at, 0], screen[at, 1] = middle + x * inverse * scale, middle - y * inverse * scale
                screen[at, 2] = inverse
        for face in range(slot_faces[slot], slot_faces[slot + 1]):
            i, j, m = faces[face, 0] - first, faces[face, 1] - first, faces[face, 2] - first
            behind = int(local[i, 2] < NEAR) + int(local[j, 2] < NEAR) + int(local[m, 2] < NEAR)
            if behind == 3:
                continue
            if behind == 0 or view.orthographic:
                fill(
                    screen[i, 0],
                    screen[i, 1],
                    screen[i, 2],
                    screen[j, 0],
                    screen[j, 1],
                    screen[j, 2],
                    screen[m, 0],
                    screen[m, 1],
                    screen[m, 2],
                    face,
                    size,
                    shifts,
                    slack,
                    buffer,
                    owner,
                )
            else:
                for axis in range(3):
                    corners[0, axis], corners[1, axis] = local[i, axis], local[j, axis]
                    corners[2, axis] = local[m, axis]
                fill_clipped(corners, polygon, face, size, scale, shifts, slack, buffer, owner)


def rasterize(
    mesh: Mesh, view: View, size: int, hidden: NDArray[np.bool_], *, spread: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Depth buffer float32 [size, size] (1/z, or -z when orthographic) and face numbers int32 (-1: nothing).

    `hidden` bool [slots] leaves objects out. Samples are pixel centres, or with `spread` see `row_shifts`.
    """
    buffer, owner = np.empty((size, size), np.float32), np.empty((size, size), np.int32)
    slots, most = len(mesh.boxes), int(np.diff(mesh.slot_vertices).max())
    _rasterize(
        mesh.vertices,
        mesh.faces,
        mesh.slot_vertices,
        mesh.slot_faces,
        mesh.boxes,
        hidden,
        view,
        row_shifts(size, spread),
        0.5 if spread else 0.0,
        np.empty(slots, np.int64),
        np.empty(slots),
        np.empty((size // TILE, size // TILE), np.float32),
        np.empty((most, 3)),
        np.empty((most, 3)),
        np.empty((3, 3)),
        np.empty((4, 3)),
        buffer,
        owner,
    )
    return buffer, owner


@kernel
def _resolve(buffer: Any, owner: Any, numbers: Any, orthographic: bool) -> None:
    for row in range(buffer.shape[0]):
        for column in range(buffer.shape[1]):
            face = owner[row, column]
            if face < 0:
                owner[row, column], buffer[row, column] = 0, np.inf
            else:
                owner[row, column] = numbers[face]
                near = buffer[row, column]
                buffer[row, column] = -near if orthographic else np.float32(1.0) / near


def resolve(
    buffer: NDArray[np.float32], owner: NDArray[np.int32], numbers: NDArray[np.int32], orthographic: bool
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Ids (`numbers` of the face; 0: nothing) and metres along the optical axis (inf: nothing), [size, size] each.

    They take the place of the arguments `owner` and `buffer`: fresh memory costs more than the work itself.
    """
    _resolve(buffer, owner, numbers, orthographic)
    return owner, buffer
