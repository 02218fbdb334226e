import base64
import csv
import html.parser
import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ipt.config import Config
from ipt.errors import UserError
from ipt.paper import registry
from ipt.paper.aggregate import ScoreReader
from ipt.paper.cells import CountRequest, ScoreRequest
from ipt.paper.conclusions import conclusions
from ipt.paper.report import build_report
from ipt.paper.summary import answers_of, findings
from ipt.paper.weights import count_parameters
from ipt.runs import Layout


class Page(html.parser.HTMLParser):
    """What a page refers to, and its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        self.addresses += [
            found[name] or "" for name in ("src", "href", "srcset", "data", "action", "poster") if name in found
        ]
        if tag not in ("meta", "link", "img", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(paper: Path) -> str:
    return (paper / "report.html").read_text(encoding="utf-8")


def test_the_page_needs_nothing_from_outside(page: str) -> None:
    parsed = Page(page)
    assert parsed.open == []
    assert parsed.addresses
    assert all(address.startswith(("#", "data:")) for address in parsed.addresses)
    assert not re.search(r"https?://", page)
    style = page.split("<style>")[1].split("</style>")[0]
    assert "@import" not in style
    assert "url(" not in style


def test_every_table_and_figure_is_there_once_with_its_image(page: str, paper: Path) -> None:
    ids = [attributes["id"] for _, attributes in Page(page).elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for table_id in registry.TABLES:
        assert f"table-{table_id}" in ids
    for figure_id in registry.ALL_FIGURES:
        assert f"figure-{figure_id}" in ids
        assert base64.b64encode((paper / "figures" / f"{figure_id}.png").read_bytes()).decode() in page


def test_every_link_inside_the_page_leads_somewhere(page: str) -> None:
    parsed = Page(page)
    ids = {attributes.get("id") for _, attributes in parsed.elements}
    links = [address[1:] for address in parsed.addresses if address.startswith("#")]
    assert len(links) > 30
    assert set(links) <= ids


def test_every_number_of_ours_opens_a_complete_trace(page: str, config: Config) -> None:
    traces = json.loads(page.split('id="traces">')[1].split("</script>")[0])
    buttons = [attributes["data-trace"] for _, attributes in Page(page).elements if "data-trace" in attributes]
    fillings = [cell.filling for table_id in registry.TABLES for cell in registry.cells(config, table_id)]
    wanted = sum(isinstance(filling, ScoreRequest | CountRequest) for filling in fillings)
    assert len(buttons) == wanted == len(traces["cells"])
    assert set(buttons) == set(traces["cells"])
    for trace in traces["cells"].values():
        for lines in (trace["lines"], trace["made"], *(traces["sources"][name] for name in trace["sources"])):
            assert all(value for _, value in lines)


def test_questions_that_no_person_reviewed_are_announced(page: str) -> None:
    assert "Machine-filtered evaluation sets" in page
    assert page.index("Machine-filtered evaluation sets") < page.index('id="summary"')


def test_the_page_says_what_was_not_run_instead_of_a_number(page: str) -> None:
    transfer = page.split('id="table-transfer"')[1].split("</section>")[0]
    assert transfer.count("not run<sup>") == 10
    assert "external set not at hand" in transfer
    assert "data-trace" not in transfer


def test_text_from_questions_cannot_become_markup(page: str) -> None:
    """Questions of the made-up sets have `<chair>` and `&` in them; script data may not close its element."""
    assert "<chair>" not in page
    assert page.count("</script>") == 2


def test_a_missing_figure_is_named(config: Config, layout: Layout, paper: Path, tmp_path: Path) -> None:
    (tmp_path / "tables").symlink_to(paper / "tables")
    with pytest.raises(UserError, match=r"figures/overview\.json: missing"):
        build_report(config, layout, tmp_path)


@pytest.mark.parametrize("name", ["tables/main_results.json", "claims.json", "audit.json", "figures/overview.png"])
def test_a_flipped_bit_is_named_before_the_page_is_written(
    config: Config, layout: Layout, paper: Path, tmp_path: Path, name: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(paper, copy)
    (copy / "report.html").unlink()
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(bytes(data))
    with pytest.raises(UserError, match=f"{name}: sha256 differs"):
        build_report(config, layout, copy)
    assert not (copy / "report.html").exists()


def test_building_twice_gives_the_same_bytes(config: Config, layout: Layout, paper: Path, tmp_path: Path) -> None:
    manifests = [f"{name}.manifest.json" for name in ("claims.json", "audit.json")]
    for name in ("tables", "figures", "claims.json", "audit.json", "traces.json", *manifests):
        (tmp_path / name).symlink_to(paper / name)
    build_report(config, layout, tmp_path)
    for name in ("report.html", "report.pdf"):
        assert (tmp_path / name).read_bytes() == (paper / name).read_bytes(), name


def test_every_claim_and_every_finding_of_the_audit_is_on_the_page(page: str, paper: Path) -> None:
    claims = json.loads((paper / "claims.json").read_text())["claims"]
    findings_ = json.loads((paper / "audit.json").read_text())["findings"]
    section = page.split('<section id="claims">')[1].split("</section>")[0]
    assert len(claims) >= 25
    assert all(f"<code>{claim['id']}</code>" in section for claim in claims)
    audit = page.split('<section id="audit">')[1].split("</section>")[0]
    assert audit.count("<tr>") == 1 + len(findings_)
    assert "238" in audit
    assert "67.3" in audit
    assert "ipt/latent_32 with_thought" in audit


def test_the_gallery_shows_right_and_wrong_answers_of_every_benchmark(page: str) -> None:
    """The made-up ipt model is right on three of four answers after a thought, and paints an image for each."""
    cards = [found for tag, found in Page(page).elements if tag == "article"]
    for benchmark in ("pet-primary", "pt-primary", "mvc-primary", "pet-different", "pt-different"):
        verdicts = [card["data-verdict"] for card in cards if card["data-benchmark"] == benchmark]
        assert 1 <= verdicts.count("wrong") <= 6
        assert verdicts.count("right") == 6


def test_the_pdf_has_a_text_layer_fonts_inside_and_several_pages(paper: Path) -> None:
    pdf = (paper / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-1.")
    assert pdf.count(b"/FontFile") >= 2
    assert b"/ToUnicode" in pdf
    pages = re.search(rb"/Type/Pages/Count (\d+)", pdf)
    assert pages
    assert int(pages[1]) >= 8


def test_metrics_have_one_narrow_row_a_benchmark(paper: Path) -> None:
    """ipt: right on 3 of 4 after a thought, on 1 of 2 directly; base right on every other; blind on every third."""
    metrics = {path.stem: json.loads(path.read_text()) for path in (paper / "metrics").iterdir()}
    assert set(metrics) == {"pet-primary", "pt-primary", "mvc-primary", "pet-different", "pt-different"}
    assert len({tuple(values) for name, values in metrics.items() if name.endswith("primary")}) == 1
    assert metrics["pet-primary"]["ipt"] == 75.0
    assert metrics["mvc-primary"]["base"] == 50.0
    assert metrics["pet-primary"]["blind"] == pytest.approx(33.3)
    assert metrics["pet-primary"]["chance"] == 50.0


def test_plot_files_have_a_line_a_score_and_a_column_a_run(paper: Path) -> None:
    with open(paper / "accuracy.csv") as stream:
        accuracy = list(csv.DictReader(stream))
    assert {row["inference"] for row in accuracy} == {"answer_only", "with_thought", "oracle_thought"}
    assert all(float(row["low"]) <= float(row["accuracy"]) <= float(row["high"]) for row in accuracy)
    assert len({row["score"] for row in accuracy}) == len(accuracy)
    with open(paper / "learning_curves" / "pet.csv") as stream:
        curves = list(csv.DictReader(stream))
    assert [row["step"] for row in curves] == [str(step) for step in range(1, 9)]
    assert set(curves[0]) == {"step", "label_only", "text_cot", "ipt", "ipt.latent32", "mixed"}
    assert float(curves[1]["ipt"]) == 1.0


def test_chance_is_beaten_only_after_holms_correction(config: Config, layout: Layout) -> None:
    """Scores of ipt have p = 0.001, all others 0.5; with dozens of tests 0.001 is not enough."""
    found = findings(config, ScoreReader(layout))
    ipt = next(finding for finding in found if finding.supervision == "ipt")
    assert ipt.p == 0.001
    assert ipt.p_holm == pytest.approx(min(1.0, 0.001 * len(found)))
    assert not ipt.beats_chance
    assert {conclusion.grade for conclusion in conclusions(found)} == {"none"}


def test_a_model_is_compared_with_the_best_answerer_without_images_on_the_same_questions(
    config: Config, layout: Layout
) -> None:
    """ipt after a thought is wrong on every 4th of 36 answers, the baseline right on every 3rd (by the made-up rule).

    Both right, by hand: multiples of 3 that are no multiples of 4: 9; only the baseline: 3; only ipt: 27 - 9 = 18.
    """
    reader = ScoreReader(layout)
    (ipt,) = [
        finding
        for finding in findings(config, reader)
        if (finding.benchmark_id, finding.model, finding.mode) == ("pet-primary", "ipt", "with_thought")
    ]
    exact = 2 * sum(math.comb(21, k) for k in range(4)) / 2**21
    assert ipt.blind == pytest.approx(12 / 36)
    assert ipt.p_blind >= exact
    ours = answers_of(reader.scores("pet-primary", "pet.ipt.latent64.seed0")[0], "with_thought")
    theirs = answers_of(reader.scores("pet-primary", "blind_random")[0], "answer_only")
    assert sum(ours[key] and not theirs[key] for key in ours) == 18
    assert sum(theirs[key] and not ours[key] for key in ours) == 3
    compared = sum(not finding.is_blind for finding in findings(config, reader))
    assert ipt.p_blind <= exact * compared


@pytest.mark.parametrize(
    ("p_chance", "p_blind", "grade"),
    [(1e-6, 1e-6, "above_blind"), (1e-6, 0.2, "above_chance"), (0.2, 1e-6, "none"), (0.2, 0.2, "none")],
)
def test_a_conclusion_is_graded_by_both_tests(
    config: Config, layout: Layout, p_chance: float, p_blind: float, grade: str
) -> None:
    found = [
        replace(finding, p_holm=p_chance, p_blind=p_blind) if finding.supervision == "ipt" else finding
        for finding in findings(config, ScoreReader(layout))
    ]
    first = conclusions(found)[0]
    assert (first.title, first.grade) == ("Perspective Taking", grade)
    assert "Highest: ipt, with thought: 75.0\u00a0% [62.5,\u00a087.5]" in first.text


def test_a_model_worse_than_the_blind_answerer_does_not_beat_it_however_small_p(config: Config, layout: Layout) -> None:
    finding = replace(findings(config, ScoreReader(layout))[0], p_blind=1e-9, blind=0.99)
    assert not finding.beats_blind


def test_parameters_are_counted_from_the_header_of_a_weights_file(tmp_path: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    save_file({"a": np.zeros((3, 4), np.float32), "b": np.zeros(5, np.float32)}, tmp_path / "model.safetensors")
    assert count_parameters(tmp_path / "model.safetensors") == 17
    assert count_parameters(tmp_path / "nowhere.safetensors") == 0
