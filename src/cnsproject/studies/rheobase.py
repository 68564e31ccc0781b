"""`rheobase`: the weakest constant current that makes a neuron fire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.checks import named_arguments, positive
from cnsproject.errors import ArgumentError, ParameterError
from cnsproject.network.inputs import Constant
from cnsproject.studies.account import accounted, of_run
from cnsproject.studies.batch import (
    F64,
    Subject,
    copies,
    grid,
    input_of,
    membrane_of,
    pair,
    recorded,
    run,
    spikes,
    whole_steps,
)
from cnsproject.studies.result import Quantity, Result, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_AT_ONCE = 64  # currents of a batch


@dataclass(frozen=True, eq=False, repr=False)
class Rheobase(Result):
    """The weakest constant current that makes a neuron fire, with the runs on both sides of it.

    name       of the neuron
    input      what drives it, with its unit: nA, unless its equations say otherwise
    membrane   which of its states makes the spikes
    current    that makes it fire
    below      the strongest current tried under which it stays silent: current - below <= tolerance
    tolerance  in the unit of the input
    time       how long a current lasts (ms)
    dt         length of a step (ms)
    times      (steps,) ms
    u          (steps, 2): the membrane under `below` and under `current`
    """

    name: str
    input: Quantity
    membrane: Quantity
    current: float
    below: float
    tolerance: float
    time: float
    dt: float
    times: F64
    u: F64

    def __float__(self) -> float:
        return self.current

    def __str__(self) -> str:
        return (
            f"rheobase of {self.name}: {self.input.of(self.current, '.6g')}, silent under "
            f"{self.input.of(self.below, '.6g')} (within {self.time:g} ms, "
            f"tolerance {self.input.of(self.tolerance)}, dt {self.dt:g} ms)"
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The potential just below and at the rheobase; returns the axes."""
        below, at = (self.input.of(current, ".6g") for current in (self.below, self.current))
        names = [f"{below}: silent", f"{at}: fires"]
        return plotting.legend(plotting.traces(self.u, labels=names, ylabel=self.membrane.title, dt=self.dt, ax=ax))

    def columns(self) -> Mapping[str, F64]:
        """The potential under both currents over time."""
        below, at = self.u.T
        name, unit = self.membrane.name, self.membrane.unit
        return {
            "time (ms)": self.times,
            with_unit(f"{name} below", unit): below,
            with_unit(f"{name} at the rheobase", unit): at,
        }


@named_arguments
@accounted
def rheobase(
    population: Subject,
    currents: npt.ArrayLike = (0.0, 100.0),
    *,
    time: float = 1000.0,
    tolerance: float = 1e-3,
    dt: float | None = None,
    threads: int = 1,
) -> Rheobase:
    """The smallest constant current that makes a neuron fire within `time`, from its start values.

    64 currents at a time bracket it: those between the last that left it silent and the first that did not are tried
    next. A neuron that fires under a current and not under a stronger one is taken at the first of the currents tried.

    population  neurons that are alike, or one neuron: `population[3]`; it is copied and stays as it is
    currents    (low, high) in which to search (nA)
    time        how long a current lasts (ms)
    tolerance   how close the largest current without a spike must be (nA)
    dt          length of a step (ms), when not that of the population

    Raises ParameterError when the neuron fires under `low` already, or does not under `high`, ArgumentError for
    equations with noise, under which any current makes a neuron fire if one waits.
    """
    low, high = pair("rheobase(currents)", currents, "nA")
    step = positive("rheobase(tolerance)", tolerance, "nA")
    replicas = copies("rheobase", population, _AT_ONCE, dt)
    assert replicas.dt is not None
    if replicas.dynamics.noises:
        raise ArgumentError(
            "rheobase(population)", got="equations with the noise " + ", ".join(replicas.dynamics.noises),
            expected="a neuron that fires or not", fix="leave the noise out, or look at cns.fi_curve",
        )  # fmt: skip
    whole_steps("rheobase(time)", time, replicas.dt)
    tried = low, high
    while True:
        batch = np.linspace(*tried, _AT_ONCE)
        replicas.reset_state_variables()
        which = spikes(run(replicas, time, Constant(batch), ["s"], threads=threads))[1]
        first = _first(batch, np.isin(np.arange(_AT_ONCE), which), time, input_of(replicas))
        below, current = float(batch[first - 1]), float(batch[first])
        if current - below <= step or (below, current) == tried:
            break
        tried = below, current
    both, membrane = copies("rheobase", population, 2, dt), membrane_of(replicas)
    monitor = run(both, time, Constant([below, current]), [membrane.name])
    u = recorded(monitor, membrane.name)
    return Rheobase(
        name=str(replicas.name), input=input_of(replicas), membrane=membrane, current=current, below=below,
        tolerance=step, time=float(time), dt=replicas.dt, times=grid(len(u), replicas.dt), u=u,
        provenance=of_run(monitor),
    )  # fmt: skip


def _first(currents: F64, fires: npt.NDArray[np.bool_], time: float, given: Quantity) -> int:
    """Index of the first current that makes the neuron fire, which must not be the lowest."""
    if not fires.any():
        raise ParameterError(
            "rheobase(currents)", got=f"no spike within {time:g} ms up to {given.of(currents[-1])}",
            expected="a spike under the highest current", fix="raise it, as in currents=(0, 1000), or run for longer",
        )  # fmt: skip
    if fires[0]:
        raise ParameterError(
            "rheobase(currents)", got=f"a spike under {given.of(currents[0])} already",
            expected="no spike under the lowest current", fix="lower it, as in currents=(-100, 100)",
        )  # fmt: skip
    return int(fires.argmax())
