"""Does the imagined image have the same things in the same places? One number, whatever the sharpness.

The true image's few dominant colours (median cut) stand for what is in it: floor, wall, furniture. Both images are
averaged over an 8 x 8 grid; each cell is given the nearest of these colours. Cohen's kappa says how well the two maps
of colours agree: 1 the same layout, 0 no better than chance, as for a flat image. Blur costs little, a mirrored or
another scene much, which PSNR does not tell apart.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

GRID = 8
COLOURS = 5


def layout_agreement(generated: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Cohen's kappa in [-1, 1] of two images [H, W, 3] of the same size."""
    palette = _dominant_colours(truth)
    ours, theirs = _nearest(_cells(generated), palette), _nearest(_cells(truth), palette)
    observed = float(np.mean(ours == theirs))
    shares = [np.bincount(labels, minlength=len(palette)) / labels.size for labels in (ours, theirs)]
    expected = float(shares[0] @ shares[1])
    if expected == 1.0:
        return 1.0  # one colour everywhere, in both
    return (observed - expected) / (1.0 - expected)


def _dominant_colours(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """At most `COLOURS` colours [C, 3]."""
    reduced = Image.fromarray(image).quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    palette: NDArray[np.float64] = np.array(reduced.getpalette(), np.float64).reshape(-1, 3)
    return np.asarray(palette[np.unique(np.asarray(reduced))], np.float64)


def _cells(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean colours of the grid [GRID * GRID, 3]."""
    side = min(GRID, *image.shape[:2])
    small = Image.fromarray(image).resize((side, side), Image.Resampling.BOX)
    return np.asarray(small, np.float64).reshape(-1, 3)


def _nearest(cells: NDArray[np.float64], palette: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of the palette's nearest colour for each cell."""
    return np.asarray(((cells[:, None] - palette[None]) ** 2).sum(axis=-1).argmin(axis=1))
