"""A camera as the kernels want it."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.interface import Camera

NEAR = 0.02
"""Metres: nothing closer than this is drawn."""


class View(NamedTuple):
    """Where one looks from, and how wide."""

    origin: NDArray[np.float64]
    """[3]"""
    basis: NDArray[np.float64]
    """[3, 3] rows right, up, forward"""
    half: float
    """half width of the view: tangent of the half angle, or metres"""
    orthographic: bool


def view_of(camera: Camera) -> View:
    """`camera` for the kernels. The basis is rounded to 1e-9, because sines differ in the last bit between machines."""
    orthographic = camera.projection == "orthographic"
    half = camera.extent / 2 if orthographic else math.tan(math.radians(camera.extent) / 2)
    return View(np.array(camera.position, np.float64), np.round(camera.basis(), 9), round(half, 9), orthographic)
