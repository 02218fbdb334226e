"""A run on several sets: rows in the configured proportion, exactly, from configuration to the exported manifest."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ipt.config import Config
from ipt.datasets.files import verify, write_manifest, write_questions
from ipt.datasets.schema import Question
from ipt.errors import UserError
from ipt.models.bagel.items import Sample, TextItem
from ipt.runs import Layout, Run, parse_run
from ipt.training.processes import Processes
from ipt.training.samples import SampleSet, load_samples

if TYPE_CHECKING:
    from conftest import World

FEW = {"pet": 24, "pt": 6, "mvc": 10}
Sets = dict[str, Path]


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory, make_question: Callable[..., Question]) -> tuple[Sets, Sets]:
    """Training and validation sets of three tasks and of very different sizes."""
    folder = tmp_path_factory.mktemp("sets")
    found: list[Sets] = []
    for split, share in (("train", 1), ("val", 2)):
        paths = {}
        for task, count in FEW.items():
            path = paths[f"{task}-primary"] = folder / f"{task}-primary-{split}.parquet"
            write_questions(path, [make_question(index, task, split) for index in range(count // share)])
            write_manifest(path, rows=count // share, command="test", config_digest="0")
        found.append(paths)
    return found[0], found[1]


def mixed(config: Config, **mixture: Any) -> Config:
    everything = {"sets": [f"{task}-primary" for task in FEW], "steps": 3} | mixture
    data = config.model_dump(mode="json") | {"mixtures": {"mix_all": everything}}
    return Config.model_validate(data)


def loaded(config: Config, supervision: str, paths: Sets, tmp_path: Path, tokens: int = 10) -> SampleSet:
    """The set with samples of one text each; of `ipt` rows of pt, so many tokens."""

    def prepare(rows: Any) -> list[Sample]:
        long = [row.sample_id.startswith("pt") and "/ipt/" in row.sample_id for row in rows]
        return [
            Sample(row.sample_id, (TextItem(tuple(range(tokens if one else 8))),))
            for row, one in zip(rows, long, strict=True)
        ]

    run = Run("mix_all", supervision, 0)  # type: ignore[arg-type]
    return load_samples(paths, config, run, prepare, Processes(), tmp_path / "none")


def drawn(samples: SampleSet, config: Config, count: int) -> Counter[tuple[str, str]]:
    plan = samples.plan(config, 0)
    numbers = [plan.order.at(position) for position in range(count)]
    return Counter((samples.sources[number], samples.variants[number]) for number in numbers)


def test_shares_are_kept_to_the_row(world: "World", sets: tuple[Sets, Sets], tmp_path: Path) -> None:
    """3 : 1 : 2 whatever the sizes of the sets, and 50/50 of the two kinds of rows of `mixed` within each."""
    config = mixed(world.config, shares=[3, 1, 2])
    samples = loaded(config, "mixed", sets[0], tmp_path)
    counts = drawn(samples, config, 12 * 20)
    expected = {"pet-primary": 60, "pt-primary": 20, "mvc-primary": 40}
    assert counts == {(name, kind): n for name, n in expected.items() for kind in ("ipt", "answer_only")}


def test_without_shares_every_question_is_seen_equally_often(
    world: "World", sets: tuple[Sets, Sets], tmp_path: Path
) -> None:
    config = mixed(world.config)
    samples = loaded(config, "label_only", sets[0], tmp_path)
    plan = samples.plan(config, 0)
    seen = Counter(samples.samples[plan.order.at(position)].sample_id for position in range(3 * sum(FEW.values())))
    assert set(seen.values()) == {3}
    assert len(seen) == sum(FEW.values())


def test_a_share_that_cannot_be_kept_is_refused(world: "World", sets: tuple[Sets, Sets], tmp_path: Path) -> None:
    """All ipt rows of pt are over the budget: to go on without them would be another mixture."""
    config = mixed(world.config)
    with pytest.raises(UserError, match=r"pt-primary-train\.parquet: none of its ipt samples fits .*tokens_per_sample"):
        loaded(config, "mixed", sets[0], tmp_path, tokens=1000)


def test_a_mixture_trains_and_says_what_it_saw(world: "World", sets: tuple[Sets, Sets], tmp_path: Path) -> None:
    from ipt.training.train import train_run

    config = mixed(world.config, shares=[2, 1, 1])
    run = parse_run("mix_all.mixed.latent64.seed0")
    weights = tmp_path / run.run_id / "model.safetensors"
    train, val = ([*paths.values()] for paths in sets)
    train_run(config, run, world.base, world.vae, world.tokenizer, train, val, weights)
    manifest = verify(weights)
    assert manifest["steps"] == 3
    assert manifest["rows_seen"] == {"pet-primary": 12, "pt-primary": 6, "mvc-primary": 6}  # 3 steps of 8 samples
    assert {str(path) for path in train} < set(manifest["parents"])
    last = json.loads((weights.parent / "metrics.jsonl").read_text().splitlines()[-1])
    assert set(last["val_accuracy"]) == {f"{name}/{kind}" for name in sets[0] for kind in ("ipt", "answer_only")}
    assert 0 < last["fill"] <= 1


def test_the_names_of_a_mixture(world: "World") -> None:
    config = mixed(world.config)
    layout = Layout(config)
    run = parse_run("mix_all.ipt.latent64.seed0")
    assert run.task == "mix_all"
    assert [path.name for path in layout.training_sets(run, "val")] == [f"{task}-primary-val.parquet" for task in FEW]
    with pytest.raises(UserError, match=r"mix_other: scale tiny does not describe this mixture .*known: mix_all"):
        layout.training_sets(parse_run("mix_other.ipt.latent64.seed0"), "train")


@pytest.mark.parametrize(
    ("mixture", "told"),
    [
        ({"sets": []}, "at least 1 item"),
        ({"sets": ["pet-primary", "pet-primary"]}, "names one twice"),
        ({"sets": ["pet-elsewhere"]}, "should match pattern"),
        ({"sets": ["pet-different"]}, "which environments does not describe"),
        ({"shares": [1]}, "shares has 1 numbers for 3 sets"),
        ({"supervisions": ["base"]}, "base, which trains nothing"),
        ({"latent": 4}, "Latent-4 is under one token"),
    ],
)
def test_impossible_mixtures_are_told(world: "World", mixture: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        mixed(world.config, **mixture)
