"""Several processes, launched as a user would: they learn what one learns, and a checkpoint fits any number of them."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file

from ipt.config import load_config
from ipt.datasets.files import file_digest
from ipt.errors import EXIT_STOPPED
from tests.unit.training.place import Place, environment, make_place

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.e2e
RUN = "pet.mixed.latent64.seed0"
LABELS = "pet.label_only.seed0"
FEW = {"pet": 8, "pt": 1, "mvc": 1}


@pytest.fixture
def place(world: "World", tmp_path: Path) -> Callable[..., Place]:
    return lambda name, run=RUN, **training: make_place(world, tmp_path / name, run, **training)


def close(one: Place, other: Place, tolerance: float) -> None:
    assert one.curve() == pytest.approx(other.curve(), rel=tolerance)
    left, right = load_file(one.weights), load_file(other.weights)
    assert left.keys() == right.keys()
    for name in left:
        if not ("vit_model" in name and name.endswith("k_proj.bias")):  # its gradient is rounding noise alone
            assert (left[name] - right[name]).abs().max() <= 10 * tolerance, name


@pytest.mark.parametrize(
    ("launcher", "training"),
    [
        ("torchrun", {}),
        ("ipt", {"checkpoint_activations": True, "packs_per_step": 4}),  # each process computes two packs
        ("accelerate", {"shard_size": 1}),  # each process holds all weights
    ],
)
def test_two_processes_learn_what_one_learns(place: Callable[..., Place], launcher: str, training: Any) -> None:
    one, two = place("one", steps=FEW), place("two", steps=FEW, **training)
    one.train(1)
    two.train(2, launcher=launcher)
    close(one, two, 2e-5)
    assert one.seen() == two.seen() != ""
    assert one.curve("samples") == two.curve("samples")
    pictures = [sorted((each.weights.parent / "sanity").iterdir()) for each in (one, two)]
    assert [path.name for path in pictures[0]] == [path.name for path in pictures[1]] != []


def test_two_processes_without_images_freeze_what_only_images_pass(place: Callable[..., Place]) -> None:
    one, two = place("one", LABELS, steps=FEW), place("two", LABELS, steps=FEW)
    one.train(1)
    two.train(2)
    close(one, two, 2e-5)


def test_bf16_stays_near_fp32_on_one_process_and_on_two(place: Callable[..., Place]) -> None:
    """Master weights, losses and rotary angles are fp32, and nothing but products is narrow."""
    exact, one, two = place("exact", steps=FEW), *(place(name, steps=FEW, precision="bf16") for name in ("one", "two"))
    exact.train(1)
    one.train(1)
    two.train(2)
    assert one.curve() == pytest.approx(exact.curve(), rel=0.02)
    assert two.curve() == pytest.approx(exact.curve(), rel=0.02)
    assert one.curve() != exact.curve()


def test_packs_filled_by_tokens_are_the_same_for_one_process_and_two(place: Callable[..., Place]) -> None:
    budget = {"samples_per_step": None, "tokens_per_pack": 150, "tokens_per_sample": 120, "packs_per_step": 2}
    one, two = place("one", steps=FEW, **budget), place("two", steps=FEW, **budget)
    one.train(1)
    two.train(2)
    assert one.seen() == two.seen()
    close(one, two, 2e-5)
    three = place("three", **budget).train(3, status=2)
    assert "training.packs_per_step: 2 packs cannot be shared evenly by 3 processes" in three


def test_stopped_on_two_processes_it_goes_on_with_one_and_the_other_way_round(place: Callable[..., Place]) -> None:
    straight = place("straight")
    straight.train(1)
    for before, after in ((2, 1), (1, 2)):
        here = place(f"from{before}to{after}")
        stopped = here.train(before, "--stop-after", "0.5", status=EXIT_STOPPED)
        assert "run the same command again to go on" in stopped
        assert not here.weights.exists()
        if before == 2:
            resharded_exactly(here)
        here.train(after)
        assert here.seen() == straight.seen()
        close(here, straight, 2e-5)


def resharded_exactly(place: Place) -> None:
    """One process reads from the shards of two the very tensors that PyTorch's own converter puts together."""
    from torch.distributed.checkpoint.format_utils import dcp_to_torch_save

    from ipt.models.bagel.weights import load_model
    from ipt.training.checkpoints import TrainingState, load_checkpoint
    from ipt.training.optimization import WeightAverage, make_optimizer
    from ipt.training.processes import Processes

    path = next((place.weights.parent / "checkpoints").glob("step-*"))
    assert len(list(path.glob("__*"))) == 2
    dcp_to_torch_save(path, place.path / "whole.pt")
    whole = torch.load(place.path / "whole.pt")
    model = load_model(place.weights.parent.parent / "base.seed0")
    config = load_config(place.path / "tiny.yaml").training
    state = TrainingState(model, WeightAverage(model, 0.5), make_optimizer(model, config))
    load_checkpoint(path, state, Processes())
    ours = state.tensors()
    assert ours.keys() == whole.keys()
    assert all(torch.equal(ours[name], whole[name]) for name in ours)


def test_killed_on_two_processes_it_replays_nothing_and_loses_nothing(place: Callable[..., Place]) -> None:
    straight, killed = place("straight"), place("killed")
    straight.train(2)
    process = subprocess.Popen(
        killed.command(2),
        cwd=killed.path,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    manifest = killed.weights.parent / "checkpoints/step-00000010/checkpoint.manifest.json"
    deadline = time.monotonic() + 900
    while not manifest.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert manifest.exists()
    assert not killed.weights.exists()
    killed.train(2)
    assert killed.seen() == straight.seen()
    assert file_digest(killed.weights) == file_digest(straight.weights)
