"""A real Label Studio and a real browser. Skipped, with the reason, where either cannot be had."""

import contextlib
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipt.annotation import server
from ipt.annotation.client import Client
from ipt.annotation.sets import Connection, ReviewSet, connect
from ipt.annotation.state import State
from ipt.errors import UserError
from ipt.seeding import content_digest
from tests.e2e.annotation.people import Person, sign_up
from tests.e2e.annotation.sample import make_set

CHROMIUM = os.environ.get("IPT_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ARGUMENTS += ["--disable-sync", "--no-first-run"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """The state folder of a running server."""
    try:
        server.environment_folder()
    except UserError as error:
        pytest.skip(str(error))
    state = State(tmp_path_factory.mktemp("annotation") / "state")
    server.start(state, free_port())
    yield state
    server.stop(state)


@pytest.fixture(scope="session")
def connection(state: State) -> Connection:
    return connect(state)


@pytest.fixture
def client(connection: Connection) -> Client:
    return connection.client


@pytest.fixture(scope="package")  # ended before tests of another folder start theirs: one Playwright a process
def browser():  # type: ignore[no-untyped-def]
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).is_file():
        pytest.skip(f"{CHROMIUM}: no Chromium; install the package chromium or set IPT_CHROMIUM")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        with contextlib.suppress(Exception):
            opened.close()


@pytest.fixture(scope="session")
def people(connection: Connection) -> list[Person]:
    """Four accounts, made with the invitation as people make them."""
    return [sign_up(connection.client, f"person{number}@example.org") for number in range(4)]


@pytest.fixture
def new_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    """Make an evaluation set of this test's own, in a folder of its own."""

    def make(benchmark: str = "pet-primary", count: int = 3, **settings: object) -> ReviewSet:
        scale = f"t{content_digest(request.node.nodeid)[:8]}"  # a project title has at most 50 characters
        return make_set(tmp_path, scale, benchmark, count, **settings)

    return make


assert sys.platform == "linux", "the server is started and watched as a Linux process"
