"""A mixture of sets in the real Snakefile: what it needs is planned, and nothing else changes."""

import pytest
import yaml

from tests.workspace import ROOT, Workspace

pytestmark = pytest.mark.e2e
RUN = "mix_pet.ipt.latent64.seed0"


def test_a_mixture_pulls_its_sets_into_the_plan(fresh: Workspace) -> None:
    """The training split of the different environment is made only because the mixture learns from it."""
    data = yaml.safe_load((ROOT / "workflow/config/micro.yaml").read_text())
    mixture = {"sets": ["pet-primary", "pet-different"], "shares": [2, 1], "steps": 6}
    (fresh.path / "mixed.yaml").write_text(yaml.safe_dump(data | {"mixtures": {"mix_pet": mixture}}))

    def planned(scale: str, target: str) -> str:
        return fresh.run("snakemake", "-n", "--config", f"scale={scale}", "--quiet", "progress", "--", target).stdout

    whole = planned("mixed.yaml", "all")
    assert f"results/mixed/train/{RUN}/model.safetensors" in whole
    assert f"results/mixed/evaluate/scores/pet-different/{RUN}.json" in whole
    for split in ("train", "val"):
        assert f"results/mixed/curate/pet-different-{split}.parquet" in whole
    assert "pet-different-train" not in planned("micro", "all")
