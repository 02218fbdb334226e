"""Sending sets out: the first round to the reviewers, what they disagree on to a third person."""

from collections.abc import Mapping, Sequence

from ipt.annotation.items import pictures_of, task_data
from ipt.annotation.pull import pull
from ipt.annotation.push import Key, Pushed, open_project, push_tasks, title_of
from ipt.annotation.screen import label_config
from ipt.annotation.sets import Connection, ReviewSet
from ipt.curation.reviews import Review


def push(connection: Connection, chosen: ReviewSet) -> Pushed:
    """Bring a set to its project (see `ipt.annotation.push`)."""
    overlap = chosen.config.annotation.reviews_per_item
    return _push(connection, chosen, "review", dict.fromkeys(chosen.items, ()), overlap)


def adjudicate(connection: Connection, chosen: ReviewSet) -> Pushed | None:
    """Pull, then bring the contested items, with what the reviewers said, to a project of their own; None without any.

    A separate project, because the open-source Label Studio has no way to reserve a task for a third person.
    """
    pulled = pull(connection, chosen)
    contested = set(pulled.settled.contested)
    if not contested:
        return None
    said: dict[Key, list[Review]] = {key: [] for key in chosen.items if key in contested}
    for review in sorted(pulled.reviews, key=lambda review: review.reviewer):
        key = (review.question_id, review.item_sha256)
        if key in contested and review.round == "review":
            said[key].append(review)
    return _push(connection, chosen, "adjudication", said, 1)


def _push(
    connection: Connection, chosen: ReviewSet, round_name: str, said: Mapping[Key, Sequence[Review]], overlap: int
) -> Pushed:
    title = title_of(chosen.config.scale, chosen.name, round_name)
    screen = label_config(chosen.benchmark, adjudication=round_name == "adjudication")
    project = open_project(connection.client, title, screen, connection.host, overlap)
    pictures = {digest: png for key in said for digest, png in pictures_of(chosen.items[key]).items()}
    urls = connection.host.publish(project, pictures)
    wanted = {key: task_data(chosen.items[key], urls, reviews) for key, reviews in said.items()}
    return push_tasks(connection.client, project, title, wanted, connection.state.superseded)
