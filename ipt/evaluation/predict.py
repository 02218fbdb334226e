"""Ask a model every question of a benchmark: one row an answer, resumable by question.

Rows follow `ipt.datasets.schema.PREDICTIONS`. A killed evaluation continues from its journal
(`ipt.evaluation.journal`).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from ipt.config import Config
from ipt.datasets.files import file_digest, parents_of, verify, write_manifest, write_table
from ipt.datasets.instructions import settings_held
from ipt.datasets.schema import PREDICTIONS, Question
from ipt.errors import Stopped, UserError
from ipt.evaluation.answers import read_truths
from ipt.evaluation.extraction import extract
from ipt.evaluation.journal import Journal, Row, journal_path
from ipt.evaluation.prompts import prompt_digest, prompt_text, request_for
from ipt.evaluation.sidecars import images_path, write_images, write_timings
from ipt.models.baselines.catalog import answer_settings
from ipt.models.interface import Answerer, Planner, Request, Response
from ipt.names import Inference
from ipt.runs import Benchmark
from ipt.seeding import content_digest

COMMAND = "evaluate"
CONFIG_SECTIONS = ("evaluation", "model", "seed")
NEVER_CHANGES_ANSWERS = {"batch", "confidence"}
"""Fields of `evaluation` that a journal outlives."""


def evaluate_model(
    config: Config,
    model_id: str,
    answerer: Answerer,
    benchmark: Benchmark,
    evaluation_set: Path,
    inferences: Sequence[Inference],
    output: Path,
    timings: Path | None = None,
    stop_after: float | None = None,
) -> None:
    """Ask `answerer` every question of `evaluation_set` in every input setting and inference mode; write `output`.

    Args:
        model_id: written into every row; says how the model was trained, and so how it is asked.
        output: predictions, sorted by question, inference mode and input setting; its manifest names the evaluation
            set by sha256 and the checkpoint by digest. Generated images go beside it (`sidecars.images_path`).
        timings: where the wall time of every answer goes; None: nowhere.
        stop_after: seconds after which to have ended, with the answers so far in the journal.

    Raises:
        Stopped: by `stop_after`.
        UserError: the evaluation set is missing, damaged, empty or of another benchmark; nothing to ask; the answerer
            refuses (no key, over the spend cap).
    """
    if not inferences:
        raise UserError(f"{output}: no inference mode is asked for {model_id} on {benchmark.benchmark_id}")
    parents = parents_of([evaluation_set])
    if not int(verify(evaluation_set)["rows"]):
        raise UserError(f"{evaluation_set}: holds no question; check the yields of the curate stage")
    stored = _images_kept(evaluation_set, config.evaluation.images_stored)
    finished: list[Row] = []
    with Journal(journal_path(output)) as journal:
        asking = _Asking(model_id, answerer, settings_digest(config, model_id), stored, journal)
        if isinstance(answerer, Planner):
            batches = _batches_of_requests(config, model_id, benchmark, evaluation_set, inferences)
            answerer.plan(request for requests in batches for request in asking.waiting(requests))
        total = sum(len(truth.settings_of(benchmark)) for truth in read_truths(evaluation_set).values())
        started, slowest = time.monotonic(), 0.0
        progress = tqdm(
            total=total * len(inferences), desc=f"{model_id} on {benchmark.benchmark_id}", mininterval=10, disable=None
        )
        for requests in _batches_of_requests(config, model_id, benchmark, evaluation_set, inferences):
            began, known = time.monotonic(), len(journal.rows)
            finished += asking.rows(requests)
            progress.update(len(requests))
            slowest = max(slowest, time.monotonic() - began)
            late = stop_after is not None and time.monotonic() - started + 1.2 * slowest > stop_after
            if late and known < len(journal.rows) and len(finished) < total * len(inferences):
                raise Stopped(
                    f"{model_id} on {benchmark.benchmark_id}: stopped after {len(finished)} of"
                    f" {total * len(inferences)} answers, kept; run the same command again to go on"
                )
        progress.close()
        finished.sort(key=lambda row: (row["question_id"], row["inference"], row["input_setting"]))
        if timings:
            write_timings(timings, finished)
        config_digest = config.digest(*CONFIG_SECTIONS)
        images = images_path(output)
        write_images(images, finished, COMMAND, config_digest)
        write_table(output, pa.Table.from_pylist(finished, schema=PREDICTIONS))
        write_manifest(
            output,
            rows=len(finished),
            command=COMMAND,
            config_digest=config_digest,
            parents=parents,
            benchmark=benchmark.benchmark_id,
            model_id=model_id,
            checkpoint_digest=answerer.checkpoint_digest,
            images=file_digest(images),
        )
        journal.remove()


def settings_digest(config: Config, model_id: str) -> str:
    """Digest of every setting, besides prompt, checkpoint and seed, that an answer depends on."""
    settings = config.evaluation.model_dump(mode="json", exclude=NEVER_CHANGES_ANSWERS)
    return content_digest(sorted((settings | answer_settings(config, model_id)).items()))


def question_batches(evaluation_set: Path, size: int) -> Iterator[list[Question]]:
    """The questions of a verified file in stored order, `size` at a time, without holding all images at once."""
    with pq.ParquetFile(evaluation_set) as stored:
        for batch in stored.iter_batches(batch_size=size):
            yield [Question.from_row(row) for row in batch.to_pylist()]


def _images_kept(evaluation_set: Path, most: int) -> set[str]:
    """Ids of the questions whose generated images are stored: at most `most`, chosen by content, not by order."""
    with pq.ParquetFile(evaluation_set) as stored:
        ids: list[str] = stored.read(columns=["question_id"])["question_id"].to_pylist()
    return set(sorted(ids, key=lambda name: content_digest("stored-image", name))[:most])


def asked_settings(question: Question, benchmark: Benchmark) -> tuple[str, ...]:
    """The settings of the benchmark in which this question is asked: those that it was made or released for.

    Raises:
        UserError: none.
    """
    held = settings_held(question)
    asked = tuple(setting for setting in benchmark.input_settings if setting in held)
    if not asked:
        raise UserError(
            f"question {question.question_id}: metadata.input_settings names none of"
            f" {', '.join(benchmark.input_settings)}, in which {benchmark.benchmark_id} asks; import the set again"
        )
    return asked


def _check(questions: Sequence[Question], benchmark: Benchmark, evaluation_set: Path) -> None:
    for question in questions:
        letters = [chr(ord("A") + place) for place in range(len(question.choices))]
        if len(letters) < 2 or question.answer not in letters:
            raise UserError(
                f"{evaluation_set}: question {question.question_id}: choices has {len(letters)} entries and answer is"
                f" {question.answer!r}; it needs two choices or more, one of them the answer: curate the set again"
            )
        if (question.task, question.environment) != (benchmark.task, benchmark.environment):
            raise UserError(
                f"{evaluation_set}: question {question.question_id} is of {question.task}-{question.environment}, not"
                f" of {benchmark.benchmark_id}; run the annotate stage again"
            )


@dataclass(frozen=True)
class _Asking:
    """One evaluation under way: what an answer is kept under, and where."""

    model_id: str
    answerer: Answerer
    settings: str
    stored: set[str]
    """Questions whose generated images are kept."""
    journal: Journal

    def key(self, request: Request) -> str:
        """Digest of everything an answer depends on."""
        return content_digest(
            request.question_id,
            request.input_setting,
            self.model_id,
            self.answerer.checkpoint_digest,
            prompt_digest(request),
            request.seed,
            self.settings,
        )

    def waiting(self, requests: Sequence[Request]) -> list[Request]:
        """Those that the journal does not have."""
        return [request for request in requests if self.key(request) not in self.journal.rows]

    def rows(self, requests: Sequence[Request]) -> list[Row]:
        """The rows of `requests`: from the journal where it has them, the others asked now and journalled."""
        keys = [self.key(request) for request in requests]
        waiting = [index for index, key in enumerate(keys) if key not in self.journal.rows]
        if waiting:
            began = time.monotonic()
            responses = self.answerer.answer([requests[index] for index in waiting])
            if len(responses) != len(waiting):
                raise RuntimeError(f"{self.model_id}: {len(responses)} responses to {len(waiting)} requests")
            share = (time.monotonic() - began) / len(waiting)
            made = {}
            for index, response in zip(waiting, responses, strict=True):
                timing = {
                    "seconds": round(response.seconds or share, 6),
                    "batch": 1 if response.seconds else len(waiting),
                }
                made[keys[index]] = self._row(requests[index], response) | timing
            self.journal.add(made)
        return [self.journal.rows[key] for key in keys]

    def _row(self, request: Request, response: Response) -> Row:
        extraction = extract("strict", response.text, request.choices)
        return {
            "question_id": request.question_id,
            "model_id": self.model_id,
            "checkpoint_digest": self.answerer.checkpoint_digest,
            "inference": request.inference,
            "input_setting": request.input_setting,
            "prompt": prompt_text(request.prompt),
            "prompt_digest": prompt_digest(request),
            "seed": request.seed,
            "raw_output": response.text,
            "extracted": extraction.letter,
            "parse_path": extraction.path,
            "generated_png": response.generated_png if request.question_id in self.stored else b"",
        }


def _batches_of_requests(
    config: Config, model_id: str, benchmark: Benchmark, evaluation_set: Path, inferences: Sequence[Inference]
) -> Iterator[list[Request]]:
    """Everything to ask, a batch at a time.

    A question's modes and settings stand together: a model reads what they have in common once.
    """
    size = config.evaluation.batch
    for questions in question_batches(evaluation_set, size):
        _check(questions, benchmark, evaluation_set)
        requests = [
            request_for(config, model_id, question, inference, setting)
            for question in questions
            for inference in inferences
            for setting in asked_settings(question, benchmark)
        ]
        yield from (requests[first : first + size] for first in range(0, len(requests), size))
