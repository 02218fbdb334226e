"""After the controller was killed: jobs can be cancelled, and a living controller is left alone.

That waiting for the jobs keeps what they finish is in `test_small_workflow.py`.
"""

import os
import signal
from pathlib import Path

import pytest

from tests.cluster.conftest import OnCluster, make_clone
from tests.cluster.loopback import Loopback, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slurm, pytest.mark.long]

COMMAND = ("snakemake", "--cores", "all", "--profile", "slurm", "--config", "scale=micro", "--")
SHARDS = [f"results/micro/render/mvc-primary-{split}/shard-0000.parquet" for split in ("val", "test")]


@pytest.fixture
def here(tmp_path: Path, cluster: Loopback) -> OnCluster:
    """A fresh clone that can submit jobs."""
    return make_clone(tmp_path, cluster)


def test_recover_can_cancel(here: OnCluster) -> None:
    controller = here.start(*COMMAND, *SHARDS)
    wait_until(lambda: len(here.cluster.jobs("RUNNING")) >= 2, "two jobs run", 900)
    os.kill(controller.pid, signal.SIGKILL)
    controller.wait()
    here.run("ipt", "cluster", "recover", "--scale", "micro", "--cancel", "--poll", "1")
    assert here.cluster.jobs() == []
    assert list((here.path / ".snakemake" / "locks").iterdir()) == []
    here.finish(here.start(*COMMAND, SHARDS[0]))
    assert (here.path / SHARDS[0]).is_file()


def test_recover_leaves_a_living_controller_alone(here: OnCluster) -> None:
    controller = here.start(*COMMAND, SHARDS[0])
    try:
        wait_until(lambda: bool(here.cluster.jobs()), "a job is submitted", 900)
        done = here.run("ipt", "cluster", "recover", "--scale", "micro", check=False)
        assert done.returncode == 2
        assert "still running" in done.stdout
        here.finish(controller)
    finally:
        controller.kill()
