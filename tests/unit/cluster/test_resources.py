"""What a rule asks the cluster for."""

from pathlib import Path

import pytest

from ipt.cluster.resources import Jobs
from ipt.config import ClusterConfig, JobSize, load_config


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPT_SLURM_PARTITION", "cpu")
    monkeypatch.setenv("IPT_SLURM_GPU_PARTITION", "gpu")
    monkeypatch.setenv("IPT_SLURM_GPU_TYPE", "h100")


def test_memory_and_time_grow_with_retries() -> None:
    asked = Jobs(ClusterConfig(render=JobSize(memory_mb=1000, minutes=10))).resources("render")
    assert [asked["mem_mb"](None, attempt) for attempt in (1, 2, 3)] == [1000, 2000, 3000]
    assert [asked["runtime"](None, attempt) for attempt in (1, 2, 3)] == [10, 20, 30]


def test_rendering_asks_for_no_gpu() -> None:
    asked = Jobs(ClusterConfig()).resources("render")
    assert asked["slurm_partition"] == "cpu"
    assert not {"gpu", "gres", "gpu_model", "mpi"} & set(asked)


def test_one_gpu_is_asked_for_by_type() -> None:
    asked = Jobs(ClusterConfig(evaluate=JobSize(gpus=1))).resources("evaluate")
    assert (asked["slurm_partition"], asked["gpu"], asked["gpu_model"]) == ("gpu", 1, "h100")


def test_two_nodes_of_eight_gpus_are_sixteen_processes() -> None:
    asked = Jobs(ClusterConfig(train=JobSize(nodes=2, gpus=8, cpus=12))).resources("train")
    assert (asked["nodes"], asked["tasks_per_node"], asked["cpus_per_task"]) == (2, 8, 12)
    assert asked["gres"] == "gpu:h100:8"  # gres counts a node, gpu counts the job
    assert "gpu" not in asked


def test_a_gpu_job_takes_the_whole_machine_where_there_is_no_cluster() -> None:
    jobs = Jobs(ClusterConfig(train=JobSize(gpus=1), render=JobSize()))
    assert jobs.threads("render") == 1
    assert jobs.threads("train") > 500


def test_sizes_of_jobs_rerun_nothing() -> None:
    config = load_config("micro")
    larger = config.model_copy(update={"cluster": ClusterConfig(render=JobSize(cpus=7))})
    assert larger.cluster != config.cluster
    assert larger.digest() == config.digest()
