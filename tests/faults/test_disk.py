"""A disk that fills up while a stage writes: a clear error, earlier files intact, and it goes on when space returns."""

import pytest

from tests.e2e.conftest import Workspace, finished, fresh  # noqa: F401 (fixtures)
from tests.faults.storage import can_mount, resize, small_disk

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not can_mount(), reason="mounting a tmpfs needs root and the right to mount"),
]

RENDER = ("ipt", "render", "--scale", "micro", "--task", "mvc", "--split", "val")
CURATE = ("ipt", "curate", "--scale", "micro", "--task", "mvc", "--split", "val")


def test_full_while_rendering_and_curating(fresh: Workspace) -> None:  # noqa: F811
    results = fresh.path / "results"
    shard = results / "micro" / "render" / "mvc-primary-val" / "shard-0000.parquet"
    curated = results / "micro" / "curate" / "mvc-primary-val.parquet"
    with small_disk(results, "32k"):
        done = fresh.run(*RENDER, check=False)
        assert done.returncode == 2, done.stdout
        assert "shard-0000.parquet: no space left" in done.stdout
        assert "Traceback" not in done.stdout
        assert not list(results.rglob("*.partial"))
        resize(results, "20m")
        fresh.run(*RENDER)
        before = shard.read_bytes()
        used = sum(path.stat().st_blocks for path in results.rglob("*")) * 512
        resize(results, str(used + 8192))
        done = fresh.run(*CURATE, check=False)
        assert done.returncode == 2, done.stdout
        assert "no space left" in done.stdout
        assert shard.read_bytes() == before
        resize(results, "20m")
        fresh.run(*CURATE)
        assert curated.is_file()


def test_a_read_only_disk_is_told(fresh: Workspace) -> None:  # noqa: F811
    results = fresh.path / "results"
    with small_disk(results, "4m"):
        resize(results, "4m,ro")
        done = fresh.run(*RENDER, check=False)
        assert done.returncode == 2, done.stdout
        assert "read-only" in done.stdout
        assert "Traceback" not in done.stdout
