"""Where a model answers, in which precision, and how many questions at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from ipt.config import Config, EvaluationConfig, ModelConfig
from ipt.datasets.files import file_digest, write_manifest
from ipt.datasets.segments import ImageSegment, TextSegment
from ipt.datasets.tokenizer import Tokenizer
from ipt.errors import UserError
from ipt.models.bagel.answerer import load_answerer
from ipt.models.bagel.build import build_model
from ipt.models.bagel.room import answering_place, batch_that_fits, request_bytes
from ipt.models.bagel.vae import build_vae
from ipt.models.bagel.weights import save_model, save_vae
from ipt.models.interface import Request
from ipt.names import INFERENCES

GIB = 2**30


@pytest.mark.parametrize(
    ("device", "precision", "there", "found"),
    [
        ("auto", "auto", True, ("cuda", torch.bfloat16)),
        ("auto", "auto", False, ("cpu", torch.float32)),
        ("cpu", "auto", True, ("cpu", torch.float32)),
        ("cuda", "fp32", True, ("cuda", torch.float32)),
        ("auto", "bf16", False, ("cpu", torch.bfloat16)),
    ],
)
def test_a_gpu_and_bf16_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, device: str, precision: str, there: bool, found: tuple[str, torch.dtype]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    chosen, dtype = answering_place(EvaluationConfig.model_validate({"device": device, "precision": precision}))
    assert (chosen.type, dtype) == found


def test_a_gpu_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match=r"^evaluation\.device: cuda, but torch finds no GPU here"):
        answering_place(EvaluationConfig(device="cuda"))


def test_a_request_of_bagel_by_hand() -> None:
    """Four 512 px images are 4 x (36^2 + 32^2 + 4) tokens; a slot is 28 layers x 4 key heads x 128 x 2 in bf16."""
    config = Config()
    slot = 28 * 4 * 128 * 2 * 2
    prompt = 512 + 4 * (36**2 + 32**2 + 4)
    slots = prompt + 4096 + 70**2 + 64**2 + 4
    each, reading = 5 * slot * slots, (4 * 3584 + 3 * 18944) * prompt * 2 + 10 * prompt**2
    once = max(reading, 4 * 4 * 256 * 1024**2)
    assert request_bytes(config, torch.bfloat16) == (each, once)
    assert 2 * GIB < each < 8 * GIB
    assert reading < once == 4 * GIB
    free = once + 7 * each
    assert batch_that_fits(config, torch.bfloat16, free) == 7
    assert batch_that_fits(config, torch.bfloat16, free - 1) == 6
    assert batch_that_fits(config, torch.bfloat16, 400 * GIB) == config.evaluation.batch
    assert batch_that_fits(config, torch.bfloat16, GIB) == 1
    assert batch_that_fits(config, torch.bfloat16, None) == config.evaluation.batch


@pytest.fixture(scope="module")
def folder(nano: ModelConfig, tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scale's `train` folder with a model of random weights, its VAE and its tokenizer."""
    train = tmp_path_factory.mktemp("results") / "train"
    (train / "tokenizer").mkdir(parents=True)
    tokenizer.save(train / "tokenizer/tokenizer.json")
    write_manifest(train / "tokenizer/tokenizer.json", rows=tokenizer.size, command="test", config_digest="")
    save_vae(build_vae(nano.vae, 1), train / "vae")
    digest = file_digest(train / "tokenizer/tokenizer.json")
    save_model(build_model(nano, 1), train / "base.seed0", tokenizer_digest=digest)
    return train / "base.seed0"


@pytest.mark.parametrize(("precision", "batch"), [("auto", 8), ("bf16", 1)])
def test_every_mode_answers_in_either_precision(
    nano: ModelConfig,
    folder: Path,
    picture: Callable[[int], bytes],
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    batch: int,
) -> None:
    """bf16 weights on a CPU go where those on a GPU go; equal bytes in any batch are promised in fp32 only."""
    config = Config.model_validate(
        {
            "model": nano.model_dump(mode="json"),
            "evaluation": {
                "device": "cpu",
                "precision": precision,
                "batch": 8,
                "max_think_tokens": 4,
                "image_steps": 3,
            },
        }
    )
    answerer = load_answerer(folder, config)
    assert answerer.settings.batch == batch
    assert answerer.model.llm2vae.weight.dtype == (torch.bfloat16 if precision == "bf16" else torch.float32)
    shown = (ImageSegment(picture(0), 16), TextSegment("look at the room"))
    requests = [
        Request("q", "pet", mode, "marked", shown, ("a", "b"), 1, 16, "say it<image_start>", picture(1))
        for mode in INFERENCES
    ]
    monkeypatch.setattr("ipt.models.bagel.writing.Written.wants_image", property(lambda _: True))
    answers = answerer.answer(requests)
    assert [bool(one.generated_png) for one in answers] == [False, True, False]
    assert all(one.text for one in answers)
