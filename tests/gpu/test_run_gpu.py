"""A run, its resumption, several processes over NCCL, answers and the memory that was announced, on a GPU."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from ipt.config import Config
from ipt.datasets.files import verify
from ipt.errors import Stopped
from ipt.models.bagel.answerer import load_answerer
from ipt.models.bagel.room import batch_that_fits, free_bytes
from ipt.runs import Run
from ipt.training.preflight import needed_memory
from tests.unit.training.place import make_place

if TYPE_CHECKING:
    from tests.unit.training.conftest import World

RUN = Run("pet", "mixed", 0)


def changed(config: Config, **training: Any) -> Config:
    return Config.model_validate(
        config.model_dump(mode="json") | {"training": config.training.model_dump(mode="json") | training}
    )


def losses(weights: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (weights.parent / "metrics.jsonl").read_text().splitlines()]


def test_a_run_in_bf16_learns_about_what_fp32_learns(world: "World", tmp_path: Path) -> None:
    """Late readback, pinned copies and packs made ahead are all on the way."""
    exact = losses(world.run(RUN, tmp_path / "exact"))
    narrow = losses(world.run(RUN, tmp_path / "narrow", changed(world.config, precision="bf16")))
    assert narrow == pytest.approx(exact, rel=0.05)
    assert len(narrow) == 20


def test_a_stopped_run_goes_on_and_loses_no_sample(world: "World", tmp_path: Path) -> None:
    straight = world.run(RUN, tmp_path / "straight")

    def stop(step: int) -> None:
        if step == 7:
            os.kill(os.getpid(), 10)  # SIGUSR1

    with pytest.raises(Stopped):
        world.run(RUN, tmp_path / "stopped", on_step=stop)
    resumed = world.run(RUN, tmp_path / "stopped")
    assert verify(resumed)["data"] == verify(straight)["data"]
    assert losses(resumed) == pytest.approx(losses(straight), rel=1e-3)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="one GPU; NCCL takes two")
@pytest.mark.parametrize("training", [{}, {"precision": "bf16"}, {"shard_size": 1}])
def test_two_gpus_learn_what_one_learns(world: "World", tmp_path: Path, training: dict[str, Any]) -> None:
    """FSDP2 over NCCL, started by the verb itself; the same sample log, losses within rounding."""
    one, two = (make_place(world, tmp_path / name, RUN.run_id, **training) for name in ("one", "two"))
    for place, processes in ((one, 1), (two, 2)):
        place.train(processes)
    assert one.seen() == two.seen() != ""
    assert one.curve() == pytest.approx(two.curve(), rel=0.02 if "precision" in training else 1e-3)


def test_the_memory_announced_is_about_the_memory_taken(world: "World", tmp_path: Path) -> None:
    """At a size where tensors outweigh the allocator's blocks. Announced too little would be an out-of-memory later."""
    data = world.config.model_dump(mode="json")
    data["model"]["llm"] |= {"hidden_size": 512, "intermediate_size": 1408, "layers": 6, "heads": 8, "kv_heads": 2}
    data["training"] |= {"steps": {"pet": 3, "pt": 1, "mvc": 1}, "samples_per_step": 64, "validate_every": 3}
    config = Config.model_validate(data)
    from ipt.training.base import make_base

    base = tmp_path / "base/model.safetensors"
    make_base(config, world.tokenizer, world.vae, base)
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    replace(world, base=base).run(RUN, tmp_path, config)
    taken = torch.cuda.max_memory_allocated() - before
    needed = needed_memory(config, RUN, 1, "cuda")
    announced = needed.device - needed.program
    print(f"memory: announced {announced / 2**20:.0f} MiB, taken {taken / 2**20:.0f} MiB")
    assert taken <= announced
    assert announced <= 3 * taken


@pytest.mark.parametrize("precision", ["fp32", "auto"])
def test_answers_on_the_gpu(world: "World", tmp_path: Path, precision: str) -> None:
    """Greedy answers in fp32 are those of the CPU; `auto` is bf16 and keeps the same form."""
    from ipt.datasets.files import read_questions
    from ipt.evaluation.prompts import request_for

    place = make_place(world, tmp_path / "place", RUN.run_id)
    questions = read_questions(world.val)[:8]

    def answers(device: str, precision: str) -> list[Any]:
        data = world.config.model_dump(mode="json")
        data["evaluation"] |= {"device": device, "precision": precision, "temperature": 0.0, "wording": "training"}
        data["evaluation"] |= {"max_think_tokens": 16, "image_steps": 3}
        config = Config.model_validate(data)
        requests = [
            request_for(config, RUN.run_id, question, mode, "marked")
            for question in questions
            for mode in ("answer_only", "with_thought", "oracle_thought")
        ]
        return load_answerer(place.weights.parent.parent / "base.seed0", config).answer(requests)

    ours = answers("cuda", precision)
    assert all(one.text for one in ours)
    if precision == "fp32":
        theirs = answers("cpu", "fp32")
        same = [one.text == other.text for one, other in zip(ours, theirs, strict=True)]
        assert sum(same) >= 0.9 * len(same)  # the others: ties within rounding


def test_the_batch_fits_the_memory_that_is_free() -> None:
    free = free_bytes(torch.device("cuda"))
    assert free is not None
    assert 1 <= batch_that_fits(Config(), torch.bfloat16, free) <= Config().evaluation.batch
