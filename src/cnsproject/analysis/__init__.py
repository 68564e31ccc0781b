"""Arrays in, numbers out."""

from cnsproject.analysis.closed_forms import lif_impedance, lif_rate
from cnsproject.analysis.fields import Gabor, fit_gabor, orientation
from cnsproject.analysis.linear import amplitudes, kind_of_fixed_point, triggered_average
from cnsproject.analysis.pairs import first_times, matches
from cnsproject.analysis.passage import elif_rate, lif_noise_rate
from cnsproject.analysis.patterns import firing_pattern
from cnsproject.analysis.population_rates import correlation, kernel_weights, smoothed
from cnsproject.analysis.populations import (
    count_correlations,
    cross_correlogram,
    population_rate,
    power_spectrum,
    rate_around,
)
from cnsproject.analysis.spikes import first_spike, intervals, lags, mean_rate, period, spikes_per_neuron, volleys
from cnsproject.analysis.trains import (
    cv2,
    fano_factor,
    first_rates,
    interspike_intervals,
    interval_histogram,
    local_variation,
    rates,
    split_by_neuron,
    synchrony,
    variation,
)
from cnsproject.analysis.votes import assigned, confusion, voted

__all__ = [
    "Gabor",
    "amplitudes",
    "assigned",
    "confusion",
    "correlation",
    "count_correlations",
    "cross_correlogram",
    "cv2",
    "elif_rate",
    "fano_factor",
    "firing_pattern",
    "first_rates",
    "first_spike",
    "first_times",
    "fit_gabor",
    "interspike_intervals",
    "interval_histogram",
    "intervals",
    "kernel_weights",
    "kind_of_fixed_point",
    "lags",
    "lif_impedance",
    "lif_noise_rate",
    "lif_rate",
    "local_variation",
    "matches",
    "mean_rate",
    "orientation",
    "period",
    "population_rate",
    "power_spectrum",
    "rate_around",
    "rates",
    "smoothed",
    "spikes_per_neuron",
    "split_by_neuron",
    "synchrony",
    "triggered_average",
    "variation",
    "volleys",
    "voted",
]
