"""How fast a run goes: tokens a second, MFU where the device's peak is known, and the time that saving takes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ipt.config import Config
from ipt.training.feed import Step
from ipt.training.flops import Work, device_peak, training_flops
from ipt.training.processes import Processes


class Speed:
    """Clocks of one run on one process."""

    def __init__(self, config: Config, processes: Processes) -> None:
        self.config, self.count = config, processes.count
        self.peak = device_peak(processes.device)
        self.started = self._since = self._last = time.monotonic()
        self._tokens = self._flops = 0.0
        self._before: int | None = None
        self._slowest = self._save = 0.0
        self._shown: dict[str, Any] = {}

    def step(self, step: Step) -> None:
        """Count a step that was just done (on a GPU: handed over)."""
        now = time.monotonic()
        self._slowest = max(self._slowest * 0.95, now - self._last)
        self._last = now
        if self._before is not None:
            self._tokens += step.after.tokens - self._before
        self._before = step.after.tokens
        if self.peak is not None:
            self._flops += sum(training_flops(self.config.model, Work.of(packed)) for packed in step.packs)

    @property
    def reserve(self) -> float:
        """Seconds to keep for two more steps and a save."""
        return 2 * self._slowest + 1.5 * self._save + 1.0

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Remember how long the block takes, which saves."""
        began = time.monotonic()
        yield
        self._last = time.monotonic()
        self._save = self._last - began

    def record(self) -> dict[str, Any]:
        """Seconds since the start; tokens a second and MFU since the last record."""
        now = time.monotonic()
        passed = max(1e-9, now - self._since)
        found = {"seconds": round(now - self.started, 2), "tokens_per_second": round(self._tokens / passed, 1)}
        if self.peak is not None:
            found["mfu"] = round(self._flops / passed / self.peak, 4)
        self._since, self._tokens, self._flops, self._shown = now, 0.0, 0.0, found
        return found

    def short(self) -> str:
        """For the progress bar."""
        parts = [
            f" {self._shown[name]:g} {unit}"
            for name, unit in (("tokens_per_second", "tokens/s"), ("mfu", "MFU"))
            if name in self._shown
        ]
        return "".join(parts)
