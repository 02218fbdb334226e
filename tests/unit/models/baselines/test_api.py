"""API models through the real client, against a service on loopback."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ipt.config import Config, load_config
from ipt.errors import UserError
from ipt.evaluation.predict import evaluate_model
from ipt.models.open import open_answerer
from ipt.runs import Layout, parse_benchmark
from tests.unit.endpoint.service import fails, says, serving
from tests.unit.evaluation.evaluation_samples import question, small_config, write_set

PT = parse_benchmark("pt-primary")


def config_with(url: str, folder: Path, **endpoint: Any) -> Config:
    settings = {
        "model": "served",
        "base_url": url,
        "key_variable": "",
        "price_input": 1.0,
        "price_output": 1.0,
        "spend_cap": 1.0,
        "requests_per_minute": 1e6,
        "first_wait": 0.01,
    }
    return Config.model_validate(
        small_config().model_dump(mode="json")
        | {
            "endpoints": {"cheap": settings | endpoint},
            "endpoint_directory": str(folder / "cache"),
            "baselines": {"api": {"gpt-5": "cheap"}},
        }
    )


def evaluate(config: Config, folder: Path) -> Path:
    path = write_set(folder / "pt.parquet", [question("pt", index) for index in range(4)])
    output = folder / "predictions" / "pt-primary" / "gpt-5.parquet"
    answerer = open_answerer(config, Layout(config, folder), "gpt-5", "pt")
    evaluate_model(config, "gpt-5", answerer, PT, path, ("generate",), output, folder / "timings.parquet")
    return output


def test_every_question_is_asked_with_its_images_and_answers_are_kept(tmp_path: Path) -> None:
    with serving(*[says("<answer>B</answer>", {"prompt_tokens": 9, "completion_tokens": 3})] * 12) as service:
        rows = pq.read_table(evaluate(config_with(service.url, tmp_path), tmp_path)).to_pylist()
        assert len(service.asked) == 12
        shown = sorted(
            sum(part["type"] == "image_url" for part in one["messages"][0]["content"]) for one in service.asked
        )
        assert shown == [1] * 8 + [3] * 4  # the map alone twice, and with both endpoint views
        assert {(row["inference"], row["extracted"], row["parse_path"]) for row in rows} == {
            ("generate", "B", "answer_tag")
        }
        # Predictions lost, answers kept: nothing is asked again, and the bytes are the same.
        first = (tmp_path / "predictions/pt-primary/gpt-5.parquet").read_bytes()
        (tmp_path / "predictions/pt-primary/gpt-5.parquet").unlink()
        assert evaluate(config_with(service.url, tmp_path), tmp_path).read_bytes() == first
        assert len(service.asked) == 12
    timings = pq.read_table(tmp_path / "timings.parquet").to_pylist()
    assert len(timings) == 12
    assert all(row["seconds"] > 0 and row["batch"] == 1 for row in timings)


def test_a_failing_service_leaves_what_it_answered(tmp_path: Path) -> None:
    with serving(*[says("<answer>A</answer>")] * 5, *[fails(500)] * 60) as service:
        config = config_with(service.url, tmp_path, attempts=2, concurrency=1)
        with pytest.raises(UserError, match="no answer after 2 attempts"):
            evaluate(config, tmp_path)
        service.behaviours = []
        before = len(service.asked)
        evaluate(config, tmp_path)
        assert len(service.asked) - before == 7


def test_the_cap_is_for_the_whole_benchmark_and_comes_first(tmp_path: Path) -> None:
    """Twelve requests of about 0.01 USD each, in three batches, none of which alone would pass the cap."""
    with serving() as service:
        config = config_with(service.url, tmp_path, tokens_per_answer=4096, price_output=2.0, spend_cap=0.06)
        with pytest.raises(UserError, match=r"endpoints.cheap.spend_cap: 12 requests cost about 0.1\d USD"):
            evaluate(config, tmp_path)
        assert service.asked == []


def test_only_what_is_configured_is_opened(tmp_path: Path) -> None:
    config = load_config("micro")
    with pytest.raises(UserError, match=r"gpt-5: scale micro does not run it; name it in baselines.hub or baselines.a"):
        open_answerer(config, Layout(config), "gpt-5", "pet")
    values = config.model_dump(mode="json") | {"baselines": {"api": {"gpt-5": "nowhere"}}}
    with pytest.raises(ValueError, match=r"baselines.api.gpt-5 names nowhere, which endpoints does not describe"):
        Config.model_validate(values)
