"""Which triangle each pixel sees: a scan-line rasteriser with a depth buffer, perspective and orthographic.

The depth buffer holds a value that is linear in screen space and grows towards the camera: 1/z in perspective, -z in
orthographic views. A triangle covers the pixels whose centres lie inside it.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.embedded.kernels import helper, inlined, kernel
from ipt.scenes.embedded.meshes import Mesh
from ipt.scenes.interface import Camera

NEAR = 0.02
"""Metres: nothing closer than this is drawn."""
EMPTY = np.float32(-3e38)
TILE = 8
"""Pixels of the squares by which things behind walls are found."""
LARGE = 3.0
"""Square metres of a box's two longer sides from which on a thing may hide others."""
FAR = 1e9


class View(NamedTuple):
    """A camera as the kernels want it."""

    origin: NDArray[np.float64]
    """[3]"""
    basis: NDArray[np.float64]
    """[3, 3] rows right, up, forward"""
    half: float
    """half width of the view: tangent of the half angle, or metres"""
    orthographic: bool


def view_of(camera: Camera) -> View:
    """`camera` for the kernels. The basis is rounded to 1e-9, because sines differ in the last bit between machines."""
    orthographic = camera.projection == "orthographic"
    half = camera.extent / 2 if orthographic else math.tan(math.radians(camera.extent) / 2)
    return View(np.array(camera.position, np.float64), np.round(camera.basis(), 9), round(half, 9), orthographic)


@helper
def _fill(
    x0: float,
    y0: float,
    z0: float,
    x1: float,
    y1: float,
    z1: float,
    x2: float,
    y2: float,
    z2: float,
    triangle: int,
    size: int,
    buffer: Any,
    owner: Any,
) -> None:
    """Draw one triangle given in pixels; pixel centres are at +0.5."""
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if area >= 0.0:  # seen from behind (image y runs down), or of no area
        return
    first = max(0, math.ceil(min(y0, y1, y2) - 0.5))
    last = min(size, math.ceil(max(y0, y1, y2) - 0.5))
    if first >= last:
        return
    leftmost, rightmost = math.ceil(min(x0, x1, x2) - 0.5), math.ceil(max(x0, x1, x2) - 0.5)
    if leftmost >= rightmost or rightmost <= 0 or leftmost >= size:  # also: between two columns of pixel centres
        return
    slope_x = ((z1 - z0) * (y2 - y0) - (z2 - z0) * (y1 - y0)) / area
    slope_y = ((z2 - z0) * (x1 - x0) - (z1 - z0) * (x2 - x0)) / area
    step = np.float32(slope_x)
    origin_x, origin_y, origin_z = x0, y0, z0
    if y1 < y0:
        x0, y0, x1, y1 = x1, y1, x0, y0
    if y2 < y0:
        x0, y0, x2, y2 = x2, y2, x0, y0
    if y2 < y1:
        x1, y1, x2, y2 = x2, y2, x1, y1
    long_slope = (x2 - x0) / (y2 - y0)
    upper_slope = (x1 - x0) / (y1 - y0) if y1 > y0 else 0.0
    lower_slope = (x2 - x1) / (y2 - y1) if y2 > y1 else 0.0
    for row in range(first, last):
        y = row + 0.5
        left = x0 + (y - y0) * long_slope
        right = x0 + (y - y0) * upper_slope if y < y1 else x1 + (y - y1) * lower_slope
        if left > right:
            left, right = right, left
        begin = max(0, math.ceil(left - 0.5))
        end = min(size, math.ceil(right - 0.5))
        # float32 and no running sum, so that the compiler can take several columns at once
        value = np.float32(origin_z + (y - origin_y) * slope_y + (begin + 0.5 - origin_x) * slope_x)
        line, mark = buffer[row], owner[row]
        for column in range(begin, end):
            nearness = value + step * np.float32(column - begin)
            if nearness > line[column]:
                line[column] = nearness
                mark[column] = triangle


@helper
def _outside(box: Any, view: View) -> Any:
    """(whether the box lies wholly outside the view, its smallest depth)."""
    basis, half = view.basis, view.half
    depth, reach = 0.0, 0.0
    for axis in range(3):
        depth += basis[2, axis] * ((box[axis] + box[axis + 3]) * 0.5 - view.origin[axis])
        reach += abs(basis[2, axis]) * (box[axis + 3] - box[axis]) * 0.5
    if depth + reach < NEAR:
        return True, 0.0
    for side in range(4):
        row = side >> 1
        sign = 1.0 if side & 1 else -1.0
        value, spread = 0.0, 0.0
        for axis in range(3):
            weight = sign * basis[row, axis]
            if not view.orthographic:
                weight -= half * basis[2, axis]
            value += weight * ((box[axis] + box[axis + 3]) * 0.5 - view.origin[axis])
            spread += abs(weight) * (box[axis + 3] - box[axis]) * 0.5
        if value - spread > (half if view.orthographic else 0.0):
            return True, 0.0
    return False, depth - reach


@helper
def _fill_clipped(corners: Any, polygon: Any, triangle: int, size: int, scale: float, buffer: Any, owner: Any) -> None:
    """Draw a triangle in camera coordinates [3, 3] that crosses the near plane; `polygon` [4, 3] is scratch."""
    count = 0
    for k in range(3):
        here, there = corners[k], corners[(k + 1) % 3]
        if here[2] >= NEAR:
            for axis in range(3):
                polygon[count, axis] = here[axis]
            count += 1
        if (here[2] >= NEAR) != (there[2] >= NEAR):
            part = (NEAR - here[2]) / (there[2] - here[2])
            for axis in range(3):
                polygon[count, axis] = here[axis] + part * (there[axis] - here[axis])
            count += 1
    middle = size * 0.5
    for k in range(count):
        inverse = 1.0 / polygon[k, 2]
        polygon[k, 0] = middle + polygon[k, 0] * inverse * scale
        polygon[k, 1] = middle - polygon[k, 1] * inverse * scale
        polygon[k, 2] = inverse
    for k in range(1, count - 1):
        a, b, c = polygon[0], polygon[k], polygon[k + 1]
        _fill(a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2], triangle, size, buffer, owner)


@inlined
def _is_large(box: Any) -> Any:
    """Whether the box's largest side hides much: walls, floors, ceilings, wardrobes."""
    a, b, c = box[3] - box[0], box[4] - box[1], box[5] - box[2]
    return max(a * b, max(b * c, a * c)) > LARGE


@helper
def _farthest(buffer: Any, tiles: Any) -> None:
    """The farthest (least) value of every square of the buffer."""
    for i in range(tiles.shape[0]):
        for j in range(tiles.shape[1]):
            least = buffer[i * TILE, j * TILE]
            for row in range(i * TILE, i * TILE + TILE):
                for column in range(j * TILE, j * TILE + TILE):
                    least = min(least, buffer[row, column])
            tiles[i, j] = least


@helper
def _is_covered(box: Any, view: View, size: int, tiles: Any) -> Any:
    """Whether every pixel that the box can reach already shows something nearer than the box's nearest corner."""
    basis, origin = view.basis, view.origin
    scale, middle = size * 0.5 / view.half, size * 0.5
    left, right, upper, lower, nearest = 1e30, -1e30, 1e30, -1e30, -1e30
    for corner in range(8):
        a = (box[3] if corner & 1 else box[0]) - origin[0]
        b = (box[4] if corner & 2 else box[1]) - origin[1]
        c = (box[5] if corner & 4 else box[2]) - origin[2]
        x = basis[0, 0] * a + basis[0, 1] * b + basis[0, 2] * c
        y = basis[1, 0] * a + basis[1, 1] * b + basis[1, 2] * c
        z = basis[2, 0] * a + basis[2, 1] * b + basis[2, 2] * c
        if view.orthographic:
            near, px, py = -z, middle + x * scale, middle - y * scale
        else:
            if z < NEAR:
                return False
            near = 1.0 / z
            px, py = middle + x * near * scale, middle - y * near * scale
        left, right, upper, lower = min(left, px), max(right, px), min(upper, py), max(lower, py)
        nearest = max(nearest, near)
    count = tiles.shape[0]
    if right >= count * TILE or lower >= count * TILE:  # pixels beyond the last whole square
        right, lower = min(right, size - 1.0), min(lower, size - 1.0)
        if right >= count * TILE or lower >= count * TILE:
            return False
    margin = 1e-6 * abs(nearest)
    first_column, last_column = max(0, int(left)) // TILE, max(0, int(right)) // TILE
    first_row, last_row = max(0, int(upper)) // TILE, max(0, int(lower)) // TILE
    for row in range(first_row, min(count - 1, last_row) + 1):
        for column in range(first_column, min(count - 1, last_column) + 1):
            if tiles[row, column] <= nearest + margin:
                return False
    return True


@kernel
def _rasterize(
    vertices: Any,
    faces: Any,
    slot_vertices: Any,
    slot_faces: Any,
    boxes: Any,
    hidden: Any,
    view: View,
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
        outside, nearest = _outside(boxes[slot], view)
        if outside:
            continue
        if not _is_large(boxes[slot]):
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
                _farthest(buffer, tiles)
                tiled = True
            if _is_covered(boxes[slot], view, size, tiles):
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
                _fill(
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
                    buffer,
                    owner,
                )
            else:
                for axis in range(3):
                    corners[0, axis], corners[1, axis] = local[i, axis], local[j, axis]
                    corners[2, axis] = local[m, axis]
                _fill_clipped(corners, polygon, face, size, scale, buffer, owner)


def rasterize(
    mesh: Mesh, view: View, size: int, hidden: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Depth buffer float32 [size, size] (1/z, or -z when orthographic) and face numbers int32 (-1: nothing).

    `hidden` bool [slots] leaves objects out.
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
