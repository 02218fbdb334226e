"""Where and when a token is: frozen sin-cos position tables, rotary positions, flow time.

Source: notes/bagel.md, "Forward". Angles are computed in fp32 (tables in fp64, then rounded) whatever the precision of
the weights: bf16 angles are off by radians at position 2000.
"""

import math

import torch
from torch import Tensor, nn

from ipt.models.bagel.regime import bf16

TIME_CHANNELS = 256


def sincos_table(side: int, channels: int) -> Tensor:
    """The frozen 2D table [side * side, channels], row-major; the first half of the channels encodes the column.

    Each half is [sin | cos] over `channels / 4` frequencies with base 10000. On the CPU whatever the default device, so
    that its bytes are the same everywhere.
    """
    steps = torch.arange(channels // 4, dtype=torch.float64, device="cpu")
    frequencies = 10000.0 ** -(steps / (channels / 4))
    angles = torch.arange(side, dtype=torch.float64, device="cpu")[:, None] * frequencies
    line = torch.cat([angles.sin(), angles.cos()], dim=1)
    column = line[None, :, :].expand(side, side, -1)
    row = line[:, None, :].expand(side, side, -1)
    return torch.cat([column, row], dim=2).reshape(side * side, channels).float()


class PositionTable(nn.Module):
    """A frozen sin-cos table under the official name `pos_embed`: regenerated on load, never read from a checkpoint."""

    pos_embed: Tensor

    def __init__(self, side: int, channels: int) -> None:
        super().__init__()
        self.side, self.channels = side, channels
        self.register_buffer("pos_embed", sincos_table(side, channels))

    def regenerate(self) -> None:
        """Compute the table again, in place (after the module was moved off the meta device)."""
        self.pos_embed.copy_(sincos_table(self.side, self.channels))

    def forward(self, positions: Tensor) -> Tensor:
        """Rows [tokens, channels] at `positions` (row * side + column)."""
        return self.pos_embed[positions]


class TimeEmbedder(nn.Module):
    """Flow time t in [0, 1] to a vector: 256 cosines and sines (cosines first, t unscaled), then Linear-SiLU-Linear."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(TIME_CHANNELS, channels), nn.SiLU(), nn.Linear(channels, channels))

    def forward(self, times: Tensor) -> Tensor:
        """[images] to [images, channels]."""
        half = TIME_CHANNELS // 2
        steps = torch.arange(half, dtype=torch.float32, device=times.device)
        angles = times.float()[:, None] * torch.exp(-math.log(10000.0) / half * steps)
        waves = torch.cat([angles.cos(), angles.sin()], dim=1)
        dtype = next(self.mlp.parameters()).dtype
        return self.mlp(waves.to(dtype))  # type: ignore[no-any-return]


def rotary_angles(positions: Tensor, head_channels: int, theta: float, coarse: bool = False) -> tuple[Tensor, Tensor]:
    """Cosine and sine [tokens, 1, head_channels / 2] of rotary positions, in fp32.

    `coarse`: the frequencies are rounded to bf16 first (regime `faithful`, in training).
    """
    exponents = torch.arange(0, head_channels, 2, dtype=torch.float32, device=positions.device) / head_channels
    frequencies = bf16(theta**-exponents) if coarse else theta**-exponents
    angles = positions.float()[:, None] * frequencies
    return angles.cos()[:, None, :], angles.sin()[:, None, :]
