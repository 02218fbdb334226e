"""Judging the candidates of a pt set, some at a time, so that memory does not grow with the set."""

from collections.abc import Callable, Sequence
from typing import Any

from tqdm import tqdm

from ipt.config import Config
from ipt.curation.judge.choose import SIMULATOR, judge_named
from ipt.curation.judge.interface import Judge
from ipt.curation.judge.rules import Verdicts, judged
from ipt.datasets.schema import Question
from ipt.names import Environment, Split

BATCH = 128
"""Questions whose images are held at once."""


def is_judged(config: Config, task: str, split: Split) -> bool:
    """Whether somebody besides the simulator looks at this set: the rules are about pt's side view (paper 2.2)."""
    return task == "pt" and config.curation.judge != SIMULATOR and split in config.curation.judge_splits


def judge_candidates(
    config: Config,
    environment: Environment,
    split: Split,
    candidates: Sequence[Question],
    whole: Callable[[str], Question],
) -> tuple[list[Question], dict[str, Any]]:
    """The candidates that `curation.judge` keeps, in order, and the report of its rules.

    Args:
        candidates: without images.
        whole: the question of an id, with its images.

    Raises:
        UserError: the judge is not described, its service refuses, or the cap is reached.
    """
    judge = judge_named(config.curation.judge, config, environment, split)
    judge.plan(whole(question.question_id) for question in candidates)
    verdicts = _all(judge, candidates, whole)
    kept = {question.question_id for question in verdicts.kept}
    return [question for question in candidates if question.question_id in kept], verdicts.report()


def _all(judge: Judge, candidates: Sequence[Question], whole: Callable[[str], Question]) -> Verdicts:
    total = Verdicts(judge.name, judge.digest)
    starts = range(0, len(candidates), BATCH)
    for start in tqdm(starts, desc=f"judge {judge.name}", unit="batch", disable=None, mininterval=10):
        batch = candidates[start : start + BATCH]
        one = judged([whole(question.question_id) for question in batch], judge)
        names = {question.question_id for question in one.kept}
        total.kept += [question for question in batch if question.question_id in names]
        total.looks += one.looks
        for mine, theirs in ((total.asked, one.asked), (total.dropped, one.dropped), (total.undecided, one.undecided)):
            mine.update(theirs)
    return total
