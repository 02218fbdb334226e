"""Music, sport, pets, toys, and what stands in halls."""

from ipt.scenes.embedded.furniture import finishes as f
from ipt.scenes.embedded.furniture.pieces import Category, Piece
from ipt.scenes.embedded.materials import Material
from ipt.scenes.embedded.meshes import MeshBuilder, rotation


def build_teddy_bear(b: MeshBuilder, p: Piece) -> None:
    """A sitting bear: belly, head with ears and muzzle, four paws."""
    w, d, h = p.size
    pale = p.tinted(1.25)
    b.ellipsoid((0, 0.16 * d, 0.32 * h), (0.34 * w, 0.34 * d, 0.32 * h), p.main)
    b.ellipsoid((0, -0.10 * d, 0.32 * h), (0.20 * w, 0.12 * d, 0.18 * h), pale)
    b.ellipsoid((0, 0.10 * d, 0.74 * h), (0.30 * w, 0.28 * d, 0.21 * h), p.main)
    b.ellipsoid((0, -0.18 * d, 0.70 * h), (0.12 * w, 0.10 * d, 0.08 * h), pale)
    b.ellipsoid((0, -0.27 * d, 0.73 * h), (0.035 * w, 0.03 * d, 0.02 * h), f.BLACK, segments=8, rings=4)
    for side in (-1, 1):
        b.ellipsoid((side * 0.24 * w, 0.14 * d, 0.90 * h), (0.10 * w, 0.07 * d, 0.10 * h), p.main, segments=10)
        b.ellipsoid((side * 0.11 * w, -0.15 * d, 0.79 * h), (0.03 * w, 0.03 * d, 0.02 * h), f.BLACK, segments=8)
        b.ellipsoid((side * 0.39 * w, 0.0, 0.42 * h), (0.11 * w, 0.16 * d, 0.15 * h), p.main, segments=10)
        b.ellipsoid((side * 0.27 * w, -0.28 * d, 0.13 * h), (0.15 * w, 0.22 * d, 0.13 * h), p.main, segments=10)
        b.ellipsoid((side * 0.27 * w, -0.46 * d, 0.14 * h), (0.09 * w, 0.04 * d, 0.09 * h), pale, segments=10)


def build_ball(b: MeshBuilder, p: Piece) -> None:
    """A ball with three dark seams around it."""
    r = p.size[2] / 2
    b.ellipsoid((0, 0, r), (0.995 * r, 0.995 * r, 0.995 * r), p.main, segments=24, rings=14)
    thin = 0.025 * r
    for turn in (rotation("x", 0), rotation("x", 90), rotation("y", 90)):
        seam = [(0.99 * r, -thin), (r, -thin), (r, thin), (0.99 * r, thin), (0.99 * r, -thin)]
        b.lathe((0, 0, r), seam, f.BLACK, segments=28, turn=turn)


def build_dumbbell(b: MeshBuilder, p: Piece) -> None:
    """Two pairs of discs on a bar."""
    w, d, h = p.size
    r = h / 2
    turn = rotation("y", 90)
    b.cylinder((-0.45 * w, 0, r), 0.13 * r + 0.008, 0.9 * w, f.STEEL, segments=10, turn=turn)
    for begin, size in ((-0.5, 0.8), (-0.37, 1.0), (0.23, 1.0), (0.38, 0.8)):
        b.cylinder((begin * w, 0, r), size * r, 0.12 * w, p.main, segments=18, turn=turn)
    del d


def build_dog_bed(b: MeshBuilder, p: Piece) -> None:
    """A padded ring with a cushion, and a bone on it."""
    w, d, h = p.size
    edge = 0.2 * d
    for side in (-1, 1):
        b.box((side * (w - edge) / 2, 0, h / 2), (edge, d, h), p.main, radius=0.45 * h, steps=3)
    b.box((0, (d - edge) / 2, h / 2), (w - edge, edge, h), p.main, radius=0.45 * h, steps=3)
    b.box((0, -(d - edge) / 2, 0.35 * h), (w - edge, edge, 0.7 * h), p.main, radius=0.3 * h, steps=2)
    b.box((0, 0, 0.3 * h), (w - edge, d - edge, 0.5 * h), p.accent, radius=0.2 * h, steps=2)
    b.box((0, 0, 0.62 * h), (0.2 * w, 0.04, 0.03), f.PORCELAIN, radius=0.012)
    for x in (-1, 1):
        for y in (-1, 1):
            b.ellipsoid((x * 0.1 * w, y * 0.018, 0.62 * h), (0.022, 0.022, 0.018), f.PORCELAIN, segments=8, rings=4)


def build_vacuum_cleaner(b: MeshBuilder, p: Piece) -> None:
    """An upright cleaner: a wide head, a bag body leaning back, a handle."""
    w, d, h = p.size
    b.box((0, -0.26 * d, 0.045 * h), (w, 0.48 * d, 0.08 * h), f.BLACK, radius=0.02, steps=2)
    b.rod((0, -0.2 * d, 0.06 * h), (0, 0.44 * d, 0.95 * h), 0.018, f.STEEL)
    b.box(
        (0, 0.04 * d, 0.36 * h), (0.66 * w, 0.30 * d, 0.46 * h), p.main, radius=0.04, steps=2, turn=rotation("x", -20)
    )
    b.box((0, 0.455 * d, 0.965 * h), (0.16 * w, 0.09 * d, 0.07 * h), f.BLACK, radius=0.015)
    for side in (-1, 1):
        wheel = rotation("y", 90)
        b.cylinder((side * 0.36 * w - 0.015, -0.02 * d, 0.06 * h), 0.06 * h, 0.03, f.DARK_STEEL, turn=wheel)


def build_piano(b: MeshBuilder, p: Piece) -> None:
    """An upright piano: tall body, key bed with white and black keys, music stand, pedals."""
    w, d, h = p.size
    bed, body = 0.66, 0.56 * d
    b.box((0, d / 2 - body / 2, h / 2), (w, body, h - 0.02), p.main, radius=0.008)
    b.box((0, d / 2 - body / 2 - 0.01, h - 0.015), (w, body + 0.02, 0.03), p.tinted(1.15), radius=0.008)
    b.box((0, -0.03, bed - 0.05), (w, d - 0.06, 0.1), p.main, radius=0.008)
    keys = 28
    width = (w - 0.16) / keys
    for k in range(keys):
        x = -(w - 0.16) / 2 + width * (k + 0.5)
        b.box((x, -d / 2 + 0.115, bed + 0.012), (width - 0.003, 0.16, 0.026), f.PORCELAIN)
        if k % 7 not in (2, 6) and k < keys - 1:
            b.box((x + width / 2, -d / 2 + 0.145, bed + 0.03), (0.5 * width, 0.10, 0.02), f.BLACK)
    for side in (-1, 1):
        b.box((side * (w / 2 - 0.035), -d / 2 + 0.05, bed / 2), (0.06, 0.08, bed - 0.01), p.main)
        b.box((side * (w / 2 - 0.038), -d / 2 + 0.115, bed + 0.04), (0.075, 0.23, 0.09), p.main, radius=0.008)
    b.box((0, d / 2 - body - 0.025, bed + 0.26), (0.5 * w, 0.02, 0.26), p.tinted(1.3), turn=rotation("x", -12))
    b.box((0, d / 2 - body - 0.05, bed + 0.28), (0.3 * w, 0.008, 0.22), f.PORCELAIN, turn=rotation("x", -12))
    for k in (-1, 0, 1):
        b.box((0.06 * k, d / 2 - body - 0.05, 0.05), (0.03, 0.12, 0.02), f.BRASS, radius=0.006)


def build_bench(b: MeshBuilder, p: Piece) -> None:
    """A long seat of boards on two frames, with a cushion."""
    w, d, h = p.size
    for k in (-1, 0, 1):
        b.box((0, k * d / 3, h - 0.055), (w, d / 3 - 0.012, 0.03), p.main, radius=0.006)
    b.box((0, 0, h - 0.021), (w - 0.08, d - 0.04, 0.042), p.accent, radius=0.016, steps=2)
    for side in (-1, 1):
        x = side * (w / 2 - 0.12)
        for y in (-1, 1):
            b.box((x, y * (d / 2 - 0.05), (h - 0.07) / 2), (0.05, 0.05, h - 0.07), p.darker(0.85), radius=0.006)
        b.box((x, 0, 0.16), (0.036, d - 0.12, 0.036), p.darker(0.85))
    b.box((0, 0, 0.16), (w - 0.26, 0.03, 0.03), p.darker(0.85))


def build_fireplace(b: MeshBuilder, p: Piece) -> None:
    """A stone surround and mantel, a dark hearth, logs and flames."""
    w, d, h = p.size
    side = 0.2 * w
    for s in (-1, 1):
        b.box((s * (w - side) / 2, 0.03, (h - 0.06) / 2), (side, d - 0.06, h - 0.06), p.main)
        b.box((s * (w - side) / 2, -0.01, 0.05), (side + 0.0, d - 0.02, 0.1), p.tinted(1.06), radius=0.008)
    b.box((0, 0.03, h - 0.06 - 0.11 * h), (w - 2 * side, d - 0.06, 0.22 * h), p.main)
    b.box((0, 0, h - 0.03), (w, d, 0.06), p.accent, radius=0.01)
    b.box((0, d / 2 - 0.03, 0.38 * h), (w - 2 * side, 0.06, 0.74 * h), f.BLACK)
    b.box((0, 0.02, 0.02), (w - 2 * side, d - 0.05, 0.04), f.DARK_STEEL)
    for k in (-1, 1):
        b.rod((k * 0.16 * w, 0.02, 0.08), (-k * 0.14 * w, 0.06, 0.12 + 0.02 * k), 0.035, f.WALNUT)
    for k in range(5):
        tall = (0.20, 0.30, 0.36, 0.27, 0.18)[k] * h
        x = (k - 2) * 0.07 * w
        b.lathe(
            (x, 0.06, 0.10),
            [(0, 0), (0.045, 0.02), (0.05, 0.3 * tall), (0.02, 0.75 * tall), (0, tall)],
            f.FLAME,
            segments=8,
        )


def build_radiator(b: MeshBuilder, p: Piece) -> None:
    """A row of ribs between two pipes, with a valve."""
    w, d, h = p.size
    count = max(6, round(w / 0.075))
    step = (w - 0.06) / count
    for k in range(count):
        x = -w / 2 + step * (k + 0.5)
        b.box((x, 0.01, 0.06 + (h - 0.06) / 2), (0.72 * step, d - 0.03, h - 0.06), p.main, radius=0.014, steps=2)
    for z in (0.14, h - 0.06):
        b.rod((-w / 2 + 0.01, 0.01, z), (w / 2 - 0.05, 0.01, z), 0.018, p.main)
    for side in (-1, 1):
        b.box((side * 0.36 * w, 0, 0.04), (0.03, d, 0.08), p.tinted(0.9))
    b.cylinder((w / 2 - 0.06, 0.01, h - 0.06), 0.03, 0.06, f.BLACK, segments=12, turn=rotation("y", 90))


def build_coat_rack(b: MeshBuilder, p: Piece) -> None:
    """A pole on four feet with hooks around its top, and a coat on one of them."""
    w, _, h = p.size
    r = w / 2
    b.cylinder((0, 0, 0.02), 0.025, h - 0.04, p.main, segments=12)
    b.ellipsoid((0, 0, h - 0.03), (0.04, 0.04, 0.03), p.main, segments=10, rings=6)
    for x, y in ((1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (-1.0, 0.0)):
        b.rod((x * (r - 0.012), y * (r - 0.012), 0.018), (0, 0, 0.22), 0.018, p.main)
        b.rod((0, 0, h - 0.22), (x * 0.5 * r, y * 0.5 * r, h - 0.08), 0.012, p.main)
    b.lathe(
        (0.44 * r, 0.0, 0.40 * h),
        [(0, 0), (0.46 * r, 0), (0.42 * r, 0.2 * h), (0.30 * r, 0.42 * h), (0.12 * r, 0.5 * h), (0, 0.52 * h)],
        p.accent,
        segments=12,
    )


def build_shoe_rack(b: MeshBuilder, p: Piece) -> None:
    """Two slatted boards between side frames, with pairs of shoes."""
    w, d, h = p.size
    for side in (-1, 1):
        for y in (-1, 1):
            b.box((side * (w / 2 - 0.015), y * (d / 2 - 0.015), h / 2), (0.03, 0.03, h), p.main)
        b.box((side * (w / 2 - 0.015), 0, h - 0.015), (0.03, d - 0.06, 0.03), p.main)
    for k, z in enumerate((0.08, 0.08 + 0.5 * (h - 0.1))):
        for share in (-0.3, 0.0, 0.3):
            b.box((0, share * d, z), (w - 0.04, 0.05, 0.016), p.main)
        for pair in range(2):
            color = f.SHOES[(pair + 2 * k + p.variant) % len(f.SHOES)]
            for foot in (-1, 1):
                shoe(b, ((pair - 0.5) * 0.46 * w + foot * 0.06, 0.0, z + 0.009), (0.09, 0.8 * d, 0.10), color)


def shoe(b: MeshBuilder, foot: tuple[float, float, float], size: tuple[float, float, float], color: Material) -> None:
    """One shoe that stands at `foot`, toes to the front (-y)."""
    x, y, z = foot
    w, d, h = size
    b.box((x, y, z + 0.09 * h), (w, d, 0.18 * h), f.BLACK, radius=0.006)
    b.box((x, y - 0.02 * d, z + 0.36 * h), (0.94 * w, 0.92 * d, 0.40 * h), color, radius=0.19 * h, steps=2)
    b.box((x, y + 0.24 * d, z + 0.64 * h), (0.86 * w, 0.46 * d, 0.72 * h), color, radius=0.02, steps=2)


def build_boots(b: MeshBuilder, p: Piece) -> None:
    """A pair of high boots."""
    w, d, h = p.size
    for side in (-1, 1):
        x = side * w / 4
        b.box((x, 0, 0.04 * h), (0.4 * w, d, 0.08 * h), f.BLACK, radius=0.006)
        b.box((x, -0.02 * d, 0.17 * h), (0.4 * w, 0.95 * d, 0.24 * h), p.main, radius=0.035, steps=2)
        b.box((x, 0.25 * d, 0.55 * h), (0.42 * w, 0.46 * d, 0.88 * h), p.main, radius=0.035, steps=2)
        b.box((x, 0.25 * d, 0.93 * h), (0.45 * w, 0.5 * d, 0.10 * h), p.accent, radius=0.01)


def build_suitcase(b: MeshBuilder, p: Piece) -> None:
    """A standing trolley case with ribs, wheels and a pulled-out handle."""
    w, d, h = p.size
    body = 0.72 * h
    b.box((0, 0, 0.04 + body / 2), (w, 0.94 * d, body - 0.02), p.main, radius=0.05, steps=2)
    for k in (-2, -1, 0, 1, 2):
        b.box((k * 0.17 * w, -0.46 * d, 0.04 + body / 2), (0.03, 0.08 * d, 0.86 * body), p.tinted(0.85), radius=0.006)
    for side in (-1, 1):
        b.rod((side * 0.2 * w, 0.3 * d, body), (side * 0.2 * w, 0.3 * d, h - 0.02), 0.009, f.STEEL)
        for y in (-1, 1):
            b.ellipsoid((side * 0.38 * w, y * 0.3 * d, 0.03), (0.02, 0.03, 0.03), f.BLACK, segments=10, rings=6)
    b.box((0, 0.3 * d, h - 0.015), (0.46 * w, 0.035, 0.03), f.BLACK, radius=0.01)
    b.box((0, 0.47 * d, 0.5 * body), (0.3 * w, 0.06 * d, 0.04), f.BLACK)


FURS = (f.fabric((0.62, 0.42, 0.24)), f.fabric((0.78, 0.66, 0.48)), f.fabric((0.52, 0.50, 0.50)))
BALLS = (f.paint((0.86, 0.42, 0.14), 0.15), f.paint((0.80, 0.36, 0.12), 0.15))
STONES = (f.BRICK, f.MARBLE, f.CREAM)
CASES = (f.paint((0.18, 0.40, 0.58), 0.4), f.paint((0.72, 0.20, 0.22), 0.4), f.paint((0.26, 0.28, 0.30), 0.4))
LEATHERS = (f.paint((0.42, 0.26, 0.15), 0.3), f.paint((0.16, 0.15, 0.15), 0.4), f.paint((0.24, 0.42, 0.28), 0.5))
CATEGORIES = (
    Category("TeddyBear", build_teddy_bear, (0.26, 0.24, 0.32), (0.36, 0.33, 0.44), "surface", FURS, FURS),
    Category("BasketBall", build_ball, (0.24, 0.24, 0.24), (0.25, 0.25, 0.25), "free", BALLS, BALLS),
    Category(
        "Dumbbell", build_dumbbell, (0.34, 0.16, 0.16), (0.42, 0.2, 0.2), "free", (f.BLACK, f.DARK_STEEL), (f.STEEL,)
    ),
    Category("DogBed", build_dog_bed, (0.7, 0.55, 0.18), (0.95, 0.7, 0.22), "free", f.FABRICS, f.LINENS),
    Category("VacuumCleaner", build_vacuum_cleaner, (0.3, 0.5, 1.05), (0.34, 0.56, 1.2), "free", CASES, CASES),
    Category("Piano", build_piano, (1.4, 0.58, 1.1), (1.5, 0.64, 1.25), "wall", (f.BLACK, f.WALNUT), (f.BRASS,)),
    Category("Bench", build_bench, (0.9, 0.36, 0.45), (1.3, 0.42, 0.48), "wall", f.WOODS, f.FABRICS),
    Category("Fireplace", build_fireplace, (1.2, 0.36, 1.05), (1.5, 0.4, 1.2), "wall", STONES, (*f.WOODS, f.WHITE)),
    Category("Radiator", build_radiator, (0.7, 0.11, 0.55), (1.2, 0.13, 0.65), "wall", (f.WHITE, f.CREAM), (f.STEEL,)),
    Category(
        "CoatRack", build_coat_rack, (0.5, 0.5, 1.65), (0.6, 0.6, 1.8), "free", (*f.WOODS, f.BLACK_WOOD), f.FABRICS
    ),
    Category("ShoeRack", build_shoe_rack, (0.6, 0.28, 0.38), (0.8, 0.32, 0.46), "wall", f.WOODS, f.FABRICS, variants=2),
    Category("Boots", build_boots, (0.24, 0.28, 0.28), (0.28, 0.31, 0.38), "free", LEATHERS, LEATHERS),
    Category("Suitcase", build_suitcase, (0.4, 0.24, 0.85), (0.46, 0.3, 1.0), "free", CASES, CASES),
)
