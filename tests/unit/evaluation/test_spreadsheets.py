"""Spreadsheets of released predictions, written by hand as VLMEvalKit writes them, scored in our tables."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from ipt.cli import app
from ipt.config import Config
from ipt.datasets.files import file_digest, read_json
from ipt.datasets.schema import Question
from ipt.errors import UserError
from ipt.evaluation.predict import evaluate_model
from ipt.evaluation.score import score_predictions
from ipt.evaluation.scores_format import Scores, load_scores
from ipt.evaluation.spreadsheets import import_predictions
from ipt.models.interface import Response
from ipt.runs import parse_benchmark
from tests.unit.evaluation.evaluation_samples import Scripted, question, small_config, write_set

CONFIG = small_config()
PET, PT, REAL = (parse_benchmark(name) for name in ("pet-primary", "pt-primary", "pt-different"))


def sheet(path: Path, questions: list[Question], predictions: list[str], **columns: Any) -> Path:
    """One row a question: index, question, the options in columns A, B, ..., answer, category, prediction."""
    table = pd.DataFrame(
        {
            "index": range(len(questions)),
            "question": [f"<image_1>\n{one.question}  " for one in questions],
            **{
                letter: [one.choices[position] for one in questions]
                for position, letter in enumerate("ABCD"[: len(questions[0].choices)])
            },
            "answer": [one.answer for one in questions],
            "category": [one.category for one in questions],
            "prediction": predictions,
            **columns,
        }
    )
    if path.suffix == ".xlsx":
        table.to_excel(path, index=False)
    else:
        table.to_csv(path, sep="," if path.suffix == ".csv" else "\t", index=False)
    return path


def distinct(task: str, count: int, **changes: Any) -> list[Question]:
    return [question(task, index, question=f"Question {index}: where?", **changes) for index in range(count)]


def scored(folder: Path, config: Config = CONFIG, benchmark: Any = PET) -> Scores:
    output, name = folder / "scores.json", benchmark.benchmark_id
    predictions = folder / "predictions" / name / "m.parquet"
    score_predictions(config, benchmark, predictions, folder / f"{name}.parquet", output)
    return load_scores(output)


def imported(folder: Path, benchmark: Any, sheets: Any, model: str = "gpt-5") -> Path:
    name = benchmark.benchmark_id
    output = folder / "predictions" / name / "m.parquet"
    import_predictions(benchmark, model, sheets, folder / f"{name}.parquet", output)
    return output


@pytest.mark.parametrize("kind", ["xlsx", "csv", "tsv"])
def test_a_spreadsheet_is_scored_as_if_asked_here(tmp_path: Path, kind: str) -> None:
    questions = distinct("pet", 12)
    write_set(tmp_path / "pet-primary.parquet", questions)
    outputs = [
        f"The answer is {one.answer}." if index % 4 else "NA, I cannot tell" for index, one in enumerate(questions)
    ]
    path = sheet(tmp_path / f"m.{kind}", questions[::-1], outputs[::-1])  # in any order
    output = imported(tmp_path, PET, {"generate": {"marked": path}})
    found = scored(tmp_path)
    assert found.model_id == "gpt-5"
    mode = found.modes["generate"]
    assert (mode.micro.correct, mode.micro.n) == (9, 12)
    assert mode.parse_failures["strict"] == 0.25
    assert found.items.correct["generate"] == "011101110111"
    assert read_json(output.with_name("m.parquet.manifest.json"))["parents"][str(path)] == file_digest(path)


def test_released_tags_letters_and_listed_choices_do_not_matter(tmp_path: Path) -> None:
    """mvc questions list their choices; a ground truth may be the option's text."""
    made = [question("mvc", index, question=f"How many in room {index}?\nA) 1\nB) 2\nC) 3\nD) 4") for index in range(4)]
    write_set(tmp_path / "mvc-primary.parquet", made)
    benchmark = parse_benchmark("mvc-primary")
    path = sheet(tmp_path / "m.csv", made, ["A"] * 4, answer=[one.choices["ABCD".index(one.answer)] for one in made])
    imported(tmp_path, benchmark, {"generate": {"frames": path}})
    expected = sum(one.answer == "A" for one in made)
    assert scored(tmp_path, benchmark=benchmark).modes["generate"].micro.correct == expected > 0


def test_equal_questions_are_taken_in_order_and_any_order_scores_the_same(tmp_path: Path) -> None:
    """Templates repeat: six questions of one text, three with either answer, of which two and one are right."""
    questions = [question("pet", index, category="closer", answer="AAABBB"[index]) for index in range(6)]
    write_set(tmp_path / "pet-primary.parquet", questions)
    outputs = ["A", "A", "B", "A", "B", "A"]
    marks = []
    for order in ([0, 1, 2, 3, 4, 5], [5, 2, 4, 0, 3, 1]):
        path = sheet(tmp_path / "m.csv", [questions[i] for i in order], [outputs[i] for i in order])
        imported(tmp_path, PET, {"answer_only": {"marked": path}})
        found = scored(tmp_path).modes["answer_only"]
        marks.append((found.micro.correct, found.headline.value))
    assert marks == [(3, 0.5), (3, 0.5)]


def test_ids_are_used_where_there_are_any(tmp_path: Path) -> None:
    questions = distinct("pet", 3)
    write_set(tmp_path / "pet-primary.parquet", questions)
    ids = [one.question_id for one in questions]
    path = sheet(tmp_path / "m.csv", questions, ["A", "B", "A"], question_id=ids, question=["", "", ""])
    imported(tmp_path, PET, {"generate": {"marked": path}})
    stranger = sheet(tmp_path / "s.csv", questions, ["A"] * 3, question_id=[*ids[:2], "other"])
    with pytest.raises(UserError, match=r"s.csv: row 4: question_id: 'other' is not in the evaluation set"):
        imported(tmp_path, PET, {"generate": {"marked": stranger}})
    twice = sheet(tmp_path / "t.csv", questions, ["A"] * 3, question_id=[*ids[:2], ids[0]])
    with pytest.raises(UserError, match=r"t.csv: row 4: question_id: pet-00000 is answered twice"):
        imported(tmp_path, PET, {"generate": {"marked": twice}})


ARROW = {"environment": "different", "metadata": {"input_settings": ["path_arrow"]}}


def test_each_setting_has_a_file_of_the_questions_released_in_it(tmp_path: Path) -> None:
    """The real pt set: each question exists in one of two settings, and is asked and scored in that one alone."""
    path_only = distinct("pt", 5, environment="different", metadata={"input_settings": ["path"]})
    arrow_only = [question("pt", 50 + index, question=f"Arrow {index}", **ARROW) for index in range(3)]
    evaluation_set = write_set(tmp_path / "pt-different.parquet", path_only + arrow_only)
    files = {
        "path": sheet(tmp_path / "p.xlsx", path_only, [one.answer for one in path_only]),
        "path_arrow": sheet(tmp_path / "a.xlsx", arrow_only, ["Z"] * 3),
    }
    imported(tmp_path, REAL, {"generate": files})
    mode = scored(tmp_path, benchmark=REAL).modes["generate"]
    assert {name: (one.correct, one.n) for name, one in mode.by_setting.items()} == {
        "path": (5, 5),
        "path_arrow": (0, 3),
    }
    assert mode.headline.value == 0.5  # mean over settings, not 5 of 8
    with pytest.raises(UserError, match=r"files.generate lacks input setting path_arrow"):
        imported(tmp_path, REAL, {"generate": {"path": files["path"]}})
    # Our own evaluation asks the same eight.
    answerer = Scripted(lambda _: Response("<answer>A</answer>"))
    output = tmp_path / "predictions" / "pt-different" / "m.parquet"
    evaluate_model(CONFIG, "qwen2.5-vl-7b", answerer, REAL, evaluation_set, ("generate",), output)
    assert sorted(request.input_setting for request in answerer.asked) == ["path"] * 5 + ["path_arrow"] * 3
    assert scored(tmp_path, benchmark=REAL).modes["generate"].by_setting["path"].n == 5


def test_a_question_for_no_setting_of_the_benchmark_is_an_error(tmp_path: Path) -> None:
    made = [question("pt", 0, environment="different", metadata={"input_settings": ["ego_dir"]})]
    path = write_set(tmp_path / "pt-different.parquet", made)
    answerer = Scripted(lambda _: Response(""))
    with pytest.raises(UserError, match=r"pt-00000: metadata.input_settings names none of path, path_arrow"):
        evaluate_model(CONFIG, "m", answerer, REAL, path, ("generate",), tmp_path / "a" / "b" / "p.parquet")


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    questions = distinct("pet", 3)
    write_set(tmp_path / "pet-primary.parquet", questions)

    def refused(path: Path, message: str) -> None:
        with pytest.raises(UserError, match=message):
            imported(tmp_path, PET, {"generate": {"marked": path}})

    refused(tmp_path / "none.xlsx", "none.xlsx: missing")
    refused(tmp_path / "m.pkl", "m.pkl: is no spreadsheet")
    (tmp_path / "bad.xlsx").write_bytes(b"not a zip")
    refused(tmp_path / "bad.xlsx", "bad.xlsx: not readable")
    refused(sheet(tmp_path / "less.csv", questions[:2], ["A", "A"]), "less.csv: answers 2 of 3 questions; pet-00002 is")
    more = [*questions, questions[0]]
    refused(sheet(tmp_path / "more.csv", more, ["A"] * 4), "more.csv: row 5: question: answered more")
    other = [*questions[:2], question("pet", 9, question="Another?")]
    refused(sheet(tmp_path / "other.csv", other, ["A"] * 3), "other.csv: row 4: question: no question of the")
    table = pd.read_csv(tmp_path / "less.csv").drop(columns="prediction")
    table.to_csv(tmp_path / "bare.csv", index=False)
    refused(tmp_path / "bare.csv", "bare.csv: column prediction is missing")


def test_the_configuration_names_the_files() -> None:
    values = CONFIG.model_dump(mode="json")
    entry = {"benchmark": "pet-primary", "model": "gpt-5", "files": {"generate": {"marked": "m.xlsx"}}}
    config = Config.model_validate(values | {"imported": [entry]})
    found = config.imported_for("pet-primary", "gpt-5")
    assert found is not None
    assert found.paths == (Path("m.xlsx"),)
    assert config.imported_for("pet-primary", "gpt-5.2") is None
    with pytest.raises(ValueError, match="files is empty"):
        Config.model_validate(values | {"imported": [entry | {"files": {}}]})


def test_predictions_of_an_own_run_lack_no_mode_that_a_table_shows(tmp_path: Path) -> None:
    """Its cells take the better of two modes: one alone is refused before anything is written."""
    scale = tmp_path / "micro.yaml"
    text = (Path(__file__).resolve().parents[3] / "workflow" / "config" / "micro.yaml").read_text()
    imported = "{benchmark: pet-primary, model: pet.label_only.seed0, files: {answer_only: {marked: sheet.xlsx}}}"
    scale.write_text(f"{text}\nimported: [{imported}]\n")
    asked = ["import", "predictions", "--model", "pet.label_only.seed0", "--benchmark", "pet-primary"]
    said = CliRunner().invoke(app, [*asked, "--scale", str(scale)])
    assert isinstance(said.exception, UserError)
    assert "imported: pet.label_only.seed0 on pet-primary: files: lacks with_thought" in str(said.exception)
