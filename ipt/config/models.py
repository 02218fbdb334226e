"""The sizes of BAGEL: vision transformer, Mixture-of-Transformers decoder, VAE."""

from typing import Literal

from pydantic import Field, model_validator

from ipt.config.section import Positive, Section


class VitConfig(Section):
    """SigLIP-style encoder; defaults are so400m as in BAGEL."""

    hidden_size: Positive = 1152
    intermediate_size: Positive = 4304
    layers: Positive = 26
    heads: Positive = 16
    patch_size: Positive = 14
    positions_per_side: Positive = Field(70, description="side of the position table, in patches")


class LlmConfig(Section):
    """Mixture-of-Transformers decoder; defaults are Qwen2.5-7B as in BAGEL."""

    hidden_size: Positive = 3584
    intermediate_size: Positive = 18944
    layers: Positive = 28
    heads: Positive = 28
    kv_heads: Positive = 4
    vocabulary: Positive = 152064
    rope_theta: float = 1e6

    @model_validator(mode="after")
    def _divisible(self) -> "LlmConfig":
        if self.hidden_size % self.heads:
            raise ValueError(f"hidden_size ({self.hidden_size}) is not a multiple of heads ({self.heads})")
        if self.heads % self.kv_heads:
            raise ValueError(f"heads ({self.heads}) is not a multiple of kv_heads ({self.kv_heads})")
        return self


class VaeConfig(Section):
    """AutoencoderKL; defaults are the FLUX VAE of BAGEL."""

    channels: tuple[Positive, ...] = Field(
        (128, 256, 512, 512), description="width a level; each level but the last halves the image"
    )
    layers_per_block: Positive = 2
    latent_channels: Positive = 16
    scaling_factor: float = 0.3611
    shift_factor: float = 0.1159
    norm_groups: Positive = 32
    train_steps: int = Field(0, ge=0, description="0: the weights are given, not trained")
    train_batch: Positive = 32
    learning_rate: float = 1e-3

    @property
    def downsample(self) -> int:
        """Pixels a latent pixel."""
        return int(2 ** (len(self.channels) - 1))


class ModelConfig(Section):
    """BAGEL: vision transformer, Mixture-of-Transformers decoder, VAE."""

    source: Literal["scratch", "hub"] = Field(
        "hub", description="`scratch`: base is a random initialisation; `hub`: BAGEL-7B-MoT"
    )
    regime: Literal["sound", "faithful"] = Field(
        "sound", description="numerics: sound, or the official code's mismatches of training and evaluation too"
    )
    vit: VitConfig = VitConfig()
    llm: LlmConfig = LlmConfig()
    vae: VaeConfig = VaeConfig()
    latent_patch: Positive = Field(2, description="latent pixels a side of one VAE token")
    latent_positions_per_side: Positive = 64
    input_size: Positive = Field(1024, description="px of a single input image seen by the model")
    input_size_many: Positive = Field(512, description="px of each of several input images")
    output_size: Positive = Field(1024, description="px of the imagined image at Latent-64")

    @model_validator(mode="after")
    def _fits(self) -> "ModelConfig":
        token = self.vae.downsample * self.latent_patch
        if self.output_size % token:
            raise ValueError(f"output_size ({self.output_size}) is not a multiple of the {token} px of a latent token")
        for name in ("input_size", "input_size_many"):
            if getattr(self, name) % token and self.source == "scratch":
                raise ValueError(
                    f"{name} ({getattr(self, name)}) is not a multiple of the {token} px of a latent token"
                )
        if self.output_size // token > self.latent_positions_per_side:
            raise ValueError(
                f"output_size ({self.output_size}) needs {self.output_size // token} positions a side, more than"
                f" latent_positions_per_side ({self.latent_positions_per_side})"
            )
        return self

    def latent_output_size(self, latent: int) -> int:
        """Side in px of the imagined image at Latent-`latent`; 0 where that is under one token at this scale."""
        size = {64: 1.0, 32: 0.5, 16: 0.25, 4: 0.0625}[latent] * self.output_size
        token = self.vae.downsample * self.latent_patch
        return int(size) if size >= token and size % token == 0 else 0
