"""Drawing one triangle, row by row, into a depth buffer and the numbers of the nearest faces.

A triangle covers the samples that lie inside it: one in every pixel, at its centre or some way beside it.
"""

import math
from typing import Any

import numpy as np

from ipt.scenes.embedded.kernels import helper
from ipt.scenes.embedded.view import NEAR


@helper
def fill(
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
    shifts: Any,
    slack: float,
    buffer: Any,
    owner: Any,
) -> None:
    """Draw one triangle given in pixels; pixel centres are at +0.5, and row r is sampled `shifts[r]` beside them.

    `slack` is the greatest of the shifts.
    """
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if area >= 0.0:  # seen from behind (image y runs down), or of no area
        return
    first = max(0, math.ceil(min(y0, y1, y2) - 0.5))
    last = min(size, math.ceil(max(y0, y1, y2) - 0.5))
    if first >= last:
        return
    leftmost, rightmost = math.ceil(min(x0, x1, x2) - 0.5 - slack), math.ceil(max(x0, x1, x2) - 0.5 + slack)
    if leftmost >= rightmost or rightmost <= 0 or leftmost >= size:  # also: between two columns of samples
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
        middle = 0.5 + shifts[row]
        begin = max(0, math.ceil(left - middle))
        end = min(size, math.ceil(right - middle))
        # float32 and no running sum, so that the compiler can take several columns at once
        value = np.float32(origin_z + (y - origin_y) * slope_y + (begin + middle - origin_x) * slope_x)
        line, mark = buffer[row], owner[row]
        for column in range(begin, end):
            nearness = value + step * np.float32(column - begin)
            if nearness > line[column]:
                line[column] = nearness
                mark[column] = triangle


@helper
def fill_clipped(
    corners: Any,
    polygon: Any,
    triangle: int,
    size: int,
    scale: float,
    shifts: Any,
    slack: float,
    buffer: Any,
    owner: Any,
) -> None:
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
        fill(a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2], triangle, size, shifts, slack, buffer, owner)
