"""A scale that begins from released weights, in the real DAG: fetched from a hub, converted, trained from, evaluated.

The hub is a server on this machine; its checkpoints have every official name at a width of 16. BAGEL's own has no
place here (29 GB), so what is shown is the way, not its numbers.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file, save

from ipt.config import ModelConfig, load_config
from ipt.datasets.files import verify
from ipt.datasets.tokenizer import Tokenizer, build_backend
from ipt.models.bagel.build import build_model
from ipt.models.bagel.vae import build_vae
from tests.hubserver import Hub, served
from tests.workspace import ROOT, Workspace

pytestmark = pytest.mark.e2e
BASE, TUNED = "0" * 39 + "1", "0" * 39 + "2"
RELEASED = "released.ipt_mvc_mixed"
MODEL = {
    "source": "hub",
    "input_size": 512,
    "input_size_many": 256,
    "output_size": 512,
    "latent_positions_per_side": 32,
    "vit": {"hidden_size": 16, "intermediate_size": 16, "layers": 1, "heads": 2, "positions_per_side": 40},
    "llm": {
        "hidden_size": 16,
        "intermediate_size": 16,
        "layers": 1,
        "heads": 2,
        "kv_heads": 1,
        "vocabulary": 600,
        "rope_theta": 10000.0,
    },
    "vae": {"channels": [4, 4, 4, 4], "layers_per_block": 1, "latent_channels": 4, "norm_groups": 2},
}


def checkpoint(config: ModelConfig, seed: int, folder: Path, whole: bool) -> dict[str, bytes]:
    """The files of a release; `whole`: with autoencoder and tokenizer, which a fine-tuned one may leave out."""
    model = {name: value.to(torch.bfloat16) for name, value in build_model(config, seed).state_dict().items()}
    files = {"ema.safetensors": save(model), "README.md": b"not asked for"}
    if whole:
        files["ae.safetensors"] = save(build_vae(config.vae, 1).autoencoder.state_dict())
        build_backend(["which side is it on , left or right"], config.llm.vocabulary).save(str(folder / "t.json"))
        files["tokenizer.json"] = (folder / "t.json").read_bytes()
    return files


def scale(path: Path, special_ids: list[int], tuned: str | None) -> None:
    data = yaml.safe_load((ROOT / "workflow/config/micro.yaml").read_text())
    data["model"] = MODEL
    data["training"] |= {"steps": {"pet": 2, "pt": 1, "mvc": 1}, "samples_per_step": 2, "sanity_images": 0}
    data["training"] |= {"first_loss_limit": 50.0, "tokens_per_sample": 8192, "ema": 0.0}
    data["evaluation"] = {"max_think_tokens": 3, "image_steps": 2, "batch": 4}
    data["paper"] |= {"latent_sizes": [64], "environments": ["primary"]}
    data["tasks"]["pet"]["sizes"]["test"] |= {"questions": 6}
    data["weights"] = {
        "bagel": {"repository": "owner/base", "revision": BASE},
        "ipt_mvc_mixed": {"repository": "owner/tuned", "revision": tuned},
        "special_ids": special_ids,
    }
    path.write_text(yaml.safe_dump(data))


def test_from_the_hub_to_trained_weights_and_scores(
    fresh: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = ModelConfig.model_validate(MODEL)
    base, tuned = checkpoint(config, 1, tmp_path, whole=True), checkpoint(config, 2, tmp_path, whole=False)
    tokenizer = Tokenizer(build_backend(["which side is it on , left or right"], config.llm.vocabulary))
    ids = [tokenizer.im_start, tokenizer.im_end, tokenizer.vision_start, tokenizer.vision_end]
    here = replace(fresh)
    file = fresh.path / "hub.yaml"
    train = Path("results/hub/train")
    run = train / "pet.label_only.seed0/model.safetensors"
    scores = Path(f"results/hub/evaluate/scores/pet-primary/{RELEASED}.json")

    def snakemake(*targets: Path, check: bool = True) -> str:
        command = ("snakemake", "--cores", "2", "--config", "scale=hub.yaml", "--quiet", "rules", "--")
        return here.run(*command, *map(str, targets), check=check).stdout

    with served(Hub("owner/base", BASE, base), Hub("owner/tuned", TUNED, tuned)) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        scale(file, ids, None)
        assert "weights.ipt_mvc_mixed.revision: not set" in snakemake(scores, check=False)
        scale(file, ids, TUNED)
        snakemake(run, train / "base.seed1/model.safetensors", scores)
    root = fresh.path
    fetched = root / f"cache/weights/bagel/{BASE}"
    assert not (fetched / "README.md").exists()
    given = hashlib.sha256(base["ema.safetensors"]).hexdigest()
    converted = verify(root / train / "base.seed0/model.safetensors")
    assert converted["parents"] == {str(fetched.relative_to(root) / "ema.safetensors"): given}
    assert (root / train / "base.seed1/model.safetensors").stat().st_nlink == 2  # one copy for all seeds
    trained = verify(root / run)
    assert trained["parents"][str(train / "base.seed0/model.safetensors")] == converted["sha256"]
    start, end = load_file(root / train / "base.seed0/model.safetensors"), load_file(root / run)
    moved = {name for name in start if not torch.equal(start[name].float(), end[name].float())}
    assert any("mlp.gate_proj" in name for name in moved)
    assert not any("_moe_gen" in name for name in moved)
    told = json.loads((root / scores).read_text())
    assert told["model_id"] == RELEASED
    assert set(told["modes"]) == {"answer_only", "with_thought"}
    asked = verify(root / f"results/hub/evaluate/predictions/pet-primary/{RELEASED}.parquet")
    assert asked["checkpoint_digest"] == verify(root / train / RELEASED / "model.safetensors")["sha256"]


def test_the_paper_scale_names_the_weights_it_starts_from(fresh: Workspace) -> None:
    """Without network: the plan of a paper-scale run goes back to the pinned revision of BAGEL-7B-MoT."""
    revision = load_config("paper").weights.bagel.revision
    target = "results/paper/train/mvc.mixed.latent64.seed2/model.safetensors"
    planned = fresh.run("snakemake", "-n", "--config", "scale=paper", "--quiet", "progress", "--", target).stdout
    assert f"cache/weights/bagel/{revision}/files.json" in planned
    assert "results/paper/train/base.seed2/model.safetensors" in planned
    assert "rule train_base" not in planned
