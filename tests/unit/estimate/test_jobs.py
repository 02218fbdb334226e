"""Jobs of a scale, and what nobody has measured."""

from ipt.config import load_config
from ipt.estimate import estimate, gpu
from ipt.estimate.jobs import count_jobs, lines, parse_counts
from ipt.estimate.table import table

PRINTED = """Building DAG of jobs...
Job stats:
job              count
-------------  -------
render_shard       203
all                  1
total              204

Job stats:
job              count
-------------  -------
total              204
"""


def test_the_table_of_a_dry_run_is_read() -> None:
    assert parse_counts(PRINTED) == {"render_shard": 203, "all": 1, "total": 204}
    assert lines(parse_counts(PRINTED))[-1].split() == ["204", "total"]


def test_scale_paper_stays_below_two_thousand_jobs() -> None:
    counts = count_jobs("paper")
    assert counts["total"] == sum(count for rule, count in counts.items() if rule != "total")
    assert 300 < counts["total"] <= 2000


def test_what_is_not_measured_is_said_and_costs_nothing() -> None:
    items = [item for item in estimate(load_config("paper")) if item.stage == "train"]
    assert items
    assert {item.gpu_hours for item in items} == {None}
    assert "not measured" in table(items)


def test_weights_of_bagel_take_29_gb_a_run() -> None:
    (first, *_) = gpu.items(load_config("paper"))
    assert round(first.storage_gb or 0) == 29
