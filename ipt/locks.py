"""Who holds the workspace: the lock that Snakemake leaves behind when it is killed, and whether its process lives."""

import json
import os
import socket
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

OWNER_FILE = "ipt-owner.json"
CLOCKS_DIFFER = 2.0
"""Seconds by which the clocks of the hosts of one file system may differ."""


@dataclass(frozen=True)
class Owner:
    """The controller that last took the workspace."""

    host: str
    pid: int
    start: str  # kernel start time of the process, so that a reused id is not taken for it
    began: float = 0.0  # Unix time
    jobs: str = ""  # prefix of the names of its SLURM jobs; '' where it ran here
    sources: str = ""  # digest of code and configuration that it started with

    @property
    def here(self) -> bool:
        """Whether it ran on this host, so that its process can be looked for."""
        return self.host == socket.gethostname()

    @property
    def dead(self) -> bool:
        """Whether it ran here and its process is gone."""
        return self.here and process_start(self.pid) != self.start


def process_start(pid: int) -> str:
    """Kernel start time of a process (clock ticks since boot), '' when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def record_owner(folder: Path, jobs: str = "", sources: str = "") -> None:
    """Note in `folder` (.snakemake) that this process holds the workflow lock."""
    owner = Owner(socket.gethostname(), os.getpid(), process_start(os.getpid()), time.time(), jobs, sources)
    (folder / OWNER_FILE).write_text(json.dumps(asdict(owner)))


def claim(folder: Path) -> None:
    """`record_owner` before there is a lock: killed between its lock and its start, a run would have left no name."""
    if not lock_files(folder) and not other_controllers(folder):
        folder.mkdir(exist_ok=True)
        record_owner(folder)


def other_controllers(folder: Path) -> list[int]:
    """Process ids of other `snakemake` controllers of this host that work beside `folder` (.snakemake)."""
    here, own, found = folder.absolute().parent, _ancestors(os.getpid()), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            is_here = (entry / "cwd").resolve() == here
        except OSError:
            continue
        called = any(Path(word).name in ("snakemake", "snakemake.exe") for word in words[:3])
        if called and is_here and "--mode" not in words and int(entry.name) not in own:  # jobs have --mode
            found.append(int(entry.name))
    return sorted(found)


def _ancestors(pid: int) -> set[int]:
    """A process and those that started it."""
    found: set[int] = set()
    while pid > 1 and pid not in found:
        found.add(pid)
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
    return found


def tell_of_others(folder: Path) -> None:
    """One line when another controller works here: where both make the same files, Snakemake stops this one."""
    others = other_controllers(folder)
    if others and lock_files(folder):
        print(
            f"ipt: snakemake already runs here (process {others[0]}): where it makes the same files this one stops,"
            " nothing is lost; wait for it or stop it (no --unlock)",
            file=sys.stderr,
        )


def owner_of(folder: Path) -> Owner | None:
    """Who holds or held `folder`; None where nothing readable says so."""
    try:
        found = json.loads((folder / OWNER_FILE).read_text())
        return Owner(**found | {"pid": int(found["pid"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def lock_files(folder: Path) -> list[Path]:
    """Snakemake's locks in `folder` (.snakemake)."""
    return list((folder / "locks").glob("*")) if (folder / "locks").is_dir() else []


def release_stale_lock(folder: Path) -> bool:
    """Remove Snakemake's lock when the process that took it is dead (kill -9 leaves it behind); True if removed.

    Locks stay while any controller lives here (its lock may be older than its name), and locks of another host or of
    unknown origin: `snakemake --unlock` is for a person to say.
    """
    locks, owner = lock_files(folder), owner_of(folder)
    if not locks or owner is None or not owner.dead or other_controllers(folder):
        return False
    for lock in locks:
        lock.unlink(missing_ok=True)
    print(f"ipt: removed the lock of a run that was killed (process {owner.pid})", file=sys.stderr)
    return True


def remove_unfinished(*roots: Path) -> int:
    """Delete what killed jobs were writing (`.<file>.<random>.partial`); how many. Only where no job is alive."""
    found = [path for root in roots if root.is_dir() for path in root.rglob(".*.partial")]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def bring_back(*roots: Path) -> int:
    """Set the times of files that are from the future to now; how many. Content decides here, but Snakemake refuses an
    output that is older than its input, which after a clock was set back every new one would be.
    """
    now = time.time()
    paths = [path for root in roots for path in ([root, *root.rglob("*")] if root.exists() else [])]
    found = [path for path in paths if path.exists() and path.stat().st_mtime > now + CLOCKS_DIFFER]
    for path in found:
        os.utime(path, (now, now))
    if found:
        told = f"ipt: {len(found)} files are from the future (was the clock set back?), first {found[0]}"
        print(f"{told}; their times are set to now", file=sys.stderr)
    return len(found)
