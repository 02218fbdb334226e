"""Which token sees which, defined once.

A token carries tags: its sample, its index in the sample, its block (an image with its delimiters, else none) and
whether that block is noised. Source: notes/bagel.md, "Forward", mask.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

NO_BLOCK = -1
NO_SAMPLE = -1


@dataclass(frozen=True)
class Tags:
    """What decides visibility, a token: integer tensors of one shape; `noised` is boolean."""

    sample: Tensor
    index: Tensor
    block: Tensor
    noised: Tensor

    def fields(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Sample, index, block, noised."""
        return self.sample, self.index, self.block, self.noised

    def take(self, rows: Tensor) -> "Tags":
        """The tags at `rows` of the flat token axis."""
        return Tags(self.sample[rows], self.index[rows], self.block[rows], self.noised[rows])

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "Tags":
        """The same on `device`."""
        return Tags(*(field.to(device, non_blocking=non_blocking) for field in self.fields()))

    def pinned(self) -> "Tags":
        """The same in page-locked memory, from where copies to a GPU do not wait."""
        return Tags(*(field.pin_memory() for field in self.fields()))


def allowed(query: Tags, key: Tags) -> Tensor:
    """True where a query may see a key; the tags' shapes broadcast against each other.

    Same sample, and (causal or same block), and (the key is not noised, unless in the query's own block).
    """
    same_block = (query.block == key.block) & (query.block != NO_BLOCK)
    seen = (key.index <= query.index) | same_block
    return (query.sample == key.sample) & (query.sample != NO_SAMPLE) & seen & (~key.noised | same_block)
