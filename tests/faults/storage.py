"""What storage does to a run: full, read-only, forbidden. Each stage on a small tmpfs of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def can_mount() -> bool:
    """Whether this process may mount a tmpfs."""
    probe = Path(tempfile.mkdtemp())  # its own: several test processes ask at once
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(probe)], check=False, capture_output=True
    )
    if done.returncode == 0:
        subprocess.run(["umount", str(probe)], check=False)
    probe.rmdir()
    return done.returncode == 0 and os.geteuid() == 0


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of `size` (as mount says it) at `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def resize(folder: Path, size: str) -> None:
    """Space returns."""
    subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)


@contextmanager
def filled(folder: Path, spare: int) -> Iterator[Path]:
    """`folder` on a disk of its own, with what is in it and `spare` bytes left; `resize` gives more."""
    with tempfile.TemporaryDirectory() as name:
        held = Path(name) / "held"
        shutil.copytree(folder, held, symlinks=True)
        with small_disk(folder, "300m"):
            shutil.copytree(held, folder, symlinks=True, dirs_exist_ok=True)
            resize(folder, str(shutil.disk_usage(folder).used + spare))
            yield folder
