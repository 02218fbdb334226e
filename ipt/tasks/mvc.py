"""Multiview counting (paper 2.3): how many objects of a category are in the area that four views show.

An attempt draws a trajectory, looks at it on ids only, and asks about the categories whose count is beyond doubt
(`mvc_area`); shaded images are rendered for kept questions.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ipt.config import Config, MvcConfig
from ipt.datasets.schema import Question
from ipt.names import MVC_CATEGORIES, SPATIAL_CHOICES, Task
from ipt.scenes.interface import Camera, Scene
from ipt.tasks import templates
from ipt.tasks.images import encode_png
from ipt.tasks.interface import SceneContext
from ipt.tasks.mvc_area import (
    SPACING,
    Observation,
    Trajectory,
    disagreement,
    inside_map,
    observe,
    sample_trajectory,
)
from ipt.tasks.naming import plural, words
from ipt.tasks.poses import camera_from_json, camera_to_json
from ipt.tasks.visibility import askable, room_type_at

Counted = tuple[str, dict[str, Any]]
"""A category, and what is known about its count."""


class MvcGenerator:
    """Multiview counting."""

    task: Task = "mvc"

    def candidates(self, context: SceneContext) -> Iterator[Question]:
        """Questions of one scene, at most half from each kind of trajectory."""
        settings, limit = context.config.tasks.mvc, context.limit("mvc")
        positions = context.scene.navigable_positions(SPACING)
        furniture = askable(context.scene)
        present = Counter(item.category for item in furniture.values())
        most = min(max(present.values(), default=0), settings.count_max or len(furniture))
        counts = range(1, most + 1)  # of six chairs in a house, two may be in one area
        left = {count: settings.per_count[min(count, len(settings.per_count)) - 1] for count in counts}
        taken: Counter[str] = Counter()
        asked: Counter[tuple[int, ...]] = Counter()
        for attempt in context.attempts("mvc", settings.attempts_per_question if len(positions) else 0):
            number = taken.total()
            if number >= limit or not any(left.values()):
                return
            rng, movement = context.rng("mvc", attempt), MVC_CATEGORIES[attempt % 2]
            room = min(limit - number, math.ceil(limit / 2) - taken[movement], settings.questions_per_trajectory)
            trajectory = sample_trajectory(context, settings, positions, movement, left, rng) if room > 0 else None
            if trajectory is None:
                continue
            seen = observe(context.scene, trajectory)
            shown = [len(furniture.keys() & frame.keys()) for frame in seen.frames]
            if not context.yields.passes(min(shown) >= settings.frame_objects_min, "trajectory.bare_frame"):
                continue
            counted = _countable(context, settings, trajectory, seen, rng)
            fresh = [entry for entry in counted if asked[tuple(entry[1]["instances"])] < settings.per_instances]
            chosen = _choose(fresh, left, room)
            asked.update(tuple(known["instances"]) for _, known in chosen)
            context.yields.add("category.not_needed", len(counted) - len(chosen))
            if not context.yields.passes(bool(chosen), "trajectory.nothing_to_ask"):
                continue
            yield from _questions(context, trajectory, chosen, number, rng)
            taken[movement] += len(chosen)

    def recheck(self, config: Config, scene: Scene, question: Question, size: int) -> str | None:
        """The three counts agree, instance by instance, at `size` px."""
        facts = question.metadata
        trajectory = Trajectory(
            facts["movement"],
            tuple(camera_from_json(camera, size) for camera in facts["cameras"]),
            camera_from_json(facts["camera_map"], size),
        )
        seen = observe(scene, trajectory)
        truth = inside_map(scene, trajectory).get(facts["object_category"], set())
        failed = disagreement(scene, config.tasks.mvc, seen, facts["object_category"], truth)
        if failed is None and len(truth) != facts["count"]:
            return "category.count_changed"
        return failed


def _countable(
    context: SceneContext, settings: MvcConfig, trajectory: Trajectory, seen: Observation, rng: np.random.Generator
) -> list[Counted]:
    """Categories whose count is beyond doubt, with what is known about each; higher counts first, else shuffled."""
    scene, furniture = context.scene, askable(context.scene)
    found: list[Counted] = []
    inside, around = inside_map(scene, trajectory), inside_map(scene, trajectory, settings.border_margin)
    for category in sorted({furniture[key].category for frame in seen.frames for key in frame if key in furniture}):
        context.yields.add("category")
        truth = inside.get(category, set())
        failed = disagreement(scene, settings, seen, category, truth)
        failed = failed or ("category.at_border" if around.get(category, set()) != truth else None)
        if failed:
            context.yields.add(failed)
            continue
        instances = sorted(truth)
        per_frame = [sum(key in frame for key in instances) for frame in seen.frames]
        found.append((category, {"count": len(instances), "instances": instances, "count_per_frame": per_frame}))
    found = [found[i] for i in rng.permutation(len(found))]
    return sorted(found, key=lambda entry: -entry[1]["count"])


def _choose(counted: Sequence[Counted], left: dict[int, int], most: int) -> list[Counted]:
    """The first `most` of `counted` whose count the scene still lacks; `left` is brought up to date."""
    chosen: list[Counted] = []
    for category, known in counted:
        count = known["count"]
        if len(chosen) < most and left.get(count, 0) > 0:
            left[count] -= 1
            chosen.append((category, known))
    return chosen


def count_choices(count: int, rule: str, rng: np.random.Generator) -> tuple[str, ...]:
    """The count and three others, by the rule of `MvcConfig.distractors`; none is negative."""
    if rule == "window":
        least = 1 if count <= SPATIAL_CHOICES["mvc"] else count - int(rng.integers(SPATIAL_CHOICES["mvc"]))
        return tuple(str(value) for value in range(least, least + SPATIAL_CHOICES["mvc"]))
    near = [count + step for step in (-2, -1, 1, 2) if count + step >= 0]
    wrong = [near[i] for i in rng.permutation(len(near))] + [count + 3]
    return tuple(str(value) for value in (count, *wrong[: SPATIAL_CHOICES["mvc"] - 1]))


def _questions(
    context: SceneContext,
    trajectory: Trajectory,
    counts: Sequence[Counted],
    number: int,
    rng: np.random.Generator,
) -> Iterator[Question]:
    """Shade the four frames and the map once and ask each category."""
    frames = [_shade(context.scene, camera) for camera in trajectory.cameras]
    images = {f"frame_{i}": png for i, png in enumerate(frames)}
    imagination = _shade(context.scene, trajectory.overhead, open_top=True)
    first = trajectory.cameras[0].position
    for offset, (category, known) in enumerate(counts):
        text, template = templates.pick(templates.MVC, rng, objects=plural(category))
        yield context.question(
            "mvc",
            number + offset,
            choices=count_choices(known["count"], context.config.tasks.mvc.distractors, rng),
            correct=str(known["count"]),
            question=text,
            category=trajectory.movement,
            room_type=room_type_at(context.scene, first[:2]),
            asked=words(category),
            images=images,
            imagination=imagination,
            metadata={
                "movement": trajectory.movement,
                "object_category": category,
                "cameras": [camera_to_json(camera) for camera in trajectory.cameras],
                "camera_map": camera_to_json(trajectory.overhead),
                "template": template,
            }
            | known,
        )


def _shade(scene: Scene, camera: Camera, *, open_top: bool = False) -> bytes:
    rgb = scene.render(camera, open_top=open_top).rgb
    if rgb is None:
        raise RuntimeError(f"{scene.scene_id}: the simulator returned no RGB")
    return encode_png(rgb)


GENERATOR = MvcGenerator()
