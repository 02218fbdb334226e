"""How much light falls on a point: fill, what the floor throws back, lamps with their shadows, the sun."""

from typing import Any

import numpy as np

from ipt.scenes.embedded.kernels import inlined
from ipt.scenes.embedded.lighting import LAMP_HALF, Lights
from ipt.scenes.embedded.shadows import lit_share, soft_share, sun_share

GLOW_REACH = 2.2
"""Metres that the light of a lamp among the furniture reaches."""
GLOW_POWER = 0.22


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
def light_at(
    lights: Lights, point: Any, normal: Any, toward: Any, contact: float, shine: float, reach: int, out: Any
) -> None:
    """Write to `out` [6] the linear light on a surface point, and its highlight. `toward` points at the camera."""
    # the point moves a little along its normal, so that a surface does not shadow itself
    x, y, z = point[0] + normal[0] * 0.02, point[1] + normal[1] * 0.02, point[2] + normal[2] * 0.02
    room = _room_at(lights.rooms, x, y)
    up = normal[2]
    opposite, weight = (0, up) if up > 0.0 else (2, -up)
    for channel in range(3):
        side = lights.ambient[room, 1, channel]
        out[channel] = (side + (lights.ambient[room, opposite, channel] - side) * weight) * contact
        out[channel + 3] = 0.0
    # what the lamp throws on the floor comes back from there
    dx, dy, dz = lights.lamps[room, 0] - x, lights.lamps[room, 1] - y, -z
    square = dx * dx + dy * dy + dz * dz
    facing = normal[0] * dx + normal[1] * dy + normal[2] * dz
    if facing > 0.0:
        strength = facing / (np.sqrt(square + 1e-9) * (1.0 + square)) * contact
        for channel in range(3):
            out[channel] += lights.bounce[room, channel] * strength
    # the lamp of this room
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
            share = 1.0
            size = lights.glow_maps.shape[1]
            if dz > 0.05 and facing > 0.0:
                column = (0.5 - 0.5 * dx / (dz * LAMP_HALF)) * size
                row = (0.5 + 0.5 * dy / (dz * LAMP_HALF)) * size
                if 0.0 <= column < size and 0.0 <= row < size:
                    slope = (abs(normal[0]) + abs(normal[1])) / (facing * np.sqrt(square)) * 2.0 * LAMP_HALF / size
                    bias = 0.02 / dz + min(2.0 * slope, 0.3 / dz)
                    share = lit_share(lights.glow_maps[glow], column, row, 1.0 / dz, bias, 1)
            fade = 1.0 - square / (GLOW_REACH * GLOW_REACH)
            strength = GLOW_POWER * (0.3 + 0.7 * max(0.0, facing)) * share * fade * fade / (0.3 + square) * contact
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
