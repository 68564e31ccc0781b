"""What the cortical microcircuit did: rates, irregularity and synchrony of its populations beside published rates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.analysis import count_correlations, fano_factor, variation
from cnsproject.experiments import microcircuit_tables as tables
from cnsproject.experiments.base import Cell, Outcome, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cnsproject.experiments.microcircuit_run import Microcircuit

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_BIN = 3.0  # ms, of the counts of a population
_PAIRED, _PAIR_BIN = 200, 2.0  # neurons of a population whose pairs are correlated, in bins of so many ms
_SHOWN = 400.0  # ms of the raster


@dataclass(frozen=True)
class Activity:
    """What a population did, after the first `settle` ms.

    rates        spikes of its neurons over the time (Hz), (neurons,)
    cv           coefficient of variation of the intervals of each neuron, (neurons,); NaN with less than 3 spikes
    synchrony    variance over mean of the spikes of all its neurons in bins of 3 ms: 1 for independent Poisson
                 processes; NaN without spikes
    correlation  mean coefficient of the pairs of 200 neurons, evenly spaced, in bins of 2 ms; NaN where none fired
    """

    rates: F64
    cv: F64
    synchrony: float
    correlation: float

    @property
    def rate(self) -> float:
        """Mean of a neuron (Hz)."""
        return float(self.rates.mean())

    @property
    def mean_cv(self) -> float:
        """Mean over neurons with at least 3 spikes; NaN where there are none."""
        return _mean(self.cv)


@dataclass(frozen=True, eq=False)
class MicrocircuitOutcome(Outcome):
    """The spikes of a run, and what they say.

    times    of all spikes (ms), (spikes,)
    neurons  (spikes,)
    sizes    neurons of each population; those of the first one come first
    """

    experiment: Microcircuit
    times: F64
    neurons: Ints
    sizes: tuple[int, ...]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All spikes, the sizes of the populations, and their measures."""
        found = list(self.activity.values())
        measured = {
            f"measured_{name}": np.array([getattr(one, name) for one in found])
            for name in ("rate", "mean_cv", "synchrony", "correlation")
        }
        return {"times": self.times, "neurons": self.neurons, "sizes": np.array(self.sizes), **measured}

    @cached_property
    def activity(self) -> dict[str, Activity]:
        """What the populations did, by their names."""
        e = self.experiment
        found = {}
        for name, (times, neurons, count) in self.spikes().items():
            late = times >= e.settle - 1e-9
            found[name] = _activity(times[late], neurons[late], count, e.settle, e.settle + e.time)
        return found

    def spikes(self) -> dict[str, tuple[F64, Ints, int]]:
        """Times (ms), neurons, counted from 0, and number of neurons of each population, as plots take them."""
        bounds = np.cumsum([0, *self.sizes])
        found = {}
        for k, name in enumerate(tables.NAMES):
            own = (self.neurons >= bounds[k]) & (self.neurons < bounds[k + 1])
            found[name] = self.times[own], self.neurons[own] - bounds[k], self.sizes[k]
        return found

    def figure(self) -> Figure:
        """Spikes of some neurons of every layer, and rates, variation and synchrony of the populations."""
        e, found = self.experiment, list(self.activity.values())
        end = e.settle + e.time
        measures = (
            plotting.Measure("rate (Hz)", [one.rates for one in found], tables.RATES),
            plotting.Measure("CV of the intervals", [one.cv[np.isfinite(one.cv)] for one in found]),
            plotting.Measure("synchrony\n(variance/mean)", [one.synchrony for one in found]),
        )
        return plotting.layered_activity(
            self.spikes(), measures, inhibitory=tables.INHIBITORY, start=max(e.settle, end - _SHOWN), stop=end
        )

    def table(self) -> Table:
        """For every population its rate and the published one, and how irregular and synchronous it is."""
        head = ("population", "neurons", "rate (Hz)", "reference (Hz)", "CV", "synchrony", "correlation")
        rows: list[tuple[Cell, ...]] = []
        for (name, one), count, published in zip(self.activity.items(), self.sizes, tables.RATES, strict=True):
            others = (_or_none(value) for value in (one.mean_cv, one.synchrony, one.correlation))
            rows.append((name, str(count), one.rate, published, *others))
        return Table(head, tuple(rows))

    def sentences(self) -> list[str]:
        """How large the network was, how far its rates are off, and what its scale changes."""
        return list(self._sentences())

    def _sentences(self) -> Iterator[str]:
        e = self.experiment
        drive = {"dc": "the mean current of what comes from outside", "poisson": "Poisson processes from outside"}
        total = int(tables.synapses(e.scale).sum())
        yield (
            f"{sum(self.sizes)} neurons and {total} synapses, with {drive[e.drive]}; {e.time:g} ms after {e.settle:g} "
            f"ms. CV of neurons with at least 3 spikes; synchrony: variance over mean of the spikes of a population in "
            f"bins of {_BIN:g} ms; correlation: mean of the pairs of {_PAIRED} neurons in bins of {_PAIR_BIN:g} ms."
        )
        off = {n: one.rate / r - 1.0 for (n, one), r in zip(self.activity.items(), tables.RATES, strict=True)}
        worst = max(off, key=lambda name: abs(off[name]))
        yield (
            f"Rates are off the published ones by {100 * np.mean(np.abs(list(off.values()))):.0f} % on average, "
            f"most in {worst} ({100 * off[worst]:+.0f} %)."
        )
        if e.scale < 1.0:
            yield (
                f"At scale {e.scale:g} every neuron has as many synapses as in the full network, from 1 in "
                f"{1.0 / e.scale:.3g} of its neurons: more of the input is shared, so correlations and synchrony are "
                "larger than in the full network, and rates differ. Only scale 1 is the published network."
            )


def _activity(times: F64, neurons: Ints, count: int, start: float, stop: float) -> Activity:
    every = max(1, count // _PAIRED)
    some = (neurons % every == 0) & (neurons < every * _PAIRED)
    paired = min(_PAIRED, -(-count // every))
    pairs = count_correlations(times[some], neurons[some] // every, paired, start=start, stop=stop, bin=_PAIR_BIN)
    together = fano_factor(times, np.zeros_like(neurons), 1, start=start, stop=stop, bin=_BIN)
    rates = np.bincount(neurons, minlength=count) / (1e-3 * (stop - start))
    between = pairs[np.triu_indices(paired, 1)]
    return Activity(rates, variation(times, neurons, count), float(together[0]), _mean(between))


def _mean(values: F64) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
