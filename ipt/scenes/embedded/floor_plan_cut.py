"""How a house is cut into rectangles: by halves for small houses, along a corridor for larger ones."""

from dataclasses import dataclass

import numpy as np

from ipt.scenes.embedded.description import RoomType

SHORTEST_SIDE = 2.5
"""Metres of a room's shorter side, at least; hallways are narrower."""

Rectangle = tuple[float, float, float, float]
"""Minimum x, y and maximum x, y in metres."""


@dataclass(frozen=True)
class Cut:
    """The rectangles of all rooms and what each room is."""

    rectangles: list[Rectangle]
    types: list[RoomType]


def draw_cut(count: int, alternate: bool, rng: np.random.Generator) -> Cut:
    """A house of `count` rooms (1-10): from seven rooms on always along a hallway, below four never."""
    with_hallway = (0.0, 0.0, 0.0, 0.3, 0.6, 0.7, 1.0, 1.0, 1.0, 1.0)[count - 1]
    if rng.random() < with_hallway:
        return _along_a_hallway(count, alternate, rng)
    rectangles = _halved(count, alternate, rng)
    return Cut(rectangles, _types_by_area(rectangles, rng))


def _split(rectangle: Rectangle, count: int, rng: np.random.Generator) -> list[Rectangle]:
    """Cut into `count` rectangles, each across its longer side, in proportion to the rooms on either side."""
    if count == 1:
        return [rectangle]
    x0, y0, x1, y1 = rectangle
    first = count // 2 if count % 2 == 0 else count // 2 + int(rng.integers(2))
    share = first / count + rng.uniform(-0.06, 0.06)
    if x1 - x0 >= y1 - y0:
        cut = round(x0 + share * (x1 - x0), 1)
        halves = ((x0, y0, cut, y1), (cut, y0, x1, y1))
    else:
        cut = round(y0 + share * (y1 - y0), 1)
        halves = ((x0, y0, x1, cut), (x0, cut, x1, y1))
    return _split(halves[0], first, rng) + _split(halves[1], count - first, rng)


def _halved(count: int, alternate: bool, rng: np.random.Generator) -> list[Rectangle]:
    """Rectangles of rooms, none too narrow; sizes are drawn anew until that holds."""
    while True:
        area = count * rng.uniform(15.0, 19.0)
        aspect = rng.uniform(1.4, 1.8) if alternate else rng.uniform(1.0, 1.4)
        width = round(float(np.sqrt(area * aspect)), 1)
        depth = round(float(np.sqrt(area / aspect)), 1)
        rectangles = [_rounded(cell) for cell in _split((0.0, 0.0, width, depth), count, rng)]
        if all(min(x1 - x0, y1 - y0) >= SHORTEST_SIDE for x0, y0, x1, y1 in rectangles):
            return rectangles


def _types_by_area(rectangles: list[Rectangle], rng: np.random.Generator) -> list[RoomType]:
    """The largest room is the living room, the smallest the bathroom; kitchen and bedroom come before the rest."""
    count = len(rectangles)
    if count == 1:
        choice: tuple[RoomType, ...] = ("living_room", "kitchen", "bedroom", "bathroom")
        return [choice[int(rng.integers(4))]]
    by_area = sorted(range(count), key=lambda k: -area_of(rectangles[k]))
    rest: list[RoomType] = ["dining_room", "office", "bedroom"]
    rest = [rest[int(k)] for k in rng.permutation(3)]
    wanted: list[RoomType] = ["living_room", "bedroom", "kitchen", *rest]
    chosen: list[RoomType] = (
        [*wanted[: count - 1], "bathroom"] if count > 2 else ["living_room", wanted[int(rng.integers(1, 3))]]
    )
    result: list[RoomType] = ["living_room"] * count
    for kind, k in zip(chosen, by_area, strict=True):
        result[k] = kind
    return result


def _along_a_hallway(count: int, alternate: bool, rng: np.random.Generator) -> Cut:
    """A living room at one end; from it a hallway runs to the other end, with a row of rooms on both sides.

    Drawn with the hallway along x from the living room on the left, then turned and mirrored at random.
    """
    others = count - 2
    long_row = bool(rng.integers(2)) or others == 1  # one row passes the living room and has a room more
    upper = (others + 1) // 2
    lower = others - upper
    hall = round(float(rng.uniform(1.5, 1.8)), 1)
    depth_lower = round(float(rng.uniform(3.0, 3.8)), 1)
    depth_upper = round(float(rng.uniform(3.0, 3.8)), 1)
    past = long_row and upper > 1
    # beside a row that passes it the living room is less deep, and so wider
    living = round(float(rng.uniform(4.4, 5.4) if past else rng.uniform(3.2, 3.8)) + (0.4 if alternate else 0.0), 1)
    most = max(upper - (1 if long_row and upper > 1 else 0), lower, 1)
    length = round(most * float(rng.uniform(3.0, 3.8)), 1)
    high = depth_lower + hall + depth_upper
    living_top = depth_lower + hall if past else high
    rectangles: list[Rectangle] = [
        (0.0, 0.0, living, living_top),
        (living, depth_lower, living + length, depth_lower + hall),
    ]
    rectangles += _row(0.0 if past else living, living + length, depth_lower + hall, high, upper, rng)
    if lower:
        rectangles += _row(living, living + length, 0.0, depth_lower, lower, rng)
    else:  # nothing below: the hallway takes the outer wall's side
        rectangles[0] = (0.0, depth_lower, living, high)
    types: list[RoomType] = ["living_room", "hallway", *_types_of_rows(rectangles[2:], rng)]
    flip_x, flip_y, turn = (bool(rng.integers(2)) for _ in range(3))
    right, top = living + length, high
    placed = []
    for x0, y0, x1, y1 in rectangles:
        if flip_x:
            x0, x1 = right - x1, right - x0
        if flip_y:
            y0, y1 = top - y1, top - y0
        placed.append(_rounded((y0, x0, y1, x1) if turn else (x0, y0, x1, y1)))
    return Cut(placed, types)


def _row(begin: float, end: float, low: float, high: float, count: int, rng: np.random.Generator) -> list[Rectangle]:
    """`count` rooms side by side, none narrower than `SHORTEST_SIDE`."""
    while True:
        weights = rng.uniform(0.75, 1.3, count)
        cuts = np.round(begin + (end - begin) * np.concatenate([[0.0], np.cumsum(weights) / weights.sum()]), 1)
        if np.diff(cuts).min() >= SHORTEST_SIDE:
            return [(float(cuts[k]), low, float(cuts[k + 1]), high) for k in range(count)]


def _types_of_rows(rectangles: list[Rectangle], rng: np.random.Generator) -> list[RoomType]:
    """Small rooms become bathrooms; of the others the first is the kitchen, and at least one is a bedroom."""
    count = len(rectangles)
    rest: list[RoomType] = ["dining_room", "office", "bedroom"]
    rest = [rest[int(k)] for k in rng.permutation(3)]
    wanted: list[RoomType] = ["kitchen", "bedroom", *rest, "bedroom", "office"]
    bathrooms = (0, 0, 1, 1, 1, 1, 2, 2, 2)[count] if count < 9 else 2
    chosen: list[RoomType] = [*wanted[: count - bathrooms], *(["bathroom"] * bathrooms)]  # type: ignore[list-item]
    by_area = sorted(range(count), key=lambda k: -area_of(rectangles[k]))
    large = [by_area[int(k)] for k in rng.permutation(count - bathrooms)]
    order = [*large, *by_area[count - bathrooms :]]
    result: list[RoomType] = ["bedroom"] * count
    for kind, k in zip(chosen, order, strict=True):
        result[k] = kind
    return result


def _rounded(rectangle: Rectangle) -> Rectangle:
    x0, y0, x1, y1 = (round(value, 1) for value in rectangle)
    return x0, y0, x1, y1


def area_of(rectangle: Rectangle) -> float:
    """Square metres."""
    return (rectangle[2] - rectangle[0]) * (rectangle[3] - rectangle[1])
