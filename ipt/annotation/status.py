"""How far reviewing is: for each set and person, and how long it may still take."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ipt.annotation.answers import pseudonym
from ipt.annotation.client import find_project
from ipt.annotation.push import title_of
from ipt.annotation.sets import Connection, ReviewSet


@dataclass(frozen=True)
class Status:
    """One project."""

    title: str
    pushed: bool
    items: int
    needed: int
    """Reviews wanted altogether."""
    done: int
    people: dict[str, tuple[int, float]]
    """Pseudonym -> reviews and median seconds of one."""
    drafts: list[str]
    """Who has an unsubmitted draft on what."""

    @property
    def seconds_left(self) -> float | None:
        """Working time of all people together, at their own median pace; None while nobody has reviewed."""
        paces = [pace for _, pace in self.people.values()]
        return max(0, self.needed - self.done) * median(paces) if paces else None

    def lines(self) -> list[str]:
        """For the terminal."""
        if not self.pushed:
            return [f"{self.title}: not pushed"]
        left = self.seconds_left
        ahead = "" if left is None else f", about {left / 60:.0f} min of work left"
        lines = [f"{self.title}: {self.done} of {self.needed} reviews of {self.items} items{ahead}"]
        lines += [
            f"  {name}: {count} reviews, {pace:.0f} s each" for name, (count, pace) in sorted(self.people.items())
        ]
        return lines + [f"  draft not submitted: {draft}" for draft in self.drafts]


def status(connection: Connection, chosen: ReviewSet, round_name: str = "review") -> Status:
    """Where the project of `chosen` stands; reads, and changes nothing."""
    title = title_of(chosen.config.scale, chosen.name, round_name)
    project = find_project(connection.client, title)
    overlap = chosen.config.annotation.reviews_per_item if round_name == "review" else 1
    tasks = connection.client.export(int(project["id"])) if project else []
    emails = {user["email"]: int(user["id"]) for user in connection.client.get("/api/users")} if _drafts(tasks) else {}
    seconds: dict[str, list[float]] = defaultdict(list)
    done: Counter[int] = Counter()
    for task in tasks:
        for entry in task["annotations"]:
            if not entry["was_cancelled"]:
                seconds[pseudonym(int(entry["completed_by"]))].append(float(entry.get("lead_time") or 0.0))
                done[int(task["id"])] += 1
    return Status(
        title=title,
        pushed=project is not None,
        items=len(tasks),
        needed=overlap * len(tasks),
        done=sum(min(count, overlap) for count in done.values()),
        people={name: (len(paces), median(paces)) for name, paces in seconds.items()},
        drafts=[
            f"{pseudonym(emails.get(str(draft['user']), 0))} on {task['data'].get('question_id')}"
            for task, draft in _drafts(tasks)
        ],
    )


def _drafts(tasks: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    return [(task, draft) for task in tasks for draft in task["drafts"]]
