"""Several processes of one command on this machine, with an exit status that says what happened to the run.

`torchrun` reports 1 for whatever a process ended with, and kills what has not saved 30 seconds after a signal. Here a
run that stopped in time reports 75, signals are passed on, and nobody is killed who is saving.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from ipt.errors import EXIT_STOPPED

_GRACE = 20.0
"""Seconds that the others have to end after one has failed: they may hang in a collective that never completes."""
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


def run_together(command: Sequence[str], processes: int, environment: Mapping[str, str]) -> int:
    """Run `command` in `processes` processes, each told its place as torch expects, and wait for all.

    SIGTERM, SIGINT and SIGUSR1 are passed on to them; they end when this process is gone (IPT_CONTROLLER_PID).

    Returns:
        0 where all ended well, `EXIT_STOPPED` where all that did not stopped in time, else what the first one that
        failed ended with (128 + n for a signal n, as shells say).
    """
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    # The rendezvous is here, not in the first process: its port is taken before anybody is told it.
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    shared = {
        **environment,
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(store.port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",
        "TORCHELASTIC_RESTART_COUNT": "0",
        "IPT_CONTROLLER_PID": str(os.getpid()),
    }
    started: list[subprocess.Popen[bytes]] = []

    def passed_on(number: int, _: FrameType | None) -> None:
        _signal(started, number)

    before = {number: signal.signal(number, passed_on) for number in _PASSED_ON}
    try:
        for rank in range(processes):
            place = {"RANK": str(rank), "LOCAL_RANK": str(rank)}
            started.append(subprocess.Popen(command, env=shared | place))
        return _wait(started)
    finally:
        _signal(started, signal.SIGKILL)
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(started: Sequence["subprocess.Popen[bytes]"]) -> int:
    """The status of the whole; once one has failed, the others are given little time."""
    failed, until = 0, float("inf")
    while any(process.poll() is None for process in started):
        ended = [process.returncode for process in started if process.returncode is not None]
        failed = failed or next((status for status in ended if status not in (0, EXIT_STOPPED)), 0)
        if failed and until == float("inf"):
            _signal(started, signal.SIGTERM)
            until = time.monotonic() + _GRACE
        if time.monotonic() > until:
            _signal(started, signal.SIGKILL)
        time.sleep(0.05)
    ended = [process.returncode for process in started]
    failed = failed or next((status for status in ended if status not in (0, EXIT_STOPPED)), 0)
    if failed:
        return failed if failed > 0 else 128 - failed
    return max(ended)


def _signal(started: Sequence["subprocess.Popen[bytes]"], number: int) -> None:
    for process in started:
        if process.poll() is None:
            process.send_signal(number)
