"""Two numerical regimes (`model.regime`): `sound`, and `faithful` to the official code where its results depend on it.

The official code trains and evaluates under different conditions (notes/bagel.md, "Where upstream is weak"). `sound`
has none of that; `faithful` repeats it, to find out how much of a published number it explains:

1. In training, rotary frequencies, flow times and latents are rounded to bf16 (its FSDP casts buffers and inputs), at
   inference they are fp32.
2. In training, the images of a sample are zero-padded to the largest before the VAE encodes them.
3. At Latent-N the input images of evaluation shrink with the imagined one, though training shows them in full.
4. In training, the vision transformer sees the imagined image at the input's size, not at its Latent size.

What is not repeated in any regime: running past the last step, NaN without image tokens, non-strict loading.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ipt.config import ModelConfig


def bf16(x: Tensor) -> Tensor:
    """x in fp32, rounded to what bf16 can hold."""
    return x.to(torch.bfloat16).to(torch.float32)


def padded_to(pixels: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """[h, w, 3] in -1..1 with zeros (grey) below and to the right, as the official loader pads a pack."""
    canvas = np.zeros((height, width, 3), dtype=np.float32)
    canvas[: pixels.shape[0], : pixels.shape[1]] = pixels
    return canvas


def context_size(model: ModelConfig, size: int, training: bool) -> int:
    """Side in px at which the vision transformer sees the imagined image (4 above); `size` is its Latent size."""
    return max(size, model.input_size) if model.regime == "faithful" and training else size
