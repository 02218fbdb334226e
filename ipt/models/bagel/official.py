"""Released checkpoints in the official format: strictly checked, and converted to what the pipeline reads.

A folder holds `ema.safetensors` (or `model.safetensors`, or shards with an index) under BAGEL's parameter names, which
are ours too, and `ae.safetensors`. Every tensor is accounted for by name, shape and type; conversion copies values
unchanged, one tensor in memory at a time. Source: notes/bagel.md, "Checkpoint".
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ipt.config import ModelConfig
from ipt.datasets.files import atomic_path, file_digest, inside, read_json, write_json, write_manifest
from ipt.errors import UserError
from ipt.models.bagel.model import Bagel
from ipt.models.bagel.vae import Vae
from ipt.models.bagel.weights import MODEL_FILE, REGENERATED, VAE_FILE

MODEL_NAMES = ("ema.safetensors", "model.safetensors")
VAE_NAME = "ae.safetensors"
TYPES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16"}


@dataclass(frozen=True)
class Source:
    """Where the tensors of one model are: each name's file."""

    path: Path
    """The file, or the index of the shards: what messages name."""
    files: Mapping[str, Path]

    @cached_property
    def _open(self) -> dict[Path, Any]:
        return {path: safe_open(path, "pt") for path in set(self.files.values())}

    def about(self, name: str) -> tuple[str, tuple[int, ...]]:
        """Type and shape as stored."""
        view = self._open[self.files[name]].get_slice(name)
        return str(view.get_dtype()), tuple(view.get_shape())

    def tensor(self, name: str) -> Tensor:
        """The stored tensor."""
        found: Tensor = self._open[self.files[name]].get_tensor(name)
        return found


def find_model(folder: Path) -> Source:
    """The decoder's weights in `folder`: a single file, or the shards of an index.

    Raises:
        UserError: none there, a shard is missing or not readable, or the index and its shards disagree.
    """
    for name in MODEL_NAMES:
        if (folder / name).is_file():
            return single(folder / name)
        index = folder / f"{name}.index.json"
        if index.is_file():
            return _sharded(index)
    raise UserError(f"{folder}: holds neither {' nor '.join(MODEL_NAMES)} (nor an index of shards); fetch it again")


def single(path: Path) -> Source:
    """The tensors of one safetensors file.

    Raises:
        UserError: missing or not readable.
    """
    return Source(path, dict.fromkeys(_names(path), path))


def _sharded(index: Path) -> Source:
    mapping = read_json(index).get("weight_map")
    if not isinstance(mapping, dict) or not mapping:
        raise UserError(f"{index}: field weight_map is missing; fetch it again")
    files = {str(name): inside(index.parent, str(file)) for name, file in mapping.items()}
    held = {path: _names(path) for path in sorted(set(files.values()))}
    for name, path in files.items():
        if name not in held[path]:
            raise UserError(f"{path}: tensor {name} is missing, which {index.name} says is there; fetch it again")
    for path, names in held.items():
        for name in sorted(names - {name for name, file in files.items() if file == path}):
            raise UserError(f"{path}: tensor {name} is not in {index.name}; fetch it again")
    return Source(index, files)


def _names(path: Path) -> set[str]:
    if not path.is_file():
        raise UserError(f"{path}: missing; fetch it again")
    try:
        with safe_open(path, "pt") as stored:
            return set(stored.keys())
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: not readable ({error}); delete it and fetch again") from None


@cache
def expected_model(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor of the decoder's checkpoint."""
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in Bagel(config).state_dict().items()}


@cache
def expected_vae(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor of `ae.safetensors`."""
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in Vae(config.vae).autoencoder.state_dict().items()}


def problems(source: Source, expected: Mapping[str, tuple[int, ...]], values: bool = True) -> Iterator[str]:
    """One line for each thing that is wrong: missing, unknown, of another shape or type, not finite.

    Args:
        source: the checkpoint.
        expected: name -> shape.
        values: also read every value (29 GB at full size).
    """
    for name in sorted(set(expected) - set(source.files) - REGENERATED):
        yield f"{source.path}: tensor {name} {list(expected[name])} is missing"
    for name in sorted(set(source.files) - set(expected)):
        yield f"{source.path}: tensor {name} is unknown to this model"
    kinds: dict[str, str] = {}
    for name in sorted(set(source.files) & set(expected)):
        kind, shape = source.about(name)
        if shape != expected[name]:
            yield f"{source.files[name]}: tensor {name} has shape {list(shape)}, expected {list(expected[name])}"
        if kind not in TYPES.values():
            yield f"{source.files[name]}: tensor {name} has type {kind}, expected one of {', '.join(TYPES.values())}"
        elif name not in REGENERATED:
            first = kinds.setdefault("type", kind)
            if kind != first:
                yield f"{source.files[name]}: tensor {name} has type {kind}, the tensors before it {first}"
        if values and name not in REGENERATED and not bool(torch.isfinite(source.tensor(name)).all()):
            yield f"{source.files[name]}: tensor {name} holds NaN or infinity"


def check(folder: Path, config: ModelConfig, values: bool = True) -> list[str]:
    """Every problem of the checkpoint in `folder`, a line each; none when it fits `config`.

    Raises:
        UserError: a file is missing or not readable, so that there is nothing to compare.
    """
    model, vae = find_model(folder), single(folder / VAE_NAME)
    return [*problems(model, expected_model(config), values), *problems(vae, expected_vae(config), values)]


def convert(folder: Path, config: ModelConfig, model_dir: Path, vae_dir: Path, tokenizer_digest: str) -> None:
    """Write the checkpoint in `folder` as `model.safetensors` and `vae.safetensors`, each with its description.

    Values and types are kept. The manifests name the official files by sha256.

    Args:
        folder: official files.
        config: what they must be.
        model_dir: where the model goes (`Layout.model(...)`'s folder).
        vae_dir: where the autoencoder goes.
        tokenizer_digest: sha256 of the tokenizer that belongs to it.

    Raises:
        UserError: the checkpoint does not fit `config`; names the first problem and how many there are.
    """
    _refuse(check(folder, config))
    model = {"kind": "bagel", "model": config.model_dump(mode="json"), "tokenizer": tokenizer_digest}
    _write(find_model(folder), model_dir / MODEL_FILE, model)
    vae = {"kind": "vae", "model": config.vae.model_dump(mode="json")}
    _write(single(folder / VAE_NAME), vae_dir / VAE_FILE, vae)


def convert_finetuned(folder: Path, config: ModelConfig, model_dir: Path, vae: Path, tokenizer: Path) -> None:
    """Write a checkpoint that was trained from the scale's base: only the decoder, since VAE and tokenizer are the
    base's.

    Args:
        folder: official files; an autoencoder among them must be the base's, value for value.
        config: what they must be.
        model_dir: where the model goes.
        vae: of the base, converted.
        tokenizer: of the base.

    Raises:
        UserError: the checkpoint does not fit `config`, or has another autoencoder.
    """
    source = find_model(folder)
    _refuse(list(problems(source, expected_model(config))))
    if (folder / VAE_NAME).is_file():
        theirs, ours = single(folder / VAE_NAME), single(vae)
        for name in sorted(set(theirs.files) | set(ours.files)):
            both = name in theirs.files and name in ours.files
            if not both or not torch.equal(theirs.tensor(name), ours.tensor(name)):
                raise UserError(f"{folder / VAE_NAME}: tensor {name} is not that of {vae}; it has another base")
    digest = file_digest(tokenizer)
    _write(
        source, model_dir / MODEL_FILE, {"kind": "bagel", "model": config.model_dump(mode="json"), "tokenizer": digest}
    )


def _refuse(found: Sequence[str]) -> None:
    if found:
        more = f" (and {len(found) - 1} more: ipt weights check)" if len(found) > 1 else ""
        raise UserError(f"{found[0]}{more}; fetch it again, or choose the scale it belongs to")


def _write(source: Source, path: Path, description: Mapping[str, Any]) -> None:
    names = sorted(set(source.files) - REGENERATED)
    write_json(path.with_suffix(".json"), {"schema": 1, **description})
    write_stream(path, {name: source.about(name) for name in names}, source.tensor)
    parents = {str(file): file_digest(file) for file in sorted(set(source.files.values()))}
    write_manifest(path, rows=len(names), command="convert-weights", config_digest="", parents=parents)


def write_stream(path: Path, about: Mapping[str, tuple[str, tuple[int, ...]]], tensor: Callable[[str], Tensor]) -> None:
    """Write a safetensors file with one tensor in memory at a time (the library's writer needs them all).

    Args:
        path: written atomically.
        about: name -> type and shape, in the order of the file.
        tensor: gives the tensor of a name.
    """
    sizes = {name: 4 if kind == "F32" else 2 for name, (kind, _) in about.items()}
    header: dict[str, Any] = {}
    end = 0
    for name, (kind, shape) in about.items():
        count = 1
        for side in shape:
            count *= side
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [end, end + count * sizes[name]]}
        end += count * sizes[name]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for name in about:
            stream.write(tensor(name).contiguous().view(torch.uint8).numpy().tobytes())
