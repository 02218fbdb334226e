"""Many samples in one sequence: indices, positions, visibility tags, flow times, noise and labels.

Pure numpy, so that it runs in a loader's worker; every random number is drawn here from the caller's generator, so a
batch is a value. Source: notes/bagel.md, "Forward".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ipt.config import ModelConfig
from ipt.models.bagel.images import grid_positions
from ipt.models.bagel.items import Item, Sample, TextItem, VaeItem, VitItem, drop
from ipt.models.bagel.tags import NO_BLOCK, Tags


class Delimited(Protocol):
    """What packing needs of a tokenizer (`ipt.datasets.tokenizer.Tokenizer`)."""

    im_start: int
    im_end: int
    vision_start: int
    vision_end: int


@dataclass(frozen=True)
class SpecialIds:
    """Token ids of the delimiters: im_start, im_end, vision_start, vision_end (151644, 151645, 151652, 151653 in
    BAGEL).
    """

    text_start: int
    text_end: int
    image_start: int
    image_end: int

    @classmethod
    def of(cls, tokenizer: Delimited) -> "SpecialIds":
        """The delimiters of a tokenizer."""
        return cls(tokenizer.im_start, tokenizer.im_end, tokenizer.vision_start, tokenizer.vision_end)


@dataclass(frozen=True)
class PackedBatch:
    """A pack of T text (and delimiter), V vision-transformer and L latent tokens, N = T + V + L in all.

    Compute order is text, vision, latent (so that each expert's tokens are one slice); `*_index` say where a token
    stands in the pack. `positions` and `tags` are in packed order; `order` maps compute order to packed order.
    """

    sample_ids: list[str]
    lengths: list[int]
    """Tokens of each sample."""
    splits: list[tuple[int, str]]
    """Length and mode (`causal`, `full`, `noise`) of each item, as the official packing lists them."""
    text_ids: Tensor
    text_index: Tensor
    vit_patches: Tensor
    """[V, pixels], bytes or floats in -1..1."""
    vit_positions: Tensor
    vit_index: Tensor
    vit_lengths: list[int]
    vit_image: Tensor
    """[V]: which image a patch belongs to, and its number in it (`vit_place`)."""
    vit_place: Tensor
    latents: Tensor
    """[L, channels], clean."""
    noise: Tensor
    """[L, channels]; zero where the image is clean."""
    latent_positions: Tensor
    latent_index: Tensor
    latent_lengths: list[int]
    latent_image: Tensor
    """[L]: which latent image a token belongs to: whose flow time is its own."""
    times: Tensor
    """[latent images], flow time t; 0 where the image is clean."""
    positions: Tensor
    tags: Tags
    ce_index: Tensor
    """Where in the pack the cross-entropy tokens are; `ce_labels` what follows; `ce_weights` 1 / sqrt(labels of its
    text).
    """
    ce_labels: Tensor
    ce_weights: Tensor
    mse_rows: Tensor
    """Which of the L latent tokens carry the flow-matching loss."""
    ends: list["Start"]
    """Where each sample goes on after this pack."""

    @property
    def order(self) -> Tensor:
        """[N]: the packed place of each token in compute order."""
        return torch.cat([self.text_index, self.vit_index, self.latent_index])

    @property
    def base_tokens(self) -> int:
        """How many tokens use the base expert."""
        return len(self.text_index) + len(self.vit_index)

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "PackedBatch":
        """The same on `device`."""
        return self._each(lambda value: value.to(device, non_blocking=non_blocking))

    def pinned(self) -> "PackedBatch":
        """The same in page-locked memory, from where copies to a GPU do not wait."""
        return self._each(lambda value: value.pinned() if isinstance(value, Tags) else value.pin_memory())

    def _each(self, change: Callable[[Any], Any]) -> "PackedBatch":
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        moved = {name: change(value) for name, value in values.items() if isinstance(value, Tensor | Tags)}
        return replace(self, **moved)


@dataclass(frozen=True)
class Start:
    """Where a sample goes on: how many tokens it has already, and its next rotary position."""

    tokens: int = 0
    position: int = 0


class _Builder:
    """The lists of one pack while it grows."""

    def __init__(self, special: SpecialIds, model: ModelConfig, time_shift: float) -> None:
        self.special, self.model, self.time_shift = special, model, time_shift
        self.place = 0
        self.blocks = 0
        self.splits: list[tuple[int, str]] = []
        self.text_ids: list[int] = []
        self.text_index: list[int] = []
        self.ce_index: list[int] = []
        self.ce_labels: list[int] = []
        self.ce_weights: list[float] = []
        self.arrays: dict[str, list[NDArray[Any]]] = {}
        self.lengths: dict[str, list[int]] = {"vit": [], "latent": []}
        self.times: list[float] = []

    def add(self, name: str, *values: NDArray[Any]) -> None:
        self.arrays.setdefault(name, []).extend(values)

    def sample(self, number: int, items: Sequence[Item], start: Start, rng: np.random.Generator) -> Start:
        """Append one sample, its random numbers drawn from `rng`; returns where it goes on."""
        first, position = self.place, start.position
        for item in items:
            if item.dropped:
                position += 0 if isinstance(item, TextItem) else 1
                continue
            noised = isinstance(item, VaeItem) and item.noised
            if isinstance(item, TextItem):
                self._text(item)
                self.add("position", np.arange(position, position + item.tokens))
                self.add("block", np.full(item.tokens, NO_BLOCK))
                position += item.tokens
                self.splits.append((item.tokens, "causal"))
            else:
                self._image(item, rng)
                self.add("position", np.full(item.tokens, position))
                self.add("block", np.full(item.tokens, self.blocks))
                self.blocks += 1
                position += 0 if noised else 1
                self.splits.append((item.tokens, "noise" if noised else "full"))
            self.add("noised", np.full(item.tokens, noised))
            self.place += item.tokens
        length = self.place - first
        self.add("sample", np.full(length, number))
        self.add("index", np.arange(start.tokens, start.tokens + length))
        return Start(start.tokens + length, position)

    def _text(self, item: TextItem) -> None:
        here, ids = self.place, item.ids
        self.text_ids += [self.special.text_start, *ids, self.special.text_end]
        self.text_index += range(here, here + item.tokens)
        if item.loss:
            count = len(ids) + 1
            self.ce_index += range(here, here + count)
            self.ce_labels += [*ids, self.special.text_end]
            self.ce_weights += [count**-0.5] * count
        if item.end_label is not None:
            self.ce_index.append(here + item.tokens - 1)
            self.ce_labels.append(item.end_label)
            self.ce_weights.append(1.0)

    def _image(self, item: VitItem | VaeItem, rng: np.random.Generator) -> None:
        inner = item.tokens - 2
        self.text_ids += [self.special.image_start, self.special.image_end]
        self.text_index += [self.place, self.place + inner + 1]
        index = np.arange(self.place + 1, self.place + 1 + inner)
        if isinstance(item, VitItem):
            self.add("vit_patches", item.patches)
            self.add("vit_positions", grid_positions(item.rows, item.columns, self.model.vit.positions_per_side))
            self.add("vit_index", index)
            self.add("vit_image", np.full(inner, len(self.lengths["vit"])))
            self.add("vit_place", np.arange(inner))
            self.lengths["vit"].append(inner)
            return
        image = item.image
        side = self.model.latent_positions_per_side
        self.add("latent_positions", grid_positions(image.rows, image.columns, side))
        self.add("latent_index", index)
        self.add("latent_image", np.full(inner, len(self.lengths["latent"])))
        self.lengths["latent"].append(inner)
        draw = rng.standard_normal(image.mean.shape, dtype=np.float32)
        self.add("latents", image.mean + image.deviation * draw)
        if item.noised:
            self.times.append(flow_time(float(rng.standard_normal()), self.time_shift))
            self.add("noise", rng.standard_normal(image.mean.shape, dtype=np.float32))
        else:
            self.times.append(0.0)
            self.add("noise", np.zeros_like(image.mean))
        self.add("mse", np.full(inner, item.noised))


def flow_time(normal: float, shift: float) -> float:
    """Flow time of a standard normal draw: u = sigmoid(normal), t = shift * u / (1 + (shift - 1) * u)."""
    uniform = 1.0 / (1.0 + float(np.exp(-normal)))
    return shift * uniform / (1.0 + (shift - 1.0) * uniform)


def pack(
    samples: Sequence[Sample],
    special: SpecialIds,
    model: ModelConfig,
    rng: np.random.Generator | Sequence[np.random.Generator],
    *,
    text_dropout: float = 0.0,
    image_dropout: float = 0.0,
    time_shift: float = 1.0,
    starts: Sequence[Start] | None = None,
) -> PackedBatch:
    """Pack samples into one sequence.

    Args:
        samples: prepared samples, in order.
        special: delimiter ids.
        model: sizes of the position tables and of patches.
        rng: dropout, posterior samples, flow times and noise are drawn from it, in the order of the items. One for
            each sample makes what a sample draws independent of the pack it is in.
        text_dropout: rate for droppable text (instructions).
        image_dropout: rate for droppable images (context copies of the imagined image).
        time_shift: of the flow-time schedule in training (1 in the paper).
        starts: for each sample, where it goes on (inference); the beginning when None.

    Raises:
        UserError: an image is larger than its position table.
    """
    generators = [rng] * len(samples) if isinstance(rng, np.random.Generator) else rng
    builder = _Builder(special, model, time_shift)
    begin = list(starts) if starts else [Start()] * len(samples)
    ends = []
    for number, (sample, one) in enumerate(zip(samples, generators, strict=True)):
        items = drop(sample.items, one, text_dropout, image_dropout)
        ends.append(builder.sample(number, items, begin[number], one))
    latent_channels = model.latent_patch**2 * model.vae.latent_channels
    pixels = model.vit.patch_size**2 * 3

    def ints(name: str) -> Tensor:
        parts = builder.arrays.get(name)
        return torch.from_numpy(np.concatenate(parts)) if parts else torch.zeros(0, dtype=torch.int64)

    def rows(name: str, width: int, dtype: torch.dtype) -> Tensor:
        parts = builder.arrays.get(name)
        return torch.from_numpy(np.concatenate(parts)) if parts else torch.zeros(0, width, dtype=dtype)

    noised = ints("noised").bool()
    return PackedBatch(
        sample_ids=[sample.sample_id for sample in samples],
        lengths=[end.tokens - first.tokens for end, first in zip(ends, begin, strict=True)],
        splits=builder.splits,
        text_ids=torch.tensor(builder.text_ids, dtype=torch.int64),
        text_index=torch.tensor(builder.text_index, dtype=torch.int64),
        vit_patches=rows("vit_patches", pixels, torch.uint8),
        vit_positions=ints("vit_positions"),
        vit_index=ints("vit_index"),
        vit_lengths=builder.lengths["vit"],
        vit_image=ints("vit_image"),
        vit_place=ints("vit_place"),
        latents=rows("latents", latent_channels, torch.float32),
        noise=rows("noise", latent_channels, torch.float32),
        latent_positions=ints("latent_positions"),
        latent_index=ints("latent_index"),
        latent_lengths=builder.lengths["latent"],
        latent_image=ints("latent_image"),
        times=torch.tensor(builder.times, dtype=torch.float32),
        positions=ints("position"),
        tags=Tags(sample=ints("sample"), index=ints("index"), block=ints("block"), noised=noised),
        ce_index=torch.tensor(builder.ce_index, dtype=torch.int64),
        ce_labels=torch.tensor(builder.ce_labels, dtype=torch.int64),
        ce_weights=torch.tensor(builder.ce_weights, dtype=torch.float32),
        mse_rows=ints("mse").nonzero().flatten(),
        ends=ends,
    )
