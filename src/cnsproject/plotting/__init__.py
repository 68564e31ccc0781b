"""Pictures of spikes, activity, currents and potentials: arrays in, matplotlib axes out.

Nothing here knows populations or monitors; every function takes arrays (numpy arrays, torch tensors, lists).
matplotlib is imported when the first picture is drawn, not when this package is imported.

The panels `raster`, `activity`, `current`, `potential`, `fi_curve` and `pairs` each draw into one `Axes` and return it,
so they can be combined freely; `population_activity` puts three of them into a figure with one shared time axis. The
class of the notebooks is `cnsproject.plotting.plotting.plotting`; it is not repeated here, where its name would hide
the module of that name.
"""

from __future__ import annotations

from cnsproject.plotting.axes import activity, current, fi_curve, potential, raster
from cnsproject.plotting.figures import population_activity
from cnsproject.plotting.pairs import pairs

__all__ = ["activity", "current", "fi_curve", "pairs", "population_activity", "potential", "raster"]
