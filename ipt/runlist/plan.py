"""What a runs file still takes: each job with the time that it is expected to need, where that was measured here."""

from collections.abc import Sequence
from dataclasses import dataclass

from ipt.config import Config
from ipt.runlist.jobs import Job, jobs_left
from ipt.runlist.progress import curve_of, measured_speed, seconds_noted
from ipt.runs import BLIND_MODELS, Layout, parse_run


@dataclass(frozen=True)
class Expected:
    """One job that is left."""

    job: Job
    seconds: float | None
    """None where nothing of its kind was measured."""
    source: str


def plan(wanted: Sequence[Job], config: Config, layout: Layout) -> list[Expected]:
    """What is left, in the order in which it will be done."""
    return [_expected(job, config, layout) for job in jobs_left(wanted, config, layout)]


def _expected(job: Job, config: Config, layout: Layout) -> Expected:
    if job.stage == "train":
        run = parse_run(job.arguments[-1])
        speed = measured_speed(run, config, layout)
        if speed is None:
            return Expected(job, None, "not measured")
        curve = curve_of(layout, run.run_id)
        steps = config.training_steps(run.task) - (curve[-1]["step"] if curve else 0)
        return Expected(job, steps / speed[0], f"{steps:.0f} steps, {speed[0]:.3g} steps/s of {speed[1]}")
    records = layout.root / "runs"
    kind = job.name.rpartition("-")[0] if job.stage == "render" else job.name
    pattern = f"{kind}-*.json" if job.stage == "render" else f"{kind}.json"
    if job.stage in ("evaluate", "score"):
        model = job.name.rpartition("/")[2]
        alike = model if model in BLIND_MODELS else f"{model.rpartition('.')[0]}.*"
        pattern = f"{job.name.rpartition('/')[0]}/{alike}.json"
    found = sorted(records.glob(pattern)) if records.is_dir() else []
    seconds = seconds_noted(found)
    return Expected(job, seconds, "not measured" if seconds is None else f"mean of {len(found)} alike")


def lines(expected: Sequence[Expected], parallel: int, cores: int) -> list[str]:
    """The plan as text: jobs of many alike together, then how long all of it takes with so many side by side."""
    groups: dict[str, list[Expected]] = {}
    for one in expected:
        name = one.job.name
        groups.setdefault(name.rpartition("-")[0] if one.job.stage == "render" else name, []).append(one)
    text = []
    for name, members in groups.items():
        known = [one.seconds for one in members if one.seconds is not None]
        time = f"{sum(known) / 60:7.1f} min" if len(known) == len(members) else "      ? min"
        count = f" x {len(members)}" if len(members) > 1 else ""
        text.append(f"{time}  {name}{count}  ({members[0].source})")
    sides = {True: parallel, False: cores}
    total = {side: sum(one.seconds or 0.0 for one in expected if one.job.on_gpu is side) for side in sides}
    unknown = sum(one.seconds is None for one in expected)
    text.append(
        f"{len(expected)} jobs left; measured: {total[True] / 60:.1f} min on the GPU ({parallel} side by side),"
        f" {total[False] / 60:.1f} core-min ({cores} cores); {unknown} jobs are of a kind not measured here"
    )
    return text
