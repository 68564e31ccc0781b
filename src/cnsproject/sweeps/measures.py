"""What is measured of every member: by name, or by a function of the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject import analysis
from cnsproject.errors import ArgumentError, ParameterError, UnknownNameError, nearest
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.population import NeuralPopulation


@dataclass(frozen=True)
class Numbers:
    """What was measured: an array, the names of its dimensions, its unit, and labels along dimensions."""

    dims: tuple[str, ...]
    values: npt.NDArray[Any]
    unit: str = ""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Found = dict[str, Numbers]
Measure = str | Sequence[str] | Callable[[Network], Any]

POPULATION, EVENT = "population", "spike"


@dataclass(frozen=True)
class _Spikes:
    """Of one population: times (ms) and neurons of its spikes."""

    times: npt.NDArray[np.float64]
    neurons: npt.NDArray[np.int64]
    count: int


@dataclass(frozen=True)
class _Recorded:
    """All populations that make spikes, between start and stop (ms), in steps of dt."""

    spikes: Mapping[str, _Spikes]
    start: float
    stop: float
    dt: float

    def each(self, of: Callable[[_Spikes], float], unit: str) -> Numbers:
        return self.all((), np.array([of(spikes) for spikes in self.spikes.values()]), unit)

    def all(self, dims: tuple[str, ...], values: npt.NDArray[Any], unit: str) -> Numbers:
        return Numbers((POPULATION, *dims), values, unit, {POPULATION: tuple(self.spikes)})


def _rate(recorded: _Recorded) -> Found:
    """Mean firing rate of a neuron (Hz)."""
    seconds = (recorded.stop - recorded.start) * 1e-3
    return {"rate": recorded.each(lambda s: len(s.times) / (s.count * seconds), "Hz")}


def _cv(recorded: _Recorded) -> Found:
    """Mean over neurons of the coefficient of variation of their inter-spike intervals; NaN without intervals."""

    def mean(spikes: _Spikes) -> float:
        found = analysis.variation(spikes.times, spikes.neurons, spikes.count)
        known = found[np.isfinite(found)]
        return float(known.mean()) if len(known) else np.nan

    return {"cv": recorded.each(mean, "1")}


def _synchrony(recorded: _Recorded) -> Found:
    """chi of the neurons of a population, in bins of 5 ms or a step: see `analysis.synchrony`."""
    bin = max(5.0, recorded.dt)

    def chi(s: _Spikes) -> float:
        return analysis.synchrony(s.times, s.neurons, s.count, start=recorded.start, stop=recorded.stop, bin=bin)

    return {"synchrony": recorded.each(chi, "1")}


def _lag(recorded: _Recorded) -> Found:
    """Mean wait (ms) from a volley of the first population to the next of another one; NaN where none follows."""

    def row(spikes: _Spikes) -> npt.NDArray[np.bool_]:
        there = np.zeros((1, round((recorded.stop - recorded.start) / recorded.dt)), bool)
        there[0, np.round((spikes.times - recorded.start) / recorded.dt).astype(np.int64)] = True
        return there

    rows = {name: row(spikes) for name, spikes in recorded.spikes.items()}
    first = next(iter(rows))

    def wait(name: str) -> float:
        lags = analysis.lags(rows[first], rows[name]) if name != first else np.empty(0)
        return float(lags.mean()) * recorded.dt if len(lags) else np.nan

    return {"lag": recorded.all((), np.array([wait(name) for name in rows]), "ms")}


def _events(recorded: _Recorded) -> Found:
    """All spikes: times (ms; NaN behind the last one) and neurons (-1), and how many there are."""
    counts = [len(spikes.times) for spikes in recorded.spikes.values()]
    times = np.full((len(counts), max(counts, default=0)), np.nan)
    neurons = np.full(times.shape, -1, np.int64)
    for k, spikes in enumerate(recorded.spikes.values()):
        times[k, : counts[k]], neurons[k, : counts[k]] = spikes.times, spikes.neurons
    return {
        "spikes": recorded.all((), np.array(counts, np.int64), "1"),
        "spike_time": recorded.all((EVENT,), times, "ms"),
        "spike_neuron": recorded.all((EVENT,), neurons, "1"),
    }


MEASURES: Mapping[str, Callable[[_Recorded], Found]] = {
    "rate": _rate, "cv": _cv, "synchrony": _synchrony, "lag": _lag, "spikes": _events,
}  # fmt: skip
_OTHERWISE = {"rates": "rate", "CV": "cv", "lags": "lag", "events": "spikes"}


def read_measure(given: object) -> tuple[str, ...] | Callable[[Network], Any]:
    """Names of measures, or a function of the network. Raises UnknownNameError for an unknown name."""
    if callable(given):
        return given
    names: Any = (given,) if isinstance(given, str) else given
    if not isinstance(names, Sequence) or not names or not all(isinstance(name, str) for name in names):
        raise ArgumentError(
            "cns.sweep(measure)", got=f"{given!r:.60}", expected="names of measures, or a function of the network",
            fix="write measure=['rate', 'cv']",
        )  # fmt: skip
    return tuple(dict.fromkeys(map(_known, names)))


def _known(name: str) -> str:
    found = _OTHERWISE.get(name, name)
    if found not in MEASURES:
        raise UnknownNameError(
            "cns.sweep(measure)", got=repr(name), expected="one of " + ", ".join(MEASURES),
            fix=nearest(name, (*MEASURES, *_OTHERWISE)),
        )  # fmt: skip
    return found


def prepare(net: Network) -> list[str]:
    """Monitors for what is measured: the spikes of all populations, where nothing records them; the names of these."""
    added = []
    for name, layer in net.layers.items():
        if _monitor_of(net, layer) is None:
            added.append(name if name not in net.monitors else f"{name}, all spikes")
            net.add_monitor(Monitor(layer, ["s"]), added[-1])
    return added


def _monitor_of(net: Network, layer: NeuralPopulation) -> Monitor | None:
    """What records all spikes of a population."""
    monitors = (m for m in net.monitors.values() if m.obj is layer and "s" in m.state_variables and m.sees_all)
    return next(monitors, None)


def found_in(net: Network, measure: tuple[str, ...] | Callable[[Network], Any], time: float, start: float) -> Found:
    """What is measured in a network after its run of `time` ms, from `start` on (ms of this run)."""
    if callable(measure):
        return _labelled(measure(net))
    recorded = _recorded(net, time, start)
    return {key: value for name in measure for key, value in MEASURES[name](recorded).items()}


def _recorded(net: Network, time: float, start: float) -> _Recorded:
    stop = next(layer.steps for layer in net.layers.values()) * net.dt
    begin = stop - time + start
    spikes = {}
    for name, layer in net.layers.items():
        monitor = _monitor_of(net, layer)
        assert monitor is not None
        times, neurons = (values.numpy() for values in monitor.spikes())
        late = times > begin - 0.5 * net.dt
        spikes[name] = _Spikes(times[late], neurons[late], layer.n)
    return _Recorded(spikes, begin, stop, net.dt)


def _labelled(found: Any) -> Found:
    """The result of a function: a number, an array, one of these with its unit, or several by name."""
    given = found if isinstance(found, Mapping) else {"measure": found}
    return {str(name): _one(str(name), value) for name, value in given.items()}


def _one(name: str, value: object) -> Numbers:
    if isinstance(value, Numbers):
        return value
    unit = ""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str):
        value, unit = value
    array = np.asarray(value.detach().cpu() if isinstance(value, Tensor) else value)
    if array.dtype.kind not in "biuf":
        raise ParameterError(
            f"cns.sweep(measure)[{name!r}]", got=f"{value!r:.60}", expected="a number or an array of numbers",
            fix="return numbers: a dict names several",
        )  # fmt: skip
    # Of one type, or the member that ends first would decide how exactly the others are kept.
    return Numbers(tuple(f"{name}_{axis}" for axis in range(array.ndim)), array.astype(np.float64), unit)
