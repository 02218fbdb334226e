"""One model over several processes: FSDP2 with one unit a layer, loaded a tensor at a time.

Parameters, gradients, optimizer state and average are fp32 shards; in bf16 a layer's weights are gathered in bf16 and
gradients are reduced in fp32. Inputs of a layer are never cast, so rotary angles, flow times and latents stay fp32
(notes/bagel.md, "Where upstream is weak", 4). No process ever holds the whole model (3): it is built on the meta
device and sharded there, and the first process reads and sends one tensor after the other.

`training.shard_size` processes share one copy of the weights; with fewer than all there are several copies (HSDP), and
with 1 every process holds all of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from ipt.config import ModelConfig, TrainingConfig
from ipt.errors import UserError
from ipt.models.bagel.build import build_model
from ipt.models.bagel.model import Bagel
from ipt.models.bagel.weights import described_model, load_model, stored_tensors
from ipt.training.optimization import local
from ipt.training.processes import Processes

GENERATES = ("_moe_gen", "vae2llm.", "llm2vae.", "time_embedder.")
"""Parts of the names of weights that only images pass."""


def load_for_training(
    folder: Path, config: ModelConfig, training: TrainingConfig, processes: Processes, *, tokenizer: str, images: bool
) -> Bagel:
    """The model stored in `folder`, ready to train on this process: whole, or this process's shards of it.

    Args:
        folder: of the starting point.
        config: what it must be.
        training: precision, activation checkpointing and `shard_size`.
        processes: of the run.
        tokenizer: digest of the tokenizer's file.
        images: whether rows hold VAE tokens; where none do, the weights that only those pass are frozen.

    Raises:
        UserError: as `ipt.models.bagel.weights.load_model`, or `shard_size` does not divide the processes.
    """
    if processes.count == 1:
        model = load_model(folder, config, tokenizer_digest=tokenizer, device=processes.device)
        return _prepared(model, training, images)
    path, _ = described_model(folder, config, tokenizer)
    with torch.device("meta"):
        model = _prepared(build_model(config, seed=None), training, images)
    shard(model, training, processes)
    model.to_empty(device=processes.device)
    model.latent_pos_embed.regenerate()
    model.vit_pos_embed.regenerate()
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    _scatter(model, stored_tensors(path, shapes) if processes.main else iter(()), processes)
    return model


def _prepared(model: Bagel, training: TrainingConfig, images: bool) -> Bagel:
    for layer in (*model.language_model.model.layers, *model.vit_model.vision_model.encoder.layers):
        layer.checkpointed = training.checkpoint_activations
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(images or not any(part in name for part in GENERATES))
    return model.train()


def shard(model: Bagel, training: TrainingConfig, processes: Processes) -> None:
    """Make every parameter of `model` a shard, in place."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    size = training.shard_size or processes.count
    if processes.count % size:
        raise UserError(f"training.shard_size: {processes.count} processes are not a multiple of {size}; change one")
    kind, copies = processes.device.type, processes.count // size
    if copies == 1:
        mesh = init_device_mesh(kind, (size,), mesh_dim_names=("shard",))
    else:
        mesh = init_device_mesh(kind, (copies, size), mesh_dim_names=("copy", "shard"))
    policy = MixedPrecisionPolicy(
        param_dtype=torch.bfloat16 if training.precision == "bf16" else None,
        reduce_dtype=torch.float32,
        cast_forward_inputs=False,
    )
    for layer in (*model.vit_model.vision_model.encoder.layers, *model.language_model.model.layers):
        fully_shard(layer, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)


def _scatter(model: nn.Module, read: Iterator[tuple[str, Tensor]], processes: Processes) -> None:
    """Fill the shards with the tensors that the first process reads, one at a time."""
    from torch.distributed.tensor import DTensor, distribute_tensor

    parameters = dict(model.named_parameters())
    for name in sorted(parameters):
        target = parameters[name].detach()
        assert isinstance(target, DTensor)
        if processes.main:
            found, tensor = next(read)
            assert found == name
            whole = tensor.to(processes.device, torch.float32)
        else:
            whole = torch.empty(target.shape, device=processes.device)
        local(target).copy_(distribute_tensor(whole, target.device_mesh, target.placements).to_local())


def release(model: nn.Module) -> None:
    """Give up what a forward pass without a backward pass left gathered: the root's weights would go stale."""
    reshard = getattr(model, "reshard", None)
    if reshard is not None:
        reshard()


def whole_tensors(tensors: Mapping[str, Tensor], processes: Processes) -> Iterable[tuple[str, Tensor]]:
    """The whole of each tensor on CPU, on the first process only; all processes must iterate."""
    for name in sorted(tensors):
        tensor = tensors[name].detach()
        full: Tensor = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
        if processes.main:
            yield name, full.cpu()
