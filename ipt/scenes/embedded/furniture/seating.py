"""Things to sit and lie on."""

from ipt.scenes.embedded.furniture import finishes as f
from ipt.scenes.embedded.furniture.pieces import Board, Category, Piece
from ipt.scenes.embedded.meshes import MeshBuilder, rotation


def build_sofa(b: MeshBuilder, p: Piece) -> None:
    """Base, arms, back, seat cushions and back cushions; two cushions from 1.5 m on."""
    w, d, h = p.size
    arm, back, seat = min(0.2, 0.16 * w), 0.22 * d, 0.48 * h
    b.box((0, 0, 0.20 * h), (w - 0.02, d - 0.02, 0.24 * h), p.darker(0.85), radius=0.03)
    b.box((0, d / 2 - back / 2, 0.56 * h), (w, back, 0.88 * h), p.main, radius=0.07, steps=2)
    for side in (-1, 1):
        b.box((side * (w / 2 - arm / 2), -0.01, 0.42 * h), (arm, d - 0.02, 0.60 * h), p.main, radius=0.07, steps=2)
        for end in (-1, 1):
            b.cylinder((side * (w / 2 - 0.1), end * (d / 2 - 0.1), 0), 0.025, 0.1 * h + 0.01, f.BLACK_WOOD, segments=8)
    count = 3 if w > 2.3 else (2 if w > 1.3 else 1)
    width = (w - 2 * arm) / count
    for k in range(count):
        x = -w / 2 + arm + width * (k + 0.5)
        b.box(
            (x, -back / 2 - 0.014, seat - 0.05),
            (width - 0.015, d - back - 0.03, 0.24 * h),
            p.tinted(1.08),
            radius=0.06,
            steps=2,
        )
        b.box(
            (x, d / 2 - back - 0.05, 0.74 * h),
            (width - 0.02, 0.16, 0.44 * h),
            p.tinted(1.08),
            radius=0.06,
            steps=2,
            turn=rotation("x", -10),
        )
    if p.variant == 1 and count > 1:
        b.box(
            (-w / 2 + arm + 0.24, 0.0, seat + 0.24),
            (0.4, 0.13, 0.38),
            p.accent,
            radius=0.06,
            steps=2,
            turn=rotation("x", -24),
        )


def build_armchair(b: MeshBuilder, p: Piece) -> None:
    """A one-seat sofa, or (variant 1) a tub chair with a round back."""
    if p.variant == 0:
        build_sofa(b, p)
        return
    w, d, h = p.size
    b.box((0, -0.02, 0.30 * h), (w * 0.9, d * 0.86, 0.28 * h), p.tinted(1.08), radius=0.08, steps=2)
    for k, angle in enumerate((-100, -65, -32, 0, 32, 65, 100)):
        turn = rotation("z", angle)
        x, y, _ = turn @ (0.0, 0.43, 0.0)
        tall = h * (1.0 - 0.30 * abs(k - 3) / 3)
        b.box(
            (x * w, y * d, 0.1 * h + (tall - 0.1 * h) / 2),
            (0.26 * w, 0.14 * d, tall - 0.1 * h),
            p.main,
            radius=0.05,
            turn=turn,
        )
    for x in (-0.3, 0.3):
        for y in (-0.3, 0.3):
            b.cylinder((x * w, y * d, 0), 0.025, 0.18 * h, p.accent, segments=8)


def build_chair(b: MeshBuilder, p: Piece) -> None:
    """Four legs, a seat and a back of slats (variant 0) or of one board."""
    w, d, h = p.size
    seat, post = 0.47 * h, 0.045
    for side in (-1, 1):
        x = side * (w / 2 - post / 2)
        b.box((x, -d / 2 + post / 2, seat / 2), (post, post, seat), p.main, radius=0.01)
        b.box((x, d / 2 - post / 2, h / 2), (post, post, h), p.main, radius=0.01)
        b.box((x, 0, seat * 0.45), (0.6 * post, d - 2 * post, 0.6 * post), p.main)
    b.box((0, 0, seat + 0.015), (w, d - 0.01, 0.05), p.tinted(1.05), radius=0.015)
    b.box((0, -0.01, seat + 0.055), (w - 0.06, d - 0.10, 0.04), p.accent, radius=0.018)
    if p.variant == 0:
        for k in range(3):
            b.box((0, d / 2 - post / 2, h - 0.06 - 0.13 * k * h), (w - 2 * post, 0.022, 0.09 * h), p.main, radius=0.008)
    else:
        b.box((0, d / 2 - post / 2, h - 0.20 * h), (w - 2 * post + 0.01, 0.024, 0.34 * h), p.main, radius=0.01)


def build_office_chair(b: MeshBuilder, p: Piece) -> None:
    """A star of five feet, a column, a seat, a curved back and arm rests."""
    w, d, h = p.size
    seat = 0.46 * h
    for k in range(5):
        turn = rotation("z", 72 * k + 18)
        x, y, _ = turn @ (0.22 * w, 0.0, 0.0)
        b.box((x, y, 0.075), (0.44 * w, 0.04, 0.03), f.BLACK, radius=0.01, turn=turn)
        x, y, _ = turn @ (0.44 * w, 0.0, 0.0)
        b.ellipsoid((x, y, 0.03), (0.03, 0.03, 0.03), f.BLACK, segments=8, rings=4)
    b.cylinder((0, 0, 0.08), 0.028, seat - 0.1, f.STEEL, segments=10)
    b.box((0, -0.03 * d, seat), (0.86 * w, 0.8 * d, 0.09), p.main, radius=0.04, steps=2)
    b.box(
        (0, d / 2 - 0.09, (seat + h) / 2 + 0.04),
        (0.78 * w, 0.07, h - seat - 0.10),
        p.main,
        radius=0.03,
        steps=2,
        turn=rotation("x", -5),
    )
    b.box((0, d / 2 - 0.06, seat + 0.06), (0.08, 0.05, 0.22), f.BLACK)
    for side in (-1, 1):
        b.box((side * (w / 2 - 0.03), -0.02, seat + 0.2), (0.055, 0.5 * d, 0.03), f.BLACK, radius=0.012)
        b.box((side * (w / 2 - 0.035), 0.06, seat + 0.10), (0.03, 0.045, 0.18), f.BLACK)


def build_stool(b: MeshBuilder, p: Piece) -> None:
    """A round seat on four splayed legs with a ring of rungs."""
    w, _, h = p.size
    r = w / 2
    b.lathe(
        (0, 0, h - 0.06),
        [(0, 0), (r * 0.94, 0), (r, 0.015), (r, 0.045), (r * 0.94, 0.06), (0, 0.06)],
        p.main,
        segments=20,
    )
    for x in (-1, 1):
        for y in (-1, 1):
            b.box((x * 0.52 * r, y * 0.52 * r, h / 2 - 0.03), (0.038, 0.038, h - 0.06), p.main, radius=0.008)
    for side in (-1, 1):
        b.box((0, side * 0.52 * r, h * 0.4), (1.0 * r, 0.02, 0.02), p.main)
        b.box((side * 0.52 * r, 0, h * 0.46), (0.02, 1.0 * r, 0.02), p.main)


def build_ottoman(b: MeshBuilder, p: Piece) -> None:
    """A padded block on short feet."""
    w, d, h = p.size
    b.box((0, 0, h / 2 + 0.04), (w, d, h - 0.08), p.main, radius=0.06, steps=2)
    for x in (-1, 1):
        for y in (-1, 1):
            b.cylinder((x * (w / 2 - 0.08), y * (d / 2 - 0.08), 0), 0.025, 0.06, f.BLACK_WOOD, segments=8)


def build_bed(b: MeshBuilder, p: Piece) -> None:
    """Frame (accent), mattress, blanket (main), headboard (accent) at the back, one or two pillows."""
    w, d, h = p.size
    frame = p.accent
    b.box((0, -0.02, 0.24 * h), (w - 0.04, d - 0.06, 0.20 * h), frame, radius=0.02)
    b.box((0, -0.03, 0.42 * h), (w - 0.06, d - 0.10, 0.26 * h), f.LINENS[0], radius=0.06, steps=2)
    b.box((0, -0.16 * d, 0.44 * h), (w, 0.66 * d, 0.28 * h), p.main, radius=0.06, steps=2)
    b.box((0, d / 2 - 0.035, h / 2), (w, 0.07, h), frame, radius=0.02)
    count = 2 if w > 1.25 else 1
    for k in range(count):
        x = (k - (count - 1) / 2) * w * 0.48
        b.box((x, 0.34 * d, 0.60 * h), (min(0.62, w * 0.42), 0.20 * d, 0.15), f.LINENS[1], radius=0.07, steps=3)
    for x in (-1, 1):
        b.box((x * (w / 2 - 0.08), -d / 2 + 0.09, 0.08 * h), (0.06, 0.06, 0.16 * h), frame)
    # the foot of the bed reaches the front of its box
    b.box((0, -d / 2 + 0.02, 0.24 * h), (w, 0.04, 0.30 * h), frame, radius=0.015)


def sofa_boards(size: tuple[float, float, float], variant: int) -> tuple[Board, ...]:
    """The seat between the arms, before the back cushions; with a cushion of its own, its other half."""
    w, d, h = size
    arm = min(0.2, 0.16 * w)
    # a cushion sinks a centimetre into the seat
    low, high = (-w / 2 + arm + 0.02, -d / 2 + 0.04), (w / 2 - arm - 0.02, 0.28 * d - 0.16)
    return (Board(0.6 * h - 0.055, 9.0, (0.02, low[1]) if variant == 1 else low, high),)


def bed_boards(size: tuple[float, float, float], variant: int) -> tuple[Board, ...]:
    """The blanket before the pillows."""
    del variant
    w, d, h = size
    return (Board(0.58 * h - 0.005, 9.0, (-w / 2 + 0.1, -0.4 * d), (w / 2 - 0.1, 0.14 * d)),)


CATEGORIES = (
    Category(
        "Sofa",
        build_sofa,
        (1.7, 0.85, 0.80),
        (2.3, 0.95, 0.92),
        "wall",
        f.FABRICS,
        f.BLANKETS,
        variants=2,
        boards=sofa_boards,
    ),
    Category("ArmChair", build_armchair, (0.8, 0.8, 0.85), (0.95, 0.9, 1.0), "free", f.FABRICS, f.WOODS, variants=2),
    Category("Chair", build_chair, (0.44, 0.46, 0.90), (0.50, 0.52, 1.02), "free", f.WOODS, f.FABRICS, variants=2),
    Category(
        "OfficeChair",
        build_office_chair,
        (0.6, 0.6, 1.0),
        (0.66, 0.66, 1.15),
        "free",
        (f.BLACK, *f.FABRICS[:2]),
        f.FABRICS,
    ),
    Category("Stool", build_stool, (0.36, 0.36, 0.45), (0.40, 0.40, 0.70), "free", f.WOODS, f.FABRICS),
    Category("Ottoman", build_ottoman, (0.5, 0.5, 0.40), (0.9, 0.6, 0.45), "free", f.FABRICS, f.FABRICS),
    Category(
        "Bed",
        build_bed,
        (1.0, 2.0, 0.95),
        (1.8, 2.15, 1.15),
        "wall",
        f.BLANKETS,
        (*f.WOODS, f.BLACK_WOOD),
        boards=bed_boards,
    ),
)
