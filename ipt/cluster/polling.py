"""Questions to the queue that outlive a slow controller of SLURM.

snakemake-executor-plugin-slurm 2.8 forgets every job in flight when one round of questions stays unanswered, and waits
for ever; it turns to `sacct`, where that is installed, as soon as `scontrol` takes longer than ten seconds, and without
accounting `sacct` never answers; and it asks ten seconds later each time that nothing has ended, up to three minutes.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from types import ModuleType
from typing import Any

PLUGIN = "snakemake_executor_plugin_slurm"
LONG = 10**9
"""Seconds for which a queue is taken to remember ended jobs when it has not said so yet."""

Answer = tuple[dict[str, str] | None, float | None]
Query = Callable[[str, Any], Awaitable[Answer]]


def mend_polling(poll_seconds: int, plugin: ModuleType | None = None) -> None:
    """Make the executor keep its jobs when the queue does not answer, and ask every `poll_seconds`.

    Args:
        poll_seconds: between two questions.
        plugin: the executor's module; by default the one that Snakemake has loaded, if it has.
    """
    plugin = plugin or sys.modules.get(PLUGIN)
    if plugin is None or hasattr(plugin, "ipt_mended"):
        return
    plugin.ipt_mended = True  # type: ignore[attr-defined]
    plugin.query_job_status = _patient(plugin.query_job_status)  # type: ignore[attr-defined]
    plugin.get_min_job_age = _remembering(plugin.get_min_job_age)  # type: ignore[attr-defined]
    check = plugin.Executor.check_active_jobs

    async def steadily(executor: Any, jobs: list[Any]) -> AsyncIterator[Any]:
        async for job in check(executor, jobs):
            yield job
        executor.next_seconds_between_status_checks = poll_seconds

    plugin.Executor.check_active_jobs = steadily


def _patient(query: Query) -> Query:
    """A question without an answer says nothing about any job: all stay as they are, and are asked about again."""

    async def ask(command: str, logger: Any) -> Answer:
        states, seconds = await query(command, logger)
        if states is None:
            logger.warning(f"no answer from {command.split()[0]}; jobs are asked about again")
            return {}, 0.0
        return states, seconds

    return ask


def _remembering(get: Callable[[], int | None]) -> Callable[[], int]:
    """How long the queue remembers ended jobs: it is a setting, so an earlier answer holds."""
    known: list[int] = []

    def age() -> int:
        found = get()
        if found is not None:
            known[:] = [found]
        return known[0] if known else LONG

    return age
