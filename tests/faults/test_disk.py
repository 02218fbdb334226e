"""A disk that fills up while a stage writes: a clear error, earlier files intact, and it goes on when space returns."""

import hashlib
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.storage import can_mount, filled, resize, small_disk
from tests.workspace import Workspace

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not can_mount(), reason="mounting a tmpfs needs root and the right to mount"),
]

RENDER = ("ipt", "render", "--scale", "micro", "--task", "mvc", "--split", "val")
CURATE = ("ipt", "curate", "--scale", "micro", "--task", "mvc", "--split", "val")


PAGE = 4096


class Stage(NamedTuple):
    """A verb, the folder (of the results) whose disk is full, and what the verb writes there."""

    verb: str
    folder: str
    outputs: tuple[str, ...]


STAGES = {
    "annotate": Stage("annotate --benchmark pet-primary", "annotate", ("pet-primary*",)),
    "vae": Stage("train vae", "train/vae", ("*",)),
    "base": Stage("train base", "train/base.seed0", ("*",)),
    "train": Stage("train run pet.label_only.seed0", "train/pet.label_only.seed0", ("*",)),
    "evaluate": Stage(
        "evaluate --model blind_random --benchmark pet-primary", "evaluate", ("*/pet-primary/blind_random.parquet*",)
    ),
    "score": Stage(
        "score --model blind_random --benchmark pet-primary", "evaluate", ("scores/pet-primary/blind_random.json*",)
    ),
    "table": Stage("paper table main_results", "paper", ("tables/main_results.*",)),
    "figure": Stage("paper figure filter_yields", "paper", ("figures/filter_yields.*",)),
    "report": Stage("paper report", "paper", ("report.*",)),
}


def contents(folder: Path) -> dict[str, str]:
    """sha256 of every file below."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def copy(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the finished workspace; each test puts back what it changes."""
    shutil.copytree(finished.path, tmp_path_factory.mktemp("full") / "ipt", symlinks=True)
    return Workspace(tmp_path_factory.getbasetemp() / "full0" / "ipt")


@pytest.mark.parametrize("name", STAGES)
def test_full_at_each_stage(copy: Workspace, name: str) -> None:
    stage = STAGES[name]
    folder = copy.path / "results" / "micro" / stage.folder
    verb = ("ipt", *stage.verb.split(), "--scale", "micro")
    wanted = {path: digest for path, digest in contents(folder).items() if path.endswith(".manifest.json")}
    outputs = [path for pattern in stage.outputs for path in folder.glob(pattern) if path.is_file()]
    assert outputs
    with filled(folder, spare=0):
        for path in outputs:
            path.unlink()
        resize(folder, str(shutil.disk_usage(folder).used + PAGE))
        before = contents(folder)
        done = copy.run(*verb, check=False)
        assert done.returncode == 2, done.stdout
        (told,) = [line for line in done.stdout.splitlines() if line.startswith("ipt: ")]
        assert "no space left" in told.lower() or "make room" in told  # training looks before it starts
        assert str(folder.relative_to(copy.path)) in told
        assert "Traceback" not in done.stdout
        left = contents(folder)
        assert {path: left.get(path) for path in before} == before
        assert not [path for path in left if path.endswith(".partial")]
        resize(folder, "300m")
        copy.run(*verb)
        made = contents(folder)
        assert {path: made.get(path) for path in wanted} == wanted


def test_full_while_saving_a_checkpoint(copy: Workspace) -> None:
    """The disk fills up behind the first checkpoint: the run stops, names the one that stays, and goes on from it."""
    text = (copy.path / "workflow/config/micro.yaml").read_text(encoding="utf-8")
    changed = text.replace("checkpoint_every: 8", "checkpoint_every: 2")
    assert changed != text
    (copy.path / "often.yaml").write_text("scale: micro\n" + changed, encoding="utf-8")
    folder = copy.path / "results" / "micro" / "train" / "pet.label_only.seed0"
    weights = (folder / "model.safetensors").read_bytes()
    verb = ("ipt", "train", "run", "pet.label_only.seed0", "--scale", "often.yaml")
    first = folder / "checkpoints" / "step-00000002" / "checkpoint.manifest.json"
    with filled(folder, spare=0):
        for path in folder.iterdir():
            path.unlink()
        resize(folder, "300m")
        command, environment = copy.argv(*verb), copy.environment()
        with subprocess.Popen(
            command, cwd=copy.path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            while process.poll() is None and not first.exists():
                time.sleep(0.005)
            resize(folder, str(shutil.disk_usage(folder).used + PAGE))
            printed = process.communicate()[0]
        assert process.returncode == 2, printed
        assert re.search(r"step-0000000\d: not written \(No space left on device\); step-0000000\d stays", printed)
        assert "Traceback" not in printed
        resize(folder, "300m")
        copy.run(*verb)
        assert (folder / "model.safetensors").read_bytes() == weights


def test_full_while_rendering_and_curating(fresh: Workspace) -> None:
    results = fresh.path / "results"
    shard = results / "micro" / "render" / "mvc-primary-val" / "shard-0000.parquet"
    curated = results / "micro" / "curate" / "mvc-primary-val.parquet"
    with small_disk(results, "32k"):
        done = fresh.run(*RENDER, check=False)
        assert done.returncode == 2, done.stdout
        assert "shard-0000.parquet: no space left" in done.stdout
        assert "Traceback" not in done.stdout
        assert not list(results.rglob("*.partial"))
        resize(results, "20m")
        fresh.run(*RENDER)
        before = shard.read_bytes()
        used = sum(path.stat().st_blocks for path in results.rglob("*")) * 512
        resize(results, str(used + 8192))
        done = fresh.run(*CURATE, check=False)
        assert done.returncode == 2, done.stdout
        assert "no space left" in done.stdout
        assert shard.read_bytes() == before
        resize(results, "20m")
        fresh.run(*CURATE)
        assert curated.is_file()


def test_a_read_only_disk_is_told(fresh: Workspace) -> None:
    results = fresh.path / "results"
    with small_disk(results, "4m"):
        resize(results, "4m,ro")
        done = fresh.run(*RENDER, check=False)
        assert done.returncode == 2, done.stdout
        assert "read-only" in done.stdout
        assert "Traceback" not in done.stdout
