"""Whether a model fits into the memory that is free, before it is loaded."""

from pathlib import Path

import torch

from ipt.errors import UserError

MIB = 2**20
MEMORY_INFO = Path("/proc/meminfo")


def free_bytes(device: torch.device) -> int | None:
    """Bytes that are free where `device` keeps tensors; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        lines = MEMORY_INFO.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return found[0] if found else None


def require_room(what: Path, values: int, dtype: torch.dtype, device: torch.device | str) -> None:
    """Raise unless `values` numbers of `dtype` fit.

    Raises:
        UserError: too little memory; says how much is needed and free.
    """
    needed, free = values * dtype.itemsize, free_bytes(torch.device(device))
    if free is not None and needed > free:
        raise UserError(
            f"{what}: needs {needed / MIB:.1f} MiB as {str(dtype).removeprefix('torch.')}, {free / MIB:.1f} MiB are"
            f" free on {device}; end other programs, or use a machine with more memory (or a smaller scale)"
        )
