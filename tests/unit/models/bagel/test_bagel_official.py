"""A synthetic checkpoint with every official name at tiny width: checked, converted, and each defect named."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from ipt.cli import app
from ipt.config import Config, LlmConfig, ModelConfig, VaeConfig, VitConfig
from ipt.datasets.files import file_digest, verify
from ipt.datasets.tokenizer import SPECIAL_TOKENS, Tokenizer, build_backend
from ipt.errors import UserError
from ipt.models.bagel.build import build_model
from ipt.models.bagel.official import check, convert, expected_model, expected_vae, find_model, write_stream
from ipt.models.bagel.vae import build_vae
from ipt.models.bagel.weights import load_model, load_vae
from ipt.models.released_tokenizer import check_tokenizer, install_tokenizer

OFFICIAL_TENSORS, OFFICIAL_VALUES = 1_223, 14_607_260_128
OFFICIAL_VAE_TENSORS, OFFICIAL_VAE_VALUES = 244, 83_819_683
Change = Callable[[dict[str, torch.Tensor]], object]


@pytest.fixture(scope="module")
def thin() -> ModelConfig:
    """As many layers as BAGEL-7B-MoT, a few channels wide."""
    return ModelConfig(
        llm=LlmConfig(hidden_size=8, intermediate_size=8, heads=2, kv_heads=1, vocabulary=400),
        vit=VitConfig(hidden_size=8, intermediate_size=8, heads=2, positions_per_side=4),
        vae=VaeConfig(channels=(4, 8, 16, 16), norm_groups=4, latent_channels=2),
        latent_positions_per_side=64,
    )


@pytest.fixture(scope="module")
def tensors(thin: ModelConfig) -> dict[str, torch.Tensor]:
    return {name: value.to(torch.bfloat16) for name, value in build_model(thin, 1).state_dict().items()}


@pytest.fixture
def folder(thin: ModelConfig, tensors: dict[str, torch.Tensor], tmp_path: Path) -> Path:
    save_file(dict(tensors), tmp_path / "ema.safetensors")
    save_file(build_vae(thin.vae, 2).autoencoder.state_dict(), tmp_path / "ae.safetensors")
    return tmp_path


def test_names_are_the_official_ones(thin: ModelConfig) -> None:
    """The thin model has the names of the full one, which has the official number of tensors and of values."""
    model, vae = expected_model(ModelConfig()), expected_vae(ModelConfig())
    assert set(expected_model(thin)) == set(model)
    assert len(model) == OFFICIAL_TENSORS
    assert sum(torch.Size(shape).numel() for shape in model.values()) == OFFICIAL_VALUES
    assert model["vit_model.vision_model.embeddings.patch_embedding.weight"] == (1152, 588)
    assert model["latent_pos_embed.pos_embed"] == (4096, 3584)
    assert set(expected_vae(thin)) == set(vae)
    assert len(vae) == OFFICIAL_VAE_TENSORS
    assert sum(torch.Size(shape).numel() for shape in vae.values()) == OFFICIAL_VAE_VALUES


def test_converted_values_are_the_official_ones(
    folder: Path, thin: ModelConfig, tensors: dict[str, torch.Tensor]
) -> None:
    assert check(folder, thin) == []
    convert(folder, thin, folder / "model", folder / "vae", "tokenizer's digest")
    model = load_model(folder / "model", thin, tokenizer_digest="tokenizer's digest", dtype=torch.bfloat16)
    for name, value in model.state_dict().items():
        if "pos_embed" not in name:
            assert torch.equal(value, tensors[name]), name
    vae = load_vae(folder / "vae", thin.vae).autoencoder.state_dict()
    assert all(torch.equal(value, vae[name]) for name, value in load_file(folder / "ae.safetensors").items())
    parents = verify(folder / "model" / "model.safetensors")["parents"]
    assert parents == {str(folder / "ema.safetensors"): file_digest(folder / "ema.safetensors")}


def test_shards(folder: Path, thin: ModelConfig, tensors: dict[str, torch.Tensor]) -> None:
    """Two shards and an index are the same checkpoint; a lost shard and a name in the wrong one are told."""
    whole = check(folder, thin)
    (folder / "ema.safetensors").unlink()
    names = sorted(tensors)
    parts = {"ema-1.safetensors": names[::2], "ema-2.safetensors": names[1::2]}
    for file, held in parts.items():
        save_file({name: tensors[name] for name in held}, folder / file)
    mapping = {name: file for file, held in parts.items() for name in held}
    index = folder / "ema.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": mapping}))
    assert check(folder, thin) == whole == []
    convert(folder, thin, folder / "model", folder / "vae", "")
    assert torch.equal(load_model(folder / "model", dtype=torch.bfloat16).llm2vae.weight, tensors["llm2vae.weight"])
    index.write_text(json.dumps({"weight_map": mapping | {names[0]: "ema-2.safetensors"}}))
    with pytest.raises(UserError, match=rf"ema-2\.safetensors: tensor {names[0]} is missing"):
        find_model(folder)
    index.write_text(json.dumps({"weight_map": mapping}))
    (folder / "ema-1.safetensors").unlink()
    with pytest.raises(UserError, match=r"ema-1\.safetensors: missing"):
        find_model(folder)


def replaced(name: str, make: Callable[[torch.Tensor], torch.Tensor]) -> Change:
    return lambda tensors: tensors.update({name: make(tensors[name])})


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda tensors: tensors.pop("connector.fc1.bias"), "tensor connector.fc1.bias [8] is missing"),
        (lambda tensors: tensors.update(extra=torch.zeros(1)), "tensor extra is unknown to this model"),
        (replaced("llm2vae.bias", lambda value: value[:3].clone()), "tensor llm2vae.bias has shape [3], expected [8]"),
        (replaced("vae2llm.bias", lambda value: value / 0), "tensor vae2llm.bias holds NaN or infinity"),
        (replaced("vae2llm.bias", lambda value: value.long()), "tensor vae2llm.bias has type I64, expected one of"),
        (replaced("vae2llm.bias", lambda value: value.float()), "tensor vae2llm.bias has type F32, the tensors before"),
    ],
)
def test_each_defect_is_one_line(
    folder: Path, thin: ModelConfig, tensors: dict[str, torch.Tensor], change: Change, line: str
) -> None:
    changed = dict(tensors)
    change(changed)
    save_file(changed, folder / "ema.safetensors")
    (found,) = check(folder, thin)
    assert found.startswith(f"{folder / 'ema.safetensors'}: {line}")
    with pytest.raises(UserError, match="fetch it again, or choose the scale it belongs to"):
        convert(folder, thin, folder / "model", folder / "vae", "")
    assert not (folder / "model").exists()


def test_all_defects_are_told(folder: Path, thin: ModelConfig, tensors: dict[str, torch.Tensor]) -> None:
    changed = dict(tensors)
    del changed["llm2vae.bias"], changed["vae2llm.bias"]
    save_file(changed, folder / "ema.safetensors")
    assert len(check(folder, thin)) == 2
    with pytest.raises(UserError, match="and 1 more"):
        convert(folder, thin, folder / "model", folder / "vae", "")


def test_files_that_are_no_weights(folder: Path, thin: ModelConfig) -> None:
    (folder / "ema.safetensors").write_bytes(b"<html>not found</html>")
    with pytest.raises(UserError, match=r"ema\.safetensors: not readable"):
        check(folder, thin)
    (folder / "ema.safetensors").unlink()
    with pytest.raises(UserError, match=r"holds neither ema\.safetensors nor model\.safetensors"):
        check(folder, thin)


def test_written_as_the_library_writes(tmp_path: Path) -> None:
    values = {"b": torch.rand(2, 3), "a": torch.rand(5).bfloat16(), "empty": torch.zeros(0, 4)}
    kinds = {"b": "F32", "a": "BF16", "empty": "F32"}
    write_stream(
        tmp_path / "x", {name: (kinds[name], tuple(values[name].shape)) for name in values}, values.__getitem__
    )
    again = load_file(tmp_path / "x")
    assert set(again) == set(values)
    assert all(torch.equal(again[name], value) and again[name].dtype == value.dtype for name, value in values.items())


def test_the_verb(folder: Path, thin: ModelConfig) -> None:
    scale = folder / "scale.yaml"
    scale.write_text(json.dumps({"model": thin.model_dump(mode="json")}))
    done = CliRunner().invoke(app, ["weights", "check", "--folder", str(folder), "--scale", str(scale)])
    assert done.exit_code == 0, done.output
    assert f"{OFFICIAL_TENSORS + OFFICIAL_VAE_TENSORS} tensors, all as scale scale expects" in done.output
    (folder / "ae.safetensors").write_bytes((folder / "ema.safetensors").read_bytes())
    done = CliRunner().invoke(app, ["weights", "check", "--folder", str(folder), "--scale", str(scale)])
    assert done.exit_code == 2
    assert "tensor decoder.conv_in.bias [16] is missing" in done.output


def config_with(thin: ModelConfig, tokenizer: Tokenizer, shift: int = 0) -> Config:
    ids = [getattr(tokenizer, name) for name in ("im_start", "im_end", "vision_start", "vision_end")]
    ids[2] += shift
    return Config.model_validate({"model": thin.model_dump(mode="json"), "weights": {"special_ids": ids}})


def test_a_wrong_tokenizer(thin: ModelConfig, tmp_path: Path) -> None:
    """One with other ids of the special tokens, one with more ids than the model has rows, one without them."""
    backend = build_backend(["look"], 400)
    backend.save(str(tmp_path / "tokenizer.json"))
    tokenizer = Tokenizer(backend)
    install_tokenizer(tmp_path, config_with(thin, tokenizer), tmp_path / "out" / "tokenizer.json")
    verify(tmp_path / "out" / "tokenizer.json")
    with pytest.raises(UserError, match=r"token <\|vision_start\|> is id 2, weights\.special_ids says 3"):
        check_tokenizer(tokenizer, config_with(thin, tokenizer, shift=1), tmp_path)
    narrow = thin.model_copy(update={"llm": thin.llm.model_copy(update={"vocabulary": 100})})
    with pytest.raises(UserError, match=r"ids, but model\.llm\.vocabulary is 100"):
        check_tokenizer(tokenizer, config_with(narrow, tokenizer), tmp_path)
    text = (tmp_path / "tokenizer.json").read_text().replace(SPECIAL_TOKENS[3], "<|other|>")
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(UserError, match=r"token <\|vision_end\|> is missing"):
        install_tokenizer(tmp_path, config_with(thin, tokenizer), tmp_path / "out" / "tokenizer.json")
