"""A loopback SLURM for the session, and the small workflow of jobs in trouble; skipped where SLURM cannot run."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.loopback import Loopback, missing
from tests.e2e.conftest import Workspace, finished, make_workspace  # noqa: F401 (finished: a fixture)


@dataclass(frozen=True)
class OnCluster(Workspace):
    """A workspace whose commands see the loopback cluster, an empty home, and a site of the environment only."""

    home: Path
    cluster: Loopback

    def environment(self) -> dict[str, str]:
        self.home.mkdir(exist_ok=True)
        kept = {name: value for name, value in super().environment().items() if not name.startswith("IPT_")}
        kept |= {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config"), "IPT_SLURM_POLL_SECONDS": "2"}
        environment = kept | self.cluster.environment
        return environment | {"PATH": f"{self.cluster.root / 'bin'}{os.pathsep}{kept['PATH']}"}

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command here, in a session of its own; its output goes to `controller.log`."""
        with open(self.path / "controller.log", "a", encoding="utf-8") as log:
            return subprocess.Popen(
                self.argv(*command),
                cwd=self.path,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """What the controllers printed."""
        return (self.path / "controller.log").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    """A running cluster of three nodes with two cores and two fake GPUs each."""
    if problem := missing():
        pytest.skip(problem)
    running = Loopback(tmp_path_factory.mktemp("slurm"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def on_cluster(tmp_path: Path, cluster: Loopback) -> OnCluster:
    """A fresh clone that can submit jobs."""
    workspace = make_workspace(tmp_path / "ipt")
    return OnCluster(workspace.path, tmp_path / "home", cluster)
