"""What lies and stands on desks, shelves, sofas and beds; small things of the bathroom."""

from ipt.scenes.embedded.furniture import finishes as f
from ipt.scenes.embedded.furniture.decor import build_plant
from ipt.scenes.embedded.furniture.pieces import Category, Piece
from ipt.scenes.embedded.materials import Material
from ipt.scenes.embedded.meshes import MeshBuilder, rotation


def build_alarm_clock(b: MeshBuilder, p: Piece) -> None:
    """Two bells on a round case with a dial and hands, on two feet."""
    w, d, h = p.size
    r = 0.5 * w
    turn = rotation("x", 90)
    b.cylinder((0, d / 2, 0.06 * h + r), r, 0.9 * d, p.main, segments=22, turn=turn)
    b.cylinder((0, -0.38 * d, 0.06 * h + r), 0.84 * r, 0.06 * d, f.PORCELAIN, segments=22, turn=turn)
    b.box((0, -0.465 * d, 0.06 * h + 1.3 * r), (0.09 * r, 0.04 * d, 0.6 * r), f.BLACK)
    b.box((0.22 * r, -0.465 * d, 0.06 * h + r), (0.44 * r, 0.05 * d, 0.1 * r), f.BLACK)
    for side in (-1, 1):
        b.ellipsoid((side * 0.58 * r, 0, h - 0.22 * r), (0.36 * r, 0.36 * r, 0.22 * r), f.BRASS, segments=12, rings=6)
        b.box((side * 0.55 * r, 0, 0.09 * h), (0.14 * r, 0.4 * d, 0.18 * h), f.BRASS)


def build_remote_control(b: MeshBuilder, p: Piece) -> None:
    """A flat black bar with rows of buttons."""
    w, d, h = p.size
    b.box((0, 0, 0.44 * h), (w, d, 0.88 * h), p.main, radius=0.4 * h, steps=2)
    for row in range(5):
        for column in (-1, 0, 1):
            color = f.paint((0.8, 0.2, 0.2)) if row == 4 and column == -1 else f.STEEL
            b.box((column * 0.26 * w, (row - 2) * 0.17 * d, 0.92 * h), (0.16 * w, 0.08 * d, 0.16 * h), color)


def build_statue(b: MeshBuilder, p: Piece) -> None:
    """A bust on a plinth, or (variant 1) a standing abstract figure."""
    w, d, h = p.size
    b.box((0, 0, 0.08 * h), (w, d, 0.16 * h), p.accent, radius=0.006)
    if p.variant == 0:
        neck = [(0, 0), (0.20 * w, 0), (0.12 * w, 0.10 * h), (0.11 * w, 0.26 * h), (0, 0.26 * h)]
        b.lathe((0, 0, 0.36 * h), neck, p.main, segments=16)
        b.ellipsoid((0, 0, 0.32 * h), (0.46 * w, 0.32 * d, 0.17 * h), p.main)
        b.ellipsoid((0, 0, 0.80 * h), (0.22 * w, 0.26 * d, 0.20 * h), p.main, segments=16, rings=10)
        b.ellipsoid((0, -0.26 * d, 0.78 * h), (0.05 * w, 0.07 * d, 0.05 * h), p.main, segments=8, rings=6)
        return
    figure = [(0, 0), (0.30 * w, 0), (0.12 * w, 0.28 * h), (0.30 * w, 0.48 * h), (0.08 * w, 0.60 * h), (0, 0.60 * h)]
    b.lathe((0, 0, 0.15 * h), figure, p.main, segments=18)
    b.ellipsoid((0, 0, 0.86 * h), (0.18 * w, 0.18 * d, 0.14 * h), p.main, segments=14, rings=8)


def build_tissue_box(b: MeshBuilder, p: Piece) -> None:
    """A patterned box with a tissue pulled out of its top."""
    w, d, h = p.size
    b.box((0, 0, 0.33 * h), (w, d, 0.66 * h), p.main, radius=0.004)
    b.box((0, 0, 0.662 * h), (0.56 * w, 0.36 * d, 0.012), p.tinted(0.6))
    tissue = [(0, 0), (0.10 * w, 0), (0.17 * w, 0.16 * h), (0.08 * w, 0.30 * h), (0, 0.34 * h)]
    b.lathe((0, 0, 0.66 * h), tissue, f.PORCELAIN, segments=6)


def build_watering_can(b: MeshBuilder, p: Piece) -> None:
    """A can with a long spout to the left and a bow handle to the right."""
    w, d, h = p.size
    r = d / 2
    x = 0.12 * w
    body = [(0, 0), (r, 0), (0.86 * r, 0.72 * h), (0.5 * r, 0.74 * h), (0, 0.74 * h)]
    b.lathe((x, 0, 0), body, p.main, segments=20)
    b.rod((x - 0.8 * r, 0, 0.2 * h), (-w / 2 + 0.045, 0, 0.93 * h), 0.016, p.main)
    b.ellipsoid((-w / 2 + 0.04, 0, 0.94 * h), (0.04, 0.04, 0.06 * h), p.tinted(0.85), segments=12, rings=6)
    grip = w / 2 - 0.012
    b.rod((x + 0.3 * r, 0, 0.72 * h), (grip - 0.3 * r, 0, h - 0.012), 0.011, p.tinted(0.85))
    b.rod((grip - 0.3 * r, 0, h - 0.012), (grip, 0, 0.62 * h), 0.011, p.tinted(0.85))
    b.rod((grip, 0, 0.62 * h), (x + 0.8 * r, 0, 0.3 * h), 0.011, p.tinted(0.85))


def build_desktop(b: MeshBuilder, p: Piece) -> None:
    """A monitor on a stand, a keyboard and a mouse before it."""
    w, d, h = p.size
    y = 0.24 * d
    b.box((0, y, 0.012), (0.40 * w, 0.44 * d, 0.024), f.BLACK, radius=0.006)
    b.box((0, y + 0.04, 0.2 * h), (0.07, 0.03, 0.36 * h), f.BLACK)
    b.box((0, y, 0.62 * h), (w, 0.035, 0.76 * h), p.accent, radius=0.008)
    b.box((0, y - 0.017, 0.64 * h), (w - 0.03, 0.008, 0.76 * h - 0.06), p.main)
    b.box((-0.06 * w, -0.38 * d, 0.011), (0.70 * w, 0.24 * d, 0.022), p.accent, radius=0.005)
    for row in range(3):
        b.box((-0.06 * w, (-0.31 - 0.07 * row) * d, 0.024), (0.64 * w, 0.045 * d, 0.008), f.DARK_STEEL)
    b.ellipsoid((0.42 * w, -0.38 * d, 0.014), (0.032, 0.05, 0.014), p.accent, segments=12, rings=6)


def build_printer(b: MeshBuilder, p: Piece) -> None:
    """A box with a paper tray at the back and a sheet coming out at the front."""
    w, d, h = p.size
    body = 0.72 * h
    b.box((0, 0.06 * d, body / 2), (w, 0.88 * d, body), p.main, radius=0.02, steps=2)
    b.box((0, -0.36 * d, 0.32 * body), (0.72 * w, 0.1 * d, 0.2 * body), f.BLACK)
    b.box((0, -0.39 * d, 0.34 * body), (0.6 * w, 0.2 * d, 0.006), f.PORCELAIN)
    b.box((0.32 * w, -0.3 * d, body + 0.001), (0.22 * w, 0.14 * d, 0.012), f.SCREEN)
    b.box((0, 0.36 * d, 0.82 * h), (0.74 * w, 0.02, 0.34 * h), p.tinted(0.8), turn=rotation("x", -14))
    b.box((0, 0.34 * d, 0.80 * h), (0.62 * w, 0.008, 0.34 * h), f.PORCELAIN, turn=rotation("x", -14))


def build_speaker(b: MeshBuilder, p: Piece) -> None:
    """A box with a large and a small cone."""
    w, d, h = p.size
    b.box((0, 0.01, h / 2), (w, d - 0.02, h), p.main, radius=0.006)
    turn = rotation("x", 90)
    for z, size in ((0.32, 0.40), (0.74, 0.24)):
        r = size * w
        cone = [(0, 0), (r, 0), (r, 0.012), (0.86 * r, 0.014), (0.3 * r, 0.004), (0, 0.010)]
        b.lathe((0, -d / 2 + 0.016, z * h), cone, p.accent, segments=22, turn=turn)


def build_picture_frame(b: MeshBuilder, p: Piece) -> None:
    """A small framed photograph that leans on its foot."""
    w, d, h = p.size
    lean = rotation("x", -12)
    b.box((0, -0.08 * d, 0.5 * h), (w, 0.014, 0.98 * h), p.accent, radius=0.004, turn=lean)
    b.box((0, -0.08 * d - 0.008, 0.5 * h), (w - 0.04, 0.006, h - 0.045), p.main, turn=lean)
    b.box((0, 0.26 * d, 0.27 * h), (0.05, 0.01, 0.54 * h), p.darker(), turn=rotation("x", 16))


def build_newspaper(b: MeshBuilder, p: Piece) -> None:
    """A folded newspaper: columns of print and a headline."""
    w, d, h = p.size
    for k in range(3):
        b.box((0.003 * k, 0.002 * k, (k + 0.5) * h / 3.4), (w - 0.01, d - 0.008, h / 3.6), p.main)
    b.box((0, 0.36 * d, 0.90 * h), (0.8 * w, 0.08 * d, 0.2 * h), f.BLACK)
    for column in (-1, 0, 1):
        ink = f.DARK_STEEL if column else f.STEEL
        for row in range(5):
            b.box((column * 0.28 * w, (0.2 - 0.13 * row) * d, 0.90 * h), (0.22 * w, 0.05 * d, 0.12 * h), ink)


def build_pillow(b: MeshBuilder, p: Piece) -> None:
    """A plump cushion that leans a little back."""
    w, d, h = p.size
    b.box((0, 0, 0.5 * h), (w, 0.7 * d, 0.986 * h), p.main, radius=0.32 * d, steps=3, turn=rotation("x", -10))


def build_table_top_decor(b: MeshBuilder, p: Piece) -> None:
    """A globe on a stand."""
    w, _, h = p.size
    r = w / 2
    foot = [(0, 0), (0.62 * r, 0), (0.5 * r, 0.05 * h), (0.1 * r, 0.09 * h), (0.1 * r, h - 2 * r), (0, h - 2 * r)]
    b.lathe((0, 0, 0), foot, p.accent, segments=18)
    b.ellipsoid((0, 0, h - r), (0.97 * r, 0.97 * r, 0.97 * r), p.main, segments=24, rings=14)
    ring = [(0.96 * r, -0.03 * r), (r, -0.03 * r), (r, 0.03 * r), (0.96 * r, 0.03 * r), (0.96 * r, -0.03 * r)]
    b.lathe((0, 0, h - r), ring, p.accent, segments=28, turn=rotation("y", 67))


def build_toilet_paper(b: MeshBuilder, p: Piece) -> None:
    """A standing roll with its core."""
    w, _, h = p.size
    r = w / 2
    roll = [(0, 0), (r, 0), (r, h), (0.36 * r, h), (0.36 * r, 0.7 * h), (0, 0.7 * h)]
    b.lathe((0, 0, 0), roll, p.main, segments=22)
    b.cylinder((0, 0, 0.65 * h), 0.34 * r, 0.1 * h, f.COFFEE, segments=22)  # dark inside


def build_spray_bottle(b: MeshBuilder, p: Piece) -> None:
    """A bottle with a trigger and a nozzle to the left."""
    w, _, h = p.size
    r = 0.4 * w
    body = [(0, 0), (r, 0), (r, 0.45 * h), (0.36 * r, 0.68 * h), (0.36 * r, 0.8 * h), (0, 0.8 * h)]
    b.lathe((0, 0, 0), body, p.main, segments=16)
    b.box((-0.10 * w, 0, 0.92 * h), (0.8 * w, 0.3 * w, 0.16 * h), p.accent, radius=0.01)
    b.box((-0.3 * w, 0, 0.77 * h), (0.1 * w, 0.16 * w, 0.2 * h), p.accent, turn=rotation("y", 18))


def build_plunger(b: MeshBuilder, p: Piece) -> None:
    """A rubber cup on a wooden stick."""
    w, _, h = p.size
    r = w / 2
    cup = [(0, 0), (r, 0), (0.95 * r, 0.12 * h), (0.6 * r, 0.24 * h), (0.2 * r, 0.28 * h), (0, 0.28 * h)]
    b.lathe((0, 0, 0), cup, p.main, segments=20)
    b.cylinder((0, 0, 0.27 * h), 0.014, 0.73 * h, f.OAK, segments=10)


def build_basket(b: MeshBuilder, p: Piece) -> None:
    """A woven box without a lid, with a folded blanket in it."""
    w, d, h = p.size
    wall = 0.025
    for side in (-1, 1):
        b.box((side * (w - wall) / 2, 0, h / 2), (wall, d, h), p.main, radius=0.008)
        b.box((0, side * (d - wall) / 2, h / 2 - 0.002), (w - 2 * wall + 0.004, wall, h - 0.004), p.main)
    b.box((0, 0, 0.02), (w - wall, d - wall, 0.03), p.main)
    b.box((0, 0, 0.55 * h), (w - 2 * wall - 0.02, d - 2 * wall - 0.02, 0.7 * h), p.accent, radius=0.03, steps=2)


CERAMICS = (f.paint((0.76, 0.26, 0.22), 0.5), f.paint((0.24, 0.46, 0.62), 0.5), f.paint((0.88, 0.86, 0.80), 0.5))
CASES = (f.BLACK, f.WHITE, f.DARK_STEEL)
PRINTS = tuple(material.model_copy(update={"scale": 0.16}) for material in f.PICTURES[:3])
PAPER = Material(color=(0.88, 0.87, 0.83))
GLOBE = Material(color=(0.22, 0.44, 0.70), color2=(0.46, 0.62, 0.30), pattern="patches", scale=0.14, shine=0.4)
PATTERNED = (
    Material(color=(0.36, 0.60, 0.70), color2=(0.92, 0.90, 0.84), pattern="diamonds", scale=0.06),
    Material(color=(0.76, 0.46, 0.50), color2=(0.94, 0.88, 0.84), pattern="stripes", scale=0.05),
)
CUSHIONS = (*f.FABRICS, *f.BLANKETS[1:], f.fabric((0.85, 0.68, 0.25)))
WOVEN = (
    Material(color=(0.70, 0.56, 0.38), color2=(0.52, 0.40, 0.25), pattern="weave", scale=0.05),
    Material(color=(0.46, 0.44, 0.42), color2=(0.34, 0.32, 0.31), pattern="weave", scale=0.05),
)
CATEGORIES = (
    Category("AlarmClock", build_alarm_clock, (0.11, 0.06, 0.15), (0.14, 0.07, 0.18), "surface", CERAMICS, CERAMICS),
    Category(
        "RemoteControl", build_remote_control, (0.05, 0.17, 0.022), (0.06, 0.2, 0.026), "surface", (f.BLACK,), CASES
    ),
    Category(
        "Statue",
        build_statue,
        (0.16, 0.14, 0.28),
        (0.24, 0.2, 0.42),
        "surface",
        (f.MARBLE, f.BRASS, f.BLACK),
        (f.BLACK_WOOD, f.WALNUT),
        variants=2,
    ),
    Category("TissueBox", build_tissue_box, (0.13, 0.13, 0.18), (0.24, 0.13, 0.15), "surface", PATTERNED, PATTERNED),
    Category(
        "WateringCan",
        build_watering_can,
        (0.40, 0.18, 0.26),
        (0.48, 0.22, 0.32),
        "surface",
        (f.paint((0.26, 0.52, 0.36), 0.4), f.paint((0.78, 0.62, 0.24), 0.4), f.STEEL),
        (f.STEEL,),
    ),
    Category(
        "Desktop",
        build_desktop,
        (0.5, 0.42, 0.42),
        (0.62, 0.46, 0.5),
        "surface",
        (f.SCREEN, f.paint((0.30, 0.46, 0.68), 0.6)),
        (f.BLACK, f.STEEL),
    ),
    Category("Printer", build_printer, (0.40, 0.34, 0.26), (0.46, 0.38, 0.3), "surface", CASES, CASES),
    Category(
        "Speaker", build_speaker, (0.16, 0.18, 0.28), (0.22, 0.24, 0.4), "surface", (f.BLACK, *f.WOODS), (f.DARK_STEEL,)
    ),
    Category(
        "PictureFrame",
        build_picture_frame,
        (0.15, 0.09, 0.2),
        (0.22, 0.11, 0.26),
        "surface",
        PRINTS,
        (f.BRASS, f.BLACK_WOOD, f.WHITE),
    ),
    Category("Newspaper", build_newspaper, (0.24, 0.32, 0.02), (0.28, 0.36, 0.026), "surface", (PAPER,), (f.BLACK,)),
    Category("Pillow", build_pillow, (0.38, 0.19, 0.34), (0.46, 0.22, 0.40), "surface", CUSHIONS, CUSHIONS),
    Category(
        "TableTopDecor", build_table_top_decor, (0.2, 0.2, 0.3), (0.28, 0.28, 0.4), "surface", (GLOBE,), (f.BRASS,)
    ),
    Category(
        "ToiletPaper", build_toilet_paper, (0.11, 0.11, 0.10), (0.12, 0.12, 0.11), "surface", (f.PORCELAIN,), CASES
    ),
    Category(
        "SprayBottle",
        build_spray_bottle,
        (0.11, 0.09, 0.24),
        (0.12, 0.10, 0.28),
        "surface",
        (f.paint((0.30, 0.60, 0.76), 0.6), f.paint((0.90, 0.70, 0.20), 0.6)),
        (f.WHITE, f.paint((0.80, 0.2, 0.2))),
    ),
    Category("Plunger", build_plunger, (0.15, 0.15, 0.48), (0.16, 0.16, 0.55), "free", (f.BLACK, CERAMICS[0]), WOVEN),
    Category("Basket", build_basket, (0.36, 0.28, 0.22), (0.46, 0.34, 0.3), "free", WOVEN, CUSHIONS),
    Category(
        "FlowerPot",
        build_plant,
        (0.24, 0.24, 0.30),
        (0.32, 0.32, 0.42),
        "surface",
        (f.paint((0.86, 0.36, 0.50)), f.paint((0.92, 0.80, 0.28)), *f.LEAVES),
        (f.TERRACOTTA, f.WHITE, CERAMICS[1]),
        variants=3,
    ),
)
