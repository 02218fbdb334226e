"""An evaluation can be killed and continued; what it writes depends on content alone."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ipt.datasets.files import file_digest, manifest_path, read_json, verify
from ipt.errors import Stopped, UserError
from ipt.evaluation.journal import Journal, journal_path
from ipt.evaluation.predict import evaluate_model
from ipt.evaluation.sidecars import images_path, read_images
from ipt.models.interface import Request, Response
from ipt.runs import parse_benchmark
from tests.unit.evaluation.evaluation_samples import Scripted, noise_png, png, question, small_config, write_set

CONFIG = small_config()
MODEL = "pet.ipt.latent64.seed0"
PET = parse_benchmark("pet-primary")
MODES = ("answer_only", "with_thought")


def honest(request: Request) -> Response:
    """A reply that tells what was asked, by content only."""
    letter = "AB"[request.seed % 2]
    image = png(request.seed % 251) if request.inference == "with_thought" else b""
    return Response(f"<think>{request.question_id}</think><answer>{letter}</answer>", image)


@pytest.fixture
def pet_set(tmp_path: Path) -> Path:
    return write_set(tmp_path / "pet-primary.parquet", [question("pet", index) for index in range(10)])


def run(answerer: Scripted, pet_set: Path, output: Path, config=CONFIG, modes=MODES) -> None:
    evaluate_model(config, MODEL, answerer, PET, pet_set, modes, output)


def test_one_row_a_question_mode_and_setting(pet_set: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / "p.parquet"
    answerer = Scripted(honest)
    run(answerer, pet_set, output)
    rows = pq.read_table(output).to_pylist()
    assert len(rows) == len(answerer.asked) == 20
    assert [(row["question_id"], row["inference"]) for row in rows[:3]] == [
        ("pet-00000", "answer_only"),
        ("pet-00000", "with_thought"),
        ("pet-00001", "answer_only"),
    ]
    first = rows[1]
    assert first["model_id"] == MODEL
    assert first["checkpoint_digest"] == "checkpoint-1"
    assert first["extracted"] == "AB"[first["seed"] % 2]
    assert first["parse_path"] == "answer_tag"
    images = read_images(images_path(output), "with_thought")
    assert images[first["question_id"], "with_thought", "marked"] == png(first["seed"] % 251)
    assert len(images) == 10
    assert read_images(images_path(output), "answer_only") == {}
    assert "Will the chair be closer or further?" in first["prompt"]
    manifest = verify(output)
    assert manifest["rows"] == 20
    assert manifest["parents"] == {str(pet_set): file_digest(pet_set)}
    assert not journal_path(output).exists()


def test_bytes_do_not_depend_on_batches_or_order(pet_set: Path, tmp_path: Path) -> None:
    digests = set()
    for batch, modes in ((1, MODES), (3, MODES[::-1]), (64, MODES)):
        output = tmp_path / f"{batch}" / "p.parquet"
        run(Scripted(honest), pet_set, output, small_config(batch=batch), modes)
        digests.add(file_digest(output))
    assert len(digests) == 1


def interrupted_after(count: int) -> Scripted:
    def reply(request: Request) -> Response:
        if len(answerer.asked) == count:
            raise KeyboardInterrupt
        return honest(request)

    answerer = Scripted(reply)
    return answerer


def test_continues_where_it_was_stopped(pet_set: Path, tmp_path: Path) -> None:
    whole, output = tmp_path / "whole.parquet", tmp_path / "p.parquet"
    run(Scripted(honest), pet_set, whole)
    with pytest.raises(KeyboardInterrupt):
        run(interrupted_after(9), pet_set, output)  # batches of 4: two are on disk, the third is lost
    assert not output.exists()
    rest = Scripted(honest)
    run(rest, pet_set, output)
    assert len(rest.asked) == 20 - 8
    assert file_digest(output) == file_digest(whole)


def test_stopped_in_time_it_goes_on_with_the_next_batch(pet_set: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole" / "p.parquet", tmp_path / "parts" / "p.parquet"
    run(Scripted(honest), pet_set, whole)
    config = small_config(batch=8)
    for answered in (8, 16):
        with pytest.raises(Stopped, match=f"after {answered} of 20 answers"):
            evaluate_model(config, MODEL, Scripted(honest), PET, pet_set, MODES, parts, stop_after=0.0)
    last = Scripted(honest)
    evaluate_model(config, MODEL, last, PET, pet_set, MODES, parts, stop_after=0.0)
    assert len(last.asked) == 4
    assert parts.read_bytes() == whole.read_bytes()


def _slowly(pet_set: Path, output: Path) -> None:
    def reply(request: Request) -> Response:
        time.sleep(0.02)
        return honest(request)

    run(Scripted(reply), pet_set, output)


def test_kill_9_loses_nothing_that_was_written(pet_set: Path, tmp_path: Path) -> None:
    whole, output = tmp_path / "whole.parquet", tmp_path / "p.parquet"
    run(Scripted(honest), pet_set, whole)
    process = multiprocessing.get_context("fork").Process(target=_slowly, args=(pet_set, output))
    process.start()
    journal = journal_path(output)
    deadline = time.monotonic() + 30
    while not (journal.exists() and journal.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    rest = Scripted(honest)
    run(rest, pet_set, output)
    assert 0 < len(rest.asked) <= 16
    assert file_digest(output) == file_digest(whole)


def test_every_answer_has_its_wall_time_which_no_result_contains(pet_set: Path, tmp_path: Path) -> None:
    """Seconds differ from run to run; predictions, images and manifests must not."""

    def slow(request: Request) -> Response:
        time.sleep(0.001 * (request.seed % 7))
        return honest(request)

    def alone(request: Request) -> Response:
        return replace(honest(request), seconds=0.25)

    results = []
    for name, reply in (("fast", honest), ("slow", slow), ("alone", alone)):
        output, timings = tmp_path / name / "predictions" / "pet" / "m.parquet", tmp_path / f"{name}.parquet"
        evaluate_model(CONFIG, MODEL, Scripted(reply), PET, pet_set, MODES, output, timings)
        images = images_path(output)
        written = (output, images, manifest_path(output), manifest_path(images))
        results.append([path.read_bytes() for path in written])
        rows = pq.read_table(timings).to_pylist()
        assert len(rows) == 20
        assert {row["batch"] for row in rows} == ({1} if name == "alone" else {4})
        assert all(row["seconds"] == 0.25 if name == "alone" else row["seconds"] > 0 for row in rows)
    assert results[0] == results[1] == results[2]


def test_a_planner_sees_all_that_waits_before_the_first_question(pet_set: Path, tmp_path: Path) -> None:
    class Planning(Scripted):
        def plan(self, requests: Iterable[Request]) -> None:
            assert not self.asked
            self.planned = [request.question_id for request in requests]
            if refuses:
                raise UserError("too dear")

    refuses = True
    output = tmp_path / "p.parquet"
    answerer = Planning(honest)
    with pytest.raises(UserError, match="too dear"):
        run(answerer, pet_set, output)
    assert len(answerer.planned) == 20
    assert answerer.asked == []
    with pytest.raises(KeyboardInterrupt):
        run(interrupted_after(9), pet_set, output)
    refuses = False
    rest = Planning(honest)
    run(rest, pet_set, output)
    assert len(rest.planned) == len(rest.asked) == 12


@pytest.mark.parametrize("damage", ["torn", "flipped", "garbage"])
def test_a_damaged_journal_line_is_asked_again(pet_set: Path, tmp_path: Path, damage: str) -> None:
    whole, output = tmp_path / "whole.parquet", tmp_path / "p.parquet"
    run(Scripted(honest), pet_set, whole)
    with pytest.raises(KeyboardInterrupt):
        run(interrupted_after(8), pet_set, output)
    journal = journal_path(output)
    content = journal.read_bytes()
    if damage == "torn":
        journal.write_bytes(content[:-20])
    elif damage == "flipped":
        position = content.rfind(b"</think>")
        journal.write_bytes(content[:position] + b"X" + content[position + 1 :])
    else:
        journal.write_bytes(content + b"\x00\xff not json\n")
    rest = Scripted(honest)
    run(rest, pet_set, output)
    assert len(rest.asked) == (12 if damage == "garbage" else 13)
    assert file_digest(output) == file_digest(whole)


@pytest.mark.parametrize("change", ["checkpoint", "temperature", "question"])
def test_the_journal_is_keyed_by_content(pet_set: Path, tmp_path: Path, change: str) -> None:
    output = tmp_path / "p.parquet"
    with pytest.raises(KeyboardInterrupt):
        run(interrupted_after(8), pet_set, output)
    questions = [question("pet", index) for index in range(10)]
    config, digest = CONFIG, "checkpoint-1"
    if change == "question":  # one of the two journalled batches' eight questions and modes is reworded
        questions[0] = question("pet", 0, question="Will the chair come closer?")
        write_set(pet_set, questions)
    elif change == "checkpoint":
        digest = "checkpoint-2"
    else:
        config = small_config(temperature=0.7)
    rest = Scripted(honest, digest)
    run(rest, pet_set, output, config)
    assert len(rest.asked) == (12 + 2 if change == "question" else 20)


def test_a_second_evaluation_of_the_same_file_is_refused(pet_set: Path, tmp_path: Path) -> None:
    output = tmp_path / "p.parquet"
    with Journal(journal_path(output)), pytest.raises(UserError, match="another evaluation is writing it"):
        run(Scripted(honest), pet_set, output)


def test_at_most_so_many_images_are_stored_whichever_order(pet_set: Path, tmp_path: Path) -> None:
    output = tmp_path / "p.parquet"
    run(Scripted(honest), pet_set, output, small_config(images_stored=3))
    assert len(read_images(images_path(output), "with_thought")) == 3


def test_all_input_settings_of_the_benchmark(tmp_path: Path) -> None:
    for benchmark, settings in (("pt-primary", 3), ("pt-different", 2), ("mvc-primary", 1)):
        task, environment = benchmark.split("-")
        path = write_set(
            tmp_path / f"{benchmark}.parquet", [question(task, i, environment=environment) for i in range(4)]
        )
        answerer = Scripted(honest)
        evaluate_model(
            CONFIG, "blind_random", answerer, parse_benchmark(benchmark), path, ["answer_only"], tmp_path / "p.parquet"
        )
        assert len(answerer.asked) == 4 * settings


def test_bad_input_is_named(pet_set: Path, tmp_path: Path) -> None:
    output = tmp_path / "p.parquet"
    with pytest.raises(UserError, match="no inference mode"):
        run(Scripted(honest), pet_set, output, modes=())
    with pytest.raises(UserError, match="pet-00000 is of pet-primary, not of pet-different"):
        evaluate_model(CONFIG, MODEL, Scripted(honest), parse_benchmark("pet-different"), pet_set, MODES, output)
    for number, changes in enumerate(({"choices": ()}, {"choices": ("a",)}, {"answer": "E"})):
        lacking = write_set(tmp_path / f"lacking{number}.parquet", [question("pet", 7, **changes)])
        with pytest.raises(UserError, match=r"lacking.\.parquet: question pet-00007: choices has . entries"):
            run(Scripted(honest), lacking, output)
    empty = write_set(tmp_path / "empty.parquet", [])
    with pytest.raises(UserError, match=r"empty.parquet: holds no question"):
        run(Scripted(honest), empty, output)
    content = bytearray(pet_set.read_bytes())
    content[100] ^= 1
    pet_set.write_bytes(bytes(content))
    with pytest.raises(UserError, match="sha256 differs"):
        run(Scripted(honest), pet_set, output)


def test_the_journal_holds_bytes_and_text(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    row = {"text": 'a "quoted"\nline é', "png": noise_png(1), "seed": 2**62, "empty": b""}
    with Journal(path) as journal:
        journal.add({"key": row})
    with Journal(path) as journal:
        assert journal.rows == {"key": row}
    assert json.loads(path.read_bytes().split(b" ", 1)[1])["key"] == "key"
    with pytest.raises(UserError):
        read_json(path)


def test_answers_after_a_torn_line_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        journal.add({"first": {"seed": 1}})
        journal.add({"second": {"seed": 2}})
    path.write_bytes(path.read_bytes()[:-5])
    with Journal(path) as journal:
        assert set(journal.rows) == {"first"}
        journal.add({"third": {"seed": 3}})
    with Journal(path) as journal:
        assert set(journal.rows) == {"first", "third"}


def test_an_answer_counts_only_when_it_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(_: int) -> None:
        raise OSError("no space left on device")

    with Journal(tmp_path / "j.jsonl") as journal:
        monkeypatch.setattr(os, "fsync", full_disk)
        with pytest.raises(OSError, match="no space left"):
            journal.add({"first": {"seed": 1}})
        assert journal.rows == {}
