"""docs/conditions.md names parameters, modules and tests that exist, and the paper's numbers are the defaults."""

import re
from pathlib import Path

import pytest

from ipt.config import Config

PAGE = Path("docs/conditions.md").read_text(encoding="utf-8")


def test_every_parameter_on_the_page_exists():
    named = re.findall(r"`((?:tasks|real|curation)\.[a-z_.]+)`", PAGE)
    assert len(named) > 20
    for name in named:
        value = Config()
        for part in name.split("."):
            value = getattr(value, part)


def test_every_module_and_test_on_the_page_exists():
    cells = [re.findall(r"`([a-z_/]+(?:\.py)?)`", cell) for cell in re.findall(r"\|([^|]*)(?=\|)", PAGE)]
    paths = {path for found in cells for path in found if "/" in path}
    missing = [path for path in paths if not any((Path(root) / path).exists() for root in ("ipt", "tests/unit"))]
    assert len(paths) > 30
    assert not missing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pet.target_tries", 40),
        ("pet.ground_tolerance", 0.2),
        ("pet.area_min", 0.004),
        ("pet.distance_max", 5.0),
        ("pet.edge_margin", 150.0),
        ("pet.centre_margin", 150.0),
        ("pet.distance_change_min", 0.5),
        ("pet.different.camera_height", 1.25),
        ("pet.different.area_min", 0.008),
        ("pet.different.area_min_imagined", 0.005),
        ("pet.different.edge_margin", 200.0),
        ("pet.different.centre_margin", 512.0 - 332.0),
        ("pt.grid", 0.5),
        ("pt.path_min", 1.0),
        ("pt.distance_bins", (2.0, 4.0)),
        ("pt.coverage_min", 0.0015),
        ("pt.view_angle_max", 90.0),
        ("mvc.radius_rotation", 5.0),
        ("mvc.radius_path", 4.0),
        ("mvc.coverage_min", 0.001),
        ("mvc.category_share_max", 0.099),
        ("mvc.distractors", "near"),
    ],
)
def test_the_paper_s_numbers_are_the_defaults(name, value):
    found = Config().tasks
    for part in name.split("."):
        found = getattr(found, part)
    assert found == value


def test_the_sweep_has_147_candidates_and_seven_heights():
    pt = Config().tasks.pt
    assert pt.sweep_yaws * pt.sweep_offsets * pt.sweep_pitches == 147
    assert (len(pt.camera_heights), min(pt.camera_heights), max(pt.camera_heights)) == (7, 1.4, 1.8)
