"""Finishes that furniture is drawn from."""

from ipt.scenes.embedded.materials import Color, Material


def wood(color: Color, color2: Color) -> Material:
    """Polished wood with grain."""
    return Material(color=color, color2=color2, pattern="wood", scale=0.5, shine=0.15)


def fabric(color: Color, factor: float = 0.85) -> Material:
    """Woven cloth."""
    red, green, blue = (round(channel * factor, 3) for channel in color)
    return Material(color=color, color2=(red, green, blue), pattern="weave", scale=0.02)


def paint(color: Color, shine: float = 0.25) -> Material:
    """An even coat."""
    return Material(color=color, shine=shine)


OAK = wood((0.66, 0.48, 0.30), (0.54, 0.37, 0.21))
WALNUT = wood((0.42, 0.28, 0.18), (0.31, 0.20, 0.12))
PINE = wood((0.80, 0.65, 0.44), (0.70, 0.54, 0.34))
BLACK_WOOD = wood((0.20, 0.17, 0.15), (0.14, 0.12, 0.10))
WOODS = (OAK, WALNUT, PINE)

FABRICS = (
    fabric((0.28, 0.36, 0.46)),
    fabric((0.58, 0.27, 0.20)),
    fabric((0.44, 0.46, 0.40)),
    fabric((0.70, 0.62, 0.50)),
    fabric((0.30, 0.42, 0.36)),
)
LINENS = (fabric((0.90, 0.88, 0.84), 0.93), fabric((0.78, 0.80, 0.84), 0.93))
BLANKETS = (
    Material(color=(0.30, 0.46, 0.40), color2=(0.82, 0.80, 0.72), pattern="stripes", scale=0.28),
    Material(color=(0.62, 0.30, 0.34), color2=(0.84, 0.78, 0.72), pattern="stripes", scale=0.36),
    fabric((0.36, 0.44, 0.60)),
    Material(color=(0.80, 0.70, 0.42), color2=(0.86, 0.80, 0.64), pattern="diamonds", scale=0.3),
)

WHITE = paint((0.92, 0.92, 0.90))
CREAM = paint((0.88, 0.84, 0.76))
PORCELAIN = paint((0.95, 0.95, 0.94), 0.6)
STEEL = paint((0.68, 0.70, 0.72), 0.7)
DARK_STEEL = paint((0.36, 0.37, 0.39), 0.6)
BLACK = paint((0.10, 0.10, 0.11), 0.4)
SCREEN = paint((0.07, 0.08, 0.11), 0.9)
FROSTED = Material(color=(0.80, 0.87, 0.89), color2=(0.86, 0.92, 0.93), pattern="noise", scale=0.02, shine=0.4)
SILVERED = Material(color=(0.78, 0.84, 0.88), pattern="mirror", shine=0.9)
BRASS = paint((0.72, 0.58, 0.30), 0.7)
MARBLE = Material(color=(0.90, 0.90, 0.88), color2=(0.62, 0.62, 0.64), pattern="marble", scale=0.8, shine=0.4)
GRANITE = Material(color=(0.34, 0.34, 0.36), color2=(0.22, 0.22, 0.24), pattern="noise", scale=0.02, shine=0.4)
LAMPSHADE = Material(color=(0.97, 0.92, 0.78), glow=0.55)
LEAF = Material(color=(0.24, 0.50, 0.20), color2=(0.16, 0.38, 0.14), pattern="noise", scale=0.05)
LEAVES = (LEAF, Material(color=(0.34, 0.55, 0.26), color2=(0.24, 0.42, 0.18), pattern="noise", scale=0.04))
TERRACOTTA = Material(color=(0.72, 0.42, 0.28), color2=(0.66, 0.37, 0.25), pattern="noise", scale=0.05)
SOIL = Material(color=(0.26, 0.18, 0.12), color2=(0.18, 0.12, 0.08), pattern="noise", scale=0.02)
COFFEE = paint((0.22, 0.13, 0.08), 0.8)
CRUST = Material(color=(0.76, 0.52, 0.26), color2=(0.66, 0.42, 0.19), pattern="noise", scale=0.05)
CRUMB = paint((0.93, 0.84, 0.64), 0.0)
BRICK = Material(color=(0.62, 0.30, 0.22), color2=(0.80, 0.76, 0.70), pattern="bricks", scale=0.2)
FLAME = Material(color=(1.0, 0.62, 0.16), glow=0.9)
SHOES = (
    paint((0.80, 0.80, 0.78)),
    paint((0.30, 0.20, 0.14), 0.3),
    paint((0.66, 0.16, 0.16)),
    paint((0.16, 0.22, 0.40)),
)
CARDBOARD = Material(color=(0.72, 0.57, 0.39), color2=(0.68, 0.53, 0.36), pattern="noise", scale=0.1)
BOOKS = (
    Material(color=(0.62, 0.25, 0.20), color2=(0.22, 0.36, 0.52), pattern="books", scale=0.035),
    Material(color=(0.24, 0.40, 0.30), color2=(0.76, 0.66, 0.46), pattern="books", scale=0.04),
)
PICTURES = (
    Material(color=(0.92, 0.82, 0.55), color2=(0.22, 0.34, 0.56), pattern="picture", scale=0.7),
    Material(color=(0.86, 0.52, 0.36), color2=(0.18, 0.38, 0.34), pattern="picture", scale=0.5),
    Material(color=(0.60, 0.72, 0.84), color2=(0.30, 0.44, 0.22), pattern="picture", scale=0.9),
    Material(color=(0.84, 0.80, 0.74), color2=(0.62, 0.22, 0.24), pattern="marble", scale=0.5),
)
RUGS = (
    Material(color=(0.60, 0.26, 0.22), color2=(0.86, 0.78, 0.62), pattern="diamonds", scale=0.4),
    Material(color=(0.26, 0.36, 0.50), color2=(0.78, 0.78, 0.74), pattern="diamonds", scale=0.5),
    Material(color=(0.76, 0.72, 0.64), color2=(0.60, 0.56, 0.50), pattern="stripes", scale=0.3),
)
