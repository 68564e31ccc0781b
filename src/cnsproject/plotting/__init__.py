"""Pictures of spikes, activity, currents and potentials: arrays in, matplotlib axes out.

Nothing here knows populations or monitors; every function takes arrays (numpy arrays, torch tensors, lists).
matplotlib is imported when the first picture is drawn, not when this package is imported.

The panels of `axes` (`raster`, `activity`, `current`, `potential`, `fi_curve`), of `neurons` (`traces`, `trains`,
`reference`, `average`, `spectrum`, `legend`, `name_axes`), of `pairs` and of `planes` (`vector_field`, `nullclines`,
`trajectory`, `fixed_points`) each draw into one `Axes` and return it, so they can be combined freely.
`population_activity` puts three of them into a figure with one shared time axis, `populations_side_by_side` gives each
population a column of its own, `parameter_sets` shows what single
neurons do column by column. Of `images`, `image` and `kernel` are panels, `show_kernels`, `encoded_images`,
`filtered_images` and `feature_maps` whole figures; of `classes`, `tiles`, `confusion` and `learning_curves` are panels
of `learned_classes`; of `features`, `mosaic`, `strips` and `settling` are panels of `learned_features`. `grid` opens
rows and columns for any panel, `finish` labels them. A `MovingPicture` of `Raster`, `Lines` and `Field` gives a `Frame`
for every time, many in a second. The class of the notebooks is
`cnsproject.plotting.plotting.plotting`; it is not repeated here, where its name would hide the module of that name.
"""

from __future__ import annotations

from cnsproject.plotting._pixels import Frame
from cnsproject.plotting._pixels import table as color_table
from cnsproject.plotting._style import colors, shades
from cnsproject.plotting.axes import activity, current, fi_curve, potential, raster
from cnsproject.plotting.beside import models_beside
from cnsproject.plotting.classes import confusion, learned_classes, learning_curves, tiles
from cnsproject.plotting.columns import PopulationColumn, populations_side_by_side
from cnsproject.plotting.compared import compared_populations
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
from cnsproject.plotting.learning import (
    LearnedPatterns,
    RewardedPatterns,
    learned_patterns,
    learned_weights,
    rewarded_patterns,
    stdp_window,
    weights,
)
from cnsproject.plotting.maps import FeatureMap, feature_maps
from cnsproject.plotting.moving import Field, Lines, MovingPicture, Panel, Points, Raster
from cnsproject.plotting.neurons import average, legend, name_axes, reference, spectrum, traces, trains
from cnsproject.plotting.pairs import pairs
from cnsproject.plotting.planes import fixed_points, nullclines, trajectory, vector_field
from cnsproject.plotting.sets import ParameterSet, parameter_sets, size_of_sets, stacked

__all__ = [
    "Code",
    "EncodedImage",
    "FeatureMap",
    "FeatureSet",
    "Field",
    "FilteredImage",
    "Frame",
    "LearnedPatterns",
    "Lines",
    "MovingPicture",
    "Panel",
    "ParameterSet",
    "Points",
    "PopulationColumn",
    "Raster",
    "RewardedPatterns",
    "activity",
    "average",
    "color_table",
    "colors",
    "compared_populations",
    "confusion",
    "current",
    "encoded_images",
    "feature_maps",
    "fi_curve",
    "filtered_images",
    "finish",
    "fixed_points",
    "grid",
    "image",
    "kernel",
    "learned_classes",
    "learned_features",
    "learned_patterns",
    "learned_weights",
    "learning_curves",
    "legend",
    "models_beside",
    "mosaic",
    "name_axes",
    "nullclines",
    "pairs",
    "parameter_sets",
    "population_activity",
    "populations_side_by_side",
    "potential",
    "raster",
    "reference",
    "rewarded_patterns",
    "settling",
    "shades",
    "show_kernels",
    "size_of_sets",
    "spectrum",
    "stacked",
    "stdp_window",
    "strips",
    "tiles",
    "traces",
    "trains",
    "trajectory",
    "vector_field",
    "weights",
]
