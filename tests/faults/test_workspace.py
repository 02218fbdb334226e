"""Trouble around a run: two at once, a clock that was set back, folders without permission."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.kills import manifests
from tests.workspace import Workspace

pytestmark = pytest.mark.e2e

WITHOUT_PRIVILEGE = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Root whom permissions bind like everybody else."""
DAY = 86_400
RENDER = ("snakemake", "--cores", "all", "--config", "scale=micro", "--quiet", "rules", "--", "render")


def copy_of(workspace: Workspace, path: Path) -> Workspace:
    shutil.copytree(workspace.path, path, symlinks=True)
    return Workspace(path)


def test_the_second_of_two_says_so_in_a_line_and_the_first_loses_nothing(
    finished: Workspace,
    fresh: Workspace,
) -> None:
    first = subprocess.Popen(
        fresh.argv(*RENDER), cwd=fresh.path, env=fresh.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    locks = fresh.path / ".snakemake" / "locks"
    while first.poll() is None and not (locks.is_dir() and any(locks.iterdir())):
        time.sleep(0.02)
    second = fresh.run(*RENDER, check=False)
    assert first.poll() is None, "the first had ended: nothing was tested"
    assert second.returncode != 0
    told = [line for line in second.stdout.splitlines() if line.startswith("ipt: ")]
    assert len(told) == 1
    assert f"snakemake already runs here (process {first.pid})" in told[0]
    assert "Traceback" not in second.stdout
    printed = first.communicate()[0]
    assert first.returncode == 0, printed
    wanted = {name: data for name, data in manifests(finished).items() if name.startswith("render/")}
    assert manifests(fresh) == wanted
    assert fresh.run(*RENDER).returncode == 0  # no lock is left


def test_after_the_clock_was_set_back_nothing_is_made_again_and_work_goes_on(
    finished: Workspace,
    tmp_path: Path,
) -> None:
    """All that is there is from tomorrow: it counts as made, and what is made now may rest on it."""
    here = copy_of(finished, tmp_path / "here")
    asked = ("snakemake", "-n", "--cores", "all", "--config", "scale=micro", "--", "all")

    def set_back() -> None:
        tomorrow = time.time() + DAY
        for path in (here.path / "results").rglob("*"):
            os.utime(path, (tomorrow, tomorrow))

    set_back()
    printed = here.run(*asked).stdout
    assert "Nothing to be done" in printed
    assert "files are from the future" in printed
    set_back()
    scores = here.path / "results" / "micro" / "evaluate" / "scores" / "pet-primary"
    before = manifests(here)
    for path in scores.glob("blind_random.json*"):
        path.unlink()
    here.snakemake("evaluate")
    assert manifests(here) == before
    planned = here.run(*asked).stdout
    assert "score_predictions" not in planned
    assert "evaluate_model" not in planned
    here.snakemake("all")
    assert "Nothing to be done" in here.run(*asked).stdout
    assert manifests(here) == before


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv (util-linux) is not installed")
@pytest.mark.parametrize("kind", ["results", "shard"])
def test_a_missing_permission_is_told_by_name(finished: Workspace, tmp_path: Path, kind: str) -> None:
    here = copy_of(finished, tmp_path / "here")
    rendered = here.path / "results" / "micro" / "render" / "mvc-primary-val"
    curated = here.path / "results" / "micro" / "curate"
    forbidden = rendered / "shard-0000.parquet" if kind == "shard" else curated
    forbidden.chmod(0o500 if kind == "results" else 0o000)
    command = [*WITHOUT_PRIVILEGE, *here.argv("ipt", "curate", "--task", "mvc", "--split", "val", "--scale", "micro")]
    done = subprocess.run(
        command, cwd=here.path, env=here.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    forbidden.chmod(0o700)
    assert done.returncode == 2, done.stdout
    (told,) = [line for line in done.stdout.splitlines() if line.startswith("ipt: ")]
    assert ("shard-0000.parquet" if kind == "shard" else "mvc-primary-val") in told
    assert "no permission" in told
    assert "Traceback" not in done.stdout
