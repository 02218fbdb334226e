"""How fast the tasks make questions: `python benchmarks/tasks.py [--size 1024] [--write]`.

Questions of furnished houses with the paper's conditions, one thread, in processor seconds (other work on the machine
hardly counts). `--write` puts the figures into `measured/tasks.json`, which `ipt estimate` reads.
"""

import argparse
import os
import platform
import time
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

os.environ.setdefault("NUMBA_NUM_THREADS", "1")

from ipt.config import Config
from ipt.datasets.files import read_json, write_json
from ipt.names import TASKS
from ipt.scenes.open import open_scene
from ipt.tasks.interface import SceneContext, Yields
from ipt.tasks.registry import generator

MEASURED = Path(__file__).parent / "measured" / "tasks.json"
HOUSE = {"simulator": "embedded", "layout": "house"}
WARM_UP = 999
"""Index of the house that is rendered first and not counted."""


def configured(size: int, per_scene: int) -> Config:
    """The paper's conditions, in furnished houses."""
    environments = {"primary": HOUSE, "different": HOUSE | {"style": "alternate"}}
    sizes = {"sizes": {"train": {"questions_per_scene": per_scene}}}
    return Config.model_validate(
        {"environments": environments, "tasks": {"image_size": size} | dict.fromkeys(TASKS, sizes)}
    )


def measured(task: str, size: int, scenes: int, per_scene: int) -> dict[str, Any]:
    """Questions, processor seconds and bytes of `scenes` houses, and the seconds of measuring them again."""
    config, made = configured(size, per_scene), generator(task)

    def questions(index: int, most: int) -> tuple[list[Any], Any]:
        scene = open_scene(config, "primary", "train", index)
        context = SceneContext(config, "primary", "train", index, scene, Yields())
        return list(islice(made.candidates(context), most)), scene

    found, scene = questions(WARM_UP, 1)
    made.recheck(config, scene, found[0], size)
    count, stored, spent, again = 0, 0, 0.0, 0.0
    for index in range(scenes):
        start = time.process_time()
        found, scene = questions(index, per_scene)
        spent += time.process_time() - start
        start = time.process_time()
        for question in found:
            made.recheck(config, scene, question, config.curation.recheck_size)
        again += time.process_time() - start
        count += len(found)
        stored += sum(len(one.imagination) + sum(map(len, one.images.values())) for one in found)
    return {
        "questions": count,
        "scenes": scenes,
        "cpu_seconds": round(spent, 2),
        "questions_per_second": round(count / spent, 3),
        "recheck_seconds_per_question": round(again / max(1, count), 4),
        "recheck_px": config.curation.recheck_size,
        "bytes_per_question": round(stored / max(1, count)),
    }


def processor() -> str:
    """The model of this machine's processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores"


def main() -> None:
    """Measure every task at one size and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1024, help="px of every image")
    parser.add_argument("--scenes", type=int, default=3, help="houses a task")
    parser.add_argument("--questions", type=int, default=16, help="questions a house, at most")
    parser.add_argument("--write", action="store_true", help="keep the figures for `ipt estimate`")
    chosen = parser.parse_args()
    figures = {task: measured(task, chosen.size, chosen.scenes, chosen.questions) for task in TASKS}
    for task, values in figures.items():
        print(
            f"{task} at {chosen.size} px: {values['questions_per_second']:.2f} questions a second and core, "
            f"{values['questions']} questions of {values['scenes']} houses, "
            f"{values['bytes_per_question'] / 1e6:.2f} MB each"
        )
    if chosen.write:
        kept = read_json(MEASURED) if MEASURED.is_file() else []
        entry = {
            "simulator": "embedded",
            "layout": "house",
            "image_size": chosen.size,
            "machine": processor(),
            "date": date.today().isoformat(),
            "command": f"python benchmarks/tasks.py --size {chosen.size} --scenes {chosen.scenes} "
            f"--questions {chosen.questions} --write",
            "tasks": figures,
        }
        others = [one for one in kept if one["image_size"] != chosen.size]
        write_json(MEASURED, sorted([*others, entry], key=lambda one: one["image_size"]))


if __name__ == "__main__":
    main()
