"""`Recording`: what a monitor has recorded, as tensors, rates, tables and files."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject import analysis
from cnsproject.checks import number, positive, steps_on_grid
from cnsproject.errors import ArgumentError, ParameterError, StateError, TimeGridError, UnknownNameError, nearest
from cnsproject.network.clock import Clock
from cnsproject.network.monitors import exports
from cnsproject.network.monitors.axis import Axis
from cnsproject.network.monitors.events import Events
from cnsproject.network.monitors.member import Member
from cnsproject.network.monitors.readings import label_of, own_name, unit_of
from cnsproject.network.monitors.reducers import Histogram, Reducer, StateReducer
from cnsproject.network.monitors.series import Series, Staging
from cnsproject.network.monitors.spike_reducers import PopulationRate, SpikeReducer
from cnsproject.network.views import PopulationView

if TYPE_CHECKING:
    import neo
    import pandas
    import xarray

Ints = npt.NDArray[np.int64]
Name = str | Reducer


class Recording(Member):
    """What was recorded of `obj`. `Monitor`, which fills it, says what the arguments are.

    obj              the population, part of one, or connection
    state_variables  what `get` knows: names, and labels of what is computed
    seed             of the network that the monitor was added to; None where there is none
    """

    obj: Any
    state_variables: tuple[str, ...]
    seed: int | None
    device: torch.device
    _clock: Clock | None  # that tells the steps
    _reducers: dict[str, Reducer]
    _series: Series | None
    _staging: Staging | None
    _steps: Axis  # of the spikes
    _events: Events | None  # from the first record on
    _stores_spikes: bool

    def spikes(self) -> tuple[Tensor, Tensor]:
        """Times (ms, float64) and neurons (int64) of the recorded spikes, ascending in time, then in the neuron.

        A spike in step k of the population has the time k*dt; the neuron is its place in the flattened population, or
        in the recorded part of it. Raises UnknownNameError when `s` is not recorded, StateError for a batch.
        """
        self._need_spikes("spikes()")
        if self._events is None:
            return torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.int64)
        if self._events.shape != tuple(self.obj.shape):
            raise StateError(
                f"Monitor of {label_of(self.obj)}.spikes()",
                got=f"a recording of shape {self._events.shape}",
                expected="a population without a batch",
                fix="use get('s')",
            )
        row, neuron = self._events.kept_ones()
        return torch.from_numpy(self._steps.steps(row) * float(self.obj.dt)), torch.from_numpy(neuron)

    def get(self, name: Name) -> Tensor:
        """What was recorded of `name`, oldest first: (rows, *shape), or the result of a reducer. Nothing is cleared.

        The spikes come as a raster (steps, *shape) with a row for every step, whatever `every` is. `unit(name)` tells
        the unit. Raises UnknownNameError for a name that is not recorded, StateError before the first `record()`.
        """
        found = self._known("get", name)
        if not self._row_count(found):
            raise StateError(
                f"Monitor of {label_of(self.obj)}.get({found!r})",
                got="no recording",
                expected="record() before get()",
                fix="call record() once per step",
            )
        if found in self._reducers:
            return torch.as_tensor(self._result(self._reducers[found]))
        if self._is_spikes(found):
            assert self._events is not None
            return self._events.raster().to(self.device)
        assert self._series is not None
        return self._series.get(found)

    def times(self, name: Name) -> Tensor:
        """The times (ms, float64) of the rows of `get(name)`: k*dt for what was recorded at the end of step k.

        For a PopulationRate the beginnings of its bins. Raises ArgumentError for what is one result for all rows,
        StateError where nobody tells the steps.
        """
        found = self._known("times", name)
        if self._clock is None or self.obj.dt is None:
            raise StateError(
                f"Monitor of {label_of(self.obj)}.times({found!r})", got="an object without time steps",
                expected="a population or connection with a dt", fix="count the rows: range(len(monitor))",
            )  # fmt: skip
        return torch.from_numpy(self._steps_of(found) * float(self.obj.dt))

    def unit(self, name: Name) -> str:
        """The unit of `get(name)`, "1" for none."""
        found = self._known("unit", name)
        reducer = self._reducers.get(found)
        return unit_of(self.obj, found) if reducer is None else reducer.unit(unit_of(self.obj, reducer.variable))

    @property
    def neurons(self) -> Tensor:
        """The recorded neurons as the population counts them, (n,) int64. Raises ArgumentError for a connection."""
        if not hasattr(self.obj, "n"):
            raise ArgumentError(
                f"Monitor of {label_of(self.obj)}.neurons", got="no population", expected="one", fix="ask its `obj`"
            )
        part = isinstance(self.obj, PopulationView)
        return torch.from_numpy(self.obj.indices.copy()) if part else torch.arange(self.obj.n)

    def rate(self, bin: float, kernel: str | None = None, width: float | None = None) -> tuple[Tensor, Tensor]:
        """Times of bins (ms, their beginnings) and the rate of the population in them (Hz), both (bins,) float64.

        The rate is spikes per recorded neuron and second. Bins follow each other from the first step that is kept; an
        incomplete last one is left out. A kernel smooths the rate, with the width of `analysis.kernel_weights`; at the
        ends the part of it that has bins counts as all, so that a constant rate stays constant.

        bin     length of a bin (ms), a whole number of steps
        kernel  None, "gaussian" (width: its standard deviation), "exponential" (its time constant, looks back only)
                or "box" (its length)
        width   in ms

        The spikes may have been recorded, or counted by a `PopulationRate` whose bin goes into this one. Raises
        TimeGridError for a bin off the grid, UnknownNameError without spikes or for an unknown kernel.
        """
        what = f"Monitor of {label_of(self.obj)}.rate"
        length = positive(f"{what}(bin)", bin, "ms")
        if (kernel is None) != (width is None):
            raise ArgumentError(
                f"{what}(width)", got=f"kernel={kernel!r}, width={width!r}", expected="both or none of them",
                fix="give both, such as kernel='gaussian', width=5",
            )  # fmt: skip
        steps, counts, first = self._counts(what, length)
        times = self._steps.steps(first + steps * np.arange(len(counts))) * float(self.obj.dt or 0.0)
        neurons = int(np.prod(self._events.shape)) if self._events is not None else 1
        rates = counts * (1e3 / (length * neurons))
        if kernel is not None:
            rates = analysis.smoothed(rates, kernel, number(f"{what}(width)", width, "ms"), length)
        return torch.from_numpy(times), torch.from_numpy(rates)

    def correlation(self, other: Recording, bin: float) -> float:
        """Pearson's correlation of the rates of two populations in bins (ms), from -1 to 1.

        Each may have recorded its spikes, or counted them by a `PopulationRate`. Raises StateError when they were not
        recorded over the same steps, ParameterError where a rate is constant.
        """
        if not isinstance(other, Recording):
            raise ArgumentError(
                "Monitor.correlation(other)", got=repr(other), expected="a Monitor", fix="give that of the other one"
            )
        (here, one), (there, two) = self.rate(bin), other.rate(bin)
        if not torch.equal(here, there):
            raise StateError(
                f"Monitor of {label_of(self.obj)}.correlation({label_of(other.obj)})",
                got=f"{len(here)} and {len(there)} bins, or other times",
                expected="recordings of the same steps",
                fix="add both monitors before the run, with the same start, stop and window",
            )
        return analysis.correlation(one.numpy(), two.numpy())

    # Elsewhere

    def to_pandas(self, name: Name | None = None) -> pandas.DataFrame:
        """A table with a row for every time and neuron: "time (ms)", "neuron" and a column such as "u (mV)" per state.

        With name "s", or where only spikes are recorded, a row for every spike. `attrs` has the provenance. Neurons
        are counted as the population does. Raises MissingExtraError without pandas.
        """
        return exports.to_pandas(self, None if name is None else self._known("to_pandas", name))

    def to_xarray(self) -> xarray.Dataset:
        """All that was recorded, with dims such as (time, neuron), units of data and coordinates, and provenance.

        Spikes are `spike_time` and `spike_neuron`, of dim spike. Raises MissingExtraError without xarray.
        """
        return exports.to_xarray(self)

    def to_neo(self) -> neo.Segment:
        """A Segment with a SpikeTrain per neuron and an AnalogSignal (times, neurons) per state, with units.

        Raises MissingExtraError without neo, StateError where a reset or a gap makes times that do not ascend evenly.
        """
        return exports.to_neo(self)

    def save(self, path: str | Path) -> Path:
        """Write all that was recorded into a `.npz` that is there whole or not at all; returns its path.

        For every state its array and `NAME.time`, for spikes `spikes.time` and `spikes.neuron`, all plain arrays, and
        `about`, a text of JSON with units and provenance: `json.loads(str(numpy.load(path)["about"]))`.
        """
        return exports.save(self, path)

    # Below

    def _known(self, method: str, name: Name) -> str:
        if isinstance(name, Reducer):
            found = name.of(own_name(self.obj, name.variable)).label
        else:
            found = own_name(self.obj, name)
        if found not in self.state_variables:
            raise UnknownNameError(
                f"Monitor of {label_of(self.obj)}.{method}",
                got=repr(name),
                expected="one of " + ", ".join(self.state_variables),
                fix=nearest(str(found), self.state_variables),
            )
        return found

    def _is_spikes(self, name: str) -> bool:
        return name == "s" and self._stores_spikes

    def _row_count(self, name: str) -> int:
        """Rows that were recorded for a name."""
        reducer = self._reducers.get(name)
        if self._is_spikes(name) or isinstance(reducer, SpikeReducer):
            return self._steps.count
        part = self._series if reducer is None else self._staging
        return 0 if part is None else part.axis.count

    def _steps_of(self, name: str) -> Ints:
        """The steps of the rows of `get(name)`."""
        reducer = self._reducers.get(name)
        if reducer is None:
            axis = self._steps if self._is_spikes(name) else self._series.axis if self._series else Axis()
            return axis.all_steps()
        if isinstance(reducer, PopulationRate) and self._row_count(name):
            steps = reducer.steps(float(self.obj.dt))
            return self._steps.steps(steps * np.arange(self._steps.count // steps))
        if isinstance(reducer, Histogram) and self._staging is not None:
            return self._staging.axis.steps(np.arange(self._staging.axis.count))
        raise ArgumentError(
            f"Monitor of {label_of(self.obj)}.times", got=repr(name), expected="something with a row per time",
            fix="it is one result for all that was recorded",
        )  # fmt: skip

    def _result(self, reducer: Reducer) -> npt.NDArray[Any]:
        if isinstance(reducer, SpikeReducer):
            assert self._events is not None
            self._events.settle()
            return reducer.result(self._steps.count)
        assert isinstance(reducer, StateReducer) and self._staging is not None
        waiting, whole = self._staging.waiting(reducer.variable), reducer
        if len(waiting):
            whole = copy.deepcopy(reducer)
            whole.take(waiting)
        return whole.result()

    def _counts(self, what: str, bin: float) -> tuple[int, Ints, int]:
        """Steps of a bin, spikes in every complete bin, and the row of the first one."""
        dt = self.obj.dt if self._clock is not None else None
        counters = [r for r in self._reducers.values() if isinstance(r, PopulationRate)]
        if not self._stores_spikes and not counters:
            self._need_spikes("rate()")
        if dt is None:
            raise StateError(what, got="no dt", expected="the length of a step in ms", fix="set .dt")
        steps = steps_on_grid(f"{what}(bin)", bin, dt)
        if steps < 1:
            raise TimeGridError(f"{what}(bin)", got=f"{bin:g} ms", expected=f"at least {dt:g} ms", fix=f"use {dt:g}")
        if self._events is None:
            return steps, np.empty(0, np.int64), 0
        if self._stores_spikes:
            rows = self._events.kept_ones()[0] - self._steps.oldest
            bins = len(self._steps) // steps
            return steps, np.bincount(rows // steps, minlength=bins)[:bins], self._steps.oldest
        fitting = [counter for counter in counters if steps % counter.steps(dt) == 0]
        if not fitting:
            raise ParameterError(
                f"{what}(bin)", got=f"{bin:g} ms", expected=f"a multiple of {counters[0].bin:g} ms, in which they are "
                "counted", fix="record 's', or count in shorter bins",
            )  # fmt: skip
        self._events.settle()
        parts = steps // fitting[0].steps(dt)
        counts = fitting[0].counts(self._steps.count)
        return steps, counts[: len(counts) // parts * parts].reshape(-1, parts).sum(axis=1), 0

    def _need_spikes(self, method: str) -> None:
        if not self._stores_spikes:
            raise UnknownNameError(
                f"Monitor of {label_of(self.obj)}.{method}",
                got="a monitor without 's'",
                expected="the spikes among the recorded variables",
                fix="make it with Monitor(population, ['s'])",
            )
