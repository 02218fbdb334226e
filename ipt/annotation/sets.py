"""The evaluation sets that people review, and the connection to the Label Studio in which they do."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from ipt.annotation import server
from ipt.annotation.client import KEY_VARIABLE, Client
from ipt.annotation.items import Item, items_of
from ipt.annotation.pictures import PictureHost, SharedFolder, Uploads
from ipt.annotation.push import Key
from ipt.annotation.state import State
from ipt.config import Config
from ipt.curation.reviews import reviews_path
from ipt.datasets.files import read_questions
from ipt.datasets.schema import Question
from ipt.errors import UserError
from ipt.runs import Benchmark, Layout, all_benchmarks, parse_benchmark


@dataclass(frozen=True)
class Connection:
    """A Label Studio, and how it gets pictures."""

    client: Client
    host: PictureHost
    state: State


def connect(state: State, url: str = "") -> Connection:
    """The local server, or with `url` any other, whose key is in the environment (an argument would show in `ps`).

    Raises:
        UserError: the local server does not run, there is no key, or the key would travel unencrypted.
    """
    if not url:
        found = server.running(state)
        if found is None:
            raise UserError("Label Studio does not run; type `ipt annotation serve` (or give --url of another one)")
        client = Client(found.url, state.credentials().token)
        return Connection(client, SharedFolder(client, state), state)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise UserError(f"--url {url}: the key would travel unencrypted; give the https address")
    key = os.environ.get(KEY_VARIABLE, "")
    if not key:
        raise UserError(f"{KEY_VARIABLE} is not set; put there the access token that Label Studio shows under Account")
    client = Client(url, key)
    return Connection(client, Uploads(client), state)


class ReviewSet:
    """One evaluation set of a scale as people see it."""

    def __init__(self, config: Config, benchmark: Benchmark, layout: Layout | None = None) -> None:
        self.config, self.benchmark = config, benchmark
        self.layout = layout or Layout(config)

    @property
    def name(self) -> str:
        """E.g. `pt-different`."""
        return self.benchmark.benchmark_id

    @property
    def curated(self) -> Path:
        """The set before people."""
        return self.layout.curated(self.benchmark.task, self.benchmark.environment, "test")

    @property
    def decisions(self) -> Path:
        """Where decisions go; reviews lie beside them."""
        return self.layout.decisions(self.name)

    @property
    def reviews(self) -> Path:
        """One review a line."""
        return reviews_path(self.decisions)

    @cached_property
    def questions(self) -> list[Question]:
        """The set's questions."""
        return read_questions(self.curated)

    @cached_property
    def items(self) -> dict[Key, Item]:
        """Everything to review, honeypots included, in the order of review."""
        return {item.key: item for item in items_of(self.config, self.questions, self._traps())}

    @property
    def real_keys(self) -> list[Key]:
        """The items that are questions of the set."""
        return [key for key, item in self.items.items() if not item.honeypot]

    def _traps(self) -> list[Question]:
        validation = self.layout.curated(self.benchmark.task, self.benchmark.environment, "val")
        # The different environment has no validation split: there a honeypot shares its pictures with a real item.
        return read_questions(validation) if validation.is_file() else self.questions


def review_sets(config: Config, names: Sequence[str]) -> list[ReviewSet]:
    """The named benchmarks, or all that this scale has curated.

    Raises:
        UserError: an unknown name, or nothing is curated.
    """
    known = [parse_benchmark(name) for name in names] or [
        benchmark for benchmark in all_benchmarks() if benchmark.environment in config.paper.environments
    ]
    sets = [ReviewSet(config, benchmark) for benchmark in known]
    there = [chosen for chosen in sets if names or chosen.curated.is_file()]
    if not there:
        raise UserError(
            f"{sets[0].curated.parent}: no curated test set; type "
            f"`snakemake --cores all curate --config scale={config.scale}`"
        )
    return there
