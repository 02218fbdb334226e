"""Hub models, each as a tiny model of random weights with its real architecture, through the real adapter."""

import re
from pathlib import Path
from typing import Any

import pytest

from ipt.config import Config
from ipt.errors import UserError
from ipt.evaluation.prompts import prompt_text, request_for
from ipt.models.baselines import catalog
from ipt.models.baselines.hub import HubAnswerer, load_hub
from ipt.models.interface import Request
from ipt.names import HUB_BASELINES
from tests.unit.evaluation.evaluation_samples import noise_png, question, small_config
from tests.unit.models.baselines.tiny import make

SLOW = pytest.mark.e2e
ARCHITECTURES = [
    "qwen2.5-vl-7b",
    "chameleon-7b",  # no chat template
    *(pytest.param(name, marks=SLOW) for name in ("internvl3.5-8b", "qwen2.5-vl-3b", "qwen3-vl-8b", "janus-pro-7b")),
]


def config_with(model_id: str, **settings: Any) -> Config:
    values = small_config().model_dump(mode="json")
    return Config.model_validate(values | {"baselines": {"hub": {model_id: {"max_new_tokens": 12} | settings}}})


def requests(config: Config, model_id: str) -> list[Request]:
    """One, three and four images, of several sizes, in questions of different lengths."""
    shown = {role: noise_png(index, 24 + 8 * index) for index, role in enumerate(("map_path", "ego_1", "ego_2"))}
    frames = {f"frame_{index}": noise_png(10 + index, 40) for index in range(4)}
    asked = [
        (question("pet", images={"marked": noise_png(20)}), "marked"),
        (question("pt", images=shown), "ego_dir"),
        (question("mvc", images=frames), "frames"),
        (question("pt", 1, images=shown), "path"),
    ]
    return [request_for(config, model_id, one, "generate", setting) for one, setting in asked]


def text_of(answerer: HubAnswerer, request: Request) -> str:
    return answerer.answer([request])[0].text


@pytest.mark.parametrize("model_id", ARCHITECTURES)
def test_a_model_of_the_architecture_answers(model_id: str, tmp_path: Path) -> None:
    config = config_with(model_id, path=str(make(model_id, tmp_path / "model")), batch=3)
    answerer = load_hub(config, model_id)
    asked = requests(config, model_id)
    together = [response.text for response in answerer.answer(asked)]
    assert len(together) == 4
    assert all(together)
    assert together == [text_of(answerer, request) for request in asked], "padding changes the answer"
    # The answer depends on the pixels of every image, and on the words.
    seen = answerer.logits([request_for(config, model_id, one, "generate", "ego_dir") for one in _variants()])
    assert len({tuple(row) for row in seen.tolist()}) == 5


def _variants() -> list[Any]:
    images = {role: noise_png(index) for index, role in enumerate(("map_path", "ego_1", "ego_2"))}
    changed = [images | {role: noise_png(50)} for role in images]
    return [
        *(question("pt", images=shown) for shown in (images, *changed)),
        question("pt", images=images, question="What is on the right of the chair?"),
    ]


def test_the_bare_question_is_asked_images_in_their_places(tmp_path: Path) -> None:
    config = config_with("qwen2.5-vl-7b", path="unused")
    asked = question("pt", question="Map <image_1>, views <image_2> <image_3>: what is on your left?")
    text = prompt_text(request_for(config, "qwen2.5-vl-7b", asked, "generate", "ego_dir").prompt)
    assert text == (
        "Map [image 16 px], views [image 16 px][image 16 px]: what is on your left?\n"
        "Options:\nA. chair\nB. sofa\nC. bed\nD. lamp\nPlease select the correct answer from the options above. \n"
    )


def test_the_digest_is_of_the_weights(tmp_path: Path) -> None:
    first = make("chameleon-7b", tmp_path / "model")
    config = config_with("chameleon-7b", path=str(first))
    digest = load_hub(config, "chameleon-7b").checkpoint_digest
    assert load_hub(config, "chameleon-7b").checkpoint_digest == digest
    weights = first / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    assert load_hub(config, "chameleon-7b").checkpoint_digest != digest


def test_a_revision_is_pinned_or_asked_for() -> None:
    for name in HUB_BASELINES:
        known = catalog.CATALOGUE[name]
        assert known.revision == "" or re.fullmatch("[0-9a-f]{40}", known.revision)
    pinned = catalog.source_of(config_with("qwen2.5-vl-7b"), "qwen2.5-vl-7b")
    assert pinned == catalog.HubModel("Qwen/Qwen2.5-VL-7B-Instruct", "cc594898137f460bfe9f0759e9844b3ce807cfb5")
    with pytest.raises(UserError, match=r"baselines.hub.janus-pro-7b.revision: no commit of deepseek") as said:
        catalog.source_of(config_with("janus-pro-7b"), "janus-pro-7b")
    assert "baselines: {hub: {janus-pro-7b: {revision: ...}}}" in str(said.value)  # what to type
    mine = config_with("janus-pro-7b", revision="0" * 40)
    assert catalog.source_of(mine, "janus-pro-7b") == catalog.HubModel("deepseek-community/Janus-Pro-7B", "0" * 40)
    with pytest.raises(UserError, match=r"baselines.hub.qwen2.5-vl-7b.revision: no commit of other/model"):
        catalog.source_of(config_with("qwen2.5-vl-7b", repository="other/model"), "qwen2.5-vl-7b")


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"baselines.hub.qwen3-vl-8b.path: .*/none holds no model"):
        load_hub(config_with("qwen3-vl-8b", path=str(tmp_path / "none")), "qwen3-vl-8b")


def test_answers_depend_on_these_settings_and_no_others() -> None:
    def digest(**settings: Any) -> dict[str, Any]:
        return catalog.answer_settings(config_with("qwen2.5-vl-7b", **settings), "qwen2.5-vl-7b")

    assert digest() == digest(batch=99)
    assert digest() != digest(max_new_tokens=13)
    assert digest() != digest(precision="bf16")
    assert digest() != digest(revision="0" * 40)
    assert catalog.answer_settings(config_with("qwen2.5-vl-7b"), "pet.ipt.latent64.seed0") == {}
