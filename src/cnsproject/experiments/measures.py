"""What is measured in every run of two populations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnsproject import analysis

if TYPE_CHECKING:
    from cnsproject.experiments.two_populations import Recording


@dataclass(frozen=True)
class PopulationMeasures:
    """One population: times in steps, rate in Hz; None where the population fired too little."""

    first_spike: int | None
    period: float | None
    spikes_per_neuron: float
    mean_rate: float
    together: bool  # all neurons fire in the same steps


@dataclass(frozen=True)
class Measures:
    """Both populations and the waits from p1's volleys to p2's (steps): mean, first and last."""

    p1: PopulationMeasures
    p2: PopulationMeasures
    lag: float | None
    first_lag: int | None
    last_lag: int | None


def measure(recording: Recording) -> Measures:
    """Everything the report says about a run is computed from this."""
    lags = analysis.lags(recording.s1, recording.s2)
    return Measures(
        p1=_population(recording, "s1"),
        p2=_population(recording, "s2"),
        lag=float(lags.mean()) if len(lags) else None,
        first_lag=int(lags[0]) if len(lags) else None,
        last_lag=int(lags[-1]) if len(lags) else None,
    )


def _population(recording: Recording, name: str) -> PopulationMeasures:
    spikes = recording.arrays()[name]
    return PopulationMeasures(
        first_spike=analysis.first_spike(spikes),
        period=analysis.period(spikes),
        spikes_per_neuron=analysis.spikes_per_neuron(spikes),
        mean_rate=analysis.mean_rate(spikes, recording.parameters.dt),
        together=bool((spikes == spikes[:1]).all()),
    )
