"""Taking results that were made elsewhere into this clone, so that the DAG goes on as if it had made them here.

Checked before anything is written: every file's digest against the index, every result against its manifest, the
configuration and sources of each job against those here, and every input against the one here. The weights stay where
they were: their manifests stand for them.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipt.config import Config
from ipt.datasets.files import atomic_path, manifest_path, read_json, verify, write_json
from ipt.errors import UserError
from ipt.runlist.jobs import Job, every_job
from ipt.runlist.pack import INDEX, SCHEMA, WEIGHTS, read_archives
from ipt.runs import Layout
from ipt.workflow import ADOPTING, tool


@dataclass(frozen=True)
class Carried:
    """What a folder of `ipt runs pack` holds, read and checked in itself."""

    index: dict[str, Any]
    files: dict[str, bytes]


def read_carried(folder: Path) -> Carried:
    """Read index and archives.

    Raises:
        UserError: not a pack, of another version, or a file is missing, unexpected or has another digest.
    """
    index = read_json(folder / INDEX)
    if not isinstance(index, dict) or index.get("schema") != SCHEMA:
        raise UserError(f"{folder / INDEX}: not an index of version {SCHEMA}; pack the results with this version")
    expected = {name: digest for job in index["jobs"].values() for name, digest in job["files"].items()}
    files: dict[str, bytes] = {}
    for name, content in read_archives(folder, index["archives"]):
        if expected.get(name) != hashlib.sha256(content).hexdigest():
            raise UserError(f"{folder}: {name}: not the file that {INDEX} describes; fetch the pack again")
        files[name] = content
    if missing := sorted(set(expected) - set(files)):
        raise UserError(f"{folder}: {missing[0]} is in no archive; fetch the pack again")
    return Carried(index, files)


def adopt_runs(folder: Path, config: Config, scale: str, layout: Layout) -> list[str]:
    """Take the pack in `folder` into `layout`, and record it with Snakemake; returns the names of its jobs.

    Raises:
        UserError: the pack is damaged, was made with another configuration, other sources or other data, or a file is
            already here with other bytes; names it.
    """
    carried = read_carried(folder)
    if carried.index["scale"] != config.scale:
        raise UserError(f"{folder / INDEX}: results of scale {carried.index['scale']}, asked for {config.scale}")
    known = {job.name: job for job in every_job(config, layout)}
    brought = {str(layout.root / name): content for name, content in carried.files.items()}
    for name, told in carried.index["jobs"].items():
        if name not in known:
            raise UserError(f"{folder / INDEX}: {name}: no job of scale {config.scale}")
        _check_job(folder, known[name], told, config, layout, brought, carried.index["stamp"]["commit"])
    jobs = [known[name] for name in carried.index["jobs"]]
    for path, content in brought.items():
        if Path(path).is_file() and Path(path).read_bytes() != content:
            raise UserError(f"{path}: is here with other bytes; delete it, and what was made from it, to adopt")
    for path in sorted(brought, key=lambda name: name.endswith(".manifest.json")):
        with atomic_path(Path(path)) as temporary:
            temporary.write_bytes(brought[path])
    for job in jobs:
        told = carried.index["jobs"][job.name]
        origin = {"adopted": True, "commit": carried.index["stamp"]["commit"], "device": carried.index["device"]}
        kept = ("configuration", "sources", "reads", "seconds")
        write_json(job.record(layout), {key: told[key] for key in kept} | origin)
    _record(jobs, scale)
    return [job.name for job in jobs]


def _check_job(
    folder: Path,
    job: Job,
    told: Mapping[str, Any],
    config: Config,
    layout: Layout,
    brought: Mapping[str, bytes],
    commit: str,
) -> None:
    where = f"{folder / INDEX}: {job.name}"
    for what, digest in job.follows_from(config).items():
        if told[what] != digest:
            raise UserError(f"{where}: made with other {what} than here; check out {commit} (or make it again)")
    own = {str(path) for path in job.writes} | {str(manifest_path(path)) for path in job.writes}
    for name in told["files"]:
        if str(layout.root / name) not in own and not name.endswith(".png"):
            raise UserError(f"{where}: {name} is no file of this job")
    for path in job.writes:
        manifest = brought.get(str(manifest_path(path)))
        content = brought.get(str(path))
        if content is not None and manifest is not None:
            recorded = json.loads(manifest)["sha256"]
            if recorded != hashlib.sha256(content).hexdigest():
                raise UserError(f"{where}: {path}: its bytes are not those that its manifest describes")
        elif manifest is None and path.name != "metrics.jsonl":
            raise UserError(f"{where}: the manifest of {path} is missing")
    for path in job.reads:
        carried = brought.get(str(manifest_path(path)))
        here = json.loads(carried)["sha256"] if carried else _digest_here(path, where)
        if told["reads"].get(str(path)) != here:
            raise UserError(f"{where}: was made from another {path} than the one here")


def _digest_here(path: Path, where: str) -> str:
    if not path.is_file():
        raise UserError(f"{where}: reads {path}, which is not here; make it first: snakemake --cores all -- {path}")
    return str(verify(path)["sha256"])


def adopted_weights(layout: Layout) -> frozenset[str]:
    """Folders of `train/` whose weights stayed where they were made: their manifests stand for them in the DAG."""
    found = set()
    for record in (layout.root / "runs" / "train").glob("*.json"):
        folder = layout.root / "train" / record.stem
        stayed = not any(folder.glob(f"*{WEIGHTS}")) and any(folder.glob(f"*{WEIGHTS}.manifest.json"))
        if stayed and read_json(record).get("adopted"):
            found.add(record.stem)
    return frozenset(found)


def _record(jobs: list[Job], scale: str) -> None:
    """Tell Snakemake that these files are made; nothing else is touched."""
    targets = []
    for job in jobs:
        for path in job.writes:
            targets += [str(one) for one in (path, manifest_path(path)) if one.is_file()]
    # A manifest without its weights is a target of its own; manifests of scores and tokenizers are no outputs.
    wanted = [name for name in targets if not name.endswith(".manifest.json") or not Path(name[:-14]).is_file()]
    command = [*tool("snakemake"), "--profile", "none", "--cores", "1", "--touch", "--quiet", "all"]
    command += ["--config", f"scale={scale}", "--forcerun", *wanted, "--", *wanted]
    done = subprocess.run(command, check=False, env=os.environ | {ADOPTING: "1"}, capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise UserError(f"snakemake --touch failed: {lines[-1] if lines else 'it printed nothing'}")
