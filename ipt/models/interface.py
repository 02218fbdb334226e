"""Who answers: one interface for BAGEL, hub models, API models and blind baselines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ipt.datasets.segments import Segment
from ipt.names import Inference


@dataclass(frozen=True)
class Request:
    """One question in one input setting and one inference mode.

    `prompt` holds the system prompt, the images and the question in the order of the benchmark's protocol. For
    `oracle_thought`, `oracle_text` (think text up to `<image_start>`) and `oracle_png` (the true image) are given to
    the model as its own output so far. `image_size` is the side in px of an image to generate; 0: text only. `seed` is
    derived from the question id, inference mode and input setting, `image_seed` (how given images are sampled) from the
    question id alone: the answer does not depend on order, batch or worker.
    """

    question_id: str
    task: str
    inference: Inference
    input_setting: str
    prompt: tuple[Segment, ...]
    choices: tuple[str, ...]
    seed: int
    image_size: int
    oracle_text: str = ""
    oracle_png: bytes = b""
    question: str = ""
    image_seed: int = 0


@dataclass(frozen=True)
class Response:
    """The whole output text (tags included, images left out) and the image generated on the way, if any (PNG)."""

    text: str
    generated_png: bytes = b""
    seconds: float = 0.0
    """Wall time of this answer alone, where it is known; 0: its share of the batch's is taken."""


@runtime_checkable
class Planner(Protocol):
    """An answerer that is told everything it will be asked before the first question, and may refuse (its cost)."""

    def plan(self, requests: Iterable[Request]) -> None:
        """Look at every request that will be asked; none is kept."""
        ...


class Answerer(Protocol):
    """A model that answers requests."""

    model_id: str
    checkpoint_digest: str

    def answer(self, requests: Sequence[Request]) -> list[Response]:
        """One response a request, in order."""
        ...
