"""The configuration is typed, refuses what it does not know, and is the source of the JSON schema."""

import difflib
from pathlib import Path

import pytest
import yaml

from ipt.config import PRESET_FOLDER, PRESETS, load_config, schema_text
from ipt.errors import UserError


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_loads_under_its_own_name(preset: str) -> None:
    assert load_config(preset).scale == preset


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_satisfies_the_json_schema(preset: str) -> None:
    import json

    import jsonschema

    data = yaml.safe_load((PRESET_FOLDER / f"{preset}.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(json.dumps(data)), json.loads(schema_text()))


def test_committed_schema_is_the_one_of_the_types() -> None:
    path = PRESET_FOLDER / "schema.json"
    committed = path.read_text(encoding="utf-8")
    diff = "\n".join(difflib.unified_diff(committed.splitlines(), schema_text().splitlines(), str(path), "types"))
    assert not diff, f"run `make schema`:\n{diff}"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("tasks: {pet: {ara_min: 0.1}}", ["tasks.pet.ara_min", "unknown key", "area_min"]),
        ("sclae: smoke", ["sclae", "unknown key", "scale"]),
        ("environments: {primary: {simulater: embedded}}", ["environments.primary.simulater", "simulator"]),
        ("training: {learning_rate: fast}", ["training.learning_rate", "'fast'"]),
        ("tasks: {image_size: -3}", ["tasks.image_size", "greater than 0", "-3"]),
        ("training: {tokens_per_pack: null}", ["training", "samples_per_step", "tokens_per_pack"]),
        ("model: {llm: {heads: 5}}", ["model.llm", "hidden_size", "heads"]),
        ("model: {output_size: 100}", ["model", "output_size", "100"]),
        ("paper: {latent_sizes: [64, 5]}", ["paper", "latent_sizes", "5"]),
        ("environments: {different: {simulator: habitat}}", ["environments", "primary"]),
        ("- a\n- b", ["expected keys and values"]),
        ("a: [", ["not valid YAML"]),
    ],
)
def test_bad_configuration_is_one_line_that_names_file_and_key(tmp_path: Path, text: str, parts: list[str]) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        load_config(path)
    message = str(caught.value)
    assert "\n" not in message
    for part in [path.name, *parts]:
        assert part in message


def test_unknown_scale_lists_the_presets() -> None:
    with pytest.raises(UserError, match="micro, smoke, mini, paper"):
        load_config("smoek")


def test_digest_follows_the_named_sections_only(tmp_path: Path) -> None:
    plain = load_config(write(tmp_path, "seed: 0"))
    other = load_config(write(tmp_path, "training: {ema: 0.5}"))
    assert plain.digest("tasks", "model") == other.digest("tasks", "model")
    assert plain.digest("training") != other.digest("training")
    assert plain.digest() != other.digest()


def test_defaults_are_the_papers_values(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "{}"))
    assert (config.training.learning_rate, config.training.warmup_steps, config.training.ema) == (1e-5, 2000, 0.9999)
    assert (config.training.tokens_per_pack, config.training.tokens_per_sample) == (32768, 24576)
    assert [config.model.latent_output_size(size) for size in (4, 16, 32, 64)] == [64, 256, 512, 1024]
    assert (config.tasks.pet.target_tries, config.tasks.pet.area_min) == (40, 0.004)
    assert (config.evaluation.image_steps, config.evaluation.cfg_text, config.evaluation.cfg_image) == (50, 4.0, 2.0)
