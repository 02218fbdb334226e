"""What a mirror shows: the ray from the eye, thrown back, to what it hits first."""

from typing import Any

import numpy as np

from ipt.scenes.embedded.bvh import Tree, first_hit
from ipt.scenes.embedded.kernels import helper
from ipt.scenes.embedded.materials import PATTERNS

MIRROR = PATTERNS.index("mirror")
SILVER = 0.86
"""Share of the light that a mirror throws back; the rest is its own colour."""


@helper
def mirrored(tree: Tree, vertices: Any, faces: Any, mirror: int, point: Any, toward: Any, ray: Any, stack: Any) -> Any:
    """(face that `point` of face `mirror` shows, or -1; metres to it).

    `point` moves to what is seen and `toward`, which pointed at the eye, back along the ray. `ray` [3, 3] and `stack`
    int64 [128] are scratch.
    """
    i, j, m = faces[mirror, 0], faces[mirror, 1], faces[mirror, 2]
    ax, ay, az = vertices[i, 0], vertices[i, 1], vertices[i, 2]
    bx, by, bz = vertices[j, 0] - ax, vertices[j, 1] - ay, vertices[j, 2] - az
    cx, cy, cz = vertices[m, 0] - ax, vertices[m, 1] - ay, vertices[m, 2] - az
    nx, ny, nz = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
    length = np.sqrt(float(nx) * nx + float(ny) * ny + float(nz) * nz)
    nx, ny, nz = nx / length, ny / length, nz / length
    twice = 2.0 * (toward[0] * nx + toward[1] * ny + toward[2] * nz)
    ray[0, 0], ray[0, 1], ray[0, 2] = point[0] + 1e-4 * nx, point[1] + 1e-4 * ny, point[2] + 1e-4 * nz
    ray[1, 0], ray[1, 1], ray[1, 2] = twice * nx - toward[0], twice * ny - toward[1], twice * nz - toward[2]
    face, away = first_hit(tree, ray[0], ray[1], stack, ray[2])
    if face >= 0:
        for axis in range(3):
            point[axis] = ray[0, axis] + away * ray[1, axis]
            toward[axis] = -ray[1, axis]
    return face, away
