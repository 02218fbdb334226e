"""Paths on a real room's picture from above, and the filters that they pass (paper 2.2, real benchmark).

Everything is in pixels of the picture: x right, y down, the first pixel from 0 to 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipt.config import RealPtConfig
from ipt.tasks.interface import Yields
from ipt.tasks.sideviews import Side

Point = NDArray[np.float64]
LUMINANCE = np.array([0.299, 0.587, 0.114])
STEP = 0.5
"""Pixels between the places along a path at which darkness is looked at."""


@dataclass(frozen=True)
class Proposal:
    """What an annotator says of one picture: the waypoints 1, M1 and 2, and what stands on each side of the walk."""

    first: Point
    middle: Point
    second: Point
    objects: dict[Side, tuple[str, ...]]


def filtered(rgb: NDArray[np.uint8], proposal: Proposal, settings: RealPtConfig, yields: Yields) -> Proposal | None:
    """The proposal with its points inside the picture and M1 on the path, or None where a filter removes it (counted).

    Args:
        rgb: the picture, [H, W, 3].
        proposal: as annotated.
        settings: the filters.
        yields: where removals are counted.
    """
    height, width = rgb.shape[:2]
    yields.add("path")
    first, second = (clamped(point, width, height) for point in (proposal.first, proposal.second))
    length = float(np.linalg.norm(second - first))
    if not yields.passes(length >= settings.path_share_min * min(width, height), "path.short"):
        return None
    middle, share = snapped(clamped(proposal.middle, width, height), first, second)
    low, high = settings.middle_range
    if not yields.passes(low <= share <= high, "path.middle_off"):
        return None
    dark = dark_share(rgb, first, second, settings.dark_level)
    if not yields.passes(dark <= settings.dark_share_max, "path.dark"):
        return None
    fewest, most = settings.objects_per_side
    both = set(proposal.objects["left"]) & set(proposal.objects["right"])  # on no side for sure: they answer nothing
    objects = {side: tuple(name for name in found if name not in both) for side, found in proposal.objects.items()}
    if not yields.passes(all(len(found) >= fewest for found in objects.values()), "side.few_objects"):
        return None
    return Proposal(first, middle, second, {side: found[:most] for side, found in objects.items()})


def clamped(point: Point, width: int, height: int) -> Point:
    """The nearest place inside the picture."""
    return np.clip(point, 0.0, [width - 1.0, height - 1.0])


def snapped(point: Point, first: Point, second: Point) -> tuple[Point, float]:
    """The nearest place on the line through `first` and `second`, and where on it: 0 at `first`, 1 at `second`."""
    along = second - first
    share = float((point - first) @ along / max(float(along @ along), 1e-12))
    return first + share * along, share


def dark_share(rgb: NDArray[np.uint8], first: Point, second: Point, level: float) -> float:
    """Share of the places along the path whose luminance is below `level` (of white)."""
    steps = max(2, int(np.linalg.norm(second - first) / STEP) + 1)
    places = first + np.linspace(0, 1, steps)[:, None] * (second - first)
    columns, rows = np.floor(places).astype(int).T
    height, width = rgb.shape[:2]
    pixels = rgb[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    return float((pixels @ LUMINANCE < level * 255).mean())
