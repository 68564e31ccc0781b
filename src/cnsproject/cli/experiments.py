"""`cns list`, `cns run`, `cns report`, `cns course`: the named experiments."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from tqdm import tqdm

from cnsproject.cli.again import repeat
from cnsproject.cli.parameters import changed, help_of
from cnsproject.cli.results import FILES, simulated, write
from cnsproject.errors import ArgumentError
from cnsproject.experiments import COURSE, NETWORKS, NEURONS, REPORT3, TASKS, Experiment, Outcome, find
from cnsproject.report import section_named, simulate, simulate_course, write_course, write_report
from cnsproject.report.course import course_steps
from cnsproject.report.write import total_steps
from cnsproject.storage import refuse_existing

_REPORT_SEED = 1
_GROUPS: Mapping[str, Mapping[str, Experiment]] = {
    "The course, phase by phase: all of them by cns course": COURSE,
    "Single neurons, six sets of parameters each": NEURONS,
    "Two populations: all of them by cns report": REPORT3,
    "Networks": NETWORKS,
    "Tasks": TASKS,
}


def list_experiments() -> None:
    """The experiments, with the question that each one asks."""
    table = Table("experiment", "question", box=None, pad_edge=False)
    for place, (heading, group) in enumerate(_GROUPS.items()):
        if place:
            table.add_row()
        table.add_row("", heading, style="bold")
        for experiment in group.values():
            table.add_row(experiment.name, experiment.question)
    console = Console()
    console.print(table)
    console.print("\ncns run NAME runs one; cns sweep NAME --grid PARAMETER=VALUES many of it.", highlight=False)


def run_experiment(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="An experiment that `cns list` shows.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="The same as --NAME VALUE after the experiment."),
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
    again: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Instead of a name: run what wrote this file or folder, and compare."),
    ] = None,
    show_help: Annotated[
        bool, typer.Option("--help", help="Show this, and after a name the parameters of the experiment.")
    ] = False,
) -> None:
    """Run one experiment: print what was measured, write figure, recordings (.npz) and parameters (.json).

    Its parameters are options after its name, as in `cns run connected --J1 5`; `cns run connected --help` lists them.

    With --again the parameters, seed and executor are those of an earlier run; exit code 1 when its arrays are not the
    same bit for bit. Nothing is written then without --out.
    """
    if show_help:
        return typer.echo(help_of(None if name is None else find(name), ctx), nl=False)
    if again is not None:
        given = {"NAME": name, "parameters": ctx.args, "--set": settings, "--seed": seed, "--executor": executor}
        _refuse_beside_again(given)
        return repeat(again, out, force=force)
    if name is None:
        raise ArgumentError(
            "cns run", got="no experiment", expected="the name of one, or --again FILE",
            fix="choose one that cns list shows",
        )  # fmt: skip
    if name.startswith("-"):
        raise ArgumentError(
            "cns run", got=f"{name} before the experiment", expected="first the experiment, then its parameters",
            fix=f"write cns run NAME {name} VALUE",
        )  # fmt: skip
    experiment = changed(find(name), settings or [], ctx.args, ctx)
    seed = _seed(experiment, seed)
    folder = out if out is not None else Path("out") / name
    refuse_existing(folder, force=force)
    outcome = simulated(experiment, seed, executor)
    write(outcome, folder)
    _print_outcome(name, outcome)
    Console().print(f"written to {folder}: {', '.join(FILES)}", soft_wrap=True)


def make_report(
    only: Annotated[str | None, typer.Option(metavar="NAME,NAME", help="Only these experiments.")] = None,
    seed: Annotated[int, typer.Option(help="Of the random inputs.")] = _REPORT_SEED,
    out: Annotated[Path, typer.Option(help="Folder for the report and its figures.")] = Path("out"),
) -> None:
    """Simulate the experiments and write report3.html, one file that opens offline, and the figures as files."""
    names = _names(only, REPORT3)
    for name in names:
        section_named(name)
    console = Console()
    with tqdm(total=total_steps(names), unit=" steps", desc="simulating") as bar:
        sections = simulate(names, seed=seed, progress=bar.update)
    path, *figures = write_report(sections, out / "report3.html", seed=seed)
    console.print(f"{len(sections)} experiments, {len(figures)} figure files in {out / 'figures'}", soft_wrap=True)
    console.print(f"open {path}", soft_wrap=True)


def make_course(
    only: Annotated[str | None, typer.Option(metavar="NAME,NAME", help="Only these phases.")] = None,
    seed: Annotated[int, typer.Option(help="Of what is random.")] = _REPORT_SEED,
    out: Annotated[Path, typer.Option(help="Folder for the page and its figures.")] = Path("out"),
) -> None:
    """Simulate the phases of the course; write course.html, one file that opens offline, and the figures as files."""
    names = _names(only, COURSE)
    with tqdm(total=course_steps(names), unit=" steps", desc="simulating") as bar:
        phases = simulate_course(names, seed=seed, progress=bar.update)
    path, *figures = write_course(phases, out / "course.html", seed=seed)
    console = Console()
    console.print(f"{len(phases)} phases, {len(figures)} figure files in {out / 'figures'}", soft_wrap=True)
    console.print(f"open {path}", soft_wrap=True)


def _names(only: str | None, known: Iterable[str]) -> list[str]:
    return [part.strip() for part in only.split(",") if part.strip()] if only else list(known)


def _refuse_beside_again(given: Mapping[str, object]) -> None:
    for what, value in given.items():
        if value is not None and value != []:
            raise ArgumentError(
                f"cns run --again, {what}", got=value, expected="nothing but the file, which says all that",
                fix=f"leave {what} or --again out",
            )  # fmt: skip


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
