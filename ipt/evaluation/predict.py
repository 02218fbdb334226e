"""Ask a model every question of a benchmark: one row an answer, resumable by question.

Rows follow `ipt.datasets.schema.PREDICTIONS`. A killed evaluation continues from its journal
(`ipt.evaluation.journal`).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from ipt.config import Config
from ipt.datasets.files import parents_of, verify, write_manifest, write_table
from ipt.datasets.schema import PREDICTIONS, Question
from ipt.errors import UserError
from ipt.evaluation.extraction import extract
from ipt.evaluation.journal import Journal, Row, journal_path
from ipt.evaluation.prompts import prompt_digest, prompt_text, request_for
from ipt.models.interface import Answerer, Request, Response
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
) -> None:
    """Ask `answerer` every question of `evaluation_set` in every input setting and inference mode; write `output`.

    Args:
        model_id: written into every row; says how the model was trained, and so how it is asked.
        output: predictions, sorted by question, inference mode and input setting; its manifest names the evaluation
            set by sha256 and the checkpoint by digest.

    Raises:
        UserError: the evaluation set is missing, damaged, empty or of another benchmark; nothing to ask.
    """
    if not inferences:
        raise UserError(f"{output}: no inference mode is asked for {model_id} on {benchmark.benchmark_id}")
    parents = parents_of([evaluation_set])
    total = int(verify(evaluation_set)["rows"]) * len(inferences) * len(benchmark.input_settings)
    if not total:
        raise UserError(f"{evaluation_set}: holds no question; check the yields of the curate stage")
    settings = settings_digest(config)
    finished: list[Row] = []
    stored = _images_kept(evaluation_set, config.evaluation.images_stored)
    with Journal(journal_path(output)) as journal:
        progress = tqdm(total=total, desc=f"{model_id} on {benchmark.benchmark_id}", mininterval=10, disable=None)
        for questions in question_batches(evaluation_set, config.evaluation.batch):
            _check(questions, benchmark, evaluation_set)
            # A question's modes and settings stand together: a model reads what they have in common once.
            requests = [
                request_for(config, model_id, question, inference, setting)
                for question in questions
                for inference in inferences
                for setting in benchmark.input_settings
            ]
            for first in range(0, len(requests), config.evaluation.batch):
                part = requests[first : first + config.evaluation.batch]
                finished += _answered(model_id, answerer, part, stored, settings, journal)
                progress.update(len(part))
        progress.close()
        finished.sort(key=lambda row: (row["question_id"], row["inference"], row["input_setting"]))
        write_table(output, pa.Table.from_pylist(finished, schema=PREDICTIONS))
        write_manifest(
            output,
            rows=len(finished),
            command=COMMAND,
            config_digest=config.digest(*CONFIG_SECTIONS),
            parents=parents,
            benchmark=benchmark.benchmark_id,
            model_id=model_id,
            checkpoint_digest=answerer.checkpoint_digest,
        )
        journal.remove()


def settings_digest(config: Config) -> str:
    """Digest of every setting, besides prompt, checkpoint and seed, that an answer depends on."""
    settings = config.evaluation.model_dump(mode="json", exclude=NEVER_CHANGES_ANSWERS)
    return content_digest(sorted(settings.items()))


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


def _check(questions: Sequence[Question], benchmark: Benchmark, evaluation_set: Path) -> None:
    for question in questions:
        if (question.task, question.environment) != (benchmark.task, benchmark.environment):
            raise UserError(
                f"{evaluation_set}: question {question.question_id} is of {question.task}-{question.environment}, not"
                f" of {benchmark.benchmark_id}; run the annotate stage again"
            )


def _answered(
    model_id: str,
    answerer: Answerer,
    requests: Sequence[Request],
    stored: set[str],
    settings: str,
    journal: Journal,
) -> list[Row]:
    """The rows of `requests`: from the journal where it has them, the others asked now and journalled."""
    digests = [prompt_digest(request) for request in requests]
    keys = [
        content_digest(
            request.question_id,
            request.input_setting,
            model_id,
            answerer.checkpoint_digest,
            digest,
            request.seed,
            settings,
        )
        for request, digest in zip(requests, digests, strict=True)
    ]
    waiting = [index for index, key in enumerate(keys) if key not in journal.rows]
    if waiting:
        responses = answerer.answer([requests[index] for index in waiting])
        if len(responses) != len(waiting):
            raise RuntimeError(f"{model_id}: {len(responses)} responses to {len(waiting)} requests")
        journal.add(
            {
                keys[index]: _row(
                    model_id, answerer.checkpoint_digest, requests[index], digests[index], response, stored
                )
                for index, response in zip(waiting, responses, strict=True)
            }
        )
    return [journal.rows[key] for key in keys]


def _row(
    model_id: str, checkpoint_digest: str, request: Request, digest: str, response: Response, stored: set[str]
) -> dict[str, Any]:
    extraction = extract("strict", response.text, request.choices)
    return {
        "question_id": request.question_id,
        "model_id": model_id,
        "checkpoint_digest": checkpoint_digest,
        "inference": request.inference,
        "input_setting": request.input_setting,
        "prompt": prompt_text(request.prompt),
        "prompt_digest": digest,
        "seed": request.seed,
        "raw_output": response.text,
        "extracted": extraction.letter,
        "parse_path": extraction.path,
        "generated_png": response.generated_png if request.question_id in stored else b"",
    }
