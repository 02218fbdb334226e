"""Scenes by name. A name says the simulator, its layout and style, the split and a number; it alone seeds the scene."""

import re

from ipt.config import Config, EnvironmentConfig
from ipt.errors import UserError
from ipt.names import ENVIRONMENTS, SPLITS, Environment, Split, Task
from ipt.scenes.interface import Scene

_NAME = re.compile(r"embedded-(room|house)-(standard|alternate)(?:-seed(\d+))?/(train|val|test)/(\d{5,})")

_NOT_YET = {
    "ai2thor": "needs the package ai2thor and its Unity build (x86-64 Linux with X or a GPU); this"
    " version has no adapter yet: set simulator to embedded",
    "habitat": "needs habitat-sim from conda and HM3D scenes; this version has no adapter yet: set simulator to"
    " embedded",
    "released": "reads released question sets and renders nothing: no scene can be opened",
}


def scene_name(config: Config, environment: Environment, split: Split, index: int) -> str:
    """The id of scene `index` of a split, e.g. `embedded-room-standard/train/00012`.

    The split is part of the name and the name is the seed, so splits are disjoint by construction. A config.seed other
    than 0 is in the name too: `embedded-room-standard-seed7/train/00012`.

    Raises:
        UserError: the environment's simulator is not built in.
    """
    settings = _embedded(config, environment)
    seed = f"-seed{config.seed}" if config.seed else ""
    return f"embedded-{settings.layout}-{settings.style}{seed}/{split}/{index:05d}"


def scene_ids(config: Config, task: Task, environment: Environment, split: Split) -> list[str]:
    """Ids of the scenes that `task` uses of a split, in order."""
    return [scene_name(config, environment, split, index) for index in range(config.tasks.sizes(task).of(split).scenes)]


def open_scene(config: Config, environment: Environment, split: Split, index: int) -> Scene:
    """Scene `index` of a split.

    Raises:
        UserError: the environment's simulator is not built in, or its settings are impossible.
    """
    return open_scene_by_id(config, scene_name(config, environment, split, index))


def open_scene_by_id(config: Config, scene_id: str) -> Scene:
    """The scene of that name; its environment is the one in `config` with the same layout and style.

    Raises:
        UserError: the name is not a scene's, or no environment of `config` makes such scenes.
    """
    # the generator pulls in numba: only when a scene is really wanted
    from ipt.scenes.embedded.generate import generate_scene
    from ipt.scenes.embedded.scene import EmbeddedScene

    return EmbeddedScene(generate_scene(scene_id, settings_of(config, scene_id)))


def settings_of(config: Config, scene_id: str) -> EnvironmentConfig:
    """The environment in `config` with the layout and style of the scene called `scene_id`.

    Raises:
        UserError: as `open_scene_by_id`.
    """
    match = _NAME.fullmatch(scene_id)
    if match is None:
        raise UserError(f"{scene_id}: not a scene id; one looks like embedded-room-standard/{SPLITS[0]}/00012")
    layout, style, seed = match[1], match[2], int(match[3] or 0)
    if seed != config.seed:
        raise UserError(f"{scene_id}: made with seed {seed}, but this configuration has seed {config.seed}")
    for environment in ENVIRONMENTS:
        settings = config.environments.get(environment)
        if settings and (settings.simulator, settings.layout, settings.style) == ("embedded", layout, style):
            return settings
    raise UserError(
        f"{scene_id}: no environment of scale {config.scale} has layout {layout} and style {style}; choose a scale that"
        " does"
    )


def _embedded(config: Config, environment: Environment) -> EnvironmentConfig:
    settings = config.environments.get(environment)
    if settings is None:
        raise UserError(f"environments.{environment}: not described in scale {config.scale}")
    if settings.simulator != "embedded":
        raise UserError(f"environments.{environment}.simulator: {settings.simulator} {_NOT_YET[settings.simulator]}")
    return settings
