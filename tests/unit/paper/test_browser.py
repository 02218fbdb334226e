"""The report as a reader meets it: in a browser, without a network, on three widths, by mouse and by keyboard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import browser, opened

PHONE, TABLET, DESKTOP = 360, 820, 1440


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def report(paper: Path) -> Path:
    return paper / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])
def test_it_opens_without_an_error_or_a_request_and_fits_the_window(
    chromium: Any, report: Path, width: int, scheme: str
) -> None:
    with opened(chromium, report, width, scheme) as (page, heard):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        painted = "[...document.images].filter(i => i.src).map(i => i.complete && i.naturalWidth > 0)"
        images = page.evaluate(painted)
        assert len(images) > 50
        assert all(images)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness = sum(int(part) for part in background[4:-1].split(","))
        assert (brightness < 200) == (scheme == "dark")
        assert heard.errors == []
        assert heard.requests == []


def test_text_has_enough_contrast_in_both_schemes(chromium: Any, report: Path) -> None:
    """WCAG AA, 4.5 to 1, for the inks that running text uses."""
    ratio = """() => {
        const style = getComputedStyle(document.documentElement);
        const light = (name) => {
            const hex = style.getPropertyValue(name).trim().slice(1);
            const [r, g, b] = [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16) / 255)
                .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const pairs = ["--ink", "--quiet", "--accent", "--good", "--bad"].flatMap(
            ink => ["--paper", "--card", "--shade"].map(back => [light(ink), light(back)]));
        return pairs.map(([a, b]) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
    }"""
    for scheme in ("light", "dark"):
        with opened(chromium, report, DESKTOP, scheme) as (page, _):
            assert min(page.evaluate(ratio)) >= 4.5, scheme


def test_a_number_opens_its_trace_by_keyboard_and_escape_closes_it(chromium: Any, report: Path) -> None:
    with opened(chromium, report) as (page, heard):
        cell = page.locator("#table-main_results .cell").nth(8)
        cell.focus()
        page.keyboard.press("Enter")
        text = page.locator("#trace").inner_text()
        assert page.locator("#trace").is_visible()
        for told in ("Seed", "Checkpoint", "Training data", "Evaluation set sha256", "Configuration digest", "Commit"):
            assert told in text
        for told in ("Command", "Answers (n)", "95 % interval", "Date", "Run"):
            assert told in text
        page.keyboard.press("Escape")
        assert not page.locator("#trace").is_visible()
        assert page.evaluate("document.activeElement.className") == cell.get_attribute("class")
        assert heard.errors == []


def test_the_first_tab_reaches_a_link_that_skips_to_the_content(chromium: Any, report: Path) -> None:
    with opened(chromium, report) as (page, _):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0


def test_a_column_sorts_by_value_both_ways_inside_its_group(chromium: Any, report: Path) -> None:
    column = "[...document.querySelectorAll('#table-main_results tbody')].at(2).querySelectorAll('tr:not(.group)')"
    values = f"[...{column}].map(r => r.cells[1].dataset.order).filter(Boolean).map(Number)"
    with opened(chromium, report) as (page, _):
        head = page.locator("#table-main_results thead .sort").nth(1)
        head.click()
        down = page.evaluate(values)
        head.click()
        up = page.evaluate(values)
        assert len(down) == 5
        assert down == sorted(down, reverse=True)
        assert up == sorted(up)
        assert page.locator("#table-main_results thead th").nth(1).get_attribute("aria-sort") == "ascending"


def test_a_figure_enlarges_and_closes(chromium: Any, report: Path) -> None:
    with opened(chromium, report, PHONE) as (page, _):
        page.locator("#figure-overview .zoom").click()
        large = page.locator("#enlarged img")
        assert large.is_visible()
        assert large.evaluate("i => i.naturalWidth") > 0
        page.keyboard.press("Escape")
        assert not large.is_visible()


def test_the_gallery_filters_by_verdict_and_benchmark(chromium: Any, report: Path) -> None:
    with opened(chromium, report) as (page, _):
        every = page.locator(".card:visible").count()
        page.locator("input[name=verdict][value=wrong]").check()
        wrong = page.locator(".card:visible").count()
        assert 0 < wrong < every
        assert page.locator(".card.right:visible").count() == 0
        page.locator("select[name=benchmark]").select_option("mvc-primary")
        assert 0 < page.locator(".card:visible").count() < wrong
        assert page.locator("#gallery-count").inner_text().startswith(f"{page.locator('.card:visible').count()} of")


def test_claims_filter_by_verdict_and_colours_switch_by_button(chromium: Any, report: Path) -> None:
    with opened(chromium, report) as (page, _):
        page.locator("#claims summary").click()
        page.locator("select[data-filter]").select_option("not run")
        shown = page.locator("#claims-table tbody tr:visible")
        assert 0 < shown.count() < page.locator("#claims-table tbody tr").count()
        assert set(shown.evaluate_all("rows => rows.map(r => r.dataset.value)")) == {"not run"}
        before = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.locator("#theme").click()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
