"""`sweep`: a thousand variants as one run; `open_sweep` for what it has written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from cnsproject.checks import extra, named_arguments, number, positive, whole
from cnsproject.errors import ArgumentError, ParameterError
from cnsproject.executors.base import cores
from cnsproject.network.progress import Wanted
from cnsproject.sweeps.grid import MOST, read_grid
from cnsproject.sweeps.job import Job
from cnsproject.sweeps.measures import Measure, read_measure
from cnsproject.sweeps.members import Task
from cnsproject.sweeps.recipes import Named, recipe_of

if TYPE_CHECKING:
    from cnsproject.sweeps.result import Sweep


@named_arguments
def sweep(
    build: object,
    grid: object,
    *,
    time: float | None = None,
    inputs: Mapping[str, object] | None = None,
    measure: Measure | None = None,
    start: float = 0.0,
    seed: int = 0,
    units: Mapping[str, str] = MappingProxyType({}),
    workers: int | None = None,
    pool: Executor | None = None,
    out: str | os.PathLike[str] | None = None,
    retry: bool = False,
    progress: Wanted = True,
    most: int = MOST,
) -> Sweep:
    """Run a network for every member of a grid of parameters, and measure; returns an xarray Dataset over the grid.

    build    a function of the parameters that returns a Network, or a Network and its inputs; a Network, whose
             parameters are called "layer.attribute" and "connection.attribute"; or the name of an experiment
    grid     a dict of values (all combinations), a list of dicts, a pandas frame with a row for each member, or a
             sampler: cns.LatinHypercube, cns.Sobol. Values are numbers, texts, (values, "ms"), or "10 ms"
    time     of the run of a member (ms); an experiment says it itself
    inputs   of every run, as `Network.run` takes them, where build returns none
    measure  names, of "rate" (Hz), "cv", "synchrony", "lag" (ms) and "spikes", for every population; or a function of
             the network after its run that returns a number, an array, one of these with its unit as (value, "ms"),
             or a dict of such; spikes are in net.monitors[name of a population]. None is "rate", and for an experiment
             all that its table tells
    start    ms at the beginning of a run that do not count
    seed     member k draws from child k of numpy's SeedSequence(seed).spawn, whoever runs it and when: build is given
             a number from it as `seed`, if it has a parameter of that name that is not in the grid
    units    of parameters, by name, for what has none of its own
    workers  how many members run at once; None for as many as this process may use cores
    pool     a concurrent.futures.Executor that runs members, such as Client.get_executor() of Dask; None for threads of
             this process, and for processes where build is a function and the sweep takes long
    out      a folder whose results.zarr is written to as members end. The same call goes on where it was killed
    retry    with out: run the members that failed once more, and no others
    progress True for a bar, or a function of (members that have ended, members in all)
    most     members that are allowed

    A member that fails is recorded with its error, and the others go on. Where members differ in numbers of one network
    they share what is compiled and assembled; every one gives what a run of its own gives. Raises UnknownNameError for
    a parameter or measure that does not exist, ParameterError for too many members, RecordingError for a folder with
    another sweep, StateError when a pool breaks.

    >>> import cnsproject as cns
    >>> found = cns.sweep("connected", {"J1": [1.0, 2.0, 5.0]}, measure="rate", progress=False)
    >>> found.rate.sel(population="p2").values.round(2).tolist()
    [8.67, 8.0, 6.0]
    >>> found.J1.attrs["units"], found.rate.attrs["units"]
    ('nA', 'Hz')
    """
    job = job_of(build, grid, time, inputs, measure, start, seed, units, most)
    count = cores() if workers is None else whole("cns.sweep(workers)", workers, least=1)
    if pool is not None and not isinstance(pool, Executor):
        raise ArgumentError(
            "cns.sweep(pool)", got=type(pool).__name__, expected="a concurrent.futures.Executor",
            fix="of a Dask client take client.get_executor()",
        )  # fmt: skip
    if retry and out is None:
        raise ArgumentError(
            "cns.sweep(retry)", got="no folder", expected="out=, the folder of the sweep", fix="add out="
        )
    return job.run(pool, count, None if out is None else Path(out), progress, retry=retry)


def job_of(
    build: object, grid: object, time: float | None, inputs: Mapping[str, object] | None, measure: Measure | None,
    start: float, seed: int, units: Mapping[str, str], most: int,
) -> Job:  # fmt: skip
    """What is to be done for a call of `sweep`, all of it checked."""
    extra("xarray", "sweep")
    recipe = recipe_of(build, inputs)
    wanted = (
        None if measure is None and isinstance(recipe, Named) else read_measure("rate" if measure is None else measure)
    )
    task = Task(
        None if time is None else positive("cns.sweep(time)", time, "ms"),
        number("cns.sweep(start)", start, "ms"),
        wanted,
    )
    if task.start < 0 or (task.time is not None and task.start >= task.time):
        raise ParameterError(
            "cns.sweep(start)",
            got=f"{task.start:g} ms",
            expected="a time within the run (ms)",
            fix="use 0 for its begin",
        )
    given = read_grid(grid, {**recipe.units, **units}, whole("cns.sweep(most)", most, least=1))
    recipe.check([axis.name for axis in given.axes], task)
    return Job(recipe, task, given, whole("cns.sweep(seed)", seed))


def open_sweep(out: str | os.PathLike[str]) -> Sweep:
    """What a sweep has written to the folder `out` so far; RecordingError where there is none."""
    extra("xarray", "sweep")
    return Job.written(Path(out))
