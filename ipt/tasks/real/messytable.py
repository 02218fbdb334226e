"""Multiview counting on MessyTable (paper 2.3): eight cameras around a table, and the view from above as imagination.

A folder holds what its authors distribute, `labels/<split>.json` and `images/`, and beside it our `names.json`, which
maps their numbers of kinds (`subcls`) to words. A count is the number of different instance ids of one kind over all
cameras.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipt.config import Config, MessyTableConfig
from ipt.datasets.schema import Question
from ipt.errors import UserError
from ipt.names import Split
from ipt.seeding import content_digest, content_rng
from ipt.tasks import templates
from ipt.tasks.choices import ordered
from ipt.tasks.images import encode_png
from ipt.tasks.interface import Yields
from ipt.tasks.mvc import count_choices
from ipt.tasks.naming import plural, words
from ipt.tasks.real import files

MOVEMENT = "surrounding"
"""Category of these questions: neither a rotation nor a square path."""


@dataclass(frozen=True)
class Box:
    """One instance as one camera sees it."""

    instance: str
    kind: str
    corners: tuple[float, float, float, float]
    """Left, top, right, bottom, pixels."""


Views = Mapping[str, Sequence[Box]]
"""Camera -> what it sees."""


def messytable_questions(config: Config, folder: Path, split: Split, yields: Yields) -> Iterator[Question]:
    """The questions of a split, one scene's pictures in memory at a time.

    Raises:
        UserError: a file, a camera's picture or a kind's name is missing, or the labels have another form.
    """
    settings = config.real.messytable
    names = _names(folder / "names.json")
    scenes = files.json_file(folder / "labels" / f"{split}.json", "MessyTable's labels of this split")
    if not isinstance(scenes, dict) or not isinstance(scenes.get("scenes"), dict):
        raise UserError(f"{folder}/labels/{split}.json: has no `scenes`; give MessyTable's own file")
    for index, (scene, told) in enumerate(sorted(scenes["scenes"].items())):
        yields.add("scene")
        views = views_of(f"{folder}/labels/{split}.json: {scene}", told, (settings.overhead, *settings.around))
        if not yields.passes(settings.overhead in views, "scene.no_overhead"):
            continue
        counts = counted(views)
        if not yields.passes(bool(counts), "scene.nothing_to_count"):
            continue
        for number in range(min(settings.questions_per_scene, len(counts))):
            rng = content_rng(config.seed, "messytable", scene, number)
            kind = chosen_kind(counts, settings.repeated_share, rng)
            if kind not in names:
                raise UserError(f"{folder}/names.json: kind {kind} has no name; add it")
            most = min(settings.views[1], sum(camera in views for camera in settings.around))
            if not yields.passes(most >= settings.views[0], "scene.few_views"):
                break
            shown = chosen_views(views, kind, settings.around, int(rng.integers(settings.views[0], most + 1)), rng)
            yield _question(
                config, folder, split, scene, index, number, views, shown, (kind, names[kind], counts[kind]), rng
            )
            del counts[kind]


def views_of(where: str, told: Any, cameras: Sequence[str]) -> dict[str, list[Box]]:
    """Camera -> boxes, of one scene of the labels.

    Raises:
        UserError: the scene has no cameras, or an instance no box of four numbers.
    """
    if not isinstance(told, dict) or not isinstance(told.get("cameras"), dict):
        raise UserError(f"{where}: has no `cameras`")
    found: dict[str, list[Box]] = {}
    for camera in cameras:
        if camera not in told["cameras"]:
            continue
        boxes = []
        for instance, known in told["cameras"][camera].get("instances", {}).items():
            at = f"{where}, camera {camera}, instance {instance}"
            if "subcls" not in known:
                raise UserError(f"{at}: has no subcls")
            left, top, right, bottom = files.numbers_of(at, known.get("pos"), "pos", 4).tolist()
            boxes.append(Box(instance, str(known["subcls"]), (left, top, right, bottom)))
        found[camera] = boxes
    return found


def counted(views: Views) -> dict[str, int]:
    """Kind -> number of different instances over all cameras."""
    seen: dict[str, set[str]] = defaultdict(set)
    for boxes in views.values():
        for box in boxes:
            seen[box.kind].add(box.instance)
    return {kind: len(instances) for kind, instances in sorted(seen.items())}


def chosen_kind(counts: Mapping[str, int], repeated_share: float, rng: np.random.Generator) -> str:
    """A kind to ask about: with probability `repeated_share` one of which there are two or more, where there is one."""
    repeated = [kind for kind, count in counts.items() if count >= 2]
    pool = repeated if repeated and rng.random() < repeated_share else list(counts)
    return pool[int(rng.integers(len(pool)))]


def chosen_views(
    views: Views, kind: str, around: Sequence[str], number: int, rng: np.random.Generator
) -> tuple[str, ...]:
    """`number` cameras to show, in the order in which they stand.

    Views in which the kind is absent come first, then views that are no neighbours of a chosen one, then the others;
    within each, drawn. The picture from above is never among them: it is what is imagined.
    """
    present = [camera for camera in around if camera in views]
    place = {camera: number for number, camera in enumerate(around)}
    drawn = [present[i] for i in rng.permutation(len(present))]
    chosen = [camera for camera in drawn if all(box.kind != kind for box in views[camera])][:number]
    for apart_only in (True, False):
        for camera in drawn:
            apart = all((place[camera] - place[other]) % len(around) not in (1, len(around) - 1) for other in chosen)
            if len(chosen) < number and camera not in chosen and (apart or not apart_only):
                chosen.append(camera)
    return tuple(sorted(chosen, key=place.__getitem__))


def crop_of(boxes: Sequence[Box], width: int, height: int, margin: float) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom (pixels) of the union of all boxes with a margin (share of the width)."""
    if not boxes:
        return None
    corners = np.array([box.corners for box in boxes])
    around = margin * width
    left, top = np.floor(corners[:, :2].min(axis=0) - around).astype(int).tolist()
    right, bottom = np.ceil(corners[:, 2:].max(axis=0) + around).astype(int).tolist()
    left, top, right, bottom = max(0, left), max(0, top), min(width, right), min(height, bottom)
    return (left, top, right, bottom) if left < right and top < bottom else None


def _names(path: Path) -> dict[str, str]:
    told = files.json_file(path, 'a file {"<subcls>": "<name>", ...} that names the kinds of MessyTable')
    if not isinstance(told, dict) or not all(isinstance(name, str) and name for name in told.values()):
        raise UserError(f"{path}: expected subcls -> name")
    return {str(kind): name for kind, name in told.items()}


def _picture(folder: Path, scene: str, camera: str, boxes: Sequence[Box], settings: MessyTableConfig) -> bytes:
    rgb: NDArray[np.uint8] = files.picture(folder / "images" / f"{scene}-{int(camera):02d}.jpg")
    crop = crop_of(boxes, rgb.shape[1], rgb.shape[0], settings.crop_margin)
    if crop:
        rgb = rgb[crop[1] : crop[3], crop[0] : crop[2]]
    return encode_png(rgb)


def _question(
    config: Config,
    folder: Path,
    split: Split,
    scene: str,
    index: int,
    number: int,
    views: Views,
    shown: Sequence[str],
    asked: tuple[str, str, int],
    rng: np.random.Generator,
) -> Question:
    """The question about a kind: its number, its name and how many there are."""
    kind, name, count = asked
    identity = f"mvc-different-{split}-messytable-{index:05d}-{number}"
    text, template = templates.pick(templates.MVC, rng, objects=plural(name))
    choices = count_choices(count, config.tasks.mvc.distractors, rng)
    listed, letter = ordered(choices, str(count), config.seed, identity, config.tasks.choice_order)
    settings = config.real.messytable
    return Question(
        question_id=identity,
        task="mvc",
        environment="different",
        split=split,
        category=MOVEMENT,
        scene_id=scene,
        scene_digest=content_digest(sorted((camera, [vars(box) for box in boxes]) for camera, boxes in views.items())),
        room_type="",
        question=text,
        choices=listed,
        answer=letter,
        object=words(name),
        images={
            f"frame_{i}": _picture(folder, scene, camera, views[camera], settings) for i, camera in enumerate(shown)
        },
        imagination=_picture(folder, scene, settings.overhead, views[settings.overhead], settings),
        metadata={
            "movement": MOVEMENT,
            "object_category": name,
            "count": count,
            "views": list(shown),
            "count_per_frame": [sum(box.kind == kind for box in views[camera]) for camera in shown],
            "template": template,
        },
    )
