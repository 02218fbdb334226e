"""A runs file: which runs of a scale to train and on what to evaluate them, the most valuable first.

    scale: mini
    wanted:
      - {tasks: [pet], supervisions: [label_only, ipt], seeds: [0]}
      - {tasks: [mvc], supervisions: [ipt], latents: [16, 32], seeds: [0, 1, 2], environments: [primary]}

An entry stands for every combination of what it lists. Inference modes and input settings follow from the tables, as in
the DAG: a predictions file with fewer would not be the DAG's.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from ipt.config import Config, Section, load_config
from ipt.config.load import first_problem
from ipt.datasets.files import read_text
from ipt.errors import UserError
from ipt.names import ENVIRONMENTS, TASKS, Environment, Supervision, Task
from ipt.paper import registry
from ipt.runs import IMAGE_SUPERVISIONS, Run


class Wanted(Section):
    """Runs of every combination of what it lists, and the environments that each is evaluated in."""

    tasks: tuple[Task, ...] = TASKS
    supervisions: tuple[Supervision, ...] = Field(min_length=1)
    latents: tuple[int, ...] = Field((64,), description="Latent-N, where an image is trained")
    seeds: tuple[int, ...] = (0,)
    environments: tuple[Environment, ...] = ENVIRONMENTS

    def runs(self) -> Iterator[Run]:
        """In the order of seeds first: one seed of everything is worth more than three of one thing."""
        for seed in self.seeds:
            for task in self.tasks:
                for supervision in self.supervisions:
                    for latent in self.latents if supervision in IMAGE_SUPERVISIONS else (64,):
                        yield Run(task, supervision, seed, latent)


class RunsFile(Section):
    """A scale and what is wanted of it, in order of value."""

    scale: str = Field(description="a preset, or the path of a YAML file")
    wanted: tuple[Wanted, ...] = Field(min_length=1)

    def entries(self, config: Config) -> list[tuple[Run, tuple[Environment, ...]]]:
        """Each run once (`base` once a task), in order, with the environments that any entry wants of it.

        Raises:
            UserError: no table of this scale has one of the runs.
        """
        found: dict[Run, tuple[Environment, ...]] = {}
        for wanted in self.wanted:
            for run in wanted.runs():
                found[run] = tuple(dict.fromkeys((*found.get(run, ()), *wanted.environments)))
        known = {run.run_id for run in registry.runs(config)}
        if unknown := [run.run_id for run in found if run.run_id not in known]:
            raise UserError(f"wanted: {unknown[0]}: no table of scale {config.scale} needs it (seeds, latent_sizes)")
        return list(found.items())


def read_runs_file(path: Path) -> tuple[RunsFile, Config]:
    """The list and the configuration of its scale.

    Raises:
        UserError: missing, not YAML, an unknown key or value; names the file and the field.
    """
    try:
        data = yaml.safe_load(read_text(path))
        listed = RunsFile.model_validate(data)
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise UserError(f"{path}: {first_problem(error, RunsFile)}") from None
    config = load_config(listed.scale)
    try:
        listed.entries(config)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    return listed, config
