"""`make faults`: runs of the micro DAG killed at random moments and resumed, then every other fault; prints figures.

`--fresh`, `--again` and `--parts` say how many kills are made in which way (tests/faults/kills.py); the figures say
what was run. `python tests/faults/run.py --again 4 --parts 2 --until curate --only-kills` is a short form.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.faults.kills import PARTS, killed_again, killed_fresh, killed_parts, undisturbed  # noqa: E402 (the path above)

OTHERS = ["tests/faults", "tests/e2e/test_interruptions.py"]
WAYS = {"fresh": killed_fresh, "again": killed_again, "parts": killed_parts}


def main() -> int:
    """Print the figures; 1 if anything was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fresh", type=int, default=0, metavar="RUNS", help="whole runs, each killed once")
    parser.add_argument(
        "--again", type=int, default=0, metavar="KILLS", help="of whole runs that are killed repeatedly"
    )
    parser.add_argument("--parts", type=int, default=0, metavar="RUNS", help="runs of one part, each killed once")
    parser.add_argument("--until", choices=PARTS, default="paper", help="the last part that is made")
    parser.add_argument("--seed", type=int, default=7, help="of the moments")
    parser.add_argument("--only-kills", action="store_true", help="leave the other faults out")
    arguments = parser.parse_args()
    sound, figures = True, []
    wanted = {way: getattr(arguments, way) for way in WAYS if getattr(arguments, way)}
    with tempfile.TemporaryDirectory(prefix="ipt-faults-") as name:
        folder = Path(name).resolve()
        parts = undisturbed(folder, arguments.until) if wanted else []
        for way, count in wanted.items():
            figures.append(WAYS[way](folder, parts, count, arguments.seed))
            print("\n".join(figures[-1].lines()), flush=True)
    if wanted:
        times = ", ".join(f"{part.name} {part.seconds:.0f} s" for part in parts)
        print(f"\nundisturbed run on {len(os.sched_getaffinity(0))} cores: {times}")
    for one in figures:
        print("\n".join(one.lines()))
        sound = sound and one.sound
    others = 0
    if not arguments.only_kills:
        command = [sys.executable, "-m", "pytest", "-m", "e2e", "-rs", *OTHERS]
        others = subprocess.run(command, cwd=ROOT, check=False).returncode
    return 0 if sound and others == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
