"""When the next request may start: evenly spaced within the service's limits, and later when the service says so."""

import threading
import time
from collections.abc import Callable


class Pacer:
    """Shared by the threads of one process. `sleep` may end early by returning True: the run was stopped."""

    def __init__(
        self,
        requests_per_minute: float,
        tokens_per_minute: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], bool | None] = time.sleep,
    ) -> None:
        self._gap = 60.0 / requests_per_minute
        self._gap_per_token = 60.0 / tokens_per_minute if tokens_per_minute else 0.0
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free = clock()
        self._paused_until = clock()

    def wait(self, tokens: int) -> None:
        """Return when a request of so many tokens may start."""
        with self._lock:
            start = max(self._clock(), self._free, self._paused_until)
            self._free = start + max(self._gap, tokens * self._gap_per_token)
        while (left := max(start, self._paused_until) - self._clock()) > 0:
            if self._sleep(left):
                return

    def pause(self, seconds: float) -> None:
        """Let no request of any thread start for so long (the service said that it is asked too often)."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)
