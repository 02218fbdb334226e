"""What hangs on walls: curtains, shelves, posters, lamps, towels, rows of hooks."""

from ipt.scenes.embedded.furniture import finishes as f
from ipt.scenes.embedded.furniture.pieces import Category, Piece
from ipt.scenes.embedded.materials import Material
from ipt.scenes.embedded.meshes import MeshBuilder, rotation


def build_curtains(b: MeshBuilder, p: Piece) -> None:
    """Two drawn curtains of folds on a rod that stands off the wall; between them one sees the window."""
    w, d, h = p.size
    y = -d / 2 + 0.05
    b.cylinder((-w / 2 + 0.02, y, h - 0.025), 0.012, w - 0.04, p.accent, segments=10, turn=rotation("y", 90))
    panel = 0.17 * w if p.variant == 0 else 0.22 * w
    folds = max(4, round(panel / 0.05))
    step = panel / folds
    for side in (-1, 1):
        b.ellipsoid((side * (w / 2 - 0.02), y, h - 0.025), (0.02, 0.022, 0.025), p.accent, segments=10, rings=6)
        b.box((side * (w / 2 - 0.05), (y + d / 2) / 2, h - 0.025), (0.02, d / 2 - y, 0.02), p.accent)
        for k in range(folds):
            x = side * (w / 2 - 0.035 - step * (k + 0.5))
            cloth = p.main if k % 2 else p.tinted(0.9)
            fold = y + (0.012 if k % 2 else -0.012)
            b.box((x, fold, (h - 0.012) / 2), (1.25 * step, 0.05, h - 0.012), cloth, radius=0.024, steps=2)


def build_shelf(b: MeshBuilder, p: Piece) -> None:
    """A board on two brackets."""
    w, d, h = p.size
    b.box((0, 0, h - 0.015), (w, d, 0.03), p.main, radius=0.004)
    for side in (-1, 1):
        x = side * 0.36 * w
        b.box((x, d / 2 - 0.012, (h - 0.03) / 2), (0.024, 0.024, h - 0.03), p.accent)
        b.rod((x, d / 2 - 0.016, 0.014), (x, -0.34 * d, h - 0.034), 0.009, p.accent)


def build_poster(b: MeshBuilder, p: Piece) -> None:
    """An unframed sheet with a broad white edge."""
    w, d, h = p.size
    b.box((0, 0.2 * d, h / 2), (w, 0.6 * d, h), f.PORCELAIN)
    b.box((0, -0.28 * d, 0.56 * h), (w - 0.08, 0.44 * d, 0.80 * h), p.main)
    b.box((0, -0.28 * d, 0.08 * h), (0.6 * w, 0.44 * d, 0.05 * h), p.accent)


def build_wall_lamp(b: MeshBuilder, p: Piece) -> None:
    """A bracket with a glowing shade."""
    w, d, h = p.size
    b.box((0, d / 2 - 0.01, 0.35 * h), (0.5 * w, 0.02, 0.6 * h), p.accent, radius=0.006)
    b.rod((0, d / 2 - 0.02, 0.3 * h), (0, -d / 2 + 0.5 * w, 0.16 * h), 0.012, p.accent)
    y = -d / 2 + 0.5 * w
    b.cylinder((0, y, 0.0), 0.1 * w, 0.36 * h, p.accent, segments=10)
    shade = [(0, 0.01), (0.5 * w, 0), (0.34 * w, 0.66 * h), (0, 0.66 * h - 0.01)]
    b.lathe((0, y, 0.34 * h), shade, p.main, segments=20)


def build_hand_towel(b: MeshBuilder, p: Piece) -> None:
    """A small towel through a ring."""
    w, d, h = p.size
    b.cylinder((0, d / 2, h - 0.05), 0.03, 0.02, p.accent, segments=12, turn=rotation("x", 90))
    b.cylinder((-w / 2, 0, h - 0.05), 0.008, w, p.accent, segments=8, turn=rotation("y", 90))
    b.rod((0, d / 2 - 0.01, h - 0.05), (0, 0, h - 0.05), 0.008, p.accent)
    b.box((0, 0, (h - 0.02) / 2), (0.84 * w, 0.8 * d, h - 0.02), p.main, radius=0.014, steps=2)
    b.box((0, 0, 0.16 * h), (0.85 * w, 0.82 * d, 0.05 * h), p.tinted(0.7), radius=0.01)
    b.box((0, 0, h - 0.012), (0.06, 0.02, 0.024), p.accent)


def build_coat_hooks(b: MeshBuilder, p: Piece) -> None:
    """A board with pegs; a coat and a bag hang from two of them."""
    w, d, h = p.size
    b.box((0, d / 2 - 0.012, h - 0.06), (w, 0.024, 0.12), p.main, radius=0.006)
    count = max(3, round(w / 0.2))
    for k in range(count):
        x = -w / 2 + w / count * (k + 0.5)
        b.rod((x, d / 2 - 0.02, h - 0.07), (x, -d / 2 + 0.02, h - 0.045), 0.012, f.STEEL)
    x = -w / 2 + w / count * 0.5
    x += 0.10
    coat = [(0, 0), (0.15, 0), (0.12, 0.5 * h), (0.13, 0.74 * h), (0.04, 0.86 * h), (0, 0.88 * h)]
    flat = min(1.0, 0.45 * d / 0.15)
    b.lathe((x, 0.0, 0.0), [(r * flat, z) for r, z in coat], p.accent, segments=14)
    for side in (-1, 1):
        b.rod((x + side * 0.08, 0, 0.76 * h), (x + side * 0.13, 0, 0.34 * h), 0.035, p.accent)
    x = w / 2 - w / count * 0.5
    b.box((x, 0, 0.42 * h), (min(0.24, 0.9 * w / count), 0.55 * d, 0.34 * h), f.WALNUT, radius=0.03, steps=2)
    for side in (-1, 1):
        b.rod((x + side * 0.06, 0, 0.56 * h), (x, 0, h - 0.07), 0.008, f.WALNUT)


def build_air_conditioner(b: MeshBuilder, p: Piece) -> None:
    """A long white case with a slit and a flap."""
    w, d, h = p.size
    b.box((0, 0, h / 2), (w, d, h), p.main, radius=0.05, steps=3)
    b.box((0, -d / 2 + 0.03, 0.16 * h), (0.9 * w, 0.05, 0.05 * h), f.BLACK)
    b.box((0, -d / 2 + 0.012, 0.26 * h), (0.9 * w, 0.02, 0.1 * h), p.tinted(0.9), turn=rotation("x", 20))
    b.box((0.4 * w, -d / 2 + 0.002, 0.62 * h), (0.06, 0.008, 0.03), f.SCREEN)


SHEERS = (
    f.fabric((0.76, 0.72, 0.64), 0.92),
    f.fabric((0.46, 0.56, 0.64), 0.9),
    f.fabric((0.66, 0.36, 0.32), 0.9),
    f.fabric((0.42, 0.52, 0.42), 0.9),
)
RODS = (f.BRASS, f.BLACK, f.WALNUT)
PRINTS = (
    Material(color=(0.90, 0.34, 0.22), color2=(0.14, 0.22, 0.40), pattern="picture", scale=0.6),
    Material(color=(0.20, 0.56, 0.60), color2=(0.95, 0.80, 0.36), pattern="diamonds", scale=0.3),
    Material(color=(0.93, 0.86, 0.40), color2=(0.24, 0.24, 0.30), pattern="stripes", scale=0.16),
)
COATS = (f.fabric((0.20, 0.26, 0.40)), f.fabric((0.56, 0.22, 0.20)), f.fabric((0.62, 0.54, 0.36)))
CATEGORIES = (
    Category("Curtains", build_curtains, (1.6, 0.15, 2.1), (2.6, 0.15, 2.3), "hung", SHEERS, RODS, variants=2),
    Category(
        "Shelf", build_shelf, (0.7, 0.22, 0.18), (1.1, 0.26, 0.22), "hung", (*f.WOODS, f.WHITE), (f.BLACK, f.STEEL)
    ),
    Category("Poster", build_poster, (0.5, 0.012, 0.7), (0.7, 0.012, 0.95), "hung", PRINTS, (f.BLACK,)),
    Category("WallLamp", build_wall_lamp, (0.18, 0.2, 0.28), (0.24, 0.24, 0.34), "hung", (f.LAMPSHADE,), RODS[:2]),
    Category(
        "HandTowel",
        build_hand_towel,
        (0.3, 0.07, 0.45),
        (0.36, 0.08, 0.55),
        "hung",
        f.LINENS + f.FABRICS[1:3],
        (f.STEEL, f.BRASS),
    ),
    Category("CoatHooks", build_coat_hooks, (0.7, 0.2, 0.85), (1.0, 0.24, 0.95), "hung", f.WOODS, COATS),
    Category(
        "AirConditioner", build_air_conditioner, (0.8, 0.2, 0.28), (0.95, 0.22, 0.3), "hung", (f.WHITE,), (f.STEEL,)
    ),
)
