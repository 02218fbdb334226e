"""The colour of each pixel: pattern, lamp, sun, fill, contact shadows, 2 x 2 samples.

Visibility is known at twice the image's resolution; samples of one pixel that see the same surface are shaded once.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.embedded.kernels import inlined, kernel
from ipt.scenes.embedded.lighting import LAMP_HALF, Lights
from ipt.scenes.embedded.materials import PATTERNS, average_weight, finest_detail, pattern_weight
from ipt.scenes.embedded.occlusion import contact_shadows, spread_contact_shadows
from ipt.scenes.embedded.outdoors import outdoors
from ipt.scenes.embedded.raster import View
from ipt.scenes.embedded.shadows import lit_share, soft_share, sun_share

GLASS = PATTERNS.index("outdoors")
GLOW_REACH = 2.2
"""Metres that the light of a lamp among the furniture reaches."""
GLOW_POWER = 0.22


class Surface(NamedTuple):
    """The parts of a mesh that shading reads, and its material table."""

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    texture: NDArray[np.float32]
    faces: NDArray[np.int32]
    material: NDArray[np.int32]
    table: NDArray[np.float32]


@inlined
def _room_at(rooms: Any, x: float, y: float) -> int:
    """The room that holds the point, or the nearest one."""
    best, least = 0, 1e30
    for room in range(rooms.shape[0]):
        dx = max(0.0, max(rooms[room, 0] - x, x - rooms[room, 2]))
        dy = max(0.0, max(rooms[room, 1] - y, y - rooms[room, 3]))
        if dx + dy < least:
            best, least = room, dx + dy
    return best


@inlined
def _light_at(
    lights: Lights, point: Any, normal: Any, toward: Any, contact: float, shine: float, reach: int, out: Any
) -> None:
    """Write to `out` [6] the linear light on a surface point, and its highlight. `toward` points at the camera."""
    up = normal[2]
    for channel in range(3):
        side = lights.ambient[1, channel]
        fill = (
            side + (lights.ambient[0, channel] - side) * up
            if up > 0.0
            else side + (side - lights.ambient[2, channel]) * up
        )
        out[channel] = fill * contact
        out[channel + 3] = 0.0
    # the lamp of this room; the point moves a little along its normal, so that a surface does not shadow itself
    x, y, z = point[0] + normal[0] * 0.02, point[1] + normal[1] * 0.02, point[2] + normal[2] * 0.02
    room = _room_at(lights.rooms, x, y)
    dx, dy, dz = lights.lamps[room, 0] - x, lights.lamps[room, 1] - y, lights.lamps[room, 2] - z
    distance = np.sqrt(dx * dx + dy * dy + dz * dz) + 1e-9
    facing = (normal[0] * dx + normal[1] * dy + normal[2] * dz) / distance
    if facing > 0.0:
        share = 1.0
        if dz > 0.05:
            size = lights.lamp_maps.shape[1]
            column = (0.5 - 0.5 * dx / (dz * LAMP_HALF)) * size
            row = (0.5 + 0.5 * dy / (dz * LAMP_HALF)) * size
            if 0.0 <= column < size and 0.0 <= row < size:
                # along a plane 1/z changes by its normal over its distance from the lamp, per map pixel
                pixel = 2.0 * LAMP_HALF / size
                if reach < 2:
                    slope = (abs(normal[0]) + abs(normal[1])) / (facing * distance) * pixel
                    bias = 0.006 / dz + min(slope * (reach + 1.0), 0.12 / dz)
                    share = lit_share(lights.lamp_maps[room], column, row, 1.0 / dz, bias, reach)
                else:
                    steepest = 0.03 / dz
                    slope_x = min(steepest, max(-steepest, -normal[0] / (facing * distance) * pixel))
                    slope_y = min(steepest, max(-steepest, normal[1] / (facing * distance) * pixel))
                    bias = 0.008 / dz + 0.5 * (abs(slope_x) + abs(slope_y))
                    share = soft_share(
                        lights.lamp_maps, lights.coarse, room, column, row, 1.0 / dz, bias, slope_x, slope_y
                    )
        strength = share * facing / (0.55 + 0.11 * distance * distance) * (0.4 + 0.6 * contact)
        gloss = 0.0
        if shine > 0.0:
            hx, hy, hz = dx / distance + toward[0], dy / distance + toward[1], dz / distance + toward[2]
            half = (normal[0] * hx + normal[1] * hy + normal[2] * hz) / np.sqrt(hx * hx + hy * hy + hz * hz + 1e-12)
            gloss = max(0.0, half)
            for _ in range(5):
                gloss *= gloss
            gloss *= 0.35 * shine * share
        for channel in range(3):
            out[channel] += lights.lamp_color[channel] * strength
            out[channel + 3] += lights.lamp_color[channel] * gloss
    for glow in range(lights.glow_of_room[room], lights.glow_of_room[room + 1]):
        dx, dy, dz = lights.glows[glow, 0] - x, lights.glows[glow, 1] - y, lights.glows[glow, 2] - z
        square = dx * dx + dy * dy + dz * dz
        if square < GLOW_REACH * GLOW_REACH:
            facing = (normal[0] * dx + normal[1] * dy + normal[2] * dz) / np.sqrt(square + 1e-9)
            fade = 1.0 - square / (GLOW_REACH * GLOW_REACH)
            strength = GLOW_POWER * (0.3 + 0.7 * max(0.0, facing)) * fade * fade / (0.3 + square) * contact
            out[0] += strength
            out[1] += 0.80 * strength
            out[2] += 0.52 * strength
    basis = lights.sun.basis
    facing = -(normal[0] * basis[2, 0] + normal[1] * basis[2, 1] + normal[2] * basis[2, 2])
    if facing > 0.0:
        ax, ay, az = x - lights.sun.origin[0], y - lights.sun.origin[1], z - lights.sun.origin[2]
        size = lights.sun_map.shape[0]
        column = (0.5 + 0.5 * (basis[0, 0] * ax + basis[0, 1] * ay + basis[0, 2] * az) / lights.sun.half) * size
        row = (0.5 - 0.5 * (basis[1, 0] * ax + basis[1, 1] * ay + basis[1, 2] * az) / lights.sun.half) * size
        deep = basis[2, 0] * ax + basis[2, 1] * ay + basis[2, 2] * az
        along = abs(normal[0] * basis[0, 0] + normal[1] * basis[0, 1] + normal[2] * basis[0, 2])
        along += abs(normal[0] * basis[1, 0] + normal[1] * basis[1, 1] + normal[2] * basis[1, 2])
        bias = 0.02 + min(along / facing * 2.0 * lights.sun.half / size * reach, 0.25)
        share = sun_share(lights.sun_map, lights.sun_coarse, column, row, -deep, bias, max(0, reach - 1)) * facing
        for channel in range(3):
            out[channel] += lights.sun_color[channel] * share


@inlined
def _display(value: float) -> Any:
    """Linear light to a display value 0..1: bright light rolls off softly, then the square root."""
    rolled = value if value < 0.6 else 1.0 - 0.16 / (value - 0.2)
    return np.sqrt(min(1.0, max(0.0, rolled)))


@inlined
def _shade(
    surface: Surface,
    lights: Lights,
    view: View,
    face: int,
    px: float,
    py: float,
    depth: float,
    size: int,
    contact: float,
    reach: int,
    point: Any,
    normal: Any,
    toward: Any,
    light: Any,
    color: Any,
) -> None:
    """Write to `color` [3] the display colour of `face` at (px, py) pixels in an image `size` wide."""
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
        footprint = 2.0 * view.half / size * (1.0 if view.orthographic else depth) / slant
        blur = min(1.0, max(0.0, footprint / finest_detail(pattern, scale) - 0.5))
        average = average_weight(pattern)
        if blur < 1.0:
            weight, tone = pattern_weight(pattern, scale, float(u), float(v))
        weight, tone = weight + (average - weight) * blur, tone + (1.0 - tone) * blur
    _light_at(lights, point, normal, toward, contact, shine, reach, light)
    for channel in range(3):
        albedo = (table[row, channel] * (1.0 - weight) + table[row, channel + 3] * weight) * tone
        color[channel] = _display(albedo * (light[channel] * (1.0 if glow == 0.0 else 0.3) + glow) + light[channel + 3])


def compose(
    surface: Surface,
    lights: Lights,
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
    on, as soft as a lamp makes them), `pairs` (at most 16) the smoothness of contact shadows.
    """
    open_share = np.empty((size, size), np.float32)
    if reach < 2 or size % 2 == 1:
        contact_shadows(buffer, view, pairs, open_share)
    else:
        coarse = np.empty((size // 2, size // 2), np.float32)
        contact_shadows(buffer, view, pairs, coarse)
        spread_contact_shadows(coarse, buffer, open_share)
    image = np.empty((size, size, 3), np.uint8)
    _compose(surface, lights, view, buffer, owner, background, reach, open_share, np.empty((10, 6)), image)
    return image


@kernel
def _compose(
    surface: Surface,
    lights: Lights,
    view: View,
    buffer: Any,
    owner: Any,
    background: Any,
    reach: int,
    open_share: Any,
    work: Any,
    image: Any,
) -> None:
    size = image.shape[0]
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
                if faces[group] < 0:
                    color[0], color[1], color[2] = background[0], background[1], background[2]
                else:
                    _shade(
                        surface,
                        lights,
                        view,
                        int(faces[group]),
                        columns[group] / share,
                        rows[group] / share,
                        depths[group] / share,
                        size,
                        float(open_share[row, column]),
                        reach,
                        point,
                        normal,
                        toward,
                        light,
                        color,
                    )
                red += color[0] * share
                green += color[1] * share
                blue += color[2] * share
            image[row, column, 0] = np.uint8(red * 63.75 + 0.5)
            image[row, column, 1] = np.uint8(green * 63.75 + 0.5)
            image[row, column, 2] = np.uint8(blue * 63.75 + 0.5)
