"""All categories of furniture, by name."""

from ipt.scenes.embedded.furniture import (
    decor,
    household,
    kitchen_bath,
    kitchen_things,
    leisure,
    seating,
    small,
    storage,
    tables,
    wall_things,
)
from ipt.scenes.embedded.furniture.pieces import Category

GROUPS = (seating, storage, tables, decor, kitchen_bath, kitchen_things, small, household, leisure, wall_things)
CATALOG: dict[str, Category] = {category.name: category for group in GROUPS for category in group.CATEGORIES}
"""Every category the embedded simulator knows."""
