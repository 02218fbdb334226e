"""What a judge is asked and what it says.

A judge is asked in batches, so that one behind a service can be asked many things at once. None is an answer too: the
judge could not be read, or has no way to know.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ipt.datasets.schema import Question

Sight = Literal["with_side_view", "without_imagination"]
"""What a judge sees when it chooses: the inputs and the true side view, or the inputs alone."""
SIGHTS: tuple[Sight, ...] = ("with_side_view", "without_imagination")


@dataclass(frozen=True)
class VisibilityQuestion:
    """Is a choice of a question visible in its true side view (`Question.imagination`)?"""

    question: Question
    choice: int
    """Index into `question.choices`."""

    @property
    def name(self) -> str:
        """The object as the question words it."""
        return self.question.choices[self.choice]


class Judge(Protocol):
    """Looks at pictures of pt questions. `round_number` (0, 1, 2) keeps repeated looks apart."""

    name: str
    digest: str
    """Of everything that its answers depend on besides the question."""
    rounds: int
    """How often the same question is worth asking: 1 where the answer never varies."""

    def plan(self, questions: Iterable[Question]) -> None:
        """Say what judging `questions` may cost and refuse above the cap; a judge that costs nothing says nothing."""
        ...

    def visible(self, asked: Sequence[VisibilityQuestion], round_number: int) -> list[bool | None]:
        """Yes or no to each; None where it cannot be told."""
        ...

    def choose(self, asked: Sequence[Question], sight: Sight, round_number: int) -> list[str | None]:
        """The letter chosen for each question; None where it cannot be told."""
        ...
