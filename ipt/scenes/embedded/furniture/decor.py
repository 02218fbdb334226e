"""Lamps, plants, pictures, rugs, electronics."""

import math

from ipt.scenes.embedded.furniture import finishes as f
from ipt.scenes.embedded.furniture.pieces import Category, Piece
from ipt.scenes.embedded.meshes import MeshBuilder, rotation


def build_floor_lamp(b: MeshBuilder, p: Piece) -> None:
    """A heavy foot, a pole and a glowing shade (main): a cone, or (variant 1) a drum."""
    w, _, h = p.size
    r, tall = w / 2, min(0.42, 0.26 * h)
    pole = max(0.014, 0.05 * w)
    b.lathe(
        (0, 0, 0),
        [(0, 0), (0.8 * r, 0), (0.8 * r, 0.02), (0.5 * r, 0.045), (pole, 0.06), (pole, h - tall), (0, h - tall)],
        p.accent,
        segments=20,
    )
    top = r if p.variant == 1 else 0.6 * r
    b.lathe((0, 0, h - tall), [(0, 0.01), (r, 0), (top, tall), (0, tall - 0.01)], p.main, segments=24)


def build_desk_lamp(b: MeshBuilder, p: Piece) -> None:
    """A small table lamp with a shade."""
    build_floor_lamp(b, p)


def build_plant(b: MeshBuilder, p: Piece) -> None:
    """A pot (accent) with soil and a fountain of leaves (main)."""
    w, _, h = p.size
    pot, r = min(0.36 * h, 0.42), 0.27 * w
    b.lathe(
        (0, 0, 0),
        [
            (0, 0),
            (0.7 * r, 0),
            (0.95 * r, 0.88 * pot),
            (r, 0.9 * pot),
            (r, pot),
            (0.88 * r, pot),
            (0.86 * r, 0.9 * pot),
            (0, 0.9 * pot),
        ],
        p.accent,
        segments=20,
    )
    b.lathe((0, 0, 0.9 * pot), [(0, 0.001), (0.84 * r, 0.001), (0, 0.03)], f.SOIL, segments=12)
    leaves = 26
    for k in range(leaves):
        share = k / (leaves - 1)
        elevation = 82 - 64 * share
        rise, reach = math.sin(math.radians(elevation)), math.cos(math.radians(elevation))
        # the drooping tip stays inside the box: below its top, and half its width from the stem
        length = round(min((h - 0.93 * pot) / rise, 0.49 * w / (reach + 0.28 * rise)) * (1.0 - 0.08 * (k % 4)), 5)
        b.leaf(
            (0, 0, 0.92 * pot),
            length,
            0.21 * w,
            137.5 * k + 40 * p.variant,
            elevation,
            p.main if k % 3 else p.tinted(0.8),
        )
    b.ellipsoid(
        (0, 0, pot + 0.3 * (h - pot)), (0.15 * w, 0.15 * w, 0.3 * (h - pot)), p.tinted(0.72), segments=10, rings=6
    )


def build_painting(b: MeshBuilder, p: Piece) -> None:
    """A framed picture; its back is at the local y = depth / 2."""
    w, d, h = p.size
    edge = 0.045
    b.box((0, 0.25 * d, h / 2), (w - edge, d / 2, h - edge), p.main)
    for side in (-1, 1):
        b.box((0, 0, h / 2 + side * (h - edge) / 2), (w, d, edge), p.accent, radius=0.006)
        b.box((side * (w - edge) / 2, 0, h / 2), (edge, d, h - 2 * edge), p.accent, radius=0.006)


def build_rug(b: MeshBuilder, p: Piece) -> None:
    """A thin patterned rectangle with a border (accent)."""
    w, d, h = p.size
    b.box((0, 0, 0.4 * h), (w, d, 0.8 * h), p.accent)
    b.box((0, 0, 0.5 * h), (w - 0.16, d - 0.16, h), p.main)


def build_television(b: MeshBuilder, p: Piece) -> None:
    """A flat screen on a foot."""
    w, d, h = p.size
    b.box((0, 0, h / 2 + 0.04), (w, 0.045, h - 0.08), p.accent, radius=0.01)
    b.box((0, -0.022, h / 2 + 0.045), (w - 0.04, 0.008, h - 0.13), p.main)
    b.box((0, 0, 0.05), (0.1, 0.04, 0.1), p.accent)
    b.box((0, 0, 0.008), (0.4 * w, d, 0.016), p.accent, radius=0.006)


def build_laptop(b: MeshBuilder, p: Piece) -> None:
    """Keyboard half and screen half, open at 105 degrees."""
    w, d, h = p.size
    base = 0.68 * d
    b.box((0, -d / 2 + base / 2, 0.01), (w, base, 0.018), p.accent, radius=0.005)
    b.box((0, -d / 2 + base * 0.42, 0.0195), (w * 0.86, base * 0.5, 0.003), f.BLACK)
    turn = rotation("x", -14)
    b.box((0, d / 2 - 0.16 * d, h / 2 + 0.01), (w, 0.012, h * 0.97), p.accent, radius=0.004, turn=turn)
    b.box((0, d / 2 - 0.16 * d - 0.006, h / 2 + 0.01), (w * 0.92, 0.006, h * 0.86), p.main, turn=turn)


def build_mirror(b: MeshBuilder, p: Piece) -> None:
    """A framed mirror."""
    build_painting(b, p)


def build_clock(b: MeshBuilder, p: Piece) -> None:
    """A round wall clock."""
    w, d, h = p.size
    turn = rotation("x", 90)
    b.lathe(
        (0, d / 2, h / 2),
        [(0, 0), (w / 2, 0), (w / 2, d * 0.9), (w / 2 - 0.02, d * 0.9), (w / 2 - 0.02, d * 0.6), (0, d * 0.6)],
        p.main,
        segments=28,
        turn=turn,
    )
    b.box((0, -0.16 * d, h / 2 + 0.12 * h), (0.012, 0.006, 0.28 * h), f.BLACK)
    b.box((0.10 * w, -0.16 * d, h / 2), (0.22 * w, 0.007, 0.014), f.BLACK)


SHADES = (f.LAMPSHADE,)
FRAMES = (f.WALNUT, f.BLACK_WOOD, f.BRASS, f.WHITE)
CATEGORIES = (
    Category(
        "FloorLamp",
        build_floor_lamp,
        (0.4, 0.4, 1.5),
        (0.5, 0.5, 1.75),
        "free",
        SHADES,
        (f.BRASS, f.BLACK, f.STEEL),
        variants=2,
    ),
    Category(
        "DeskLamp",
        build_desk_lamp,
        (0.24, 0.24, 0.42),
        (0.3, 0.3, 0.55),
        "surface",
        SHADES,
        (f.BRASS, f.BLACK),
        variants=2,
    ),
    Category(
        "HousePlant",
        build_plant,
        (0.55, 0.55, 0.9),
        (0.8, 0.8, 1.4),
        "free",
        f.LEAVES,
        (f.TERRACOTTA, f.WHITE, f.BLACK),
        variants=3,
    ),
    Category("Painting", build_painting, (0.6, 0.04, 0.5), (1.2, 0.05, 0.8), "hung", f.PICTURES, FRAMES),
    Category("Mirror", build_mirror, (0.5, 0.04, 0.7), (0.7, 0.05, 0.9), "hung", (f.SILVERED,), FRAMES),
    Category("WallClock", build_clock, (0.3, 0.05, 0.3), (0.38, 0.05, 0.38), "hung", (f.WHITE, f.CREAM), FRAMES),
    Category(
        "Rug",
        build_rug,
        (1.6, 1.1, 0.012),
        (2.6, 1.8, 0.012),
        "flat",
        f.RUGS,
        f.FABRICS,
        is_furniture=True,
        is_ground=True,
    ),
    Category("Television", build_television, (1.0, 0.2, 0.64), (1.25, 0.24, 0.78), "surface", (f.SCREEN,), (f.BLACK,)),
    Category(
        "Laptop",
        build_laptop,
        (0.34, 0.34, 0.24),
        (0.38, 0.36, 0.26),
        "surface",
        (f.SCREEN, f.paint((0.35, 0.50, 0.70), 0.5)),
        (f.STEEL, f.BLACK),
    ),
)
