"""docs/rows.md says what the rows hold."""

import re
from pathlib import Path

from ipt.datasets.schema import QUESTIONS, SCHEMA_VERSION

PAGE = (Path(__file__).parents[3] / "docs" / "rows.md").read_text(encoding="utf-8")


def keys(line: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", line))


def test_every_column_is_described_in_order():
    table = PAGE.split("## Columns")[1].split("Roles:")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == QUESTIONS.names
    assert f"questions/{SCHEMA_VERSION}" in PAGE


def test_every_key_of_the_metadata_is_described(questions):
    section = PAGE.split("## metadata")[1].split("## Curation")[0]
    common = keys(next(line for line in section.splitlines() if line.startswith("All tasks:")))
    for task in ("pet", "pt", "mvc"):
        described = common | keys(next(line for line in section.splitlines() if line.startswith(f"| {task} |")))
        made = {key for question in questions(task) for key in question.metadata}
        assert made <= described
        assert described - made <= {"camera_dollhouse"}  # only where that variant is made
