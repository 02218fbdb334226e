"""A model of a configuration, freshly initialised.

Each tensor is drawn from a generator keyed by its name, so that adding a module changes no other module's start.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ipt.config import ModelConfig
from ipt.models.bagel.model import Bagel
from ipt.seeding import content_seed


def build_model(config: ModelConfig, seed: int | None = 0) -> Bagel:
    """A `Bagel` of `config`, in fp32 on CPU.

    Args:
        config: section `model` of a scale.
        seed: of the initialisation; None leaves the weights as the memory was (they will be loaded).
    """
    with _NoInitialisation():
        model = Bagel(config)
    if seed is not None:
        initialise(model, seed)
    return model


class _NoInitialisation(TorchFunctionMode):
    """Skips `torch.nn.init`: all weights are drawn or loaded afterwards.

    Besides the drawing this saves two seconds a process, because drawing on the meta device imports torch's compiler.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        if getattr(func, "__module__", "") == "torch.nn.init":
            return kwargs["tensor"] if kwargs and "tensor" in kwargs else args[0]
        return func(*args, **(kwargs or {}))


@torch.no_grad()
def initialise(model: Bagel, seed: int) -> None:
    """Draw all weights: matrices N(0, 1 / fan_in), tables N(0, 0.02), biases 0, norms 1, velocity head 0.

    The generation expert starts as a copy of the base expert, as BAGEL's did.
    """
    for name, parameter in model.named_parameters():
        generator = torch.Generator().manual_seed(content_seed("bagel-init", seed, name))
        if name.startswith("llm2vae.") or name.endswith(".bias"):
            nn.init.zeros_(parameter)
        elif parameter.ndim == 1:
            nn.init.ones_(parameter)
        elif "embed_tokens" in name:
            parameter.normal_(std=0.02, generator=generator)
        elif "position_embedding" in name:
            # As large as the patches: a small model learns where things are only if it sees it from the start.
            parameter.normal_(std=0.8, generator=generator)
        else:
            parameter.normal_(std=1.0 / math.sqrt(parameter.shape[1]), generator=generator)
    weights = dict(model.named_parameters())
    for name, parameter in weights.items():
        if "_moe_gen" in name:
            parameter.copy_(weights[name.replace("_moe_gen", "")])
