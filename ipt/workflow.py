"""What the Snakefile needs besides rules: digests that decide about reruns, adopting DVC's results."""

import hashlib
import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import yaml

from ipt.config import Config, config_text
from ipt.datasets.files import write_text
from ipt.errors import UserError

PACKAGE = Path(__file__).resolve().parent
ADOPTING = "IPT_ADOPTING"


@cache
def source_digest(*parts: str) -> str:
    """sha256 (16 digits) of the Python sources below each part of `ipt/` (a package or a module), by content."""
    digest = hashlib.sha256()
    for part in sorted(parts):
        root = PACKAGE / part
        below = [file for file in root.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
        for file in sorted(below) if root.is_dir() else [root.with_suffix(".py")]:
            digest.update(str(file.relative_to(PACKAGE)).encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def adopt_results(config: Config, scale: str) -> None:
    """Record Snakemake's provenance for results that DVC brought.

    Raises:
        UserError: the workspace differs from dvc.lock, so there is nothing that could be trusted to be adopted.
    """
    if not _dvc_is_clean():
        raise UserError("dvc.lock: the workspace differs from it; run `dvc pull` (or `dvc status` to see what differs)")
    command = [*tool("snakemake"), "--profile", "none", "--cores", "1", "--touch", "--forceall", "--quiet", "all"]
    command += ["--config", f"scale={scale}", "--", "all"]
    done = subprocess.run(command, check=False, env=os.environ | {ADOPTING: "1"}, stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        raise UserError(f"results/{config.scale}: not all results of this scale are there; run `dvc pull`")


def adopt_pulled_results(folder: Path, config: Config, scale: str) -> None:
    """In a clone where Snakemake has never run, take over the results that `dvc pull` brought, if they are dvc.lock's.

    Files that DVC links have arbitrary times; without this, Snakemake would make them all again.
    """
    known = (folder / "metadata").is_dir() and any((folder / "metadata").iterdir())
    brought = Path("dvc.lock").is_file() and (Path("results") / config.scale).is_dir()
    if known or not brought or ADOPTING in os.environ or not _dvc_is_clean():
        return
    adopt_results(config, scale)
    print(f"ipt: took over the results of scale {config.scale} that DVC brought", file=sys.stderr)


def record_results(config: Config) -> bool:
    """After a Snakemake run, write what it made into dvc.lock and DVC's cache; False if DVC's scale is another one."""
    if not _dvc_runs(config):
        return False
    write_text(Path("results") / config.scale / "config.yaml", config_text(config))
    if subprocess.run([*tool("dvc"), "commit", "--force", "--quiet"], check=False).returncode != 0:
        raise UserError("dvc commit failed (see above): the results are there, but dvc.lock does not describe them")
    return True


def dvc_describes(config: Config) -> bool:
    """Whether dvc.lock is about this scale."""
    return Path("dvc.lock").is_file() and _dvc_runs(config)


def _dvc_runs(config: Config) -> bool:
    stages = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    return bool(stages["scale"] == config.scale)


def reproduce(config: Config, scale: str) -> None:
    """The whole DAG of a scale, then dvc.lock; says where the report is.

    Raises:
        UserError: a job failed; its log is named by Snakemake above.
    """
    began = time.monotonic()
    shown = ["--logger", "rich"] if sys.stdout.isatty() else ["--quiet", "rules"]
    command = [*tool("snakemake"), "--cores", "all", *shown, "--config", f"scale={scale}", "--", "all"]
    if subprocess.run(command, check=False).returncode != 0:
        raise UserError("the workflow stopped (see above); mend it and type the same command: finished work is kept")
    recorded = record_results(config)
    minutes = (time.monotonic() - began) / 60
    report = Path(config.paper.directory.format(scale=config.scale)) / "report.html"
    print(f"\nDone in {minutes:.1f} min{'; dvc.lock describes the results' if recorded else ''}.\nOpen {report}")


def _dvc_is_clean() -> bool:
    status = subprocess.run([*tool("dvc"), "status", "--quiet"], check=False, capture_output=True)
    return status.returncode == 0


def tool(name: str) -> list[str]:
    """A program of this environment, whether or not the environment is activated."""
    beside = Path(sys.executable).with_name(name)
    return [str(beside)] if beside.exists() else [name]
