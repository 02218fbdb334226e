"""Losses that must stop a run, and those that must not."""

import pytest
import torch

from ipt.config import Config
from ipt.errors import UserError
from ipt.training.guards import WINDOW, LossGuard, Readback

SCRATCH = Config.model_validate({"model": {"source": "scratch"}})


def guard(config: Config = SCRATCH, usual: float = 0.3) -> LossGuard:
    made = LossGuard(config, "pet.ipt.latent64.seed0")
    for step in range(2, WINDOW + 2):
        made.see(step, usual, usual, 1.0, ["seen"])
    return made


@pytest.mark.parametrize(("loss", "norm"), [(float("nan"), 1.0), (float("inf"), 1.0), (1.0, float("nan"))])
def test_no_number_stops_and_names_the_samples(loss: float, norm: float) -> None:
    with pytest.raises(UserError, match=r"at step 7; lower training.learning_rate .* a/ipt/x, b/ipt/x"):
        guard().see(7, loss, 1.0, norm, ["a/ipt/x", "b/ipt/x"])


def test_a_leap_stops_and_names_the_samples_a_rise_does_not() -> None:
    watching = guard(usual=0.3)
    watching.see(100, 4.2, 4.2, 1.0, ["fine"])
    with pytest.raises(UserError, match=r"loss 4\.400 at step 101, 4\.10 above the median .*loss_spike 4.* bad/ipt/x"):
        watching.see(101, 4.4, 4.4, 1.0, ["bad/ipt/x"])


def test_the_first_steps_may_fall_from_any_height() -> None:
    watching = LossGuard(SCRATCH, "run")
    for step, loss in enumerate([20.0, 9.0, 30.0, 2.0], start=1):
        watching.see(step, loss, 11.0, 1.0, [])


def test_given_weights_of_another_model_are_caught_at_the_first_step() -> None:
    """The cross entropy of weights that know nothing is ln V = 11.9; from scratch that is where a run starts."""
    given = LossGuard(Config(), "run")
    with pytest.raises(UserError, match=r"cross entropy 11\.90 at the first step, more than 5\.00"):
        given.see(1, 12.0, 11.9, 1.0, [])
    LossGuard(SCRATCH, "run").see(1, 12.0, 11.9, 1.0, [])


def test_numbers_arrive_at_once_on_a_cpu() -> None:
    reading = Readback[str](torch.device("cpu"))
    assert reading.push("one", torch.tensor([1.0, 2.0])) == [("one", [1.0, 2.0])]
    assert reading.drain() == []
