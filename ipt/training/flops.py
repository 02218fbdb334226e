"""Floating-point operations of a training step, and how much of the device's peak they are (MFU).

Counted as for PaLM: a multiply-add is two operations, the backward pass costs two forward passes, what activation
checkpointing computes again counts nothing, attention counts only pairs that see each other. Embeddings, norms and
other elementwise work are left out.
"""

from dataclasses import dataclass

import torch

from ipt.config import ModelConfig
from ipt.models.bagel.packing import PackedBatch

PEAKS = {
    "H200": 989e12,
    "H100": 989e12,
    "H800": 989e12,
    "A100": 312e12,
    "A800": 312e12,
    "L40S": 362e12,
    "B200": 2250e12,
    "L4": 121e12,
}
"""Dense bf16 operations a second, by the manufacturer's data sheets; H100 and H200 in their SXM form."""


@dataclass(frozen=True)
class Work:
    """What a pack asks of the model."""

    base: int
    """Tokens of the base expert (text and ViT), of them `vit`; tokens of the generation expert are `latent`."""
    latent: int
    vit: int
    pairs: float
    """Pairs of tokens that see each other in the decoder, and in the vision transformer (`vit_pairs`)."""
    vit_pairs: float
    labels: int
    noised: int

    @classmethod
    def of(cls, batch: PackedBatch) -> "Work":
        """Counted from the plan of a pack; nothing is read from a device."""
        pairs, splits = 0.0, iter(batch.splits)
        for length in batch.lengths:
            clean = done = 0
            while done < length:
                tokens, mode = next(splits)
                own = tokens * (tokens + 1) / 2 if mode == "causal" else float(tokens * tokens)
                pairs += own + float(tokens * clean)
                clean += 0 if mode == "noise" else tokens
                done += tokens
        return cls(
            base=batch.base_tokens,
            latent=len(batch.latent_index),
            vit=len(batch.vit_index),
            pairs=pairs,
            vit_pairs=float(sum(length * length for length in batch.vit_lengths)),
            labels=len(batch.ce_index),
            noised=len(batch.mse_rows),
        )


def training_flops(model: ModelConfig, work: Work) -> float:
    """Operations of the forward and backward pass of a pack."""
    llm, vit = model.llm, model.vit
    heads = llm.hidden_size // llm.heads
    attention = llm.hidden_size * (2 * llm.hidden_size + 2 * llm.kv_heads * heads)
    layer = attention + 3 * llm.hidden_size * llm.intermediate_size
    vit_layer = 4 * vit.hidden_size**2 + 2 * vit.hidden_size * vit.intermediate_size
    patch = vit.hidden_size * vit.patch_size**2 * 3
    channels = model.latent_patch**2 * model.vae.latent_channels
    products = (
        llm.layers * layer * (work.base + work.latent)
        + (vit.layers * vit_layer + patch + (vit.hidden_size + llm.hidden_size) * llm.hidden_size) * work.vit
        + llm.hidden_size * llm.vocabulary * work.labels
        + llm.hidden_size * channels * (work.latent + work.noised)
    )
    scores = 2 * llm.layers * llm.hidden_size * work.pairs + 2 * vit.layers * vit.hidden_size * work.vit_pairs
    return 3 * 2 * (products + scores)


def device_peak(device: torch.device) -> float | None:
    """Peak bf16 operations a second of a device, None where it is not known (or not a GPU)."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((peak for key, peak in PEAKS.items() if key in name.replace("-", " ").split()), None)
