"""Verbs about this machine and the whole run."""

from typing import Annotated

import typer

from ipt import __version__
from ipt.cli.options import Scale
from ipt.config import load_config, schema_text

app = typer.Typer()
config_app = typer.Typer(help="Show the typed configuration or its JSON schema.", no_args_is_help=True)


@config_app.command("show", epilog="Example: ipt config show --scale micro")
def config_show(scale: Scale = "smoke") -> None:
    """Print the complete configuration of a scale, defaults included."""
    import yaml

    typer.echo(yaml.safe_dump(load_config(scale).model_dump(mode="json"), sort_keys=False), nl=False)


@config_app.command("schema", epilog="Example: ipt config schema > workflow/config/schema.json")
def config_schema() -> None:
    """Print the JSON schema of a scale file."""
    typer.echo(schema_text(), nl=False)


@app.command(epilog="Example: ipt doctor --scale paper")
def doctor(
    scale: Annotated[str, typer.Option(help="One preset, or all of them.")] = "all",
) -> None:
    """Tell what this machine has and lacks for each scale; exit 1 if the asked scale cannot run."""
    from ipt.doctor import diagnose

    raise typer.Exit(diagnose(scale))


@app.command(epilog="Example: dvc pull && ipt adopt")
def adopt(scale: Scale = "smoke") -> None:
    """After `dvc pull`: make Snakemake take DVC's results as its own, when they are what dvc.lock says."""
    from ipt.workflow import adopt_results

    adopt_results(load_config(scale), scale)


@app.command(epilog="Example: ipt reproduce --scale micro")
def reproduce(scale: Scale = "smoke") -> None:
    """Run the whole DAG of a scale here and write dvc.lock: what `make reproduce` does after its set-up."""
    from ipt.workflow import reproduce as run_everything

    run_everything(load_config(scale), scale)


@app.command("warm-up", epilog="Example: ipt warm-up")
def warm_up() -> None:
    """Compile the renderer once, so that parallel jobs do not each do it."""
    import numpy as np

    from ipt.scenes.warm_up import warm_up_renderer
    from ipt.tasks.visibility import measure

    warm_up_renderer()
    measure(np.zeros((8, 8), np.int32))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
