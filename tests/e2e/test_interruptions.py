"""Killed at any moment, damaged on disk, or misconfigured: a clear line, and nothing lost or silently reused."""

import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.workspace import Workspace

pytestmark = pytest.mark.e2e

WHOLE = ("--cores", "all", "--config", "scale=micro", "--quiet", "rules")


def digests(workspace: Workspace) -> dict[str, bytes]:
    results = workspace.path / "results" / "micro"
    return {str(path.relative_to(results)): path.read_bytes() for path in sorted(results.rglob("*.manifest.json"))}


def test_killed_and_restarted_ends_in_the_same_files(finished: Workspace, fresh: Workspace) -> None:
    moments = random.Random(7)
    for _ in range(4):
        fresh.killed("snakemake", *WHOLE, after=moments.uniform(4, 40))
    fresh.snakemake("all")
    assert digests(fresh) == digests(finished)
    assert list((fresh.path / "results").rglob("*.partial")) == []


def test_killing_only_the_controller_leaves_no_job(fresh: Workspace) -> None:
    command = fresh.argv("snakemake", "--cores", "all", "--config", "scale=micro", "--quiet", "rules", "--", "render")
    process = subprocess.Popen(command, cwd=fresh.path, env=fresh.environment(), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not jobs_of(fresh) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert jobs_of(fresh)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 15
    while jobs_of(fresh) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert jobs_of(fresh) == []


def jobs_of(workspace: Workspace) -> list[int]:
    """Process ids of `ipt` verbs that run in this workspace."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            here = (entry / "cwd").resolve() == workspace.path
        except OSError:
            continue
        if here and any(word.endswith(b"/ipt") for word in words[:2]):
            found.append(int(entry.name))
    return found


@pytest.fixture
def copy(finished: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the finished workspace, to damage."""
    shutil.copytree(finished.path, tmp_path / "copy", symlinks=True)
    return Workspace(tmp_path / "copy")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("damaged", "verb"),
    [
        ("render/pet-primary-test/shard-0000.parquet", "curate --task pet --split test"),
        ("curate/pet-primary-test.parquet", "annotate --benchmark pet-primary"),
        ("curate/mvc-primary-train.parquet", "train run mvc.label_only.seed0"),
        ("train/vae/vae.safetensors", "train run mvc.ipt.latent64.seed0"),
        (
            "train/pet.label_only.seed0/model.safetensors",
            "evaluate --model pet.label_only.seed0 --benchmark pet-primary",
        ),
        ("annotate/pet-primary.parquet", "evaluate --model blind_random --benchmark pet-primary"),
        ("evaluate/predictions/pet-primary/blind_random.parquet", "score --model blind_random --benchmark pet-primary"),
    ],
)
@pytest.mark.parametrize("harm", ["flip", "truncate", "remove"])
def test_a_damaged_file_is_named_before_it_is_used(copy: Workspace, damaged: str, verb: str, harm: str) -> None:
    path = copy.path / "results" / "micro" / damaged
    if harm == "flip":
        flip(path)
    elif harm == "truncate":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.unlink()
    done = copy.run("ipt", *verb.split(), "--scale", "micro", check=False)
    assert done.returncode == 2, done.stdout
    assert Path(damaged).name in done.stdout
    assert "Traceback" not in done.stdout


def test_a_checkpoint_of_another_configuration_is_refused(copy: Workspace) -> None:
    text = (copy.path / "workflow/config/micro.yaml").read_text(encoding="utf-8")
    other = text.replace("hidden_size: 64", "hidden_size: 96")
    assert other != text
    (copy.path / "other.yaml").write_text("scale: micro\n" + other, encoding="utf-8")
    arguments = "evaluate --model pet.label_only.seed0 --benchmark pet-primary --scale other.yaml"
    done = copy.run("ipt", *arguments.split(), check=False)
    assert done.returncode == 2, done.stdout
    assert "hidden_size" in done.stdout


def test_a_typo_in_the_configuration_stops_before_any_work(fresh: Workspace) -> None:
    (fresh.path / "mine.yaml").write_text("tasks: {imagesize: 32}\n", encoding="utf-8")
    done = fresh.run("snakemake", "--cores", "all", "--config", "scale=mine.yaml", check=False)
    assert done.returncode != 0
    assert "tasks.imagesize: unknown key" in done.stdout
    assert not (fresh.path / "results").exists()
