"""What stands in which room: one function a room type, in order of importance."""

from collections.abc import Callable

from ipt.scenes.embedded import room_sets as sets
from ipt.scenes.embedded.description import RoomType
from ipt.scenes.embedded.planner_raised import RoomPlanner
from ipt.scenes.embedded.room_sets import chance, one_of, small_things

LARGE_LIVING_ROOM = 24.0
"""Square metres from which on a living room has a place to eat too."""
SHELF_THINGS = ("Statue", "PictureFrame", "FlowerPot", "Vase", "Book", "AlarmClock", "TableTopDecor", "Candle")
LIVING_THINGS = ("Bowl", "Book", "Mug", "Candle", "Vase", "RemoteControl", "Newspaper", "TissueBox")


def furnish_living_room(planner: RoomPlanner) -> None:
    """Sofa, coffee table, television opposite, arm chairs, a lamp; bookcase, fireplace or piano where there is room."""
    sofa = planner.wall("Sofa", passage=1.3)
    if sofa is not None:
        reach = sofa.size[1] / 2 + 0.42
        table = planner.near("CoffeeTable", sofa, (0.0, -(reach + 0.3)))
        if table is not None:
            small_things(planner, table, LIVING_THINGS, 4)
            planner.rug((table.position[0], table.position[1]), table.yaw)
        planner.near("ArmChair", sofa, (-(sofa.size[0] / 2 + 0.55), -1.15), face=True, gap=0.05) or planner.near(
            "ArmChair", sofa, (sofa.size[0] / 2 + 0.55, -1.15), face=True, gap=0.05
        )
        planner.near("SideTable", sofa, (sofa.size[0] / 2 + 0.33, 0.15))
        for share in (-1.0, 1.0):
            if chance(planner, 0.6):
                planner.on("Pillow", sofa, share=share, depth=0.9)
        opposite = {180.0: 2, -90.0: 3, 0.0: 0, 90.0: 1}[sofa.yaw]
        axis = opposite % 2
        stand = planner.wall("TVStand", side=opposite, along=sofa.position[axis], passage=0.3) or planner.wall(
            "TVStand", passage=0.3
        )
    else:
        planner.wall("ArmChair")
        stand = planner.wall("TVStand", passage=0.3)
    planner.on("Television", stand, share=0.0)
    for share in (-1.0, 1.0):
        planner.on("Speaker", stand, share=share)
    sets.windows(planner)
    if planner.area > LARGE_LIVING_ROOM:
        sets.dining_set(planner, None)
    if chance(planner, 0.6 if planner.area > LARGE_LIVING_ROOM else 0.3):
        planner.wall("Fireplace", passage=0.6)
    case = planner.wall(one_of(planner, "Bookcase", "Bookcase", "ShelvingUnit"), passage=0.4)
    small_things(planner, case, SHELF_THINGS, 6, 2)
    planner.corner("FloorLamp")
    if chance(planner, 0.2 if planner.area < LARGE_LIVING_ROOM else 0.5):
        piano = planner.wall("Piano", passage=0.7)
        if piano is not None:
            planner.near("Stool", piano, (0.0, -(piano.size[1] / 2 + 0.28)))
    if chance(planner, 0.5):
        planner.wall(one_of(planner, "Cabinet", "ShelvingUnit", "ConsoleTable"), passage=0.4)
    if chance(planner, 0.4):
        planner.free("Ottoman")
    if chance(planner, 0.25):
        planner.corner("DogBed") or planner.wall("DogBed", passage=0.0)
    if chance(planner, 0.3):
        planner.corner("Basket")
    for piece in planner.all_of("Cabinet", "ConsoleTable", "SideTable", "Fireplace"):
        small_things(planner, piece, ("Vase", "Book", "Candle", "DeskLamp", "PictureFrame", "Statue", "FlowerPot"), 3)
    sets.walls_and_corners(planner, 2)


def furnish_kitchen(planner: RoomPlanner) -> None:
    """One wall of fridge, counters, stove and dishwasher, wall cabinets above; a table if it fits."""
    if not sets.kitchen_run(planner):
        planner.wall("Fridge", passage=0.7)
        planner.wall("Stove", passage=0.7)
        sets.counter_things(planner, planner.wall("CounterTop", size=(1.2, 0.63, 0.9), passage=0.7))
    if not planner.all_of("Fridge"):
        planner.wall("Fridge", passage=0.6) or planner.wall("Cabinet")
    sets.dining_set(planner, planner.center)
    sets.windows(planner, curtains=0.3)
    planner.corner("GarbageCan")
    if chance(planner, 0.3):
        planner.free("Stool")
    if chance(planner, 0.3):
        planner.corner("VacuumCleaner")
    sets.wall_shelf(planner, ("Mug", "Bowl", "Bottle", "Cup", "FlowerPot", "Plate"))
    sets.walls_and_corners(planner, 1)


def furnish_bedroom(planner: RoomPlanner) -> None:
    """Bed with bedside tables and lamps, wardrobe, dresser, a rug, perhaps a desk."""
    bed = planner.wall("Bed", passage=0.5)
    if bed is not None:
        for side in (-1, 1):
            table = planner.near("SideTable", bed, (side * (bed.size[0] / 2 + 0.30), bed.size[1] / 2 - 0.25))
            lamp = planner.on(one_of(planner, "DeskLamp", "DeskLamp", "Book"), table, depth=0.7)
            if lamp is not None:
                small_things(planner, table, ("AlarmClock", "Book", "Cup", "TissueBox"), 1)
        if chance(planner, 0.35):
            planner.on("TeddyBear", bed, share=0.5 if chance(planner, 0.5) else -0.5, depth=0.9)
        if chance(planner, 0.4):
            planner.on("Pillow", bed, depth=1.0, share=0.0)
    planner.wall("Wardrobe", passage=0.6)
    dresser = planner.wall("Dresser", passage=0.5)
    small_things(planner, dresser, ("Vase", "Candle", "Book", "PictureFrame", "TissueBox", "FlowerPot", "Statue"), 3)
    if dresser is not None and chance(planner, 0.6):
        side = planner.side_of(dresser)
        planner.hang("Mirror", 1.4, side=side, along=dresser.position[side % 2])
    sets.windows(planner)
    if chance(planner, 0.4):
        sets.desk_set(planner)
    if bed is not None and chance(planner, 0.4):
        planner.rug((bed.position[0], bed.position[1]), bed.yaw, (round(bed.size[0] + 1.0, 4), 1.7, 0.012))
    if chance(planner, 0.5):
        planner.corner("LaundryHamper")
    if chance(planner, 0.4):
        planner.corner("ArmChair")
    for name in ("Suitcase", "BasketBall", "Dumbbell", "Basket"):
        if chance(planner, 0.2):
            planner.corner(name) or planner.free(name)
    if chance(planner, 0.4):
        planner.hang("Poster", 1.2)
    sets.wall_shelf(planner, SHELF_THINGS, 0.3)
    sets.walls_and_corners(planner, 2)


def furnish_bathroom(planner: RoomPlanner) -> None:
    """Bathtub or shower, toilet, washbasin under a mirror, towels, washing machine, hamper."""
    if planner.wall(one_of(planner, "Bathtub", "Bathtub", "Shower"), passage=0.5) is None:
        planner.corner("Shower")
    sink = planner.wall("Sink", passage=0.5, variant=0)
    if sink is not None:
        side = planner.side_of(sink)
        along = sink.position[side % 2]
        planner.hang("Mirror", 1.25, side=side, along=along)
        planner.hang("HandTowel", 0.95, side=side, along=along + 0.6) or planner.hang(
            "HandTowel", 0.95, side=side, along=along - 0.6
        )
    toilet = planner.wall("Toilet", passage=0.5)
    planner.on("ToiletPaper", toilet)
    if toilet is not None and chance(planner, 0.5):
        planner.near("Plunger", toilet, (toilet.size[0] / 2 + 0.16, 0.2)) or planner.near(
            "Plunger", toilet, (-toilet.size[0] / 2 - 0.16, 0.2)
        )
    if chance(planner, 0.45):
        washer = planner.wall("WashingMachine", passage=0.5)
        small_things(planner, washer, ("SprayBottle", "SoapBottle", "Basket"), 2, 1)
    planner.hang("Towel", 0.95)
    planner.corner("LaundryHamper")
    if chance(planner, 0.5):
        planner.corner("GarbageCan")
    if chance(planner, 0.4):
        cabinet = planner.wall("Cabinet", passage=0.4)
        small_things(planner, cabinet, ("SoapBottle", "Candle", "ToiletPaper", "TissueBox", "SprayBottle"), 3)
    sets.windows(planner, curtains=0.0)
    sets.wall_shelf(planner, ("SoapBottle", "SprayBottle", "ToiletPaper", "Candle"), 0.4)


def furnish_office(planner: RoomPlanner) -> None:
    """One or two desks with chairs, bookcases, a printer, a plant."""
    sets.desk_set(planner)
    if chance(planner, 0.4):
        sets.desk_set(planner)
    for _ in range(2):
        case = planner.wall(one_of(planner, "Bookcase", "Bookcase", "ShelvingUnit"), passage=0.4)
        small_things(planner, case, (*SHELF_THINGS, "Speaker"), 6, 2)
    sets.windows(planner)
    if chance(planner, 0.6):
        cabinet = planner.wall("Cabinet", passage=0.4)
        planner.on("Printer", cabinet)
        small_things(planner, cabinet, ("Book", "TableTopDecor", "Statue", "FlowerPot"), 2)
    planner.corner("GarbageCan")
    if chance(planner, 0.5):
        planner.free("ArmChair")
    if chance(planner, 0.4):
        planner.corner("Box")
    planner.rug(planner.center, float(planner.rng.integers(2) * 90))
    if chance(planner, 0.3):
        planner.hang("AirConditioner", 2.15)
    if chance(planner, 0.4):
        planner.hang("Poster", 1.2)
    sets.walls_and_corners(planner, 2)


def furnish_dining_room(planner: RoomPlanner) -> None:
    """A large table with chairs on a rug, a cabinet, a lamp."""
    planner.rug(planner.center, 0.0)
    sets.dining_set(planner, planner.center)
    cabinet = planner.wall(one_of(planner, "Cabinet", "Dresser"), passage=0.4)
    small_things(planner, cabinet, ("Vase", "Bowl", "Candle", "WineBottle", "Statue", "PictureFrame"), 4, 1)
    sets.windows(planner)
    if chance(planner, 0.4):
        mantel = planner.wall("Fireplace", passage=0.6)
        small_things(planner, mantel, ("Candle", "Vase", "Statue", "PictureFrame"), 3)
    if chance(planner, 0.5):
        small_things(planner, planner.wall("ConsoleTable", passage=0.4), ("Vase", "WineBottle", "FlowerPot"), 2)
    planner.corner("FloorLamp")
    if chance(planner, 0.3):
        planner.wall("Bench", passage=0.4)
    sets.wall_lamps(planner, 0.5)
    sets.walls_and_corners(planner, 2)


def furnish_hallway(planner: RoomPlanner) -> None:
    """Coats and shoes, a bench or console table under a mirror, a runner; nothing in the way."""
    if chance(planner, 0.6):
        planner.hang("CoatHooks", 0.95)
    else:
        planner.corner("CoatRack")
    planner.wall("ShoeRack", passage=0.5)
    seat = planner.wall(one_of(planner, "ConsoleTable", "Bench"), passage=0.5)
    if seat is not None and seat.category == "ConsoleTable":
        small_things(planner, seat, ("Vase", "Candle", "FlowerPot", "PictureFrame", "DeskLamp"), 3, 1)
        side = planner.side_of(seat)
        planner.hang("Mirror", 1.2, side=side, along=seat.position[side % 2])
    planner.corner("Boots")
    if chance(planner, 0.3):
        planner.corner("Suitcase")
    sets.windows(planner, curtains=0.0)
    long = planner.high[0] - planner.low[0] > planner.high[1] - planner.low[1]
    planner.rug(planner.center, 0.0 if long else 90.0, (2.2, 0.75, 0.012))
    sets.wall_lamps(planner, 0.7)
    sets.walls_and_corners(planner, 2, plants=0.2)


RULES: dict[RoomType, Callable[[RoomPlanner], None]] = {
    "living_room": furnish_living_room,
    "kitchen": furnish_kitchen,
    "bedroom": furnish_bedroom,
    "bathroom": furnish_bathroom,
    "office": furnish_office,
    "dining_room": furnish_dining_room,
    "hallway": furnish_hallway,
}
