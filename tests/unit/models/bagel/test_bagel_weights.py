"""Initialisation, and strict reading and writing of weights."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ipt.config import ModelConfig
from ipt.datasets.files import manifest_path, read_json, write_json, write_manifest
from ipt.errors import UserError
from ipt.models.bagel.build import build_model
from ipt.models.bagel.vae import build_vae
from ipt.models.bagel.weights import MODEL_FILE, load_model, load_vae, save_model, save_vae


def test_initialisation_follows_the_seed(nano: ModelConfig) -> None:
    one, same, other = (build_model(nano, seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[name], same[name]) for name in one)
    name = "language_model.model.layers.1.mlp.up_proj.weight"
    assert not torch.equal(one[name], other[name])
    assert torch.equal(one[name], one[name.replace("mlp", "mlp_moe_gen")])


def test_there_and_back(nano: ModelConfig, tmp_path: Path) -> None:
    model, vae = build_model(nano, 3), build_vae(nano.vae, 3)
    save_model(model, tmp_path / "run", tokenizer_digest="abc")
    save_vae(vae, tmp_path / "vae")
    again = load_model(tmp_path / "run", nano, tokenizer_digest="abc")
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in again.state_dict().items())
    pixels = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(load_vae(tmp_path / "vae", nano.vae).posterior(pixels)[0], vae.posterior(pixels)[0])


def test_average_instead_of_weights(nano: ModelConfig, tmp_path: Path) -> None:
    model = build_model(nano, 0)
    average = {name: parameter.detach() * 2 for name, parameter in model.named_parameters()}
    save_model(model, tmp_path, tensors=average)
    name = "language_model.lm_head.weight"
    assert torch.equal(load_model(tmp_path).state_dict()[name], average[name])


def test_another_configuration_is_refused_by_field(nano: ModelConfig, tmp_path: Path) -> None:
    save_model(build_model(nano, 0), tmp_path, tokenizer_digest="abc")
    other = nano.model_copy(update={"llm": nano.llm.model_copy(update={"layers": 5})})
    with pytest.raises(UserError, match=r"model\.safetensors.*model\.llm\.layers is 2 there, 5 in yours"):
        load_model(tmp_path, other)
    with pytest.raises(UserError, match="field tokenizer"):
        load_model(tmp_path, nano, tokenizer_digest="another")
    # How long the VAE was trained says nothing about whether the weights fit.
    fed = nano.model_copy(update={"vae": nano.vae.model_copy(update={"train_steps": 7})})
    load_model(tmp_path, fed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("connector.fc1.bias"), r"tensor connector\.fc1\.bias is missing"),
        (lambda tensors: tensors.update(extra=torch.zeros(1)), "tensor extra is unknown"),
        (
            lambda tensors: tensors.update({"llm2vae.bias": torch.zeros(3)}),
            r"tensor llm2vae\.bias has shape \[3\], expected \[4\]",
        ),
        (lambda tensors: tensors["vae2llm.weight"][0].fill_(float("nan")), r"tensor vae2llm\.weight holds NaN"),
    ],
)
def test_a_wrong_tensor_is_named(nano: ModelConfig, tmp_path: Path, change, message: str) -> None:  # type: ignore[no-untyped-def]
    save_model(build_model(nano, 0), tmp_path)
    tensors = load_file(tmp_path / MODEL_FILE)
    change(tensors)
    save_file(tensors, tmp_path / MODEL_FILE)
    write_manifest(tmp_path / MODEL_FILE, rows=len(tensors), command="test", config_digest="")
    with pytest.raises(UserError, match=message):
        load_model(tmp_path, nano)


def test_too_little_memory(nano: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told before anything is loaded; a system that does not say how much is free is trusted."""
    save_model(build_model(nano, 0), tmp_path)
    info = tmp_path / "meminfo"
    monkeypatch.setattr("ipt.models.bagel.room.MEMORY_INFO", info)
    load_model(tmp_path)
    info.write_text("MemTotal: 100 kB\nMemAvailable:   500 kB\n")
    values = sum(tensor.numel() for tensor in build_model(nano, None).state_dict().values())
    assert values * 4 > 500 * 1024 > values * 2
    with pytest.raises(UserError, match=r"model\.safetensors: needs 0\.6 MiB as float32, 0\.5 MiB are free"):
        load_model(tmp_path)
    load_model(tmp_path, dtype=torch.bfloat16)


def test_damaged_or_unfinished_files(nano: ModelConfig, tmp_path: Path) -> None:
    path = tmp_path / MODEL_FILE
    with pytest.raises(UserError, match=r"model\.safetensors: missing"):
        load_model(tmp_path, nano)
    save_model(build_model(nano, 0), tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(UserError, match="sha256 differs"):
        load_model(tmp_path, nano)
    path.write_bytes(whole)
    description = read_json(path.with_suffix(".json"))
    write_json(path.with_suffix(".json"), description | {"kind": "vae"})
    with pytest.raises(UserError, match="field kind"):
        load_model(tmp_path, nano)
    manifest_path(path).unlink()
    with pytest.raises(UserError, match="no manifest"):
        load_model(tmp_path, nano)
