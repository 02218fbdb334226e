"""Runs by a runs file instead of the DAG: the same bytes, killed in between or not, and a DAG that takes them over."""

import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.workspace import Workspace, make_workspace

pytestmark = pytest.mark.e2e

RUNS = ("mvc.label_only.seed0", "mvc.ipt.latent64.seed0")
RUNS_FILE = "workflow/runs/micro.yaml"
EVERYTHING = """scale: micro
wanted:
  - {supervisions: [base, label_only, text_cot, ipt, mixed]}
  - {tasks: [pet, mvc], supervisions: [ipt], latents: [32]}
"""


def results(workspace: Workspace) -> Path:
    return workspace.path / "results" / "micro"


@pytest.fixture
def copy(finished: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(finished.path, tmp_path / "copy", symlinks=True)
    return Workspace(tmp_path / "copy")


def verbs_of(workspace: Workspace) -> list[str]:
    """Command lines of processes that work in this workspace."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if (entry / "cwd").resolve() == workspace.path:
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def test_killed_and_gone_on_with_the_bytes_are_those_of_the_dag(finished: Workspace, copy: Workspace) -> None:
    for run in RUNS:
        shutil.rmtree(results(copy) / "train" / run)
        for path in (results(copy) / "evaluate").rglob(f"{run}*"):
            path.unlink()
    process = subprocess.Popen(
        copy.argv("ipt", "runs", "do", RUNS_FILE), cwd=copy.path, env=copy.environment(), stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while not any("train run" in line for line in verbs_of(copy)) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 15
    while verbs_of(copy) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert verbs_of(copy) == []
    assert "6 jobs left" in copy.run("ipt", "runs", "plan", RUNS_FILE).stdout

    assert "6 jobs made, 0 failed, 0 left" in copy.run("ipt", "runs", "do", RUNS_FILE, timeout=300).stdout
    compared = 0
    for run in RUNS:
        for path in (results(finished) / "train" / run / "model.safetensors", *there(finished, run)):
            assert (results(copy) / path.relative_to(results(finished))).read_bytes() == path.read_bytes(), path.name
            compared += 1
    assert compared >= 14


def there(finished: Workspace, run: str) -> list[Path]:
    """Manifests of a run, its predictions, images and scores with theirs."""
    found = [path for path in (results(finished) / "evaluate").rglob(f"{run}*") if path.is_file()]
    return [*found, results(finished) / "train" / run / "model.safetensors.manifest.json"]


def test_a_clone_adopts_a_pack_and_only_tables_and_report_are_left(
    finished: Workspace, copy: Workspace, tmp_path: Path
) -> None:
    (copy.path / "all.yaml").write_text(EVERYTHING, encoding="utf-8")
    packed = copy.run("ipt", "runs", "pack", "all.yaml", "--to", str(tmp_path / "pack")).stdout
    assert "archives" in packed
    assert sum(path.stat().st_size for path in (tmp_path / "pack").iterdir()) < 8_000_000

    clone = make_workspace(tmp_path / "clone")
    for stage in ("render", "curate", "annotate"):
        shutil.copytree(results(finished) / stage, results(clone) / stage)
    clone.run("ipt", "adopt-runs", str(tmp_path / "pack"), "--scale", "micro")
    assert list(results(clone).rglob("model.safetensors")) == []
    asked = clone.run("snakemake", "-n", "--config", "scale=micro", "--quiet", "rules", "--", "all").stdout
    left = set(re.findall(r"^(\w+) +\d+$", asked, re.MULTILINE)) - {"all", "total"}
    assert left == {"paper_tables", "paper_data_figures", "paper_result_figures", "paper_report"}

    clone.snakemake(str(Path("results/micro/paper/traces.json")))
    for table in ("main_results", "ablation_thought"):
        name = f"paper/tables/{table}.json"
        assert (results(clone) / name).read_bytes() == (results(finished) / name).read_bytes()
