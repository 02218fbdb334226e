"""A loopback SLURM for the session, and the small workflow of jobs in trouble; skipped where SLURM cannot run."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ipt.cluster.queue import job_prefix
from tests.cluster.loopback import Loopback, missing
from tests.workspace import Workspace, make_workspace


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

    def finish(self, controller: subprocess.Popen[str], timeout: float = 3600) -> None:
        """Wait for a started command; AssertionError with its last words and the jobs' logs where it fails."""
        try:
            status = controller.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            status = -1
        assert status == 0, self.report(f"status {status}")

    def report(self, problem: str) -> str:
        """What is known about a run that went wrong."""
        logs = [path for path in sorted(self.path.glob("logs/**/*.log")) if path.stat().st_size]
        newest = sorted(logs, key=lambda path: path.stat().st_mtime)[-4:]
        tails = [f"--- {path.relative_to(self.path)}\n{path.read_text(errors='replace')[-1500:]}" for path in newest]
        queue = self.cluster.ask("squeue", "--states=all", "--format=%i %T %r %N %k")
        return "\n".join([problem, self.said[-4000:], queue, *tails, self.cluster.logs(800)])

    def jobs_of(self, *words: str) -> list[dict[str, str]]:
        """Every job ever submitted from here whose comment has all of the words; a requeued job counts once."""
        prefix = job_prefix(self.path)
        found = self.cluster.jobs("all")
        return [
            job for job in found if job["name"].startswith(prefix) and all(word in job["comment"] for word in words)
        ]

    @property
    def said(self) -> str:
        """What the controllers printed."""
        log = self.path / "controller.log"
        return log.read_text(encoding="utf-8") if log.exists() else ""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    """A running cluster of three nodes with a core and two fake GPUs each."""
    if problem := missing():
        pytest.skip(problem)
    running = Loopback(tmp_path_factory.mktemp("slurm"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


def make_clone(folder: Path, cluster: Loopback, **changes: str) -> OnCluster:
    """A fresh clone that can submit jobs, with lines of `micro.yaml` changed: the word before the colon says which."""
    workspace = make_workspace(folder / "ipt")
    here = OnCluster(workspace.path, folder / "home", cluster)
    set_lines(here, **changes)
    return here


def set_lines(here: OnCluster, **changes: str) -> None:
    """Set fields of the clone's `micro.yaml`, each on a line of its own there."""
    path = here.path / "workflow" / "config" / "micro.yaml"
    text = path.read_text(encoding="utf-8")
    for field, value in changes.items():
        text, found = re.subn(rf"(?m)^  {field}: .*$", f"  {field}: {value}", text)
        assert found == 1, field
    path.write_text(text, encoding="utf-8")
