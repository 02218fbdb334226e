"""A configured model of others stands in the tables beside ours, with its trace, and is not counted as trained."""

from pathlib import Path

from ipt.config import Config
from ipt.paper.aggregate import ScoreReader
from ipt.paper.records import load_table
from ipt.paper.stamp import Dates, Stamp
from ipt.paper.summary import findings
from ipt.paper.tables import build_table
from ipt.paper.traces import cell_key, check_traces, traces_of
from tests.unit.paper.synthetic import write_results


def test_its_cells_are_filled_compared_and_traced(config: Config, tmp_path: Path) -> None:
    chosen = Config.model_validate(config.model_dump(mode="json") | {"baselines": {"hub": {"qwen2.5-vl-7b": {}}}})
    layout = write_results(chosen, tmp_path / "results")
    found = [one for one in findings(chosen, ScoreReader(layout)) if one.model == "qwen2.5-vl-7b"]
    assert {(one.benchmark_id, one.mode) for one in found} >= {
        ("pet-primary", "generate"),
        ("pt-different", "generate"),
        ("pet-primary", "answer_only"),  # zero shot in the discrete table
    }
    assert not any(one.is_trained or one.is_blind for one in found)
    build_table(chosen, "main_results", layout, tmp_path / "tables")
    table = load_table(tmp_path / "tables" / "main_results.json")
    cells = {row.head[0]: row.cells[0] for row in table.rows}
    ours, missing = cells["Qwen2.5-VL-7B"], cells["Qwen3-VL-8B"]
    assert ours is not None
    assert ours.ours is not None
    assert ours.best_mode == "generate"
    assert ours.sources[0].seed is None
    assert missing is not None
    assert (missing.kind, missing.text) == ("not_run", "no weights: baselines.hub does not name it")

    stamp = Stamp("c" * 40, has_changes=False, sources="0" * 16, made="2026-01-02T03:04:05Z")
    traces = traces_of(chosen, layout, [table], stamp, Dates(tmp_path / "dates.json", {}))
    check_traces(traces)
    cell = traces["cells"][cell_key("main_results", ("Qwen2.5-VL-7B", "zero_shot", "generate"), "pet/ai2thor")]
    source = traces["sources"][cell["sources"][0]]
    assert source["training_data"] == {"none": "a baseline: not trained by us"}
    assert source["commands"][0].startswith("ipt evaluate --model qwen2.5-vl-7b --benchmark pet-primary")
