"""Arrays in, numbers out."""

from cnsproject.analysis.balance import (
    Balance,
    balance,
    outermost_eigenvalues,
    predicted_radius,
    spectral_radius,
    strongest_frequency,
)
from cnsproject.analysis.closed_forms import lif_impedance, lif_rate
from cnsproject.analysis.diffusion import Membranes, lif_response, lif_variation, siegert
from cnsproject.analysis.fields import Gabor, fit_gabor, orientation
from cnsproject.analysis.linear import amplitudes, kind_of_fixed_point, triggered_average
from cnsproject.analysis.mean_field import Populations, StationaryState, stationary_states
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
from cnsproject.analysis.regimes import Regimes, brunel_regimes, threshold_rate
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
    "Balance",
    "Gabor",
    "Membranes",
    "Populations",
    "Regimes",
    "StationaryState",
    "amplitudes",
    "assigned",
    "balance",
    "brunel_regimes",
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
    "lif_response",
    "lif_variation",
    "local_variation",
    "matches",
    "mean_rate",
    "orientation",
    "outermost_eigenvalues",
    "period",
    "population_rate",
    "power_spectrum",
    "predicted_radius",
    "rate_around",
    "rates",
    "siegert",
    "smoothed",
    "spectral_radius",
    "spikes_per_neuron",
    "split_by_neuron",
    "stationary_states",
    "strongest_frequency",
    "synchrony",
    "threshold_rate",
    "triggered_average",
    "variation",
    "volleys",
    "voted",
]
