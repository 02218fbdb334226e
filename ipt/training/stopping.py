"""Ending in time: a limit on the run's time, SIGTERM and SIGUSR1 all mean to save and leave.

SLURM sends one of them before the limit (`--signal=USR1@120`); the same command then goes on from the checkpoint.
"""

import signal
import time
from types import FrameType


class StopRequest:
    """Whether this process was asked to stop. Signals are caught between `__enter__` and `__exit__`."""

    def __init__(self, seconds: float | None = None) -> None:
        """`seconds`: the run's time from now on, saving included; None for no limit."""
        self.started = time.monotonic()
        self.seconds = seconds
        self.reason = ""
        self._before: dict[signal.Signals, signal.Handlers | int | None] = {}

    def __enter__(self) -> "StopRequest":
        try:
            for number in (signal.SIGTERM, signal.SIGUSR1):
                self._before[number] = signal.signal(number, self._asked)  # type: ignore[assignment]
        except ValueError:  # not the main thread: only the time limit counts then
            pass
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _asked(self, number: int, _: FrameType | None) -> None:
        self.reason = signal.Signals(number).name

    def due(self, reserve: float) -> bool:
        """Whether to stop now: asked to, or less than `reserve` seconds of the limit are left."""
        if not self.reason and self.seconds is not None and self.left() < reserve:
            self.reason = f"--stop-after {self.seconds:g} s"
        return bool(self.reason)

    def left(self) -> float:
        """Seconds left of the limit."""
        return float("inf") if self.seconds is None else self.seconds - (time.monotonic() - self.started)
