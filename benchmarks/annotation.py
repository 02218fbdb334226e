"""How long a set takes to Label Studio and back: `python benchmarks/annotation.py [items]` (2,000: to be 15 s or less).

Starts a server of its own (needs `make annotation-env`), pushes, adds 100 reviews through the API, and pulls; starting
and reviewing are not timed. Beside wall time it prints the CPU time of server and client together, which is what an
otherwise idle machine would take.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from ipt.annotation import server
from ipt.annotation.pull import pull
from ipt.annotation.rounds import push
from ipt.annotation.sets import ReviewSet, connect
from ipt.annotation.state import State
from tests.e2e.annotation.conftest import free_port
from tests.e2e.annotation.people import sign_up
from tests.e2e.annotation.sample import make_set


class Clock:
    """Wall and CPU seconds (this process and the server) since it was made."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.wall, self.cpu = time.perf_counter(), self._cpu()

    def __str__(self) -> str:
        return f"{time.perf_counter() - self.wall:.1f} s (CPU {self._cpu() - self.cpu:.1f} s)"

    def _cpu(self) -> float:
        ticks = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK") + time.process_time()


def main(count: int) -> None:
    """Push and pull `count` made-up pet items, and print the times."""
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder) / "state")
        chosen = make_set(Path(folder), "bench", "pet-primary", count)
        pid = server.start(state, free_port()).pid
        try:
            connection = connect(state)
            people = [sign_up(connection.client, f"person{number}@example.org") for number in range(2)]
            clock = Clock(pid)
            done = push(connection, chosen)
            pushed, clock = str(clock), Clock(pid)
            again = push(connection, ReviewSet(chosen.config, chosen.benchmark, chosen.layout))
            checked = str(clock)
            body = {
                "result": [
                    {"from_name": name, "to_name": "question", "type": "choices", "value": {"choices": [value]}}
                    for name, value in (("first_answer", "A"), ("verdict", "keep"))
                ]
            }
            for task in connection.client.tasks(done.project)[:50]:
                for person in people:
                    path = f"/api/tasks/{task['id']}/annotations/"
                    connection.client.change("POST", path, body | {"completed_by": person.user, "lead_time": 9.0})
            clock = Clock(pid)
            found = pull(connection, ReviewSet(chosen.config, chosen.benchmark, chosen.layout))
            pulled = str(clock)
        finally:
            server.stop(state)
    print(
        f"{done.new} items pushed in {pushed}; pushed again in {checked}, {again.new} new; pulled with "
        f"{len(found.reviews)} reviews in {pulled}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
