"""The processes of a run: one, or as many as `torchrun` or `accelerate launch` started.

A single process on a CPU needs none of torch.distributed, and does not pay for importing it.
"""

import os
from typing import Any

import torch
from torch import Tensor


class Processes:
    """Which process this is, where it computes, and what the processes of a run say to each other."""

    def __init__(self) -> None:
        self.rank, self.count = 0, 1
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            from accelerate import PartialState

            state = PartialState(cpu=not torch.cuda.is_available())
            self.rank, self.count = state.process_index, state.num_processes
            self.device = state.device if state.device.type == "cuda" else torch.device("cpu")

    @property
    def main(self) -> bool:
        """Whether this process writes what is written once."""
        return self.rank == 0

    def wait(self) -> None:
        """Wait for all others."""
        if self.count > 1:
            torch.distributed.barrier()

    def total(self, values: Tensor) -> Tensor:
        """The sum of `values` over the processes, in place; nothing is waited for on a GPU."""
        if self.count > 1:
            torch.distributed.all_reduce(values)
        return values

    def gathered(self, value: Any) -> list[Any]:
        """The small object that each process gives, by rank."""
        if self.count == 1:
            return [value]
        found: list[Any] = [None] * self.count
        torch.distributed.all_gather_object(found, value)
        return found

    def close(self) -> None:
        """Leave the group, at the end of the program."""
        if self.count > 1 and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
