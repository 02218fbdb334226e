"""Groups that belong together: a laid table with chairs, a desk and its things, a kitchen wall, a dressed window."""

from ipt.scenes.embedded.description import FurnitureDescription
from ipt.scenes.embedded.furniture.finishes import STEEL
from ipt.scenes.embedded.planner_raised import RoomPlanner

SEAT_GAP = 0.12
"""Metres between a table's edge and the front of a chair's seat."""
BESIDE = 0.04
"""Metres between pieces of one kitchen wall."""
COUNTER_THINGS = ("Bowl", "Mug", "Plate", "Bottle", "Bread", "Apple", "PaperTowelRoll", "Toaster", "SoapBottle", "Cup")


def chance(planner: RoomPlanner, probability: float) -> bool:
    """True with `probability`."""
    return bool(planner.rng.random() < probability)


def one_of(planner: RoomPlanner, *names: str) -> str:
    """One of `names`."""
    return names[int(planner.rng.integers(len(names)))]


def small_things(
    planner: RoomPlanner, base: FurnitureDescription | None, names: tuple[str, ...], most: int, least: int = 0
) -> None:
    """From `least` to `most` small things on `base`."""
    for _ in range(int(planner.rng.integers(least, most + 1))):
        planner.on(one_of(planner, *names), base)


def dining_set(planner: RoomPlanner, center: tuple[float, float] | None) -> None:
    """A table with chairs that face it, plates, cups and something in the middle; anywhere without `center`."""
    table = planner.free(
        "DiningTable", center=center, yaw=float(planner.rng.integers(2) * 90), gap=0.45 if center else 0.7
    )
    if table is None:
        return
    width, depth, _ = table.size
    round_top = table.variant == 1
    across = (min(width, depth) if round_top else depth) / 2 + SEAT_GAP + 0.2
    spots = [(0.0, across), (0.0, -across)]
    if not round_top:
        step = width / 4
        spots = [(x, y) for x in (-step, step) for y in (across, -across)]
    if round_top or chance(planner, 0.3):
        side = (min(width, depth) if round_top else width) / 2 + SEAT_GAP + 0.2
        spots += [(side, 0.0), (-side, 0.0)]
    first = None
    for x, y in spots:
        turn = 0.0 if y > 0 else (180.0 if y < 0 else (-90.0 if x > 0 else 90.0))
        first = planner.near("Chair", table, (x, y), turn=turn, like=first) or first
    planner.on(one_of(planner, "Bowl", "Vase", "FlowerPot"), table, share=0.0, depth=0.0)
    small_things(planner, table, ("Plate", "Mug", "Candle", "Cup", "WineBottle", "Plate"), 5)


def desk_set(planner: RoomPlanner) -> None:
    """A desk with a chair, a computer, a lamp and small things."""
    desk = planner.wall("Desk", passage=0.9)
    if desk is None:
        return
    planner.near(
        one_of(planner, "OfficeChair", "OfficeChair", "Chair"), desk, (0.0, -(desk.size[1] / 2 + 0.37)), turn=180.0
    )
    planner.on(one_of(planner, "Laptop", "Desktop"), desk, share=0.0, depth=0.4)
    planner.on("DeskLamp", desk, share=0.9, depth=0.6)
    small_things(planner, desk, ("Book", "Mug", "PictureFrame", "AlarmClock", "TissueBox", "Newspaper"), 3)


def kitchen_run(planner: RoomPlanner) -> bool:
    """Fridge, counter, stove, counter and dishwasher in one row along a wall; False when no wall is long enough."""
    for k in planner.rng.permutation(4):
        side = int(k)
        begin, end = planner.stretch(side, 0.9)
        length = end - begin - 2 * BESIDE
        if length < 2.1:
            continue
        fridge, stove, dishwasher = 0.74, 0.62, 0.6
        fixed = [("Fridge", (fridge, 0.72, 1.82)), ("CounterTop", None), ("Stove", (stove, 0.63, 0.9))]
        if length > 3.3:
            fixed.append(("CounterTop", None))
        if length > 4.0 or (length > 2.9 and chance(planner, 0.5)):
            fixed.append(("Dishwasher", (dishwasher, 0.63, 0.87)))
        tops = sum(size is None for _, size in fixed)
        rest = length - sum(size[0] for _, size in fixed if size) - BESIDE * (len(fixed) - 1)
        top = round(min(rest / tops, 1.8), 3)
        if top < 0.55:
            continue
        backwards = chance(planner, 0.5)  # the fridge stands at one end of the row or the other
        cursor = begin + BESIDE
        placed = 0
        for name, size in reversed(fixed) if backwards else fixed:
            piece_size = size or (top, 0.63, 0.9)
            piece = planner.wall(
                name, size=piece_size, side=side, along=round(cursor + piece_size[0] / 2, 3), passage=0.6
            )
            cursor += piece_size[0] + BESIDE
            if piece is None:
                continue
            placed += 1
            if name == "CounterTop":
                counter_things(planner, piece)
            if name == "Stove":
                planner.hang("RangeHood", 1.55, side=side, along=piece.position[side % 2], size=(0.6, 0.48, 0.8))
                small_things(planner, piece, ("Pot", "Pan", "Kettle"), 2)
        if placed >= 2:
            return True
    return False


def counter_things(planner: RoomPlanner, counter: FurnitureDescription | None) -> None:
    """A sink in the first counter of the room, machines, small things, and wall cabinets above."""
    if counter is None:
        return
    length = counter.size[0]
    if not planner.all_of("Sink"):
        planner.on("Sink", counter, share=0.0, size=(0.52, 0.46, 0.38), variant=1, main=STEEL)
        planner.on("Kettle", counter, share=-0.85)
    else:
        planner.on("CoffeeMachine", counter, depth=0.6)
    planner.on("Microwave", counter, share=0.9, depth=0.6)
    small_things(planner, counter, COUNTER_THINGS, 4, 1)
    side = planner.side_of(counter)
    width = round(length - 0.05, 3)
    planner.hang("WallCabinet", 1.55, side=side, along=counter.position[side % 2], size=(width, 0.35, 0.65))


def windows(planner: RoomPlanner, curtains: float = 0.75) -> None:
    """A radiator under some windows, curtains before most."""
    for hole in planner.holes:
        side, begin, end, sill = hole
        if sill < 0.3:
            continue
        if chance(planner, 0.45):
            planner.wall("Radiator", side=side, along=round((begin + end) / 2, 3), passage=0.25)
        if chance(planner, curtains):
            planner.curtains(hole)


def wall_shelf(planner: RoomPlanner, names: tuple[str, ...], probability: float = 0.5) -> None:
    """A board on the wall with things on it."""
    if chance(planner, probability):
        small_things(planner, planner.hang("Shelf", 1.25), names, 4, 2)


def wall_lamps(planner: RoomPlanner, probability: float) -> None:
    """One or two lamps on the walls."""
    for _ in range(2):
        if chance(planner, probability):
            planner.hang("WallLamp", 1.6)


def walls_and_corners(planner: RoomPlanner, pictures: int, plants: float = 0.75) -> None:
    """Pictures, a clock, a plant in a corner, sometimes a box or a watering can beside the plant."""
    for _ in range(pictures):
        planner.hang("Painting", round(float(planner.rng.uniform(1.35, 1.5)), 2))
    if chance(planner, 0.35):
        planner.hang("WallClock", 1.75)
    if chance(planner, plants):
        planner.corner("HousePlant") or planner.free("HousePlant")
        if chance(planner, 0.25):
            planner.corner("WateringCan") or planner.free("WateringCan")
    if chance(planner, 0.2):
        planner.corner("Box") or planner.free("Box")
