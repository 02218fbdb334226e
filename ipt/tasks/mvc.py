"""Multiview counting (paper 2.3): how many objects of a category are in the area that four views show.

A count is believed when three sources agree on the very instances: the scene graph inside the map's crop, the frames,
and the segmentation of the map.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipt.config import Config, MvcConfig
from ipt.datasets.schema import Question
from ipt.names import MVC_CATEGORIES, SPATIAL_CHOICES, Task
from ipt.scenes.interface import Camera, Scene
from ipt.tasks import templates
from ipt.tasks.images import encode_png
from ipt.tasks.interface import SceneContext
from ipt.tasks.maps import overhead
from ipt.tasks.naming import plural, words
from ipt.tasks.poses import camera_from_json, camera_to_json, ground_height, jittered, standing, unit
from ipt.tasks.visibility import Visible, askable, room_type_at, see

SPACING = 0.25
"""Metres of the navigation grid on which trajectories are drawn."""
FRAMES = 4


@dataclass(frozen=True)
class Trajectory:
    """Four cameras and the map of the area they explore."""

    movement: str
    """`rotation` or `multi_camera`."""
    cameras: tuple[Camera, ...]
    overhead: Camera


@dataclass(frozen=True)
class Observation:
    """What the frames and the map of a trajectory see."""

    frames: tuple[Mapping[int, Visible], ...]
    top: Mapping[int, Visible]


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
        left = {count: settings.per_count[min(count, len(settings.per_count)) - 1] for count in present.values()}
        taken: Counter[str] = Counter()
        for attempt in context.attempts("mvc", settings.attempts_per_question if len(positions) else 0):
            number = taken.total()
            if number >= limit or not any(left.values()):
                return
            rng, movement = context.rng("mvc", attempt), MVC_CATEGORIES[attempt % 2]
            room = min(limit - number, math.ceil(limit / 2) - taken[movement], settings.questions_per_trajectory)
            trajectory = _sample(context, settings, positions, movement, rng) if room > 0 else None
            if trajectory is None:
                continue
            seen = observe(context.scene, trajectory)
            shown = [len(furniture.keys() & frame.keys()) for frame in seen.frames]
            if not context.yields.passes(min(shown) >= settings.frame_objects_min, "trajectory.bare_frame"):
                continue
            counted = _countable(context, settings, trajectory, seen, rng)
            chosen = _choose(counted, left, room)
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
        failed = disagreement(scene, config.tasks.mvc, trajectory, seen, facts["object_category"])
        if failed is None and len(inside_map(scene, trajectory, facts["object_category"])) != facts["count"]:
            return "category.count_changed"
        return failed


def _sample(
    context: SceneContext,
    settings: MvcConfig,
    positions: NDArray[np.float64],
    movement: str,
    rng: np.random.Generator,
) -> Trajectory | None:
    """A position seen in four directions, or a square walked counter-clockwise, looking ahead at each corner."""
    scene, yields = context.scene, context.yields
    yields.add("trajectory")
    x, y = jittered(scene, positions, rng, SPACING)
    yaw = float(rng.integers(4)) * 90
    side = settings.square_side if movement == "multi_camera" else 0.0
    corners = [np.array([x, y])]
    for step in range(FRAMES - 1):
        corners.append(corners[-1] + side * unit(yaw + 90 * step))
    if not yields.passes(all(scene.is_navigable((c[0], c[1])) for c in corners), "trajectory.blocked"):
        return None
    ground, size = ground_height(scene), context.config.tasks.image_size
    cameras = tuple(
        standing(c[0], c[1], ground, settings.camera_height, yaw + 90 * i, extent=settings.field_of_view, size=size)
        for i, c in enumerate(corners)
    )
    if not yields.passes(all(scene.is_clear(camera, settings.clearance) for camera in cameras), "trajectory.too_close"):
        return None
    radius = settings.radius_path + side / 2 if side else settings.radius_rotation
    return Trajectory(movement, cameras, overhead(scene, np.mean(corners, axis=0).tolist(), 2 * radius, size))


def observe(scene: Scene, trajectory: Trajectory) -> Observation:
    """Look through the four cameras and down on the map, on ids only."""
    return Observation(
        tuple(see(scene, camera) for camera in trajectory.cameras), see(scene, trajectory.overhead, open_top=True)
    )


def inside_map(scene: Scene, trajectory: Trajectory, category: str) -> set[int]:
    """Instances of `category` that reach into the map's crop, by the scene graph."""
    camera = trajectory.overhead
    low = np.asarray(camera.position[:2]) - camera.extent / 2
    high = low + camera.extent
    return {
        key
        for key, item in askable(scene).items()
        if item.category == category
        and (np.asarray(item.maximum[:2]) > low).all()
        and (np.asarray(item.minimum[:2]) < high).all()
    }


def disagreement(
    scene: Scene, settings: MvcConfig, trajectory: Trajectory, seen: Observation, category: str
) -> str | None:
    """Which source does not show exactly the instances of the scene graph, each large enough; None when all agree."""
    truth = inside_map(scene, trajectory, category)
    any_frame = {key for frame in seen.frames for key in frame if key in truth or _is(scene, key, category)}
    clear = {
        key for key in truth if max((f[key].share for f in seen.frames if key in f), default=0) >= settings.coverage_min
    }
    if any_frame != truth:
        return "category.frames_differ"
    if clear != truth:
        return "category.frame_coverage"
    if {key for key in seen.top if _is(scene, key, category)} != truth:
        return "category.map_differs"
    if any(seen.top[key].share < settings.coverage_min for key in truth):
        return "category.map_coverage"
    return None


def _is(scene: Scene, key: int, category: str) -> bool:
    return key in scene.objects and scene.objects[key].category == category


def _countable(
    context: SceneContext, settings: MvcConfig, trajectory: Trajectory, seen: Observation, rng: np.random.Generator
) -> list[Counted]:
    """Categories whose count is beyond doubt, with what is known about each; higher counts first, else shuffled."""
    scene, furniture = context.scene, askable(context.scene)
    found: list[Counted] = []
    for category in sorted({furniture[key].category for frame in seen.frames for key in frame if key in furniture}):
        context.yields.add("category")
        failed = disagreement(scene, settings, trajectory, seen, category)
        if failed:
            context.yields.add(failed)
            continue
        instances = sorted(inside_map(scene, trajectory, category))
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
