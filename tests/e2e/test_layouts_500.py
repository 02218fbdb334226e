"""The checks of layouts on 500 seeds (`tests/unit/scenes/test_layouts.py` has 40)."""

import pytest

from ipt.config import EnvironmentConfig
from ipt.scenes.embedded.description import validate
from ipt.scenes.embedded.furniture import CATALOG
from ipt.scenes.embedded.generate import generate_scene
from ipt.scenes.embedded.scene import EmbeddedScene
from tests.unit.scenes.layout_checks import (
    faces_in_one_plane,
    floating,
    interpenetrating,
    meshes_in_each_other,
    outside,
)

pytestmark = pytest.mark.e2e
CHECKS = (interpenetrating, outside, floating)
MESH_EVERY = 10
"""Every so many scenes the meshes are checked too."""


@pytest.mark.parametrize(
    ("layout", "style", "count"),
    [("house", "standard", 175), ("house", "alternate", 125), ("room", "standard", 100), ("room", "alternate", 100)],
)
def test_layouts_hold_on_many_seeds(layout, style, count):
    wrong = {}
    settings = EnvironmentConfig(layout=layout, style=style)
    for index in range(count):
        scene = generate_scene(f"embedded-{layout}-{style}/val/{index:05d}", settings)
        validate(scene, CATALOG)
        found = {check.__name__: result for check in CHECKS if (result := check(scene))}
        if index % MESH_EVERY == 0:
            built = EmbeddedScene(scene)
            for check in (meshes_in_each_other, faces_in_one_plane):
                if result := check(built):
                    found[check.__name__] = result
        if found:
            wrong[scene.scene_id] = found
    assert wrong == {}
