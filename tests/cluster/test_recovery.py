"""The controller is killed with SIGKILL while its jobs run: `ipt cluster recover`, and nothing is done twice."""

import os
import signal
import subprocess

import pytest

from tests.cluster.conftest import OnCluster
from tests.cluster.loopback import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slurm, pytest.mark.long]

COMMAND = ("snakemake", "--cores", "all", "--profile", "slurm", "--config", "scale=micro", "--")
SHARDS = [f"results/micro/render/mvc-primary-{split}/shard-0000.parquet" for split in ("val", "test", "train")]


def killed(here: OnCluster) -> subprocess.Popen[str]:
    """Start the workflow, wait until jobs run, and kill the controller and nothing else."""
    controller = here.start(*COMMAND, *SHARDS)
    wait_until(lambda: len(here.cluster.jobs("RUNNING")) >= 2, "two jobs run", 120)
    os.kill(controller.pid, signal.SIGKILL)
    controller.wait()
    return controller


def test_recover_waits_keeps_what_is_finished_and_unlocks(on_cluster: OnCluster) -> None:
    here = on_cluster
    killed(here)
    names = {job["id"] for job in here.cluster.jobs()}
    assert names
    again = here.run(*COMMAND, *SHARDS, check=False)
    assert again.returncode != 0
    assert "ipt cluster recover" in again.stdout
    assert {job["id"] for job in here.cluster.jobs("all")} == names  # nothing was submitted beside them
    printed = here.run("ipt", "cluster", "recover", "--scale", "micro", "--poll", "1").stdout
    assert "recovered" in printed
    assert here.cluster.jobs() == []
    before = {name: (here.path / name).stat().st_mtime_ns for name in SHARDS if (here.path / name).exists()}
    assert len(before) >= 2
    done = here.run(*COMMAND, *SHARDS).stdout
    after = {name: (here.path / name).stat().st_mtime_ns for name in before}
    assert after == before, done[-3000:]
    assert all((here.path / name).is_file() for name in SHARDS)


def test_recover_can_cancel(on_cluster: OnCluster) -> None:
    here = on_cluster
    killed(here)
    here.run("ipt", "cluster", "recover", "--scale", "micro", "--cancel", "--poll", "1")
    assert here.cluster.jobs() == []
    assert list((here.path / ".snakemake" / "locks").iterdir()) == []
    here.run(*COMMAND, SHARDS[0])
    assert (here.path / SHARDS[0]).is_file()


def test_recover_leaves_a_living_controller_alone(on_cluster: OnCluster) -> None:
    here = on_cluster
    controller = here.start(*COMMAND, SHARDS[0])
    try:
        wait_until(lambda: bool(here.cluster.jobs()), "a job is submitted", 120)
        done = here.run("ipt", "cluster", "recover", "--scale", "micro", check=False)
        assert done.returncode == 2
        assert "still running" in done.stdout
        assert controller.wait(timeout=300) == 0, here.said[-3000:]
    finally:
        controller.kill()
