"""What a task is to the rest of the system: a source of candidate questions, and a second look at one of them.

Adding a task is adding a module with a `TaskGenerator` and its name in `ipt.tasks.registry`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ipt.config import Config
from ipt.datasets.schema import Question
from ipt.names import Environment, Split, Task
from ipt.scenes.interface import Scene
from ipt.seeding import content_rng
from ipt.tasks.choices import ordered


@dataclass
class Yields:
    """How many candidates were tried, and how many each named condition removed.

    `counts` maps e.g. `view`, `view.too_close`, `object.area`, `kept` to numbers; a name without a dot is a total.
    """

    counts: Counter[str] = field(default_factory=Counter)
    tries: int = 0
    """Attempts so far, over all scenes."""
    made: int = 0
    """Questions so far, over all scenes."""
    _passed: set[str] = field(default_factory=set)
    """Conditions that something has met."""
    _failed: set[str] = field(default_factory=set)
    """Conditions, of those that may be met, that something has not met."""

    def add(self, name: str, number: int = 1) -> None:
        """Count `number` more of `name`."""
        self.counts[name] += number

    def passes(self, condition: bool, name: str) -> bool:
        """`condition`, counted under `name` where it is false."""
        if condition:
            self._passed.add(name)
        else:
            self._failed.add(name)
            self.counts[name] += 1
        return condition

    def worst(self) -> str:
        """The conditions that removed candidates, the one that removed most first."""
        removed = [f"{name} {count}" for name, count in self.counts.most_common() if "." in name and count]
        return ", ".join(removed) or "none was tried"

    def impassable(self) -> list[str]:
        """Conditions that were tested by `passes` and that nothing met, the one that removed most first."""
        hopeless = self._failed - self._passed - {"scene.given_up"}
        return [name for name, _ in self.counts.most_common() if name in hopeless]


@dataclass(frozen=True)
class SceneContext:
    """Everything a generator may use: the scene, the configuration, names for questions and keyed randomness."""

    config: Config
    environment: Environment
    split: Split
    index: int
    """Index of the scene in its split."""
    scene: Scene
    yields: Yields

    def rng(self, task: Task, *purpose: object) -> np.random.Generator:
        """Numbers keyed by this scene and `purpose`."""
        return content_rng(self.config.seed, self.scene.scene_id, task, *purpose)

    def limit(self, task: Task) -> int:
        """Most candidate questions from this scene."""
        return self.config.tasks.sizes(task).of(self.split).questions_per_scene

    def attempts(self, task: Task, per_question: int) -> Iterator[int]:
        """Numbers of the attempts at a question: `per_question` for each that is wanted, at most.

        Ends early when `tasks.scene_tries_max` in a row gave nothing; then the scene is given up, which is counted.
        """
        made, since = self.yields.made, 0
        for attempt in range(self.limit(task) * per_question):
            if self.yields.made > made:
                made, since = self.yields.made, 0
            if not self.yields.passes(since < self.config.tasks.scene_tries_max, "scene.given_up"):
                return
            since += 1
            self.yields.tries += 1
            yield attempt

    def question(
        self,
        task: Task,
        number: int,
        *,
        choices: tuple[str, ...],
        correct: str,
        question: str,
        category: str,
        room_type: str,
        asked: str,
        images: dict[str, bytes],
        imagination: bytes,
        metadata: dict[str, Any],
    ) -> Question:
        """Assemble question `number` of this scene: its id, the ordered choices, the letter, the scene's identity."""
        self.yields.made += 1
        name = self.question_id(task, number)
        shown, letter = ordered(choices, correct, self.config.seed, name, self.config.tasks.choice_order)
        return Question(
            question_id=name,
            task=task,
            environment=self.environment,
            split=self.split,
            category=category,
            scene_id=self.scene.scene_id,
            scene_digest=self.scene.digest,
            room_type=room_type,
            question=question,
            choices=shown,
            answer=letter,
            object=asked,
            images=images,
            imagination=imagination,
            metadata={"scene_index": self.index, "number": number} | metadata,
        )

    def question_id(self, task: Task, number: int) -> str:
        """E.g. `pet-primary-test-00012-003`: scene 12 of the split, its third question (from 0)."""
        return f"{task}-{self.environment}-{self.split}-{self.index:05d}-{number:03d}"


class TaskGenerator(Protocol):
    """One task."""

    task: Task

    def candidates(self, context: SceneContext) -> Iterator[Question]:
        """At most `context.limit(task)` questions of one scene; depends on nothing but the context."""
        ...

    def recheck(self, config: Config, scene: Scene, question: Question, size: int) -> str | None:
        """Measure the visibility conditions again at `size` px: the name of the first that fails, or None."""
        ...
