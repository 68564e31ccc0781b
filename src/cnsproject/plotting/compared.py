"""The same populations several times, side by side: rasters, activity, and how unlike their neurons are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Floats, Scalar, spike_matrix
from cnsproject.plotting.axes import activity, raster
from cnsproject.plotting.sets import label_sets, open_sets, stacked

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Spikes = NDArray[np.bool_]

_RASTER, _ACTIVITY, _SPREAD = 1.6, 0.75, 0.9
"""Relative heights of the rows; the second for each population."""

_WIDTH, _HEIGHT = 2.3, 1.4
"""Inches of a column, and of a row of relative height 1."""

_ROWS = 100
"""Of a raster, about: more ticks than these merge into an area."""

_BINS = 30


def compared_populations(
    columns: Mapping[str, Mapping[str, ArrayLike]], *, dt: Scalar, window: int = 1, start: Scalar = 0.0
) -> Figure:
    """Raster and activity of some populations, and how their rates are distributed; a column for each variant.

    columns  title: name of a population: spikes (neurons, steps), bool; the same names in all
    dt       ms per step
    window   steps over which the activity is smoothed
    start    from when on spikes count for the distribution of rates (ms)

    Panels of a row share both axes. Of many neurons the raster shows some, evenly spaced. Raises
    ShapeError where a column is missing a population.
    """
    names = {tuple(populations) for populations in columns.values()}
    if len(names) != 1:
        raise ShapeError(
            "compared_populations(columns)", got=f"populations {sorted(names)}", expected="the same in every column",
            fix="record the same populations in every run",
        )  # fmt: skip
    what = "compared_populations"
    fired = {
        title: {name: spike_matrix(spikes, f"{what}: {title}, {name}") for name, spikes in populations.items()}
        for title, populations in columns.items()
    }
    edges = _edges([_rates(s, float(dt), float(start)) for one in fired.values() for s in one.values()])
    heights = [_RASTER, *[_ACTIVITY] * len(names.pop()), _SPREAD]
    figure, (place,) = stacked([(0.6 + _WIDTH * len(columns), 1.0 + _HEIGHT * sum(heights))])
    panels = open_sets(place, len(columns), heights)
    for (title, populations), column in zip(fired.items(), panels, strict=True):
        _draw(populations, column, dt=dt, window=window, start=float(start), edges=edges)
        column[0].set_title(title, fontsize=_style.TEXT)
    label_sets(figure, panels, (), named=range(1, len(heights) - 1))
    return figure


def _draw(
    populations: Mapping[str, Spikes],
    column: Sequence[Axes],
    *,
    dt: Scalar,
    window: int,
    start: float,
    edges: Floats,
) -> None:
    """One variant."""
    spikes, *activities, spread = column
    thin = max(1, round(sum(map(len, populations.values())) / _ROWS))
    first = 0
    colors = _style.colors(len(populations))
    for (name, fired), color, ax in zip(populations.items(), colors, activities, strict=True):
        shown = fired[::thin]
        raster(shown, offset=first, color=color, dt=dt, ax=spikes)
        first += len(shown)
        activity(fired, label=name, color=color, dt=dt, window=window, ax=ax)
        ax.set_ylabel(f"{name}\n(Hz)", fontsize=_style.TEXT)
        found = _rates(fired, float(dt), start)
        spread.hist(found, edges.tolist(), weights=np.full(len(found), 1.0 / len(found)), color=color, histtype="step")
    if thin > 1:
        spikes.set_ylabel(f"1 in {thin} neurons", fontsize=_style.TEXT)
    _style.set_labels(spread, "rate of a neuron (Hz)", "share of\nneurons")


def _rates(fired: Spikes, dt: float, start: float) -> Floats:
    late = fired[:, round(start / dt) :]
    return np.asarray(late.sum(axis=1) / (late.shape[1] * dt * 1e-3))


def _edges(
    rates: Sequence[Floats],
) -> Floats:
    """Of the bins of all histograms."""
    return np.linspace(0.0, max(float(one.max()) for one in rates) or 1.0, _BINS + 1)
