"""`Recording`: what was recorded, as tensors, rates, tables and files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject import analysis
from cnsproject.checks import number, positive, steps_on_grid
from cnsproject.errors import ArgumentError, ParameterError, StateError, TimeGridError, UnknownNameError, nearest
from cnsproject.network.monitors import exports, nwb, sonata
from cnsproject.network.monitors.contents import Contents
from cnsproject.network.monitors.files import save_recording
from cnsproject.network.monitors.pictures import picture
from cnsproject.network.monitors.reducers import Reducer

if TYPE_CHECKING:
    import neo
    import pandas
    import xarray
    from matplotlib.figure import Figure

Ints = npt.NDArray[np.int64]
Name = str | Reducer


class Recording(ABC):
    """What was recorded of a population, a part of one, or a connection: a `Monitor`, or what `cns.open` gives."""

    @abstractmethod
    def _contents(self) -> Contents:
        """What there is to read."""

    @property
    def label(self) -> str:
        """What was recorded: the name of the population or connection."""
        return self._contents().label

    def spikes(self) -> tuple[Tensor, Tensor]:
        """Times (ms, float64) and neurons (int64) of the recorded spikes, ascending in time, then in the neuron.

        A spike in step k of the population has the time k*dt; the neuron is its place in the flattened population, or
        in the recorded part of it. Raises UnknownNameError when `s` is not recorded, StateError for a batch.
        """
        contents = self._contents()
        _need_spikes(contents, "spikes()")
        if contents.is_batch:
            raise StateError(
                f"{contents.owner}.spikes()",
                got=f"a recording of shape {contents.spike_shape}",
                expected="a population without a batch",
                fix="use get('s')",
            )
        rows, places = contents.events()
        return torch.from_numpy(contents.spikes.steps(rows) * float(contents.dt or 0.0)), torch.from_numpy(places)

    def get(self, name: Name) -> Tensor:
        """What was recorded of `name`, oldest first: (rows, *shape), or the result of a reducer. Nothing is cleared.

        The spikes come as a raster (steps, *shape) with a row for every step, whatever `every` is. `unit(name)` tells
        the unit. Raises UnknownNameError for a name that is not recorded, StateError before the first `record()`.
        """
        contents = self._contents()
        found = _known(contents, "get", name)
        if not contents.count(found):
            raise StateError(
                f"{contents.owner}.get({found!r})",
                got="no recording",
                expected="record() before get()",
                fix="call record() once per step",
            )
        return contents.raster() if contents.kind(found) == "spikes" else contents.values(found)

    def times(self, name: Name) -> Tensor:
        """The times (ms, float64) of the rows of `get(name)`: k*dt for what was recorded at the end of step k.

        For a PopulationRate the beginnings of its bins. Raises ArgumentError for what is one result for all rows,
        StateError where nobody tells the steps.
        """
        contents = self._contents()
        found = _known(contents, "times", name)
        if contents.dt is None:
            raise StateError(
                f"{contents.owner}.times({found!r})", got="an object without time steps",
                expected="a population or connection with a dt", fix="count the rows: range(len(monitor))",
            )  # fmt: skip
        times = contents.times(found)
        if times is None:
            raise ArgumentError(
                f"{contents.owner}.times", got=repr(name), expected="something with a row per time",
                fix="it is one result for all that was recorded",
            )  # fmt: skip
        return torch.from_numpy(times)

    def unit(self, name: Name) -> str:
        """The unit of `get(name)`, "1" for none."""
        contents = self._contents()
        return contents.unit(_known(contents, "unit", name))

    @property
    def neurons(self) -> Tensor:
        """The recorded neurons as the population counts them, (n,) int64. Raises ArgumentError for a connection."""
        contents = self._contents()
        places = contents.coordinates()
        if "neuron" not in places:
            raise ArgumentError(
                f"{contents.owner}.neurons", got="no population", expected="one", fix="ask the connection for its ends"
            )
        return torch.from_numpy(places["neuron"].values.astype(np.int64))

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
        contents = self._contents()
        what = f"{contents.owner}.rate"
        length = positive(f"{what}(bin)", bin, "ms")
        if (kernel is None) != (width is None):
            raise ArgumentError(
                f"{what}(width)", got=f"kernel={kernel!r}, width={width!r}", expected="both or none of them",
                fix="give both, such as kernel='gaussian', width=5",
            )  # fmt: skip
        steps, counts, first = _counts(contents, what, length)
        times = contents.spikes.steps(first + steps * np.arange(len(counts))) * float(contents.dt or 0.0)
        neurons = int(np.prod(contents.spike_shape or (1,)))
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
                f"{self._contents().owner}.correlation({other.label})",
                got=f"{len(here)} and {len(there)} bins, or other times",
                expected="recordings of the same steps",
                fix="add both monitors before the run, with the same start, stop and window",
            )
        return analysis.correlation(one.numpy(), two.numpy())

    def plot(
        self,
        *,
        start: float | None = None,
        stop: float | None = None,
        neurons: int = 3,
        sort: str = "index",
        bin: float = 1.0,
        kernel: str | None = "gaussian",
        width: float | None = 5.0,
    ) -> Figure:
        """A figure of what was recorded over time: raster and rate of the spikes, then a row for every state.

        start, stop         what is shown (ms), all by default
        neurons             how many of the neurons (or synapses) a state is drawn of: the first ones that were recorded
        sort                of the raster: "index", or "rate" for the neurons that fire least below
        bin, kernel, width  of the rate, as in `rate`

        Where a state is compared with a parameter to spike, that is a dashed line, if all neurons have the same; spikes
        that reset it are strokes above it. `cnsproject.plotting` has the panels one by one. Raises StateError for a
        batch, and where nothing was recorded over time.
        """
        return picture(
            self._contents(), start=start, stop=stop, neurons=neurons, sort=sort, bin=bin, kernel=kernel, width=width
        )

    # Elsewhere

    def to_pandas(self, name: Name | None = None) -> pandas.DataFrame:
        """A table with a row for every time and neuron: "time (ms)", "neuron" and a column such as "u (mV)" per state.

        With name "s", or where only spikes are recorded, a row for every spike. `attrs` has the provenance. Neurons
        are counted as the population does. Raises MissingExtraError without pandas.
        """
        contents = self._contents()
        return exports.to_pandas(contents, None if name is None else _known(contents, "to_pandas", name))

    def to_xarray(self) -> xarray.Dataset:
        """All that was recorded, with dims such as (time, neuron), units of data and coordinates, and provenance.

        Spikes are `spike_time` and `spike_neuron`, of dim spike. Raises MissingExtraError without xarray.
        """
        return exports.to_xarray(self._contents())

    def to_neo(self) -> neo.Segment:
        """A Segment with a SpikeTrain per neuron and an AnalogSignal (times, neurons) per state, with units.

        Raises MissingExtraError without neo, StateError where a reset or a gap makes times that do not ascend evenly.
        """
        return exports.to_neo(self._contents())

    def save(self, path: str | Path) -> Path:
        """Write all that was recorded into a file that is there whole or not at all, and that `cns.open` reads.

        `.npz`: plain arrays of numpy, named as in `to_xarray()`, and `about`, a text of JSON with units, dimensions
        and provenance: `json.loads(str(numpy.load(path)["about"]))`. Returns the path. Raises ArgumentError for
        another ending.
        """
        return save_recording(self._contents(), path)

    def to_sonata(self, path: str | Path, population: str | None = None) -> Path:
        """Write the spikes into a new SONATA file (.h5), under the name of the population; returns its path.

        Neurons are counted as the population does, times are in ms. `cns.save_sonata` writes several populations into
        one file and tells what is raised, `cns.read_sonata` reads it.
        """
        contents = self._contents()
        name = contents.name if population is None else population
        return sonata.write(f"{contents.owner}.to_sonata", path, {name: self})

    def to_nwb(self, path: str | Path) -> Path:
        """Write what `to_neo` gives into a new file of Neurodata Without Borders (.nwb); returns its path.

        Spike trains are rows of its units table, with the column `neuron`; a state is a TimeSeries (times, neurons) in
        `acquisition`, whose description has the neurons as JSON. Times are in s since step 0. `notes` has the
        provenance as JSON; the session starts when the file is written. There whole or not at all. Raises what
        `to_neo` does, StateError for a file that exists, ArgumentError for another ending and when neither spikes nor
        states of neurons were recorded, MissingExtraError without pynwb.
        """
        return nwb.to_nwb(self._contents(), path)


def _known(contents: Contents, method: str, name: Name) -> str:
    """The name of an entry, or the label of a reducer."""
    if isinstance(name, Reducer):
        found = name.of(contents.aliases.get(name.variable, name.variable)).label
    else:
        found = contents.aliases.get(name, name)
    if found not in contents.names:
        raise UnknownNameError(
            f"{contents.owner}.{method}",
            got=repr(name),
            expected="one of " + ", ".join(contents.names),
            fix=nearest(str(found), contents.names),
        )
    return found


def _counts(contents: Contents, what: str, bin: float) -> tuple[int, Ints, int]:
    """Steps of a bin, spikes in every complete bin, and the row of the first one."""
    dt, axis = contents.dt, contents.spikes
    counters = [name for name in contents.names if contents.kind(name) == "bins"]
    if not contents.has_spikes and not counters:
        _need_spikes(contents, "rate()")
    if dt is None:
        raise StateError(what, got="no dt", expected="the length of a step in ms", fix="set .dt")
    steps = steps_on_grid(f"{what}(bin)", bin, dt)
    if steps < 1:
        raise TimeGridError(f"{what}(bin)", got=f"{bin:g} ms", expected=f"at least {dt:g} ms", fix=f"use {dt:g}")
    if contents.spike_shape is None:
        return steps, np.empty(0, np.int64), 0
    if contents.has_spikes:
        rows = contents.events()[0] - axis.oldest
        bins = len(axis) // steps
        return steps, np.bincount(rows // steps, minlength=bins)[:bins], axis.oldest
    fitting = [name for name in counters if steps % contents.steps_of_bin(name) == 0]
    if not fitting:
        raise ParameterError(
            f"{what}(bin)", got=f"{bin:g} ms", expected=f"a multiple of {contents.bin(counters[0]):g} ms, in which "
            "they are counted", fix="record 's', or count in shorter bins",
        )  # fmt: skip
    parts = steps // contents.steps_of_bin(fitting[0])
    counts = contents.bin_counts(fitting[0])
    return steps, counts[: len(counts) // parts * parts].reshape(-1, parts).sum(axis=1), 0


def _need_spikes(contents: Contents, method: str) -> None:
    if not contents.has_spikes:
        raise UnknownNameError(
            f"{contents.owner}.{method}",
            got="a monitor without 's'",
            expected="the spikes among the recorded variables",
            fix="make it with Monitor(population, ['s'])",
        )
