"""Runs of the `micro` DAG that are killed (SIGKILL to the whole process group) and go on by the same command.

Three ways, from the plainest to the cheapest:

- `fresh`: a run from nothing, killed once at a moment uniform over the undisturbed time, then resumed to the end.
- `again`: a run from nothing, killed again and again at short random intervals until it has finished in spite of it.
- `parts`: the workspace as an undisturbed run left it before one of its parts (render, curate, train, evaluate, paper);
  that part is killed once and resumed. Parts are drawn by the time they take, so that the moment is again uniform over
  the whole run, but a trial costs one part instead of all.

After every kill: no process of the run may be left 5 s later. The command that goes on must clear the lock by itself.
At the end: manifests equal to those of the undisturbed run, no unfinished file, and `ipt verify` finds nothing.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.workspace import Workspace, make_workspace

PARTS = {
    "render": ("render",),
    "curate": ("curate", "annotate"),
    "train": ("train",),
    "evaluate": ("evaluate",),
    "paper": ("all",),
}
"""Targets of each part, in order."""
SHORTEST = 5.0
"""Seconds between two kills of the same run, at least."""
PATIENCE = 300
"""Kills of one run after which it counts as one that never ends."""


@dataclass
class Figures:
    """What happened to the runs that were killed one way."""

    way: str
    runs: int = 0
    equal: int = 0
    moments: list[float] = field(default_factory=list)
    locks: int = 0
    refused: int = 0
    orphans: int = 0
    leftovers: int = 0
    parts: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        """Whether everything was as it should be."""
        return self.equal == self.runs and not (self.refused or self.orphans or self.leftovers or self.problems)

    def lines(self) -> list[str]:
        """The figures, a line each."""
        times = f", {min(self.moments):.1f} to {max(self.moments):.1f} s after its start" if self.moments else ""
        parts = f" ({', '.join(f'{name} {count}' for name, count in self.parts.items())})" if self.parts else ""
        return [
            f"{self.way}: {self.runs} runs{parts}, {len(self.moments)} kills{times}; {self.seconds / 60:.0f} min",
            f"  final manifests equal to the undisturbed run: {self.equal} of {self.runs}",
            f"  locks left behind: {self.locks}; not cleared by the same command: {self.refused}",
            f"  processes left 5 s after a kill: {self.orphans}; unfinished files at the end: {self.leftovers}",
            *(f"  {problem}" for problem in self.problems),
        ]


@dataclass(frozen=True)
class Part:
    """One part of the undisturbed run: the workspace before it, its time, and the manifests after it."""

    name: str
    before: Path
    seconds: float
    after: dict[str, bytes]


def manifests(workspace: Workspace) -> dict[str, bytes]:
    """Every manifest of the results, by path."""
    results = workspace.path / "results" / "micro"
    return {str(path.relative_to(results)): path.read_bytes() for path in sorted(results.rglob("*.manifest.json"))}


def undisturbed(folder: Path, until: str) -> list[Part]:
    """Make everything up to a part once, part by part, and keep the workspace before each part."""
    workspace = make_workspace(folder / "undisturbed")
    parts: list[Part] = []
    for name, targets in list(PARTS.items())[: list(PARTS).index(until) + 1]:
        before = folder / f"before-{name}"
        shutil.copytree(workspace.path, before, symlinks=True)
        began = time.monotonic()
        workspace.snakemake(*targets)
        parts.append(Part(name, before, time.monotonic() - began, manifests(workspace)))
        print(f"undisturbed {name}: {parts[-1].seconds:.0f} s, {len(parts[-1].after)} manifests", flush=True)
    return parts


def everything(parts: list[Part]) -> tuple[str, ...]:
    """The targets of all parts that are run."""
    return tuple(target for part in parts for target in PARTS[part.name])


def killed_fresh(folder: Path, parts: list[Part], count: int, seed: int) -> Figures:
    """`count` runs from nothing, each killed once."""
    figures, moments = Figures("fresh"), random.Random(f"fresh {seed}")
    whole = sum(part.seconds for part in parts)
    for index in range(count):
        run = Disturbed(make_workspace(folder / f"fresh-{index}"), everything(parts), figures)
        run.killed(moments.uniform(0.0, whole))
        run.finished(parts[-1].after)
        run.checked_and_removed(f"{index + 1} of {count}")
    return figures


def killed_again(folder: Path, parts: list[Part], kills: int, seed: int) -> Figures:
    """Runs from nothing, each killed until it has finished in spite of it, until `kills` kills have been made."""
    figures, moments = Figures("again and again"), random.Random(f"again {seed}")
    longest = max(40.0, sum(part.seconds for part in parts) / 4)
    while len(figures.moments) < kills:
        run = Disturbed(make_workspace(folder / f"again-{figures.runs}"), everything(parts), figures)
        for _ in range(PATIENCE):
            if not run.killed(moments.uniform(SHORTEST, longest)):
                break
        else:
            figures.problems.append(f"run {figures.runs}: not finished after {PATIENCE} kills")
        run.finished(parts[-1].after)
        run.checked_and_removed(f"{len(figures.moments)} of {kills} kills")
    return figures


def killed_parts(folder: Path, parts: list[Part], count: int, seed: int) -> Figures:
    """`count` runs that start before a part, are killed in it once and go on to its end."""
    figures, moments = Figures("parts"), random.Random(f"parts {seed}")
    for index in range(count):
        part = moments.choices(parts, [part.seconds for part in parts])[0]
        figures.parts[part.name] = figures.parts.get(part.name, 0) + 1
        path = folder / f"part-{index}"
        shutil.copytree(part.before, path, symlinks=True)
        run = Disturbed(Workspace(path), PARTS[part.name], figures)
        run.killed(moments.uniform(0.0, part.seconds))
        run.finished(part.after)
        run.checked_and_removed(f"{index + 1} of {count} ({part.name})")
    return figures


class Disturbed:
    """One run in a workspace of its own, whose fate goes into `figures`."""

    def __init__(self, workspace: Workspace, targets: tuple[str, ...], figures: Figures) -> None:
        self.workspace, self.figures = workspace, figures
        words = ("snakemake", "--cores", "all", "--config", "scale=micro", "--quiet", "rules", "--", *targets)
        self.command = workspace.argv(*words)
        self.began = time.monotonic()
        self.name = f"{figures.way} run {figures.runs}"
        self.good = True
        figures.runs += 1

    def killed(self, after: float) -> bool:
        """Start (or go on) and kill everything after so many seconds; False if it had ended before."""
        printed = self.workspace.path.with_suffix(".printed")
        with open(printed, "wb") as stream:
            process = subprocess.Popen(
                self.command,
                cwd=self.workspace.path,
                env=self.workspace.environment(),
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
            try:
                status = process.wait(timeout=after)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                status = None
        self._read(printed.read_text(encoding="utf-8", errors="replace"), status)
        if status is not None:
            return False
        self.figures.moments.append(after)
        self._look_around()
        return True

    def finished(self, wanted: dict[str, bytes]) -> None:
        """The same command to its end; then everything must be as in the undisturbed run."""
        done = subprocess.run(
            self.command,
            cwd=self.workspace.path,
            env=self.workspace.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self._read(done.stdout, done.returncode)
        found = manifests(self.workspace)
        names = sorted(set(wanted) ^ set(found) | {name for name in wanted if found.get(name) != wanted[name]})
        if names:
            self._wrong(f"{', '.join(names[:5])} differ")
        left = [path.name for path in (self.workspace.path / "results").rglob("*.partial")]
        self.figures.leftovers += len(left)
        checked = self.workspace.run("ipt", "verify", "--scale", "micro", check=False)
        if checked.returncode != 0:
            self._wrong(f"ipt verify: {checked.stdout.strip().splitlines()[:3]}")

    def checked_and_removed(self, progress: str) -> None:
        """Count the run and delete its workspace."""
        took = time.monotonic() - self.began
        self.figures.equal += self.good
        self.figures.seconds += took
        print(f"{self.name}: {progress}, equal: {self.good}, {took:.0f} s", flush=True)
        shutil.rmtree(self.workspace.path)

    def _look_around(self) -> None:
        """After a kill: processes that are still there after 5 s, and the lock."""
        deadline = time.monotonic() + 5
        while (left := processes_in(self.workspace.path)) and time.monotonic() < deadline:
            time.sleep(0.2)
        self.figures.orphans += len(left)
        locks = self.workspace.path / ".snakemake" / "locks"
        self.figures.locks += locks.is_dir() and any(locks.iterdir())

    def _read(self, printed: str, status: int | None) -> None:
        """What a call said; `status` is None where it was killed."""
        self.figures.refused += "cannot be locked" in printed
        if "Traceback" in printed or status not in (0, None):
            self._wrong(f"status {status}: {' | '.join(printed.strip().splitlines()[-3:])}")

    def _wrong(self, what: str) -> None:
        self.good = False
        self.figures.problems.append(f"{self.name}: {what}")


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
