"""Seeds, modes and comparisons over scores files, by hand."""

from pathlib import Path

import pytest

from ipt.errors import UserError
from ipt.evaluation.combine import best_of_modes, combine_seeds, compare, graded
from ipt.evaluation.predict import evaluate_model
from ipt.evaluation.score import score_predictions
from ipt.evaluation.scores_format import Scores, load_scores
from ipt.evaluation.statistics import mcnemar
from ipt.models.interface import Request, Response
from ipt.runs import parse_benchmark
from tests.unit.evaluation.evaluation_samples import Scripted, question, small_config, write_set

CONFIG = small_config()
MVC = parse_benchmark("mvc-primary")


def scores_of(folder: Path, right: dict[str, set[int]], seed: int = 0, count: int = 40) -> Scores:
    """Scores of a model that is right exactly on `right[mode]`."""
    questions = [question("mvc", index) for index in range(count)]
    path = write_set(folder / f"set{count}.parquet", questions)
    truth = {one.question_id: one.answer for one in questions}

    def reply(request: Request) -> Response:
        good = int(request.question_id.split("-")[-1]) in right[request.inference]
        wrong = "B" if truth[request.question_id] == "A" else "A"
        return Response(f"<answer>{truth[request.question_id] if good else wrong}</answer>")

    predictions, output = folder / f"p{seed}.parquet", folder / f"s{seed}.json"
    evaluate_model(CONFIG, f"mvc.ipt.latent64.seed{seed}", Scripted(reply), MVC, path, tuple(right), predictions)
    score_predictions(CONFIG, MVC, predictions, path, output)
    return load_scores(output)


def test_one_seed_is_its_own_estimate(tmp_path: Path) -> None:
    scores = scores_of(tmp_path, {"answer_only": set(range(30))})
    combined = combine_seeds([scores], "answer_only")
    headline = scores.modes["answer_only"].headline
    assert (combined.mean, combined.low, combined.high) == (headline.value, headline.low, headline.high)
    assert combined.deviation is None


def test_three_seeds_by_hand(tmp_path: Path) -> None:
    seeds = [scores_of(tmp_path, {"answer_only": set(range(n))}, seed) for seed, n in enumerate((28, 30, 32))]
    combined = combine_seeds(seeds, "answer_only")
    assert combined.values == (0.7, 0.75, 0.8)
    assert combined.mean == pytest.approx(0.75)
    assert combined.deviation == pytest.approx(0.05)
    assert combined.low < 0.65
    assert combined.high > 0.85
    assert combined == combine_seeds(seeds, "answer_only")  # the same interval every time


def test_best_of_modes_keeps_the_first_of_equals_and_the_value_of_each(tmp_path: Path) -> None:
    scores = scores_of(tmp_path, {"answer_only": set(range(20)), "with_thought": set(range(10, 35))})
    best, modes = best_of_modes([scores], ("answer_only", "with_thought"))
    assert best == "with_thought"
    assert {mode: found.mean for mode, found in modes.items()} == {"answer_only": 0.5, "with_thought": 0.625}
    equal = scores_of(tmp_path, {"answer_only": {1, 2}, "with_thought": {3, 4}}, seed=1)
    assert best_of_modes([equal], ("with_thought", "answer_only"))[0] == "with_thought"
    with pytest.raises(UserError, match="modes: lacks oracle_thought, which a table needs"):
        best_of_modes([scores], ("answer_only", "oracle_thought"))


def test_comparison_of_two_modes(tmp_path: Path) -> None:
    scores = scores_of(tmp_path, {"answer_only": set(range(20)), "with_thought": set(range(15, 35))})
    found = compare(graded([scores], "answer_only"), graded([scores], "with_thought"))
    assert (found.only_first, found.only_second, found.n) == (15, 15, 40)
    assert found.difference == 0
    other = scores_of(tmp_path, {"answer_only": set(range(32))}, seed=1)
    found = compare(graded([scores], "answer_only"), graded([other], "answer_only"))
    assert found.difference == pytest.approx(-12 / 40)
    assert found.p_value == pytest.approx(mcnemar([0] * 12, [1] * 12)) == pytest.approx(2 / 2**12)


def test_seeds_of_a_question_are_one_observation(tmp_path: Path) -> None:
    """Two questions won under each of three seeds are two observations, not six: p = 2 / 2^2."""
    weak = [scores_of(tmp_path, {"answer_only": {0, 1}}, seed) for seed in range(3)]
    strong = [scores_of(tmp_path, {"answer_only": {0, 1, 2, 3}}, seed) for seed in range(3)]
    found = compare(graded(weak, "answer_only"), graded(strong, "answer_only"))
    assert (found.only_first, found.only_second, found.n) == (0, 6, 40)
    assert found.p_value == pytest.approx(0.5)
    once = compare(graded(weak[:1], "answer_only"), graded(strong, "answer_only"))
    assert once == found  # a model that exists once meets every seed


def test_one_setting_of_several(tmp_path: Path) -> None:
    questions = [question("pt", index) for index in range(8)]
    path = write_set(tmp_path / "pt.parquet", questions)
    truth = {one.question_id: one.answer for one in questions}

    def reply(request: Request) -> Response:
        wrong = "B" if truth[request.question_id] == "A" else "A"
        return Response(f"<answer>{truth[request.question_id] if request.input_setting == 'path' else wrong}</answer>")

    predictions, output = tmp_path / "p.parquet", tmp_path / "s.json"
    benchmark = parse_benchmark("pt-primary")
    evaluate_model(CONFIG, "base.seed0", Scripted(reply), benchmark, path, ("answer_only",), predictions)
    score_predictions(CONFIG, benchmark, predictions, path, output)
    scores = load_scores(output)
    assert combine_seeds([scores], "answer_only").mean == pytest.approx(1 / 3)
    assert combine_seeds([scores], "answer_only", "path").mean == 1.0
    both = combine_seeds([scores, scores], "answer_only", "path")
    assert (both.mean, both.deviation, both.n) == (1.0, 0.0, 8)
    assert graded([scores], "answer_only", "path").correct.tolist() == [[True] * 8]
    assert set(graded([scores], "answer_only").group) == {"ego_dir", "path", "path_arrow"}
    with pytest.raises(UserError, match="by_setting: lacks frames"):
        combine_seeds([scores], "answer_only", "frames")


def test_other_questions_cannot_be_compared(tmp_path: Path) -> None:
    first = scores_of(tmp_path, {"answer_only": {1}})
    second = scores_of(tmp_path, {"answer_only": {1}}, seed=1, count=20)
    with pytest.raises(UserError, match="not scored on the same questions"):
        compare(graded([first], "answer_only"), graded([second], "answer_only"))
    with pytest.raises(UserError, match="not scored on the same questions"):
        combine_seeds([first, second], "answer_only")
    with pytest.raises(UserError, match="modes: lacks with_thought"):
        graded([first], "with_thought")
