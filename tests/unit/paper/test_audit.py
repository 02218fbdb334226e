"""The audit finds planted inconsistencies in small files, none in consistent ones, and the known ones in the paper."""

import json
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from ipt.datasets.files import verify
from ipt.errors import UserError
from ipt.paper.audit.findings import Finding, address
from ipt.paper.audit.fits import Rounding, possible_values, printed_value
from ipt.paper.audit.published import read_published
from ipt.paper.audit.report import audit_reported, write_audit
from ipt.paper.reported import read_reported

HEADER = "table,group,model,training,inference,column,value"
NO_COUNTS = "- {column: elsewhere, score: plain, counts: [{n: 10, source: nowhere}]}"


def audited(folder: Path, rows: str, counts: str = NO_COUNTS) -> list[Finding]:
    """The findings over rows written as `table group model training inference column value`, one a line."""
    lines = [",".join(line.split()) for line in rows.strip().splitlines()]
    number = len(list(folder.iterdir()))  # a new name each time: readers remember what they have read
    (folder / f"reported-{number}.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    (folder / f"counts-{number}.yaml").write_text(counts)
    return audit_reported(folder / f"reported-{number}.csv", folder / f"counts-{number}.yaml")


CONSISTENT = """
    main  bagel B ipt   best_of_modes  mvc 63.1
    main  bagel B label best_of_modes  mvc 61.0
    modes bagel B ipt   with_thought   mvc 63.1
    modes bagel B ipt   answer_only    mvc 62.3
    modes bagel B ipt   oracle_thought mvc 67.3
"""


def test_nothing_is_found_where_every_number_agrees(tmp_path: Path) -> None:
    assert audited(tmp_path, CONSISTENT) == []


def test_a_maximum_that_is_the_oracle_row_is_named_as_such_and_costs_the_bold_mark(tmp_path: Path) -> None:
    rows = CONSISTENT.replace("best_of_modes  mvc 63.1", "best_of_modes  mvc 67.3").replace("61.0", "64.0")
    wrong, moved = audited(tmp_path, rows)
    assert (wrong.check, wrong.severity, wrong.reported, wrong.expected) == (
        "agreement",
        "contradiction",
        "67.3",
        "63.1",
    )
    assert "ipt oracle_thought (modes)" in wrong.detail
    assert wrong.cells[0] == "main|B|ipt|best_of_modes|mvc"
    assert (moved.check, moved.reported, moved.expected) == ("best", "67.3", "64.0")
    assert "label" in moved.detail


def test_a_maximum_that_is_only_one_of_its_modes_is_a_contradiction(tmp_path: Path) -> None:
    rows = """
        main  bagel B cot best_of_modes pt 53.1
        modes bagel B cot with_thought  pt 53.1
        modes bagel B cot answer_only   pt 55.8
    """
    (found,) = audited(tmp_path, rows)
    assert (found.severity, found.expected) == ("contradiction", "55.8")
    assert "cot with_thought (modes)" in found.detail


LATENT = """
    main   bagel B ipt           best_of_modes habitat 87.0
    latent bagel B ipt/latent_32 with_thought  habitat 87.0
    latent bagel B ipt/latent_64 with_thought  habitat 83.3
"""


def test_a_maximum_that_equals_another_latent_size_is_doubtful_while_a_mode_is_unreported(tmp_path: Path) -> None:
    found = next(finding for finding in audited(tmp_path, LATENT) if finding.check == "agreement")
    assert (found.severity, found.reported, found.expected) == ("doubtful", "87.0", "83.3")
    assert "ipt/latent_32 with_thought (latent)" in found.detail
    assert "only if answer_only" in found.detail


def test_a_maximum_above_the_one_reported_mode_is_no_finding_without_a_row_it_could_be_copied_from(
    tmp_path: Path,
) -> None:
    assert audited(tmp_path, LATENT.replace("habitat 87.0", "habitat 85.0", 1)) == []


def test_a_maximum_below_a_reported_mode_is_a_contradiction_even_with_the_other_mode_unreported(tmp_path: Path) -> None:
    found = audited(tmp_path, LATENT.replace("habitat 87.0", "habitat 80.0", 1))
    assert [(one.check, one.severity) for one in found] == [("agreement", "contradiction")]


def test_the_same_quantity_with_two_values_is_a_contradiction_latent_64_being_the_default(tmp_path: Path) -> None:
    rows = """
        latent bagel B ipt/latent_64 with_thought pet 96.8
        modes  bagel B ipt           with_thought pet 96.5
    """
    (found,) = audited(tmp_path, rows)
    assert (found.check, found.severity) == ("agreement", "contradiction")
    assert "96.8 in latent, 96.5 in modes" in found.detail


@pytest.mark.parametrize(
    ("whole", "severity"),
    [
        ("51.8", None),
        ("51.9", None),  # 51.8 +- 0.1 is what rounding of three printed numbers can hide
        ("52.2", "contradiction"),
        ("51.4", "contradiction"),
    ],
)
def test_a_mean_must_be_that_of_its_parts(tmp_path: Path, whole: str, severity: str | None) -> None:
    rows = f"""
        main  vqa G zero generate real       {whole}
        parts vqa G zero generate real/plain 52.3
        parts vqa G zero generate real/arrow 51.3
    """
    found = audited(tmp_path, rows)
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert all(finding.expected == "51.8" and "(52.3 + 51.3) / 2" in finding.detail for finding in found)


def test_a_maximum_may_lie_below_the_mean_of_parts_that_chose_their_own_mode_but_not_above(tmp_path: Path) -> None:
    rows = """
        main  bagel B cot best_of_modes real       {}
        parts bagel B cot best_of_modes real/plain 52.3
        parts bagel B cot best_of_modes real/arrow 51.3
    """
    (below,) = audited(tmp_path, rows.format("51.0"))
    (above,) = audited(tmp_path, rows.format("52.2"))
    assert (below.severity, above.severity) == ("doubtful", "contradiction")


def test_published_numbers_of_questions_must_add_up(tmp_path: Path) -> None:
    counts = "\n".join(
        f"- {{column: {column}, score: plain, counts: [{{n: {n}, source: s}}]}}"
        for column, n in (("real", 50), ("real/plain", 20), ("real/arrow", 40))
    )
    rows = "t g m a generate real/plain 50.0\nt g m a generate real/arrow 50.0\nt g m a generate real 50.0"
    (found,) = audited(tmp_path, rows, counts)
    assert (found.severity, found.expected) == ("contradiction", "n=60")
    assert audited(tmp_path, rows, counts.replace("n: 50", "n: 60")) == []


def test_printed_values_of_a_third_under_each_rounding() -> None:
    # 2/3 = 66.666...; 1/16 = 6.25; 23/66 = 34.848...
    assert [printed_value(2, 3, rule) for rule in ("half up", "cut off", "rounded twice")] == [667, 666, 667]
    assert [printed_value(1, 16, rule) for rule in ("half up", "cut off", "rounded twice")] == [63, 62, 63]
    assert [printed_value(23, 66, rule) for rule in ("half up", "cut off", "rounded twice")] == [348, 348, 349]


@pytest.mark.parametrize(("rule", "decimal_rule"), [("half up", ROUND_HALF_UP), ("cut off", ROUND_DOWN)])
def test_the_possible_values_are_those_of_exact_decimal_arithmetic(rule: Rounding, decimal_rule: str) -> None:
    for n in (7, 16, 66, 238, 278):
        exact = {(Decimal(100 * right) / n).quantize(Decimal("0.1"), decimal_rule) for right in range(n + 1)}
        assert {Decimal(tenths) / 10 for tenths in possible_values(n, rule)} == exact


@pytest.mark.parametrize(
    ("value", "severity", "words"),
    [
        ("50.0", None, ""),
        ("66.7", None, ""),
        ("66.6", "note", "2/3 cut off"),
        ("70.0", "contradiction", "2/3 = 66.67, 3/3 = 100.00"),
    ],
)
def test_a_plain_accuracy_must_be_a_whole_number_of_right_answers(
    tmp_path: Path, value: str, severity: str | None, words: str
) -> None:
    n = 3 if value != "50.0" else 4
    counts = f"- {{column: c, score: plain, counts: [{{n: {n}, source: s}}]}}"
    found = audited(tmp_path, f"t g m a generate c {value}", counts)
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert all(finding.check == "count" and words in finding.detail for finding in found)


TWO_COUNTS = "- {column: c, score: macro, over: groups, counts: [{n: 238, source: text}, {n: 278, source: data}]}"


def test_of_two_published_numbers_the_one_that_explains_the_values_is_named(tmp_path: Path) -> None:
    rights = (112, 243, 265, 269, 271, 272)
    rows = "\n".join(f"t g m a{i} generate c {100 * right / 278:.1f}" for i, right in enumerate(rights))
    found = next(finding for finding in audited(tmp_path, rows, TWO_COUNTS) if finding.check == "count")
    assert (found.severity, found.reported, found.expected) == ("doubtful", "n=238", "n=278")
    assert "96.8 = 269/278" in found.detail
    assert "n=278 explains 6 of 6 values" in found.detail
    assert "no other published n: 95.3, 96.8, 97.8" in found.detail  # 97.5 is 232/238 too, 40.3 and 87.4 likewise


def test_values_that_fit_no_better_than_chance_decide_nothing(tmp_path: Path) -> None:
    rows = "\n".join(f"t g m a{i} generate c {value}" for i, value in enumerate(("45.5", "51.0", "51.5", "52.0")))
    (found,) = audited(tmp_path, rows, TWO_COUNTS)
    assert (found.severity, found.expected) == ("note", "")


def test_a_shared_best_is_noted(tmp_path: Path) -> None:
    (found,) = audited(tmp_path, "t g m a generate c 50.0\nt g m b generate c 50.0\nt g m c generate c 40.0")
    assert (found.check, found.severity) == ("best", "note")
    assert found.cells == ("t|m|a|generate|c", "t|m|b|generate|c")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- {column: c, score: plain, counts: [{n: 0, source: s}]}", "c: counts.0.n"),
        ("- {column: c, score: mean, counts: [{n: 1, source: s}]}", "c: score"),
        ("- {score: plain, counts: [{n: 1, source: s}]}", "entry 1: column"),
        ("- {column: c, score: plain, counts: [{n: 1, source: s}], more: 1}", "c: more"),
        ("[", "cannot be read"),
    ],
)
def test_a_malformed_file_of_counts_names_entry_and_field(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "counts.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=words):
        read_published(path)


class TestThePaper:
    """What RELEASED_FORMATS lists and the numbers show must come out; nothing of it is named in the code."""

    def finding(self, cell: str) -> Finding:
        return next(one for one in audit_reported() if one.cells[:1] == (cell,) and one.check == "agreement")

    def test_counting_67_3_is_the_oracle_row(self) -> None:
        found = self.finding("main_results|BAGEL-7B-MoT|ipt|best_of_modes|mvc/ai2thor")
        assert (found.severity, found.reported, found.expected) == ("contradiction", "67.3", "63.1")
        assert "ipt oracle_thought" in found.detail

    def test_habitat_87_0_is_the_latent_32_row(self) -> None:
        found = self.finding("main_results|BAGEL-7B-MoT|ipt|best_of_modes|pet/habitat")
        assert (found.severity, found.reported, found.expected) == ("doubtful", "87.0", "83.3")
        assert "ipt/latent_32" in found.detail

    def test_perspective_taking_was_scored_on_278_not_238(self) -> None:
        found = next(one for one in audit_reported() if one.reported == "n=238")
        assert found.expected == "n=278"
        for words in ("96.8 = 269/278", "97.5 = 271/278", "97.8 = 272/278"):
            assert words in found.detail

    def test_every_questioned_cell_is_a_reported_cell_with_that_value(self) -> None:
        values = {address(cell): cell.value for cell in read_reported()}
        for finding in audit_reported():
            assert set(finding.cells) <= set(values)
            assert all(values[name] != value for name, value in finding.corrections.items())

    def test_it_is_written_as_json_and_as_a_table(self, tmp_path: Path) -> None:
        findings = write_audit(tmp_path)
        assert verify(tmp_path / "audit.json")["rows"] == len(findings)
        stored = json.loads((tmp_path / "audit.json").read_text())["findings"]
        assert [one["about"] for one in stored] == [one.about for one in findings]
        table, counts = (tmp_path / "audit.md").read_text().split("## Published numbers")
        rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| check")]
        assert len(rows) == len(findings)
        assert "| pet/habitat | mean over six sub-categories of 50 | 300 |" in counts
