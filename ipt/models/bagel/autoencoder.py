"""The convolutional encoder and decoder of the FLUX VAE, under the parameter names of the official `ae.safetensors`.

Source: notes/bagel.md, "What libraries ship". The same function as diffusers' `AutoencoderKL` without quantisation
convolutions (tests/unit/models/bagel/test_autoencoder.py compares them), written here because importing diffusers costs
every process about four seconds, and because these names need no conversion. Images and feature maps are
[images, channels, height, width]; every level but the last halves the side on the way in and doubles it on the way out.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ipt.config import VaeConfig

EPSILON = 1e-6


class ResnetBlock(nn.Module):
    """Two normalised 3x3 convolutions beside a skip connection (1x1 where the width changes)."""

    def __init__(self, channels_in: int, channels_out: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, channels_in, EPSILON)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, channels_out, EPSILON)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        self.nin_shortcut = nn.Conv2d(channels_in, channels_out, 1) if channels_in != channels_out else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """[images, channels_in, h, w] to [images, channels_out, h, w]."""
        hidden = self.conv1(F.silu(self.norm1(x)))
        hidden = self.conv2(F.silu(self.norm2(hidden)))
        return self.nin_shortcut(x) + hidden  # type: ignore[no-any-return]


class AttentionBlock(nn.Module):
    """Single-head self-attention over the pixels of a feature map, added to it."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels, EPSILON)
        self.q = nn.Conv2d(channels, channels, 1)
        self.k = nn.Conv2d(channels, channels, 1)
        self.v = nn.Conv2d(channels, channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out."""
        normed = self.norm(x)
        query, key, value = (
            projection(normed).flatten(2).transpose(1, 2).unsqueeze(1) for projection in (self.q, self.k, self.v)
        )
        seen = F.scaled_dot_product_attention(query, key, value).squeeze(1).transpose(1, 2).reshape(x.shape)
        return x + self.proj_out(seen)  # type: ignore[no-any-return]


class Downsample(nn.Module):
    """Halve the side with a strided convolution, padded to the right and below only."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """[images, channels, h, w] to [images, channels, h / 2, w / 2]."""
        return self.conv(F.pad(x, (0, 1, 0, 1)))  # type: ignore[no-any-return]


class Upsample(nn.Module):
    """Double the side by repeating pixels, then convolve."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[images, channels, h, w] to [images, channels, 2 h, 2 w]."""
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))  # type: ignore[no-any-return]


class Middle(nn.Module):
    """Block, attention, block at the smallest side."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.block_1 = ResnetBlock(channels, channels, groups)
        self.attn_1 = AttentionBlock(channels, groups)
        self.block_2 = ResnetBlock(channels, channels, groups)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out."""
        return self.block_2(self.attn_1(self.block_1(x)))  # type: ignore[no-any-return]


class Level(nn.Module):
    """The blocks of one side, then the change to the next side where there is one."""

    def __init__(self, channels: Sequence[int], groups: int) -> None:
        super().__init__()
        pairs = pairwise(channels)
        self.block = nn.ModuleList(ResnetBlock(before, after, groups) for before, after in pairs)

    def forward(self, x: Tensor) -> Tensor:
        """[images, channels[0], h, w] to [images, channels[-1], h', w']."""
        for block in self.block:
            x = block(x)
        for change in ("downsample", "upsample"):
            if hasattr(self, change):
                x = getattr(self, change)(x)
        return x


class Encoder(nn.Module):
    """Pixels to the moments of the posterior."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths, groups = config.channels, config.norm_groups
        self.conv_in = nn.Conv2d(3, widths[0], 3, padding=1)
        self.down = nn.ModuleList()
        for index, width in enumerate(widths):
            level = Level([widths[max(index - 1, 0)], *[width] * config.layers_per_block], groups)
            if index < len(widths) - 1:
                level.downsample = Downsample(width)
            self.down.append(level)
        self.mid = Middle(widths[-1], groups)
        self.norm_out = nn.GroupNorm(groups, widths[-1], EPSILON)
        self.conv_out = nn.Conv2d(widths[-1], 2 * config.latent_channels, 3, padding=1)

    def forward(self, pixels: Tensor) -> Tensor:
        """[images, 3, H, W] to [images, 2 * latent channels, H / downsample, W / downsample]: mean, log-variance."""
        x = self.conv_in(pixels)
        for level in self.down:
            x = level(x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Latents to pixels; `up` is stored from the largest side to the smallest and walked backwards."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths, groups = config.channels, config.norm_groups
        self.conv_in = nn.Conv2d(config.latent_channels, widths[-1], 3, padding=1)
        self.mid = Middle(widths[-1], groups)
        self.up = nn.ModuleList()
        for index, width in enumerate(widths):
            before = widths[min(index + 1, len(widths) - 1)]
            level = Level([before, *[width] * (config.layers_per_block + 1)], groups)
            if index > 0:
                level.upsample = Upsample(width)
            self.up.append(level)
        self.norm_out = nn.GroupNorm(groups, widths[0], EPSILON)
        self.conv_out = nn.Conv2d(widths[0], 3, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        """[images, latent channels, h, w] to [images, 3, h * downsample, w * downsample]."""
        x = self.mid(self.conv_in(latents))
        for level in reversed(self.up):
            x = level(x)
        return self.conv_out(F.silu(self.norm_out(x)))  # type: ignore[no-any-return]


class Autoencoder(nn.Module):
    """Encoder and decoder; `state_dict` has the keys of the official `ae.safetensors`."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels rebuilt from the mean of their posterior, the shape of `pixels`."""
        mean, _ = torch.chunk(self.encoder(pixels), 2, dim=1)
        return self.decoder(mean)  # type: ignore[no-any-return]
