"""Where a piece fits: oriented rectangles on the floor that do not touch."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.embedded.meshes import rotation


@lru_cache(maxsize=512)
def _turn(yaw: float) -> tuple[float, float]:
    """Cosine and sine of `yaw`, rounded as in `rotation`."""
    turn = rotation("z", yaw)
    return float(turn[0, 0]), float(turn[1, 0])


@dataclass(frozen=True)
class Footprint:
    """A rectangle on the floor: centre, half sizes along its own axes, yaw in degrees."""

    x: float
    y: float
    half_width: float
    half_depth: float
    yaw: float

    def axes(self) -> NDArray[np.float64]:
        """Its two axes as unit vectors, [2, 2]."""
        return rotation("z", self.yaw)[:2, :2].T

    def corners(self) -> NDArray[np.float64]:
        """[4, 2]"""
        across, along = self.axes() * np.array([[self.half_width], [self.half_depth]])
        center = np.array([self.x, self.y])
        return np.stack(
            [center - across - along, center + across - along, center + across + along, center - across + along]
        )

    def grown(self, margin: float) -> "Footprint":
        """The rectangle with `margin` metres more on every side."""
        return Footprint(self.x, self.y, self.half_width + margin, self.half_depth + margin, self.yaw)

    def overlaps(self, other: "Footprint") -> bool:
        """Whether the two rectangles share an area (separating axis theorem)."""
        # scalars, not arrays: a room's layout asks this some ten thousand times
        dx, dy = other.x - self.x, other.y - self.y
        reach = self.half_width + self.half_depth + other.half_width + other.half_depth
        if abs(dx) > reach or abs(dy) > reach:
            return False
        cosine, sine = _turn(self.yaw)
        cosine_other, sine_other = _turn(other.yaw)
        along = abs(cosine * cosine_other + sine * sine_other)  # of the unit vectors of the two turns
        across = abs(cosine * sine_other - sine * cosine_other)
        for first, second, c, s in ((self, other, cosine, sine), (other, self, cosine_other, sine_other)):
            if abs(dx * c + dy * s) >= first.half_width + second.half_width * along + second.half_depth * across - 1e-9:
                return False
            if abs(dy * c - dx * s) >= first.half_depth + second.half_width * across + second.half_depth * along - 1e-9:
                return False
        return True

    def inside(self, minimum: tuple[float, float], maximum: tuple[float, float]) -> bool:
        """Whether it lies within the axis-aligned rectangle."""
        cosine, sine = (abs(value) for value in _turn(self.yaw))
        x_reach = self.half_width * cosine + self.half_depth * sine - 1e-9
        y_reach = self.half_width * sine + self.half_depth * cosine - 1e-9
        return (
            self.x - x_reach >= minimum[0]
            and self.y - y_reach >= minimum[1]
            and self.x + x_reach <= maximum[0]
            and self.y + y_reach <= maximum[1]
        )

    def distances(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Metres from each of points [N, 2] to the rectangle, 0 inside: [N]."""
        local = np.abs((points - np.array([self.x, self.y])) @ self.axes().T)
        outside = np.maximum(local - np.array([self.half_width, self.half_depth]), 0.0)
        return np.asarray(np.sqrt(np.sum(outside * outside, axis=1)))


def against_wall(
    side: int,
    along: float,
    width: float,
    depth: float,
    minimum: tuple[float, float],
    maximum: tuple[float, float],
    gap: float,
) -> Footprint:
    """The footprint of a piece whose back is `gap` metres from a side of the rectangle and whose centre is `along` it.

    Sides: 0 south (low y), 1 east, 2 north, 3 west. A piece's back is its local +y, so its yaw turns +y to the wall.
    """
    offset = depth / 2 + gap
    if side == 0:
        return Footprint(along, minimum[1] + offset, width / 2, depth / 2, 180.0)
    if side == 1:
        return Footprint(maximum[0] - offset, along, width / 2, depth / 2, -90.0)
    if side == 2:
        return Footprint(along, maximum[1] - offset, width / 2, depth / 2, 0.0)
    return Footprint(minimum[0] + offset, along, width / 2, depth / 2, 90.0)


def front_of(footprint: Footprint, reach: float) -> Footprint:
    """The strip of `reach` metres before a piece's front (its local -y): what must stay free to use it."""
    x, y, _ = rotation("z", footprint.yaw) @ np.array([0.0, -(footprint.half_depth + reach / 2), 0.0])
    return Footprint(footprint.x + x, footprint.y + y, footprint.half_width, reach / 2, footprint.yaw)


def facing(target: tuple[float, float], position: tuple[float, float]) -> float:
    """The yaw with which a piece at `position` faces `target`, rounded to a tenth of a degree."""
    return round(math.degrees(math.atan2(target[1] - position[1], target[0] - position[0])) + 90.0, 1)
