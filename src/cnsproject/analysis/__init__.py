"""Arrays in, numbers out."""

from cnsproject.analysis.pairs import first_times, matches
from cnsproject.analysis.patterns import firing_pattern
from cnsproject.analysis.spikes import first_spike, intervals, lags, mean_rate, period, spikes_per_neuron, volleys

__all__ = [
    "firing_pattern",
    "first_spike",
    "first_times",
    "intervals",
    "lags",
    "matches",
    "mean_rate",
    "period",
    "spikes_per_neuron",
    "volleys",
]
