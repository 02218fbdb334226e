"""`make faults`: runs of the micro DAG killed at random moments and resumed, then every other fault; prints figures.

`python tests/faults/run.py --kills 5 --target curate` is a short form; the figures say what was run.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.e2e.conftest import Workspace, make_workspace  # noqa: E402 (the path above)


@dataclass
class Figures:
    """What happened to the runs that were killed."""

    runs: int = 0
    equal: int = 0
    interrupted: int = 0
    locks: int = 0
    stale_locks: int = 0
    orphans: int = 0
    leftovers: int = 0
    seconds: list[float] = field(default_factory=list)
    different: list[str] = field(default_factory=list)

    def lines(self, target: str, undisturbed: float) -> list[str]:
        """The figures, a line each."""
        times = f"{min(self.seconds):.0f} to {max(self.seconds):.0f} s" if self.seconds else "none"
        return [
            f"target {target}; undisturbed run {undisturbed:.0f} s on {len(os.sched_getaffinity(0))} cores",
            f"killed (SIGKILL to the whole group) at moments of {times}: {self.interrupted} of {self.runs} runs",
            f"final manifests equal to the undisturbed run: {self.equal} of {self.runs}",
            f"locks left behind: {self.locks}; not cleared by typing the same command again: {self.stale_locks}",
            f"processes left 5 s after the kill: {self.orphans}; unfinished files left at the end: {self.leftovers}",
            *self.different,
        ]


def command(workspace: Workspace, target: str) -> Sequence[str]:
    return workspace.argv("snakemake", "--cores", "all", "--config", "scale=micro", "--quiet", "rules", "--", target)


def processes_in(folder: Path) -> list[int]:
    """Processes whose working directory is `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").resolve() == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def manifests(workspace: Workspace) -> dict[str, bytes]:
    results = workspace.path / "results" / "micro"
    return {str(path.relative_to(results)): path.read_bytes() for path in sorted(results.rglob("*.manifest.json"))}


def kill_runs(folder: Path, kills: int, target: str, seed: int) -> tuple[Figures, float]:
    """`kills` runs, each in a clone of its own, killed once at a moment uniform over the undisturbed time."""
    reference = make_workspace(folder / "undisturbed")
    began = time.monotonic()
    subprocess.run(command(reference, target), cwd=reference.path, env=reference.environment(), check=True)
    undisturbed, wanted = time.monotonic() - began, manifests(reference)
    figures, moments = Figures(), random.Random(seed)
    for index in range(kills):
        workspace = make_workspace(folder / f"killed-{index}")
        after = moments.uniform(0.0, undisturbed)
        figures.runs += 1
        figures.interrupted += workspace.killed(*command(workspace, target), after=after)
        figures.seconds.append(after)
        time.sleep(5)
        figures.orphans += len(processes_in(workspace.path))
        locks = workspace.path / ".snakemake" / "locks"
        figures.locks += locks.is_dir() and any(locks.iterdir())
        again = subprocess.run(
            command(workspace, target), cwd=workspace.path, env=workspace.environment(), capture_output=True, text=True
        )
        figures.stale_locks += "cannot be locked" in again.stdout + again.stderr
        found = manifests(workspace)
        figures.equal += again.returncode == 0 and found == wanted
        if found != wanted:
            names = sorted(set(wanted) ^ set(found) | {name for name in wanted if found.get(name) != wanted[name]})
            figures.different.append(f"run {index}, killed after {after:.1f} s: {', '.join(names[:5])} differ")
        figures.leftovers += len(list((workspace.path / "results").rglob("*.partial")))
        print(f"run {index + 1} of {kills}: killed after {after:.1f} s, equal: {found == wanted}", flush=True)
        shutil.rmtree(workspace.path)
    return figures, undisturbed


def main() -> int:
    """Print the figures; 1 if anything was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="runs that are killed once each")
    parser.add_argument("--target", default="all", help="what the runs make")
    parser.add_argument("--seed", type=int, default=7, help="of the moments")
    parser.add_argument("--only-kills", action="store_true", help="leave the other faults out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ipt-faults-") as folder:
        figures, undisturbed = kill_runs(Path(folder), arguments.kills, arguments.target, arguments.seed)
    print("\n".join(figures.lines(arguments.target, undisturbed)))
    sound = figures.equal == figures.runs and not figures.orphans and not figures.stale_locks and not figures.leftovers
    others = 0
    if not arguments.only_kills:
        chosen = ["tests/faults", "tests/e2e/test_interruptions.py"]
        others = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "e2e", "-rs", *chosen], cwd=ROOT, check=False
        ).returncode
    return 0 if sound and others == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
