"""The spend ledger under crashes and several processes; the pacer on a clock of its own."""

import multiprocessing
from pathlib import Path

import pytest

from ipt.endpoint.pace import Pacer
from ipt.endpoint.spend import SpendLedger
from ipt.errors import UserError


def test_reserved_and_settled(tmp_path: Path) -> None:
    ledger = SpendLedger(tmp_path / "spend.jsonl", 1.0, "endpoints.x")
    ledger.reserve("a", 0.6)
    with pytest.raises(UserError, match=r"endpoints.x.spend_cap: 0.6000 USD are spent or under way"):
        ledger.reserve("b", 0.6)
    ledger.settle("a", 0.6, 0.1)
    ledger.reserve("b", 0.6)
    assert ledger.spent() == pytest.approx(0.7)
    assert SpendLedger(tmp_path / "spend.jsonl", 1.0, "x").spent() == pytest.approx(0.7)


def test_a_torn_line_costs_nothing_and_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "spend.jsonl"
    SpendLedger(path, 1.0, "x").reserve("a", 0.2)
    path.write_bytes(path.read_bytes() + b'{"key": "b", "us')  # killed while writing
    after = SpendLedger(path, 1.0, "x")
    after.reserve("c", 0.3)
    assert after.spent() == SpendLedger(path, 1.0, "x").spent() == pytest.approx(0.5)


def test_what_is_free_leaves_no_ledger(tmp_path: Path) -> None:
    SpendLedger(tmp_path / "spend.jsonl", 0.0, "x").reserve("a", 0.0)
    assert list(tmp_path.iterdir()) == []


def _spend(path: Path) -> None:
    ledger = SpendLedger(path, 1.0, "x")
    try:
        for index in range(100):
            ledger.reserve(f"{index}", 0.01)
    except UserError:
        pass


def test_several_processes_together_stay_below_the_cap(tmp_path: Path) -> None:
    path = tmp_path / "spend.jsonl"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_spend, args=(path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert SpendLedger(path, 1.0, "x").spent() == pytest.approx(1.0, abs=0.011)
    assert SpendLedger(path, 1.0, "x").spent() <= 1.0 + 1e-9


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def starts(pacer: Pacer, clock: Clock, tokens: list[int]) -> list[float]:
    found = []
    for count in tokens:
        pacer.wait(count)
        found.append(round(clock.now - 100.0, 6))
    return found


def test_requests_are_spaced_evenly() -> None:
    clock = Clock()
    assert starts(Pacer(30, None, clock, clock.sleep), clock, [5, 5, 5]) == [0, 2, 4]


def test_the_tighter_limit_rules() -> None:
    clock = Clock()
    pacer = Pacer(60, 6000, clock, clock.sleep)  # a second a request, a hundredth a token
    assert starts(pacer, clock, [50, 300, 10, 10]) == [0, 1, 4, 5]


def test_a_pause_holds_everyone_and_idle_time_is_not_saved_up() -> None:
    clock = Clock()
    pacer = Pacer(60, None, clock, clock.sleep)
    pacer.wait(1)
    pacer.pause(10)
    assert starts(pacer, clock, [1, 1]) == [10, 11]
    clock.now += 100
    assert starts(pacer, clock, [1, 1]) == [111, 112]
