"""The whole DAG at scale micro, as a user drives it: one command, then nothing to do, then DVC agrees."""

import json
from pathlib import Path

import pytest

from ipt.datasets.files import manifest_path, verify
from ipt.paper.registry import FIGURES, TABLES
from tests.browser import browser, opened
from tests.workspace import Workspace

pytestmark = pytest.mark.e2e


def paper(workspace: Workspace) -> Path:
    return workspace.path / "results" / "micro" / "paper"


def test_one_command_writes_every_table_and_figure(finished: Workspace) -> None:
    missing = [
        name
        for name in [f"tables/{table}.{suffix}" for table in TABLES for suffix in ("csv", "md", "tex", "json")]
        + [f"figures/{figure}.{suffix}" for figure in FIGURES for suffix in ("png", "pdf")]
        + ["report.html", "report.pdf", "traces.json", "claims.md", "audit.md"]
        if not (paper(finished) / name).is_file()
    ]
    assert missing == []


def test_everything_written_agrees_with_its_manifest(finished: Workspace) -> None:
    manifests = sorted((finished.path / "results").rglob("*.manifest.json"))
    assert len(manifests) > 50
    for manifest in manifests:
        verify(manifest.with_name(manifest.name.removesuffix(".manifest.json")))


def test_a_second_run_does_nothing(finished: Workspace) -> None:
    assert "Nothing to be done" in finished.snakemake("all")


def test_dvc_says_the_same(finished: Workspace) -> None:
    assert "up to date" in finished.run("dvc", "status").stdout
    printed = finished.run("dvc", "repro").stdout
    assert "Running stage" not in printed
    metrics = finished.run("dvc", "metrics", "show").stdout
    assert "label_only" in metrics


def test_a_second_clone_takes_the_results_from_the_remote(finished: Workspace, tmp_path: Path) -> None:
    finished.run("git", "add", "-A")
    finished.run("git", "commit", "-q", "-m", "results", check=False)
    finished.run("dvc", "remote", "modify", "--local", "storage", "url", str(tmp_path / "storage"))
    finished.run("dvc", "push", "-q")
    finished.run("git", "clone", "-q", ".", str(tmp_path / "clone"))
    clone = Workspace(tmp_path / "clone")
    clone.run("dvc", "remote", "modify", "--local", "storage", "url", str(tmp_path / "storage"))
    clone.run("dvc", "pull", "-q")
    dry_run = clone.run("snakemake", "-n", "--config", "scale=micro", "--quiet", "rules", "--", "all")
    assert "Nothing to be done" in dry_run.stdout
    assert "Nothing to be done" in clone.snakemake("all")
    assert "Running stage" not in clone.run("dvc", "repro").stdout
    name = "results/micro/paper/report.html"
    assert (clone.path / name).read_bytes() == (finished.path / name).read_bytes()


def test_one_table_builds_only_what_it_needs(finished: Workspace) -> None:
    printed = finished.run(
        "snakemake", "-n", "--forceall", "--config", "scale=micro", "--quiet", "rules", "--", "table_dataset_stats"
    ).stdout
    assert "table_dataset_stats" in printed
    assert "train_run" not in printed


def test_the_workflow_is_lint_clean(finished: Workspace) -> None:
    assert "good condition" in finished.run("snakemake", "--lint").stdout


def test_data_is_byte_identical_from_scratch(finished: Workspace, fresh: Workspace) -> None:
    fresh.snakemake("curate", "annotate", "table_dataset_stats")
    compared = 0
    for stage in ("render", "curate", "annotate"):
        for path in sorted((fresh.path / "results" / "micro" / stage).rglob("*.*")):
            there = finished.path / path.relative_to(fresh.path)
            assert path.read_bytes() == there.read_bytes(), path.name
            compared += 1
    for suffix in ("csv", "md", "tex"):
        name = f"tables/dataset_stats.{suffix}"
        assert (paper(fresh) / name).read_bytes() == (paper(finished) / name).read_bytes()
    assert compared > 40


def test_the_report_opens_in_a_browser_without_an_error_or_a_request(finished: Workspace) -> None:
    with browser() as chromium, opened(chromium, paper(finished) / "report.html", width=360) as (page, heard):
        painted = page.evaluate("[...document.images].filter(i => i.src).map(i => i.complete && i.naturalWidth > 0)")
        assert len(painted) > 50
        assert all(painted)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert (heard.errors, heard.requests) == ([], [])


def test_every_cell_of_ours_can_be_walked_back_to_rendered_scenes(finished: Workspace) -> None:
    traces = json.loads((paper(finished) / "traces.json").read_text())
    files = traces["files"]

    def below(name: str) -> set[str]:
        return {name}.union(*(below(parent) for parent in files[name]["parents"]))

    assert traces["cells"]
    for source in traces["sources"].values():
        reached = below(source["scores"])
        assert any("/render/" in name for name in reached), source["scores"]
    for name, known in files.items():
        assert known["sha256"] == verify(finished.path / name)["sha256"]


def test_machine_filtered_sets_say_so(finished: Workspace) -> None:
    assert "machine-filtered" in (paper(finished) / "report.html").read_text(encoding="utf-8")
    stored = json.loads(manifest_path(finished.path / "results/micro/annotate/pet-primary.parquet").read_text())
    assert stored["rows"] > 0
