"""The one way this package compiles a numeric kernel.

Kernels are cached on disk in a folder named after the sources of this package: numba alone looks only at the file of
the outermost kernel, and would reuse stale machine code after a change to a helper in another file.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def _cache_folder() -> Path:
    folder = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for source in sorted(folder.glob("*.py")):
        digest.update(source.read_bytes())
    base = Path(os.environ.get("NUMBA_CACHE_DIR") or folder / "__pycache__")
    return base / f"kernels-{digest.hexdigest()[:12]}"


numba.config.CACHE_DIR = str(_cache_folder())


def kernel(function: Function) -> Function:
    """Compile `function` with numba: cached on disk, without the GIL, without fast-math.

    Fast-math is off because it lets the compiler reorder sums by processor, and images must have the same bytes on
    every machine. For the same reason kernels use only + - * / and sqrt, which IEEE 754 rounds exactly, and no
    libm function.

    Arrays are not reference-counted in kernels (their callers hold them), which halves the time of shading. A kernel
    therefore cannot make arrays: see `allocating_kernel`.
    """
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function))


def allocating_kernel(function: Function) -> Function:
    """As `kernel`, for those that make arrays."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inlined(function: Function) -> Function:
    """As `kernel`, for small helpers of inner loops: compiled into their callers, because arrays are costly to pass."""
    return cast(Function, numba.njit(nogil=True, error_model="numpy", forceinline=True, _nrt=False)(function))


def helper(function: Function) -> Function:
    """As `kernel`, for parts of kernels that are called seldom, or are too large to be compiled into each caller."""
    return cast(Function, numba.njit(nogil=True, error_model="numpy", _nrt=False)(function))
