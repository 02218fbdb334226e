"""Things to keep things in."""

from ipt.scenes.embedded.furniture import finishes as f
from ipt.scenes.embedded.furniture.pieces import Board, Category, Piece
from ipt.scenes.embedded.materials import Material
from ipt.scenes.embedded.meshes import MeshBuilder, rotation

FRONT = 0.02
"""Metres that a drawer or door front stands out."""
HANDLE = 0.022


def drawers(b: MeshBuilder, p: Piece, columns: int, rows: int, bottom: float, top: float, front: Material) -> None:
    """A grid of drawer fronts with handles on the local front, between the heights `bottom` and `top`."""
    w, d, _ = p.size
    width, height = (w - 0.04) / columns, (top - bottom) / rows
    y = -d / 2 + HANDLE + FRONT / 2
    for i in range(columns):
        for j in range(rows):
            x, z = -w / 2 + 0.02 + width * (i + 0.5), bottom + height * (j + 0.5)
            b.box((x, y, z), (width - 0.025, FRONT, height - 0.025), front, radius=0.006)
            b.box((x, -d / 2 + HANDLE / 2, z), (min(0.14, width * 0.4), HANDLE, 0.016), p.accent, radius=0.006)


def build_dresser(b: MeshBuilder, p: Piece) -> None:
    """A chest of drawers: two columns, one when narrow."""
    w, d, h = p.size
    body = d - HANDLE - FRONT
    b.box((0, d / 2 - body / 2, 0.06 + (h - 0.09) / 2), (w - 0.02, body, h - 0.09), p.main)
    b.box((0, 0, h - 0.015), (w, d, 0.03), p.tinted(1.1), radius=0.008)
    for x in (-1, 1):
        for y in (-1, 1):
            b.box((x * (w / 2 - 0.06), y * (d / 2 - 0.07), 0.035), (0.06, 0.06, 0.07), p.darker())
    drawers(b, p, 2 if w > 0.8 else 1, 3 if h < 1.0 else 4, 0.09, h - 0.04, p.tinted(1.18 if p.variant else 0.85))


def build_side_table(b: MeshBuilder, p: Piece) -> None:
    """A bedside table: one or two drawers, or (variant 1) a round top on one foot."""
    w, d, h = p.size
    if p.variant == 1:
        r = min(w, d) / 2
        b.lathe(
            (0, 0, 0), [(0, 0), (r * 0.7, 0), (r * 0.66, 0.02), (0.03, 0.05), (0.03, h - 0.03), (0, h - 0.03)], p.main
        )
        b.lathe((0, 0, h - 0.03), [(0, 0), (r, 0), (r, 0.03), (0, 0.03)], p.tinted(1.1), segments=28)
        return
    body = d - HANDLE - FRONT
    b.box((0, d / 2 - body / 2, h / 2 + 0.05), (w - 0.02, body, h - 0.14), p.main)
    b.box((0, 0, h - 0.012), (w, d, 0.024), p.tinted(1.1), radius=0.006)
    for x in (-1, 1):
        for y in (-1, 1):
            b.box((x * (w / 2 - 0.04), y * (d / 2 - 0.05), 0.07), (0.04, 0.04, 0.14), p.darker())
    drawers(b, p, 1, 2, 0.14, h - 0.04, p.tinted(0.85))


def build_wardrobe(b: MeshBuilder, p: Piece) -> None:
    """Two tall doors with handles, on a plinth."""
    w, d, h = p.size
    body = d - HANDLE - FRONT
    b.box((0, d / 2 - body / 2, h / 2), (w, body, h), p.main, radius=0.01)
    for side in (-1, 1):
        b.box(
            (side * w / 4, -d / 2 + HANDLE + FRONT / 2, h / 2 + 0.03),
            (w / 2 - 0.02, FRONT, h - 0.12),
            p.tinted(0.88),
            radius=0.006,
        )
        b.box((side * 0.05, -d / 2 + HANDLE / 2, h * 0.48), (0.018, HANDLE, 0.22), p.accent, radius=0.006)


def build_bookcase(b: MeshBuilder, p: Piece) -> None:
    """Sides, back, five or six boards, and rows of books with gaps."""
    w, d, h = p.size
    board = 0.025
    for side in (-1, 1):
        b.box((side * (w / 2 - board / 2), 0, h / 2), (board, d, h), p.main)
    b.box((0, d / 2 - 0.008, h / 2), (w - 2 * board, 0.016, h - 0.02), p.darker(0.8))
    shelves = max(3, round(h / 0.36))
    gap = (h - board) / shelves
    for k in range(shelves + 1):
        b.box((0, -0.002, board / 2 + k * gap), (w - 2 * board - 0.002, d - 0.02, board), p.tinted(1.08))
    for k, (begin, end, tall) in enumerate(_rows_of_books(p.size, p.variant)):
        b.box(
            ((begin + end) / 2, 0.015, board + k * gap + tall / 2 + 0.001),
            (end - begin, d * 0.7, tall),
            f.BOOKS[(k + p.variant) % 2],
        )


def _rows_of_books(size: tuple[float, float, float], variant: int) -> list[tuple[float, float, float]]:
    """Begin and end along the board, and height, of the books on every board of a bookcase, from below."""
    inner = size[0] - 0.05
    shelves = max(3, round(size[2] / 0.36))
    gap = (size[2] - 0.025) / shelves
    rows = []
    for k in range(shelves):
        filled = 0.35 + 0.6 * ((k * 7 + variant * 3) % 5) / 4
        tall = gap * (0.62 + 0.2 * ((k * 5 + variant) % 3) / 2)
        x = (-inner / 2 + inner * filled / 2 + 0.01) * (-1 if k % 2 else 1)
        half = (inner * filled - 0.02) / 2
        rows.append((x - half, x + half, tall))
    return rows


def bookcase_boards(size: tuple[float, float, float], variant: int) -> tuple[Board, ...]:
    """The parts of a bookcase's boards that hold no books."""
    w, d, h = size
    shelves = max(3, round(h / 0.36))
    gap = (h - 0.025) / shelves
    free = []
    for k, (begin, end, _) in enumerate(_rows_of_books(size, variant)):
        low, high = (end + 0.01, w / 2 - 0.035) if begin < -end else (-w / 2 + 0.035, begin - 0.01)
        free.append(Board(0.025 + k * gap, gap - 0.05, (low, -d / 2 + 0.02), (high, d / 2 - 0.03)))
    return tuple(free)


def build_shelf(b: MeshBuilder, p: Piece) -> None:
    """An open shelving unit: four posts and boards."""
    w, d, h = p.size
    for x in (-1, 1):
        for y in (-1, 1):
            b.box((x * (w / 2 - 0.02), y * (d / 2 - 0.02), h / 2), (0.04, 0.04, h), p.accent)
    boards = max(3, round(h / 0.45))
    for k in range(boards):
        z = 0.12 + k * (h - 0.18) / (boards - 1)
        b.box((0, 0, z), (w - 0.01, d - 0.01, 0.03), p.main)


def shelf_boards(size: tuple[float, float, float], variant: int) -> tuple[Board, ...]:
    """All boards of a shelving unit between its posts."""
    del variant
    w, d, h = size
    count = max(3, round(h / 0.45))
    step = (h - 0.18) / (count - 1)
    low, high = (-w / 2 + 0.05, -d / 2 + 0.02), (w / 2 - 0.05, d / 2 - 0.02)
    return tuple(Board(0.135 + k * step, step - 0.05 if k < count - 1 else 9.0, low, high) for k in range(count))


def build_cabinet(b: MeshBuilder, p: Piece) -> None:
    """A low cupboard with doors."""
    w, d, h = p.size
    body = d - HANDLE - FRONT
    b.box((0, d / 2 - body / 2, h / 2), (w - 0.01, body, h - 0.001), p.main, radius=0.006)
    count = max(1, round(w / 0.5))
    width = w / count
    for k in range(count):
        x = -w / 2 + width * (k + 0.5)
        b.box((x, -d / 2 + HANDLE + FRONT / 2, h / 2), (width - 0.03, FRONT, h - 0.07), p.tinted(0.9), radius=0.006)
        b.box(
            (x + (0.36 if k % 2 == 0 else -0.36) * width, -d / 2 + HANDLE / 2, h * 0.6), (0.016, HANDLE, 0.12), p.accent
        )


def build_tv_stand(b: MeshBuilder, p: Piece) -> None:
    """A long low board with an open middle."""
    w, d, h = p.size
    for z in (0.08, h - 0.015):
        b.box((0, 0, z), (w, d, 0.03), p.main, radius=0.006)
    b.box((0, d / 2 - 0.01, h / 2 + 0.03), (w - 0.04, 0.02, h - 0.13), p.darker(0.8))
    for side in (-1, 1):
        b.box((side * 0.35 * w, 0, h / 2 + 0.03), (0.29 * w, d - 0.05, h - 0.126), p.tinted(0.9), radius=0.006)
        b.box((side * 0.35 * w, -d / 2 + 0.013, h / 2 + 0.05), (0.14, 0.022, 0.016), p.accent)
        for y in (-1, 1):
            b.box((side * (w / 2 - 0.08), y * (d / 2 - 0.08), 0.033), (0.05, 0.05, 0.066), p.darker())


def build_box(b: MeshBuilder, p: Piece) -> None:
    """A cardboard box: closed with tape, or (variant 1) with its flaps up."""
    w, d, h = p.size
    if p.variant == 0:
        b.box((0, 0, h / 2 - 0.002), (w, d, h - 0.004), p.main, radius=0.004)
        b.box((0, 0, h - 0.004), (0.06, d - 0.01, 0.006), f.LINENS[0])
        return
    b.box((0, 0, 0.375 * h), (w * 0.86, d * 0.86, 0.75 * h), p.main, radius=0.004)
    for side in (-1, 1):
        b.box((side * 0.45 * w, 0, 0.86 * h), (0.01, d * 0.84, 0.26 * h), p.tinted(1.1), turn=rotation("y", side * 20))
        b.box((0, side * 0.44 * d, 0.86 * h), (w * 0.84, 0.01, 0.26 * h), p.tinted(1.1), turn=rotation("x", -side * 20))


def build_garbage_can(b: MeshBuilder, p: Piece) -> None:
    """An open bin, or (variant 1) one with a domed lid."""
    w, _, h = p.size
    r = w / 2
    if p.variant == 0:
        b.lathe(
            (0, 0, 0), [(0, 0), (0.78 * r, 0), (r, h), (0.92 * r, h), (0.72 * r, 0.03), (0, 0.03)], p.main, segments=20
        )
    else:
        b.lathe(
            (0, 0, 0),
            [(0, 0), (r, 0), (r, 0.8 * h), (0.9 * r, 0.9 * h), (0.5 * r, 0.98 * h), (0, h)],
            p.main,
            segments=20,
        )


def build_laundry_hamper(b: MeshBuilder, p: Piece) -> None:
    """A woven basket with a rim."""
    w, _, h = p.size
    r = w / 2
    b.lathe(
        (0, 0, 0),
        [
            (0, 0),
            (0.78 * r, 0),
            (0.94 * r, 0.94 * h),
            (r, 0.95 * h),
            (r, h),
            (0.88 * r, h),
            (0.74 * r, 0.06),
            (0, 0.06),
        ],
        p.main,
        segments=24,
    )


METALS = (f.STEEL, f.BRASS, f.BLACK)
BASKETS = (
    Material(color=(0.68, 0.54, 0.36), color2=(0.50, 0.38, 0.23), pattern="weave", scale=0.05),
    Material(color=(0.82, 0.78, 0.70), color2=(0.66, 0.60, 0.52), pattern="weave", scale=0.05),
)
CATEGORIES = (
    Category(
        "Dresser", build_dresser, (0.9, 0.45, 0.75), (1.4, 0.55, 1.1), "wall", (*f.WOODS, f.WHITE), METALS, variants=2
    ),
    Category(
        "SideTable", build_side_table, (0.42, 0.40, 0.48), (0.52, 0.46, 0.62), "wall", f.WOODS, METALS, variants=2
    ),
    Category("Wardrobe", build_wardrobe, (1.1, 0.58, 1.9), (1.6, 0.65, 2.15), "wall", (*f.WOODS, f.WHITE), METALS),
    Category(
        "Bookcase",
        build_bookcase,
        (0.8, 0.30, 1.6),
        (1.1, 0.36, 2.1),
        "wall",
        (*f.WOODS, f.WHITE),
        METALS,
        variants=4,
        boards=bookcase_boards,
    ),
    Category(
        "ShelvingUnit",
        build_shelf,
        (0.8, 0.38, 1.3),
        (1.1, 0.45, 1.8),
        "wall",
        f.WOODS,
        (f.BLACK, f.STEEL),
        boards=shelf_boards,
    ),
    Category("Cabinet", build_cabinet, (0.8, 0.40, 0.75), (1.3, 0.48, 0.95), "wall", (*f.WOODS, f.WHITE), METALS),
    Category("TVStand", build_tv_stand, (1.3, 0.42, 0.45), (1.8, 0.48, 0.55), "wall", (*f.WOODS, f.BLACK_WOOD), METALS),
    Category(
        "Box", build_box, (0.35, 0.30, 0.28), (0.55, 0.45, 0.45), "free", (f.CARDBOARD,), (f.CARDBOARD,), variants=2
    ),
    Category(
        "GarbageCan",
        build_garbage_can,
        (0.26, 0.26, 0.35),
        (0.34, 0.34, 0.60),
        "free",
        (f.STEEL, f.BLACK, f.WHITE),
        METALS,
        variants=2,
    ),
    Category("LaundryHamper", build_laundry_hamper, (0.4, 0.4, 0.5), (0.5, 0.5, 0.65), "free", BASKETS, METALS),
)
