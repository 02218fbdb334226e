"""Do two judges see the same? Confusion matrix and Cohen's kappa over the visibility questions of a set."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ipt.curation.judge.interface import Judge, VisibilityQuestion
from ipt.curation.judge.rounds import majority
from ipt.datasets.schema import Question
from ipt.seeding import content_digest

ANSWERS: tuple[bool | None, ...] = (True, False, None)
_SHOWN = {True: "yes", False: "no", None: "undecided"}


def agreement(questions: Sequence[Question], first: Judge, second: Judge, most: int | None = None) -> dict[str, Any]:
    """Both judges' majorities on every choice of at most `most` questions (chosen by content, not by order).

    Returns:
        Names and digests of both, the number of visibility questions, the 3 x 3 matrix (`matrix[a][b]`: the first said
        a, the second b), the share on which they agree, and kappa with its 95 % interval over the questions that both
        decided (None where one of them always says the same, which leaves kappa undefined).
    """
    chosen = sorted(questions, key=lambda question: content_digest("agreement", question.question_id))[:most]
    for judge in (first, second):
        judge.plan(chosen)
    asked = [VisibilityQuestion(question, index) for question in chosen for index in range(len(question.choices))]
    said_first, _ = majority(asked, first.visible, first.rounds)
    said_second, _ = majority(asked, second.visible, second.rounds)
    pairs = Counter(zip(said_first, said_second, strict=True))
    return {
        "first": {"judge": first.name, "digest": first.digest},
        "second": {"judge": second.name, "digest": second.digest},
        "questions": len(chosen),
        "visibility_questions": len(asked),
        "matrix": {_SHOWN[a]: {_SHOWN[b]: pairs[a, b] for b in ANSWERS} for a in ANSWERS},
        "agreement": sum(pairs[a, a] for a in ANSWERS if a is not None) / len(asked) if asked else None,
        "kappa": _kappa(pairs),
    }


def _kappa(pairs: Counter[tuple[bool | None, bool | None]]) -> dict[str, float] | None:
    from statsmodels.stats.inter_rater import cohens_kappa

    table = np.array([[pairs[a, b] for b in (True, False)] for a in (True, False)])
    if not (table.sum(axis=0).all() and table.sum(axis=1).all()):
        return None
    found = cohens_kappa(table)
    return {"kappa": float(found.kappa), "low": float(found.kappa_low), "high": float(found.kappa_upp)}
