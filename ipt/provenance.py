"""Hash again everything that a table rests on, and name what differs: back from the table to the rendered scenes.

Two independent records are held against the bytes: our manifests (sha256 of each file and of what it was made from),
and dvc.lock with DVC's cache (md5). Modification times, which DVC's own `status` trusts, are not looked at.
"""

import hashlib
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ipt.datasets.files import file_digest, manifest_path, own_digest
from ipt.errors import UserError
from ipt.workflow import tool

_KEPT = (".parquet", ".json", ".safetensors", ".csv", ".md", ".tex", ".png", ".pdf", ".html", ".jsonl")


@dataclass
class Verification:
    """What was hashed, and what differs: one line each, the file first."""

    checked: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    _digests: dict[str, str] = field(default_factory=dict)

    def walk(self, files: Iterable[Path]) -> None:
        """Check `files` against their manifests, and so on with everything they were made from."""
        waiting = list(files)
        while waiting:
            path = waiting.pop()
            if str(path) in self.checked:
                continue
            self.checked.add(str(path))
            manifest = self._manifest(path)
            if manifest is None:
                continue
            if self._digest(path) != manifest["sha256"]:
                self.problems.append(f"{path}: its bytes are not those that its manifest describes")
            for name, recorded in manifest["parents"].items():
                parent = Path(name)
                if parent.is_file() and self._digest(parent) != recorded:
                    self.problems.append(f"{path}: was made from another {parent} than the one here")
                if manifest_path(parent).is_file() or not parent.is_file():
                    waiting.append(parent)

    def _digest(self, path: Path) -> str:
        if str(path) not in self._digests:
            self._digests[str(path)] = file_digest(path)
        return self._digests[str(path)]

    def _manifest(self, path: Path) -> dict[str, Any] | None:
        """The manifest of a file that is there; None, and a problem, otherwise."""
        if not path.is_file():
            self.problems.append(f"{path}: missing")
            return None
        try:
            found = json.loads(manifest_path(path).read_text(encoding="utf-8"))
            if isinstance(found["sha256"], str) and isinstance(found["parents"], dict):
                if found.get("own") not in (None, own_digest(found)):
                    self.problems.append(f"{manifest_path(path)}: changed since it was written")
                return dict(found)
        except FileNotFoundError:
            self.problems.append(f"{path}: no manifest")
            return None
        except (OSError, ValueError, KeyError, TypeError):
            pass
        self.problems.append(f"{manifest_path(path)}: not readable as a manifest")
        return None


def stored_files(root: Path) -> list[Path]:
    """Every file below `root` that has a manifest."""
    suffix = ".manifest.json"
    found = [path.with_name(path.name.removesuffix(suffix)) for path in sorted(root.rglob(f"*{suffix}"))]
    return [path for path in found if path.suffix in _KEPT and not path.name.startswith(".")]


def check_dvc(lock: Path, cache: Path) -> tuple[int, list[str]]:
    """Hash what dvc.lock describes, in the workspace and in the cache; how many files, and what differs.

    Raises:
        UserError: dvc.lock is not readable.
    """
    try:
        stages = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"]
        outputs = [out for stage in stages.values() for out in stage.get("outs", [])]
        described = [(Path(out["path"]), str(out["md5"])) for out in outputs]
    except (OSError, yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{lock}: not readable ({type(error).__name__}: {error}); `git checkout {lock}`") from None
    count, problems = 0, []
    for path, digest in described:
        entries = [(path, digest)]
        if digest.endswith(".dir"):
            listing = _object(cache, digest)
            if not listing.is_file():
                problems.append(f"{path}: its listing is not in the cache (dvc pull)")
                continue
            if _md5(listing) != digest.removesuffix(".dir"):
                problems.append(f"{listing}: corrupt object of DVC's cache (the list of {path})")
                continue
            entries = [(path / entry["relpath"], entry["md5"]) for entry in json.loads(listing.read_text())]
        for file, wanted in entries:
            count += 1
            stored = _object(cache, wanted)
            if stored.is_file() and _md5(stored) != wanted:
                problems.append(f"{stored}: corrupt object of DVC's cache ({file})")
            if not file.is_file():
                problems.append(f"{file}: missing; dvc.lock describes it (dvc checkout)")
            elif _md5(file) != wanted:
                problems.append(f"{file}: its bytes are not those that dvc.lock describes")
    return count, problems


def dvc_cache() -> Path:
    """Where DVC's cache is."""
    done = subprocess.run([*tool("dvc"), "cache", "dir"], capture_output=True, text=True, check=False)
    return Path(done.stdout.strip() or ".dvc/cache")


def _object(cache: Path, digest: str) -> Path:
    return cache / "files" / "md5" / digest[:2] / digest[2:]


def _md5(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
