"""How long the paper stage takes from existing scores: `python benchmarks/paper.py [scale]` (to be 30 s or less).

As in the DAG, each part is a process: tables and both kinds of figures first, two at a time, then the report.
All is written to a temporary folder. Wall time is that of this machine, as busy as it is.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ipt.config import load_config
from ipt.runs import Layout

PARTS = ("data", "results", "tables", "report")


def main(scale: str) -> None:
    """Run all parts and print a line for each."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:

        def timed(part: str) -> None:
            start = time.perf_counter()
            child = subprocess.Popen([sys.executable, __file__, scale, part, folder])
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode:
                raise SystemExit(f"{part}: ended with {child.returncode}")
            cpu = used.ru_utime + used.ru_stime
            print(f"{part:8} {time.perf_counter() - start:6.1f} s, CPU {cpu:5.1f} s, {used.ru_maxrss // 1024} MiB")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(timed, PARTS[:3]))
        timed(PARTS[3])
    print(f"all      {time.perf_counter() - began:6.1f} s (scale {scale}, {os.cpu_count()} cores)")


def work(scale: str, part: str, folder: Path) -> None:
    """One part, as its verb does it."""
    config = load_config(scale)
    layout = Layout(config)
    if part == "tables":
        from ipt.paper.batch import build_all_tables

        build_all_tables(config, layout, folder)
    elif part == "report":
        from ipt.paper.report import build_report

        build_report(config, layout, folder)
    else:
        from ipt.paper.batch import build_figures, figures_of

        build_figures(config, layout, folder / "figures", figures_of(config, "data" if part == "data" else "results"))


if __name__ == "__main__":
    if len(sys.argv) == 4:
        work(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else "smoke")
