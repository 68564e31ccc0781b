"""`cns resume`: saved networks."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cnsproject.errors import UnknownNameError
from cnsproject.network.network import Network


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
