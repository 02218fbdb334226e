"""What an endpoint has cost so far, over all runs and processes, and the cap that it may never pass.

Before a request is sent, the most that it can cost is written down; afterwards the difference to what it did cost is
given back. So a killed process, or several at once, can only make the ledger too high, never too low.
"""

import fcntl
import json
import os
import threading
from pathlib import Path

from ipt.errors import UserError


class SpendLedger:
    """Lines of `{"key": ..., "usd": ...}`; their sum is the spend."""

    def __init__(self, path: Path, cap: float, name: str) -> None:
        self.path = path
        self.cap = cap
        self.name = name
        """Of the configuration field that an error names."""
        self._spent = 0.0
        self._read = 0
        """Bytes of the file that `_spent` covers."""
        self._lock = threading.Lock()

    def spent(self) -> float:
        """USD so far, of every process, requests under way at their most."""
        with self._lock:
            return self._catch_up()

    def _catch_up(self) -> float:
        """Add what was written since the last look."""
        try:
            with open(self.path, "rb") as stream:
                stream.seek(self._read)
                content = stream.read()
        except FileNotFoundError:
            return 0.0
        whole = content[: content.rfind(b"\n") + 1]
        self._spent += sum(_amount(line) for line in whole.splitlines())
        self._read += len(whole)
        return self._spent

    def reserve(self, key: str, usd: float) -> None:
        """Write down the most that a request can cost, before it is sent.

        Raises:
            UserError: the cap would be passed; nothing is written then.
        """
        self._add(key, usd, capped=True)

    def settle(self, key: str, reserved: float, cost: float) -> None:
        """Replace what was reserved by what it did cost."""
        self._add(key, cost - reserved, capped=False)

    def _add(self, key: str, usd: float, capped: bool) -> None:
        if usd == 0:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, open(self.path, "a+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            if capped and (spent := self._catch_up()) + usd > self.cap:
                raise UserError(
                    f"{self.name}.spend_cap: {spent:.4f} USD are spent or under way and the next request may cost"
                    f" {usd:.4f}, which passes {self.cap:.2f}; raise it and run again: every answer so far is kept"
                )
            torn = stream.seek(0, os.SEEK_END) and not self._ends_line(stream.fileno())
            line = json.dumps({"key": key, "usd": round(usd, 9)}).encode() + b"\n"
            stream.write(b"\n" + line if torn else line)
            stream.flush()
            os.fsync(stream.fileno())

    @staticmethod
    def _ends_line(handle: int) -> bool:
        return os.pread(handle, 1, os.fstat(handle).st_size - 1) == b"\n"


def _amount(line: bytes) -> float:
    """USD of a line; a torn line (its writer was killed) counts as nothing."""
    try:
        return float(json.loads(line)["usd"])
    except (ValueError, KeyError, TypeError):
        return 0.0
