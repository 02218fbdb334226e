"""The gallery: one self-contained page that shows a person what the embedded simulator shows the models.

24 rooms in colour, as instance ids and as depth; the maps of their houses; one piece of every category.
"""

import base64
import html
import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipt.config import EnvironmentConfig
from ipt.datasets.files import atomic_path, write_text
from ipt.scenes.gallery import category_tile, map_camera, room_camera
from ipt.scenes.interface import Room, Scene

ROOMS = 24
MOST_OF_A_TYPE = 4
FIRST_SCENE = 90000
"""The gallery's own scenes: split `test` from here on."""
MOST_ROOMS_OF_A_HOUSE = 3
SEEN_SHARE = 0.002
"""Share of the image from which on an object is listed under a view."""

Image = NDArray[np.uint8]


def colour_ids(instance: NDArray[np.int32]) -> Image:
    """A colour an id, the same for the same id everywhere; nothing is black: uint8 [H, W, 3]."""
    numbers = instance.astype(np.int64)
    hue = (numbers * 0.61803398875) % 1.0
    value = 0.55 + 0.45 * ((numbers * 7) % 5) / 4
    ramps = [np.clip(np.abs((hue * 6 + shift) % 6 - 3) - 1, 0, 1) for shift in (0, 4, 2)]
    colours = np.stack([value * (0.35 + 0.65 * ramp) for ramp in ramps], axis=-1) * (numbers > 0)[..., None]
    return np.asarray((colours * 255).round(), np.uint8)


def colour_depth(depth: NDArray[np.float32]) -> Image:
    """Near is bright, far dark, to the farthest that is seen: uint8 [H, W, 3]."""
    seen = np.isfinite(depth)
    farthest = float(depth[seen].max()) if np.any(seen) else 1.0
    grey = np.where(seen, 255 * (1 - 0.9 * np.minimum(depth, farthest) / farthest), 0)
    return np.asarray(np.repeat(grey[..., None], 3, axis=2).round(), np.uint8)


def build_gallery(folder: Path, size: int = 320, rooms: int = ROOMS) -> Path:
    """Write `index.html` and its pictures as PNG files to `folder`; returns the page.

    The pictures are in the page too, so that it can be sent as one file.
    """
    from ipt.scenes.embedded.furniture import CATALOG

    page = Page(folder)
    page.heading("Rooms", "Each view in colour, as instance ids, and as depth (near is bright).")
    houses: list[Scene] = []
    for scene, number in _rooms_of(rooms):
        if scene not in houses:
            houses.append(scene)
        camera = room_camera(scene, size, number)
        frame = scene.render(camera)
        assert frame.rgb is not None
        assert frame.instance is not None
        assert frame.depth is not None
        strip = np.concatenate([frame.rgb, colour_ids(frame.instance), colour_depth(frame.depth)], axis=1)
        room = scene.rooms[number]
        name = f"room-{page.count:02d}-{room.room_type}"
        page.picture(name, strip, f"{room.room_type.replace('_', ' ')}: {_seen(scene, frame.instance)}", "wide")
    page.heading("Houses from above", "Ceilings off; the houses of the rooms above.")
    for scene in houses:
        rgb = scene.render(map_camera(scene, size), open_top=True).rgb
        assert rgb is not None
        page.picture(f"map-{scene.scene_id.replace('/', '-')}", rgb, f"{scene.scene_id}, {len(scene.rooms)} rooms")
    page.heading(f"{len(CATALOG)} categories", "One piece of each, and a second in another shape, size and finish.")
    for name in sorted(CATALOG):
        pair = np.concatenate([category_tile(name, size // 2, variant) for variant in (0, 1)], axis=1)
        page.picture(f"category-{name}", pair, name)
    return page.write()


class Page:
    """A page of pictures under headings."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        self._parts: list[str] = []

    def heading(self, title: str, words: str) -> None:
        """Start a section."""
        self._parts.append(f"<h2>{html.escape(title)}</h2><p>{html.escape(words)}</p>")

    def picture(self, name: str, image: Image, caption: str, kind: str = "") -> None:
        """Add a picture, and write it as `name`.png."""
        from PIL import Image as Pillow

        stream = io.BytesIO()
        Pillow.fromarray(image).save(stream, "PNG")
        with atomic_path(self.folder / f"{name}.png") as path:
            path.write_bytes(stream.getvalue())
        data = base64.b64encode(stream.getvalue()).decode()
        words = html.escape(caption)
        self._parts.append(
            f'<figure class="{kind}"><img src="data:image/png;base64,{data}" alt="{words}" loading="lazy">'
            f"<figcaption>{words}</figcaption></figure>"
        )
        self.count += 1

    def write(self) -> Path:
        """Write the page; returns its path."""
        style = (
            "body{font:15px/1.4 system-ui,sans-serif;margin:2em auto;max-width:1320px;padding:0 1em;color:#222}"
            "figure{display:inline-block;margin:0 12px 16px 0;vertical-align:top;max-width:100%}"
            "img{display:block;max-width:100%;border-radius:3px}figcaption{color:#555;font-size:13px;max-width:640px}"
            ".wide figcaption{max-width:960px}"
        )
        text = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>The embedded simulator</title>'
            f"<style>{style}</style><h1>The embedded simulator</h1>{''.join(self._parts)}</html>"
        )
        path = self.folder / "index.html"
        write_text(path, text)
        return path


def _rooms_of(count: int) -> Iterable[tuple[Scene, int]]:
    """Rooms for the gallery: house after house, in both styles, few of one type and of one house."""
    from ipt.scenes.embedded.generate import generate_scene
    from ipt.scenes.embedded.scene import EmbeddedScene

    types: Counter[str] = Counter()
    index, taken = 0, 0
    while taken < count:
        style: Any = ("standard", "alternate")[index % 2]
        settings = EnvironmentConfig(layout="house", style=style)
        scene = EmbeddedScene(generate_scene(f"embedded-house-{style}/test/{FIRST_SCENE + index}", settings))
        index += 1
        fitting = [
            number for number, room in enumerate(scene.rooms) if types[room.room_type] < MOST_OF_A_TYPE and _open(room)
        ]
        # the types that are rarest so far first
        fitting.sort(key=lambda number: types[scene.rooms[number].room_type])
        for number in fitting[: min(MOST_ROOMS_OF_A_HOUSE, count - taken)]:
            types[scene.rooms[number].room_type] += 1
            taken += 1
            yield scene, number


def _open(room: Room) -> bool:
    return bool(min(np.subtract(room.maximum, room.minimum)) > 1.2)


def _seen(scene: Scene, instance: NDArray[np.int32]) -> str:
    numbers, counts = np.unique(instance, return_counts=True)
    names = Counter(
        scene.objects[int(number)].category
        for number, pixels in zip(numbers, counts, strict=True)
        if number and pixels >= SEEN_SHARE * instance.size and not scene.objects[int(number)].is_structure
    )
    return ", ".join(name if times == 1 else f"{name} x{times}" for name, times in sorted(names.items()))
