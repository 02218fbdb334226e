"""For all tests. Generated examples are the same in every run; `IPT_FUZZ=1` draws new ones.

End-to-end tests may run on two workers (`--dist loadgroup`): those that share something expensive (a finished run, a
SLURM, a Label Studio) stay together on one.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.workspace import Workspace, make_workspace

settings.register_profile("same", derandomize=True)
settings.register_profile("new")
settings.load_profile("new" if os.environ.get("IPT_FUZZ") else "same")

FINISHED = {
    "test_pipeline",
    "test_interruptions",
    "test_dvc",
    "test_disk",
    "test_flips",
    "test_runs_file",
    "test_workspace",
}
"""Modules that look at one finished run of the whole DAG."""


def group_of(path: Path) -> str:
    """The name of the group that the tests of `path` stay together in."""
    if path.stem in FINISHED:
        return "finished"
    return path.parent.name if path.parent.name in ("cluster", "annotation") else path.stem


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.xdist_group(group_of(item.path)))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which `ipt reproduce --scale micro` has run; `IPT_FINISHED` names one that is there.

    It stands here once: a module that imported the fixture would make a run of its own.
    """
    if made := os.environ.get("IPT_FINISHED"):
        return Workspace(Path(made))
    workspace = make_workspace(tmp_path_factory.mktemp("finished") / "ipt")
    workspace.run("ipt", "reproduce", "--scale", "micro")
    return workspace


@pytest.fixture
def fresh(tmp_path: Path) -> Workspace:
    """A workspace in which nothing has run."""
    return make_workspace(tmp_path / "ipt")
