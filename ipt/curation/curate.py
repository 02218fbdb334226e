"""The curate stage: which candidate questions make a set, and the texts that a model learns from them.

In order: read and check the shards, measure visibility again at a higher resolution, drop doubles, let a vision model
judge where one is named, balance, cut to size, write the texts. The report says what each step removed and how far one
comes without looking. Images stay on disk until their question is written, so that memory does not grow with the set.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ipt.config import Config
from ipt.curation.balance import balanced, facts_of
from ipt.curation.bias import bias_report
from ipt.curation.candidates import Candidates
from ipt.curation.judge.judging import is_judged, judge_candidates
from ipt.curation.texts.brief import think_text
from ipt.curation.texts.choose import chains_for
from ipt.datasets.files import parents_of, verify, write_json, write_manifest, write_questions
from ipt.datasets.schema import Question
from ipt.errors import UserError
from ipt.names import Environment, Split, Task
from ipt.scenes.open import open_scene, scene_name
from ipt.seeding import content_digest
from ipt.tasks.registry import generator
from ipt.tasks.render import config_sections

_NAMES = ("recheck_size", "recheck_splits", "judge", "judge_splits", "chains", "blind_excess_max")
_SECTIONS = tuple(f"curation.{name}" for name in _NAMES)


def curate_set(
    config: Config,
    task: Task,
    environment: Environment,
    split: Split,
    shards: Sequence[Path],
    output: Path,
    report: Path,
) -> None:
    """Curate the candidates in `shards` into `output` (Parquet of `QUESTIONS`); `report` (JSON) tells what happened.

    Raises:
        UserError: a shard is damaged or of another set; a scene is not of this split; nothing is left.
    """
    parents = parents_of(shards)
    store = Candidates(shards)
    candidates = store.light
    _check_origin(config, task, environment, split, candidates)
    removed: Counter[str] = Counter()
    rechecked = split in config.curation.recheck_splits
    kept = _recheck(config, environment, split, candidates, removed) if rechecked else list(candidates)
    kept = _without_doubles(kept, removed)
    judgement = None
    if is_judged(config, task, split):
        before = len(kept)
        kept, judgement = judge_candidates(config, environment, split, kept, store.whole)
        removed["judge"] = before - len(kept)
    limit = config.tasks.sizes(task).of(split).questions
    chosen = set(balanced(config, task, [facts_of(question) for question in kept], limit))
    removed["balance_and_size"] = len(kept) - len(chosen)
    final = [question for question in kept if question.question_id in chosen]
    chains, written = chains_for(config, final, store.whole)
    if len(chains) < len(final):
        removed["chain"] = len(final) - len(chains)
        final = [question for question in final if question.question_id in chains]
    if not final:
        raise UserError(f"{output}: no question of {len(candidates)} candidates is left; removed: {dict(removed)}")
    write_json(
        report,
        {
            "set": f"{task}-{environment}-{split}",
            "wanted": limit,
            "candidates": len(candidates),
            "kept": len(final),
            "generation": _generation_yields(shards),
            "curation": dict(sorted(removed.items())),
            "rechecked_at_px": config.curation.recheck_size if rechecked else None,
            "judge": judgement,
            "chains": written,
            "bias_before": bias_report(kept)["blind_accuracy"],
            "bias": bias_report(final, config.curation.blind_excess_max),
        },
    )
    digest = config.digest(*config_sections(task, environment), *_SECTIONS, *_services(config))
    write_questions(output, (_completed(store.whole(question.question_id), chains) for question in final))
    write_manifest(output, rows=len(final), command=f"curate {output.stem}", config_digest=digest, parents=parents)
    write_manifest(report, rows=1, command=f"curate {output.stem}", config_digest=digest, parents=parents)


def _completed(question: Question, chains: dict[str, str]) -> Question:
    """The question with the texts that a model learns to think."""
    return replace(question, think_text=think_text(question), text_cot=chains[question.question_id])


def _services(config: Config) -> list[str]:
    """The configuration section of services, where this stage asks one."""
    return ["endpoints"] if {config.curation.judge, config.curation.chains} & set(config.endpoints) else []


def _check_origin(
    config: Config, task: Task, environment: Environment, split: Split, questions: Sequence[Question]
) -> None:
    """Every question is of this set, and its scene is the one that this split has at its index."""
    scenes = config.tasks.sizes(task).of(split).scenes
    identities: dict[int, set[tuple[str, str]]] = {}
    for question in questions:
        for name, wanted in (("task", task), ("environment", environment), ("split", split)):
            found = getattr(question, name)
            if found != wanted:
                raise UserError(f"{question.question_id}: {name} is {found}, this set is of {wanted}; render it again")
        index = int(question.metadata["scene_index"])
        if not 0 <= index < scenes:
            raise UserError(f"{question.question_id}: scene {index}, but tasks.{task}.sizes.{split}.scenes is {scenes}")
        identities.setdefault(index, set()).add((question.scene_id, question.scene_digest))
    for index, found_here in sorted(identities.items()):
        name = scene_name(config, environment, split, index)
        if len(found_here) > 1 or {found for found, _ in found_here} != {name}:
            raise UserError(
                f"scene {index} of {environment}/{split} is {name}, the shards hold {sorted(found_here)}: "
                "they were rendered by another version; delete them and render again"
            )


def _recheck(
    config: Config, environment: Environment, split: Split, questions: Sequence[Question], removed: Counter[str]
) -> list[Question]:
    """The questions whose visibility conditions also hold at `curation.recheck_size` px."""
    kept = []
    ordered = sorted(questions, key=lambda question: (question.metadata["scene_index"], question.question_id))
    groups = groupby(ordered, key=lambda question: int(question.metadata["scene_index"]))
    total = len({question.metadata["scene_index"] for question in questions})
    for index, group in tqdm(groups, total=total, desc="recheck", unit="scene", disable=None, mininterval=10):
        scene = open_scene(config, environment, split, index)
        for question in group:
            if question.scene_digest != scene.digest:
                raise UserError(
                    f"{question.question_id}: scene_digest differs from that of {scene.scene_id}: it was rendered by "
                    "another version; delete the shards and render again"
                )
            failed = generator(question.task).recheck(config, scene, question, config.curation.recheck_size)
            if failed is None:
                kept.append(question)
            else:
                removed[f"recheck.{failed}"] += 1
    return sorted(kept, key=lambda question: question.question_id)


def _without_doubles(questions: Sequence[Question], removed: Counter[str]) -> list[Question]:
    """One question of those with the same pictures that ask the same about an object; the first by id stays."""
    seen: set[str] = set()
    kept = []
    for question in questions:
        kind = [str(question.metadata.get(name, "")) for name in ("type", "turn", "side", "movement")]
        pictures = [digest.hex() for digest in question.images.values()]
        key = content_digest(question.object, *kind, *pictures)
        if key in seen:
            removed["double"] += 1
        else:
            seen.add(key)
            kept.append(question)
    return kept


def _generation_yields(shards: Sequence[Path]) -> dict[str, Any]:
    """What each condition removed while rendering, over all shards."""
    total: Counter[str] = Counter()
    for path in shards:
        total.update(verify(path).get("yields", {}))
    return dict(sorted(total.items()))
