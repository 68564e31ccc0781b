"""The parameters of an experiment on the command line: options after its name, and what --help says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import typer

from cnsproject.errors import ArgumentError, ParameterError, UnknownNameError, nearest
from cnsproject.experiments import Experiment
from cnsproject.report.course import parameters


def changed(experiment: Experiment, settings: Iterable[str], words: Iterable[str], ctx: typer.Context) -> Experiment:
    """The experiment with its parameters set from text: `settings` are NAME=VALUE, `words` the other options.

    Raises UnknownNameError for what is no parameter, ParameterError for one without a value or with two of them.
    """
    known = [name for rows in parameters(experiment).values() for name in (row.name for row in rows)]
    given: dict[str, str] = {}
    for name, value in (*map(_setting, settings), *_options(experiment.name, known, words, ctx)):
        if name in given:
            raise ParameterError(
                f"parameter {name}", got=f"{given[name]!r} and {value!r}", expected="one value",
                fix=f"leave --{name} {value} or --set {name}={value} out",
            )  # fmt: skip
        given[name] = value
    return experiment.changed(given)


def help_of(experiment: Experiment | None, ctx: typer.Context) -> str:
    """The help of the command, and the parameters of an experiment with meanings and defaults."""
    formatter = ctx.make_formatter()
    ctx.command.format_help(ctx, formatter)
    if experiment is None:
        return formatter.getvalue()
    for group, rows in parameters(experiment).items():
        with formatter.section(f"Parameters of {experiment.name}{group and f' ({group})'}"):
            formatter.write_dl([(f"--{row.name}", f"{row.meaning}  [default: {row.value}]") for row in rows])
    return formatter.getvalue()


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ParameterError("--set", got=repr(text), expected="NAME=VALUE", fix="write for example --set J1=5")
    return name.strip(), value.strip()


def _options(
    experiment: str, parameters: list[str], words: Iterable[str], ctx: typer.Context
) -> Iterator[tuple[str, str]]:
    """Names and values of --NAME VALUE and --NAME=VALUE."""
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        name = option.removeprefix("--")
        if name == option:
            raise ArgumentError(
                f"cns run {experiment}", got=repr(word), expected="options after the experiment",
                fix="write --NAME VALUE for a parameter",
            )  # fmt: skip
        if name not in parameters:
            known = [*parameters, *(own[2:] for each in ctx.command.params for own in each.opts if own[:2] == "--")]
            raise UnknownNameError(
                f"cns run {experiment}", got=option, expected="an option or a parameter of the experiment",
                fix=nearest(name, known).replace("'", "'--", 1),
            )  # fmt: skip
        if not equals:
            value = next(rest, "--")
        if value.startswith("--"):
            raise ParameterError(
                f"cns run {experiment}", got=f"{option} without a value", expected="a value after it",
                fix=f"write {option} VALUE",
            )  # fmt: skip
        yield name, value
