"""The judge that knows: visibility measured in the scene itself, rendered again at `curation.recheck_size` px."""

from collections.abc import Iterable, Sequence

from ipt.config import Config
from ipt.curation.judge.interface import Sight, VisibilityQuestion
from ipt.datasets.schema import Question
from ipt.names import Environment, Split
from ipt.scenes.interface import Scene
from ipt.scenes.open import open_scene
from ipt.seeding import content_digest
from ipt.tasks.naming import words
from ipt.tasks.poses import camera_from_json
from ipt.tasks.visibility import see


class SimulatorJudge:
    """Visible is what covers at least `tasks.pt.coverage_min` of the side view with its largest instance.

    It never varies, so one round is enough; and it cannot choose from a map, which knowing everything rules out.
    """

    name = "simulator"
    rounds = 1

    def __init__(self, config: Config, environment: Environment, split: Split) -> None:
        self.config, self.environment, self.split = config, environment, split
        self.digest = content_digest("simulator-judge", config.digest("curation.recheck_size", "tasks.pt.coverage_min"))
        self._opened: tuple[int, Scene] | None = None

    def plan(self, questions: Iterable[Question]) -> None:
        """Costs nothing."""

    def visible(self, asked: Sequence[VisibilityQuestion], round_number: int) -> list[bool | None]:
        """Exact, from instance ids; the same in every round."""
        found: dict[int, bool] = {}
        by_scene = sorted(range(len(asked)), key=lambda index: asked[index].question.question_id)
        for index in by_scene:
            found[index] = self._is_visible(asked[index])
        return [found[index] for index in range(len(asked))]

    def choose(self, asked: Sequence[Question], sight: Sight, round_number: int) -> list[str | None]:
        """With the side view: the one choice that is visible in it (None unless exactly one is). Else None."""
        if sight == "without_imagination":
            return [None] * len(asked)
        chosen: list[str | None] = []
        for question in asked:
            options = [VisibilityQuestion(question, index) for index in range(len(question.choices))]
            seen = [index for index, one in enumerate(options) if self._is_visible(one)]
            chosen.append(chr(ord("A") + seen[0]) if len(seen) == 1 else None)
        return chosen

    def _is_visible(self, asked: VisibilityQuestion) -> bool:
        question = asked.question
        scene = self._scene(int(question.metadata["scene_index"]))
        size = self.config.curation.recheck_size
        seen = see(scene, camera_from_json(question.metadata["camera_side"], size))
        shares = [
            part.share
            for key, part in seen.items()
            if key in scene.objects and words(scene.objects[key].category) == asked.name
        ]
        return max(shares, default=0.0) >= self.config.tasks.pt.coverage_min

    def _scene(self, index: int) -> Scene:
        if self._opened is None or self._opened[0] != index:
            self._opened = (index, open_scene(self.config, self.environment, self.split, index))
        return self._opened[1]
