"""Kitchen and bathroom."""

from ipt.scenes.embedded.furniture import finishes as f
from ipt.scenes.embedded.furniture.pieces import Board, Category, Piece
from ipt.scenes.embedded.furniture.storage import FRONT, HANDLE, METALS
from ipt.scenes.embedded.meshes import MeshBuilder, rotation


def build_fridge(b: MeshBuilder, p: Piece) -> None:
    """Freezer and refrigerator doors with long handles."""
    w, d, h = p.size
    door, grip = 0.05, 0.045
    body = d - door - grip
    b.box((0, d / 2 - body / 2, h / 2 + 0.01), (w, body, h - 0.02), p.main, radius=0.02)
    b.box((0, d / 2 - body / 2, 0.015), (w - 0.06, body - 0.06, 0.03), f.BLACK)
    split = 0.36 * h
    y = -d / 2 + grip + door / 2
    b.box((0, y, (0.03 + split) / 2), (w - 0.01, door - 0.004, split - 0.05), p.tinted(1.05), radius=0.015)
    b.box((0, y, (split + h) / 2), (w - 0.01, door - 0.004, h - split - 0.02), p.tinted(1.05), radius=0.015)
    for bottom, length in ((split - 0.42, 0.34), (split + 0.08, 0.5)):
        b.box((-0.4 * w, -d / 2 + 0.012, bottom + length / 2), (0.026, 0.022, length), p.accent, radius=0.008)
        for end in (0.03, length - 0.03):
            b.box((-0.4 * w, -d / 2 + 0.033, bottom + end), (0.018, 0.03, 0.02), p.accent)


def build_stove(b: MeshBuilder, p: Piece) -> None:
    """An oven with a window, a row of knobs and four burners."""
    w, d, h = p.size
    body = d - 0.05
    b.box((0, d / 2 - body / 2, h / 2 - 0.01), (w, body, h - 0.02), p.main, radius=0.008)
    y = -d / 2 + 0.04
    b.box((0, y, 0.42 * h), (w - 0.05, 0.03, 0.58 * h), f.BLACK, radius=0.01)
    b.box((0, y - 0.016, 0.42 * h), (w - 0.16, 0.006, 0.34 * h), f.SCREEN)
    b.cylinder((-0.4 * w, -d / 2 + 0.012, 0.72 * h), 0.011, 0.8 * w, f.STEEL, segments=8, turn=rotation("y", 90))
    for k in range(5):
        b.cylinder(
            ((k - 2) * 0.16 * w, -d / 2 + 0.05, 0.84 * h), 0.02, 0.035, f.BLACK, segments=10, turn=rotation("x", 90)
        )
    b.box((0, 0.025, h - 0.012), (w - 0.01, body - 0.02, 0.014), f.BLACK)
    for x in (-1, 1):
        for z in (-1, 1):
            b.lathe(
                (x * 0.23 * w, 0.03 + z * 0.2 * d, h - 0.006),
                [(0, 0), (0.15 * w, 0), (0.15 * w, 0.006), (0.11 * w, 0.006), (0.11 * w, 0.002), (0, 0.002)],
                f.DARK_STEEL,
                segments=18,
            )
    if p.variant:
        b.box((0, d / 2 - 0.02, h + 0.07), (w, 0.04, 0.14), p.main)


def build_counter(b: MeshBuilder, p: Piece) -> None:
    """Base cabinets with doors and drawers under a stone top (accent)."""
    w, d, h = p.size
    b.box((0, 0.02, (h + 0.06) / 2), (w - 0.004, d - 0.08, h - 0.14), p.main)
    b.box((0, 0.05, 0.05), (w - 0.02, d - 0.14, 0.1), f.BLACK)
    b.box((0, 0, h - 0.02), (w, d, 0.04), p.accent, radius=0.006)
    count = max(1, round(w / 0.55))
    width = w / count
    y = -d / 2 + 0.03 + HANDLE
    for k in range(count):
        x = -w / 2 + width * (k + 0.5)
        b.box((x, y, 0.40 * h + 0.03), (width - 0.02, FRONT, 0.56 * h), p.tinted(0.97), radius=0.005)
        b.box((x, y, 0.83 * h), (width - 0.02, FRONT, 0.16 * h), p.tinted(0.97), radius=0.005)
        b.box((x, y - 0.02, 0.83 * h), (0.14, 0.018, 0.014), f.STEEL)
        b.box((x + (0.38 if k % 2 == 0 else -0.38) * width, y - 0.02, 0.56 * h), (0.014, 0.018, 0.12), f.STEEL)


def build_wall_cabinet(b: MeshBuilder, p: Piece) -> None:
    """Upper kitchen cabinets, hung on the wall."""
    w, d, h = p.size
    b.box((0, HANDLE / 2 + FRONT / 2, h / 2), (w, d - HANDLE - FRONT, h), p.main)
    count = max(1, round(w / 0.5))
    width = w / count
    for k in range(count):
        x = -w / 2 + width * (k + 0.5)
        b.box((x, -d / 2 + HANDLE + FRONT / 2, h / 2), (width - 0.02, FRONT, h - 0.02), p.tinted(0.97), radius=0.005)
        b.box((x + (0.38 if k % 2 == 0 else -0.38) * width, -d / 2 + HANDLE / 2, 0.12), (0.014, HANDLE, 0.12), f.STEEL)


def _bowl(b: MeshBuilder, z: float, r: float, deep: float, p: Piece) -> None:
    b.lathe(
        (0, 0, z),
        [
            (0, 0),
            (0.55 * r, 0),
            (0.85 * r, 0.35 * deep),
            (r, 0.95 * deep),
            (r, deep),
            (0.9 * r, deep),
            (0.75 * r, 0.4 * deep),
            (0.4 * r, 0.12 * deep),
            (0, 0.1 * deep),
        ],
        p.main,
        segments=28,
    )


def build_sink(b: MeshBuilder, p: Piece) -> None:
    """A pedestal washbasin with a tap, or (variant 1) a steel basin to set into a counter."""
    w, d, h = p.size
    r = min(w, d - 0.08) / 2
    tap, deep = 0.22, min(0.16, 0.5 * h)
    rim = h - tap
    if p.variant == 0:
        b.lathe(
            (0, 0, 0),
            [(0, 0), (0.5 * r, 0), (0.45 * r, 0.03), (0.3 * r, 0.12), (0.3 * r, rim - deep), (0, rim - deep)],
            p.main,
            segments=20,
        )
    _bowl(b, rim - deep, r, deep, p)
    b.box((0, d / 2 - 0.05, rim - 0.03), (0.5 * w, 0.1, 0.06), p.main, radius=0.02)
    b.cylinder((0, d / 2 - 0.05, rim), 0.018, tap - 0.02, f.STEEL, segments=10)
    b.box((0, d / 2 - 0.05 - 0.07, h - 0.015), (0.026, 0.18, 0.028), f.STEEL, radius=0.008)
    for side in (-1, 1):
        b.cylinder((side * 0.09, d / 2 - 0.05, rim), 0.02, 0.06, f.STEEL, segments=10)


def build_toilet(b: MeshBuilder, p: Piece) -> None:
    """Bowl, seat, cistern and raised lid."""
    w, d, h = p.size
    r, seat = 0.46 * w, 0.5 * h
    y = -d / 2 + 1.05 * r
    b.lathe(
        (0, y, 0),
        [
            (0, 0),
            (0.62 * r, 0),
            (0.55 * r, 0.12 * h),
            (0.7 * r, 0.3 * h),
            (r, 0.46 * h),
            (r, seat),
            (0.74 * r, seat),
            (0.6 * r, 0.4 * h),
            (0, 0.3 * h),
        ],
        p.main,
        segments=28,
    )
    b.lathe(
        (0, y, seat + 0.002),
        [(0.7 * r, 0), (1.05 * r, 0), (1.05 * r, 0.025), (0.7 * r, 0.025), (0.7 * r, 0.0)],
        f.WHITE,
        segments=28,
    )
    b.box((0, d / 2 - 0.16, seat / 2), (0.62 * w, 0.3, seat), p.main, radius=0.05)
    b.box((0, d / 2 - 0.09, (seat + h) / 2 - 0.01), (w, 0.18, h - seat - 0.03), p.main, radius=0.035, steps=2)
    b.box((0, d / 2 - 0.09, h - 0.014), (w, 0.18, 0.028), f.WHITE, radius=0.01)


def build_bathtub(b: MeshBuilder, p: Piece) -> None:
    """A tub open at the top with a tap at its right end."""
    w, d, h = p.size
    rim = h - 0.14
    wall = 0.09
    for side in (-1, 1):
        b.box((side * (w / 2 - wall / 2), 0, rim / 2), (wall, d, rim), p.main, radius=0.03, steps=2)
        b.box((0, side * (d / 2 - wall / 2), rim / 2), (w - 0.02, wall, rim), p.main, radius=0.03, steps=2)
    b.box((0, 0, 0.09), (w - 0.08, d - 0.08, 0.14), p.tinted(0.92))
    b.cylinder((w / 2 - 0.05, 0, rim), 0.02, 0.1, f.STEEL, segments=10)
    b.box((w / 2 - 0.12, 0, h - 0.02), (0.2, 0.036, 0.032), f.STEEL, radius=0.01)


def build_shower(b: MeshBuilder, p: Piece) -> None:
    """A corner shower: tray, framed clear panes with a frosted band, a pole with a head."""
    w, d, h = p.size
    b.box((0, 0, 0.06), (w, d, 0.12), p.main, radius=0.02)
    post = 0.035
    for x, y in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        b.box((x * (w - post) / 2, y * (d - post) / 2, h / 2 + 0.05), (post, post, h - 0.1), p.accent)
    for x in (-1, 1):
        b.box((x * (w - post) / 2, 0, h - 0.02), (post, d - 2 * post, 0.04), p.accent)
        b.box((x * (w - post) / 2, 0, 1.05), (0.008, d - 2 * post, 0.5), f.FROSTED)
    b.box((0, -(d - post) / 2, h - 0.02), (w - 2 * post, post, 0.04), p.accent)
    b.box((0, -(d - post) / 2, 1.05), (w - 2 * post, 0.008, 0.5), f.FROSTED)
    b.box((0.3 * w, -d / 2 + 0.006, 1.05), (0.02, 0.012, 0.3), p.accent)  # the grip of the door
    b.cylinder((0, d / 2 - 0.06, 0.9), 0.014, h - 1.0, f.STEEL, segments=8)
    b.cylinder((0, d / 2 - 0.16, h - 0.16), 0.09, 0.03, f.STEEL, segments=16)
    b.box((0, d / 2 - 0.11, h - 0.12), (0.022, 0.12, 0.022), f.STEEL)


def build_microwave(b: MeshBuilder, p: Piece) -> None:
    """A box with a dark window, a grip and a panel."""
    w, d, h = p.size
    b.box((0, 0.01, h / 2), (w, d - 0.02, h), p.main, radius=0.012)
    b.box((-0.1 * w, -d / 2 + 0.008, h / 2), (0.66 * w, 0.014, 0.76 * h), f.SCREEN)
    b.box((0.36 * w, -d / 2 + 0.009, h / 2), (0.2 * w, 0.01, 0.76 * h), f.BLACK)


def build_towel(b: MeshBuilder, p: Piece) -> None:
    """A towel over a rail."""
    w, d, h = p.size
    b.cylinder((-w / 2, d / 2 - 0.05, h - 0.02), 0.01, w, p.accent, segments=8, turn=rotation("y", 90))
    b.box((0, d / 2 - 0.05, h / 2 - 0.005), (0.7 * w, 0.05, h - 0.01), p.main, radius=0.018)
    for side in (-1, 1):
        b.box((side * (w / 2 - 0.02), d / 2 - 0.02, h - 0.02), (0.03, 0.04, 0.03), p.accent)


def cistern_boards(size: tuple[float, float, float], variant: int) -> tuple[Board, ...]:
    """The lid of a toilet's cistern."""
    del variant
    w, d, h = size
    return (Board(h, 9.0, (-w / 2 + 0.01, d / 2 - 0.175), (w / 2 - 0.01, d / 2 - 0.005)),)


def stove_boards(size: tuple[float, float, float], variant: int) -> tuple[Board, ...]:
    """The left and the right burners."""
    del variant
    w, d, h = size
    near, far = -0.42 * d, 0.46 * d
    return (Board(h, 9.0, (-0.49 * w, near), (0.0, far)), Board(h, 9.0, (0.0, near), (0.49 * w, far)))


WHITES = (f.PORCELAIN,)
KITCHEN = (f.WHITE, f.CREAM, f.OAK, f.paint((0.42, 0.52, 0.50), 0.2))
CATEGORIES = (
    Category("Fridge", build_fridge, (0.7, 0.70, 1.7), (0.85, 0.78, 1.95), "wall", (f.STEEL, f.WHITE), (f.DARK_STEEL,)),
    Category(
        "Stove",
        build_stove,
        (0.6, 0.62, 0.9),
        (0.7, 0.64, 0.9),
        "wall",
        (f.STEEL, f.WHITE),
        METALS,
        boards=stove_boards,
    ),
    Category(
        "CounterTop", build_counter, (0.6, 0.62, 0.9), (3.0, 0.64, 0.9), "wall", KITCHEN, (f.MARBLE, f.GRANITE, f.OAK)
    ),
    Category("WallCabinet", build_wall_cabinet, (0.6, 0.34, 0.6), (2.4, 0.36, 0.7), "hung", KITCHEN, METALS),
    Category("Sink", build_sink, (0.5, 0.48, 1.05), (0.6, 0.54, 1.1), "wall", WHITES, METALS),
    Category(
        "Toilet", build_toilet, (0.40, 0.68, 0.80), (0.44, 0.72, 0.86), "wall", WHITES, METALS, boards=cistern_boards
    ),
    Category("Bathtub", build_bathtub, (1.6, 0.75, 0.7), (1.8, 0.85, 0.74), "wall", WHITES, METALS),
    Category("Shower", build_shower, (0.9, 0.9, 2.1), (1.0, 1.0, 2.2), "wall", WHITES, (f.STEEL, f.BLACK)),
    Category(
        "Microwave",
        build_microwave,
        (0.46, 0.34, 0.27),
        (0.52, 0.38, 0.30),
        "surface",
        (f.STEEL, f.WHITE, f.BLACK),
        METALS,
    ),
    Category("Towel", build_towel, (0.5, 0.1, 0.5), (0.6, 0.1, 0.6), "hung", f.LINENS + f.FABRICS[:2], METALS),
)
