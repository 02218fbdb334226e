"""Which samples a step sees: a function of seed and position alone, so that a resumed run replays and loses nothing."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray

from ipt.seeding import content_rng

LOOKAHEAD = 32
"""Samples that may wait for a later step while shorter ones fill the packs of this one."""


@lru_cache(maxsize=16)
def _permutation(seed: int, group: int, epoch: int, size: int) -> NDArray[np.int64]:
    return content_rng("data-order", seed, group, epoch).permutation(size)


@lru_cache(maxsize=16)
def _pattern(shares: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One turn of sum(shares) slots: the group of each, and how many of its group come before it.

    A group's slots are spread evenly, so that every stretch of the turn has about the same proportion.
    """
    numbers = np.concatenate([np.arange(share) for share in shares])
    groups = np.repeat(np.arange(len(shares)), shares)
    spread = (numbers + 0.5) / np.repeat(shares, shares)
    order = np.lexsort((groups, spread))
    return groups[order], numbers[order]


@dataclass(frozen=True)
class DataOrder:
    """An endless sequence of samples from several groups in exact proportion.

    Every group is seen whole, in a new permutation, before any of its samples comes again. The groups alternate in a
    fixed pattern of length sum(shares), so the proportion is exact by rows, whatever the sizes of the groups (the
    released loader counted files instead, and a 50/50 mixture came out 5:1).
    """

    groups: tuple[tuple[int, ...], ...]
    """Sample numbers of each group."""
    shares: tuple[int, ...]
    """How many of every sum(shares) samples come from each group."""
    seed: int

    def __post_init__(self) -> None:
        if len(self.groups) != len(self.shares) or not all(self.groups) or min(self.shares) < 1:
            raise ValueError("every group needs at least one sample and a share of at least 1")

    def visit(self, position: int) -> tuple[int, int]:
        """The sample at `position` (0, 1, 2, ...), and how often it was seen before."""
        groups, numbers = _pattern(self.shares)
        turn, slot = divmod(position, len(groups))
        group = int(groups[slot])
        taken = turn * self.shares[group] + int(numbers[slot])
        members = self.groups[group]
        epoch, index = divmod(taken, len(members))
        return members[int(_permutation(self.seed, group, epoch, len(members))[index])], epoch

    def at(self, position: int) -> int:
        """The sample at `position`."""
        return self.visit(position)[0]


@dataclass(frozen=True)
class StepPlan:
    """The positions in the data order that one step takes, pack by pack, and where the next step goes on."""

    packs: tuple[tuple[int, ...], ...]
    position: int
    """All positions before it are done, or `waiting`."""
    waiting: tuple[int, ...] = ()


@dataclass(frozen=True)
class BatchPlan:
    """Cuts a data order into steps, and a step into packs: by a number of samples, or by a budget of tokens a pack.

    By samples, a step takes the next so many and spreads them over the packs by length. By tokens, samples are taken in
    order into whichever pack has just room for them; one without room waits for the next step, where it comes first,
    and up to `LOOKAHEAD` later ones fill the gaps. Either way the samples of a step do not depend on the number of
    processes.
    """

    order: DataOrder
    lengths: Sequence[int]
    """Tokens of each sample, all segments kept; none is over the budget."""
    samples_per_step: int | None
    tokens_per_pack: int | None
    packs: int = 1

    def step(self, position: int, waiting: Sequence[int] = ()) -> StepPlan:
        """The step that starts at `position`, with positions before it that wait."""
        if self.samples_per_step is not None:
            end = position + self.samples_per_step
            return StepPlan(self._spread(range(position, end)), end)
        assert self.tokens_per_pack is not None
        room = [self.tokens_per_pack] * self.packs
        packs: list[list[int]] = [[] for _ in range(self.packs)]
        left: list[int] = []
        shortest, end = min(self.lengths), position
        for place in chain(waiting, count(position)):
            if len(left) == LOOKAHEAD or max(room) < shortest:
                left += [other for other in waiting if other >= place]
                break
            length = self.lengths[self.order.at(place)]
            end = max(end, place + 1)
            fits = [number for number in range(self.packs) if room[number] >= length]
            if fits:
                best = min(fits, key=room.__getitem__)
                packs[best].append(place)
                room[best] -= length
            else:
                left.append(place)
        return StepPlan(tuple(map(tuple, packs)), end, tuple(left))

    def fill(self, plan: StepPlan) -> float:
        """Share of the packs that is filled: of their budgets, or of the largest pack where there is no budget."""
        used = [sum(self.lengths[self.order.at(place)] for place in pack) for pack in plan.packs]
        return sum(used) / (len(used) * (self.tokens_per_pack or max(used)))

    def _spread(self, positions: range) -> tuple[tuple[int, ...], ...]:
        """Positions as packs of about equal length: the longest first, each to the pack that is shortest so far."""
        if self.packs == 1:
            return (tuple(positions),)
        packs: list[list[int]] = [[] for _ in range(self.packs)]
        heap = [(0, number) for number in range(self.packs)]
        for place in sorted(positions, key=lambda place: (-self.lengths[self.order.at(place)], place)):
            used, number = heapq.heappop(heap)
            packs[number].append(place)
            heapq.heappush(heap, (used + self.lengths[self.order.at(place)], number))
        return tuple(map(tuple, packs))


def packs_for(packs_per_step: int, processes: int, by_tokens: bool) -> int:
    """Packs a step is cut into, so that each process gets as many; 0 where it cannot be.

    Samples can be spread over any number of packs. Packs filled by tokens decide which samples a step holds, so their
    number is not changed for the processes at hand.
    """
    if by_tokens:
        return packs_per_step if packs_per_step % processes == 0 else 0
    return math.lcm(packs_per_step, processes)
