"""`cns models`, `cns warm`: the neuron models, and their compiled steps."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from tqdm import tqdm

from cnsproject.executors.base import cache_folder
from cnsproject.network.model_reference import overview, page, reference
from cnsproject.network.warm import jobs


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


def warm_cache() -> None:
    """Print and compile our models now, so that the first run does not wait for it."""
    for _, compile_variants in tqdm(jobs(), unit=" jobs", desc="compiling", disable=None):
        compile_variants()
    Console().print(f"kept in {cache_folder()}", soft_wrap=True)
