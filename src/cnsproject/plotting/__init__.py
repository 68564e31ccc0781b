"""Pictures of spikes, activity, currents and potentials: arrays in, matplotlib axes out.

Nothing here knows populations or monitors; every function takes arrays (numpy arrays, torch tensors, lists).
matplotlib is imported when the first picture is drawn, not when this package is imported.

The panels of `axes` (`raster`, `activity`, `current`, `potential`, `fi_curve`), of `neurons` (`traces`, `trains`,
`reference`, `average`, `spectrum`, `legend`, `name_axes`), of `pairs` and of `planes` (`vector_field`, `nullclines`,
`trajectory`, `fixed_points`) each draw into one `Axes` and return it, so they can be combined freely.
`population_activity` puts three of them into a figure with one shared time axis, `parameter_sets` shows what single
neurons do column by column. Of `images`, `image` and `kernel` are panels, `show_kernels`, `encoded_images` and
`filtered_images` whole figures; so is `feature_maps`. `grid` opens rows and columns for any panel, `finish` labels
them. The class of the notebooks is `cnsproject.plotting.plotting.plotting`; it is not repeated here, where its name
would hide the module of that name.
"""

from __future__ import annotations

from cnsproject.plotting._style import colors, shades
from cnsproject.plotting.axes import activity, current, fi_curve, potential, raster
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
from cnsproject.plotting.learning import stdp_window
from cnsproject.plotting.maps import FeatureMap, feature_maps
from cnsproject.plotting.neurons import average, legend, name_axes, reference, spectrum, traces, trains
from cnsproject.plotting.pairs import pairs
from cnsproject.plotting.planes import fixed_points, nullclines, trajectory, vector_field
from cnsproject.plotting.sets import ParameterSet, parameter_sets

__all__ = [
    "Code",
    "EncodedImage",
    "FeatureMap",
    "FilteredImage",
    "ParameterSet",
    "activity",
    "average",
    "colors",
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
    "legend",
    "name_axes",
    "nullclines",
    "pairs",
    "parameter_sets",
    "population_activity",
    "potential",
    "raster",
    "reference",
    "shades",
    "show_kernels",
    "spectrum",
    "stdp_window",
    "traces",
    "trains",
    "trajectory",
    "vector_field",
]
