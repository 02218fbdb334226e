"""Jobs side by side until the time is up: here each job is a few lines of Python that play a verb."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ipt.config import Config
from ipt.errors import EXIT_STOPPED
from ipt.runlist import drive
from ipt.runlist.drive import Driver, Limits
from ipt.runlist.jobs import Job, Stage
from ipt.runs import Layout

WRITES = "import sys, pathlib\nfor name in {paths}: pathlib.Path(name).write_text('made')\n"


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, config: Config, layout: Layout) -> Callable[..., Driver]:
    """A driver of jobs `a`, `b`, ... each of which is done by a script; a job is made when its files are there."""

    def driver(jobs: list[Job], scripts: dict[str, str], **limits: float) -> Driver:
        layout.root.mkdir(parents=True, exist_ok=True)
        monkeypatch.setattr(drive, "verb", lambda job, scale: [sys.executable, "-S", "-c", scripts[job.name]])
        monkeypatch.setattr(
            drive,
            "jobs_left",
            lambda wanted, *_: [job for job in wanted if not all(path.is_file() for path in job.writes)],
        )
        monkeypatch.setattr(drive, "POLL_SECONDS", 0.01)
        return Driver(jobs, config, "micro", layout, Limits(**limits), say=lambda line: None)  # type: ignore[arg-type]

    return driver


def job(name: str, stage: Stage = "evaluate", reads: str = "") -> Job:
    return Job(name, stage, (name,), tuple(Path(one) for one in reads.split()), (Path(f"{name}.out"),))


def writes(name: str) -> str:
    return WRITES.format(paths=[f"{name}.out"])


def test_a_job_waits_for_what_it_reads_and_a_failure_stops_only_its_readers(play: Callable[..., Driver]) -> None:
    jobs = [job("bad"), job("reader", reads="bad.out"), job("good"), job("after", "score", reads="good.out")]
    scripts = {one.name: writes(one.name) for one in jobs} | {"bad": "import sys; print('no luck'); sys.exit(2)"}
    outcome = play(jobs, scripts).run()
    assert outcome.failed == {"bad": "no luck"}
    assert sorted(outcome.made) == ["after", "good"]
    assert outcome.left == ["reader"]
    assert outcome.status == 1


def test_jobs_of_the_gpu_run_side_by_side_and_no_more_of_them_than_allowed(play: Callable[..., Driver]) -> None:
    jobs = [job(name) for name in "abcd"]
    meet = (  # waits for a second one to have begun, and notes how many are under way
        "import pathlib, time\nhere = pathlib.Path('.')\n(here / '{name}.on').touch()\nend = time.time() + 60\n"
        "while len(list(here.glob('*.on'))) < 2 and time.time() < end: time.sleep(0.01)\n"
        "(here / '{name}.seen').write_text(str(len(list(here.glob('*.on'))) - len(list(here.glob('*.off')))))\n"
        "(here / '{name}.off').touch()\n"
    )
    scripts = {one.name: meet.format(name=one.name) + writes(one.name) for one in jobs}
    assert play(jobs, scripts, parallel=2).run().status == 0
    assert max(int(path.read_text(encoding="utf-8")) for path in Path.cwd().glob("*.seen")) == 2


def test_when_the_time_is_up_jobs_are_asked_to_save_and_the_next_call_goes_on(play: Callable[..., Driver]) -> None:
    saves = (
        "import signal, sys, time, pathlib\n"
        "def save(*_): pathlib.Path('saved').write_text('x'); print('saved'); sys.exit(75)\n"
        "signal.signal(signal.SIGTERM, save)\n"
        "if pathlib.Path('saved').exists(): pathlib.Path('a.out').write_text('made'); sys.exit(0)\n"
        "time.sleep(60)\n"
    )
    began = time.monotonic()
    outcome = play([job("a"), job("b", reads="a.out")], {"a": saves, "b": writes("b")}, minutes=0.02).run()
    assert (outcome.made, outcome.failed, outcome.left, outcome.status) == ([], {}, ["a", "b"], EXIT_STOPPED)
    assert time.monotonic() - began < 10
    assert play([job("a"), job("b", reads="a.out")], {"a": saves, "b": writes("b")}).run().made == ["a", "b"]


def test_what_does_not_save_in_time_is_ended(play: Callable[..., Driver]) -> None:
    deaf = "import os, signal, time; signal.signal(15, signal.SIG_IGN); open('pid', 'w').write(str(os.getpid()))\n"
    outcome = play([job("a")], {"a": deaf + "time.sleep(60)"}, minutes=0.02).run()
    assert outcome.status == EXIT_STOPPED
    assert not Path(f"/proc/{Path('pid').read_text(encoding='utf-8')}").exists()


def test_what_was_taken_is_noted_over_all_calls(play: Callable[..., Driver], layout: Layout) -> None:
    half = (
        "import sys, pathlib, time; time.sleep(0.2)\nif not pathlib.Path('s').exists(): open('s', 'w'); sys.exit(75)\n"
    )
    driver = play([job("a")], {"a": half + writes("a")})
    driver.run()
    seconds = json.loads(job("a").record(layout).read_text(encoding="utf-8"))["seconds"]
    play([job("a")], {"a": half + writes("a")}).run()
    record = json.loads(job("a").record(layout).read_text(encoding="utf-8"))
    assert record["seconds"] > seconds >= 0.2
    assert set(record) >= {"configuration", "sources", "reads", "arguments"}
