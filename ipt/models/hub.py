"""Files of a hub repository at one revision: resumable, checked against the digests that the hub states.

`files.json` is written last and says what was fetched; a folder that has it is never asked for over the network again.
The environment variable HF_ENDPOINT names a mirror, as everywhere in huggingface_hub.
"""

import hashlib
import os
import shutil
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from ipt.config.weights import CheckpointConfig, CheckpointName, WeightsConfig
from ipt.datasets.files import file_digest, inside, read_json, write_json
from ipt.errors import UserError

RECORD = "files.json"
ENDPOINT = "HF_ENDPOINT"
GIB = 2**30


def folder_of(weights: WeightsConfig, name: CheckpointName) -> Path:
    """Where the files of a checkpoint are, or will be.

    Raises:
        UserError: no revision is pinned.
    """
    chosen = weights.checkpoint(name)
    if chosen.revision is None:
        raise UserError(
            f"weights.{name}.revision: not set; put the commit (40 digits) of {chosen.repository} that you want into"
            " the scale file: the hub lists them under Files, History, and the newest is what"
            f" huggingface_hub.model_info('{chosen.repository}').sha says"
        )
    return Path(weights.directory) / name / chosen.revision


def fetch(weights: WeightsConfig, name: CheckpointName) -> Path:
    """Download a checkpoint's files, or go on where a download stopped; returns their folder.

    Raises:
        UserError: no revision is pinned, the hub cannot be reached or does not have it, the disk is too small, or a
            file's digest is not the stated one.
    """
    chosen, folder = weights.checkpoint(name), folder_of(weights, name)
    if (folder / RECORD).is_file():
        verify_fetched(folder)
        return folder
    stated = _stated_files(chosen, folder)
    folder.mkdir(parents=True, exist_ok=True)
    missing = sum(
        entry["size"] for file, entry in stated.items() if not _complete(folder / file, entry)
    )  # what is half there is counted whole
    free = shutil.disk_usage(folder).free
    if missing > free:
        raise UserError(
            f"{folder}: {missing / GIB:.1f} GiB are to come, {free / GIB:.1f} GiB are free; set weights.directory to a"
            " larger disk"
        )
    for file, entry in stated.items():
        if not _complete(folder / file, entry):
            _download(chosen, folder, file)
        _check(folder / file, entry)
    record = {"schema": 1, "repository": chosen.repository, "revision": chosen.revision, "files": stated}
    write_json(folder / RECORD, record)
    return folder


def verify_fetched(folder: Path) -> None:
    """Check every file of a finished download against `files.json`.

    Raises:
        UserError: one is missing or changed.
    """
    for file, entry in read_json(folder / RECORD)["files"].items():
        _check(inside(folder, file), entry)


def _stated_files(chosen: CheckpointConfig, folder: Path) -> dict[str, dict[str, Any]]:
    """Name -> size and digest of the files to fetch, as the hub states them for the pinned commit."""
    from huggingface_hub import HfApi

    try:
        info = HfApi(endpoint=os.environ.get(ENDPOINT)).model_info(
            chosen.repository, revision=chosen.revision, files_metadata=True
        )
    except Exception as error:  # the HTTP library's own errors pass through, by many names
        raise _unreachable(chosen, folder, error) from None
    if info.sha != chosen.revision:
        raise UserError(f"{chosen.repository}: the hub answers with revision {info.sha}, not {chosen.revision}")
    stated: dict[str, dict[str, Any]] = {}
    for sibling in info.siblings or []:
        if any(fnmatch(sibling.rfilename, pattern) for pattern in chosen.files):
            digest = (
                {"sha256": sibling.lfs.sha256} if sibling.lfs else {"git_sha1": sibling.blob_id}
            )  # small files are plain git blobs
            inside(folder, sibling.rfilename)
            stated[sibling.rfilename] = {"size": sibling.size, **digest}
    if not any(file.endswith(".safetensors") for file in stated):
        raise UserError(
            f"{chosen.repository} at {chosen.revision}: no *.safetensors file there; check weights.*.repository"
        )
    return stated


def _download(chosen: CheckpointConfig, folder: Path, file: str) -> None:
    from huggingface_hub import hf_hub_download

    try:
        hf_hub_download(
            chosen.repository, file, revision=chosen.revision, local_dir=folder, endpoint=os.environ.get(ENDPOINT)
        )
    except Exception as error:
        raise _unreachable(chosen, folder, error) from None


def _complete(path: Path, entry: dict[str, Any]) -> bool:
    return path.is_file() and path.stat().st_size == entry["size"]


def _check(path: Path, entry: dict[str, Any]) -> None:
    if not path.is_file():
        raise UserError(f"{path}: missing; delete {path.parent / RECORD} and fetch again")
    if path.stat().st_size != entry["size"]:
        raise UserError(f"{path}: {path.stat().st_size} bytes, expected {entry['size']}; delete it and fetch again")
    kind = "sha256" if "sha256" in entry else "git_sha1"
    found = file_digest(path) if kind == "sha256" else _git_digest(path)
    if found != entry[kind]:
        raise UserError(f"{path}: {kind} is {found}, the hub states {entry[kind]}; delete it and fetch again")


def _git_digest(path: Path) -> str:
    """Git's name of a blob: sha1 of a header with its length, and its bytes."""
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _unreachable(chosen: CheckpointConfig, folder: Path, error: Exception) -> UserError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return UserError(
        f"{chosen.repository} at {chosen.revision}: not fetched ({reason}); go online, or set HF_ENDPOINT to a mirror,"
        f" or copy {folder} from a machine that has fetched it; what has come is kept"
    )
