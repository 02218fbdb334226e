"""Our FLUX autoencoder is diffusers' `AutoencoderKL` under other names: same weights in, same numbers out."""

import pytest
import torch

from ipt.config import VaeConfig
from ipt.models.bagel.autoencoder import Autoencoder

TINY = VaeConfig(channels=(16, 16, 32, 32), layers_per_block=2, latent_channels=4, norm_groups=8)


@pytest.fixture(scope="module")
def pair() -> tuple[Autoencoder, torch.nn.Module]:
    from diffusers import AutoencoderKL
    from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint

    torch.manual_seed(0)
    ours, levels = Autoencoder(TINY), len(TINY.channels)
    theirs = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=TINY.channels,
        layers_per_block=TINY.layers_per_block,
        latent_channels=TINY.latent_channels,
        norm_num_groups=TINY.norm_groups,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    theirs.load_state_dict(convert_ldm_vae_checkpoint(ours.state_dict(), dict(theirs.config)), strict=True)
    return ours, theirs


def test_encoder_and_decoder_equal_diffusers(pair: tuple[Autoencoder, torch.nn.Module]) -> None:
    ours, theirs = pair
    pixels = torch.randn(2, 3, 48, 32)
    with torch.inference_mode():
        moments = ours.encoder(pixels)
        assert moments.shape == (2, 8, 6, 4)
        torch.testing.assert_close(moments, theirs.encoder(pixels), rtol=1e-5, atol=1e-5)
        latents = torch.randn(2, 4, 6, 4)
        torch.testing.assert_close(ours.decoder(latents), theirs.decoder(latents), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(ours(pixels), theirs(pixels, sample_posterior=False).sample, rtol=1e-5, atol=1e-5)


def test_size_of_the_official_autoencoder() -> None:
    """At the default configuration: the 83,819,683 parameters of FLUX's `ae.safetensors`, on the meta device."""
    with torch.device("meta"):
        assert sum(p.numel() for p in Autoencoder(VaeConfig()).parameters()) == 83_819_683
