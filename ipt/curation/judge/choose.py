"""The judge that a configuration names."""

from pathlib import Path

from ipt.config import Config
from ipt.curation.judge.interface import Judge
from ipt.curation.judge.service import EndpointJudge
from ipt.curation.judge.simulator import SimulatorJudge
from ipt.endpoint.client import Endpoint
from ipt.errors import UserError
from ipt.names import Environment, Split

SIMULATOR = "simulator"


def judge_named(name: str, config: Config, environment: Environment, split: Split) -> Judge:
    """`simulator`, or a model under `endpoints` in the configuration.

    Raises:
        UserError: no such endpoint.
    """
    if name == SIMULATOR:
        return SimulatorJudge(config, environment, split)
    if name not in config.endpoints:
        known = ", ".join([SIMULATOR, *sorted(config.endpoints)])
        raise UserError(f"{name}: no such judge; known here: {known} (describe others under endpoints)")
    return EndpointJudge(name, Endpoint(name, config.endpoints[name], Path(config.endpoint_directory)))
