"""Whole figures of recorded activity: what a monitor has, and what its spikes tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._events import SpikeData, read
from cnsproject.plotting._inputs import Scalar
from cnsproject.plotting.correlations import correlation_distribution, correlogram
from cnsproject.plotting.distributions import (
    interval_histogram,
    rate_distribution,
    rate_spectrum,
    variation_distribution,
)
from cnsproject.plotting.events import population_rates, spike_raster
from cnsproject.plotting.figures import keep_bottom_label
from cnsproject.plotting.neurons import legend
from cnsproject.plotting.states import states

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_RASTER, _RATE, _STATE = 1.6, 0.9, 1.0
"""Relative heights of rows."""

_WIDTH, _HEIGHT = 6.4, 1.4
"""Inches of a figure, and of a row of relative height 1."""


@dataclass(frozen=True)
class RecordedState:
    """A row of `recorded_activity`, as `states` takes it.

    label   of the y axis, with the unit
    times   (rows,) ms
    values  (rows,) or (rows, n)
    names   of the columns
    spikes  for each column the times of its spikes (ms), where strokes mark them
    levels  name: value of dashed lines
    """

    label: str
    times: ArrayLike
    values: ArrayLike
    names: Sequence[str] = ()
    spikes: Sequence[ArrayLike] | None = None
    levels: Mapping[str, Scalar] = field(default_factory=dict)


def recorded_activity(
    data: SpikeData | None,
    rows: Sequence[RecordedState] = (),
    *,
    start: float,
    stop: float,
    bin: float = 1.0,
    kernel: str | None = "gaussian",
    width: float | None = 5.0,
    sort: str = "index",
    title: str = "",
) -> Figure:
    """Raster and rates of populations, and below them states of neurons, over one time axis from start to stop (ms).

    data                None where no spikes were recorded
    bin, kernel, width  of the rates, as in `population_rates`
    sort                of the raster, as in `spike_raster`
    title               above all, on the left

    Raises ShapeError where there is nothing to draw, and what the panels raise.
    """
    heights = [_RASTER, _RATE] * (data is not None) + [_STATE] * len(rows)
    if not heights:
        raise ShapeError("recorded_activity", got="nothing", expected="spikes or states", fix="record some")
    if data is not None:
        read("recorded_activity", data, start, stop)  # before a figure is opened
    figure, axes = _style.new_rows(heights)
    figure.set_size_inches(_WIDTH, 0.6 + _HEIGHT * sum(heights))
    left = list(axes)
    if data is not None:
        spike_raster(data, start=start, stop=stop, sort=sort, ax=left.pop(0))
        population_rates(data, start=start, stop=stop, bin=bin, kernel=kernel, width=width, ax=left.pop(0))
    for row, ax in zip(rows, left, strict=True):
        _state(row, ax)
    for ax in axes:
        ax.set_xlim(start, stop)
    axes[0].set_title(title, loc="left", fontsize=_style.TEXT)
    keep_bottom_label(figure, axes)
    return figure


def spike_statistics(
    data: SpikeData,
    *,
    start: float,
    stop: float,
    bin: float = 1.0,
    kernel: str | None = "gaussian",
    width: float | None = 5.0,
    count_bin: float = 20.0,
    reach: float = 50.0,
) -> Figure:
    """What the spikes of populations in [start, stop) (ms) tell, in one figure, with all numbers in its legends.

    Raster, rates, and below them the intervals with their CV, the rates and CVs of the neurons, the spectrum of the
    rates, the correlogram (of the first two populations, or of the only one) and the correlations of counts.

    bin, kernel, width  of the rates, as in `population_rates`; the bin is also that of spectrum and correlogram (ms)
    count_bin           in which counts are correlated (ms)
    reach               of the correlogram (ms)
    """
    import matplotlib.pyplot as plt

    _, begin, end = read("spike_statistics", data, start, stop)
    figure = plt.figure(figsize=(9.0, 9.2), layout="constrained")
    grid = figure.add_gridspec(4, 3, height_ratios=[1.5, 0.8, 1.4, 1.4])
    try:
        top = figure.add_subplot(grid[0, :])
        middle = figure.add_subplot(grid[1, :], sharex=top)
        small = [figure.add_subplot(grid[row, column]) for row in (2, 3) for column in range(3)]
        for ax in (top, middle, *small):
            ax.spines[["top", "right"]].set_visible(False)
            ax.tick_params(labelsize=_style.TEXT)
        spike_raster(data, start=begin, stop=end, ax=top)
        top.set_xlabel("")
        top.tick_params(labelbottom=False)
        population_rates(data, start=begin, stop=end, bin=bin, kernel=kernel, width=width, ax=middle)
        interval_histogram(data, start=begin, stop=end, ax=small[0])
        rate_distribution(data, start=begin, stop=end, ax=small[1])
        variation_distribution(data, start=begin, stop=end, ax=small[2])
        rate_spectrum(data, start=begin, stop=end, bin=bin, ax=small[3])
        pair = dict(list(data.items())[:2]) if isinstance(data, Mapping) else data
        correlogram(pair, start=begin, stop=end, bin=bin, reach=reach, ax=small[4])
        correlation_distribution(data, start=begin, stop=end, bin=count_bin, ax=small[5])
    except BaseException:
        plt.close(figure)  # an error leaves no half of a figure behind
        raise
    return figure


def _state(row: RecordedState, ax: Axes) -> None:
    states(
        row.values, row.times, ylabel=row.label, labels=row.names, spikes=row.spikes, levels=row.levels, ax=ax
    )  # fmt: skip
    if ax.get_legend_handles_labels()[0]:
        legend(ax, beside=True)
