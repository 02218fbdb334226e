"""Multiview counting in scanned rooms (paper 2.3, ScanNet++): photographs that show every instance, and a map.

The map is the labelled reconstruction seen from above. The paper lets an image editor restyle it; where the user has
done so, `restyled/<scan>.png` beside the scans is taken instead, and the manifest counts those that were not restyled.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ipt.config import Config, ScanNetConfig
from ipt.datasets.schema import Question
from ipt.errors import UserError
from ipt.names import Split
from ipt.seeding import content_rng
from ipt.tasks import templates
from ipt.tasks.choices import ordered
from ipt.tasks.images import encode_png
from ipt.tasks.interface import Yields
from ipt.tasks.mvc import count_choices
from ipt.tasks.naming import plural, words
from ipt.tasks.real import files
from ipt.tasks.real.blind_count import Counter
from ipt.tasks.real.scan import Photograph, Scan, read_scan

MOVEMENT = "photographs"
"""Category of these questions."""
CELL = 0.05
"""Metres: the distance of the reconstruction's vertices, which is the map's true resolution."""
REACH = 3
"""Cells over which a hole of the map is filled."""


def scannet_questions(
    config: Config, folder: Path, split: Split, yields: Yields, counter: Counter | None = None
) -> Iterator[Question]:
    """The questions of all scans in `folder`, one scan in memory at a time.

    Raises:
        UserError: a file is missing or damaged; or the blind check is wanted and no model is named for it.
    """
    settings = config.real.scannet
    if settings.blind_check and counter is None:
        raise UserError(
            "real.scannet.judge: no model counts for the blind check; name one under endpoints, or set"
            " real.scannet.blind_check to false"
        )
    scans = sorted(path for path in folder.iterdir() if (path / "scans").is_dir())
    if not scans:
        raise UserError(f"{folder}: holds no scan; each is a folder with scans/ and dslr/")
    for index, path in enumerate(scans):
        yields.add("scan")
        scan = read_scan(path)
        seen = [scan.seen(photograph, settings.seen_points_min) for photograph in scan.photographs]
        map_png = _map_of(folder, scan, settings, yields)
        for label, objects in sorted(scan.objects_of.items()):
            yields.add("category")
            if not yields.passes(label not in settings.structure, "category.structure"):
                continue
            if not yields.passes(len(objects) <= settings.count_max, "category.too_many"):
                continue
            chosen = covering([one.yaw for one in scan.photographs], seen, objects, settings)
            if not yields.passes(chosen is not None, "category.not_covered") or chosen is None:
                continue
            shown = [scan.photographs[i] for i in chosen]
            pictures = [_picture(one) for one in shown]
            if counter and settings.blind_check:
                told = counter.count(pictures, label)
                if not yields.passes(told == len(objects), "category.blind_count"):
                    continue
            per_frame = [len(objects & seen[i]) for i in chosen]
            yield _question(config, split, scan, index, label, len(objects), pictures, map_png, shown, per_frame)


def covering(
    yaws: Sequence[float], seen: Sequence[set[int]], wanted: set[int], settings: ScanNetConfig
) -> list[int] | None:
    """Indices of photographs that show all of `wanted` between them, in order; None where no such choice is found.

    Greedy: the one that shows most that is still unseen, of those that look apart from all chosen; then, up to the
    fewest that are shown, the one that looks farthest from the chosen.
    """
    fewest, most = settings.views
    chosen: list[int] = []
    missing = set(wanted)
    while missing or len(chosen) < fewest:
        free = [
            i
            for i in range(len(yaws))
            if i not in chosen and all(apart(yaws[i], yaws[j]) >= settings.yaw_apart_min for j in chosen)
        ]
        if not free or len(chosen) == most:
            return None
        best = max(
            free,
            key=lambda i: (len(missing & seen[i]), min((apart(yaws[i], yaws[j]) for j in chosen), default=0.0), -i),
        )
        if missing and not missing & seen[best]:
            return None
        chosen.append(best)
        missing -= seen[best]
    return sorted(chosen)


def apart(first: float, second: float) -> float:
    """Degrees between two directions, 0 to 180."""
    return abs((first - second + 180) % 360 - 180)


def from_above(scan: Scan, settings: ScanNetConfig) -> NDArray[np.uint8]:
    """The reconstruction seen from straight above without its ceiling, [map_size, map_size, 3]; up is +y.

    Cells between vertices take the colour of the nearest one; what is farther from any stays black.
    """
    from scipy.ndimage import distance_transform_edt

    below = scan.points[:, 2] < scan.points[:, 2].max() - settings.ceiling_cut
    points, colors = scan.points[below], scan.colors[below]
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    cells = max(2, int(np.ceil((high - low).max() / CELL)) + 1)
    corner = (low + high) / 2 - cells * CELL / 2
    column, row = np.floor((points[:, :2] - corner) / CELL).astype(int).clip(0, cells - 1).T
    image = np.zeros((cells, cells, 3), np.uint8)
    order = np.argsort(points[:, 2], kind="stable")  # what is higher is painted over what is lower
    image[cells - 1 - row[order], column[order]] = colors[order]
    filled = np.zeros((cells, cells), bool)
    filled[cells - 1 - row, column] = True
    apart, nearest = distance_transform_edt(~filled, return_indices=True)
    image = np.where((apart <= REACH)[..., None], image[tuple(nearest)], image)
    whole = Image.fromarray(image).resize((settings.map_size, settings.map_size), Image.Resampling.BICUBIC)
    return np.asarray(whole)


def _map_of(folder: Path, scan: Scan, settings: ScanNetConfig, yields: Yields) -> bytes:
    restyled = folder / "restyled" / f"{scan.name}.png"
    if restyled.is_file():
        return encode_png(files.picture(restyled))
    yields.add("map_not_restyled")
    return encode_png(from_above(scan, settings))


def _picture(photograph: Photograph) -> bytes:
    return encode_png(files.picture(photograph.path))


def _question(
    config: Config,
    split: Split,
    scan: Scan,
    index: int,
    label: str,
    count: int,
    pictures: Sequence[bytes],
    map_png: bytes,
    shown: Sequence[Photograph],
    per_frame: Sequence[int],
) -> Question:
    name = f"mvc-different-{split}-scannet-{index:05d}-{label.replace(' ', '_')}"
    rng = content_rng(config.seed, name, "scannet")
    text, template = templates.pick(templates.MVC, rng, objects=plural(label))
    choices = count_choices(count, config.tasks.mvc.distractors, rng)
    listed, letter = ordered(choices, str(count), config.seed, name, config.tasks.choice_order)
    return Question(
        question_id=name,
        task="mvc",
        environment="different",
        split=split,
        category=MOVEMENT,
        scene_id=scan.name,
        scene_digest=hashlib.sha256(scan.points.tobytes() + scan.owner.tobytes()).hexdigest(),
        room_type="",
        question=text,
        choices=listed,
        answer=letter,
        object=words(label),
        images={f"frame_{i}": png for i, png in enumerate(pictures)},
        imagination=map_png,
        metadata={
            "movement": MOVEMENT,
            "object_category": label,
            "count": count,
            "views": [one.path.name for one in shown],
            "count_per_frame": list(per_frame),
            "template": template,
        },
    )
