"""What is left to do follows from what is there, by content."""

from ipt.config import Config
from ipt.datasets.files import write_json, write_manifest
from ipt.runlist.file import RunsFile
from ipt.runlist.jobs import jobs_left, wanted_jobs
from ipt.runs import Layout
from tests.unit.runlist.finished import finish, finish_all

BLIND = ("blind_random", "blind_majority", "blind_question_only")


def left(listed: RunsFile, config: Config, layout: Layout) -> list[str]:
    return [job.name for job in jobs_left(wanted_jobs(listed, config, layout), config, layout)]


def test_from_nothing_everything_that_the_run_rests_on_comes_first(
    listed: RunsFile, config: Config, layout: Layout
) -> None:
    jobs = jobs_left(wanted_jobs(listed, config, layout), config, layout)
    made: set[object] = set()
    for job in jobs:
        assert made.issuperset(job.reads), job.name
        made.update(job.writes)
    names = {job.name for job in jobs}
    assert {"render/mvc-primary-train-0000", "train/vae", "train/mvc.label_only.seed0"} <= names
    assert {f"score/mvc-primary/{model}" for model in (*BLIND, "mvc.label_only.seed0")} <= names
    assert not any("different" in name or "pet.label_only" in name for name in names)


def test_nothing_is_left_where_all_is_made(listed: RunsFile, config: Config, layout: Layout) -> None:
    for job in jobs_left(wanted_jobs(listed, config, layout), config, layout):
        finish(job)
    assert left(listed, config, layout) == []


def test_other_data_outdates_what_was_made_from_it(listed: RunsFile, config: Config, layout: Layout) -> None:
    for job in jobs_left(wanted_jobs(listed, config, layout), config, layout):
        finish(job)
    curated = layout.curated("mvc", "primary", "val")
    curated.write_text("other questions", encoding="utf-8")
    write_manifest(curated, rows=1, command="test", config_digest="0")
    assert left(listed, config, layout) == ["train/mvc.label_only.seed0"]


def test_a_checkpoint_that_was_made_again_outdates_its_predictions(
    listed: RunsFile, config: Config, layout: Layout
) -> None:
    for job in jobs_left(wanted_jobs(listed, config, layout), config, layout):
        finish(job)
    predictions = layout.predictions("mvc-primary", "mvc.label_only.seed0")
    write_manifest(predictions, rows=1, command="test", config_digest="0", checkpoint_digest="of another one")
    assert left(listed, config, layout) == ["evaluate/mvc-primary/mvc.label_only.seed0"]


def test_a_record_of_other_sources_or_settings_outdates_a_result(
    listed: RunsFile, config: Config, layout: Layout
) -> None:
    jobs = jobs_left(wanted_jobs(listed, config, layout), config, layout)
    for job in jobs:
        finish(job)
        write_json(job.record(layout), job.follows_from(config))
    assert left(listed, config, layout) == []
    scores = next(job for job in jobs if job.name == "score/mvc-primary/blind_random")
    write_json(scores.record(layout), job.follows_from(config) | {"sources": "older"})
    assert left(listed, config, layout) == [scores.name]


def test_weights_that_stayed_elsewhere_are_made_again_only_where_something_reads_them(
    listed: RunsFile, config: Config, layout: Layout
) -> None:
    for job in jobs_left(wanted_jobs(listed, config, layout), config, layout):
        finish(job)
    for run in ("mvc.label_only.seed0", "base.seed0"):
        layout.model(run).unlink()
    assert left(listed, config, layout) == []
    layout.scores("mvc-primary", "mvc.label_only.seed0").unlink()
    assert left(listed, config, layout) == ["score/mvc-primary/mvc.label_only.seed0"]
    layout.predictions("mvc-primary", "mvc.label_only.seed0").unlink()
    assert left(listed, config, layout)[:3] == [
        "train/base.seed0",
        "train/mvc.label_only.seed0",
        "evaluate/mvc-primary/mvc.label_only.seed0",
    ]


def test_data_that_is_there_is_not_rendered_again(listed: RunsFile, config: Config, layout: Layout) -> None:
    finish_all(config, layout, ("curate", "annotate"))
    assert {name.split("/")[0] for name in left(listed, config, layout)} == {"train", "evaluate", "score"}
