"""The command line: `cns list`, `cns run`, `cns report`, `cns models`, `cns warm`."""

from __future__ import annotations

import dataclasses
import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from cnsproject import __version__
from cnsproject.errors import CnsError, ParameterError
from cnsproject.executors.base import cache_folder
from cnsproject.experiments import EXPERIMENTS, Recording, find, run
from cnsproject.network.model_reference import overview, page, reference
from cnsproject.network.warm import jobs
from cnsproject.report import measure, simulate, write_report
from cnsproject.report.write import save_figure, total_steps
from cnsproject.storage import refuse_existing, save_arrays, save_json

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Two populations of spiking neurons: run the report's experiments and write the report.",
)  # fmt: skip
_REPORT_SEED = 1


def main() -> None:
    """Entry point: an error of ours is one line and exit code 2."""
    try:
        app()
    except CnsError as error:
        print(f"cns: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)


@app.command("list")
def list_experiments() -> None:
    """The experiments, with the question that each one asks."""
    table = Table("experiment", "question", box=None, pad_edge=False)
    for experiment in EXPERIMENTS.values():
        table.add_row(experiment.name, experiment.question)
    Console().print(table)


@app.command("run")
def run_experiment(
    name: Annotated[str, typer.Argument(help="An experiment that `cns list` shows.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter; may be repeated.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the random input; drawn and recorded when not given.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for figure, recordings and parameters; out/NAME when not given.")
    ] = None,
    executor: Annotated[
        str | None, typer.Option(help="cpu: native, eager: torch; the report's loop by hand when not given.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that exists.")] = False,
) -> None:
    """Run one experiment: print what was measured, write figure, recordings (.npz) and parameters (.json)."""
    experiment = find(name)
    parameters = experiment.parameters.changed(_pairs(settings or []))
    seed = secrets.randbelow(2**31) if seed is None else seed
    folder = out if out is not None else Path("out") / name
    refuse_existing(folder, force=force)
    with tqdm(total=parameters.time, unit=" steps", leave=False, disable=None) as bar:
        recording = run(parameters, rng=seed, executor=executor, progress=bar.update)
    save_figure(recording, folder / "figure")
    save_arrays(folder / "recordings.npz", recording.arrays())
    record = {
        "experiment": name,
        "version": __version__,
        "seed": seed,
        "executor": executor or "by hand",
        "parameters": dataclasses.asdict(parameters),
    }
    save_json(folder / "parameters.json", record)
    _print_measures(name, recording)
    Console().print(f"written to {folder}: figure.svg, figure.png, recordings.npz, parameters.json", soft_wrap=True)


@app.command("report")
def make_report(
    only: Annotated[str | None, typer.Option(metavar="NAME,NAME", help="Only these experiments.")] = None,
    seed: Annotated[int, typer.Option(help="Of the random inputs.")] = _REPORT_SEED,
    out: Annotated[Path, typer.Option(help="Folder for the report and its figures.")] = Path("out"),
) -> None:
    """Simulate the experiments and write report3.html, one file that opens offline, and the figures as files."""
    names = [part.strip() for part in only.split(",") if part.strip()] if only else list(EXPERIMENTS)
    for name in names:
        find(name)
    console = Console()
    with tqdm(total=total_steps(names), unit=" steps", desc="simulating") as bar:
        sections = simulate(names, seed=seed, progress=bar.update)
    path, *figures = write_report(sections, out / "report3.html", seed=seed)
    console.print(f"{len(sections)} experiments, {len(figures)} figure files in {out / 'figures'}", soft_wrap=True)
    console.print(f"open {path}", soft_wrap=True)


@app.command("models")
def show_models(
    name: Annotated[str | None, typer.Argument(help="One of them, with equations, defaults and units.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown: the page docs/models.md.")] = False,
) -> None:
    """The neuron models: what they are called and where they come from."""
    if markdown:
        text = reference(name).markdown() + "\n" if name else page()
    else:
        text = f"{reference(name).document() if name else overview()}\n"
    typer.echo(text, nl=False)


@app.command("warm")
def warm_cache() -> None:
    """Print and compile our models now, so that the first run does not wait for it."""
    for _, compile_variants in tqdm(jobs(), unit=" jobs", desc="compiling", disable=None):
        compile_variants()
    Console().print(f"kept in {cache_folder()}", soft_wrap=True)


def _version(show: bool) -> None:
    if show:
        Console().print(f"cnsproject {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command."""


def _pairs(settings: list[str]) -> dict[str, str]:
    pairs = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ParameterError("--set", got=repr(setting), expected="NAME=VALUE", fix="write for example --set J1=5")
        pairs[name.strip()] = value.strip()
    return pairs


def _print_measures(name: str, recording: Recording) -> None:
    measures = measure(recording)
    table = Table(f"{name}", "p1", "p2", box=None, pad_edge=False)
    rows: list[tuple[str, Any, Any]] = [
        ("first spike (step)", measures.p1.first_spike, measures.p2.first_spike),
        ("period (steps)", measures.p1.period, measures.p2.period),
        ("spikes per neuron", measures.p1.spikes_per_neuron, measures.p2.spikes_per_neuron),
        ("mean rate (Hz)", measures.p1.mean_rate, measures.p2.mean_rate),
        ("lag p1 to p2 (steps)", "", measures.lag),
    ]
    for label, *values in rows:
        table.add_row(label, *("-" if v is None else v if isinstance(v, str) else f"{v:.4g}" for v in values))
    Console().print(table)
