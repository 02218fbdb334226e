"""The benchmark's GPU part, on a CPU at a tiny size: that it runs, not how fast."""

import pytest

from benchmarks.bagel import main, on_gpu, slice_of_bagel
from ipt.config import LlmConfig, ModelConfig, VaeConfig, VitConfig
from ipt.models.bagel.official import expected_model


def test_the_gpu_step_runs(capsys: pytest.CaptureFixture[str]) -> None:
    tiny = ModelConfig(
        llm=LlmConfig(hidden_size=16, intermediate_size=16, layers=1, heads=2, kv_heads=1, vocabulary=300),
        vit=VitConfig(hidden_size=16, intermediate_size=16, layers=1, heads=2, positions_per_side=4),
        vae=VaeConfig(latent_channels=2),
        latent_positions_per_side=4,
        output_size=64,
    )
    on_gpu(tiny, 2, 1, device="cpu")
    told = capsys.readouterr().out
    # Two samples of: three latent images of 16 + 2 tokens, two seen ones, texts of 200, 100 and 20 ids + 2.
    assert f"{2 * (5 * 18 + 202 + 102 + 22)} tokens a step" in told
    assert "MFU unknown: no peak known" in told


def test_its_arguments() -> None:
    shapes = [shape for name, shape in expected_model(slice_of_bagel(4)).items() if "pos_embed" not in name]
    assert sum(_size(shape) for shape in shapes) == pytest.approx(3.05e9, rel=0.01)
    with pytest.raises(SystemExit):
        main(["--device", "tpu"])


def test_without_a_gpu_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SystemExit):
        main(["--device", "cuda", "--layers", "2", "--samples", "1"])
    assert "--device cuda: torch finds no GPU here" in capsys.readouterr().err


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size
