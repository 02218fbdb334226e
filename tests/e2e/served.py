"""A tiny random-weight vision-language model behind `transformers serve`, a real OpenAI-compatible server."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.unit.models.baselines.tiny import make

ROOT = Path(__file__).resolve().parents[2]
OFFLINE = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


class Served(NamedTuple):
    """A server that runs: its process, its base URL, and the model's name there."""

    process: subprocess.Popen[bytes]
    address: str
    model: str


@contextmanager
def served_model(folder: Path) -> Iterator[Served]:
    """A model made in `folder`, served on loopback."""
    model = make("janus-pro-7b", folder / "model")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(model)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    log = folder / "log"
    with open(log, "wb") as stream:
        process = subprocess.Popen(command, env=OFFLINE, stdout=stream, stderr=stream)
    try:
        _wait(process, f"http://127.0.0.1:{port}/health", log)
        yield Served(process, f"http://127.0.0.1:{port}/v1", str(model))
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text()[-2000:])
