"""The render stage: candidate questions of one shard of one split.

Scene `index` of a split belongs to shard `index % shards`, and its questions depend on that scene alone, so any shard
can be made anywhere, in any order, and again.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from ipt.config import Config
from ipt.datasets.files import write_manifest, write_questions
from ipt.datasets.schema import Question
from ipt.errors import UserError
from ipt.names import Environment, Split, Task
from ipt.scenes.open import open_scene
from ipt.tasks.interface import SceneContext, Yields
from ipt.tasks.registry import generator


def config_sections(task: str, environment: str) -> tuple[str, ...]:
    """The configuration sections that a shard depends on, for `Config.digest`."""
    common = ("image_size", "choice_order", "scene_tries_max", "tries_max")
    return "seed", f"environments.{environment}", *(f"tasks.{name}" for name in common), f"tasks.{task}"


def render_shard(config: Config, task: Task, environment: Environment, split: Split, shard: int, output: Path) -> None:
    """Render the candidate questions of shard `shard` into `output` (Parquet of `QUESTIONS`) and its manifest.

    The manifest's `yields` tells how many candidates each condition removed.

    Scenes and questions pass through memory one at a time.

    Raises:
        UserError: no such shard; or not one question came out of all scenes, or of the first `tasks.tries_max` tries;
            names the condition that removed most candidates.
    """
    sizes = config.tasks.sizes(task).of(split)
    if not 0 <= shard < sizes.shards:
        raise UserError(
            f"shard {shard}: tasks.{task}.sizes.{split}.shards is {sizes.shards}; give 0..{sizes.shards - 1}"
        )
    yields = Yields()
    indices = range(shard, sizes.scenes, sizes.shards)
    rows = write_questions(output, _questions(config, task, environment, split, shard, indices, yields))
    yields.add("kept", rows)
    write_manifest(
        output,
        rows=rows,
        command=f"render {task} {environment} {split} {shard}",
        config_digest=config.digest(*config_sections(task, environment)),
        scenes=len(indices),
        yields=dict(sorted(yields.counts.items())),
    )


def _questions(
    config: Config,
    task: Task,
    environment: Environment,
    split: Split,
    shard: int,
    indices: Sequence[int],
    yields: Yields,
) -> Iterator[Question]:
    """The questions of the scenes `indices`, one scene in memory at a time."""
    most = config.tasks.sizes(task).of(split).questions_per_scene
    label = f"render {task}-{environment}-{split}/{shard}"
    for done, index in enumerate(tqdm(indices, desc=label, unit="scene", disable=None, mininterval=10), start=1):
        context = SceneContext(config, environment, split, index, open_scene(config, environment, split, index), yields)
        yield from islice(generator(task).candidates(context), most)
        if not yields.made and (done == len(indices) or yields.tries >= config.tasks.tries_max):
            hopeless = ", ".join(yields.impassable()) or "the conditions together"
            raise UserError(
                f"tasks.{task}: no question in {done} scenes of {environment}/{split}, shard {shard}, after "
                f"{yields.tries} tries; nothing got past {hopeless}; "
                f"candidates removed: {yields.worst()}; relax the condition named first"
            )
