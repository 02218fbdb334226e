"""How close is the imagined image to the true one? PSNR, SSIM (scikit-image) and layout, a question.

Both images are brought to one size first, the side of a Latent-64 image at this scale, so that Latent sizes compare:
the true image shrinks by area averaging, a smaller generated image grows by bicubic interpolation.
"""

import io
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ipt.evaluation.layout import layout_agreement

PSNR_CAP = 100.0
"""dB given to identical images, whose PSNR is infinite and would spoil every mean."""


class Quality(NamedTuple):
    """PSNR in dB (at most `PSNR_CAP`), SSIM in [-1, 1] and layout agreement (`ipt.evaluation.layout`) in [-1, 1]."""

    psnr: float
    ssim: float
    layout: float


def quality(generated: bytes, truth: bytes, size: int) -> Quality:
    """Compare two PNGs at `size` x `size` px, RGB, 8 bits a channel.

    SSIM uses the usual 7 px window, or the largest odd one that fits a smaller image (at least 3 px are needed).
    """
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity  # seconds to import

    imagined, true = _pixels(generated, size), _pixels(truth, size)
    if np.array_equal(imagined, true):
        return Quality(PSNR_CAP, 1.0, 1.0)
    window = min(7, size - 1 + size % 2)
    ssim = structural_similarity(true, imagined, win_size=window, channel_axis=2, data_range=255)
    psnr = peak_signal_noise_ratio(true, imagined, data_range=255)
    return Quality(min(PSNR_CAP, float(psnr)), float(ssim), layout_agreement(imagined, true))


def qualities(pairs: Iterable[tuple[bytes, bytes]], size: int) -> list[Quality | None]:
    """`quality` of each (generated, truth); None where one of them is absent (empty)."""
    return [quality(generated, truth, size) if generated and truth else None for generated, truth in pairs]


def _pixels(png: bytes, size: int) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(png)) as opened:
        image = opened.convert("RGB")
    if image.size != (size, size):
        smaller = image.width < size
        image = image.resize((size, size), Image.Resampling.BICUBIC if smaller else Image.Resampling.BOX)
    return np.asarray(image)
