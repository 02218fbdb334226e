"""Conditions of perspective taking that box rooms do not meet by themselves: whitelist, floors, both sides."""

from dataclasses import replace

import pytest

from ipt.config import PetConfig
from ipt.scenes.embedded.furniture import CATALOG
from ipt.tasks.interface import SceneContext, Yields
from ipt.tasks.pet import GENERATOR
from ipt.tasks.pet_conditions import both_sides, single_floor, subjects
from ipt.tasks.visibility import Visible
from ipt.tasks.whitelist import STRUCTURE, WHITELIST, letters
from tests.unit.tasks.box_scene import BoxScene
from tests.unit.tasks.conftest import CONFIG

BOXES = [("Sofa", (1.0, 1.0, 0.0), (2.0, 2.0, 1.0)), ("Mug", (4.0, 4.0, 0.0), (4.5, 4.5, 0.5))]
HABITAT = PetConfig().of("different")


def two_floors(rise):
    """A room with a second floor that is `rise` metres higher."""
    scene = BoxScene(f"floors-{rise}", [*BOXES, ("Floor", (3.0, 0.0, rise - 0.1), (6.0, 3.0, rise))])
    last = max(scene.objects)
    item = replace(scene.objects[last], is_structure=True, is_ground=True, is_furniture=False)
    scene.objects = {**scene.objects, last: item}
    return scene


def test_the_paper_asks_habitat_for_single_floors_and_listed_furniture_only():
    assert (HABITAT.floor_variation_max, HABITAT.whitelist) == (2.0, True)
    assert (PetConfig().floor_variation_max, PetConfig().whitelist) == (None, False)


@pytest.mark.parametrize(("rise", "single"), [(0.2, True), (1.9, True), (2.1, False)])
def test_floors_lie_within_two_metres(rise, single):
    assert single_floor(two_floors(rise), HABITAT) == single
    assert single_floor(two_floors(rise), PetConfig())


def test_a_scene_of_several_floors_is_not_asked_about_and_counted():
    yields = Yields()
    assert not list(GENERATOR.candidates(SceneContext(CONFIG, "different", "test", 0, two_floors(2.6), yields)))
    assert yields.counts == {"scene.several_floors": 1}


def test_the_whitelist_has_about_70_kinds_of_furniture_and_no_structure():
    assert 70 <= len(set(map(letters, WHITELIST))) == len(WHITELIST) <= 80
    assert not set(map(letters, WHITELIST)) & set(map(letters, STRUCTURE))
    ours = {letters(name) for name, known in CATALOG.items() if known.is_furniture}
    assert len(ours & set(map(letters, WHITELIST))) >= 45  # so that houses have something to ask about


def test_only_listed_furniture_is_asked_about():
    scene = BoxScene("mug", BOXES)
    assert {item.category for item in subjects(scene, HABITAT).values()} == {"Sofa"}
    assert {item.category for item in subjects(scene, PetConfig()).values()} == {"Sofa", "Mug"}


def test_a_category_on_both_sides_has_no_side():
    scene = BoxScene("twice", [*BOXES, ("Sofa", (4.0, 1.0, 0.0), (5.0, 2.0, 1.0))])
    first, second = (key for key, item in scene.objects.items() if item.category == "Sofa")
    left, right = Visible(0.1, 0.2, 0.5, 0.1, 0.3), Visible(0.1, 0.8, 0.5, 0.7, 0.9)
    item = scene.objects[first]
    assert both_sides(scene, item, {first: left, second: right})
    assert not both_sides(scene, item, {first: left, second: left})
    assert not both_sides(scene, item, {first: left})
