import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ipt.evaluation.layout import layout_agreement

FLOOR, WALL, SOFA, PLANT = (90, 80, 70), (210, 205, 200), (190, 40, 40), (40, 140, 60)


def room() -> NDArray[np.uint8]:
    """A wall above a floor, a sofa on the left, a plant on the right; 32 px."""
    image = np.empty((32, 32, 3), np.uint8)
    image[:16], image[16:] = WALL, FLOOR
    image[12:24, 0:12], image[4:20, 24:32] = SOFA, PLANT
    return image


def test_the_same_image_agrees_fully() -> None:
    assert layout_agreement(room(), room()) == 1.0


def test_a_flat_image_agrees_no_better_than_chance() -> None:
    assert layout_agreement(np.full_like(room(), 128), room()) == pytest.approx(0.0)


def test_blur_costs_less_than_a_mirror() -> None:
    """A blurred room has everything in its place; a mirrored one, however sharp, has not."""
    blurred = np.asarray(Image.fromarray(room()).filter(ImageFilter.GaussianBlur(3)))
    mirrored = room()[:, ::-1].copy()
    assert layout_agreement(blurred, room()) > 0.7
    assert layout_agreement(mirrored, room()) < 0.6 < layout_agreement(blurred, room())


def test_kappa_by_hand() -> None:
    """Two halves of two colours; a quarter of the generated cells is wrong: agreement 3/4, by chance 1/2, kappa 1/2."""
    truth = np.zeros((8, 8, 3), np.uint8)
    truth[:, 4:] = 255
    generated = truth.copy()
    generated[:4, :4], generated[:4, 4:] = truth[:4, :4], truth[:4, 4:]
    generated[:2, :4], generated[:2, 4:] = 255, 0
    assert layout_agreement(generated, truth) == pytest.approx(0.5)


def test_upside_down_is_worse_than_chance() -> None:
    truth = np.zeros((8, 8, 3), np.uint8)
    truth[:, 4:] = 255
    assert layout_agreement(255 - truth, truth) == pytest.approx(-1.0)


def test_a_single_colour_in_both_is_the_same_layout() -> None:
    flat = np.full((16, 16, 3), 60, np.uint8)
    assert layout_agreement(flat, flat) == 1.0
