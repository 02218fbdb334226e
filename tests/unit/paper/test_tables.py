import csv
import io
import json
import re
from pathlib import Path

import pytest
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests

from ipt.config import Config
from ipt.datasets.files import read_json, write_json, write_manifest
from ipt.errors import UserError
from ipt.paper import registry
from ipt.paper.records import CellRecord, TableRecord, load_table
from ipt.paper.tables import build_table
from ipt.paper.tables.latex import escape_latex
from ipt.paper.tables.render import to_csv, to_markdown
from ipt.runs import Layout
from tests.unit.paper.synthetic import digest, finish, is_right, write_scores


@pytest.fixture(scope="module")
def built(config: Config, layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    for table_id in registry.TABLES:
        build_table(config, table_id, layout, folder)
    return folder


def cell_of(table: TableRecord, *head: str, column: str) -> CellRecord:
    position = [found.key for found in table.columns].index(column)
    (row,) = [row for row in table.rows if row.head == head]
    cell = row.cells[position]
    assert cell is not None
    return cell


def test_a_best_of_modes_cell_is_the_larger_mode_and_keeps_both(built: Path) -> None:
    """By the rule of the made-up answers: 27 of 36 after a thought, 24 of 36 directly, in equal sub-categories."""
    cell = cell_of(
        load_table(built / "main_results.json"), "BAGEL-7B-MoT", "ipt", "best_of_modes", column="pet/ai2thor"
    )
    assert cell.reported == "96.8"
    assert cell.ours is not None
    assert cell.best_mode == "with_thought"
    assert cell.ours.value == pytest.approx(27 / 36)
    assert cell.modes["answer_only"].value == pytest.approx(24 / 36)
    assert (cell.ours.low, cell.ours.high, cell.ours.n) == (0.625, 0.875, 36)
    assert cell.review == "machine"


def test_a_setting_column_shows_the_accuracy_in_that_setting_alone(built: Path) -> None:
    """Answers cycle ego_dir, path, path_arrow: every third one right means all of ego_dir and nothing else."""
    table = load_table(built / "ablation_thought.json")
    text_cot = cell_of(table, "BAGEL-7B-MoT", "text_cot", "answer_only", column="pt/ai2thor/ego_dir")
    ipt = cell_of(table, "BAGEL-7B-MoT", "ipt", "answer_only", column="pt/ai2thor/ego_dir")
    assert text_cot.ours is not None
    assert ipt.ours is not None
    assert (text_cot.ours.value, text_cot.ours.n) == (1.0, 12)
    assert ipt.ours.value == 0.0


def test_a_cell_is_traced_to_the_bytes_of_its_score_file(built: Path, layout: Layout) -> None:
    table = load_table(built / "ablation_latent.json")
    cell = cell_of(table, "BAGEL-7B-MoT", "ipt/latent_32", "with_thought", column="mvc/ai2thor")
    (source,) = cell.sources
    assert (source.model_id, source.seed) == ("mvc.ipt.latent32.seed0", 0)
    assert source.score_sha256 == digest(layout.root / source.score_file)
    assert source.checkpoint_digest == digest(layout.model("mvc.ipt.latent32.seed0"))


def test_a_cell_not_run_has_a_reason_and_no_number_of_ours(built: Path) -> None:
    seen = 0
    for table_id in registry.TABLES:
        for row in csv.DictReader(io.StringIO((built / f"{table_id}.csv").read_text())):
            if row["note"]:
                seen += 1
                assert row["note"].startswith("not run: ")
                assert not any(row[field] for field in ("ours", "low", "high", "n", "mode", "seeds"))
    assert seen > 100


def test_counts_are_read_from_the_stored_sets(built: Path) -> None:
    table = load_table(built / "dataset_stats.json")
    assert cell_of(table, "Perspective Taking", column="train").text == "36"
    assert cell_of(table, "Path Tracing", column="different").text == "12"
    assert cell_of(table, "Path Tracing", column="different").review == "machine"
    assert cell_of(table, "Multiview Counting", column="different").text == "none"


def test_static_tables_set_this_configuration_beside_the_paper(built: Path, config: Config) -> None:
    hyperparameters = load_table(built / "hyperparameters.json")
    rate = cell_of(hyperparameters, "Learning rate", column="value")
    assert (rate.reported, rate.text) == ("1e-05", f"{config.training.learning_rate:g}")
    steps = cell_of(load_table(built / "inference.json"), "Diffusion steps", column="value")
    assert (steps.reported, steps.text) == ("50", str(config.evaluation.image_steps))
    runs = cell_of(load_table(built / "training_modes.json"), "ipt", column="runs")
    assert runs.text.startswith("3 at Latent-64")


@pytest.mark.parametrize("table_id", registry.TABLES)
def test_csv_markdown_and_latex_print_the_same_numbers(built: Path, table_id: str) -> None:
    """Each score of the CSV stands, formatted the same, in the line of the other two that has the same row."""
    markdown = (built / f"{table_id}.md").read_text()
    latex = (built / f"{table_id}.tex").read_text()
    rows = list(csv.DictReader(io.StringIO((built / f"{table_id}.csv").read_text())))
    assert rows
    for row in rows:
        heads = row["row"].split("|")
        (in_markdown,) = [line for line in markdown.splitlines() if line.startswith("| " + " | ".join(heads) + " |")]
        under = escape_latex(", ".join(heads[1:]))
        head = rf"\raggedright {escape_latex(heads[0])}" + (rf"\newline{{\tiny {under}}}" if under else "")
        (in_latex,) = [line for line in latex.splitlines() if line.startswith(f"{head} &")]
        assert row["reported"] in in_markdown
        assert escape_latex(row["reported"]) in in_latex
        if row["low"]:
            assert f"[{row['low']}, {row['high']}] n={row['n']}" in in_markdown
            assert f"[{row['low']}, {row['high']}] $n$={row['n']}" in in_latex
            assert re.search(rf"(?<![\d.]){re.escape(row['ours'])}(?![\d.])", in_markdown.replace("*", ""))
        elif row["ours"]:
            assert row["ours"] in in_markdown
            assert escape_latex(row["ours"]) in in_latex


def test_machine_filtered_sets_are_marked_in_every_form(built: Path) -> None:
    for table_id in ("main_results", "pt_breakdown", "ablation_latent", "ablation_thought", "dataset_stats"):
        assert "† machine-filtered" in (built / f"{table_id}.md").read_text()
        assert r"\textdagger{} machine-filtered" in (built / f"{table_id}.tex").read_text()
        assert ",machine," in (built / f"{table_id}.csv").read_text()
    assert "machine-filtered" not in (built / "transfer.md").read_text()


def test_the_best_of_each_group_is_bold_among_reported_and_among_ours(built: Path) -> None:
    table = load_table(built / "main_results.json")
    pet = {row.head: row.cells[0] for row in table.rows}
    best_reported = {head for head, cell in pet.items() if cell is not None and cell.is_best_reported}
    assert ("BAGEL-7B-MoT", "mixed", "best_of_modes") in best_reported
    assert ("GPT-5", "zero_shot", "generate") in best_reported
    assert {head[1] for head, cell in pet.items() if cell and cell.is_best_ours and head[0] == "BAGEL-7B-MoT"} == {
        "ipt"
    }


def test_latex_is_a_booktabs_table_with_as_many_columns_as_cells(built: Path) -> None:
    for table_id in registry.TABLES:
        text = (built / f"{table_id}.tex").read_text()
        assert all(rule in text for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
        width = text.split(r"\begin{tabular}{")[1].splitlines()[0].count("p{")
        body = text.split(r"\midrule")[1].split(r"\bottomrule")[0]
        rows = [line for line in body.splitlines() if line.endswith(r"\tabularnewline") and "multicolumn" not in line]
        assert rows
        assert {len(re.findall(r"(?<!\\)&", line)) + 1 for line in rows} == {width}


def test_building_twice_gives_the_same_bytes(config: Config, layout: Layout, built: Path, tmp_path: Path) -> None:
    build_table(config, "main_results", layout, tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (built / path.name).read_bytes()


def test_several_seeds_are_averaged_and_their_spread_is_given(
    config: Config, fresh_layout: Layout, tmp_path: Path
) -> None:
    """Three seeds at 0.5, 0.6 and 0.7: mean 0.6, standard deviation 0.1, interval around the mean."""
    three = Config.model_validate(
        config.model_dump(mode="json") | {"training": config.training.model_dump() | {"seeds": (0, 1, 2)}}
    )
    layout = Layout(three, fresh_layout.root)
    for benchmark_id, model_id in registry.score_files(three, "ablation_latent"):
        path = write_scores(three, layout, benchmark_id, model_id)
        value = read_json(path)
        seed = int(model_id[-1])
        for mode in value["modes"].values():
            mode["headline"] |= {"value": 0.5 + seed / 10}
        write_json(path, value)
        finish(path, 1)
    table = build_table(three, "ablation_latent", layout, tmp_path)
    cell = cell_of(table, "BAGEL-7B-MoT", "ipt/latent_32", "with_thought", column="pet/ai2thor")
    assert cell.ours is not None
    assert cell.ours.value == pytest.approx(0.6)
    assert cell.ours.deviation == pytest.approx(0.1)
    assert cell.ours.method == "bootstrap over 3 seeds and questions"
    assert [source.seed for source in cell.sources] == [0, 1, 2]
    assert [source.values["with_thought"] for source in cell.sources] == pytest.approx([0.5, 0.6, 0.7])
    assert "60.0" in to_csv(table)
    assert {one.test for one in table.comparisons} == {"paired test over seeds and questions"}
    assert all(len(one.by_seed) == 3 for one in table.comparisons)
    assert "both seeds and questions are random" in to_markdown(table)


def test_rows_are_compared_with_their_reference_on_the_same_questions_and_corrected_together(built: Path) -> None:
    """By the rule of the made-up answers ipt is right where text_cot is wrong, and the other way round."""
    table = load_table(built / "main_results.json")
    assert table.reference == "label_only"
    assert {one.second[1] for one in table.comparisons} == {"label_only"}
    assert [one.first[1] for one in table.comparisons] == [
        name for name in ("base", "text_cot", "ipt", "mixed") for _ in table.columns
    ]
    raw = [one.p for one in table.comparisons]
    assert [one.p_holm for one in table.comparisons] == pytest.approx(multipletests(raw, method="holm")[1])
    compared = table.comparison(("BAGEL-7B-MoT", "ipt", "best_of_modes"), "pet/ai2thor")
    assert compared is not None
    assert (compared.first_mode, compared.second_mode) == ("with_thought", "answer_only")
    ipt, label = ([is_right(name, mode, index) for index in range(36)] for name, mode in
                  (("pet.ipt.latent64.seed0", "with_thought"), ("pet.label_only.seed0", "answer_only")))  # fmt: skip
    assert compared.difference == pytest.approx((sum(ipt) - sum(label)) / 36)
    only = [
        sum(a and not b for a, b in zip(ipt, label, strict=True)),
        sum(b and not a for a, b in zip(ipt, label, strict=True)),
    ]
    assert [compared.only_first, compared.only_second] == only
    assert compared.p == pytest.approx(binomtest(only[0], sum(only), 0.5).pvalue)


def test_the_inference_modes_of_one_training_are_compared_with_its_thought(built: Path) -> None:
    table = load_table(built / "ablation_thought.json")
    pairs = {(one.first[1:], one.second[1:]) for one in table.comparisons}
    assert pairs == {
        (("text_cot", "answer_only"), ("text_cot", "with_thought")),
        (("ipt", "answer_only"), ("ipt", "with_thought")),
        (("ipt", "oracle_thought"), ("ipt", "with_thought")),
    }
    latent = load_table(built / "ablation_latent.json")
    assert {(one.first[1], one.second[1]) for one in latent.comparisons} == {("ipt/latent_32", "ipt/latent_64")}
    assert load_table(built / "transfer.json").comparisons == ()


@pytest.mark.parametrize("table_id", ["main_results", "ablation_thought"])
def test_an_arrow_stands_exactly_where_the_corrected_test_shows_a_difference(built: Path, table_id: str) -> None:
    table = load_table(built / f"{table_id}.json")
    shown = [one for one in table.comparisons if one.p_holm < 0.05]
    assert 0 < len(shown) < len(table.comparisons)
    rows = list(csv.DictReader(io.StringIO((built / f"{table_id}.csv").read_text())))
    assert sum(float(row["p_holm"]) < 0.05 for row in rows if row["p_holm"]) == len(shown)
    body = (built / f"{table_id}.md").read_text().split("Ours, ")[0]
    assert body.count("↑") + body.count("↓") == len(shown)
    assert body.count("↑") == sum(one.difference > 0 for one in shown)
    latex = (built / f"{table_id}.tex").read_text().split(r"\bottomrule")[0]
    assert latex.count(r"\uparrow") + latex.count(r"\downarrow") == len(shown)


def test_a_missing_score_file_is_named(config: Config, fresh_layout: Layout, tmp_path: Path) -> None:
    for benchmark_id, model_id in registry.score_files(config, "ablation_latent"):
        write_scores(config, fresh_layout, benchmark_id, model_id)
    missing = fresh_layout.scores("mvc-primary", "mvc.ipt.latent32.seed0")
    missing.unlink()
    with pytest.raises(UserError, match=re.escape(str(missing))):
        build_table(config, "ablation_latent", fresh_layout, tmp_path / "tables")
    assert not (tmp_path / "tables").exists()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            {"model_id": "pet.ipt.latent64.seed0"},
            "model_id: is pet.ipt.latent64.seed0, expected mvc.ipt.latent32.seed0",
        ),
        ({"modes": {}}, "modes: lacks with_thought"),
        ({"benchmark": None}, "benchmark: Input should be a valid string"),
    ],
)
def test_a_score_file_about_something_else_is_refused(
    config: Config, fresh_layout: Layout, tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    for benchmark_id, model_id in registry.score_files(config, "ablation_latent"):
        write_scores(config, fresh_layout, benchmark_id, model_id)
    path = fresh_layout.scores("mvc-primary", "mvc.ipt.latent32.seed0")
    write_json(path, read_json(path) | change)
    finish(path, 1)
    with pytest.raises(UserError, match=re.escape(complaint)) as refused:
        build_table(config, "ablation_latent", fresh_layout, tmp_path)
    assert str(path) in str(refused.value)


def test_a_score_file_changed_after_it_was_written_is_refused(
    config: Config, fresh_layout: Layout, tmp_path: Path
) -> None:
    for benchmark_id, model_id in registry.score_files(config, "ablation_latent"):
        write_scores(config, fresh_layout, benchmark_id, model_id)
    path = fresh_layout.scores("mvc-primary", "mvc.ipt.latent32.seed0")
    path.write_text(path.read_text().replace("0.75", "0.95", 1))
    with pytest.raises(UserError, match="sha256 differs from its manifest"):
        build_table(config, "ablation_latent", fresh_layout, tmp_path)


def test_a_table_file_of_another_version_is_refused(built: Path, tmp_path: Path) -> None:
    value = json.loads((built / "transfer.json").read_text())
    del value["rows"]
    write_json(tmp_path / "transfer.json", value)
    write_manifest(tmp_path / "transfer.json", rows=1, command="test", config_digest="")
    with pytest.raises(UserError, match=r"transfer\.json: rows"):
        load_table(tmp_path / "transfer.json")
