"""The whole DAG through `snakemake --cores all --profile slurm`, and a training job that is preempted."""

import json

import pytest

from tests.cluster.conftest import OnCluster
from tests.cluster.loopback import Loopback, wait_until
from tests.e2e.conftest import Workspace, make_workspace

pytestmark = [pytest.mark.e2e, pytest.mark.slurm, pytest.mark.long]

COMMAND = ("snakemake", "--cores", "all", "--profile", "slurm", "--config", "scale=micro")
RUN = "pet.label_only.seed0"
MODEL = f"results/micro/train/{RUN}/model.safetensors"


@pytest.fixture(scope="module")
def through_slurm(cluster: Loopback, tmp_path_factory: pytest.TempPathFactory) -> OnCluster:
    """A clone in which the whole micro DAG has run on the cluster, training in two processes on two nodes."""
    workspace = make_workspace(tmp_path_factory.mktemp("slurm-dag") / "ipt")
    path = workspace.path / "workflow" / "config" / "micro.yaml"
    text = path.read_text(encoding="utf-8")
    one = "train: {memory_mb: 2500, minutes: 10}"
    assert one in text
    path.write_text(
        text.replace(one, "train: {memory_mb: 2500, minutes: 20, nodes: 2, processes: 1}"), encoding="utf-8"
    )
    (workspace.path / "site.yaml").write_text("evaluations_per_job: 8\n", encoding="utf-8")
    here = OnCluster(workspace.path, workspace.path.parent / "home", cluster)
    here.run(*COMMAND, timeout=7200)
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


def test_a_preempted_training_job_goes_on_from_its_checkpoint(through_slurm: OnCluster) -> None:
    """The same run again, with more steps; preempted when a checkpoint is complete."""
    here, cluster = through_slurm, through_slurm.cluster
    config = here.path / "workflow" / "config" / "micro.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("steps: {pet: 8,", "steps: {pet: 120,").replace("nodes: 2, ", ""), encoding="utf-8")
    controller = here.start(*COMMAND, "--", MODEL)
    checkpoints = here.path / "results" / "micro" / "train" / RUN / "checkpoints"
    try:
        wait_until(lambda: any(checkpoints.glob("step-*/checkpoint.manifest.json")), "a checkpoint is complete", 900)
        job = next(job for job in cluster.jobs() if RUN in job["comment"])
        urgent = ("--partition=urgent", f"--nodelist={job['node']}", "--exclusive", "--output=/dev/null", "--wrap=true")
        cluster.ask("sbatch", *urgent)
        wait_until(lambda: "Restarts=1" in cluster.ask("scontrol", "show", "job", job["id"]), "it was preempted", 120)
        assert controller.wait(timeout=1800) == 0, here.said[-4000:]
    finally:
        controller.kill()
    curve = [json.loads(line) for line in (here.path / MODEL).with_name("metrics.jsonl").read_text().splitlines()]
    steps = [record["step"] for record in curve]
    assert steps == sorted(set(steps))  # no step is there twice
    assert steps[-1] == 120
