"""Verbs about jobs in a SLURM queue."""

from typing import Annotated

import typer

from ipt.cli.options import Scale
from ipt.config import load_config

cluster_app = typer.Typer(help="This workflow's jobs on a cluster.", no_args_is_help=True)


@cluster_app.command("jobs", epilog="Example: ipt cluster jobs")
def jobs_verb() -> None:
    """List this workflow's jobs that wait or run."""
    from ipt.cluster.queue import job_prefix, living_jobs

    found = living_jobs(job_prefix())
    for job in found:
        typer.echo(f"{job.job_id}\t{job.state}\t{job.comment}")
    typer.echo(f"{len(found)} jobs called {job_prefix()}_*")


@cluster_app.command("recover", epilog="Example: ipt cluster recover --scale paper")
def recover_verb(
    scale: Scale = "smoke",
    cancel: Annotated[bool, typer.Option("--cancel", help="End the jobs instead of waiting for them.")] = False,
    force: Annotated[bool, typer.Option("--force", help="The controller was on another host, and is dead.")] = False,
    poll: Annotated[float, typer.Option(help="Seconds between two looks at the queue.")] = 10.0,
) -> None:
    """After the controller was killed: wait for (or cancel) its jobs, unlock, keep what they finished."""
    from ipt.cluster.recover import recover

    recover(load_config(scale), scale, cancelling=cancel, force=force, poll_seconds=poll)
