"""The colour of each pixel: pattern, light, contact shadows, mirrors, 2 x 2 samples.

Visibility is known at twice the image's resolution; samples of one pixel that see the same surface are shaded once.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.embedded.bvh import Tree
from ipt.scenes.embedded.kernels import inlined, kernel
from ipt.scenes.embedded.light import light_at
from ipt.scenes.embedded.lighting import Lights
from ipt.scenes.embedded.materials import PATTERNS, average_weight, finest_detail, pattern_weight
from ipt.scenes.embedded.mirrors import MIRROR, SILVER, mirrored
from ipt.scenes.embedded.occlusion import contact_shadows, spread_contact_shadows
from ipt.scenes.embedded.outdoors import outdoors
from ipt.scenes.embedded.view import View

GLASS = PATTERNS.index("outdoors")


class Surface(NamedTuple):
    """The parts of a mesh that shading reads, and its material table."""

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    texture: NDArray[np.float32]
    faces: NDArray[np.int32]
    material: NDArray[np.int32]
    table: NDArray[np.float32]


@inlined
def _display(value: float) -> Any:
    """Linear light to a display value 0..1: bright light rolls off softly, then the square root."""
    rolled = value if value < 0.6 else 1.0 - 0.16 / (value - 0.2)
    return np.sqrt(min(1.0, max(0.0, rolled)))


@inlined
def _locate(view: View, px: float, py: float, depth: float, size: int, point: Any, toward: Any) -> None:
    """Write the `point` that (px, py) of an image `size` pixels wide sees at `depth`, and the direction to the eye."""
    sx, sy = (2.0 * px / size - 1.0) * view.half, (1.0 - 2.0 * py / size) * view.half
    if not view.orthographic:
        sx, sy = sx * depth, sy * depth
    for axis in range(3):
        point[axis] = (
            view.origin[axis] + sx * view.basis[0, axis] + sy * view.basis[1, axis] + depth * view.basis[2, axis]
        )
        toward[axis] = -view.basis[2, axis] if view.orthographic else view.origin[axis] - point[axis]
    length = np.sqrt(toward[0] * toward[0] + toward[1] * toward[1] + toward[2] * toward[2])
    for axis in range(3):
        toward[axis] /= length


@inlined
def _shade(
    surface: Surface,
    lights: Lights,
    face: int,
    pixel: float,
    contact: float,
    reach: int,
    point: Any,
    normal: Any,
    toward: Any,
    light: Any,
    color: Any,
) -> None:
    """Write to `color` [3] the display colour of `face` at `point`, where a pixel is `pixel` metres wide."""
    i, j, m = surface.faces[face, 0], surface.faces[face, 1], surface.faces[face, 2]
    # numbers, not slices: a slice counts its references, which costs as much as the shading
    vertices = surface.vertices
    ax, ay, az = vertices[i, 0], vertices[i, 1], vertices[i, 2]
    e1x, e1y, e1z = vertices[j, 0] - ax, vertices[j, 1] - ay, vertices[j, 2] - az
    e2x, e2y, e2z = vertices[m, 0] - ax, vertices[m, 1] - ay, vertices[m, 2] - az
    wx, wy, wz = point[0] - ax, point[1] - ay, point[2] - az
    gx, gy, gz = e1y * e2z - e1z * e2y, e1z * e2x - e1x * e2z, e1x * e2y - e1y * e2x
    square = gx * gx + gy * gy + gz * gz
    second = ((wy * e2z - wz * e2y) * gx + (wz * e2x - wx * e2z) * gy + (wx * e2y - wy * e2x) * gz) / square
    third = ((e1y * wz - e1z * wy) * gx + (e1z * wx - e1x * wz) * gy + (e1x * wy - e1y * wx) * gz) / square
    second = min(1.0, max(0.0, second))
    third = min(1.0 - second, max(0.0, third))
    first = 1.0 - second - third
    for axis in range(3):
        normal[axis] = (
            surface.normals[i, axis] * first + surface.normals[j, axis] * second + surface.normals[m, axis] * third
        )
    length = np.sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]) + 1e-12
    for axis in range(3):
        normal[axis] /= length
    u = surface.texture[i, 0] * first + surface.texture[j, 0] * second + surface.texture[m, 0] * third
    v = surface.texture[i, 1] * first + surface.texture[j, 1] * second + surface.texture[m, 1] * third
    table, row = surface.table, surface.material[face]
    pattern, scale = int(table[row, 6]), float(table[row, 7])
    shine, glow = float(table[row, 8]), float(table[row, 9])
    if pattern == GLASS:
        outdoors(-toward[0], -toward[1], -toward[2], color)
        return
    weight, tone = 0.0, 1.0
    if pattern > 0:
        # a pixel seen at a slant covers more of the surface
        slant = max(0.25, normal[0] * toward[0] + normal[1] * toward[1] + normal[2] * toward[2])
        footprint = pixel / slant
        blur = min(1.0, max(0.0, footprint / finest_detail(pattern, scale) - 0.5))
        average = average_weight(pattern)
        if blur < 1.0:
            weight, tone = pattern_weight(pattern, scale, float(u), float(v), pixel / np.sqrt(slant))
        weight, tone = weight + (average - weight) * blur, tone + (1.0 - tone) * blur
    light_at(lights, point, normal, toward, contact, shine, reach, light)
    for channel in range(3):
        albedo = (table[row, channel] * (1.0 - weight) + table[row, channel + 3] * weight) * tone
        color[channel] = _display(albedo * (light[channel] * (1.0 if glow == 0.0 else 0.3) + glow) + light[channel + 3])


def compose(
    surface: Surface,
    lights: Lights,
    tree: Tree,
    view: View,
    buffer: NDArray[np.float32],
    owner: NDArray[np.int32],
    background: NDArray[np.float64],
    reach: int,
    pairs: int,
    size: int,
) -> NDArray[np.uint8]:
    """The image uint8 [size, size, 3] from visibility at twice its size.

    `background` [3] display colour where nothing is; `reach` in shadow-map pixels is the softness of shadows (from 2
    on, as soft as a lamp makes them), `pairs` (at most 16) the smoothness of contact shadows. `tree` is for mirrors;
    with an empty one they stay pale.
    """
    open_share = np.empty((size, size), np.float32)
    if reach < 2 or size % 2 == 1:
        contact_shadows(buffer, view, pairs, open_share)
    else:
        coarse = np.empty((size // 2, size // 2), np.float32)
        contact_shadows(buffer, view, pairs, coarse)
        spread_contact_shadows(coarse, buffer, open_share)
    image = np.empty((size, size, 3), np.uint8)
    work, stack = np.empty((13, 6)), np.empty(128, np.int64)
    _compose(surface, lights, tree, view, buffer, owner, background, reach, open_share, work, stack, image)
    return image


@kernel
def _compose(
    surface: Surface,
    lights: Lights,
    tree: Tree,
    view: View,
    buffer: Any,
    owner: Any,
    background: Any,
    reach: int,
    open_share: Any,
    work: Any,
    stack: Any,
    image: Any,
) -> None:
    size = image.shape[0]
    breadth, has_mirrors = 2.0 * view.half / size, tree.order.shape[0] > 0
    ray = work[10:13, :3]
    point, normal, toward, light, color = work[0], work[1], work[2], work[3], work[4]
    faces, rows, columns, counts, depths = work[5], work[6], work[7], work[8], work[9]
    for row in range(size):
        for column in range(size):
            groups = 0
            for a in range(2):
                for b in range(2):
                    face = owner[2 * row + a, 2 * column + b]
                    near = buffer[2 * row + a, 2 * column + b]
                    depth = 0.0
                    if face >= 0:
                        depth = -float(near) if view.orthographic else 1.0 / float(near)
                    group = 0
                    while group < groups:
                        if faces[group] == face:
                            break
                        if (
                            face >= 0
                            and faces[group] >= 0
                            and surface.material[face] == surface.material[int(faces[group])]
                        ):
                            p, q = surface.faces[face, 0], surface.faces[int(faces[group]), 0]
                            alike = surface.normals[p, 0] * surface.normals[q, 0]
                            alike += surface.normals[p, 1] * surface.normals[q, 1]
                            alike += surface.normals[p, 2] * surface.normals[q, 2]
                            if alike > 0.9 and abs(depth - depths[group] / counts[group]) < 0.03 * depth:
                                break
                        group += 1
                    if group == groups:
                        faces[group], rows[group], columns[group], counts[group] = face, 0.0, 0.0, 0.0
                        depths[group] = 0.0
                        groups += 1
                    rows[group] += row + 0.25 + 0.5 * a
                    columns[group] += column + 0.25 + 0.5 * b
                    depths[group] += depth
                    counts[group] += 1.0
            red, green, blue = 0.0, 0.0, 0.0
            for group in range(groups):
                share = counts[group]
                face, depth = int(faces[group]), depths[group] / share
                contact, silver, tint = 1.0, 0.0, 0
                if face >= 0:
                    contact = float(open_share[row, column])
                    _locate(view, columns[group] / share, rows[group] / share, depth, size, point, toward)
                    if has_mirrors and int(surface.table[surface.material[face], 6]) == MIRROR:
                        tint = surface.material[face]
                        face, away = mirrored(tree, surface.vertices, surface.faces, face, point, toward, ray, stack)
                        depth, contact, silver = depth + away, 1.0, SILVER
                if face < 0:
                    color[0], color[1], color[2] = background[0], background[1], background[2]
                else:
                    _shade(
                        surface,
                        lights,
                        face,
                        breadth if view.orthographic else breadth * depth,
                        contact,
                        reach,
                        point,
                        normal,
                        toward,
                        light,
                        color,
                    )
                if silver > 0.0:
                    for channel in range(3):
                        own = np.sqrt(surface.table[tint, channel])
                        color[channel] = silver * color[channel] + (1.0 - silver) * own
                red += color[0] * share
                green += color[1] * share
                blue += color[2] * share
            image[row, column, 0] = np.uint8(red * 63.75 + 0.5)
            image[row, column, 1] = np.uint8(green * 63.75 + 0.5)
            image[row, column, 2] = np.uint8(blue * 63.75 + 0.5)
