"""Every category's mesh is a closed solid, wound outwards, that fills the box it was asked to fill."""

from collections import Counter

import numpy as np
import pytest

from ipt.scenes.embedded.furniture import CATALOG
from ipt.scenes.embedded.furniture.pieces import Piece
from ipt.scenes.embedded.meshes import Mesh, MeshBuilder

ROUND = {"DiningTable", "CoffeeTable", "SideTable"}


def build(name: str, variant: int, largest: bool) -> tuple[tuple[float, float, float], Mesh]:
    category = CATALOG[name]
    size = category.largest if largest else category.smallest
    if name in ROUND and variant == 1:
        size = (size[1], size[1], size[2])
    builder = MeshBuilder()
    builder.begin()
    category.build(builder, Piece(size, category.mains[0], category.accents[0], variant))
    return size, builder.mesh()


CASES = [(name, variant) for name, category in CATALOG.items() for variant in range(category.variants)]


def test_there_are_at_least_70_categories():
    assert len(CATALOG) >= 70


@pytest.mark.parametrize(("name", "variant"), CASES)
@pytest.mark.parametrize("largest", [False, True])
def test_mesh_fills_its_box_and_stands_on_the_ground(name, variant, largest):
    size, mesh = build(name, variant, largest)
    wanted = np.array([-size[0] / 2, -size[1] / 2, 0.0, size[0] / 2, size[1] / 2, size[2]])
    excess = (mesh.boxes[0] - wanted) * np.array([-1, -1, -1, 1, 1, 1])
    assert excess.max() < 0.005, "sticks out of its box"
    assert abs(mesh.boxes[0][2]) < 0.005, "floats, or sinks in"
    assert excess.min() > -0.1 * max(size), "leaves much of its box empty"


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_mesh_is_closed_and_faces_outwards(name, variant):
    _, mesh = build(name, variant, False)
    numbers: dict[tuple[float, ...], int] = {}
    corner = np.array([numbers.setdefault(tuple(vertex), len(numbers)) for vertex in mesh.vertices.tolist()])
    balance: Counter[tuple[int, int]] = Counter()
    for face in corner[mesh.faces].tolist():
        for a, b in zip(face, face[1:] + face[:1], strict=True):
            balance[min(a, b), max(a, b)] += 1 if a < b else -1
    assert not any(balance.values()), "an edge lacks its opposite: the surface has a hole or a face is flipped"
    tips = mesh.vertices[mesh.faces].astype(float)
    volume = np.sum(tips[:, 0] * np.cross(tips[:, 1], tips[:, 2])) / 6
    assert volume > 0
