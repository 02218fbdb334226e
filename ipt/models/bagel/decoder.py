"""Mixture-of-Transformers decoder: two sets of weights, one attention.

Text, vision-transformer tokens and image delimiters use the base weights; VAE latent tokens, clean or noised, use the
`_moe_gen` weights (norms, projections, MLP). The two streams are kept apart in memory and meet only in attention.
Source: notes/bagel.md, "Checkpoint" and "Forward".
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from ipt.config import LlmConfig
from ipt.models.bagel.embeddings import rotary_angles
from ipt.models.bagel.kernels import Linear, rms_norm, rotate

NORM_EPSILON = 1e-6
EXPERTS = ("", "_moe_gen")

Angles = tuple[Tensor, Tensor]
"""Cosine and sine of each token's rotary position."""

Streams = tuple[Tensor, Tensor]
"""Base tokens [n, width] and generation tokens [m, width]; either may be empty, and costs nothing then."""


class Attention(Protocol):
    """Attention of one forward pass over its tokens (base, then generation) and, at inference, a cache."""

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """[tokens, heads, channels] of each to [tokens, heads * channels]."""
        ...


class RmsNorm(nn.Module):
    """Root-mean-square norm over the last axis, computed in fp32."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return rms_norm(x, self.weight, NORM_EPSILON)


class MotAttention(nn.Module):
    """Grouped-query attention with per-head norms of query and key; q, k, v have biases, o has none."""

    def __init__(self, config: LlmConfig, index: int) -> None:
        super().__init__()
        self.index = index
        self.channels = config.hidden_size // config.heads
        for expert in EXPERTS:
            for name, heads in (("q", config.heads), ("k", config.kv_heads), ("v", config.kv_heads)):
                self.add_module(f"{name}_proj{expert}", Linear(config.hidden_size, heads * self.channels))
            self.add_module(f"o_proj{expert}", Linear(config.hidden_size, config.hidden_size, bias=False))
            self.add_module(f"q_norm{expert}", RmsNorm(self.channels))
            self.add_module(f"k_norm{expert}", RmsNorm(self.channels))

    def forward(
        self, streams: Streams, angles: tuple[Angles, Angles], attention: Attention, asking: Streams | None = None
    ) -> Streams:
        """The attention's output for each stream.

        Args:
            streams: tokens that are seen.
            angles: rotary angles of the tokens that ask, and of those that are seen.
            attention: who sees whom.
            asking: tokens that ask; those of `streams` when None.
        """
        asking = streams if asking is None else asking
        query = self._heads(asking, "q")
        key, value = self._heads(streams, "k"), self._heads(streams, "v")
        out = attention(self.index, rotate(query, *angles[0]), rotate(key, *angles[1]), value)
        return self._on("o_proj", _streams(out, len(asking[0])))

    def _heads(self, streams: Streams, name: str) -> Tensor:
        """Queries, keys or values [tokens, heads, channels] of both streams, normed."""
        projected = self._on(f"{name}_proj", streams)
        split = (self._split(projected[0]), self._split(projected[1]))
        return _joined(split if name == "v" else self._on(f"{name}_norm", split))

    def _split(self, x: Tensor) -> Tensor:
        return x.view(len(x), x.shape[-1] // self.channels, self.channels)

    def _on(self, name: str, streams: Streams) -> Streams:
        return _on(self.get_submodule(name), streams[0]), _on(self.get_submodule(f"{name}_moe_gen"), streams[1])


class GatedMlp(nn.Module):
    """down(silu(gate(x)) * up(x)), no biases."""

    def __init__(self, config: LlmConfig) -> None:
        super().__init__()
        self.gate_proj = Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[tokens, width] to the same shape."""
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))  # type: ignore[no-any-return]


class MotLayer(nn.Module):
    """One decoder layer with both experts."""

    checkpointed = False
    """Whether activations are computed again in the backward pass (`training.checkpoint_activations`)."""

    def __init__(self, config: LlmConfig, index: int) -> None:
        super().__init__()
        self.self_attn = MotAttention(config, index)
        self.mlp = GatedMlp(config)
        self.mlp_moe_gen = GatedMlp(config)
        self.input_layernorm = RmsNorm(config.hidden_size)
        self.input_layernorm_moe_gen = RmsNorm(config.hidden_size)
        self.post_attention_layernorm = RmsNorm(config.hidden_size)
        self.post_attention_layernorm_moe_gen = RmsNorm(config.hidden_size)

    def forward(
        self,
        streams: Streams,
        angles: tuple[Angles, Angles],
        attention: Attention,
        kept: Streams | None = None,
    ) -> Streams:
        """Both streams after attention and MLP, with residuals; only the `kept` rows of each stream where given.

        With `checkpointed` set, only what goes in is kept for the backward pass, which computes the rest again.
        """
        if self.checkpointed and torch.is_grad_enabled():
            again: Streams = checkpoint(self._forward, streams, angles, attention, kept, use_reentrant=False)
            return again
        return self._forward(streams, angles, attention, kept)

    def _forward(
        self, streams: Streams, angles: tuple[Angles, Angles], attention: Attention, kept: Streams | None
    ) -> Streams:
        normed = (_on(self.input_layernorm, streams[0]), _on(self.input_layernorm_moe_gen, streams[1]))
        asking = None if kept is None else _take(normed, kept)
        base, generation = streams if kept is None else _take(streams, kept)
        seen_base, seen_generation = self.self_attn(normed, angles, attention, asking)
        base, generation = base + seen_base, generation + seen_generation
        base = base + _on(self.mlp, _on(self.post_attention_layernorm, base))
        return base, generation + _on(self.mlp_moe_gen, _on(self.post_attention_layernorm_moe_gen, generation))


@dataclass(frozen=True)
class Ending:
    """The only tokens whose final hidden states are wanted: the last layer asks for no others.

    `base` and `generation` are rows of the two streams; `attention` is the one among them (asking) and all (seen).
    At three layers this saves a quarter of a training step, at 28 a thirtieth.
    """

    base: Tensor
    generation: Tensor
    attention: Attention


class Decoder(nn.Module):
    """Token embeddings, layers, one final norm an expert."""

    def __init__(self, config: LlmConfig) -> None:
        super().__init__()
        self.config = config
        self.coarse = False
        """Regime `faithful`: rotary frequencies are rounded in training."""
        self.embed_tokens = nn.Embedding(config.vocabulary, config.hidden_size)
        self.layers = nn.ModuleList(MotLayer(config, index) for index in range(config.layers))
        self.norm = RmsNorm(config.hidden_size)
        self.norm_moe_gen = RmsNorm(config.hidden_size)

    def forward(
        self,
        streams: Streams,
        positions: Tensor,
        attention: Attention,
        ending: Ending | None = None,
        trace: list[Streams] | None = None,
    ) -> Streams:
        """Final hidden states of both streams (of the tokens of `ending` only, where given).

        Args:
            streams: embedded tokens.
            positions: rotary positions [n + m], base tokens first.
            attention: which tokens see which.
            ending: the tokens whose hidden states are wanted.
            trace: where given, the streams after each layer are appended.
        """
        config = self.config
        coarse = self.coarse and self.training
        angles = rotary_angles(positions, config.hidden_size // config.heads, config.rope_theta, coarse)
        layers = list(self.layers)
        for layer in layers if ending is None else layers[:-1]:
            streams = layer(streams, (angles, angles), attention)
            if trace is not None:
                trace.append(streams)
        if ending is not None:
            rows = torch.cat([ending.base, ending.generation + len(streams[0])])
            asking = (angles[0][rows], angles[1][rows])
            streams = layers[-1](streams, (asking, angles), ending.attention, (ending.base, ending.generation))
        return _on(self.norm, streams[0]), _on(self.norm_moe_gen, streams[1])


class LanguageModel(nn.Module):
    """The decoder under the prefix `model`, and the head over the vocabulary (untied)."""

    def __init__(self, config: LlmConfig) -> None:
        super().__init__()
        self.model = Decoder(config)
        self.lm_head = Linear(config.hidden_size, config.vocabulary, bias=False)


def _on(module: nn.Module, x: Tensor) -> Tensor:
    """`module(x)`; an empty stream passes by where nothing is to be learnt from it.

    Where the module learns it is called with no rows, so that its weights get a gradient of zero: ranks whose packs
    hold no image must reduce the same gradients as the others.
    """
    learns = len(x) == 0 and torch.is_grad_enabled() and any(one.requires_grad for one in module.parameters())
    return module(x) if len(x) or learns else x


def _take(streams: Streams, rows: Streams) -> Streams:
    return streams[0].index_select(0, rows[0]), streams[1].index_select(0, rows[1])


def _joined(streams: Streams) -> Tensor:
    """Both streams in one tensor, base first; no copy where one is empty (and has no weights to pass a gradient to)."""
    for empty, other in ((streams[0], streams[1]), (streams[1], streams[0])):
        if not len(empty) and not empty.requires_grad:
            return other
    return torch.cat(streams)


def _streams(x: Tensor, base: int) -> Streams:
    """The first `base` rows and the rest; x itself where one is empty (a slice would cost its backward a copy)."""
    empty = x.new_zeros(0, *x.shape[1:])
    if base == len(x):
        return x, empty
    if base == 0:
        return empty, x
    first, second = torch.tensor_split(x, (base,))
    return first, second
