"""The whole DAG through `snakemake --cores all --profile slurm`, training in two processes on two nodes."""

import pytest

from tests.cluster.conftest import OnCluster, make_clone
from tests.cluster.loopback import Loopback
from tests.workspace import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.slurm, pytest.mark.long]

COMMAND = ("snakemake", "--cores", "all", "--profile", "slurm", "--config", "scale=micro")


@pytest.fixture(scope="module")
def through_slurm(cluster: Loopback, tmp_path_factory: pytest.TempPathFactory) -> OnCluster:
    """A clone in which the whole micro DAG has run on the cluster."""
    sizes = {"train": "{memory_mb: 2500, minutes: 60, nodes: 2, processes: 1}"}
    here = make_clone(tmp_path_factory.mktemp("slurm-dag"), cluster, **sizes)
    (here.path / "site.yaml").write_text("evaluations_per_job: 8\n", encoding="utf-8")
    here.finish(here.start(*COMMAND), timeout=7200)
    return here


def test_every_table_is_there(through_slurm: OnCluster) -> None:
    tables = list((through_slurm.path / "results" / "micro" / "paper" / "tables").glob("*.csv"))
    assert len(tables) >= 12
    assert "Nothing to be done" in through_slurm.run(*COMMAND, "-n").stdout


def test_data_is_the_same_as_without_a_cluster(through_slurm: OnCluster, finished: Workspace) -> None:
    compared = 0
    for stage in ("render", "curate", "annotate"):
        for manifest in sorted((finished.path / "results" / "micro" / stage).rglob("*.manifest.json")):
            there = through_slurm.path / manifest.relative_to(finished.path)
            assert there.read_bytes() == manifest.read_bytes(), manifest.name
            compared += 1
    assert compared > 20
