"""Furnishing above the floor: what stands on boards and tops, what hangs on walls and before windows."""

import numpy as np

from ipt.scenes.embedded.description import FurnitureDescription
from ipt.scenes.embedded.furniture import CATALOG
from ipt.scenes.embedded.materials import Material
from ipt.scenes.embedded.meshes import rotation
from ipt.scenes.embedded.placement import Footprint, against_wall
from ipt.scenes.embedded.planner import ROUND_TABLES, TRIES, FloorPlanner, Hole, Site, Size


class RoomPlanner(FloorPlanner):
    """The state of one room while it is furnished."""

    def __init__(self, site: Site, rng: np.random.Generator) -> None:
        super().__init__(site, rng)
        self._boards: dict[tuple[int, int], list[Footprint]] = {}

    def side_of(self, piece: FurnitureDescription) -> int:
        """The wall behind a piece that was placed by `wall`."""
        return {180.0: 0, -90.0: 1, 0.0: 2, 90.0: 3}[piece.yaw]

    def on(
        self,
        name: str,
        base: FurnitureDescription | None,
        *,
        share: float | None = None,
        depth: float | None = None,
        size: Size | None = None,
        variant: int | None = None,
        main: Material | None = None,
        turn: float = 0.0,
    ) -> FurnitureDescription | None:
        """A piece on one of the boards of `base`, at `share` (-1..1) of its width and `depth` or anywhere free."""
        if base is None:
            return None
        size = size or self.size_of(CATALOG[name])
        boards = CATALOG[base.category].boards(base.size, base.variant)
        round_top = base.category in (*ROUND_TABLES, "SideTable") and base.variant == 1
        for _ in range(TRIES // 2):
            number = int(self.rng.integers(len(boards)))
            board = boards[number]
            x_room = (board.high[0] - board.low[0]) / 2 - size[0] / 2 - 0.01
            y_room = (board.high[1] - board.low[1]) / 2 - size[1] / 2 - 0.01
            if x_room < 0 or y_room < 0 or size[2] > board.clearance - 0.01:
                continue
            x = (board.low[0] + board.high[0]) / 2 + (self._share() if share is None else share) * x_room
            y = (board.low[1] + board.high[1]) / 2 + (0.6 * self._share() if depth is None else depth) * y_room
            spot = Footprint(x, y, size[0] / 2, size[1] / 2, turn)
            if round_top and np.hypot(x, y) + max(size[:2]) * 0.6 > min(base.size[:2]) / 2:
                continue
            taken = self._boards.setdefault((base.object_id, number), [])
            if any(spot.grown(0.02).overlaps(other) for other in taken):
                continue
            world = rotation("z", base.yaw) @ np.array([x, y, 0.0]) + np.array(base.position)
            place = Footprint(float(world[0]), float(world[1]), size[0] / 2, size[1] / 2, base.yaw + turn)
            bottom = base.position[2] + board.height + 0.0005
            if self._meets_others(place, bottom, bottom + size[2], base):
                continue
            taken.append(spot)
            return self._add(name, place, size, bottom, on=base.object_id, variant=variant, main=main)
        return None

    def _share(self) -> float:
        return float(self.rng.uniform(-1, 1))

    def _meets_others(self, spot: Footprint, bottom: float, top: float, base: FurnitureDescription) -> bool:
        """Whether a tall thing on `base` would reach into something that hangs or stands beside it."""
        mine = (base.object_id,)
        return any(
            piece.object_id not in mine
            and piece.supported_by not in mine
            and piece.position[2] < top
            and piece.position[2] + piece.size[2] > bottom
            and self.footprint(piece).overlaps(spot)
            for piece in self.pieces
        )

    def curtains(self, hole: Hole) -> FurnitureDescription | None:
        """Curtains before a window: to the floor, or to the sill where something stands under it."""
        side, begin, end, sill = hole
        axis = side % 2
        category = CATALOG["Curtains"]
        middle = (begin + end) / 2
        room = min(middle - self.low[axis], self.high[axis] - middle) - 0.02
        width = round(min(end - begin + float(self.rng.uniform(0.5, 0.8)), 2 * room), 3)
        if width < end - begin + 0.2:
            return None
        deep, top = category.smallest[1], 2.32
        for bottom in (0.03, round(sill - 0.12, 4)):
            spot = against_wall(side, middle, width, deep, self.low, self.high, 0.002)
            blocked = any(spot.overlaps(door) for door in self._doorways)
            if not blocked and not self._meets(spot, bottom - 0.02, top, 0.02):
                return self._add("Curtains", spot, (width, deep, round(top - bottom, 4)), bottom)
        return None

    def hang(
        self, name: str, bottom: float, *, side: int | None = None, along: float | None = None, size: Size | None = None
    ) -> FurnitureDescription | None:
        """A piece on a wall, clear of openings, of tall furniture and of what hangs there."""
        size = size or self.size_of(CATALOG[name])
        width, depth, height = size
        for _ in range(TRIES):
            chosen = int(self.rng.integers(4)) if side is None else side
            axis = chosen % 2
            begin, end = self.low[axis] + width / 2 + 0.05, self.high[axis] - width / 2 - 0.05
            if begin > end:
                continue
            middle = float(self.rng.uniform(begin, end)) if along is None else min(max(along, begin), end)
            left, right = middle - width / 2 - 0.06, middle + width / 2 + 0.06
            if any(hole[0] == chosen and hole[1] - 0.12 < right and hole[2] + 0.12 > left for hole in self.holes):
                continue
            spot = against_wall(chosen, middle, width, depth, self.low, self.high, 0.002)
            if self._meets(spot, bottom - 0.1, bottom + height, 0.06):
                continue
            return self._add(name, spot, size, bottom)
        return None
