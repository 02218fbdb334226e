"""What need not be drawn: boxes beside the view, and boxes behind what is drawn already.

Walls, floors and large cupboards are drawn first; what then lies behind squares of pixels on all sides is left out
before its vertices move.
"""

from typing import Any

from ipt.scenes.embedded.kernels import helper, inlined
from ipt.scenes.embedded.view import NEAR, View

TILE = 8
"""Pixels of the squares by which things behind walls are found."""
LARGE = 3.0
"""Square metres of a box's two longer sides from which on a thing may hide others."""


@helper
def outside(box: Any, view: View) -> Any:
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


@inlined
def is_large(box: Any) -> Any:
    """Whether the box's largest side hides much: walls, floors, ceilings, wardrobes."""
    a, b, c = box[3] - box[0], box[4] - box[1], box[5] - box[2]
    return max(a * b, max(b * c, a * c)) > LARGE


@helper
def farthest(buffer: Any, tiles: Any) -> None:
    """The farthest (least) value of every square of the buffer."""
    for i in range(tiles.shape[0]):
        for j in range(tiles.shape[1]):
            least = buffer[i * TILE, j * TILE]
            for row in range(i * TILE, i * TILE + TILE):
                for column in range(j * TILE, j * TILE + TILE):
                    least = min(least, buffer[row, column])
            tiles[i, j] = least


@helper
def is_covered(box: Any, view: View, size: int, tiles: Any) -> Any:
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
