"""Open a report in headless Chromium, as a reader does. Needs Debian's `chromium`; skips with a message without it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass
class Heard:
    """What a page did besides being shown."""

    errors: list[str] = field(default_factory=list)
    """Messages of the console that are errors or warnings, and uncaught exceptions."""
    requests: list[str] = field(default_factory=list)
    """Addresses that were asked for, other than the page itself and what is inside it."""


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium without a network."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: the report is not opened (apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield launched
        finally:
            launched.close()


@contextmanager
def opened(chromium: Any, path: Path, width: int = 1280, scheme: str = "light") -> Iterator[tuple[Any, Heard]]:
    """The page of a file, offline, in a window of `width` px and a colour scheme."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, reduced_motion="reduce"
    )
    page, heard = context.new_page(), Heard()
    page.on("console", lambda said: heard.errors.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.errors.append(str(error)))
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith("data:") or asked.url == path.as_uri() else heard.requests.append(asked.url)
        ),
    )
    page.goto(path.as_uri(), wait_until="load")
    try:
        yield page, heard
    finally:
        context.close()
