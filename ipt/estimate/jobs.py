"""How many jobs a scale is, by rule: counted by Snakemake itself in a dry run of everything."""

import os
import re
import subprocess

from ipt.errors import UserError
from ipt.workflow import ADOPTING, tool


def count_jobs(scale: str) -> dict[str, int]:
    """Jobs of each rule, `total` last.

    Raises:
        UserError: the dry run failed; gives its last line.
    """
    command = [*tool("snakemake"), "-n", "--forceall", "--cores", "all", "--quiet", "rules"]
    command += ["--config", f"scale={scale}", "--", "all"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {ADOPTING: "1"})
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip().splitlines()
        raise UserError(f"snakemake -n failed: {said[-1] if said else 'it printed nothing'}")
    return parse_counts(done.stdout)


def parse_counts(printed: str) -> dict[str, int]:
    """The table `Job stats` of a dry run."""
    block = printed.split("Job stats:")[1].strip().split("\n\n")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", block, re.MULTILINE)}


def lines(counts: dict[str, int]) -> list[str]:
    """The counts, one line a rule, the largest first, `total` last."""
    ordered = sorted((rule for rule in counts if rule != "total"), key=lambda rule: (-counts[rule], rule))
    return ["Jobs:", *(f"  {counts[rule]:>6}  {rule}" for rule in [*ordered, "total"])]
