"""`mean_field`: the rates that theory predicts for a network, beside those that were recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cnsproject import plotting
from cnsproject.analysis.mean_field import StationaryState, stationary_states
from cnsproject.analysis.trains import variation
from cnsproject.checks import named_arguments, number
from cnsproject.errors import ParameterError, UnknownNameError, nearest
from cnsproject.network.network import Network
from cnsproject.studies.account import accounted
from cnsproject.studies.batch import F64
from cnsproject.studies.result import Result
from cnsproject.studies.theory import network_of, read_populations

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INTERVALS = 10  # of a neuron whose variation counts: of few it is too small


@dataclass(frozen=True, eq=False, repr=False)
class MeanField(Result):
    """Stationary states of a network by theory, and what was recorded of it.

    names     of the populations
    states    all stationary states, by their rates; see `StationaryState`
    state     the one to compare with: the nearest to what was recorded, else the highest that is stable
    measured  (n,) Hz, mean rate of the neurons; NaN where their spikes are not recorded
    cv        (n,) mean coefficient of variation of the intervals; NaN where there are none
    start     from when on what was recorded counts (ms)
    """

    names: tuple[str, ...]
    states: tuple[StationaryState, ...]
    state: StationaryState
    measured: F64
    cv: F64
    start: float

    @property
    def predicted(self) -> F64:
        """(n,) Hz: the rates of `state`."""
        return self.state.rates

    @property
    def error(self) -> F64:
        """(n,) by how much the prediction is off, in parts of what was measured."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.predicted / self.measured - 1.0)

    def __str__(self) -> str:
        parts = []
        for k, name in enumerate(self.names):
            seen = "" if np.isnan(self.measured[k]) else f", measured {self.measured[k]:.4g} Hz"
            parts.append(f"{name} {self.predicted[k]:.4g} Hz{seen}")
        unstable = (
            ""
            if self.state.stable
            else ", unstable: it "
            + (f"oscillates at about {self.state.frequency:.3g} Hz" if self.state.frequency else "is left")
        )
        count = f"{len(self.states)} stationary state" + ("s" if len(self.states) > 1 else "")
        return f"mean field: {'; '.join(parts)} ({count}{unstable})"

    def plot(self, ax: Axes | None = None) -> Axes:
        """All stationary states of each population as circles, the stable ones filled, and what was measured."""
        rates = [state.rates for state in self.states]
        stable, alone = [state.stable for state in self.states], ax is None
        ax = plotting.stationary_rates(self.names, rates, stable, self.measured, xlabel="firing rate (Hz)", ax=ax)
        return plotting.legend(ax) if alone else ax

    def columns(self) -> Mapping[str, Any]:
        """One row for each population."""
        return {
            "population": np.array(self.names), "predicted (Hz)": self.predicted, "measured (Hz)": self.measured,
            "predicted CV": self.state.cv, "measured CV": self.cv, "mean input (mV)": self.state.mu,
            "noise (mV)": self.state.sigma,
        }  # fmt: skip


@named_arguments
@accounted
def mean_field(net: Network, *, inputs: Mapping[str, float] | None = None, start: float = 0.0) -> MeanField:
    """The stationary rates of LIF populations by mean-field theory, beside what the monitors of the network recorded.

    In-degrees, weights, delays, drives and membranes are read from the objects, and so is the length of a step, whose
    traces in the rates are corrected for. Predicted are stationary rates, coefficients of variation, and whether the
    stationary state is stable; in a network that oscillates the mean rate is another one. Spikes are taken for Poisson
    processes that know nothing of each other: where neurons fire fast and regularly, the CV is less than predicted.

    net     of LIFPopulation, PoissonPopulation, Connection and PoissonDrive, with Delta() or ExponentialCurrent
            synapses, of one time constant per population; it stays as it is, but for synapses that are drawn now
    inputs  layer name: constant current (nA), as it was given to `net.run`
    start   spikes count from this time on (ms), where a Monitor has recorded them

    Raises ParameterError, with the name of the object, for what theory does not cover.

    Brunel 2000, J. Comput. Neurosci. 8:183; currents: Fourcaud & Brunel 2002, Neural Comput. 14:2057.
    """
    network_of("mean_field", net)
    currents = {name: number(f"mean_field(inputs[{name!r}])", value, "nA") for name, value in (inputs or {}).items()}
    for name in currents:
        if name not in net.layers:
            raise UnknownNameError(
                "mean_field(inputs)", got=repr(name), expected="the name of a layer", fix=nearest(name, net.layers)
            )
    names, populations = read_populations("mean_field", net, currents)
    states = tuple(stationary_states(populations))
    begin = number("mean_field(start)", start, "ms")
    seen = np.array([_measured(net, name, begin) for name in names]).reshape(-1, 2)
    run = {"seed": net.seed, "dt": net.dt, "executor": asdict(net.executor)}
    return MeanField(tuple(names), states, _nearest(states, seen[:, 0]), seen[:, 0], seen[:, 1], begin, provenance=run)


def _nearest(states: tuple[StationaryState, ...], measured: F64) -> StationaryState:
    known = ~np.isnan(measured)
    if known.any():
        return min(states, key=lambda state: float(np.abs(state.rates - measured)[known].sum()))
    stable = [state for state in states if state.stable] or [state for state in states if state.growth < 0.0]
    return (stable or list(states))[-1]


def _measured(net: Network, name: str, start: float) -> tuple[float, float]:
    """Mean rate (Hz) and mean CV of a layer, from the first monitor that has recorded all its spikes."""
    layer = net.layers[name]
    for monitor in net.monitors.values():
        if monitor.obj is layer and "s" in monitor.state_variables and layer.steps:
            bins, rate = (values.numpy() for values in monitor.rate(net.dt))
            late = bins >= start - 1e-9
            if not late.any():
                raise ParameterError(
                    "mean_field(start)", got=f"{start:g} ms", expected=f"a time before {layer.steps * net.dt:g} ms",
                    fix="run for longer, or start earlier",
                )  # fmt: skip
            times, neurons = (values.numpy() for values in monitor.spikes())
            counted = times >= start - 1e-9
            cv = variation(times[counted], neurons[counted], layer.n, least=_INTERVALS)
            return float(rate[late].mean()), float(np.nanmean(cv)) if np.isfinite(cv).any() else np.nan
    return np.nan, np.nan
