"""A scene of coloured boxes in one room, seen by a ray caster of a few lines: the smallest simulator there can be."""

import hashlib
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from ipt.scenes.interface import Camera, Frame, RayHit, Room, SceneObject
from ipt.seeding import content_rng

CATEGORIES = ("Sofa", "Bed", "Fridge", "Desk", "Toilet", "Chair", "Bookshelf", "Dresser")
RADIUS = 0.25
WALL = 0.1


class BoxScene:
    """A `width` x `depth` m room with 2.6 m walls; objects are axis-aligned boxes on the floor."""

    def __init__(
        self, scene_id: str, boxes: Sequence[tuple[str, Sequence[float], Sequence[float]]], width=6.0, depth=6.0
    ):
        self.scene_id = scene_id
        self.digest = hashlib.sha256(repr((scene_id, boxes, width, depth)).encode()).hexdigest()
        self.bounds = ((-WALL, -WALL, -WALL), (width + WALL, depth + WALL, 2.6))
        self.rooms = [Room(0, "living_room", (0.0, 0.0), (width, depth))]
        walls = [
            ("Floor", (-WALL, -WALL, -WALL), (width + WALL, depth + WALL, 0)),
            ("Wall", (-WALL, -WALL, 0), (0, depth + WALL, 2.6)),
            ("Wall", (width, -WALL, 0), (width + WALL, depth + WALL, 2.6)),
            ("Wall", (0, -WALL, 0), (width, 0, 2.6)),
            ("Wall", (0, depth, 0), (width, depth + WALL, 2.6)),
        ]
        self.objects: Mapping[int, SceneObject] = {
            number: SceneObject(number, category, 0, tuple(low), tuple(high), i < 5, category == "Floor", i >= 5)
            for i, (category, low, high) in enumerate([*walls, *boxes])
            for number in [i + 1]
        }
        self.low = np.array([item.minimum for item in self.objects.values()], float)
        self.high = np.array([item.maximum for item in self.objects.values()], float)
        self.renders = 0

    def _cast(self, origins, rays):
        with np.errstate(divide="ignore", invalid="ignore"):
            a = (self.low[None] - origins[:, None]) / rays[:, None]
            b = (self.high[None] - origins[:, None]) / rays[:, None]
        near = np.nanmax(np.minimum(a, b), axis=2)
        far = np.nanmin(np.maximum(a, b), axis=2)
        distance = np.where((near <= far) & (near > 1e-6), near, np.inf)
        first = distance.argmin(axis=1)
        return distance[np.arange(len(first)), first], first + 1

    def render(self, camera: Camera, *, rgb: bool = True, open_top: bool = False, normals: bool = False) -> Frame:
        self.renders += 1
        right, up, forward = camera.basis()
        steps = (np.arange(camera.size) + 0.5) / camera.size * 2 - 1
        u, v = np.meshgrid(steps, -steps)
        flat = np.stack([u.ravel(), v.ravel()], axis=1)
        if camera.projection == "orthographic":
            origins = np.asarray(camera.position) + flat * camera.extent / 2 @ np.stack([right, up])
            rays = np.broadcast_to(forward, origins.shape)
        else:
            origins = np.broadcast_to(np.asarray(camera.position), (len(flat), 3))
            rays = forward + flat * np.tan(np.radians(camera.extent) / 2) @ np.stack([right, up])
        distance, hit = self._cast(origins, rays)
        shape = (camera.size, camera.size)
        instance = np.where(np.isfinite(distance), hit, 0).astype(np.int32).reshape(shape)
        colors = np.array(
            [[(i * 67) % 256, (i * 131) % 256, (i * 29) % 256] for i in range(len(self.low) + 1)], np.uint8
        )
        return Frame(colors[instance] if rgb else None, distance.astype(np.float32).reshape(shape), instance)

    def survey(self, camera: Camera):
        return self.render(camera, rgb=False).instance

    def cast_ray(self, origin, direction) -> RayHit | None:
        origins, rays = np.asarray(origin, float)[None], np.asarray(direction, float)[None]
        distance, hit = self._cast(origins, rays)
        if not np.isfinite(distance[0]):
            return None
        return RayHit(int(hit[0]), float(distance[0]), tuple((origins + rays * distance[0])[0]))

    def is_navigable(self, position) -> bool:
        inside = all(RADIUS <= position[i] <= self.bounds[1][i] - WALL - RADIUS for i in (0, 1))
        low, high = self.low[5:, :2] - RADIUS, self.high[5:, :2] + RADIUS
        return inside and not bool(((low < position) & (position < high)).all(axis=1).any())

    def navigable_positions(self, spacing: float = 0.25):
        grid = [np.arange(spacing, self.bounds[1][i], spacing) for i in (0, 1)]
        return np.array([p for p in itertools.product(*grid) if self.is_navigable(p)], float).reshape(-1, 2)

    def shortest_path(self, start, end):
        line = np.linspace(start, end, 30)
        return np.array([start, end], float) if all(self.is_navigable(p) for p in line) else None

    def is_clear(self, camera: Camera, margin: float = 0.08) -> bool:
        position = np.asarray(camera.position)
        return not bool(((self.low - margin < position) & (position < self.high + margin)).all(axis=1).any())


def box_room(scene_id: str, seed: int = 0) -> BoxScene:
    """A 6 x 6 m room with 5-8 boxes of eight categories (some twice), apart from each other, by id and seed."""
    rng = content_rng(seed, scene_id, "boxes")
    boxes: list[tuple[str, tuple[float, ...], tuple[float, ...]]] = []
    for _ in range(60):
        size = rng.uniform((0.5, 0.5, 0.6), (1.0, 1.0, 1.4))
        x, y = rng.uniform(0.05, 5.95 - size[:2])
        low, high = (x, y, 0.0), (x + size[0], y + size[1], size[2])
        apart = all(
            x > b[2][0] + 0.5 or high[0] < b[1][0] - 0.5 or y > b[2][1] + 0.5 or high[1] < b[1][1] - 0.5 for b in boxes
        )
        if apart and len(boxes) < 7:
            number = len(boxes) if rng.random() < 0.6 else int(rng.integers(3))
            boxes.append((CATEGORIES[number], tuple(map(float, low)), tuple(map(float, high))))
    return BoxScene(scene_id, boxes)
