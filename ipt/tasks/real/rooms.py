"""Path tracing on real rooms seen from above (paper 2.2): annotated pictures in, four questions a path out.

A folder holds `paths.jsonl`, one path a line, and the pictures that it names:

    {"image": "room.png", "room_type": "kitchen", "points": {"1": [x, y], "M1": [x, y], "2": [x, y]},
     "left": ["sofa", "lamp"], "right": ["bed", "desk"]}

Points are pixels; left and right are those of the walk from 1 to 2. A question has the map with the path and with the
arrow, for the settings `path` and `path_arrow`: forward and reverse, left and right, so eight variants a path. No
endpoint views and no side view exist.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipt.config import Config, RealPtConfig
from ipt.datasets.schema import Question
from ipt.errors import UserError
from ipt.names import SPATIAL_CHOICES
from ipt.scenes.interface import Camera
from ipt.seeding import content_rng
from ipt.tasks import templates
from ipt.tasks.choices import ordered
from ipt.tasks.drawing import Shape, paint
from ipt.tasks.images import encode_png
from ipt.tasks.interface import Yields
from ipt.tasks.maps import MarkedPath, compass, direction_shapes, mark_radius, path_shapes
from ipt.tasks.naming import words
from ipt.tasks.pool import COMMON
from ipt.tasks.poses import heading, unit
from ipt.tasks.real import files
from ipt.tasks.real.map_judge import MapJudge
from ipt.tasks.real.paths import Proposal, filtered
from ipt.tasks.sideviews import OTHER, SIGN, Side

PATHS = "paths.jsonl"
SIDES: tuple[Side, Side] = ("left", "right")


def room_questions(config: Config, folder: Path, yields: Yields, judge: MapJudge | None = None) -> Iterator[Question]:
    """The questions of an annotated folder, one picture in memory at a time.

    Raises:
        UserError: the file, a picture or a field is missing or wrong; names the line.
    """
    for number, (where, cells) in enumerate(
        files.json_lines(folder / PATHS, "a path a line: image, points 1, M1 and 2, objects left and right")
    ):
        name, proposal = files.text_of(where, cells, "image"), proposal_of(where, cells)
        rgb = files.picture(folder / name)
        kept = filtered(rgb, proposal, config.real.pt, yields)
        if kept is None:
            continue
        kept = _verified(config, rgb, kept, yields, judge) if judge else kept
        if kept is None:
            continue
        scene = Path(name).stem
        digest = hashlib.sha256(rgb.tobytes()).hexdigest()
        yield from _questions(config, rgb, kept, scene, digest, str(cells.get("room_type", "")), number)


def proposal_of(where: str, cells: dict[str, Any]) -> Proposal:
    """The path that a line describes.

    Raises:
        UserError: a field is missing or of another kind.
    """
    points = cells.get("points")
    if not isinstance(points, dict):
        raise UserError(f"{where}, points: expected 1, M1 and 2 with x and y, found {points!r}")
    first, middle, second = (
        files.numbers_of(where, points.get(name), f"points.{name}", 2) for name in ("1", "M1", "2")
    )
    objects = {side: tuple(words(name) for name in files.names_of(where, cells, side)) for side in SIDES}
    return Proposal(first, middle, second, objects)


def _verified(
    config: Config, rgb: NDArray[np.uint8], proposal: Proposal, yields: Yields, judge: MapJudge
) -> Proposal | None:
    """What the judge confirms on the map alone, or None where too little is left (counted)."""
    confirmed = judge.confirmed(encode_png(drawn(rgb, proposal, "left", config.real.pt, arrow=False)), proposal.objects)
    if confirmed is None:
        yields.add("judge.not_walkable")
        return None
    least = config.real.pt.verified_per_side_min
    if not yields.passes(all(len(names) >= least for names in confirmed.values()), "judge.few_verified"):
        return None
    return Proposal(proposal.first, proposal.middle, proposal.second, confirmed)


def _questions(
    config: Config,
    rgb: NDArray[np.uint8],
    forward: Proposal,
    scene: str,
    digest: str,
    room_type: str,
    number: int,
) -> Iterator[Question]:
    """The path walked both ways, asked to both sides."""
    back = Proposal(
        forward.second, forward.middle, forward.first, {side: forward.objects[OTHER[side]] for side in SIDES}
    )
    for direction, walk in (("forward", forward), ("reverse", back)):
        for side in SIDES:
            name = f"pt-different-test-real-{number:05d}-{direction}-{side}"
            asked_side = side if direction == "forward" else OTHER[side]  # both directions ask for the same object
            pair = f"pt-different-test-real-{number:05d}-{asked_side}"
            rng = content_rng(config.seed, pair, "real")
            answer = walk.objects[side][int(rng.integers(len(walk.objects[side])))]
            wrong = _distractors(walk, side, rng)
            text, template = templates.pick(templates.PT, content_rng(config.seed, name, "template"), side=side)
            shown, letter = ordered((answer, *wrong), answer, config.seed, name, config.tasks.choice_order)
            maps = {
                role: encode_png(drawn(rgb, walk, side, config.real.pt, arrow=role == "map_arrow"))
                for role in ("map_path", "map_arrow")
            }
            ahead = unit(heading(_up(walk.first), _up(walk.second)))
            yield Question(
                question_id=name,
                task="pt",
                environment="different",
                split="test",
                category=side,
                scene_id=scene,
                scene_digest=digest,
                room_type=room_type,
                question=text,
                choices=shown,
                answer=letter,
                object=answer,
                images=maps,
                imagination=b"",
                metadata={
                    "input_settings": ["path", "path_arrow"],
                    "side": side,
                    "direction": direction,
                    "pair": pair,
                    "path": [walk.first.tolist(), walk.second.tolist()],
                    "middle": walk.middle.tolist(),
                    "heading_on_map": compass(ahead),
                    "side_on_map": compass(SIGN[side] * np.array([-ahead[1], ahead[0]])),
                    "object_category": answer,
                    "distractors": list(wrong),
                    "template": template,
                },
            )


def _distractors(walk: Proposal, side: Side, rng: np.random.Generator) -> tuple[str, ...]:
    """Three wrong choices: of the other side first, then of the pool of common objects; none of the asked side."""
    other = list(walk.objects[OTHER[side]])
    there = {*walk.objects[side], *other}
    pool = [name for name in (words(common) for common in COMMON) if name not in there]
    mixed = [other[i] for i in rng.permutation(len(other))] + [pool[i] for i in rng.permutation(len(pool))]
    return tuple(mixed[: SPATIAL_CHOICES["pt"] - 1])


def drawn(
    rgb: NDArray[np.uint8], walk: Proposal, side: Side, settings: RealPtConfig, *, arrow: bool
) -> NDArray[np.uint8]:
    """The picture with the path, and with the arrow to the asked side: [H, W, 3], as on the maps of the simulator."""
    height, width = rgb.shape[:2]
    size = max(height, width)
    square = np.zeros((size, size, 3), np.uint8)
    square[:height, :width] = rgb
    length = float(np.linalg.norm(walk.second - walk.first))
    points = np.stack([_up(walk.first), _up(walk.second)])
    ahead = heading(points[0], points[1])
    radius = mark_radius(size, length, settings.map_mark)
    marked = MarkedPath(points, _up(walk.middle), unit(ahead + 90 * SIGN[side]), radius)
    shapes: list[Shape] = path_shapes(marked) + (direction_shapes(marked) if arrow else [])
    camera = Camera((size / 2, -size / 2, 1.0), 90.0, -90.0, float(size), size, "orthographic")  # a metre is a pixel
    return paint(square, camera, shapes, 0.0)[:height, :width]


def _up(point: NDArray[np.float64]) -> NDArray[np.float64]:
    """A pixel's place with y up."""
    return np.array([point[0], -point[1]])
