"""How much of a light arrives at a point: sharp where things touch, soft where the shadow falls far.

Two ways: a square of fixed width over the shadow map (simple scenes, and the sun), and a square as wide as the half
shadow of a lamp is there (percentage-closer soft shadows). Squares slide smoothly over the map, so that shadows have
neither steps nor grain.
"""

from typing import Any

import numpy as np

from ipt.scenes.embedded.kernels import helper, inlined
from ipt.scenes.embedded.lighting import LAMP_HALF, TILE

LAMP_RADIUS = 0.16
"""Metres: how large the lamp is that throws soft shadows."""
SEARCH = 12
"""Map pixels around a point in which something that stands in the light is looked for."""
WIDEST = 14.0
"""Map pixels of the widest half shadow's radius."""


@inlined
def lit_share(shadow: Any, x: float, y: float, nearness: float, bias: float, reach: int) -> Any:
    """Share of light that arrives: a (2 reach + 1) square of map pixels, slid smoothly; x, y in map pixels."""
    size = shadow.shape[0]
    x, y = x - 0.5, y - 0.5
    column, row = int(np.floor(x)), int(np.floor(y))
    a, b = x - column, y - row
    total, weight = 0.0, 0.0
    for i in range(-reach, reach + 2):
        if row + i < 0 or row + i >= size:
            continue
        tall = (1.0 - b) if i == -reach else (b if i == reach + 1 else 1.0)
        for j in range(-reach, reach + 2):
            if column + j < 0 or column + j >= size:
                continue
            wide = (1.0 - a) if j == -reach else (a if j == reach + 1 else 1.0)
            weight += tall * wide
            if shadow[row + i, column + j] <= nearness + bias:
                total += tall * wide
    return total / weight if weight > 0.0 else 1.0


@helper
def soft_share(
    maps: Any,
    coarse: Any,
    lamp: int,
    x: float,
    y: float,
    nearness: float,
    bias: float,
    slope_x: float,
    slope_y: float,
) -> Any:
    """Share of the light of lamp number `lamp` that arrives at map position x, y.

    The receiving surface is a plane: its 1/z changes by `slope_x` a map column and `slope_y` a row, so that a wall
    does not shadow itself however wide the square.
    """
    size = maps.shape[1]
    tiles = coarse.shape[2]
    tilt = (abs(slope_x) + abs(slope_y)) * SEARCH
    # most points are far from any edge of a shadow: the tiles around them say so
    least, most = 1e30, -1e30
    first_row, last_row = max(0, int(y) - SEARCH) // TILE, min(size - 1, int(y) + SEARCH) // TILE
    first_column, last_column = max(0, int(x) - SEARCH) // TILE, min(size - 1, int(x) + SEARCH) // TILE
    for row in range(first_row, min(tiles - 1, last_row) + 1):
        for column in range(first_column, min(tiles - 1, last_column) + 1):
            least = min(least, coarse[lamp, 0, row, column])
            most = max(most, coarse[lamp, 1, row, column])
    if most <= nearness + bias - tilt:
        return 1.0
    if least > nearness + bias + tilt:
        return 0.0
    sum_near, blockers, looked = 0.0, 0, 0
    for i in range(-SEARCH, SEARCH + 1, 4):
        row = int(y) + i
        if row < 0 or row >= size:
            continue
        for j in range(-SEARCH, SEARCH + 1, 4):
            column = int(x) + j
            if column < 0 or column >= size:
                continue
            looked += 1
            near = maps[lamp, row, column]
            if near > nearness + bias + slope_x * j + slope_y * i:
                sum_near += near
                blockers += 1
    if blockers == 0:
        # something thin may lie between the samples: look closely, without softness
        return lit_share(maps[lamp], x, y, nearness, bias + tilt / SEARCH, 1)
    if blockers == looked:
        return 0.0
    radius = LAMP_RADIUS * (sum_near / blockers - nearness) * size / (2.0 * LAMP_HALF)
    radius = min(WIDEST, max(1.5, radius))
    step = 1 if radius <= 3.5 else (2 if radius <= 7.0 else 4)
    left, right = (x - 0.5 - radius) / step, (x - 0.5 + radius) / step
    upper, lower = (y - 0.5 - radius) / step, (y - 0.5 + radius) / step
    total, weight = 0.0, 0.0
    for i in range(int(np.floor(upper)), int(np.floor(lower)) + 2):
        row = i * step
        tall = min(1.0, min(i + 1.0 - upper, lower + 1.0 - i))  # the outermost rows count in part
        if row < 0 or row >= size or tall <= 0.0:
            continue
        for j in range(int(np.floor(left)), int(np.floor(right)) + 2):
            column = j * step
            wide = min(1.0, min(j + 1.0 - left, right + 1.0 - j))
            if column < 0 or column >= size or wide <= 0.0:
                continue
            weight += tall * wide
            plane = nearness + bias + slope_x * (column + 0.5 - x) + slope_y * (row + 0.5 - y)
            if maps[lamp, row, column] <= plane:
                total += tall * wide
    return total / weight if weight > 0.0 else 1.0


@inlined
def sun_share(shadow: Any, coarse: Any, x: float, y: float, nearness: float, bias: float, reach: int) -> Any:
    """As `lit_share`; where all of the square's tiles are nearer than the point, or all farther, without looking."""
    tiles = coarse.shape[1]
    first_row, last_row = max(0, int(y) - reach - 1) // TILE, (int(y) + reach + 1) // TILE
    first_column, last_column = max(0, int(x) - reach - 1) // TILE, (int(x) + reach + 1) // TILE
    if last_row < tiles and last_column < tiles:
        least = min(
            min(coarse[0, first_row, first_column], coarse[0, first_row, last_column]),
            min(coarse[0, last_row, first_column], coarse[0, last_row, last_column]),
        )
        if least > nearness + bias:
            return 0.0
        most = max(
            max(coarse[1, first_row, first_column], coarse[1, first_row, last_column]),
            max(coarse[1, last_row, first_column], coarse[1, last_row, last_column]),
        )
        if most <= nearness + bias:
            return 1.0
    return lit_share(shadow, x, y, nearness, bias, reach)
