"""A queue that does not answer: no job is forgotten. Against the real plugin of Snakemake."""

import asyncio
import contextlib
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ipt.cluster.polling import LONG, mend_polling


class Limiter(contextlib.AbstractAsyncContextManager[None]):
    async def __aexit__(self, *_: object) -> None:
        return None


class Queue:
    """Answers with what it is given, in turn; None is no answer."""

    def __init__(self, *answers: dict[str, str] | None) -> None:
        self.answers, self.commands = list(answers), list[str]()

    async def __call__(self, command: str, logger: object) -> tuple[dict[str, str] | None, float | None]:
        self.commands.append(command.split()[0])
        answer = self.answers.pop(0) if self.answers else None
        return answer, None if answer is None else 0.1


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The plugin, which is as it was when the test has ended; `sacct` is installed."""
    import snakemake_executor_plugin_slurm as plugin

    for name in ("query_job_status", "get_min_job_age"):
        monkeypatch.setattr(plugin, name, getattr(plugin, name))
    monkeypatch.setattr(plugin.Executor, "check_active_jobs", plugin.Executor.check_active_jobs)
    monkeypatch.setattr(plugin, "is_query_tool_available", lambda name: True)
    monkeypatch.setattr(plugin, "get_min_job_age", lambda: 300)
    yield plugin
    if hasattr(plugin, "ipt_mended"):
        del plugin.ipt_mended


def asked(plugin: ModuleType, queue: Queue, rounds: int = 1) -> tuple[list[str], list[str], Any]:
    """Ask about two jobs; which are still watched, which succeeded, and the executor."""
    ended: list[str] = []
    executor = SimpleNamespace(
        workflow=SimpleNamespace(
            executor_settings=SimpleNamespace(
                init_seconds_before_status_checks=5, status_attempts=2, requeue=True, keep_successful_logs=True
            )
        ),
        logger=SimpleNamespace(**{name: lambda *_: None for name in ("debug", "info", "warning")}),
        run_uuid="ipt-0123_x",
        status_rate_limiter=Limiter(),
        get_status_command=lambda: "squeue",
        next_seconds_between_status_checks=5,
        report_job_success=lambda job: ended.append(job.external_jobid),
        _preemption_warning=False,
        _status_query_calls=0,
        _status_query_failures=0,
        _status_query_total_seconds=0.0,
        _status_query_min_seconds=None,
        _status_query_max_seconds=0.0,
        _status_query_cycle_rows=[],
    )
    jobs = [SimpleNamespace(external_jobid=number, aux={}) for number in ("7", "8")]

    async def ask() -> list[Any]:
        watched: list[Any] = jobs
        for _ in range(rounds):
            watched = [job async for job in plugin.Executor.check_active_jobs(executor, watched)]
        return watched

    return [job.external_jobid for job in asyncio.run(ask())], ended, executor


def test_the_plugin_alone_forgets_its_jobs(plugin: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why `mend_polling` is there: if this fails, the plugin has been mended and ours may go."""
    monkeypatch.setattr(plugin, "query_job_status", Queue())
    assert asked(plugin, Queue())[:2] == ([], [])


def test_jobs_are_kept_until_the_queue_answers_again(plugin: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "query_job_status", Queue(None, None, {"7": "COMPLETED", "8": "RUNNING"}))
    mend_polling(5, plugin)
    assert asked(plugin, Queue(), rounds=3)[:2] == (["8"], ["7"])


def test_a_slow_scontrol_is_no_reason_to_ask_for_accounts(plugin: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    queue, ages = Queue(), iter([None, 300, None])
    monkeypatch.setattr(plugin, "query_job_status", queue)
    monkeypatch.setattr(plugin, "get_min_job_age", lambda: next(ages))
    mend_polling(5, plugin)
    asked(plugin, queue, rounds=2)
    assert queue.commands == ["squeue", "squeue"]
    assert plugin.get_min_job_age() == 300  # no answer this time: what was said before
    assert LONG > 86400


def test_a_queue_that_forgets_too_soon_is_replaced_by_accounts(
    plugin: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue({"7": "COMPLETED", "8": "RUNNING"})
    monkeypatch.setattr(plugin, "query_job_status", queue)
    monkeypatch.setattr(plugin, "get_min_job_age", lambda: 2)
    mend_polling(5, plugin)
    assert asked(plugin, queue)[:2] == (["8"], ["7"])
    assert queue.commands == ["sacct"]


def test_the_time_between_questions_does_not_grow(plugin: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "query_job_status", Queue({"7": "RUNNING"}, {"7": "RUNNING"}))
    mend_polling(5, plugin)
    assert asked(plugin, Queue(), rounds=2)[2].next_seconds_between_status_checks == 5
