"""A sample as the decoder will hold it: items with token ids, patches and latent distributions, before packing.

An item is what one split of the official packing is: a text with its im_start and im_end, one image for the vision
transformer, or one image for the VAE, each with its delimiters. Items are prepared once a row and packed at every step.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TextItem:
    """im_start + ids + im_end. With `loss`, the labels are ids + im_end at the first n + 1 positions.

    `end_label`: a label at im_end itself (e.g. vision_start), with loss; None without.
    """

    ids: tuple[int, ...]
    loss: bool = False
    droppable: bool = False
    dropped: bool = False
    end_label: int | None = None

    @property
    def tokens(self) -> int:
        """Tokens in the pack, delimiters included."""
        return len(self.ids) + 2


@dataclass(frozen=True)
class VitItem:
    """vision_start + patches + vision_end. `patches` is [rows * columns, pixels], bytes or floats in -1..1."""

    patches: NDArray[np.uint8] | Floats
    rows: int
    columns: int
    droppable: bool = False
    dropped: bool = False

    @property
    def tokens(self) -> int:
        """Tokens in the pack, delimiters included."""
        return self.rows * self.columns + 2


@dataclass(frozen=True)
class LatentImage:
    """The VAE posterior of one image as latent tokens, scaled and shifted: mean and standard deviation [tokens,
    channels].

    The official code draws a fresh sample at every encode, so the distribution is what is worth keeping.
    """

    mean: Floats
    deviation: Floats
    rows: int
    columns: int
    pixels: NDArray[np.uint8] | None = None
    """[height, width, 3] of the image itself, where packs encode it again (regime `faithful`, in training)."""


@dataclass(frozen=True)
class VaeItem:
    """vision_start + latent tokens + vision_end; `noised` carries the flow-matching loss and is hidden from later
    items.
    """

    image: LatentImage
    noised: bool = False
    droppable: bool = False
    dropped: bool = False

    @property
    def tokens(self) -> int:
        """Tokens in the pack, delimiters included."""
        return self.image.rows * self.image.columns + 2


Item = TextItem | VitItem | VaeItem


@dataclass(frozen=True)
class Sample:
    """One sample: its id and its items in order."""

    sample_id: str
    items: tuple[Item, ...]

    @property
    def tokens(self) -> int:
        """Tokens with nothing dropped."""
        return sum(item.tokens for item in self.items)


def drop(items: tuple[Item, ...], rng: np.random.Generator, text: float, image: float) -> tuple[Item, ...]:
    """Mark droppable items as dropped with the rate of their kind: instruction text, context copies of the imagined
    image.
    """
    marked: list[Item] = []
    for item in items:
        rate = text if isinstance(item, TextItem) else image
        marked.append(replace(item, dropped=True) if item.droppable and rng.random() < rate else item)
    return tuple(marked)
