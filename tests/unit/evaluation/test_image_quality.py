import io

import numpy as np
import pytest
from PIL import Image

from ipt.evaluation.image_quality import PSNR_CAP, qualities, quality
from tests.unit.evaluation.evaluation_samples import noise_png


def encode(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


FLAT = np.full((32, 32, 3), 100)


def test_psnr_by_its_definition() -> None:
    # Every channel off by 16: mean squared error 256, PSNR = 10 log10(255^2 / 256).
    assert quality(encode(FLAT + 16), encode(FLAT), 32).psnr == pytest.approx(10 * np.log10(255**2 / 256))


def test_ssim_of_two_flat_images_is_its_luminance_term() -> None:
    a, b, c1 = 100.0, 140.0, (0.01 * 255) ** 2
    assert quality(encode(FLAT + 40), encode(FLAT), 32).ssim == pytest.approx((2 * a * b + c1) / (a * a + b * b + c1))


def test_identical_images_have_the_best_of_both() -> None:
    assert quality(noise_png(1), noise_png(1), 32) == (PSNR_CAP, 1.0, 1.0)


def test_more_noise_is_worse() -> None:
    rng = np.random.default_rng(0)
    truth = np.kron(rng.integers(60, 180, (8, 8, 3)), np.ones((4, 4, 1)))
    found = [quality(encode(truth + rng.normal(0, sigma, truth.shape)), encode(truth), 32) for sigma in (5, 15, 40)]
    assert found == sorted(found, reverse=True)
    assert [one.ssim for one in found] == sorted((one.ssim for one in found), reverse=True)


def test_sizes_are_brought_together() -> None:
    # A 2x2 checker of 16 px fields survives both area averaging (64 -> 32) and being compared at 32 px.
    checker = np.kron(np.array([[0, 255], [255, 0]])[..., None] * np.ones(3), np.ones((32, 32, 1)))
    assert quality(encode(checker), encode(checker[::2, ::2]), 32) == (PSNR_CAP, 1.0, 1.0)
    grown = quality(encode(checker[::8, ::8]), encode(checker), 32)  # 8 px grown to 32: right, with soft edges
    wrong = quality(encode(checker[::-8, ::8]), encode(checker), 32)
    assert wrong.ssim < 0 < 0.7 < grown.ssim < 1


def test_images_smaller_than_the_window() -> None:
    assert quality(noise_png(1, 4), noise_png(2, 4), 4).psnr < PSNR_CAP


def test_absent_images_have_no_quality() -> None:
    assert qualities([(b"", noise_png(1)), (noise_png(1), b"")], 32) == [None, None]
