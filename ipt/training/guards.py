"""Guards that stop a run which would only waste its time: wrong weights, a loss that is no number, a loss that leaps.

Losses are read back from a GPU one step late, so that no step waits for its own; a checkpoint is written only after
the guards have seen everything up to it.
"""

import math
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import torch
from torch import Tensor

from ipt.config import Config
from ipt.errors import UserError

WINDOW = 64
"""Steps whose median a loss is compared with; before so many there is no comparison."""
GIVEN_WEIGHTS_LIMIT = 5.0
"""Cross entropy that pretrained weights never exceed on the first step: those of another model give 12, ln V."""
_NAMED = 64
"""Sample ids that a message names at most."""

Meaning = TypeVar("Meaning")


class Readback(Generic[Meaning]):
    """Numbers on their way from the device: at once on CPU, one step late on a GPU."""

    def __init__(self, device: torch.device) -> None:
        self._late = device.type == "cuda"
        self._queue: deque[tuple[Meaning, Tensor, torch.cuda.Event | None]] = deque()

    def push(self, meaning: Meaning, values: Tensor) -> list[tuple[Meaning, list[float]]]:
        """Start reading `values`; returns what has arrived (all but the newest on a GPU)."""
        if not self._late:
            return [(meaning, values.tolist())]
        event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
        host.copy_(values, non_blocking=True)
        event.record()
        self._queue.append((meaning, host, event))
        return [self._pop() for _ in range(len(self._queue) - 1)]

    def drain(self) -> list[tuple[Meaning, list[float]]]:
        """Wait for all that is under way."""
        return [self._pop() for _ in range(len(self._queue))]

    def _pop(self) -> tuple[Meaning, list[float]]:
        meaning, host, event = self._queue.popleft()
        if event is not None:
            event.synchronize()
        return meaning, host.tolist()


@dataclass
class LossGuard:
    """Looks at every step's losses; a step that must not be built upon raises."""

    config: Config
    run_id: str
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))

    def see(self, step: int, loss: float, ce: float, norm: float, sample_ids: Sequence[str]) -> None:
        """Check step `step` (1, 2, ...) of the whole batch.

        Raises:
            UserError: names the step, what is wrong, the field to change and the samples of the batch.
        """
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self._stop(
                f"loss {loss}, gradient norm {norm} at step {step}; lower training.learning_rate or look at", sample_ids
            )
        if step == 1 and ce > (limit := self.first_loss_limit()):
            raise UserError(
                f"{self.run_id}: cross entropy {ce:.2f} at the first step, more than {limit:.2f}"
                " (training.first_loss_limit): the starting weights or the tokenizer are not those of this model"
            )
        if len(self.recent) == WINDOW and loss > (usual := statistics.median(self.recent)) + self._spike:
            self._stop(
                f"loss {loss:.3f} at step {step}, {loss - usual:.2f} above the median of the last {WINDOW} steps"
                f" (training.loss_spike {self._spike:g}); raise that or look at",
                sample_ids,
            )
        self.recent.append(loss)

    def first_loss_limit(self) -> float:
        """The largest cross entropy that the first step may have."""
        if self.config.training.first_loss_limit is not None:
            return self.config.training.first_loss_limit
        scratch = self.config.model.source == "scratch"
        return 2 * math.log(self.config.model.llm.vocabulary) if scratch else GIVEN_WEIGHTS_LIMIT

    @property
    def _spike(self) -> float:
        return self.config.training.loss_spike

    def _stop(self, what: str, sample_ids: Sequence[str]) -> None:
        more = f" and {len(sample_ids) - _NAMED} more" if len(sample_ids) > _NAMED else ""
        raise UserError(f"{self.run_id}: {what} the samples of this step: {', '.join(sample_ids[:_NAMED])}{more}")
