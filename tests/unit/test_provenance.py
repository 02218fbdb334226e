"""`ipt verify`: a changed byte anywhere below a table is named, whatever its modification time says."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from ipt.datasets.files import file_digest, manifest_path, verify, write_manifest
from ipt.errors import UserError
from ipt.provenance import Verification, check_dvc, stored_files


def made(name: str, content: str, *parents: str) -> Path:
    path = Path(name)
    path.write_text(content)
    digests = {parent: file_digest(Path(parent)) for parent in parents}
    write_manifest(path, rows=1, command="test", config_digest="0", parents=digests)
    return path


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table that rests on scores, these on a shard, and on a file of the repository without a manifest."""
    monkeypatch.chdir(tmp_path)
    Path("reported.csv").write_text("61.7\n")
    made("shard.parquet", "scene")
    made("scores.json", "{}", "shard.parquet")
    return made("table.json", "[]", "scores.json", "reported.csv")


def problems(table: Path) -> list[str]:
    found = Verification()
    found.walk([table])
    return found.problems


def test_an_untouched_table_has_no_problems(table: Path) -> None:
    found = Verification()
    found.walk([table])
    assert (found.problems, len(found.checked)) == ([], 3)


def test_a_flipped_byte_two_steps_below_is_named_though_its_time_is_kept(table: Path) -> None:
    path = Path("shard.parquet")
    before = path.stat()
    path.write_text("scenf")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert problems(table)[0].startswith("scores.json: was made from another shard.parquet")
    assert "shard.parquet: its bytes" in problems(table)[1]


def test_a_file_made_again_from_other_data_is_a_problem_of_its_child(table: Path) -> None:
    made("shard.parquet", "another scene")  # whole, with a manifest of its own
    assert problems(table) == ["scores.json: was made from another shard.parquet than the one here"]


def test_a_manifest_that_was_changed_is_named_whatever_field_it_is(table: Path) -> None:
    path = manifest_path(Path("scores.json"))
    path.write_text(path.read_text().replace('"rows": 1', '"rows": 3'))
    assert problems(table) == ["scores.json.manifest.json: changed since it was written"]
    with pytest.raises(UserError, match=r"scores\.json\.manifest\.json: changed since it was written"):
        verify(Path("scores.json"))


def test_a_changed_file_of_the_repository_is_named(table: Path) -> None:
    Path("reported.csv").write_text("16.7\n")
    assert problems(table) == ["table.json: was made from another reported.csv than the one here"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sha256": 3, "parents": {}}', '{"sha256": "x"}', "\0\0"])
def test_a_manifest_that_is_none_is_named(table: Path, content: str) -> None:
    manifest_path(Path("scores.json")).write_text(content)
    assert any("scores.json.manifest.json: not readable" in problem for problem in problems(table))


def test_missing_files_are_named(table: Path) -> None:
    Path("shard.parquet").unlink()
    assert problems(table) == ["shard.parquet: missing"]


def test_everything_with_a_manifest_is_found(table: Path) -> None:
    assert [path.name for path in stored_files(Path())] == ["scores.json", "shard.parquet", "table.json"]


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dvc.lock of one folder with two files, and the cache, written as DVC's documentation describes them."""
    monkeypatch.chdir(tmp_path)

    def store(content: bytes, suffix: str = "") -> str:
        digest = hashlib.md5(content).hexdigest() + suffix
        target = Path("cache/files/md5") / digest[:2] / digest[2:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return digest

    Path("out").mkdir()
    entries = []
    for name, content in (("a", b"first"), ("b", b"second")):
        (Path("out") / name).write_bytes(content)
        entries.append({"md5": store(content), "relpath": name})
    listing = store(json.dumps(entries).encode(), ".dir")
    Path("dvc.lock").write_text(f"stages:\n  make:\n    outs:\n    - {{path: out, md5: {listing}}}\n")
    return Path("dvc.lock")


def test_dvc_agrees_with_an_untouched_workspace(lock: Path) -> None:
    assert check_dvc(lock, Path("cache")) == (2, [])


def test_a_corrupt_object_of_the_cache_is_named(lock: Path) -> None:
    digest = hashlib.md5(b"second").hexdigest()
    (Path("cache/files/md5") / digest[:2] / digest[2:]).write_bytes(b"secone")
    _, found = check_dvc(lock, Path("cache"))
    assert len(found) == 1
    assert digest[2:] in found[0]
    assert "out/b" in found[0]


def test_a_corrupt_listing_of_the_cache_is_named(lock: Path) -> None:
    listing = next(Path("cache").rglob("*.dir"))
    listing.write_text(listing.read_text().replace("relpath", "relpatj"))
    assert str(listing) in check_dvc(lock, Path("cache"))[1][0]


def test_a_corrupt_file_of_the_workspace_is_named(lock: Path) -> None:
    Path("out/a").write_bytes(b"firsu")
    assert check_dvc(lock, Path("cache"))[1] == ["out/a: its bytes are not those that dvc.lock describes"]


@pytest.mark.parametrize("content", ["", "stages: 3\n", "stages: {make: {outs: [{path: x}]}}\n", "{", "\0"])
def test_a_lock_that_is_none_is_named(lock: Path, content: str) -> None:
    lock.write_text(content)
    with pytest.raises(UserError, match=r"dvc\.lock"):
        check_dvc(lock, Path("cache"))
