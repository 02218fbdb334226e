"""The text CoT that a configuration names: `brief`, `template`, or written by a language model."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ipt.config import Config
from ipt.curation.texts.brief import chain
from ipt.curation.texts.checks import answer_problems
from ipt.curation.texts.templates import full_chain
from ipt.curation.texts.writer import Written, plan, write_chains
from ipt.datasets.schema import Question
from ipt.endpoint.client import Endpoint

BATCH = 128
"""Questions whose images are held at once."""
_BUILT_IN: dict[str, Callable[[Question], str]] = {"brief": chain, "template": full_chain}


def chains_for(
    config: Config, questions: Sequence[Question], whole: Callable[[str], Question]
) -> tuple[dict[str, str], dict[str, Any]]:
    """The trace of each question that has one, by id, and the report: who wrote them, what was dropped and why.

    Args:
        questions: without images.
        whole: the question of an id, with its images; only a language model needs them.

    Raises:
        UserError: the service refuses, or the cap is reached.
    """
    name = config.curation.chains
    if name in _BUILT_IN:
        texts = {question.question_id: _BUILT_IN[name](question) for question in questions}
        for question in questions:
            if wrong := answer_problems(question, texts[question.question_id]):
                raise RuntimeError(f"{question.question_id}: the {name} chain has {wrong[0]}")
        return texts, {"writer": name, "written": len(texts), "dropped": {}}
    endpoint = Endpoint(name, config.endpoints[name], Path(config.endpoint_directory))
    plan((whole(question.question_id) for question in questions), endpoint)
    total = Written()
    starts = range(0, len(questions), BATCH)
    for start in tqdm(starts, desc=f"write {name}", unit="batch", disable=None, mininterval=10):
        batch = [whole(question.question_id) for question in questions[start : start + BATCH]]
        one = write_chains(batch, endpoint)
        total.texts.update(one.texts)
        total.asked += one.asked
        total.rewritten.update(one.rewritten)
        total.dropped.update(one.dropped)
    return total.texts, {"writer": name, "digest": endpoint.digest} | total.report()
