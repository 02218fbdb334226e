"""A workspace like a fresh clone, for tests that run the real programs in it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Workspace:
    """A folder with everything git tracks; commands run in it with this environment's programs."""

    path: Path

    def run(self, *command: str, check: bool = True, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        """Run a command here and return what it printed (both streams in stdout)."""
        done = subprocess.run(
            self.argv(*command),
            cwd=self.path,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=timeout,
        )
        assert done.returncode == 0 or not check, f"{' '.join(command)} -> {done.returncode}\n{done.stdout[-6000:]}"
        return done

    def killed(self, *command: str, after: float) -> bool:
        """Run a command in a process group of its own and kill the whole group after so many seconds.

        Returns:
            False if it had ended before.
        """
        process = subprocess.Popen(
            self.argv(*command),
            cwd=self.path,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        return False

    def argv(self, *command: str) -> Sequence[str]:
        return [str(BIN / command[0]) if (BIN / command[0]).exists() else command[0], *command[1:]]

    def environment(self) -> dict[str, str]:
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path, "GIT_TERMINAL_PROMPT": "0", "DVC_NO_ANALYTICS": "1"}

    def snakemake(self, *arguments: str, check: bool = True) -> str:
        """`snakemake --cores all --config scale=micro <arguments>`."""
        return self.run(
            "snakemake", "--cores", "all", "--config", "scale=micro", "--quiet", "rules", "--", *arguments, check=check
        ).stdout


def make_workspace(path: Path) -> Workspace:
    """Copy what git tracks or would track (uncommitted work included) into `path`, as a repository of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, path / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    workspace = Workspace(path)
    (path / "params.yaml").write_text("scale: micro\npaper: results/micro/paper\n", encoding="utf-8")
    for command in (
        ("git", "init", "-q"),
        ("git", "config", "user.email", "test@example.org"),
        ("git", "config", "user.name", "test"),
        ("git", "add", "-A"),
        ("git", "commit", "-q", "-m", "as cloned"),
    ):
        workspace.run(*command)
    return workspace
