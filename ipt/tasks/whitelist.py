"""Furniture that questions of the different environment may be about (paper 2.1, Habitat: about 70, no structure).

Habitat's HM3D scans name objects in plain words (`dining table`), AI2-THOR in CamelCase; only letters are compared. The
paper says how long its list is, not what is on it: these are the large things of HM3D's vocabulary and of our houses.
"""

import re

WHITELIST = (
    *("ArmChair", "Basket", "Bathtub", "Bed", "Bench", "Bicycle", "Blanket", "Bookcase", "Bookshelf", "Box"),
    *("Cabinet", "Carpet", "Chair", "Chest", "Clock", "CoatRack", "CoffeeMachine", "CoffeeTable", "Computer"),
    *("ConsoleTable", "Couch", "CounterTop", "Crib", "Curtains", "Cushion", "Desk", "DeskLamp", "DiningTable"),
    *("Dishwasher", "DogBed", "Dresser", "Dryer", "ExerciseBike", "Fan", "Fireplace", "FloorLamp", "FlowerPot"),
    *("Fridge", "GarbageCan", "Heater", "HousePlant", "IroningBoard", "Lamp", "Laptop", "LaundryHamper", "Microwave"),
    *("Mirror", "NightStand", "OfficeChair", "Ottoman", "Oven", "Painting", "Piano", "Pillow", "Printer", "Radiator"),
    *("Refrigerator", "Shelf", "ShelvingUnit", "ShoeRack", "Shower", "SideTable", "Sink", "Sofa", "Speaker", "Statue"),
    *("Stool", "Stove", "Suitcase", "Table", "Television", "TVStand", "Toilet", "Treadmill", "Vase", "WallCabinet"),
    *("Wardrobe", "WashingMachine"),
)
STRUCTURE = ("Ceiling", "Door", "Floor", "Stairs", "Wall", "Window")
"""What no list may name."""


def letters(category: str) -> str:
    """What is compared of a category: `TVStand`, `tv_stand` and `TV stand` are the same."""
    return re.sub("[^a-z]", "", category.lower())
