"""BAGEL the plain way, to compare speeds with: dense masks, a loop over samples, a padded VAE, guidance one branch
after the other, one question at a time, and a cache that grows by concatenation.

Everything is written from the formulas with PyTorch's standard modules; only the weights (and the index arithmetic of a
pack) are shared with `ipt.models.bagel`, so that both must agree in what they compute.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ipt.models.bagel.answerer import Settings
from ipt.models.bagel.attention import Tags, allowed
from ipt.models.bagel.images import grid_positions, unit_range
from ipt.models.bagel.imagining import guided, schedule
from ipt.models.bagel.items import Item, TextItem, VaeItem, VitItem
from ipt.models.bagel.model import Bagel
from ipt.models.bagel.packing import PackedBatch, SpecialIds
from ipt.models.bagel.vae import Vae

Past = list[tuple[Tensor, Tensor]]


class Reference:
    """The forward pass of one `Bagel`'s weights."""

    def __init__(self, model: Bagel, special: SpecialIds) -> None:
        self.model, self.special, self.llm = model, special, model.config.llm

    def norm(self, module: nn.Module, x: Tensor) -> Tensor:
        """Root-mean-square norm."""
        return module.get_parameter("weight") * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)

    def each(self, name: str, owner: nn.Module, x: Tensor, generated: Tensor) -> Tensor:
        """A linear layer or norm of the expert that each token belongs to."""
        parts = []
        for expert, rows in (("", ~generated), ("_moe_gen", generated)):
            module = owner.get_submodule(name + expert)
            parts.append((rows, module(x[rows]) if isinstance(module, nn.Linear) else self.norm(module, x[rows])))
        out = x.new_zeros(*x.shape[:-1], parts[0][1].shape[-1])
        for rows, part in parts:
            out[rows] = part
        return out

    def decoder(
        self, x: Tensor, generated: Tensor, positions: Tensor, masks: list[Tensor], lengths: list[int], past: Past
    ) -> tuple[Tensor, Past]:
        """Final hidden states and the new keys and values; a mask [tokens, past + tokens] a sample."""
        llm = self.llm
        channels = llm.hidden_size // llm.heads
        frequencies = llm.rope_theta ** -(torch.arange(0, channels, 2, device=x.device) / channels)
        angles = (positions.float()[:, None] * frequencies).repeat(1, 2)[:, None]
        kept: Past = []
        model = self.model.language_model.model
        for index, layer in enumerate(model.layers):
            attention = layer.get_submodule("self_attn")
            normed = self.each("input_layernorm", layer, x, generated)
            q, k, v = (
                self.each(f"{name}_proj", attention, normed, generated).unflatten(-1, (-1, channels)) for name in "qkv"
            )
            q, k = (
                self.turn(self.each(f"{name}_norm", attention, one, generated), angles)
                for name, one in (("q", q), ("k", k))
            )
            if past:
                k, v = torch.cat([past[index][0], k]), torch.cat([past[index][1], v])
            kept.append((k, v))
            outs, first = [], 0
            for mask, length in zip(masks, lengths, strict=True):
                keys = slice(0, None) if past or len(masks) == 1 else slice(first, first + length)
                share = llm.heads // llm.kv_heads
                every = (one[keys].repeat_interleave(share, dim=1).transpose(0, 1) for one in (k, v))
                asked = q[first : first + length].transpose(0, 1)
                outs.append(F.scaled_dot_product_attention(asked, *every, attn_mask=mask).transpose(0, 1).flatten(1))
                first += length
            x = x + self.each("o_proj", attention, torch.cat(outs), generated)
            normed = self.each("post_attention_layernorm", layer, x, generated)
            mixed = torch.zeros_like(x)
            for expert, rows in (("mlp", ~generated), ("mlp_moe_gen", generated)):
                mlp, some = layer.get_submodule(expert), normed[rows]
                gate, up, down = (mlp.get_submodule(f"{name}_proj") for name in ("gate", "up", "down"))
                mixed[rows] = down(F.silu(gate(some)) * up(some))
            x = x + mixed
        return self.each("norm", model, x, generated), kept

    @staticmethod
    def turn(x: Tensor, angles: Tensor) -> Tensor:
        """Rotate-half."""
        first, second = x.chunk(2, dim=-1)
        return x * angles.cos() + torch.cat([-second, first], dim=-1) * angles.sin()

    def see(self, patches: Tensor, positions: Tensor, lengths: list[int]) -> Tensor:
        """Images for the decoder, one after the other."""
        vit = self.model.vit_model.vision_model
        heads = self.model.config.vit.heads
        outs = []
        for own, at in zip(patches.split(lengths), positions.split(lengths), strict=True):
            x = vit.embeddings.patch_embedding(unit_range(own)) + vit.embeddings.position_embedding(at)
            for layer in vit.encoder.layers:
                attention = layer.self_attn
                normed = layer.layer_norm1(x)
                q, k, v = (
                    part(normed).unflatten(-1, (heads, -1)).transpose(0, 1)
                    for part in (attention.q_proj, attention.k_proj, attention.v_proj)
                )
                x = x + attention.out_proj(F.scaled_dot_product_attention(q, k, v).transpose(0, 1).flatten(1))
                x = x + layer.mlp.fc2(F.gelu(layer.mlp.fc1(layer.layer_norm2(x)), approximate="tanh"))
            connector = self.model.connector
            x = connector.fc2(F.gelu(connector.fc1(vit.post_layernorm(x)), approximate="tanh"))
            outs.append(x + self.model.vit_pos_embed(at))
        return torch.cat(outs)

    def latents(self, tokens: Tensor, positions: Tensor, times: Tensor) -> Tensor:
        """Latent tokens for the decoder."""
        model = self.model
        return model.vae2llm(tokens) + model.time_embedder(times) + model.latent_pos_embed(positions)

    def training_losses(self, batch: PackedBatch, vae: Vae | None, canvas: Tensor | None) -> tuple[Tensor, Tensor]:
        """Mean cross entropy and flow-matching loss of a pack; encodes the padded images anew, as every step does."""
        if vae is not None and canvas is not None:
            with torch.no_grad():
                vae.encode(canvas, torch.randn(1))
        model = self.model
        tokens = sum(batch.lengths)
        x = model.llm2vae.weight.new_zeros(tokens, self.llm.hidden_size)
        x[batch.text_index] = model.language_model.model.embed_tokens(batch.text_ids)
        if len(batch.vit_index):
            x[batch.vit_index] = self.see(batch.vit_patches, batch.vit_positions, batch.vit_lengths)
        generated = torch.zeros(tokens, dtype=torch.bool, device=x.device)
        if len(batch.latent_index):
            times = batch.times.repeat_interleave(torch.tensor(batch.latent_lengths, device=x.device))
            noised = (1 - times[:, None]) * batch.latents + times[:, None] * batch.noise
            x[batch.latent_index] = self.latents(noised, batch.latent_positions, times)
            generated[batch.latent_index] = True
        masks, first = [], 0
        for length in batch.lengths:
            own = batch.tags.take(torch.arange(first, first + length, device=x.device))
            fields = (own.sample, own.index, own.block, own.noised)
            seen = allowed(Tags(*(field[:, None] for field in fields)), Tags(*(field[None] for field in fields)))
            masks.append(torch.zeros(seen.shape, device=x.device).masked_fill_(~seen, float("-inf")))
            first += length
        final, _ = self.decoder(x, generated, batch.positions, masks, batch.lengths, [])
        ce = F.cross_entropy(model.language_model.lm_head(final[batch.ce_index]).float(), batch.ce_labels)
        velocity = model.llm2vae(final[batch.latent_index[batch.mse_rows]])
        target = (batch.noise - batch.latents)[batch.mse_rows]
        return ce, F.mse_loss(velocity, target) if len(target) else ce.new_zeros(())

    def block(
        self, item: Item | int, past: Past, position: int, time: float = 0.0, x: Tensor | None = None
    ) -> tuple[Tensor, Past, int]:
        """Read one block (or one token, an int) after `past`: hidden states, all keys and values, next position."""
        model, special = self.model, self.special
        embed = model.language_model.model.embed_tokens
        if isinstance(item, int | TextItem):
            ids = [item] if isinstance(item, int) else [special.text_start, *item.ids, special.text_end]
            tokens = embed(torch.tensor(ids))
            positions = torch.arange(position, position + len(ids))
            generated, after = torch.zeros(len(ids), dtype=torch.bool), position + len(ids)
        else:
            ends = embed(torch.tensor([special.image_start, special.image_end]))
            if isinstance(item, VitItem):
                at = torch.from_numpy(grid_positions(item.rows, item.columns, model.config.vit.positions_per_side))
                inner = self.see(torch.from_numpy(item.patches), at, [len(at)])
            else:
                side = model.config.latent_positions_per_side
                at = torch.from_numpy(grid_positions(item.image.rows, item.image.columns, side))
                own = torch.from_numpy(item.image.mean) if x is None else x
                inner = self.latents(own, at, torch.full((len(at),), time))
            tokens = torch.cat([ends[:1], inner, ends[1:]])
            positions, after = torch.full((len(tokens),), position), position + 1
            generated = torch.zeros(len(tokens), dtype=torch.bool)
            generated[1:-1] = isinstance(item, VaeItem)
        before = past[0][0].shape[0] if past else 0
        count = len(tokens)
        mask = torch.zeros(count, before + count)
        if isinstance(item, TextItem):
            mask[:, before:] = torch.full((count, count), float("-inf")).triu(1)
        final, kept = self.decoder(tokens, generated, positions, [mask], [count], past)
        return final, kept, after

    @torch.inference_mode()
    def answer(self, items: Sequence[Item], limit: int, stop: Sequence[int]) -> tuple[list[int], Past, int]:
        """Greedy ids after a prompt, until im_end, one of `stop`, or `limit`."""
        past: Past = []
        position = 0
        for item in items:
            _, past, position = self.block(item, past, position)
        written: list[int] = []
        token = self.special.text_start
        while len(written) < limit:
            final, past, position = self.block(token, past, position)
            token = int(self.model.language_model.lm_head(final[-1]).argmax())
            if token == self.special.text_end:
                break
            written.append(token)
            if token in stop:
                break
        return written, past, position

    @torch.inference_mode()
    def imagine(
        self, branches: Sequence[tuple[Past, int]], noise: Tensor, blank: VaeItem, settings: Settings
    ) -> Tensor:
        """One image by guided flow, the branches one after the other."""
        x = noise
        times = schedule(settings.image_points, settings.image_shift)
        for now, then in zip(times[:-1].tolist(), times[1:].tolist(), strict=True):
            velocities = [
                self.model.llm2vae(self.block(blank, past, position, now, x)[0][1:-1]) for past, position in branches
            ]
            x = x - guided(velocities[0][None], velocities[1][None], velocities[2][None], settings.guidance)[0] * (
                now - then
            )
        return x

    @torch.inference_mode()
    def contexts(self, items: Sequence[Item]) -> list[tuple[Past, int]]:
        """What each branch of guidance has read: everything, everything before the last text, the texts."""
        found: list[tuple[Past, int]] = []
        for some in (items, items[:-1], [item for item in items if isinstance(item, TextItem)]):
            past: Past = []
            position = 0
            for item in some:
                _, past, position = self.block(item, past, position)
            found.append((past, position))
        return found


def canvas_of(images: Sequence[np.ndarray]) -> Tensor:
    """All images of a pack, zero-padded to the largest: [images, 3, height, width] in -1..1."""
    height, width = (max(image.shape[axis] for image in images) for axis in (0, 1))
    canvas = torch.zeros(len(images), 3, height, width)
    for place, image in enumerate(images):
        canvas[place, :, : image.shape[0], : image.shape[1]] = unit_range(torch.from_numpy(image.copy())).permute(
            2, 0, 1
        )
    return canvas
