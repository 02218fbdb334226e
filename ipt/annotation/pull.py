"""Bring reviews back: everything is checked before a line is written.

A pull refuses when the screen or an item on the server is not what was pushed, when somebody has an unsubmitted draft,
when one person reviewed an item twice, and when a review that an earlier pull recorded is gone: deletions leave no
trace in Label Studio, so the versioned file is the memory.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ipt.annotation.answers import review_of
from ipt.annotation.client import find_project
from ipt.annotation.items import pictures_of, task_data
from ipt.annotation.push import Key, shown, title_of
from ipt.annotation.screen import label_config
from ipt.annotation.sets import Connection, ReviewSet
from ipt.curation.reviews import (
    DECISIONS_SCHEMA,
    REVIEWS_SCHEMA,
    Review,
    Settled,
    jsonl,
    read_reviews,
    review_rows,
    settle,
)
from ipt.datasets.files import verify, write_manifest, write_text
from ipt.errors import UserError


@dataclass(frozen=True)
class Pulled:
    """What a pull found."""

    reviews: list[Review]
    settled: Settled


def pull(connection: Connection, chosen: ReviewSet) -> Pulled:
    """Check and record the reviews of a set; writes the reviews, the decisions that follow, and their manifests.

    Raises:
        UserError: see the module; nothing is written.
    """
    before = read_reviews(chosen.reviews)
    reviews = collect(connection, chosen, "review")
    title = title_of(chosen.config.scale, chosen.name, "adjudication")
    if find_project(connection.client, title) is not None:
        third = collect(connection, chosen, "adjudication")
        _check_independence(title, reviews, third)
        reviews += third
    _check_vanished(chosen, before, reviews)
    settled = settle(reviews, chosen.real_keys, chosen.config.annotation.reviews_per_item)
    if reviews:
        record(chosen, reviews, settled, connection.client.version())
    return Pulled(reviews, settled)


def collect(connection: Connection, chosen: ReviewSet, round_name: str) -> list[Review]:
    """The reviews of one project (round `review` or `adjudication`), checked."""
    title = title_of(chosen.config.scale, chosen.name, round_name)
    project = find_project(connection.client, title)
    if project is None:
        raise UserError(f"{title}: there is no such project; type `ipt annotation push --benchmark {chosen.name}`")
    wanted_screen = label_config(chosen.benchmark, adjudication=round_name == "adjudication")
    if project["label_config"].strip() != wanted_screen:
        raise UserError(
            f"{title}: the screen on the server is not annotation/label_config.xml.j2; reviews made with another one "
            "are not taken. Push brings the screen back where there are no reviews yet"
        )
    tasks = connection.client.export(int(project["id"]))
    _check_items(connection, chosen, round_name, int(project["id"]), tasks)
    _check_drafts(title, tasks)
    reviews = []
    for task in tasks:
        item = chosen.items[_key(task)]
        made = [entry for entry in task["annotations"] if not entry["was_cancelled"]]
        people = [entry["completed_by"] for entry in made]
        if len(set(people)) != len(people):
            raise UserError(
                f"{title}: one person reviewed {item.key[0]} twice (task {task['id']}); delete one review there"
            )
        reviews += [review_of(item, round_name, entry) for entry in made]
    return reviews


def record(chosen: ReviewSet, reviews: Sequence[Review], settled: Settled, version: str) -> None:
    """Write the versioned files of a set, manifests last."""
    screen = hashlib.sha256(label_config(chosen.benchmark).encode()).hexdigest()[:16]
    parents = {chosen.curated.name: str(verify(chosen.curated)["sha256"])}
    files = (
        (chosen.reviews, REVIEWS_SCHEMA, review_rows(reviews)),
        (chosen.decisions, DECISIONS_SCHEMA, settled.decisions),
    )
    for path, schema, rows in files:
        write_text(path, jsonl(rows))
        write_manifest(
            path,
            rows=len(rows),
            command=f"annotation pull {chosen.name}",
            config_digest=chosen.config.digest("annotation"),
            parents=parents,
            rows_schema=schema,
            screen=screen,
            label_studio=version,
        )


def _key(task: Mapping[str, Any]) -> Key:
    return str(task["data"].get("question_id")), str(task["data"].get("item_sha256"))


def _check_items(
    connection: Connection,
    chosen: ReviewSet,
    round_name: str,
    project: int,
    tasks: Sequence[Mapping[str, Any]],
) -> None:
    """The server shows every item once (of adjudication: some items), as it is now, and nothing else."""
    keys = [_key(task) for task in tasks]
    title = title_of(chosen.config.scale, chosen.name, round_name)
    verb = "push" if round_name == "review" else "adjudicate"
    again = f"type `ipt annotation {verb} --benchmark {chosen.name}`"
    if len(set(keys)) != len(keys):
        raise UserError(f"{title}: {len(keys) - len(set(keys))} items are there twice; {again}")
    absent, old = set(chosen.items) - set(keys), set(keys) - set(chosen.items)
    if old or (absent and round_name == "review"):
        raise UserError(
            f"{title}: the set changed since it was pushed ({len(absent)} items are not there, {len(old)} are old); "
            f"{again}"
        )
    digests = {digest for key in keys for digest in pictures_of(chosen.items[key])}
    urls = connection.host.addresses(project, digests)
    if digests - urls.keys():
        raise UserError(f"{title}: {len(digests - urls.keys())} pictures are not on the server; {again}")
    for task, key in zip(tasks, keys, strict=True):
        if shown(task["data"]) != shown(task_data(chosen.items[key], urls)):
            raise UserError(
                f"{title}: task {task['id']} ({key[0]}) does not show what was pushed; {again}, and review it again"
            )


def _check_drafts(title: str, tasks: Iterable[Mapping[str, Any]]) -> None:
    open_drafts = [_key(task)[0] for task in tasks for _ in task["drafts"]]
    if open_drafts:
        raise UserError(
            f"{title}: {len(open_drafts)} drafts are not submitted, first on {open_drafts[0]}; submit or discard them "
            "in Label Studio (they are listed by `ipt annotation status`)"
        )


def _check_vanished(chosen: ReviewSet, before: Iterable[Review], now: Iterable[Review]) -> None:
    there = {review.uid for review in now}
    gone = [
        review
        for review in before
        if (review.question_id, review.item_sha256) in chosen.items and review.uid not in there
    ]
    if gone:
        raise UserError(
            f"{chosen.reviews}: {len(gone)} recorded reviews are no longer on the server, first {gone[0].question_id} "
            f"by {gone[0].reviewer}; restore a backup, or delete these lines if the reviews are really withdrawn"
        )


def _check_independence(title: str, reviews: Iterable[Review], third: Iterable[Review]) -> None:
    made = {(review.question_id, review.item_sha256, review.reviewer) for review in reviews}
    for review in third:
        if (review.question_id, review.item_sha256, review.reviewer) in made:
            raise UserError(
                f"{title}: {review.reviewer} reviewed {review.question_id} and adjudicated it; delete the adjudication "
                "there and let a third person decide"
            )
