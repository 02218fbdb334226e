"""What the model imagines while it trains, beside what it should: one picture grid, to be looked at.

The image is made by the training forward pass itself (flow steps without guidance, the context of the training row), so
it works on shards and needs no cache; it is a check for the eye, not an evaluation.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ipt.models.bagel.images import to_pixels
from ipt.models.bagel.items import Sample, VaeItem
from ipt.models.bagel.losses import TokenLosses
from ipt.models.bagel.packing import PackedBatch
from ipt.models.bagel.vae import Vae, from_tokens

FLOW_STEPS = 10
_GAP = 2


def samples_to_imagine(samples: Sequence[Sample], count: int) -> list[Sample]:
    """The first `count` samples that hold an imagined image."""
    found = [sample for sample in samples if any(isinstance(item, VaeItem) and item.noised for item in sample.items)]
    return found[:count]


@torch.no_grad()
def imagined_grid(
    forward: Callable[[PackedBatch], TokenLosses],
    packed: PackedBatch,
    samples: Sequence[Sample],
    vae: Vae,
    patch: int,
) -> NDArray[np.uint8]:
    """A row a sample, [height, width, 3]: the input image, the true imagination, the model's.

    Args:
        forward: the model.
        packed: `samples` packed, each with one noised image; its noise is where the flow starts.
        samples: what is shown.
        vae: to see latents.
        patch: latent pixels a side of a token.
    """
    rows = packed.mse_rows
    state = packed.noise[rows]
    noisy = torch.zeros(len(packed.latent_lengths), dtype=torch.bool)
    noisy[packed.latent_image[rows]] = True
    edges = torch.linspace(1.0, 0.0, FLOW_STEPS + 1)
    for now, then in pairwise(edges):
        # With the same values as clean latent and as noise, what the model sees is the state whatever the time.
        latents, noise = packed.latents.clone(), packed.noise.clone()
        latents[rows], noise[rows] = state, state
        times = torch.where(noisy, now, packed.times)
        velocity = forward(replace(packed, latents=latents, noise=noise, times=times)).velocity
        assert velocity is not None
        state = state - velocity.cpu() * (now - then)
    lines, start = [], 0
    for sample in samples:
        images = [item for item in sample.items if isinstance(item, VaeItem)]
        target = next(item.image for item in images if item.noised)
        given = next((item.image for item in images if not item.noised), target)
        tokens = target.rows * target.columns
        shown = [(torch.tensor(given.mean), given), (torch.tensor(target.mean), target)]
        shown.append((state[start : start + tokens], target))
        start += tokens
        lines.append([_decoded(vae, latent, image.rows, image.columns, patch) for latent, image in shown])
    return _grid(lines)


def _decoded(vae: Vae, tokens: Tensor, rows: int, columns: int, patch: int) -> NDArray[np.uint8]:
    latent = from_tokens(tokens.to(vae.device, torch.float32), rows, columns, patch)
    return to_pixels(vae.decode(latent[None])[0])


def _grid(lines: Sequence[Sequence[NDArray[np.uint8]]]) -> NDArray[np.uint8]:
    """Pictures in rows and columns on white, a gap around each."""
    height = max(image.shape[0] for line in lines for image in line) + _GAP
    width = max(image.shape[1] for line in lines for image in line) + _GAP
    grid = np.full((len(lines) * height + _GAP, len(lines[0]) * width + _GAP, 3), 255, np.uint8)
    for row, line in enumerate(lines):
        for column, image in enumerate(line):
            top, left = _GAP + row * height, _GAP + column * width
            grid[top : top + image.shape[0], left : left + image.shape[1]] = image
    return grid
