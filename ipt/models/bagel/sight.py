"""What the vision transformer sees of each image, encoded once however many rows and modes show it."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ipt.models.bagel.images import grid_positions, unit_range
from ipt.models.bagel.items import VitItem
from ipt.models.bagel.model import Bagel
from ipt.models.bagel.tiles import in_tiles, padded

PATCHES_AT_ONCE = 8192
"""Images are encoded together up to about this many patches."""


class Sight:
    """Encoded images of one batch of questions, by item.

    Images of one size are encoded together and never padded to another's size.
    """

    def __init__(self, model: Bagel) -> None:
        self.model = model
        self._seen: dict[int, tuple[VitItem, Tensor]] = {}

    @torch.inference_mode()
    def __call__(self, items: Sequence[VitItem]) -> Tensor:
        """[patches of all items, width], in order."""
        new = {id(item): item for item in items if id(item) not in self._seen}
        sizes: dict[tuple[int, int], list[VitItem]] = {}
        for item in new.values():
            sizes.setdefault((item.rows, item.columns), []).append(item)
        for (rows, columns), group in sizes.items():
            count = max(1, PATCHES_AT_ONCE // (rows * columns))
            for first in range(0, len(group), count):
                part = group[first : first + count]
                self._seen |= {
                    id(item): (item, seen) for item, seen in zip(part, self._encode(part, rows, columns), strict=True)
                }
        if not items:
            return self.model.llm2vae.weight.new_zeros(0, self.model.config.llm.hidden_size)
        return torch.cat([self._seen[id(item)][1] for item in items])

    def _encode(self, items: Sequence[VitItem], rows: int, columns: int) -> Tensor:
        """[images, patches, width] of images of one size."""
        model = self.model
        patches = torch.from_numpy(np.concatenate([item.patches for item in items])).to(model.device)
        grid = torch.from_numpy(grid_positions(rows, columns, model.config.vit.positions_per_side)).to(model.device)
        positions = grid.repeat(len(items))
        pixels = unit_range(patches).to(model.llm2vae.weight.dtype)
        attention = _WithinImages(len(items), rows * columns)
        hidden = model.vit_model(padded(pixels), padded(positions), attention)[: len(positions)]
        seen: Tensor = in_tiles(model.connector, hidden) + model.vit_pos_embed(positions)
        return seen.view(len(items), rows * columns, -1)


class _WithinImages:
    """Full attention within each of `images` images of `patches` patches, which fill the first rows."""

    def __init__(self, images: int, patches: int) -> None:
        self.images, self.patches = images, patches

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """[rows, heads, channels] of each to [rows, heads * channels]."""
        rows = self.images * self.patches
        q, k, v = (
            one[:rows].view(self.images, self.patches, *one.shape[1:]).transpose(1, 2) for one in (query, key, value)
        )
        out = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(rows, -1)
        return F.pad(out, (0, 0, 0, len(query) - rows))
