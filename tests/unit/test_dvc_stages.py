"""dvc.yaml names everything that its stages depend on: a stage that missed one would call old results up to date."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "workflow" / "rules"
SCALE = "micro"
FILES = {"render": ["render"], "curate": ["curate", "annotate"], "train": ["train"]} | {
    name: [name] for name in ("evaluate", "paper")
}


@cache
def stages() -> dict[str, dict[str, Any]]:
    text = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text.replace("${scale}", SCALE).replace("${paper}", f"results/{SCALE}/paper"))["stages"])


def covered(path: str, stage: str) -> bool:
    """Whether a dependency of the stage is the file or a folder above it."""
    return any(path == dep or path.startswith(f"{dep}/") for dep in stages()[stage]["deps"])


@cache
def dry_run() -> list[tuple[str, list[str], list[str]]]:
    """(rule, inputs, outputs) of every job of the whole DAG."""
    command = [sys.executable, "-m", "snakemake", "-n", "--forceall", "--profile", "none", "--config", f"scale={SCALE}"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = []
    for block in re.split(r"\n(?=(?:local)?rule \w+:)", printed)[1:]:
        name = re.match(r"(?:local)?rule (\w+):", block)
        lines = {
            key: [path.removesuffix(" (update)") for path in value.split(", ")]
            for key, value in re.findall(r"^    (input|output): (.*)$", block, re.MULTILINE)
        }
        assert name is not None
        found.append((name[1], lines.get("input", []), lines.get("output", [])))
    return found


def stage_of() -> dict[str, str]:
    """The stage of each rule: that of the file which defines it."""
    return {
        rule: stage
        for stage, names in FILES.items()
        for name in names
        for rule in re.findall(r"^rule (\w+):", (RULES / f"{name}.smk").read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_every_input_from_outside_a_stage_is_a_dependency_of_it() -> None:
    jobs, owners = dry_run(), stage_of()
    assert len(jobs) > 50
    made: dict[str, set[str]] = {stage: set() for stage in FILES}
    for rule, _, outputs in jobs:
        if rule in owners:
            made[owners[rule]].update(outputs)
    missing = {
        (owners[rule], path)
        for rule, inputs, _ in jobs
        if rule in owners
        for path in inputs
        if path not in made[owners[rule]] and not covered(path, owners[rule])
    }
    assert missing == set()


def test_every_output_is_one_of_its_stage() -> None:
    owners = stage_of()
    missing = set()
    for rule, _, outputs in dry_run():
        if rule not in owners:
            continue
        stage = stages()[owners[rule]]
        kept = [
            next(iter(out)) if isinstance(out, dict) else out for out in [*stage["outs"], *stage.get("metrics", [])]
        ]
        missing |= {path for path in outputs if not any(path == out or path.startswith(f"{out}/") for out in kept)}
    assert missing == set()


def calls(text: str, name: str) -> list[str]:
    """Arguments of each call of `name` in a Snakefile, brackets matched."""
    found = []
    for match in re.finditer(rf"(?<!\w){re.escape(name)}\(", text):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        found.append(text[match.end() : end - 1])
    return found


def constants() -> dict[str, Any]:
    """The tuples of sources that common.smk names."""
    text = (RULES / "common.smk").read_text(encoding="utf-8")
    values: dict[str, Any] = {}
    for name, value in re.findall(r"^([A-Z_]+) = (\([^)]*\))$", text, re.MULTILINE):
        values[name] = eval(value, {}, values)
    return values


def sources(arguments: str) -> set[str]:
    """The parts that the arguments of one call of `source_digest` name; functions of common.smk by what they return."""
    common, found = (RULES / "common.smk").read_text(encoding="utf-8"), set()
    for function in re.findall(r"\*(\w+)\(wildcards\)", arguments):
        body = re.split(r"\n\n\n", common.split(f"def {function}(", 1)[1], maxsplit=1)[0]
        for value in re.findall(r"return (.+)", body):
            found |= set(eval(value, {}, constants()))
    plain = re.sub(r"\*\w+\(wildcards\),?", "", arguments).strip().rstrip(",")
    return found | (set(eval(f"({plain},)", {}, constants())) if plain else set())


@pytest.mark.parametrize("stage", FILES)
def test_every_source_that_a_rule_watches_is_a_dependency(stage: str) -> None:
    named: set[str] = set()
    for name in FILES[stage]:
        for arguments in calls((RULES / f"{name}.smk").read_text(encoding="utf-8"), "source_digest"):
            named |= sources(arguments)
    assert named
    paths = [f"ipt/{part}" if (ROOT / "ipt" / part).is_dir() else f"ipt/{part}.py" for part in named]
    assert [path for path in paths if not covered(path, stage)] == []


@pytest.mark.parametrize("stage", FILES)
def test_every_section_that_a_rule_watches_is_a_parameter(stage: str) -> None:
    watched = (
        set(next(iter(p.values())))
        if (p := next(q for q in stages()[stage]["params"] if isinstance(q, dict)))
        else set()
    )
    sections: set[str] = set()
    for name in FILES[stage]:
        for arguments in calls((RULES / f"{name}.smk").read_text(encoding="utf-8"), "CONFIG.digest"):
            words = re.findall(r"f?\"([a-z_]+)", arguments)
            sections |= set(words) if words else {"evaluation", "model", "paper", "tasks", "training"}
    assert sections - watched == set()


@pytest.mark.parametrize("stage", FILES)
def test_the_rules_themselves_are_dependencies(stage: str) -> None:
    for path in ["Snakefile", "workflow/rules/common.smk", *(f"workflow/rules/{name}.smk" for name in FILES[stage])]:
        assert covered(path, stage)
