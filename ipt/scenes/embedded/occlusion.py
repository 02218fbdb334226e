"""Contact shadows: how much of its surroundings a pixel's surface sees, estimated from the depth buffer.

Two samples on opposite sides of a pixel are, on a flat surface, one as much nearer as the other is farther. Where both
are nearer, the surface lies in a crease, and less light reaches it.
"""

from typing import Any

import numpy as np

from ipt.scenes.embedded.kernels import kernel
from ipt.scenes.embedded.view import View

_ANGLES = np.arange(16) * 2.39996322972865332
DISC = np.round(np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1), 9)
"""Directions of the ambient-occlusion samples: a golden-angle spiral, [16, 2]."""
OCCLUSION_RADIUS = 0.45
"""Metres within which a neighbour darkens a crease."""


@kernel
def contact_shadows(buffer: Any, view: View, pairs: int, open_share: Any) -> None:
    """Write ambient occlusion to `open_share` float32 [size, size], 1 is open, by `pairs` pairs of samples a pixel.

    The depth buffer may be a multiple of that size.
    """
    size = open_share.shape[0]
    pixel = 2.0 * view.half / size
    samples = buffer.shape[0] // size
    for row in range(size):
        for column in range(size):
            near = buffer[row * samples, column * samples]
            open_share[row, column] = 1.0
            if view.orthographic:
                if near < -1e30:
                    continue
                depth, span = -near, OCCLUSION_RADIUS / pixel
            else:
                if near <= 0.0:
                    continue
                depth = 1.0 / near
                span = OCCLUSION_RADIUS / (pixel * depth)
            span = min(span, 0.15 * size)
            blocked = 0.0
            for k in range(pairs):
                # two opposite samples: on a flat surface one is as much nearer as the other is farther
                radius = span * np.sqrt((k + 0.5) / pairs)
                down = int(np.floor(radius * DISC[k, 1] + 0.5))
                across = int(np.floor(radius * DISC[k, 0] + 0.5))
                bend, count = 0.0, 0
                for sign in (-1, 1):
                    i, j = row + sign * down, column + sign * across
                    if 0 <= i < size and 0 <= j < size:
                        other = buffer[i * samples, j * samples]
                        if (view.orthographic and other > -1e30) or other > 0.0:
                            # in perspective 1/z is linear along a plane, so bend is measured there
                            bend += (other - near) if view.orthographic else (other - near) * depth * depth
                            count += 1
                if count == 2:
                    rise = bend / (2.0 * OCCLUSION_RADIUS)
                    if 0.02 < rise < 1.0:
                        blocked += rise * (1.0 - rise) * 2.2
            open_share[row, column] = max(0.25, 1.0 - blocked / pairs)


@kernel
def spread_contact_shadows(coarse: Any, buffer: Any, open_share: Any) -> None:
    """Write `contact_shadows` of a smaller size to `open_share`, without mixing what lies at different depths."""
    half, size = coarse.shape[0], open_share.shape[0]
    samples, far_samples = buffer.shape[0] // size, buffer.shape[0] // half
    for row in range(size):
        y = (row + 0.5) * half / size - 0.5
        top = int(np.floor(y))
        for column in range(size):
            x = (column + 0.5) * half / size - 0.5
            left = int(np.floor(x))
            near = buffer[row * samples, column * samples]
            total, weight = 0.0, 1e-9
            for i in range(2):
                for j in range(2):
                    a, b = min(half - 1, max(0, top + i)), min(half - 1, max(0, left + j))
                    share = (1.0 - abs(y - top - i)) * (1.0 - abs(x - left - j)) + 1e-4
                    if abs(buffer[a * far_samples, b * far_samples] - near) > 0.06 * abs(near):
                        share *= 1e-4
                    total += share * coarse[a, b]
                    weight += share
            open_share[row, column] = total / weight
