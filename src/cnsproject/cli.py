"""The command line: `cns list`, `cns run`, `cns report`, `cns models`, `cns warm`, `cns resume`."""

from __future__ import annotations

import importlib
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from tqdm import tqdm

from cnsproject import __version__
from cnsproject.errors import ArgumentError, CnsError, ParameterError, UnknownNameError
from cnsproject.executors.base import cache_folder
from cnsproject.experiments import EXPERIMENTS, REPORT3, Experiment, Outcome, find
from cnsproject.network.model_reference import overview, page, reference
from cnsproject.network.network import Network
from cnsproject.network.warm import jobs
from cnsproject.report import section_named, simulate, write_report
from cnsproject.report.write import save_figure, total_steps
from cnsproject.storage import refuse_existing, save_arrays, save_json

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Spiking neurons: run the named experiments, and write the report on two populations.",
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
    seed: Annotated[int | None, typer.Option(help="Of what is random; drawn and recorded when not given.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for figure, recordings and parameters; out/NAME when not given.")
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            help="cpu: native, eager: torch. When not given: the report's loop by hand, single neurons natively."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that exists.")] = False,
) -> None:
    """Run one experiment: print what was measured, write figure, recordings (.npz) and parameters (.json)."""
    experiment = find(name).changed(_pairs(settings or []))
    seed = _seed(experiment, seed)
    folder = out if out is not None else Path("out") / name
    refuse_existing(folder, force=force)
    with tqdm(total=experiment.steps, unit=" steps", leave=False, disable=None) as bar:
        outcome = experiment.run(rng=seed, executor=executor, progress=bar.update)
    save_figure(outcome.figure(), folder / "figure")
    save_arrays(folder / "recordings.npz", outcome.arrays())
    record = {
        "experiment": name,
        "version": __version__,
        "seed": seed,
        "executor": executor or experiment.default_executor,
        "parameters": experiment.settings(),
    }
    save_json(folder / "parameters.json", record)
    _print_outcome(name, outcome)
    Console().print(f"written to {folder}: figure.svg, figure.png, recordings.npz, parameters.json", soft_wrap=True)


@app.command("report")
def make_report(
    only: Annotated[str | None, typer.Option(metavar="NAME,NAME", help="Only these experiments.")] = None,
    seed: Annotated[int, typer.Option(help="Of the random inputs.")] = _REPORT_SEED,
    out: Annotated[Path, typer.Option(help="Folder for the report and its figures.")] = Path("out"),
) -> None:
    """Simulate the experiments and write report3.html, one file that opens offline, and the figures as files."""
    names = [part.strip() for part in only.split(",") if part.strip()] if only else list(REPORT3)
    for name in names:
        section_named(name)
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


@app.command("resume")
def resume_run(
    path: Annotated[Path, typer.Argument(help="A file that Network.save or Network.run(checkpoint=) wrote.")],
    time: Annotated[
        float | None, typer.Option(help="How long to go on (ms); to the end of the saved run when not given.")
    ] = None,
    threads: Annotated[int, typer.Option(help="Of the native executor.")] = 1,
    modules: Annotated[
        list[str] | None, typer.Option("--import", metavar="MODULE", help="Where your classes are; may be repeated.")
    ] = None,
) -> None:
    """Go on with a saved network, and save it to the same file."""
    if modules:
        sys.path.insert(0, "")  # modules in the present folder are found, as by `python -m`
    for module in modules or []:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise UnknownNameError(
                "cns resume --import", got=f"{module} ({error})", expected="a module that can be imported",
                fix="check the name, and the folder that you are in",
            ) from None  # fmt: skip
    network = Network.load(path)
    network.resume(time, threads=threads, progress=sys.stderr.isatty(), checkpoint=path)
    reached = ", ".join(f"{name} at {layer.steps * network.dt:g} ms" for name, layer in network.layers.items())
    Console().print(f"{reached}; written to {path}", soft_wrap=True)


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


def _seed(experiment: Experiment, given: int | None) -> int | None:
    """The seed of a run: what was given, or drawn; None where nothing is random."""
    if experiment.random:
        return secrets.randbelow(2**31) if given is None else given
    if given is not None:
        raise ArgumentError(
            f"cns run {experiment.name} --seed", got=given, expected="no seed: nothing in this experiment is random",
            fix="leave it out",
        )  # fmt: skip
    return None


def _print_outcome(name: str, outcome: Outcome) -> None:
    first, *others = outcome.table().head
    table = Table(Column(first or name, no_wrap=True), *others, box=None, pad_edge=False)
    for label, *values in outcome.table().rows:
        table.add_row(str(label), *("-" if v is None else v if isinstance(v, str) else f"{v:.4g}" for v in values))
    console = Console()
    console.print(table)
    for sentence in outcome.sentences():
        console.print(sentence, soft_wrap=True)
