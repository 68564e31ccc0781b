"""The command line: one file per group of commands."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer
from rich.console import Console

from cnsproject.circumstances import versions
from cnsproject.cli.experiments import list_experiments, make_course, make_report, run_experiment
from cnsproject.cli.explore import explore_page
from cnsproject.cli.models import show_models, warm_cache
from cnsproject.cli.networks import resume_run
from cnsproject.cli.show import show_file
from cnsproject.cli.sweep import sweep_experiment
from cnsproject.errors import CnsError

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Spiking neurons: run the named experiments, write the report on two populations and the page of the course.",
)  # fmt: skip
app.command("list")(list_experiments)
# Its other options are the parameters of the experiment, which --help tells with it.
app.command("run", add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
    run_experiment
)
app.command("sweep")(sweep_experiment)
app.command("show")(show_file)
app.command("report")(make_report)
app.command("course")(make_course)
app.command("explore")(explore_page)
app.command("models")(show_models)
app.command("warm")(warm_cache)
app.command("resume")(resume_run)


def main() -> None:
    """Entry point: an error of ours is one line and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        # What is written to a file or a pipe is UTF-8 everywhere; Windows would take a code page that lacks our signs.
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8")
    try:
        app()
    except CnsError as error:
        print(f"cns: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)


def _version(show: bool) -> None:
    if show:
        Console().print(f"cnsproject {versions()['cnsproject']}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command."""
