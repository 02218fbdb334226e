"""Rows that the paper lacks: mixtures of sets, and the checkpoint that the authors released."""

import pytest

from ipt.config import Config, load_config
from ipt.errors import UserError
from ipt.evaluation.prompts import generated_size, supervision_of
from ipt.models.open import open_answerer
from ipt.paper import registry
from ipt.paper.cells import NotRun, ScoreRequest
from ipt.runs import Layout

RELEASED = "released.ipt_mvc_mixed"
REVISION = "0123456789abcdef0123456789abcdef01234567"


def with_mixture(config: Config) -> Config:
    mixture = {"sets": ["pet-primary", "mvc-primary"], "steps": 5, "supervisions": ["ipt", "mixed"]}
    return Config.model_validate(config.model_dump(mode="json") | {"mixtures": {"mix_two": mixture}})


def paper(revision: str | None) -> Config:
    data = load_config("paper").model_dump(mode="json")
    data["weights"]["ipt_mvc_mixed"]["revision"] = revision
    return Config.model_validate(data)


def test_a_mixture_is_trained_and_scored_on_the_benchmarks_of_its_tasks() -> None:
    config = with_mixture(load_config("micro"))
    names = {"mix_two.ipt.latent64.seed0", "mix_two.mixed.latent64.seed0"}
    assert names <= {run.run_id for run in registry.runs(config)}
    scored = {(benchmark, model) for benchmark, model in registry.all_score_files(config) if model in names}
    benchmarks = {"pet-primary", "mvc-primary", "pet-different"}
    assert scored == {(benchmark, name) for benchmark in benchmarks for name in names}
    rows = {cell.row.head[1] for cell in registry.cells(config, "main_results") if cell.row.group == "mixtures"}
    assert rows == {"ipt on mix_two", "mixed on mix_two"}


def test_without_mixtures_nothing_changes() -> None:
    config = load_config("micro")
    before = set(registry.all_score_files(config))
    assert before == {pair for pair in registry.all_score_files(with_mixture(config)) if "mix_two" not in pair[1]}


def test_the_released_checkpoint_is_evaluated_everywhere_once_it_is_pinned() -> None:
    asked = {benchmark for benchmark, model in registry.all_score_files(paper(REVISION)) if model == RELEASED}
    assert asked == {"pet-primary", "pt-primary", "mvc-primary", "pet-different", "pt-different"}
    assert registry.inferences(paper(REVISION), "mvc-primary", RELEASED) == ("answer_only", "with_thought")
    assert RELEASED not in {run.run_id for run in registry.runs(paper(REVISION))}


def test_unpinned_its_row_says_what_is_missing_and_all_else_goes_on() -> None:
    cells = [cell for cell in registry.cells(paper(None), "main_results") if cell.row.group == "released"]
    assert {cell.filling for cell in cells} == {NotRun("weights.ipt_mvc_mixed.revision is not set")}
    assert any(isinstance(one.filling, ScoreRequest) for one in registry.cells(paper(None), "main_results"))
    with pytest.raises(UserError, match=r"weights\.ipt_mvc_mixed\.revision: not set; put the commit .*model_info"):
        open_answerer(paper(None), Layout(paper(None)), RELEASED, "mvc")


def test_a_model_from_scratch_has_no_such_row() -> None:
    assert not [cell for cell in registry.cells(load_config("smoke"), "main_results") if cell.row.group == "released"]


def test_it_is_asked_like_a_run_of_its_kind() -> None:
    assert supervision_of(RELEASED) == "mixed"
    assert generated_size(paper(REVISION), RELEASED, "with_thought") == 1024
    assert generated_size(paper(REVISION), RELEASED, "answer_only") == 0
