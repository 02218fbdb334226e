"""How attention over packed tokens is computed.

`tags.allowed` is the only definition of the mask; every backend derives its mask from it:

- `flex`: blocks of 128 x 128 that are hidden are skipped (the default on CUDA);
- `padded`: tokens are gathered into [samples, longest] for attention only (the default on CPU). For many short samples
  it computes a sample-count-th of the dense matrix.
- `dense`: one matrix over the whole pack, for comparison;

Source: notes/bagel.md, "Forward", mask.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from ipt.models.bagel.kernels import PaddedLayout, chunks_of, padded_attention
from ipt.models.bagel.tags import NO_BLOCK, NO_SAMPLE, Tags, allowed

if TYPE_CHECKING:
    from torch.nn.attention.flex_attention import BlockMask

__all__ = ["NO_BLOCK", "NO_SAMPLE", "Backend", "PackedAttention", "Tags", "allowed", "attend", "attend_fused"]

Backend = Literal["dense", "padded", "flex"]
HIDDEN = -1e9
"""Added to the score of a pair that may not see each other: finite, so that a row of padding gives no NaN."""
FEWEST_ROWS = 16
"""Rows of a product (queries times heads a key head) under which libraries sum in another order."""
KEYS_AT_ONCE = 64
"""Keys of every product with values: some libraries sum 192 of them in another order than 256."""
FEW_QUERIES = 64
"""Up to so many queries the heads of a group are asked as one."""
QUERIES_AT_ONCE = 512
"""Bounds the memory of scores on CPU."""


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
    """Grouped-query attention over keys as a cache holds them (no backward of its own).

    A query's result is the same to the byte however many other queries, rows and hidden keys there are, where the
    queries are at least `FEWEST_ROWS` a key head and the keys a multiple of 64 (see `tiles`): a sum over keys is
    taken in blocks of fixed length, and what a hidden key adds to it is exactly zero.

    Args:
        query: [batch, queries, heads, channels].
        key, value: [batch, key heads, keys, channels] (views will do); heads are grouped, never repeated in memory.
        bias: [batch, queries, keys], 0 or `HIDDEN`; None where all see all.

    Returns:
        [batch, queries, heads * channels].
    """
    if query.shape[1] <= QUERIES_AT_ONCE:
        return _attend(query, key, value, bias)
    parts = range(0, query.shape[1], QUERIES_AT_ONCE)
    return torch.cat(
        [
            _attend(
                query[:, first : first + QUERIES_AT_ONCE],
                key,
                value,
                None if bias is None else bias[:, first : first + QUERIES_AT_ONCE],
            )
            for first in parts
        ],
        dim=1,
    )


def _attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
    batch, queries, heads, channels = query.shape
    groups, keys = key.shape[1:3]
    share = heads // groups
    q = (query * (1.0 / math.sqrt(channels))).view(batch, queries, groups, share, channels)
    q = q.permute(0, 2, 3, 1, 4).reshape(batch * groups, share * queries, channels)
    k = key.reshape(batch * groups, keys, channels).transpose(1, 2)
    v = value.reshape(batch * groups, keys, channels)
    scores = torch.bmm(q, k).view(batch, groups, share, queries, keys)
    if bias is not None:
        scores = scores.add_(bias[:, None, None])
    weights = scores.softmax(dim=-1, dtype=torch.float32).to(v.dtype).view(batch * groups, share * queries, keys)
    out = torch.bmm(weights[:, :, :KEYS_AT_ONCE], v[:, :KEYS_AT_ONCE])
    for first in range(KEYS_AT_ONCE, keys, KEYS_AT_ONCE):
        out += torch.bmm(weights[:, :, first : first + KEYS_AT_ONCE], v[:, first : first + KEYS_AT_ONCE])
    return out.view(batch, groups, share, queries, channels).permute(0, 3, 1, 2, 4).reshape(batch, queries, -1)


def attend_fused(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
    """The same through PyTorch's fused kernel: for long rows, where the score matrix should not be kept.

    On CUDA its kernels take a mask or grouped heads, not both (it would write out all scores). So the heads of a group
    stand as further queries where queries are few (a token at a time: the cache is not copied), else keys are repeated.
    """
    batch, queries, heads, channels = query.shape
    groups = key.shape[1]
    share = heads // groups
    mask = None if bias is None else bias[:, None].to(query.dtype)
    if share == 1 or mask is None:
        out = F.scaled_dot_product_attention(query.transpose(1, 2), key, value, attn_mask=mask, enable_gqa=share > 1)
    elif queries <= FEW_QUERIES:
        together = query.reshape(batch, queries, groups, share, channels).permute(0, 2, 3, 1, 4)
        seen = mask.repeat(1, 1, share, 1)
        out = F.scaled_dot_product_attention(together.flatten(2, 3), key, value, attn_mask=seen)
        out = out.view(batch, groups, share, queries, channels).flatten(1, 2)
    else:
        key, value = (one.repeat_interleave(share, dim=1) for one in (key, value))
        out = F.scaled_dot_product_attention(query.transpose(1, 2), key, value, attn_mask=mask)
    return out.transpose(1, 2).flatten(2)


class PackedAttention:
    """Attention among the tokens of one pack, for every layer; called as (layer, query, key, value).

    Args:
        tags: of the tokens, in the order in which the layers hold them (any order).
        lengths: tokens of each sample (or image, in the vision transformer), which fill `index` 0..length-1.
        backend: as the module says; the default of the device when None.
        queries: rows of the tokens that ask; all of them when None (the last layer asks only where a loss is).
    """

    def __init__(
        self, tags: Tags, lengths: list[int], backend: Backend | None = None, queries: Tensor | None = None
    ) -> None:
        asking = tags if queries is None else tags.take(queries)
        self.layout: PaddedLayout | None = None
        self.blocks: BlockMask | None = None
        if backend == "flex" or (backend is None and tags.sample.is_cuda):
            from ipt.models.bagel.flex import block_mask  # a quarter of a second to import, of no use on CPU

            self.blocks = block_mask(asking, tags)
            return
        if backend == "dense":
            self.bias = _bias(_map(asking, lambda field: field[None]), _map(tags, lambda field: field[None]))
            return
        batch, longest = len(lengths), max(lengths)
        key_back = tags.sample * longest + tags.index
        key_there, key_tags = _spread(tags, key_back, batch, longest)
        if queries is None:
            query_back, query_there, query_tags = key_back, key_there, key_tags
        else:
            # Rank of each asking token among those of its sample: tokens of one sample keep their order.
            order = torch.argsort(asking.sample, stable=True)
            counts = torch.bincount(asking.sample, minlength=batch)
            firsts = torch.cumsum(counts, 0) - counts
            rank = torch.empty_like(order)
            rank[order] = torch.arange(len(order), device=order.device) - firsts[asking.sample[order]]
            query_longest = int(counts.max())
            query_back = asking.sample * query_longest + rank
            query_there, query_tags = _spread(asking, query_back, batch, query_longest)
        padding = query_tags.sample == NO_SAMPLE
        bias = _bias(query_tags, key_tags)
        self.layout = PaddedLayout(
            query_there=query_there,
            query_back=query_back,
            query_padding=padding if bool(padding.any()) else None,
            key_there=key_there,
            key_back=key_back,
            bias=bias,
            chunks=chunks_of(bias, *query_there.shape[1:], *key_there.shape[1:]),
        )

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """[tokens, heads, channels] of query, key, value to [tokens, heads * channels]."""
        if self.layout is not None:
            return padded_attention(query, key, value, self.layout)
        if self.blocks is not None:
            from ipt.models.bagel.flex import attend_blocks

            return attend_blocks(query, key, value, self.blocks)
        return attend_fused(query[None], key.transpose(0, 1)[None], value.transpose(0, 1)[None], self.bias)[0]


def _spread(tags: Tags, back: Tensor, batch: int, longest: int) -> tuple[Tensor, Tags]:
    """The packed row of each padded place [batch, longest] (padding: row 0), and its tags (padding: no sample)."""
    there = torch.zeros(batch * longest, dtype=torch.int64, device=back.device)
    there[back] = torch.arange(len(back), device=back.device)
    padded = _map(tags.take(there), lambda field: field.view(batch, longest))
    sample = torch.full_like(there, NO_SAMPLE)
    sample[back] = tags.sample
    return there.view(batch, longest), replace(padded, sample=sample.view(batch, longest))


def _bias(query: Tags, key: Tags) -> Tensor | None:
    """[batch, queries, keys] for tags [batch, queries] and [batch, keys]; None where all see all."""
    seen = allowed(_map(query, lambda field: field[:, :, None]), _map(key, lambda field: field[:, None, :]))
    if bool(seen.all()):
        return None
    return torch.zeros(seen.shape, device=seen.device).masked_fill_(~seen, HIDDEN)


def _map(tags: Tags, change: Callable[[Tensor], Tensor]) -> Tags:
    return Tags(change(tags.sample), change(tags.index), change(tags.block), change(tags.noised))
