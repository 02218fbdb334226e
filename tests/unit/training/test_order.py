"""The data order: exact mixture, every sample once an epoch, a pure function of position."""

from collections import Counter

import pytest

from ipt.training.order import LOOKAHEAD, BatchPlan, DataOrder, packs_for


def test_groups_alternate_exactly_whatever_their_sizes() -> None:
    order = DataOrder((tuple(range(10)), tuple(range(100, 103))), (1, 1), seed=0)
    drawn = [order.at(position) for position in range(60)]
    assert [number >= 100 for number in drawn] == [False, True] * 30
    assert Counter(number for number in drawn if number < 100) == dict.fromkeys(range(10), 3)
    assert Counter(number for number in drawn if number >= 100) == dict.fromkeys(range(100, 103), 10)


def test_shares_are_counted_by_rows() -> None:
    order = DataOrder((tuple(range(7)), tuple(range(100, 105))), (3, 2), seed=0)
    drawn = [order.at(position) for position in range(5 * 35)]
    assert sum(number < 100 for number in drawn) == 3 * 35
    assert Counter(drawn[: 5 * 7])[0] == 3  # 21 draws from 7 samples


@pytest.mark.parametrize("shares", [(2, 2), (20531, 19998, 15000), (1, 5), (3, 7, 1)])
def test_every_stretch_of_a_turn_has_about_the_proportion_of_the_whole(shares: tuple[int, ...]) -> None:
    """No set comes in one block: after any number of rows each group is within one row a group of its share."""
    order = DataOrder(tuple((number,) for number in range(len(shares))), shares, seed=0)
    seen = [0] * len(shares)
    for position in range(min(sum(shares), 2000)):
        seen[order.at(position)] += 1
        for count, share in zip(seen, shares, strict=True):
            assert abs(count - (position + 1) * share / sum(shares)) <= len(shares)


def test_every_epoch_is_a_new_permutation_and_every_seed_another() -> None:
    order = DataOrder((tuple(range(20)),), (1,), seed=0)
    epochs = [[order.at(20 * epoch + index) for index in range(20)] for epoch in range(3)]
    assert all(sorted(epoch) == list(range(20)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert epochs[0] != [DataOrder((tuple(range(20)),), (1,), seed=1).at(index) for index in range(20)]


def by_samples(count: int, packs: int = 1, lengths: tuple[int, ...] = (1,) * 9) -> BatchPlan:
    return BatchPlan(DataOrder((tuple(range(len(lengths))),), (1,), 0), lengths, count, None, packs)


def test_steps_by_samples_follow_each_other() -> None:
    plan = by_samples(4)
    first = plan.step(0)
    second = plan.step(first.position)
    assert (first.position, second.position) == (4, 8)
    assert first.packs + second.packs == ((0, 1, 2, 3), (4, 5, 6, 7))


def test_more_packs_hold_the_same_samples_in_about_equal_parts() -> None:
    plan = by_samples(6, packs=3, lengths=(50, 10, 10, 40, 30, 20, 25, 60, 5))
    step = plan.step(0)
    assert sorted(place for pack in step.packs for place in pack) == [0, 1, 2, 3, 4, 5]
    lengths = [sum(plan.lengths[plan.order.at(place)] for place in pack) for pack in step.packs]
    longest = max(plan.lengths[plan.order.at(place)] for place in range(6))
    assert max(lengths) - min(lengths) <= longest
    assert plan.fill(step) == sum(lengths) / (3 * max(lengths))


@pytest.mark.parametrize("packs", [1, 3])
def test_packs_filled_by_tokens_waste_little_lose_nothing_and_repeat_nothing(packs: int) -> None:
    lengths = [30, 50, 10, 90, 40, 70, 20, 95]
    plan = BatchPlan(DataOrder((tuple(range(8)),), (1,), 0), lengths, None, 100, packs)
    position, waiting, seen, fills = 0, (), [], []
    for _ in range(60):
        step = plan.step(position, waiting)
        position, waiting = step.position, step.waiting
        used = [sum(lengths[plan.order.at(place)] for place in pack) for pack in step.packs]
        assert len(used) == packs
        assert all(0 < tokens <= 100 for tokens in used)
        seen += [place for pack in step.packs for place in pack]
        fills.append(plan.fill(step))
        assert len(waiting) <= LOOKAHEAD
    assert sorted([*seen, *waiting]) == list(range(position))
    assert sum(fills) / len(fills) > 0.85  # taking them strictly in order fills 65 % of one pack


def test_a_sample_that_waits_comes_first_in_the_next_step() -> None:
    plan = BatchPlan(DataOrder((tuple(range(8)),), (1,), 0), [30, 50, 10, 90, 40, 70, 20, 95], None, 100, 1)
    position, waiting = 0, ()
    for _ in range(20):
        step = plan.step(position, waiting)
        if waiting:
            assert waiting[0] in step.packs[0]
        position, waiting = step.position, step.waiting


def test_packs_are_shared_evenly_or_not_at_all() -> None:
    assert packs_for(8, 4, by_tokens=True) == 8
    assert packs_for(8, 3, by_tokens=True) == 0
    assert packs_for(4, 6, by_tokens=False) == 12
