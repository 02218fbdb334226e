"""A disk that is full, read-only or forbidden: the file is named, what was there stays, nothing half is left."""

import errno
import os
from pathlib import Path

import pyarrow as pa
import pytest

from ipt.datasets.files import atomic_path, write_table, write_text
from ipt.errors import UserError, storage_problem


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "no space"), (errno.EDQUOT, "quota"), (errno.EROFS, "read-only"), (errno.EACCES, "permission")],
)
def test_a_failed_write_names_the_file_and_keeps_the_old_one(tmp_path: Path, number: int, words: str) -> None:
    path = tmp_path / "scores.json"
    write_text(path, "old")

    def fail() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("ne")
            raise OSError(number, os.strerror(number))

    with pytest.raises(UserError, match=rf"scores\.json.*{words}"):
        fail()
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["scores.json"]


def test_a_library_that_only_says_it_in_words_is_understood(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no space"), atomic_path(tmp_path / "model.safetensors"):
        raise RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    assert storage_problem(OSError(errno.EIO, "Input/output error"), tmp_path) is None
    with pytest.raises(ZeroDivisionError), atomic_path(tmp_path / "x"):
        raise ZeroDivisionError


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_device_is_told_by_arrow_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ipt.datasets.files as files

    real = files.pq.write_table
    monkeypatch.setattr(files.pq, "write_table", lambda table, path, **options: real(table, "/dev/full", **options))
    with pytest.raises(UserError, match=r"rows\.parquet.*no space"):
        write_table(tmp_path / "rows.parquet", pa.table({"image": [os.urandom(200_000) for _ in range(10)]}))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UserError, match="permission"):
            write_text(tmp_path / "below" / "x", "")
    finally:
        tmp_path.chmod(0o700)
