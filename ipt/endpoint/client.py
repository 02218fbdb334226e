"""One model behind a service. `plan` says what everything will cost and refuses above the cap; `complete` asks.

Both look into the cache first: what was answered before is neither sent nor paid for again.
"""

import fcntl
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ipt.config.endpoint import EndpointConfig
from ipt.endpoint.attempt import PassingError, attempt
from ipt.endpoint.cache import ResponseCache
from ipt.endpoint.calls import Call, Completion, body, call_key, input_tokens, price
from ipt.endpoint.pace import Pacer
from ipt.endpoint.spend import SpendLedger
from ipt.errors import UserError
from ipt.seeding import content_digest, content_rng

if TYPE_CHECKING:
    import openai


@dataclass(frozen=True)
class Plan:
    """What is going to be asked. Tokens and USD are of the new calls only."""

    new: int
    cached: int
    input_tokens: int
    output_tokens: int
    usd: float
    spent: float
    """USD before this plan."""


class Endpoint:
    """A model of a service, by the name it has under `endpoints` in the configuration.

    Args:
        folder: where answers and the spend ledger are kept, below a subfolder of this endpoint's name.
    """

    def __init__(self, name: str, config: EndpointConfig, folder: Path) -> None:
        self.name = f"endpoints.{name}"
        self.config = config
        self._folder = folder / name
        self.cache = ResponseCache(self._folder / "responses")
        self.ledger = SpendLedger(self._folder / "spend.jsonl", config.spend_cap, self.name)
        self._stop = threading.Event()
        self._pacer = Pacer(config.requests_per_minute, config.tokens_per_minute, sleep=self._stop.wait)

    @property
    def digest(self) -> str:
        """What stands for the weights: service, model and how it is asked (16 digits)."""
        return content_digest("endpoint", call_key(self.config, Call(())))

    def plan(self, calls: Iterable[Call]) -> Plan:
        """Say what `calls` will cost, before the first of them is sent. They may be a generator: none is kept.

        Raises:
            UserError: the estimate and what is spent already pass the cap, or the key is missing.
        """
        seen: set[str] = set()
        cached = sent = 0
        for call in calls:
            key = call_key(self.config, call)
            if key in seen or self.cache.get(key):
                cached += 1
                continue
            seen.add(key)
            sent += input_tokens(self.config, call)
        received = len(seen) * min(self.config.tokens_per_answer, self.config.max_output_tokens)
        plan = Plan(len(seen), cached, sent, received, price(self.config, sent, received), self.ledger.spent())
        print(
            f"{self.name}: {plan.new} requests, {plan.cached} answered before; about {sent} tokens in, {received} out,"
            f" {plan.usd:.2f} USD; spent {plan.spent:.2f} of {self.config.spend_cap:.2f}",
            file=sys.stderr,
        )
        if plan.spent + plan.usd > self.config.spend_cap:
            raise UserError(
                f"{self.name}.spend_cap: {plan.new} requests cost about {plan.usd:.2f} USD and {plan.spent:.2f} are"
                f" spent, which passes {self.config.spend_cap:.2f}; raise it or ask fewer questions"
            )
        if plan.new:
            _ = self._client  # a missing key is said now
        return plan

    def complete(self, calls: Sequence[Call]) -> list[Completion]:
        """One answer a call, in order. Each is in the cache before the next batch is asked; the first final error
        stops the rest.

        Raises:
            UserError: refused for good, still failing after the last attempt, or the cap is reached.
        """
        keys = [call_key(self.config, call) for call in calls]
        found = {key: self.cache.get(key) for key in keys}
        waiting = {key: call for key, call in zip(keys, calls, strict=True) if found[key] is None}
        if waiting:
            _ = self._client
            self._stop.clear()
            with self._alone(), ThreadPoolExecutor(self.config.concurrency) as pool:
                futures = {key: pool.submit(self._answer, key, call) for key, call in waiting.items()}
                try:
                    for key, future in futures.items():
                        found[key] = future.result()
                except BaseException:
                    self._stop.set()
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
        return [completion for key in keys if (completion := found[key]) is not None]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from asking the same endpoint meanwhile: its rates are for all of them together."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with open(self._folder / "asking.lock", "wb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    @cached_property
    def _client(self) -> "openai.OpenAI":
        import openai

        variable = self.config.key_variable
        key = os.environ.get(variable, "") if variable else "none"
        if not key:
            raise UserError(f"{variable}: not set in the environment; {self.name} needs the key of its service there")
        return openai.OpenAI(base_url=self.config.base_url, api_key=key, timeout=self.config.timeout, max_retries=0)

    def _answer(self, key: str, call: Call) -> Completion:
        """Ask until there is an answer, and store it."""
        sent = input_tokens(self.config, call)
        most = price(self.config, sent, self.config.max_output_tokens)
        problem = ""
        for number in range(self.config.attempts):
            self._pacer.wait(sent + self.config.tokens_per_answer)
            if self._stop.is_set():
                raise UserError(f"{self.name}: stopped, as another request failed for good")
            self.ledger.reserve(key, most)
            try:
                completion, is_counted = attempt(self._client, body(self.config, call), self.name)
            except PassingError as fault:
                if not fault.billed:
                    self.ledger.settle(key, most, 0.0)
                problem = str(fault)
                if number + 1 < self.config.attempts:
                    self._back_off(key, number, fault.after)
                continue
            except UserError:
                self.ledger.settle(key, most, 0.0)
                raise
            self.cache.put(key, completion)
            if is_counted:
                cost = price(self.config, completion.input_tokens, completion.output_tokens)
                self.ledger.settle(key, most, cost)
            return completion
        raise UserError(
            f"{self.name}: no answer after {self.config.attempts} attempts (last: {problem}); run again to continue:"
            " every answer so far is kept"
        )

    def _back_off(self, key: str, number: int, asked: float) -> None:
        """Wait before attempt `number` + 2: as long as the service asks, else doubling, spread so as not to march in
        step.
        """
        if asked:
            self._pacer.pause(asked)  # every thread is asking too often
            return
        wait = min(self.config.longest_wait, self.config.first_wait * 2**number)
        self._stop.wait(wait * content_rng("back-off", key, number).uniform(0.5, 1.0))
