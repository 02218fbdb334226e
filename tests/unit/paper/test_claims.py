"""Claims: how the ledger is read, what each kind of check demands, and the verdicts over print and over our answers."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from ipt.config import Config
from ipt.datasets.files import verify
from ipt.errors import UserError
from ipt.paper.claims.evaluate import Verdict, evaluate_claims
from ipt.paper.claims.judge import OUTCOMES
from ipt.paper.claims.report import write_claims
from ipt.paper.claims.schema import load_claims
from ipt.runs import Layout
from tests.unit.paper import synthetic

HEADER = "table,group,model,training,inference,column,value"
COUNTS = "- {column: %s, score: plain, counts: [{n: %d, source: s}]}"


@pytest.fixture
def judge(config: Config, fresh_layout: Layout, tmp_path: Path) -> Callable[..., Verdict]:
    """The verdict of one claim over made-up print: rows are `group model training value` of table t, column c."""

    def run(check: str, rows: str, n: int | None = 100, column: str = "c", layout: Layout = fresh_layout) -> Verdict:
        number = len(list(tmp_path.iterdir()))  # a new name each time: readers remember what they have read
        lines = []
        for line in rows.strip().splitlines():
            group, model, training, value = line.split()
            lines.append(f"t,{group},{model},{training},answer_only,{column},{'' if value == '-' else value}")
        paths = [tmp_path / f"{name}-{number}" for name in ("claims.yaml", "reported.csv", "counts.yaml")]
        paths[0].write_text(f"- {{id: one, says: what is said, table: t, where: there, check: {check}}}")
        paths[1].write_text("\n".join([HEADER, *lines]) + "\n")
        paths[2].write_text(COUNTS % (column if n else "elsewhere", n or 1))
        (verdict,) = evaluate_claims(config, layout, *paths)
        return verdict

    return run


GREATER = "{kind: greater, left: GPT-5|a|answer_only, right: GPT-5|b|answer_only, columns: [c]%s}"


class TestOverPrint:
    def test_a_difference_beyond_chance_supports(self, judge: Callable[..., Verdict]) -> None:
        found = judge(GREATER % "", "g GPT-5 a 60\ng GPT-5 b 40").reported
        # z = 0.2 / sqrt(0.5 * 0.5 * (1/100 + 1/100)) = 2.828, two-sided p = 0.00468
        assert found.outcome == "supported"
        assert found.p_for == pytest.approx(math.erfc(2 * math.sqrt(2) / math.sqrt(2)), rel=1e-6)

    def test_the_same_difference_on_few_questions_is_inconclusive(self, judge: Callable[..., Verdict]) -> None:
        assert judge(GREATER % "", "g GPT-5 a 60\ng GPT-5 b 40", n=20).reported.outcome == "inconclusive"

    def test_without_a_published_n_chance_is_not_tested(self, judge: Callable[..., Verdict]) -> None:
        found = judge(GREATER % "", "g GPT-5 a 90\ng GPT-5 b 10", n=None).reported
        assert (found.outcome, found.holds, found.p_for) == ("inconclusive", True, None)

    @pytest.mark.parametrize("value", ["39.9", "40"])
    def test_print_that_is_not_above_contradicts(self, judge: Callable[..., Verdict], value: str) -> None:
        assert judge(GREATER % "", f"g GPT-5 a {value}\ng GPT-5 b 40").reported.outcome == "contradicted"

    def test_a_margin_that_is_met_exactly_holds_in_spite_of_binary_fractions(
        self, judge: Callable[..., Verdict]
    ) -> None:
        assert 67.3 - 63.9 != 3.4  # why the comparison rounds
        assert judge(GREATER % ", points: 3.4", "g GPT-5 a 67.3\ng GPT-5 b 63.9").reported.holds is True
        assert judge(GREATER % ", points: 3.5", "g GPT-5 a 67.3\ng GPT-5 b 63.9").reported.outcome == "contradicted"

    def test_a_dash_in_the_print_is_not_run(self, judge: Callable[..., Verdict]) -> None:
        found = judge(GREATER % "", "g GPT-5 a 60\ng GPT-5 b -").reported
        assert (found.outcome, found.reason) == ("not run", "the paper prints a dash for GPT-5 b answer_only c")

    def test_best_compares_with_the_group_or_with_the_table(self, judge: Callable[..., Verdict]) -> None:
        rows = "g GPT-5 a 60\ng GPT-5 b 40\nh GPT-5 c 70\ng GPT-5 d -"
        best = "{kind: best, row: GPT-5|a|answer_only, columns: [c], among: %s}"
        group, table = judge(best % "group", rows).reported, judge(best % "table", rows).reported
        assert (group.outcome, len(group.comparisons)) == ("supported", 1)  # the dash is no rival
        assert (table.outcome, len(table.comparisons)) == ("contradicted", 2)

    def test_worst_is_below_all_others(self, judge: Callable[..., Verdict]) -> None:
        worst = "{kind: worst, row: GPT-5|b|answer_only, columns: [c], among: group}"
        assert judge(worst, "g GPT-5 a 60\ng GPT-5 b 40\ng GPT-5 d 61").reported.outcome == "supported"

    def test_increasing_needs_every_step(self, judge: Callable[..., Verdict]) -> None:
        check = (
            "{kind: increasing, rows: [GPT-5|a|answer_only, GPT-5|b|answer_only, GPT-5|d|answer_only], columns: [c]}"
        )
        assert judge(check, "g GPT-5 a 20\ng GPT-5 b 50\ng GPT-5 d 80").reported.outcome == "supported"
        assert judge(check, "g GPT-5 a 20\ng GPT-5 b 80\ng GPT-5 d 50").reported.outcome == "contradicted"

    def test_equality_needs_enough_questions_to_be_shown(self, judge: Callable[..., Verdict]) -> None:
        equal = (
            "{kind: difference, left: GPT-5|a|answer_only, right: GPT-5|b|answer_only, columns: [c], points: 0,"
            " tolerance: 5}"
        )
        rows = "g GPT-5 a 50\ng GPT-5 b 50"
        assert judge(equal, rows, n=100).reported.outcome == "inconclusive"
        assert judge(equal, rows, n=5000).reported.outcome == "supported"
        assert judge(equal, "g GPT-5 a 56\ng GPT-5 b 50").reported.outcome == "contradicted"

    def test_chance_level_is_a_level(self, judge: Callable[..., Verdict]) -> None:
        near = "{kind: level, rows: [GPT-5|a|answer_only], columns: [c], near: 50, tolerance: 3}"
        above = "{kind: level, rows: [GPT-5|a|answer_only], columns: [c], at_least: 50}"
        assert judge(near, "g GPT-5 a 54").reported.outcome == "contradicted"
        found = judge(above, "g GPT-5 a 80", n=10).reported
        # two-sided exact binomial, 8 or more (or 2 or fewer) of 10: 2 * (45 + 10 + 1) / 1024
        assert found.p_for == pytest.approx(112 / 1024)

    def test_columns_of_one_row_are_compared(self, judge: Callable[..., Verdict]) -> None:
        check = "{kind: across_columns, rows: [GPT-5|a|answer_only], left: c, right: c, points: 1}"
        assert judge(check, "g GPT-5 a 54").reported.outcome == "contradicted"


class TestOverOurs:
    """mvc-primary of the made-up results has 12 questions; `is_right` decides who answers what."""

    ROWS = "bagel BAGEL-7B-MoT label_only 50\nbagel BAGEL-7B-MoT text_cot 60\nbagel BAGEL-7B-MoT base 40"
    CHECK = (
        "{kind: greater, left: BAGEL-7B-MoT|text_cot|answer_only, right: BAGEL-7B-MoT|label_only|answer_only,"
        " columns: [mvc/ai2thor]}"
    )

    @pytest.fixture
    def ours(
        self, judge: Callable[..., Verdict], config: Config, fresh_layout: Layout, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., Verdict]:
        def run(text_cot: int, label_only: int, check: str = self.CHECK) -> Verdict:
            """Each model answers that many of the first questions right (a negative number: of the last)."""

            def is_right(model_id: str, mode: str, index: int) -> bool:
                right = text_cot if "text_cot" in model_id else label_only
                return index < right if right >= 0 else index >= 12 + right

            monkeypatch.setattr(synthetic, "is_right", is_right)
            for model_id in ("mvc.text_cot.seed0", "mvc.label_only.seed0"):
                synthetic.write_scores(config, fresh_layout, "mvc-primary", model_id)
            return judge(check, self.ROWS, column="mvc/ai2thor")

        return run

    def test_the_test_is_exact_mcnemar_on_the_same_questions(self, ours: Callable[..., Verdict]) -> None:
        found = ours(text_cot=12, label_only=4).ours
        (compared,) = found.comparisons
        assert (found.outcome, compared.n, compared.test) == ("supported", 12, "exact McNemar test")
        assert found.p_for == pytest.approx(2 / 2**8)  # 8 questions differ, all one way

    def test_which_questions_differ_counts_not_how_many_are_right(self, ours: Callable[..., Verdict]) -> None:
        # 9 of 12 against 5 of 12, with the 5 among the other end: 7 differ one way, 3 the other.
        found = ours(text_cot=9, label_only=-5).ours
        assert found.p_for == pytest.approx(2 * (1 + 10 + 45 + 120) / 2**10)
        assert found.outcome == "inconclusive"

    def test_a_claim_that_fails_by_more_than_chance_is_contradicted(self, ours: Callable[..., Verdict]) -> None:
        assert ours(text_cot=2, label_only=12).ours.outcome == "contradicted"

    def test_a_claim_that_merely_fails_is_inconclusive(self, ours: Callable[..., Verdict]) -> None:
        found = ours(text_cot=5, label_only=6).ours
        assert (found.outcome, found.holds, found.p_against) == ("inconclusive", False, 1.0)

    def test_no_discordant_answer_is_no_proof_of_equality(self, ours: Callable[..., Verdict]) -> None:
        equal = self.CHECK.replace("kind: greater", "kind: difference").replace("}", ", points: 0, tolerance: 2}")
        found = ours(text_cot=6, label_only=6, check=equal).ours
        assert (found.outcome, found.holds) == ("inconclusive", True)

    def test_scores_that_do_not_exist_are_not_run(self, judge: Callable[..., Verdict]) -> None:
        found = judge(self.CHECK, self.ROWS, column="mvc/ai2thor").ours
        assert (found.outcome, found.reason) == ("not run", "not evaluated yet")

    def test_a_damaged_score_file_is_an_error_that_names_it(
        self, judge: Callable[..., Verdict], config: Config, fresh_layout: Layout
    ) -> None:
        path = synthetic.write_scores(config, fresh_layout, "mvc-primary", "mvc.text_cot.seed0")
        path.write_text(path.read_text()[:100])
        with pytest.raises(UserError, match=r"mvc\.text_cot\.seed0\.json"):
            judge(self.CHECK, self.ROWS, column="mvc/ai2thor")


def test_the_tests_of_a_table_are_corrected_together_by_holm(
    config: Config, fresh_layout: Layout, tmp_path: Path
) -> None:
    """Three claims of one table and one of another; Holm by hand: smallest p times 3, next times 2, never smaller."""
    claim = "- {id: %s, says: what is said, table: %s, where: there, check: " + GREATER % "" + "}"
    texts = [
        (claim % (name, table)).replace("[c]", f"[{column}]")
        for name, table, column in (("x", "t", "p"), ("y", "t", "q"), ("z", "t", "r"), ("w", "u", "p"))
    ]
    (tmp_path / "claims.yaml").write_text("\n".join(texts))
    values = {"p": (65, 40), "q": (60, 44), "r": (60, 45)}
    lines = [
        f"{table},g,GPT-5,{training},answer_only,{column},{value}"
        for table in "tu"
        for column, pair in values.items()
        for training, value in zip("ab", pair, strict=True)
    ]
    (tmp_path / "reported.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    (tmp_path / "counts.yaml").write_text("\n".join(COUNTS % (column, 100) for column in values))
    paths = [tmp_path / name for name in ("claims.yaml", "reported.csv", "counts.yaml")]
    x, y, z, w = (verdict.reported for verdict in evaluate_claims(config, fresh_layout, *paths))

    def by_hand(a: int, b: int) -> float:
        pooled = (a + b) / 200
        return math.erfc((a - b) / 100 / math.sqrt(pooled * (1 - pooled) / 50) / math.sqrt(2))

    raw = [by_hand(*values[column]) for column in "pqr"]
    assert [one.p_for for one in (x, y, z)] == pytest.approx(raw)
    assert [one.p_for_holm for one in (x, y, z)] == pytest.approx(
        [3 * raw[0], max(3 * raw[0], 2 * raw[1]), max(2 * raw[1], raw[2])]
    )
    assert w.p_for_holm == pytest.approx(raw[0])


def test_a_claim_on_a_cell_that_the_audit_questions_is_judged_again_without_it(
    config: Config, fresh_layout: Layout, tmp_path: Path
) -> None:
    rows = """
        t,g,GPT-5,a,best_of_modes,c,67.3
        t,g,GPT-5,b,best_of_modes,c,63.9
        u,g,GPT-5,a,with_thought,c,63.1
        u,g,GPT-5,a,answer_only,c,62.3
    """
    (tmp_path / "reported.csv").write_text("\n".join([HEADER, *(line.strip() for line in rows.split())]) + "\n")
    check = GREATER.replace("answer_only", "best_of_modes") % ""
    (tmp_path / "claims.yaml").write_text(f"- {{id: x, says: what is said, table: t, where: there, check: {check}}}")
    (tmp_path / "counts.yaml").write_text(COUNTS % ("c", 260))
    paths = [tmp_path / name for name in ("claims.yaml", "reported.csv", "counts.yaml")]
    (verdict,) = evaluate_claims(config, fresh_layout, *paths)
    assert verdict.reported.holds is True
    assert verdict.audit_note == ("the audit questions GPT-5 a c 67.3, implied 63.1: with that the claim does not hold")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: greater", "kind: bigger", "one: check"),
        ("left: GPT-5|a|answer_only", "left: GPT-5|a", "one: check.left: 'GPT-5|a' is not model|training|inference"),
        ("columns: [c]", "columns: []", "one: check.columns"),
        ("columns: [c]", "column: c", "one: check.columns: Field required"),
        ("id: one", "id: One two", "One two: id"),
        ("where: there", "there: where", "one: where: Field required"),
        ("says: what is said", "says: what", "one: says"),
    ],
)
def test_a_malformed_claim_names_the_file_the_claim_and_the_field(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    text = "- {id: one, says: what is said, table: t, where: there, check: " + GREATER % "" + "}"
    assert old in text
    path = tmp_path / "claims.yaml"
    path.write_text(text.replace(old, new))
    with pytest.raises(UserError) as caught:
        load_claims(path)
    assert str(caught.value).startswith(f"{path}: {words}")


def test_two_claims_of_one_name_are_an_error(tmp_path: Path) -> None:
    text = "- {id: one, says: what is said, table: t, where: there, check: " + GREATER % "" + "}\n"
    (tmp_path / "claims.yaml").write_text(2 * text)
    with pytest.raises(UserError, match="one: id: is given twice"):
        load_claims(tmp_path / "claims.yaml")


def test_a_claim_about_a_cell_that_is_not_reported_names_claim_and_field(judge: Callable[..., Verdict]) -> None:
    with pytest.raises(UserError, match=r"one: check\.right: no reported cell t: GPT-5, b, answer_only, c"):
        judge(GREATER % "", "g GPT-5 a 60")


@pytest.fixture(scope="module")
def verdicts(config: Config, layout: Layout) -> dict[str, Verdict]:
    """The paper's own claims, over its print and over the made-up results."""
    return {verdict.claim.id: verdict for verdict in evaluate_claims(config, layout)}


class TestThePaper:
    def test_every_result_table_has_claims_and_there_are_at_least_thirty(self, verdicts: dict[str, Verdict]) -> None:
        assert len(verdicts) >= 30
        assert {verdict.claim.table for verdict in verdicts.values()} == {
            "main_results",
            "pt_breakdown",
            "ablation_latent",
            "ablation_thought",
            "transfer",
            "other_spatial",
            "discrete_ipt",
            "intermediate_representation",
        }

    def test_the_counting_gain_is_within_chance_and_rests_on_a_questioned_cell(
        self, verdicts: dict[str, Verdict]
    ) -> None:
        verdict = verdicts["abstract_mvc_gain"]
        assert (verdict.reported.outcome, verdict.reported.holds) == ("inconclusive", True)
        assert verdict.audit_note.endswith("does not hold")

    def test_a_claim_that_the_print_itself_denies_is_contradicted(self, verdicts: dict[str, Verdict]) -> None:
        assert verdicts["mixed_improves_on_labels"].reported.outcome == "contradicted"  # 62.3 < 63.9 on mvc

    def test_models_that_were_not_run_leave_a_claim_not_run(self, verdicts: dict[str, Verdict]) -> None:
        verdict = verdicts["gpt52_below_gpt5"].ours
        assert (verdict.outcome, verdict.reason) == ("not run", "no key: baselines.api does not name it")

    def test_it_is_written_as_json_and_as_tables(self, config: Config, layout: Layout, tmp_path: Path) -> None:
        verdicts = write_claims(config, layout, tmp_path)
        assert verify(tmp_path / "claims.json")["rows"] == len(verdicts)
        stored = json.loads((tmp_path / "claims.json").read_text())["claims"]
        text = (tmp_path / "claims.md").read_text()
        for verdict, entry in zip(verdicts, stored, strict=True):
            assert entry["reported"]["outcome"] == verdict.reported.outcome
            assert f"| `{verdict.claim.id}` | {verdict.claim.says} |" in text
        counts = [sum(verdict.ours.outcome == outcome for verdict in verdicts) for outcome in OUTCOMES]
        assert f"| ours | {' | '.join(map(str, counts))} |" in text
