"""A tiny world for training tests: a coloured square on the left or the right, and the question on which side it is."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from ipt.config import Config
from ipt.datasets.files import write_manifest, write_questions
from ipt.datasets.schema import Question
from ipt.names import INPUT_SETTINGS
from ipt.runs import Run
from ipt.seeding import content_rng

COLOURS = {"chair": "#d03030", "table": "#3050d0", "plant": "#30a040", "lamp": "#d0b020"}


def png(colour: str, left: bool, offset: int = 0, size: int = 64) -> bytes:
    image = Image.new("RGB", (size, size), "#b8b0a8")
    x = (6 if left else size - 30) + offset
    ImageDraw.Draw(image).rectangle([x, 24, x + 22, 46], fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def question(index: int, task: str = "pet", split: str = "train") -> Question:
    """Question `index`; the answer is drawn by its id, A and B alike."""
    question_id = f"{task}-{split}-{index:05d}"
    rng = content_rng(question_id)
    name = sorted(COLOURS)[int(rng.integers(4))]
    left = bool(rng.integers(2))
    choices: tuple[str, ...] = ("left", "right")
    roles = dict.fromkeys(role for roles in INPUT_SETTINGS[task].values() for role in roles)
    text = f"Where is the {name}?"
    if task != "pet":
        choices = (*choices, "behind", "nowhere")
    if task == "mvc":
        text += "".join(f"\n{letter}) {choice}" for letter, choice in zip("ABCD", choices, strict=True))
    if task == "pt":
        text = "<image_1>\n<image_2><image_3>" + text
    return Question(
        question_id=question_id,
        task=task,
        environment="primary",
        split=split,
        category={"pet": "closer", "pt": "left", "mvc": "rotation"}[task],
        scene_id=f"{split}-{index // 4}",
        scene_digest="0" * 16,
        room_type="kitchen",
        question=text,
        choices=choices,
        answer="AB"[choices.index("left" if left else "right")],
        object=name,
        images={role: png(COLOURS[name], left, int(rng.integers(-4, 5))) for role in roles},
        imagination=png(COLOURS[name], left),
        think_text=f"I should imagine where the {name} is.",
        text_cot=f"The {name} is on the {'left' if left else 'right'}.",
    )


def write_set(path: Path, count: int, task: str = "pet", split: str = "train") -> Path:
    write_questions(path, questions := [question(index, task, split) for index in range(count)])
    write_manifest(path, rows=len(questions), command="test", config_digest="0")
    return path


def write_sets(folder: Path, counts: Sequence[int] = (64, 16)) -> tuple[Path, Path]:
    return (
        write_set(folder / "train.parquet", counts[0]),
        write_set(folder / "val.parquet", counts[1], split="val"),
    )


TINY = {
    "scale": "tiny",
    "environments": {"primary": {"simulator": "embedded"}},
    "tasks": {"image_size": 64},
    "model": {
        "source": "scratch",
        "input_size": 16,
        "input_size_many": 16,
        "output_size": 16,
        "latent_patch": 1,
        "latent_positions_per_side": 2,
        "vit": {
            "hidden_size": 16,
            "intermediate_size": 32,
            "layers": 1,
            "heads": 2,
            "patch_size": 8,
            "positions_per_side": 2,
        },
        "llm": {
            "hidden_size": 32,
            "intermediate_size": 64,
            "layers": 2,
            "heads": 2,
            "kv_heads": 1,
            "vocabulary": 512,
            "rope_theta": 10000.0,
        },
        "vae": {
            "channels": [8, 8, 16, 16],
            "layers_per_block": 1,
            "latent_channels": 4,
            "norm_groups": 4,
            "scaling_factor": 1.0,
            "shift_factor": 0.0,
            "train_steps": 30,
            "train_batch": 16,
            "learning_rate": 0.003,
        },
    },
    "training": {
        "steps": {"pet": 20, "pt": 2, "mvc": 2},
        "samples_per_step": 8,
        "tokens_per_pack": None,
        "packs_per_step": 1,
        "tokens_per_sample": 400,
        "learning_rate": 0.003,
        "schedule": "cosine",
        "warmup_steps": 2,
        "epsilon": 1e-8,
        "ema": 0.5,
        "precision": "fp32",
        "checkpoint_every": 5,
        "validate_every": 5,
        "checkpoint_activations": False,
        "tensorboard": False,
        "log_every": 1,
    },
    "paper": {"latent_sizes": [32, 64], "environments": ["primary"]},
    "cluster": {"train": {"gpus": 0}},
}


@dataclass(frozen=True)
class World:
    """Everything a run starts from, made once."""

    config: Config
    folder: Path
    train: Path
    val: Path
    tokenizer: Path
    vae: Path
    base: Path

    def run(self, run: Run, output: Path, config: Config | None = None, **options: Any) -> Path:
        """Train `run`; returns the exported file."""
        from ipt.training.train import train_run

        weights = output / run.run_id / "model.safetensors"
        inputs = (self.base, self.vae, self.tokenizer, [self.train], [self.val])
        train_run(config or self.config, run, *inputs, weights, **options)
        return weights


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    from ipt.datasets.tokenizer import train_tokenizer
    from ipt.training.base import make_base
    from ipt.training.vae import train_vae

    folder = tmp_path_factory.mktemp("world")
    config = Config.model_validate(TINY)
    train, val = write_sets(folder)
    tokenizer, vae, base = folder / "tokenizer.json", folder / "vae/vae.safetensors", folder / "base/model.safetensors"
    train_tokenizer(config, [train], tokenizer)
    train_vae(config, [train], vae)
    make_base(config, tokenizer, vae, base)
    return World(config, folder, train, val, tokenizer, vae, base)


@pytest.fixture(scope="session")
def make_question() -> Callable[..., Question]:
    return question
