"""After the controller was killed: its jobs go on in the queue, and nothing may be done twice.

What such a job finishes is whole (files are atomic), and the job itself takes Snakemake's mark "incomplete" off; only
the record of what it was made from is missing, since the controller writes that. `recover` waits for the jobs or
cancels them, removes the lock, and has the record written, if code and configuration are still what they were.
"""

import hashlib
import json
import os
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path

from ipt.cluster.queue import cancel, job_prefix, living_jobs, wait_for_end
from ipt.config import Config
from ipt.errors import UserError
from ipt.locks import Owner, lock_files, owner_of, remove_unfinished
from ipt.workflow import source_digest, tool

RECOVERING = "IPT_RECOVERING"
_NAME_MAX = 255


def sources_digest(config: Config) -> str:
    """What a whole run depends on: the package, the rules and the configuration."""
    digest = hashlib.sha256((source_digest(".") + config.digest()).encode())
    for path in [Path("Snakefile"), *sorted(Path("workflow/rules").glob("*.smk"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def refuse_duplicates(folder: Path) -> None:
    """Stop a new controller while jobs of a killed one are in the queue: it would submit the same work beside them.

    Raises:
        UserError: there are such jobs, or the queue cannot be asked; says what to type.
    """
    owner = owner_of(folder)
    if RECOVERING in os.environ or owner is None or not owner.jobs or not lock_files(folder):
        return
    if owner.here and not owner.dead:
        return  # Snakemake's own lock says so
    jobs = living_jobs(owner.jobs)
    if jobs:
        listed = ", ".join(job.job_id for job in jobs[:5])
        raise UserError(
            f"{len(jobs)} jobs ({listed}{', ...' if len(jobs) > 5 else ''}) of a run whose controller was killed"
            f" (process {owner.pid} on {owner.host}) are still in the queue; type `ipt cluster recover`"
            " (waits for them) or `ipt cluster recover --cancel`"
        )


def recover(config: Config, scale: str, *, cancelling: bool, force: bool, poll_seconds: float = 10.0) -> None:
    """Find this workflow's jobs, wait for or cancel them, unlock, and record what they finished.

    Args:
        config: the scale that ran.
        scale: its name, as the workflow was given it.
        cancelling: end the jobs instead of waiting for them.
        force: the controller was on another host and is known to be dead.
        poll_seconds: between two looks at the queue.

    Raises:
        UserError: a controller is alive, or may be.
    """
    folder = Path(".snakemake")
    owner = owner_of(folder)
    if owner is None:
        raise UserError(f"{folder}: no run has been started here; nothing to recover")
    if owner.here and not owner.dead and lock_files(folder):
        raise UserError(f"process {owner.pid}: snakemake is still running; stop it first (Ctrl-C cancels its jobs)")
    if not owner.here and lock_files(folder) and not force:
        raise UserError(
            f"{owner.host}: the run was started there (process {owner.pid}); recover there, or, if it is surely dead, "
            "add --force"
        )
    prefix = owner.jobs or job_prefix()
    if owner.jobs:
        if cancelling:
            cancel(living_jobs(prefix))
        wait_for_end(prefix, poll_seconds)
    for lock in lock_files(folder):
        lock.unlink(missing_ok=True)
    remove_unfinished(Path("results") / config.scale)
    finished = unrecorded(folder, owner, outputs(scale))
    if finished and sources_digest(config) != owner.sources:
        print(f"{len(finished)} files were finished by jobs, but code or configuration has changed since: made again")
    elif finished:
        _record(scale, finished)
    print(f"recovered: no jobs left, unlocked, {len(finished)} files finished without a controller")


def outputs(scale: str) -> list[Path]:
    """Every file that the workflow makes at this scale."""
    command = [*tool("snakemake"), "--profile", "none", "--summary", "--config", f"scale={scale}", "--", "all"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | {RECOVERING: "1"})
    if done.returncode != 0:
        raise UserError(f"snakemake --summary failed: {done.stderr.strip().splitlines()[-1:]}")
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    header = next(index for index, line in enumerate(lines) if line[0] == "output_file")
    return [Path(line[0]) for line in lines[header + 1 :]]


def unrecorded(folder: Path, owner: Owner, files: list[Path]) -> list[Path]:
    """Files finished since `owner` began, of which Snakemake has no record of what they were made from."""
    found = []
    for file in files:
        try:
            written = file.stat().st_mtime
        except OSError:
            continue
        if written < owner.began or (folder / "incomplete" / _record_name(file)).exists():
            continue
        try:
            ended = float(json.loads((folder / "metadata" / _record_name(file)).read_text())["endtime"])
        except (OSError, ValueError, KeyError, TypeError):
            ended = 0.0
        if ended < written - 1.0:
            found.append(file)
    return found


def _record_name(file: Path) -> Path:
    """Where Snakemake keeps its record of a file: base64 of the path, in pieces that fit a file system."""
    name = urlsafe_b64encode(str(file).encode()).decode()
    pieces = [name[index : index + _NAME_MAX - 1] for index in range(0, len(name), _NAME_MAX - 1)]
    return Path(*(f"@{piece}" for piece in pieces[:-1]), pieces[-1])


def _record(scale: str, files: list[Path]) -> None:
    """Have Snakemake write its records for finished files; nothing is run."""
    command = [*tool("snakemake"), "--profile", "none", "--cores", "1", "--touch", "--force", "--quiet", "all"]
    command += ["--rerun-triggers", "mtime", "--config", f"scale={scale}", "--", *map(str, files)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | {RECOVERING: "1"})
    if done.returncode != 0:
        raise UserError(f"snakemake --touch failed: {' '.join(done.stderr.split())[-300:]}")
