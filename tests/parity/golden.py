"""The golden bundle: outputs of the official code at a tiny configuration. Every size comes from its `golden.json`."""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ipt.config import LlmConfig, ModelConfig, VaeConfig, VitConfig
from ipt.models.bagel.build import build_model
from ipt.models.bagel.model import Bagel
from ipt.models.bagel.packing import SpecialIds
from ipt.models.bagel.vae import Vae

REPOSITORY = Path(__file__).resolve().parents[2]


def bundle_folder() -> Path:
    return Path(os.environ.get("IPT_GOLDEN_DIR", REPOSITORY / "../shared/golden/bagel"))


@dataclass(frozen=True)
class Golden:
    folder: Path

    @cached_property
    def about(self) -> dict[str, Any]:
        return json.loads((self.folder / "golden.json").read_text(encoding="utf-8"))

    @cached_property
    def train(self) -> dict[str, torch.Tensor]:
        return load_file(self.folder / "train.safetensors")

    @cached_property
    def infer(self) -> dict[str, torch.Tensor]:
        return load_file(self.folder / "infer.safetensors")

    @cached_property
    def vae(self) -> dict[str, torch.Tensor]:
        return load_file(self.folder / "vae.safetensors")

    @cached_property
    def weights(self) -> dict[str, torch.Tensor]:
        return load_file(self.folder / "bagel_tiny.safetensors")

    @cached_property
    def model_config(self) -> ModelConfig:
        llm, vit, vae, bagel = (self.about[f"{name}_config"] for name in ("llm", "vit", "vae", "bagel"))
        token = vae["downsample"] * bagel["latent_patch_size"]
        side = token * bagel["max_latent_size"]
        return ModelConfig(
            source="hub",
            vit=VitConfig(
                hidden_size=vit["hidden_size"],
                intermediate_size=vit["intermediate_size"],
                layers=vit["num_hidden_layers"],
                heads=vit["num_attention_heads"],
                patch_size=vit["patch_size"],
                positions_per_side=bagel["vit_max_num_patch_per_side"],
            ),
            llm=LlmConfig(
                hidden_size=llm["hidden_size"],
                intermediate_size=llm["intermediate_size"],
                layers=llm["num_hidden_layers"],
                heads=llm["num_attention_heads"],
                kv_heads=llm["num_key_value_heads"],
                vocabulary=llm["vocab_size"],
                rope_theta=llm["rope_theta"],
            ),
            vae=VaeConfig(
                channels=tuple(vae["ch"] * multiple for multiple in vae["ch_mult"]),
                layers_per_block=vae["num_res_blocks"],
                latent_channels=vae["z_channels"],
                scaling_factor=vae["scale_factor"],
                shift_factor=vae["shift_factor"],
            ),
            latent_patch=bagel["latent_patch_size"],
            latent_positions_per_side=bagel["max_latent_size"],
            input_size=side,
            input_size_many=side,
            output_size=side,
        )

    @cached_property
    def special(self) -> SpecialIds:
        ids = self.about["special_token_ids"]
        return SpecialIds(ids["bos_token_id"], ids["eos_token_id"], ids["start_of_image"], ids["end_of_image"])

    def model(self) -> Bagel:
        model = build_model(self.model_config, seed=None)
        model.load_state_dict(self.weights, strict=True)
        return model

    def autoencoder(self) -> Vae:
        vae = Vae(self.model_config.vae)
        vae.autoencoder.load_state_dict(load_file(self.folder / "ae_tiny.safetensors"), strict=True)
        return vae.eval()


def close(actual: torch.Tensor, expected: torch.Tensor, tolerance: float) -> None:
    """The largest absolute difference is within `tolerance` times the largest magnitude (or 1, if that is larger)."""
    assert actual.shape == expected.shape
    worst = (actual.float() - expected.float()).abs().max().item() / max(1.0, expected.abs().max().item())
    assert worst <= tolerance, f"differs by {worst:.2e}, tolerance {tolerance:.0e}"
