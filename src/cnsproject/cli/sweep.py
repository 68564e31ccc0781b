"""`cns sweep`: a named experiment over a grid of its parameters."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from cnsproject.checks import extra
from cnsproject.errors import ArgumentError, ParameterError
from cnsproject.executors.base import cores
from cnsproject.network.memory import amount
from cnsproject.report.write import save_figure
from cnsproject.sweeps import sweep
from cnsproject.sweeps.estimate import estimate
from cnsproject.sweeps.grid import MOST
from cnsproject.sweeps.run import job_of
from cnsproject.sweeps.store import Store

if TYPE_CHECKING:
    import xarray

_ROWS, _COLUMNS, _ERRORS = 40, 9, 5  # of what is printed one by one


def sweep_experiment(
    name: Annotated[str | None, typer.Argument(help="An experiment that `cns list` shows.")] = None,
    grid: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUES",
            help="5,10,50, or 1:10:4 for four values from 1 to 10; may be repeated: all combinations are run.",
        ),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME", help="Of rate, cv, synchrony, lag, spikes; else the experiment's own table."),
    ] = None,
    start: Annotated[float, typer.Option(help="ms at the beginning that do not count for a measure.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Of all members; each draws from a seed of its own.")] = 0,
    workers: Annotated[
        int | None, typer.Option(help="Members that run at once; else as many as there are cores.")
    ] = None,
    dask: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Run on this Dask scheduler, tcp://...")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for results (Zarr) and figures; the same command goes on there.")
    ] = None,
    retry: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Instead of a name: run the members that failed there once more.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell members, memory and time, and run none.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help=f"Allow more than {MOST} members.")] = False,
) -> None:
    """Run an experiment for every combination of parameters; print what was measured, write results and figures."""
    most = 2**62 if yes else MOST
    if retry is not None:
        if name is not None or grid or out is not None:
            raise ArgumentError(
                "cns sweep --retry", got="a name, a grid or a folder beside it", expected="the folder alone",
                fix="leave them out",
            )  # fmt: skip
        name, swept, measures, start, seed = _written(retry)
        out = retry
    elif name is None:
        raise ArgumentError(
            "cns sweep", got="no experiment", expected="the name of one, or --retry DIR", fix="choose one of cns list"
        )
    else:
        swept, measures = _grid(grid or []), measure.split(",") if measure else None
    if dry_run:
        return _tell(job_of(name, swept, None, None, measures, start, seed, {}, most), workers or cores())
    with _pool(dask) as pool, warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* members failed")  # they are printed
        found = sweep(
            name, swept, measure=measures, start=start, seed=seed, workers=workers, pool=pool, out=out,
            retry=retry is not None, most=most,
        )  # fmt: skip
    _print(found)
    if out is not None:
        _draw(found, out)


def _grid(given: list[str]) -> dict[str, list[Any]]:
    """Names and values of what is written as NAME=VALUES."""
    found: dict[str, list[Any]] = {}
    for text in given:
        name, equals, values = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise ParameterError("--grid", got=repr(text), expected="NAME=VALUES", fix="write --grid J1=1:10:10")
        if name in found:
            raise ParameterError("--grid", got=f"{name} twice", expected="each once", fix="join the values by commas")
        if not all(part.strip() for part in values.split(",")):
            raise ParameterError(
                f"--grid {name}", got=repr(values), expected="values between commas", fix=f"write --grid {name}=1,2,5"
            )
        found[name] = _range(name, values) if values.count(":") == 2 else [_value(v) for v in values.split(",")]
    return found


def _range(name: str, text: str) -> list[Any]:
    """start:stop:count, the ends among them."""
    try:
        first, last, count = text.split(":")
        values = np.linspace(float(first), float(last), int(count))
    except ValueError:
        raise ParameterError(
            f"--grid {name}", got=repr(text), expected="start:stop:count", fix=f"write --grid {name}=1:10:10"
        ) from None
    return [int(v) if v == int(v) and "." not in text else float(v) for v in values]


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.strip()


def _written(folder: Path) -> tuple[str, Any, Any, float, int]:
    """Name, grid, measures, start and seed of a sweep that was written."""
    record = Store.found(folder).record
    if any(record[name] is not None for name in ("code", "time", "code of measure")):
        raise ArgumentError(
            f"cns sweep --retry {folder}", got=f"a sweep of {record['swept']}, with a network or measure of its own",
            expected="a named experiment, measured by name",
            fix="call cns.sweep(..., out=..., retry=True) with its arguments",
        )  # fmt: skip
    columns = {name: values for name, values, _ in record["grid"]}
    grid: Any = columns
    if record["columns"]:
        grid = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return record["swept"], grid, record["measure"], record["start"], record["seed"]


@contextmanager
def _pool(dask: str | None) -> Iterator[Executor | None]:
    """The workers of a Dask cluster."""
    if dask is None:
        yield None
        return
    try:
        client = extra("distributed", "sweep").Client(dask, timeout=10)
    except (OSError, ValueError) as error:
        raise ArgumentError(
            "--dask", got=f"{dask!r} ({error or type(error).__name__})", expected="the address of a Dask scheduler",
            fix="start one with: dask scheduler",
        ) from None  # fmt: skip
    with client:
        yield client.get_executor()


def _tell(job: Any, workers: int) -> None:
    told = estimate(job, workers)
    memory = "unknown" if told.memory is None else amount(told.memory)
    time = timedelta(seconds=max(1, round(told.seconds)))
    table = Table("", "", show_header=False, box=None, pad_edge=False)
    for row in (
        ("members", f"{told.members}"),
        ("at once", f"{told.workers}"),
        ("memory, of all at once", memory),
        ("time, going by the first", f"{time} (h:mm:ss)"),
    ):
        table.add_row(*row)
    Console().print(table)


def _print(found: xarray.Dataset) -> None:
    """A row for every member; or for every measure, where members or measures are many."""
    swept, errors = found.attrs["dims"], found.get("error")
    apart = [n for n, v in found.data_vars.items() if "spike" in v.dims or n == "error"]
    table = found.drop_vars(apart).to_dataframe()
    labels = [level for level in table.index.names if level not in swept]
    coords = [name for name in found.coords if name in table.columns]
    wide = table.drop(columns=coords).unstack(labels) if labels else table.drop(columns=coords)
    wide = wide.dropna(axis=1, how="all")
    names = [" ".join(map(str, column)) if isinstance(column, tuple) else str(column) for column in wide.columns]
    units = [
        found[column[0] if isinstance(column, tuple) else column].attrs.get("units", "1") for column in wide.columns
    ]
    heads = [name if unit == "1" else f"{name} ({unit})" for name, unit in zip(names, units, strict=True)]
    if len(wide) <= _ROWS and len(heads) <= _COLUMNS:
        shown = Table(*map(str, wide.index.names), *heads, box=None, pad_edge=False)
        for index, row in zip(wide.index, wide.itertuples(index=False), strict=True):
            shown.add_row(*map(_cell, index if isinstance(index, tuple) else (index,)), *map(_cell, row))
    else:
        shown = Table(f"{len(wide)} members", "least", "mean", "most", box=None, pad_edge=False)
        for place, head in enumerate(heads):
            column = wide.iloc[:, place]
            shown.add_row(head, *map(_cell, (column.min(), column.mean(), column.max())))
    console = Console()
    console.print(shown)
    if errors is not None:
        told = errors.where(errors != "", drop=False).to_series().dropna()
        console.print(f"{len(told)} of {errors.size} members failed:", soft_wrap=True)
        for index, error in told.head(_ERRORS).items():
            values = index if isinstance(index, tuple) else (index,)
            where = ", ".join(f"{name} = {value}" for name, value in zip(swept, values, strict=True))
            console.print(f"  {where}: {error}", soft_wrap=True, highlight=False)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "-" if np.isnan(value) else f"{value:.4g}"


def _draw(found: Any, out: Path) -> None:
    """A figure of every measure."""
    names = [n for n, v in found.data_vars.items() if v.dtype.kind in "biuf" and "spike" not in v.dims]
    for name in names:
        save_figure(found.plot(name), out / str(name), json.loads(found.attrs["provenance"]))
    Console().print(f"written to {out}: results.zarr, {', '.join(f'{n}.svg, {n}.png' for n in names)}", soft_wrap=True)
