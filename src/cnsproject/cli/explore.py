"""`cns explore`: the explorer, in a browser of this machine."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from cnsproject.checks import extra


def explore_page(
    port: Annotated[int, typer.Option(help="Of 127.0.0.1; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """Open a page with a slider for every parameter of the report's populations, a network, and each model.

    Only this machine can see it, and it asks for nothing from anywhere else. Ctrl-C ends it.
    """
    for package in ("tornado", "bokeh"):
        extra(package, "explore")
    from cnsproject.explore.page import serve

    console = Console()
    try:
        asyncio.run(serve(port, browser=browser, tell=lambda address: console.print(f"open {address}", soft_wrap=True)))
    except KeyboardInterrupt:
        console.print("ended")
