"""Score a model's predictions on one benchmark: the JSON that tables, figures, claims and DVC read.

The format, field by field, is `ipt.evaluation.scores_format.Scores`. Headline scores (paper 5, RELEASED_FORMATS 3):
pet the unweighted mean over sub-categories, pt the unweighted mean over input settings, mvc the plain accuracy.
Letters are read again from the raw outputs by both extractors, so that imported or older predictions are scored
alike.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa

from ipt.config import Config
from ipt.datasets.files import file_digest, read_table, verify, write_manifest, write_text
from ipt.datasets.schema import PREDICTIONS, QUESTIONS
from ipt.errors import UserError
from ipt.evaluation.answers import (
    Answers,
    Flags,
    Strings,
    check_complete,
    modes_of,
    read_answers,
    read_truths,
    review_of,
    rows_of_mode,
    single_value,
)
from ipt.evaluation.extraction import EXTRACTORS, Extractor
from ipt.evaluation.image_quality import Quality
from ipt.evaluation.scores_format import (
    SCORES_SCHEMA,
    Estimate,
    ImageQuality,
    Items,
    ModeScores,
    Provenance,
    Scores,
)
from ipt.evaluation.sidecars import images_path, read_images
from ipt.evaluation.statistics import above_chance, design_effect, detectable_difference, macro_interval, wilson
from ipt.runs import Benchmark

COMMAND = "score"
HEADLINE_GROUPS = {"pet": "sub-categories", "pt": "input settings"}
"""Over what the headline is an unweighted mean; other tasks report plain accuracy."""


def score_predictions(
    config: Config, benchmark: Benchmark, predictions: Path, evaluation_set: Path, output: Path
) -> None:
    """Score `predictions` against `evaluation_set` and write `output` (JSON) with its manifest.

    Raises:
        UserError: a file is missing or damaged; the predictions belong to another evaluation set or benchmark, or do
            not hold every question once in every input setting.
    """
    manifest = verify(predictions)
    set_digest = str(verify(evaluation_set)["sha256"])
    if manifest.get("benchmark") != benchmark.benchmark_id:
        raise UserError(f"{predictions}: predictions are for {manifest.get('benchmark')}, not {benchmark.benchmark_id}")
    if set_digest not in manifest["parents"].values():
        raise UserError(f"{predictions}: made from another version of {evaluation_set}; delete it and evaluate again")
    questions = read_truths(evaluation_set)
    table = read_table(predictions, PREDICTIONS, [name for name in PREDICTIONS.names if name != "prompt"])
    modes = {mode: read_answers(table, mode, questions, predictions) for mode in modes_of(table)}
    for mode, answers in modes.items():
        check_complete(answers, questions, benchmark, mode, predictions)
    size = config.model.output_size
    if manifest.get("images") and manifest["images"] != verify(images_path(predictions))["sha256"]:
        raise UserError(f"{images_path(predictions)}: not the images of {predictions}; delete both and evaluate again")
    images = {mode: _image_qualities(table, mode, images_path(predictions), evaluation_set, size) for mode in modes}
    scores = Scores(
        schema_version=SCORES_SCHEMA,
        benchmark=benchmark.benchmark_id,
        task=benchmark.task,
        environment=benchmark.environment,
        model_id=single_value(table, "model_id", predictions),
        review=review_of(questions),
        confidence=config.evaluation.confidence,
        questions=len(questions),
        modes={
            mode: score_mode(answers, benchmark, config.evaluation.confidence, images[mode])
            for mode, answers in modes.items()
        },
        items=_items(modes, images),
        provenance=Provenance(
            predictions_sha256=str(manifest["sha256"]),
            evaluation_set_sha256=set_digest,
            checkpoint_digest=single_value(table, "checkpoint_digest", predictions),
            config_digest=str(manifest["config_digest"]),
            command=COMMAND,
        ),
    )
    write_text(output, scores.model_dump_json(indent=1) + "\n")
    write_manifest(
        output,
        rows=len(scores.items.question_id),
        command=COMMAND,
        config_digest=config.digest("evaluation.confidence", "model.output_size"),
        parents={str(path): file_digest(path) for path in (predictions, evaluation_set)},
    )


def score_mode(
    answers: Answers, benchmark: Benchmark, confidence: float, images: list[Quality | None] | None = None
) -> ModeScores:
    """All numbers of one inference mode."""
    correct = answers.correct["strict"]
    cluster = answers.question_id
    effect = design_effect(correct, cluster)
    n = len(correct)
    return ModeScores(
        headline=_headline(answers, benchmark, correct, confidence),
        micro=_estimate(correct, cluster, confidence),
        headline_released=_headline(answers, benchmark, answers.correct["released"], confidence),
        by_category=_by(answers.category, correct, cluster, confidence),
        by_setting=_by(answers.setting, correct, cluster, confidence),
        parse_failures={name: float(answers.failed[name].mean()) for name in EXTRACTORS},
        parse_paths={name: dict(sorted(Counter(answers.paths[name]).items())) for name in EXTRACTORS},
        chance=float(answers.chance.mean()),
        p_above_chance=above_chance(correct.sum() / effect, n / effect, float(answers.chance.mean())),
        detectable_difference=detectable_difference(n / effect, confidence),
        image_quality=_mean_quality(images or []),
    )


def _estimate(correct: Flags, cluster: Strings, confidence: float) -> Estimate:
    """Plain accuracy with a Wilson interval; several answers a question count as the fewer they are worth."""
    effect = design_effect(correct, cluster)
    low, high = wilson(correct.sum() / effect, len(correct) / effect, confidence)
    method = "wilson" if effect == 1.0 else f"wilson, design effect {effect:.2f}"
    count = int(correct.sum())
    return Estimate(value=count / len(correct), low=low, high=high, n=len(correct), correct=count, method=method)


def _headline(answers: Answers, benchmark: Benchmark, correct: Flags, confidence: float) -> Estimate:
    over = HEADLINE_GROUPS.get(benchmark.task)
    if over is None:
        return _estimate(correct, answers.question_id, confidence)
    group = answers.category if benchmark.task == "pet" else answers.setting
    names = np.unique(group)
    value = float(np.mean([correct[group == name].mean() for name in names]))
    low, high = macro_interval(correct, group, answers.question_id, confidence)
    method = f"mean over {len(names)} {over}, mover of wilson"
    return Estimate(value=value, low=low, high=high, n=len(correct), correct=int(correct.sum()), method=method)


def _by(group: Strings, correct: Flags, cluster: Strings, confidence: float) -> dict[str, Estimate]:
    return {
        str(name): _estimate(correct[group == name], cluster[group == name], confidence) for name in np.unique(group)
    }


def _mean_quality(images: list[Quality | None]) -> ImageQuality | None:
    known = np.array([image for image in images if image is not None])
    if not len(known):
        return None
    mean, deviation = known.mean(axis=0), known.std(axis=0)
    return ImageQuality(
        n=len(known),
        psnr_mean=float(mean[0]),
        ssim_mean=float(mean[1]),
        psnr_std=float(deviation[0]),
        ssim_std=float(deviation[1]),
        layout_mean=float(mean[2]),
        layout_std=float(deviation[2]),
    )


def _image_qualities(table: pa.Table, mode: str, images: Path, evaluation_set: Path, size: int) -> list[Quality | None]:
    """Quality of each answer's generated image, in the order of `Answers`; the oracle's image is the truth: none."""
    chosen = rows_of_mode(table, mode)
    found = {} if mode == "oracle_thought" or not images.exists() else read_images(images, mode)
    if not found:
        return [None] * len(chosen)
    from ipt.evaluation.image_quality import qualities  # scikit-image: only where there are images to compare

    asked = zip(chosen["question_id"].to_pylist(), chosen["input_setting"].to_pylist(), strict=True)
    generated = [found.get((name, mode, setting), b"") for name, setting in asked]
    stored = read_table(evaluation_set, QUESTIONS, ["question_id", "imagination"])
    truth = dict(zip(stored["question_id"].to_pylist(), stored["imagination"].to_pylist(), strict=True))
    return qualities(zip(generated, (truth[name] for name in chosen["question_id"].to_pylist()), strict=True), size)


def _items(modes: dict[str, Answers], images: dict[str, list[Quality | None]]) -> Items:
    """Every mode holds the same answers in the same order (checked complete), so the lists are parallel."""
    first = next(iter(modes.values()))

    def marks(name: Extractor) -> dict[str, str]:
        return {
            mode: "".join("1" if right else "0" for right in answers.correct[name]) for mode, answers in modes.items()
        }

    def values(index: int) -> dict[str, list[float | None]]:
        return {
            mode: [None if image is None else round(image[index], 4) for image in found]
            for mode, found in images.items()
            if any(image is not None for image in found)
        }

    return Items(
        question_id=first.question_id.tolist(),
        input_setting=first.setting.tolist(),
        category=first.category.tolist(),
        correct=marks("strict"),
        correct_released=marks("released"),
        psnr=values(0),
        ssim=values(1),
        layout=values(2),
    )
