"""`cns show`: what a file says about where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cnsproject.network.network import Network
from cnsproject.storage import read_about
from cnsproject.studies import summary

_INDENT = "  "
_ARRAY = frozenset({"minimum", "maximum", "mean", "shape", "stated"})


def show_file(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="A saved network, a recording, or what `cns run` wrote.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    figure: Annotated[
        Path | None,
        typer.Option(help="Of a saved network: draw its summary into this .html, .pdf, .png or .svg instead."),
    ] = None,
) -> None:
    """Print where a file comes from: versions, seed, executor, parameters, git, machine. No array is read for it."""
    if figure is not None:
        written = summary(Network.load(path)).save(figure)
        Console().print(f"written to {written}", soft_wrap=True, markup=False, highlight=False)
        return
    about = read_about(path)
    if as_json:
        typer.echo(json.dumps({"kind": about.kind, "file": str(about.path), **about.content}, indent=2))
        return
    content = {name: value for name, value in about.content.items() if name != "format"}
    text = "\n".join([f"{about.kind} {about.path}", *lines(content)])
    Console().print(text, soft_wrap=True, markup=False, highlight=False)


def lines(table: Mapping[str, Any], indent: str = _INDENT) -> Iterator[str]:
    """A table as lines, names and values in columns, tables in it below their names; without what is empty."""
    plain = {name: text for name, value in table.items() if (text := _on_a_line(value)) is not None}
    width = max(map(len, plain), default=0)
    for name, value in table.items():
        if name in plain:
            yield from _column(f"{indent}{name:<{width}}  ", plain[name])
        elif value:
            yield f"{indent}{name}"
            parts = value if isinstance(value, Mapping) else {str(k): part for k, part in enumerate(value)}
            yield from lines(parts, indent + _INDENT)


def _column(name: str, text: str) -> Iterator[str]:
    """A name and its value, of which further lines stand below the first."""
    for k, line in enumerate(text.splitlines()):
        yield f"{name if not k else ' ' * len(name)}{line}"


def _on_a_line(value: Any) -> str | None:
    """A value as text; None for a table of several, and "" for nothing."""
    if isinstance(value, Mapping):
        is_one = "value" in value or value.keys() >= _ARRAY or ("stated" in value and "minimum" not in value)
        return _value(value) if is_one else None
    if isinstance(value, list):
        if any(isinstance(part, Mapping | list) for part in value):
            return None
        texts = any(isinstance(part, str) and " " in part for part in value)
        return ("\n" if texts else ", ").join(map(str, value))
    return "none" if value is None else str(value)


def _value(told: Mapping[str, Any]) -> str:
    """A number with its unit, an array by its range, or how something was made."""
    unit = told.get("unit", "1")
    behind = "" if unit == "1" else f" {unit}"
    if "value" in told:
        return f"{told['value']}{behind}"
    if "minimum" not in told:
        return f"{told['stated']}{behind}"
    spread = f"{told['minimum']} ... {told['maximum']}{behind}, mean {told['mean']}"
    made = f"shape {' x '.join(map(str, told['shape']))}, {told['stated']}"
    return ", ".join([spread, made, *([f"hash {told['hash']}"] if "hash" in told else [])])
