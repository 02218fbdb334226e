"""How a model does on held-out rows while it trains: losses, and answers given the true thought."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch

from ipt.models.bagel.items import Sample, TextItem
from ipt.models.bagel.losses import TokenLosses
from ipt.training.processes import Processes
from ipt.training.samples import labels_of

Forward = Callable[[Sequence[Sample]], TokenLosses]
"""Unreduced losses of samples, nothing dropped, the same noise every time."""


@torch.no_grad()
def validate(
    forward: Forward,
    samples: Sequence[Sample],
    letters: Sequence[Sequence[int]],
    labels: Sequence[str],
    batch: int,
    processes: Processes,
) -> dict[str, Any]:
    """Held-out losses, and by kind of row the share of questions whose true answer is the likeliest one.

    The thought that precedes the answer is the true one (text and image), so this is no substitute for evaluation: only
    for `label_only` and `answer_only` rows is it the accuracy that evaluation measures.

    Args:
        forward: the model.
        samples: held-out samples; the last item of each is the text with the answer.
        letters: the choice letters of each sample as token ids, the true one first.
        labels: what kind of row each is (its variant; in a mixture its set, too).
        batch: samples a forward pass.
        processes: each takes its share of the batches, and all make the same number of forward passes.

    Returns:
        `val_ce`, `val_mse` (a label; a latent value) and `val_accuracy` (kind -> share).
    """
    kinds = sorted(set(labels))
    sums = torch.zeros(4 + 2 * len(kinds), dtype=torch.float64)
    starts = range(0, len(samples), batch)
    own = starts[processes.rank :: processes.count]
    options = max(map(len, letters))
    for turn in range(-(-len(starts) // processes.count)):
        counts = turn < len(own)
        start = own[turn] if counts else starts[-1]
        part, known = samples[start : start + batch], letters[start : start + batch]
        told = labels[start : start + batch]
        losses = forward(part)
        scores = [_answer_loss(losses, part)]
        for option in range(1, options):
            swapped = [
                with_letter(sample, ids[0], ids[min(option, len(ids) - 1)])
                for sample, ids in zip(part, known, strict=True)
            ]
            scores.append(_answer_loss(forward(swapped), swapped))
        if not counts:
            continue
        sums[:4] += torch.tensor(
            [float(losses.ce.sum()), len(losses.ce), float(losses.mse.sum()), losses.mse.numel()], dtype=torch.float64
        )
        for label, best in zip(told, torch.stack(scores).argmin(dim=0).tolist(), strict=True):
            place = 4 + 2 * kinds.index(label)
            sums[place] += best == 0
            sums[place + 1] += 1
    ce, targets, mse, values, *hits = processes.total(sums.to(processes.device)).tolist()
    return {
        "val_ce": ce / max(1, targets),
        "val_mse": mse / max(1, values),
        "val_accuracy": {name: hits[2 * place] / hits[2 * place + 1] for place, name in enumerate(kinds)},
    }


def with_letter(sample: Sample, old: int, new: int) -> Sample:
    """The sample with the answer letter of its last text exchanged."""
    last = sample.items[-1]
    assert isinstance(last, TextItem)
    place = len(last.ids) - 1 - last.ids[::-1].index(old)
    ids = (*last.ids[:place], new, *last.ids[place + 1 :])
    return Sample(sample.sample_id, (*sample.items[:-1], replace(last, ids=ids)))


def _answer_loss(losses: TokenLosses, samples: Sequence[Sample]) -> torch.Tensor:
    """Summed cross entropy of the last text of each sample: [samples]."""
    counts = [labels_of(sample) for sample in samples]
    tails = []
    for part, sample in zip(torch.split(losses.ce, counts), samples, strict=True):
        last = sample.items[-1]
        assert isinstance(last, TextItem)
        tails.append(part[-(len(last.ids) + 1) :].sum())
    return torch.stack(tails)
