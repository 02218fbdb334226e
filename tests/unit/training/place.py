"""A folder in which `ipt train run` finds all it needs, launched as a user would."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ipt.datasets.files import verify

if TYPE_CHECKING:
    from tests.unit.training.conftest import World

ROOT = Path(__file__).resolve().parents[3]


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True)
class Place:
    """A folder in which `ipt train run` finds everything at the tiny scale."""

    path: Path
    run: str

    @property
    def weights(self) -> Path:
        return self.path / "results/tiny/train" / self.run / "model.safetensors"

    def command(self, processes: int, *options: str, launcher: str = "ipt") -> list[str]:
        verb = ["-m", "ipt", "train", "run", self.run, "--scale", "tiny.yaml", *options]
        if processes == 1:
            return [sys.executable, *verb]
        if launcher == "ipt":
            return [sys.executable, *verb, "--processes", str(processes)]
        if launcher == "accelerate":
            program = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", str(processes)]
            return [sys.executable, *program, "--main_process_port", "0", *verb]
        return [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", *verb]

    def train(self, processes: int, *options: str, status: int = 0, **how: Any) -> str:
        done = subprocess.run(
            self.command(processes, *options, launcher=how.pop("launcher", "ipt")),
            cwd=self.path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1800,  # a busy machine is no failure
            check=False,
            **how,
        )
        assert done.returncode == status, done.stdout[-5000:]
        return done.stdout

    def curve(self, key: str = "loss") -> list[float]:
        lines = (self.weights.parent / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line)[key] for line in lines]

    def seen(self) -> str:
        """Digest of the log of all sample ids."""
        return verify(self.weights)["data"]


def make_place(world: "World", path: Path, run: str, **training: Any) -> Place:
    """`path` with the inputs of a run in place, and the tiny scale with some fields of `training` replaced."""
    root = path / "results/tiny"
    for source, target in (
        (world.train, "curate/pet-primary-train.parquet"),
        (world.val, "curate/pet-primary-val.parquet"),
        (world.tokenizer, "train/tokenizer/tokenizer.json"),
        (world.vae, "train/vae/vae.safetensors"),
        (world.base, "train/base.seed0/model.safetensors"),
    ):
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        for beside in source.parent.glob(f"{source.stem}.*"):
            shutil.copy(beside, (root / target).parent / beside.name.replace(source.stem, Path(target).stem, 1))
    config = world.config.model_dump(mode="json")
    config["training"] |= training
    (path / "tiny.yaml").write_text(yaml.safe_dump(config))
    return Place(path, run)
