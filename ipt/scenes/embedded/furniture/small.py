"""Small things that stand on others."""

from ipt.scenes.embedded.furniture import finishes as f
from ipt.scenes.embedded.furniture.pieces import Category, Piece
from ipt.scenes.embedded.meshes import MeshBuilder


def build_mug(b: MeshBuilder, p: Piece) -> None:
    """A cup with a handle."""
    w, d, h = p.size
    r = d / 2
    x = -w / 2 + r
    b.lathe(
        (x, 0, 0),
        [(0, 0), (0.9 * r, 0), (r, 0.1 * h), (r, h), (0.88 * r, h), (0.85 * r, 0.12 * h), (0, 0.12 * h)],
        p.main,
        segments=18,
    )
    for z in (0.28, 0.74):
        b.box((w / 2 - (w - d) / 2 - 0.002, 0, z * h), (w - d + 0.006, 0.014, 0.1 * h), p.main)
    b.box((w / 2 - 0.006, 0, 0.51 * h), (0.012, 0.014, 0.4 * h), p.main)


def build_bowl(b: MeshBuilder, p: Piece) -> None:
    """A bowl with three fruits."""
    w, _, h = p.size
    r = w / 2
    b.lathe(
        (0, 0, 0),
        [
            (0, 0),
            (0.4 * r, 0),
            (0.75 * r, 0.3 * h),
            (0.97 * r, 0.75 * h),
            (r, 0.8 * h),
            (0.93 * r, 0.8 * h),
            (0.65 * r, 0.4 * h),
            (0, 0.15 * h),
        ],
        p.main,
        segments=24,
    )
    for k, color in enumerate(((0.80, 0.22, 0.16), (0.52, 0.68, 0.24), (0.92, 0.76, 0.24))):
        b.ellipsoid(
            ((0.36, -0.18, -0.18)[k] * r, (0.0, 0.32, -0.32)[k] * r, 0.62 * h),
            (0.3 * r, 0.3 * r, 0.36 * h),
            f.paint(color),
            segments=12,
            rings=6,
        )


def build_vase(b: MeshBuilder, p: Piece) -> None:
    """A round-bellied vase."""
    w, _, h = p.size
    r = w / 2
    b.lathe(
        (0, 0, 0),
        [
            (0, 0),
            (0.6 * r, 0),
            (r, 0.3 * h),
            (0.94 * r, 0.5 * h),
            (0.45 * r, 0.82 * h),
            (0.6 * r, h),
            (0.5 * r, h),
            (0.36 * r, 0.82 * h),
            (0, 0.7 * h),
        ],
        p.main,
        segments=24,
    )


def build_book(b: MeshBuilder, p: Piece) -> None:
    """A lying book, or (variant 1) a stack of three."""
    w, d, h = p.size
    count = 3 if p.variant else 1
    thick = h / count
    for k in range(count):
        cover = (p.main, p.accent, p.tinted(0.7))[k]
        wide, deep = w - 0.01 - 0.02 * k, d - 0.02 * k
        x, low, high, board = 0.004 * k, k * thick, (k + 1) * thick - 0.002, 0.004
        for z in (low + board / 2, high - board / 2):
            b.box((x, 0, z), (wide, deep, board), cover)
        b.box((x - wide / 2 + board / 2, 0, (low + high) / 2), (board, deep, high - low - 2 * board), cover)
        b.box((x, 0, (low + high) / 2), (wide - 0.012, deep - 0.012, high - low - board), f.LINENS[0])  # the pages
    b.box((x, 0.22 * deep, high), (0.6 * wide, 0.12 * deep, 0.002), f.LINENS[0])  # the title


def build_kettle(b: MeshBuilder, p: Piece) -> None:
    """A kettle with spout and grip."""
    w, d, h = p.size
    r = d / 2
    b.lathe(
        (0, 0, 0),
        [
            (0, 0),
            (0.9 * r, 0),
            (r, 0.1 * h),
            (0.85 * r, 0.66 * h),
            (0.5 * r, 0.88 * h),
            (0.15 * r, 0.93 * h),
            (0.15 * r, h),
            (0, h),
        ],
        p.main,
        segments=22,
    )
    b.box((w / 2 - 0.014, 0, 0.5 * h), (0.024, 0.024, 0.5 * h), f.BLACK, radius=0.006)
    b.box((w / 2 - 0.03, 0, 0.74 * h), (0.05, 0.022, 0.022), f.BLACK)
    b.box((-w / 2 + 0.03, 0, 0.56 * h), (0.06, 0.03, 0.06), p.main, radius=0.01)


def build_candle(b: MeshBuilder, p: Piece) -> None:
    """A thick candle on a plate."""
    w, _, h = p.size
    b.lathe((0, 0, 0), [(0, 0), (w / 2, 0), (w / 2, 0.012), (0, 0.012)], p.accent, segments=18)
    b.cylinder((0, 0, 0.012), 0.36 * w, h - 0.032, p.main)
    b.cylinder((0, 0, h - 0.02), 0.003, 0.02, f.BLACK, segments=6)


def build_plate(b: MeshBuilder, p: Piece) -> None:
    """A flat plate."""
    w, _, h = p.size
    r = w / 2
    b.lathe(
        (0, 0, 0),
        [(0, 0), (0.6 * r, 0), (0.96 * r, 0.8 * h), (r, h), (0.94 * r, h), (0.6 * r, 0.45 * h), (0, 0.4 * h)],
        p.main,
        segments=26,
    )
    b.cylinder((0, 0, 0.3 * h), 0.56 * r, 0.17 * h, p.tinted(0.86), segments=26)


def build_soap_bottle(b: MeshBuilder, p: Piece) -> None:
    """A bottle with a pump."""
    w, _, h = p.size
    r = w / 2
    b.lathe(
        (0, 0, 0),
        [(0, 0), (r, 0), (r, 0.6 * h), (0.4 * r, 0.72 * h), (0.4 * r, 0.8 * h), (0, 0.8 * h)],
        p.main,
        segments=16,
    )
    b.cylinder((0, 0, 0.8 * h), 0.12 * r, 0.16 * h, p.accent, segments=8)
    b.box((-0.3 * r, 0, 0.97 * h), (0.9 * r, 0.3 * r, 0.06 * h), p.accent)


GLAZES = (
    f.paint((0.76, 0.26, 0.22), 0.5),
    f.paint((0.28, 0.46, 0.64), 0.5),
    f.paint((0.90, 0.88, 0.82), 0.5),
    f.paint((0.44, 0.58, 0.30), 0.5),
)
METALS = (f.STEEL, f.BLACK)
COVERS = (f.paint((0.62, 0.20, 0.18)), f.paint((0.18, 0.34, 0.52)), f.paint((0.78, 0.64, 0.30)))
CATEGORIES = (
    Category("Mug", build_mug, (0.12, 0.085, 0.095), (0.13, 0.09, 0.10), "surface", GLAZES, GLAZES),
    Category("Bowl", build_bowl, (0.26, 0.26, 0.12), (0.32, 0.32, 0.14), "surface", GLAZES, GLAZES),
    Category("Vase", build_vase, (0.14, 0.14, 0.26), (0.2, 0.2, 0.38), "surface", GLAZES, GLAZES),
    Category("Book", build_book, (0.16, 0.23, 0.035), (0.19, 0.26, 0.11), "surface", COVERS, COVERS, variants=2),
    Category("Kettle", build_kettle, (0.26, 0.19, 0.22), (0.28, 0.2, 0.25), "surface", (f.STEEL, *GLAZES[:1]), METALS),
    Category("Candle", build_candle, (0.11, 0.11, 0.14), (0.13, 0.13, 0.2), "surface", (f.CREAM, f.LAMPSHADE), METALS),
    Category(
        "Plate", build_plate, (0.24, 0.24, 0.025), (0.27, 0.27, 0.03), "surface", (f.PORCELAIN, *GLAZES[1:2]), METALS
    ),
    Category(
        "SoapBottle", build_soap_bottle, (0.07, 0.07, 0.18), (0.08, 0.08, 0.21), "surface", GLAZES, (f.WHITE, f.BLACK)
    ),
)
