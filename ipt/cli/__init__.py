"""The command line: one verb a stage, thin. Every verb finds its files from the scale: a rule's command is one line."""

import os
import sys
import threading
import time
from pathlib import Path

import typer

from ipt.cli import annotation, cluster, data, models, paper, runs, weights, workplace
from ipt.errors import EXIT_STOPPED, Stopped, UserError, storage_problem

app = typer.Typer(
    name="ipt",
    help="Reproduce 'Imaginative Perception Tokens' end to end. The whole of it: `snakemake --cores all`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for verbs in (data.app, models.app, workplace.app):
    app.add_typer(verbs)
app.add_typer(data.import_app, name="import")
app.add_typer(models.train_app, name="train")
app.add_typer(annotation.annotation_app, name="annotation")
app.add_typer(weights.app, name="weights")
app.add_typer(paper.paper_app, name="paper")
app.add_typer(workplace.config_app, name="config")
app.add_typer(cluster.cluster_app, name="cluster")
app.add_typer(runs.runs_app, name="runs")


def _exit_with_controller() -> None:
    """End this process when the workflow controller that started it is gone (kill -9 leaves no orphan jobs)."""
    controller = int(os.environ["IPT_CONTROLLER_PID"])

    def watch() -> None:
        while Path(f"/proc/{controller}").exists():
            time.sleep(1.0)
        os._exit(143)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Entry point: a `UserError` is one line on stderr and exit status 2, a `Stopped` one and 75."""
    if os.environ.get("IPT_CONTROLLER_PID", "").isdigit() and Path("/proc/self").exists():
        _exit_with_controller()
    try:
        app()
    except UserError as error:
        print(f"ipt: {error}", file=sys.stderr)
        sys.exit(2)
    except Stopped as stopped:
        print(f"ipt: {stopped}", file=sys.stderr)
        sys.exit(EXIT_STOPPED)
    except OSError as error:
        if (problem := storage_problem(error, None)) is None:
            raise
        print(f"ipt: {problem}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
