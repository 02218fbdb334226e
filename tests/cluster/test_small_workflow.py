"""A real SLURM, a real trainer, a small part of the DAG: from scenes to scores, and what may happen on the way.

Short enough for every run of the tests; the whole DAG and more trouble are in the long ones (`make test-cluster`).
"""

import json
import os
import signal
from collections.abc import Callable

import pytest

from tests.cluster.conftest import OnCluster, make_clone, set_lines
from tests.cluster.loopback import Loopback, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slurm]

COMMAND = ("snakemake", "--cores", "all", "--profile", "slurm", "--config", "scale=micro", "--")
RUN = "pet.label_only.seed0"
MODEL = f"results/micro/train/{RUN}/model.safetensors"
SCORES = [f"results/micro/evaluate/scores/pet-primary/{model}.json" for model in (RUN, "blind_majority")]
SHARDS = [
    f"results/micro/render/{task}-primary-{split}/shard-0000.parquet"
    for task in ("pt", "mvc")
    for split in ("val", "test")
]
PATIENCE = 900


@pytest.fixture(scope="module")
def small(cluster: Loopback, tmp_path_factory: pytest.TempPathFactory) -> OnCluster:
    """A clone in which two models have scores. Training ran in two processes on two nodes and was out of time at once.

    The last second of the wall time begins with the job, so that each start saves after the first steps it can make.
    """
    here = make_clone(
        tmp_path_factory.mktemp("small"),
        cluster,
        steps="{pet: 3, pt: 3, mvc: 3}",
        train="{memory_mb: 2500, minutes: 20, nodes: 2, processes: 1}\n  stop_before_seconds: 1199",
    )
    (here.path / "site.yaml").write_text("evaluations_per_job: 2\n", encoding="utf-8")
    here.finish(here.start(*COMMAND, *SCORES))
    return here


def steps_of(here: OnCluster) -> list[int]:
    curve = (here.path / MODEL).with_name("metrics.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["step"] for line in curve.splitlines()]


def restarts(here: OnCluster, job_id: str) -> int:
    shown = here.cluster.ask("scontrol", "show", "job", job_id)
    return int(shown.partition("Restarts=")[2].split()[0])


def test_scores_are_there_and_nothing_is_left_to_do(small: OnCluster) -> None:
    for path in SCORES:
        assert json.loads((small.path / path).read_text(encoding="utf-8"))
    assert "Nothing to be done" in small.run(*COMMAND[:-1], "-n", "--", *SCORES).stdout


def test_each_piece_of_work_was_one_job(small: OnCluster) -> None:
    """Five shards, five sets, VAE, base and training; two evaluations with their scores in one."""
    for word, count in {
        "rule_render_shard": 5,
        "rule_curate_set": 5,
        "rule_train_vae": 1,
        "rule_train_base": 1,
    }.items():
        assert len(small.jobs_of(word)) == count, word
    assert len(small.jobs_of("rule_evaluate_")) == 1
    assert {job["state"] for job in small.jobs_of("rule_")} == {"COMPLETED"}
    assert not list(small.home.glob(".config/snakemake*"))  # nothing of Snakemake's is needed there


def test_training_ran_on_two_nodes_and_made_room_before_its_wall_time(small: OnCluster) -> None:
    (job,) = small.jobs_of("rule_train_run", RUN)
    assert job["node"] == "n[1-2]"
    assert restarts(small, job["id"]) >= 1
    assert steps_of(small) == [1, 2, 3]  # each once
    assert (small.path / MODEL).is_file()
    assert not (small.path / MODEL).with_name("stopped").exists()


def train_again(small: OnCluster, steps: int, trouble: Callable[[dict[str, str]], None], memory_mb: int = 2500) -> int:
    """Train with other steps in one process and make `trouble` for its job once it has saved; where it stood then."""
    set_lines(
        small,
        steps=f"{{pet: {steps}, pt: 3, mvc: 3}}",
        checkpoint_every="10",
        validate_every="200",
        train=f"{{memory_mb: {memory_mb}, minutes: 60}}",
        stop_before_seconds="60",
    )
    controller = small.start(*COMMAND, MODEL)
    checkpoints = (small.path / MODEL).with_name("checkpoints")
    try:
        wait_until(lambda: any(checkpoints.glob("step-*/checkpoint.manifest.json")), "a checkpoint is there", PATIENCE)
        running = [job for job in small.jobs_of("rule_train_run", RUN) if job["state"] == "RUNNING"]
        trouble(running[-1])
        saved = max(int(path.parent.name[5:]) for path in checkpoints.glob("step-*/checkpoint.manifest.json"))
        small.finish(controller)
    finally:
        controller.kill()
    assert steps_of(small) == list(range(1, steps + 1))  # none lost, none twice
    return saved


def test_a_preempted_training_job_goes_on_from_its_checkpoint(small: OnCluster) -> None:
    def preempt(job: dict[str, str]) -> None:
        urgent = ("--partition=urgent", f"--nodelist={job['node']}", "--exclusive", "--output=/dev/null", "--wrap=true")
        assert small.cluster.ask("sbatch", *urgent)
        wait_until(lambda: restarts(small, job["id"]) == 1, "the job is preempted", PATIENCE)

    before = {job["id"] for job in small.jobs_of("rule_train_run")}
    saved = train_again(small, 200, preempt)
    assert 10 <= saved < 200
    assert len({job["id"] for job in small.jobs_of("rule_train_run")} - before) == 1  # the same job, not another


@pytest.mark.long
def test_a_training_job_whose_node_goes_down_runs_again(small: OnCluster) -> None:
    def cut_the_power(job: dict[str, str]) -> None:
        small.cluster.kill_node(job["node"])
        wait_until(lambda: small.cluster.states()[job["node"]].startswith("down"), "the node is missed", PATIENCE)
        small.cluster.start_node(job["node"])
        wait_until(lambda: restarts(small, job["id"]) == 1, "the job is back in the queue", PATIENCE)

    assert 10 <= train_again(small, 201, cut_the_power) < 201


@pytest.mark.long
def test_a_training_job_that_somebody_cancels_is_submitted_again(small: OnCluster) -> None:
    def cancel(job: dict[str, str]) -> None:
        small.cluster.ask("scancel", job["id"])
        wait_until(lambda: len(small.jobs_of("rule_train_run", RUN)) == before + 2, "another is submitted", PATIENCE)

    before = len(small.jobs_of("rule_train_run", RUN))
    assert 10 <= train_again(small, 202, cancel) < 202


@pytest.mark.long
def test_training_over_its_memory_is_asked_for_again_with_more(small: OnCluster) -> None:
    before = {job["id"] for job in small.jobs_of("rule_train_run")}
    train_again(small, 203, lambda job: None, memory_mb=500)  # it takes about 800, Snakemake's 400 with it
    jobs = [job for job in small.jobs_of("rule_train_run") if job["id"] not in before]
    shown = [small.cluster.ask("scontrol", "show", "job", job["id"]) for job in jobs]
    asked = [text.partition("MinMemoryNode=")[2].split()[0] for text in shown]
    assert asked[:2] == ["500M", "1000M"]
    assert [job["state"] for job in jobs][-1] == "COMPLETED"
    assert jobs[0]["state"] in ("OUT_OF_MEMORY", "FAILED", "CANCELLED")


def test_after_the_controller_is_killed_nothing_is_done_twice(small: OnCluster) -> None:
    controller = small.start(*COMMAND, *SHARDS)
    wait_until(
        lambda: bool([job for job in small.jobs_of("render") if job["state"] == "RUNNING"]), "jobs run", PATIENCE
    )
    os.kill(controller.pid, signal.SIGKILL)
    controller.wait()
    submitted = {job["id"] for job in small.jobs_of("rule_")}
    again = small.run(*COMMAND, *SHARDS, check=False)
    assert again.returncode != 0
    assert "ipt cluster recover" in again.stdout
    assert {job["id"] for job in small.jobs_of("rule_")} == submitted  # none beside them
    assert "recovered" in small.run("ipt", "cluster", "recover", "--scale", "micro", "--poll", "1", timeout=3600).stdout
    assert small.cluster.jobs() == []
    finished = {name: (small.path / name).stat().st_mtime_ns for name in SHARDS if (small.path / name).exists()}
    assert finished
    small.finish(small.start(*COMMAND, *SHARDS))
    assert {name: (small.path / name).stat().st_mtime_ns for name in finished} == finished
    for task in ("pt", "mvc"):
        for split in ("val", "test"):
            jobs = small.jobs_of("rule_render_shard", f"{task}_primary_{split}")
            assert [job["state"] for job in jobs] == ["COMPLETED"], (task, split)
