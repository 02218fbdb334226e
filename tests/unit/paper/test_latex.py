"""The LaTeX tables go through LaTeX: all of them in one document, with booktabs and nothing else of our own."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ipt.paper import registry

DOCUMENT = r"""\documentclass[10pt,twocolumn]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs}
\begin{document}
%s
\end{document}
"""


@pytest.mark.e2e
def test_every_table_compiles_with_booktabs(paper: Path, tmp_path: Path) -> None:
    latex = shutil.which("pdflatex")
    if latex is None:
        pytest.skip(
            "no pdflatex on this machine: the LaTeX tables are not compiled (apt-get install texlive-latex-base)"
        )
    tables = "\n".join((paper / "tables" / f"{table_id}.tex").read_text() for table_id in registry.TABLES)
    (tmp_path / "tables.tex").write_text(DOCUMENT % tables, encoding="utf-8")
    done = subprocess.run(
        [latex, "-interaction=nonstopmode", "-halt-on-error", "tables.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    log = (tmp_path / "tables.log").read_text(errors="replace")
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]
    assert max(wide, default=0.0) < 1.0, sorted(wide)[-5:]


def test_no_character_of_a_table_needs_more_than_the_usual_fonts(paper: Path) -> None:
    for table_id in registry.TABLES:
        text = (paper / "tables" / f"{table_id}.tex").read_text()
        assert text.isascii() or not (set(text) - set(map(chr, range(128))) - set("×é·")), table_id
        assert text.count(r"\toprule") == text.count(r"\midrule") == text.count(r"\bottomrule") == 1
