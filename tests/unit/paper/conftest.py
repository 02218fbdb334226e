from pathlib import Path

import pytest

from ipt.config import Config, load_config
from ipt.datasets.files import file_digest, write_json, write_manifest
from ipt.paper import registry
from ipt.paper.batch import build_all_tables
from ipt.paper.figures.build import build_figure
from ipt.paper.report import build_report
from ipt.runs import Layout
from tests.unit.paper.synthetic import picture, write_results


@pytest.fixture(scope="session")
def config() -> Config:
    return load_config("micro")


@pytest.fixture(scope="session")
def layout(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Made-up results of the whole scale; tests only read them."""
    return write_results(config, tmp_path_factory.mktemp("results") / config.scale)


@pytest.fixture(scope="session")
def figures(config: Config, layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every figure that is drawn from files, built once."""
    folder = tmp_path_factory.mktemp("figures")
    for figure_id in registry.ALL_FIGURES:
        if figure_id != "house_gallery":
            build_figure(config, figure_id, layout, folder)
    return folder


@pytest.fixture
def fresh_layout(config: Config, tmp_path: Path) -> Layout:
    """An empty results folder, for tests that break things."""
    return Layout(config, tmp_path / "results")


@pytest.fixture(scope="session")
def paper(config: Config, layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole paper stage over made-up results; figures, which have their own tests, are replaced by pictures."""
    folder = tmp_path_factory.mktemp("paper")
    build_all_tables(config, layout, folder)
    (folder / "figures").mkdir()
    for figure_id in registry.ALL_FIGURES:
        png = folder / "figures" / f"{figure_id}.png"
        png.write_bytes(picture(figure_id, "#333333", 320))
        words = {"figure": figure_id, "title": figure_id.title(), "caption": f"About {figure_id}", "is_run": True}
        path = png.with_suffix(".json")
        write_json(path, words | {"png_sha256": file_digest(png)})
        write_manifest(path, rows=1, command="test", config_digest="")
    build_report(config, layout, folder)
    return folder
