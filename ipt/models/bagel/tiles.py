"""Rows that do not notice their company, so that an answer has the same bytes in any batch.

What a library computes for one row of a matrix depends on how many rows there are in two ways: a product of very few
rows takes another route with another order of summation, and an elementwise function treats the last few values of a
tensor one at a time, by another approximation. At inference on CPU every tensor therefore has a whole number of tiles
of rows; then each row's result is a function of that row alone. `tests/unit/models/bagel/test_bagel_exact.py` holds
this to the byte, and `rows_are_independent` checks it on the machine at hand.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

TILE = 32
"""Rows of a tile: a multiple of two vectors of any CPU, and more than any library treats as few."""

PROBED = (1, 7, 33, 200)
"""Numbers of rows that `rows_are_independent` tries."""


def whole(rows: int) -> int:
    """`rows`, rounded up to whole tiles."""
    return -(-rows // TILE) * TILE


def padded(x: Tensor) -> Tensor:
    """[rows, ...] with zeros after the last row up to a whole tile; x itself on a GPU, where nothing is promised."""
    more = 0 if x.is_cuda else whole(len(x)) - len(x)
    return F.pad(x, (0, 0) * (x.ndim - 1) + (0, more)) if more else x


def in_tiles(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """`function(x)`, row by row the same whatever the number of rows. Only at inference: training needs no such care.

    Args:
        function: of [rows, ...], treating each row by itself.
        x: [rows, ...].
    """
    if not torch.is_inference_mode_enabled():
        return function(x)
    return function(padded(x))[: len(x)]


@torch.inference_mode()
def rows_are_independent(width: int, columns: int) -> bool:
    """Whether products of this machine give a row the same bytes in any company (see the module).

    Args:
        width: summed over.
        columns: of the result.
    """
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2 * max(PROBED), width, generator=generator)
    weight = torch.randn(columns, width, generator=generator)
    everything = in_tiles(lambda rows: F.silu(F.linear(rows, weight)), x)
    return all(
        torch.equal(in_tiles(lambda rows: F.silu(F.linear(rows, weight)), x[first : first + count]), part)
        for count in PROBED
        for first in (0, 5)
        for part in (everything[first : first + count],)
    )
