"""Pictures of spikes, activity, currents and potentials: arrays in, matplotlib axes out.

Nothing here knows populations or monitors; every function takes arrays (numpy arrays, torch tensors, lists).
matplotlib is imported when the first picture is drawn, not when this package is imported.

The panels of `axes` (`raster`, `activity`, `current`, `potential`, `fi_curve`), of `neurons` (`traces`, `trains`,
`reference`, `average`, `spectrum`, `legend`, `name_axes`), of `pairs` and of `planes` (`vector_field`, `nullclines`,
`trajectory`, `fixed_points`), of `weights` (`weight_matrix`, `weight_histogram`, `weights_over_time`, `degrees`) and
`diagram` each draw into one `Axes` and return it, so they can be combined freely.

Spikes as a monitor gives them, (times, neurons, count), are drawn by the panels of `events` (`spike_raster`,
`population_rates`), of `distributions` and of `correlations`, at any size; `states` draws what else a monitor has.
`recorded_activity` and `spike_statistics` are whole figures of these.

`population_activity` puts three panels of `axes` into a figure with one shared time axis, `populations_side_by_side`
gives each population a column of its own, `parameter_sets` shows what single neurons do column by column. Of `images`,
`image` and `kernel` are panels, `show_kernels`, `encoded_images`, `filtered_images` and `feature_maps` whole figures;
of `classes`, `tiles`, `confusion` and `learning_curves` are panels of `learned_classes`; of `features`, `mosaic`,
`strips` and `settling` are panels of `learned_features`. `grid` opens rows and columns for any panel, `finish` labels
them. A `MovingPicture` of `Raster`, `Lines` and `Field` gives a `Frame` for every time, many in a second.
`swept` is the figure of what was measured over parameters: lines, maps, or points.
The class of the notebooks is `cnsproject.plotting.plotting.plotting`; it is not repeated here, where its name
would hide the module of that name.
"""

from __future__ import annotations

from cnsproject.plotting._blocks import SynapseList
from cnsproject.plotting._pixels import Frame
from cnsproject.plotting._pixels import table as color_table
from cnsproject.plotting._style import colors, shades
from cnsproject.plotting.axes import activity, current, fi_curve, potential, raster
from cnsproject.plotting.beside import models_beside
from cnsproject.plotting.classes import confusion, learned_classes, learning_curves, tiles
from cnsproject.plotting.columns import PopulationColumn, populations_side_by_side
from cnsproject.plotting.compared import compared_populations
from cnsproject.plotting.correlations import correlation_distribution, correlation_matrix, correlogram
from cnsproject.plotting.diagram import Arrow, Node, diagram
from cnsproject.plotting.distributions import (
    interval_histogram,
    rate_distribution,
    rate_spectrum,
    variation_distribution,
)
from cnsproject.plotting.events import population_rates, spike_raster
from cnsproject.plotting.features import FeatureSet, learned_features, mosaic, settling, strips
from cnsproject.plotting.figures import population_activity
from cnsproject.plotting.grids import finish, grid
from cnsproject.plotting.images import (
    Code,
    EncodedImage,
    FilteredImage,
    encoded_images,
    filtered_images,
    image,
    kernel,
    show_kernels,
)
from cnsproject.plotting.layered import Measure, layered_activity, population_rows
from cnsproject.plotting.learning import (
    LearnedPatterns,
    RewardedPatterns,
    learned_patterns,
    learned_weights,
    rewarded_patterns,
    stdp_window,
)
from cnsproject.plotting.maps import FeatureMap, feature_maps
from cnsproject.plotting.moving import Field, Lines, MovingPicture, Panel, Points, Raster
from cnsproject.plotting.network_page import NetworkPage, RunSpikes, WeightCounts, WeightCourse, network_page, picture
from cnsproject.plotting.neurons import average, legend, name_axes, reference, spectrum, traces, trains
from cnsproject.plotting.pairs import pairs
from cnsproject.plotting.planes import fixed_points, nullclines, trajectory, vector_field
from cnsproject.plotting.populations import balance, balanced_input, eigenvalues, stationary_rates
from cnsproject.plotting.recorded import RecordedState, recorded_activity, spike_statistics
from cnsproject.plotting.regimes import Regime, phase_diagram, regions
from cnsproject.plotting.sets import ParameterSet, parameter_sets, size_of_sets, stacked
from cnsproject.plotting.states import states
from cnsproject.plotting.sweeps import Swept, swept
from cnsproject.plotting.weights import degrees, weight_edges, weight_histogram, weight_matrix, weights_over_time

__all__ = [
    "Arrow",
    "Code",
    "EncodedImage",
    "FeatureMap",
    "FeatureSet",
    "Field",
    "FilteredImage",
    "Frame",
    "LearnedPatterns",
    "Lines",
    "Measure",
    "MovingPicture",
    "NetworkPage",
    "Node",
    "Panel",
    "ParameterSet",
    "Points",
    "PopulationColumn",
    "Raster",
    "RecordedState",
    "Regime",
    "RewardedPatterns",
    "RunSpikes",
    "Swept",
    "SynapseList",
    "WeightCounts",
    "WeightCourse",
    "activity",
    "average",
    "balance",
    "balanced_input",
    "color_table",
    "colors",
    "compared_populations",
    "confusion",
    "correlation_distribution",
    "correlation_matrix",
    "correlogram",
    "current",
    "degrees",
    "diagram",
    "eigenvalues",
    "encoded_images",
    "feature_maps",
    "fi_curve",
    "filtered_images",
    "finish",
    "fixed_points",
    "grid",
    "image",
    "interval_histogram",
    "kernel",
    "layered_activity",
    "learned_classes",
    "learned_features",
    "learned_patterns",
    "learned_weights",
    "learning_curves",
    "legend",
    "models_beside",
    "mosaic",
    "name_axes",
    "network_page",
    "nullclines",
    "pairs",
    "parameter_sets",
    "phase_diagram",
    "picture",
    "population_activity",
    "population_rates",
    "population_rows",
    "populations_side_by_side",
    "potential",
    "raster",
    "rate_distribution",
    "rate_spectrum",
    "recorded_activity",
    "reference",
    "regions",
    "rewarded_patterns",
    "settling",
    "shades",
    "show_kernels",
    "size_of_sets",
    "spectrum",
    "spike_raster",
    "spike_statistics",
    "stacked",
    "states",
    "stationary_rates",
    "stdp_window",
    "strips",
    "swept",
    "tiles",
    "traces",
    "trains",
    "trajectory",
    "variation_distribution",
    "vector_field",
    "weight_edges",
    "weight_histogram",
    "weight_matrix",
    "weights_over_time",
]
