"""What stands on counters and tables in a kitchen, and its larger machines."""

from ipt.scenes.embedded.furniture import finishes as f
from ipt.scenes.embedded.furniture.pieces import Category, Piece
from ipt.scenes.embedded.meshes import MeshBuilder, rotation


def build_coffee_machine(b: MeshBuilder, p: Piece) -> None:
    """A foot, a tank at the back, a head above, and a jug of coffee between."""
    w, d, h = p.size
    b.box((0, 0, 0.06 * h), (w, d, 0.12 * h), p.main, radius=0.01)
    b.box((0, 0.32 * d, 0.5 * h), (0.94 * w, 0.34 * d, 0.9 * h), p.main, radius=0.012)
    b.box((0, 0, 0.86 * h), (0.98 * w, 0.98 * d, 0.28 * h), p.main, radius=0.015)
    b.box((0.25 * w, -0.488 * d, 0.87 * h), (0.3 * w, 0.008, 0.12 * h), p.accent)
    r = 0.26 * d
    jug = [(0, 0), (0.9 * r, 0), (r, 0.12 * h), (0.9 * r, 0.34 * h), (0.6 * r, 0.48 * h), (0, 0.48 * h)]
    b.lathe((0, -0.16 * d, 0.125 * h), jug, f.COFFEE, segments=18)
    b.box((0, -0.16 * d - r - 0.008, 0.36 * h), (0.02, 0.025, 0.26 * h), f.BLACK, radius=0.006)


def build_toaster(b: MeshBuilder, p: Piece) -> None:
    """A rounded block with two slots, two slices and a lever."""
    w, d, h = p.size
    b.box((-0.01, 0, 0.47 * h), (w - 0.03, d, 0.86 * h), p.main, radius=0.035, steps=2)
    for side in (-1, 1):
        b.box((-0.01, side * 0.2 * d, 0.905 * h), (0.76 * w, 0.16 * d, 0.012), f.BLACK)
        if p.variant:
            b.box((-0.01, side * 0.2 * d, 0.9 * h), (0.5 * w, 0.09 * d, 0.2 * h), f.CRUST, radius=0.012)
    b.box((w / 2 - 0.012, 0, 0.62 * h), (0.024, 0.045, 0.03), f.BLACK, radius=0.006)
    b.box((0, 0, 0.02 * h), (0.86 * w, 0.86 * d, 0.04 * h), f.BLACK)
    if not p.variant:
        b.box((-0.01, 0, 0.95 * h), (0.3 * w, 0.05 * d, 0.1 * h), f.BLACK)


def build_pot(b: MeshBuilder, p: Piece) -> None:
    """A cooking pot with two ears and a lid."""
    w, d, h = p.size
    r = d / 2
    b.lathe((0, 0, 0), [(0, 0), (0.94 * r, 0), (r, 0.06 * h), (r, 0.72 * h), (0, 0.72 * h)], p.main, segments=24)
    lid = [(0, 0), (1.0 * r, 0), (0.9 * r, 0.07 * h), (0.3 * r, 0.16 * h), (0, 0.17 * h)]
    b.lathe((0, 0, 0.725 * h), lid, p.tinted(0.88), segments=24)
    b.ellipsoid((0, 0, 0.93 * h), (0.15 * r, 0.15 * r, 0.07 * h), f.BLACK, segments=10, rings=6)
    for side in (-1, 1):
        b.box((side * (w / 2 - (w - d) / 4 - 0.004), 0, 0.58 * h), ((w - d) / 2 + 0.008, 0.4 * r, 0.03), f.BLACK)


def build_pan(b: MeshBuilder, p: Piece) -> None:
    """A frying pan with a long handle to the right."""
    w, d, h = p.size
    r = d / 2
    x = -w / 2 + r
    profile = [(0, 0), (0.82 * r, 0), (r, 0.8 * h), (0.95 * r, 0.8 * h), (0.78 * r, 0.14 * h), (0, 0.14 * h)]
    b.lathe((x, 0, 0), profile, p.main, segments=26)
    begin = x + 0.93 * r
    b.box(((begin + w / 2) / 2, 0, 0.8 * h), (w / 2 - begin, 0.035, 0.4 * h), f.BLACK, radius=0.008)


def build_bottle(b: MeshBuilder, p: Piece) -> None:
    """A bottle with a neck, a label (accent) and a cap."""
    w, _, h = p.size
    r = w / 2
    shoulder = 0.55 * h if p.variant else 0.66 * h
    body = [(0, 0), (0.92 * r, 0), (r, 0.03 * h), (r, shoulder), (0.36 * r, shoulder + 0.16 * h), (0.33 * r, 0.94 * h)]
    b.lathe((0, 0, 0), [*body, (0, 0.94 * h)], p.main, segments=18)
    b.cylinder((0, 0, 0.16 * h), 0.999 * r + 0.0015, 0.3 * h, p.accent, segments=18)
    b.cylinder((0, 0, 0.92 * h), 0.4 * r, 0.08 * h, p.accent, segments=12)


def build_cup(b: MeshBuilder, p: Piece) -> None:
    """A cup without a handle, wider at the rim."""
    w, _, h = p.size
    r = w / 2
    b.lathe(
        (0, 0, 0),
        [(0, 0), (0.66 * r, 0), (0.95 * r, 0.8 * h), (r, h), (0.9 * r, h), (0.6 * r, 0.1 * h), (0, 0.1 * h)],
        p.main,
        segments=20,
    )


def build_bread(b: MeshBuilder, p: Piece) -> None:
    """A loaf with cuts across its top, on a board."""
    w, d, h = p.size
    b.box((0, 0, 0.06 * h), (w, d, 0.12 * h), f.OAK, radius=0.006)
    b.box((0, 0, 0.55 * h), (0.86 * w, 0.66 * d, 0.9 * h), f.CRUST, radius=0.42 * h, steps=4)
    for k in (-1, 0, 1):
        b.box((k * 0.22 * w, 0, 0.955 * h), (0.035, 0.4 * d, 0.06 * h), f.CRUMB, radius=0.006, turn=rotation("z", 25))


def build_paper_towel_roll(b: MeshBuilder, p: Piece) -> None:
    """A roll of paper on an upright holder."""
    w, _, h = p.size
    r = w / 2
    b.cylinder((0, 0, 0), r, 0.05 * h, p.accent, segments=20)
    b.cylinder((0, 0, 0.055 * h), 0.84 * r, 0.8 * h, p.main, segments=22)
    b.cylinder((0, 0, 0.85 * h), 0.12 * r, 0.09 * h, p.accent, segments=10)
    b.ellipsoid((0, 0, 0.95 * h), (0.22 * r, 0.22 * r, 0.05 * h), p.accent, segments=10, rings=6)


def build_apple(b: MeshBuilder, p: Piece) -> None:
    """An apple with a stalk."""
    w, _, h = p.size
    b.ellipsoid((0, 0, 0.44 * h), (w / 2, w / 2, 0.44 * h), p.main, segments=18, rings=10)
    b.cylinder((0, 0, 0.8 * h), 0.05 * w, 0.2 * h, f.WALNUT, segments=6)


def build_dishwasher(b: MeshBuilder, p: Piece) -> None:
    """A white box with a panel of lights, a bar handle and a kick board."""
    w, d, h = p.size
    body = d - 0.05
    b.box((0, d / 2 - body / 2, h / 2), (w, body, h), p.main, radius=0.006)
    b.box((0, -d / 2 + 0.04, 0.47 * h), (w - 0.02, 0.025, 0.72 * h), p.tinted(0.96), radius=0.006)
    b.box((0, -d / 2 + 0.042, 0.915 * h), (w - 0.02, 0.022, 0.12 * h), f.DARK_STEEL)
    b.box((0, -d / 2 + 0.012, 0.79 * h), (0.7 * w, 0.024, 0.022), f.STEEL, radius=0.008)
    for k in range(3):
        b.box((0.2 * w + 0.05 * k, -d / 2 + 0.03, 0.92 * h), (0.02, 0.01, 0.02), f.LAMPSHADE)


def build_washing_machine(b: MeshBuilder, p: Piece) -> None:
    """A front loader: a round glass door in a ring, a drawer and a dial above."""
    w, d, h = p.size
    body = d - 0.06
    b.box((0, d / 2 - body / 2, h / 2), (w, body, h), p.main, radius=0.012)
    turn, front = rotation("x", 90), -d / 2 + 0.062
    ring = [(0, 0), (0.36 * w, 0), (0.36 * w, 0.03), (0.30 * w, 0.045), (0.26 * w, 0.03), (0, 0.03)]
    b.lathe((0, front, 0.44 * h), ring, f.STEEL, segments=28, turn=turn)
    glass = [(0, 0), (0.26 * w, 0), (0.22 * w, 0.022), (0, 0.03)]
    b.lathe((0, front - 0.03, 0.44 * h), glass, f.SCREEN, segments=24, turn=turn)
    b.box((-0.3 * w, front - 0.004, 0.89 * h), (0.3 * w, 0.012, 0.12 * h), p.tinted(0.93), radius=0.004)
    b.cylinder((0.05 * w, front, 0.89 * h), 0.05 * w, 0.04, f.STEEL, segments=16, turn=turn)
    b.box((0.32 * w, front - 0.003, 0.89 * h), (0.22 * w, 0.01, 0.08 * h), f.SCREEN)
    b.box((0.36 * w, -d / 2 + 0.012, 0.44 * h), (0.03, 0.024, 0.12 * h), f.STEEL, radius=0.008)


def build_range_hood(b: MeshBuilder, p: Piece) -> None:
    """A sloping hood under a square flue."""
    w, d, h = p.size
    b.box((0, 0, 0.06 * h), (w, d, 0.12 * h), p.main, radius=0.006)
    steps = 12
    for k in range(steps):
        share = 1.0 - 0.6 * (k + 1) / steps
        b.box((0, d / 2 - d * share / 2, (0.13 + 0.025 * k) * h), (w * share, d * share, 0.028 * h), p.tinted(0.96))
    b.box((0, d / 2 - 0.12, 0.7 * h), (0.24, 0.236, 0.6 * h), p.main)
    b.box((0, -d / 2 + 0.001, 0.06 * h), (0.3 * w, 0.008, 0.05 * h), f.BLACK)


POTS = (f.STEEL, f.paint((0.70, 0.16, 0.12), 0.5), f.paint((0.18, 0.34, 0.46), 0.5), f.DARK_STEEL)
GLASS = (f.paint((0.16, 0.42, 0.24), 0.7), f.paint((0.30, 0.52, 0.68), 0.7), f.paint((0.52, 0.30, 0.14), 0.7))
LABELS = (f.CREAM, f.paint((0.84, 0.24, 0.18)), f.paint((0.92, 0.78, 0.30)))
FRUIT = (f.paint((0.78, 0.14, 0.12), 0.4), f.paint((0.50, 0.68, 0.20), 0.4))
CATEGORIES = (
    Category(
        "CoffeeMachine",
        build_coffee_machine,
        (0.20, 0.26, 0.30),
        (0.26, 0.30, 0.38),
        "surface",
        (f.BLACK, f.DARK_STEEL, f.paint((0.66, 0.14, 0.12), 0.5)),
        (f.STEEL,),
    ),
    Category(
        "Toaster",
        build_toaster,
        (0.28, 0.17, 0.19),
        (0.34, 0.20, 0.23),
        "surface",
        (f.STEEL, f.CREAM, *POTS[1:3]),
        (f.BLACK,),
        variants=2,
    ),
    Category("Pot", build_pot, (0.28, 0.21, 0.18), (0.38, 0.28, 0.24), "surface", POTS, POTS),
    Category("Pan", build_pan, (0.42, 0.25, 0.06), (0.52, 0.30, 0.07), "surface", (f.BLACK, *POTS[:2]), POTS),
    Category("Bottle", build_bottle, (0.07, 0.07, 0.22), (0.09, 0.09, 0.30), "surface", GLASS[1:], LABELS, variants=2),
    Category("WineBottle", build_bottle, (0.08, 0.08, 0.30), (0.085, 0.085, 0.33), "surface", GLASS[:1], LABELS[:1]),
    Category("Cup", build_cup, (0.08, 0.08, 0.09), (0.10, 0.10, 0.13), "surface", (*POTS[1:3], *LABELS), LABELS),
    Category("Bread", build_bread, (0.32, 0.20, 0.13), (0.40, 0.24, 0.16), "surface", (f.CRUST,), (f.OAK,)),
    Category(
        "PaperTowelRoll",
        build_paper_towel_roll,
        (0.14, 0.14, 0.28),
        (0.16, 0.16, 0.32),
        "surface",
        (f.PORCELAIN,),
        (f.STEEL, f.OAK, f.BLACK),
    ),
    Category("Apple", build_apple, (0.08, 0.08, 0.09), (0.09, 0.09, 0.10), "surface", FRUIT, FRUIT),
    Category(
        "Dishwasher", build_dishwasher, (0.6, 0.62, 0.85), (0.6, 0.64, 0.88), "wall", (f.WHITE, f.STEEL), (f.STEEL,)
    ),
    Category(
        "WashingMachine",
        build_washing_machine,
        (0.6, 0.60, 0.85),
        (0.62, 0.64, 0.90),
        "wall",
        (f.WHITE, f.DARK_STEEL),
        (f.STEEL,),
    ),
    Category(
        "RangeHood", build_range_hood, (0.6, 0.46, 0.75), (0.7, 0.5, 0.85), "hung", (f.STEEL, f.BLACK), (f.STEEL,)
    ),
)
