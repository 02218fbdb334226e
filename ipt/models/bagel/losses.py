"""Cross entropy on output text, flow matching on the imagined image, and their sum over a distributed batch.

Source: notes/bagel.md, "Forward", loss. A batch without image tokens (or without text labels) has a zero loss for that
part, where upstream gives NaN.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

LOGITS_AT_ONCE = 1 << 26
"""Labels times vocabulary whose fp32 logits exist at the same time: 256 MB, 441 labels of BAGEL's vocabulary."""


@dataclass(frozen=True)
class TokenLosses:
    """Unreduced losses of one pack: `ce` [labels]; `mse` [noised latent tokens, channels], against noise - clean."""

    ce: Tensor
    mse: Tensor
    ce_weights: Tensor
    velocity: Tensor | None = None
    """What the model answered at the noised latent tokens, without gradient."""


@dataclass(frozen=True)
class Losses:
    """Scalars: the weighted sum that is differentiated, and its two parts (detached) for the log."""

    total: Tensor
    ce: Tensor
    mse: Tensor


def reduce_losses(
    losses: TokenLosses,
    *,
    weight_text: float = 1.0,
    weight_image: float = 1.0,
    world: int = 1,
    ce_count: float | None = None,
    mse_count: float | None = None,
    reweight: bool = False,
) -> Losses:
    """CE = sum of ce * world / all ranks' labels; MSE = sum of channel means * world / all ranks' noised tokens.

    Args:
        losses: of this rank's pack.
        weight_text: of CE in the sum.
        weight_image: of MSE in the sum.
        world: number of ranks, whose gradients are averaged afterwards.
        ce_count: labels over all ranks (with `reweight`, the sum of their weights); this rank's when None.
        mse_count: noised latent tokens over all ranks; this rank's when None.
        reweight: weigh each label by 1 / sqrt(labels of its text), an option of upstream that the paper leaves off.
    """
    ce_tokens = losses.ce * losses.ce_weights if reweight else losses.ce
    if ce_count is None:
        ce_count = float(losses.ce_weights.sum()) if reweight else float(len(losses.ce))
    if mse_count is None:
        mse_count = float(len(losses.mse))
    ce = ce_tokens.sum() * (world / ce_count if ce_count else 0.0)
    # A rank without image tokens keeps its zero attached to the weights, which all ranks reduce.
    mse = losses.mse.mean(dim=-1).sum() * (world / mse_count if mse_count else 0.0)
    return Losses(total=weight_text * ce + weight_image * mse, ce=ce.detach(), mse=mse.detach())


def cross_entropy(
    head: Callable[[Tensor], Tensor], hidden: Tensor, labels: Tensor, vocabulary: int, at_once: int = LOGITS_AT_ONCE
) -> Tensor:
    """Cross entropy of each label [labels]: the logits of a part of them exist at a time, in the backward pass too.

    Args:
        head: hidden states to logits.
        hidden: [labels, width].
        labels: token ids [labels].
        vocabulary: width of the logits.
        at_once: labels times vocabulary of a part.
    """

    def part(states: Tensor, wanted: Tensor) -> Tensor:
        return F.cross_entropy(head(states).float(), wanted, reduction="none")

    rows = max(1, at_once // vocabulary)
    if len(labels) <= rows:
        return part(hidden, labels)
    pairs = zip(torch.split(hidden, rows), torch.split(labels, rows), strict=True)
    return torch.cat([checkpoint(part, states, wanted, use_reentrant=False) for states, wanted in pairs])
