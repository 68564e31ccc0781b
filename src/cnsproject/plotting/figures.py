"""Whole figures made of the panels in `axes`: rows over one time axis, with the legend outside the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Floats, Scalar, columns, positive, spike_matrix, time_scale, whole
from cnsproject.plotting.axes import activity, current, raster

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def population_activity(
    populations: Sequence[tuple[str, ArrayLike, ArrayLike]],
    *,
    dt: Scalar | None = None,
    time: Scalar | None = None,
    window: int = 1,
) -> Figure:
    """Activity, raster and input current of one or more populations over one time axis.

    `populations` holds (name, spikes (neurons, steps), current (steps,) or (steps, n)) for each, all over the same
    steps. The first population has the lowest rows of the raster; a bar in its colour beside the raster marks them.
    Time is in ms with `dt` (ms per step); or runs from 0 to `time`, the length of the run in the caller's own unit;
    or is in steps. `window` (steps) smooths the activity, see `activity`.

    Raises `ShapeError` (no population, different numbers of steps, ...), `ParameterError`, `ArgumentError`.
    """
    where = "population_activity"
    if not populations:
        raise ShapeError(
            f"{where}.populations", got="none", expected="at least one", fix="pass [(name, spikes, current), ...]"
        )
    checked: list[CheckedPopulation] = []
    for name, spikes, injected in populations:
        steps = checked[0].steps if checked else None
        checked.append(check_population(where, name, spikes, injected, steps=steps))
    # Everything is checked before the figure is opened: an error leaves no empty figure behind.
    per_unit = None if time is None else checked[0].steps / positive(time, f"{where}.time", "your unit of time")
    time_scale(dt, per_unit, where)
    whole(window, f"{where}.window", least=1)
    rows = open_population_rows()
    for population in checked:
        draw_population(rows, population, dt=dt, steps_per_unit=per_unit, window=window)
    place_legend(rows.figure, rows.activity)
    return rows.figure


@dataclass(frozen=True)
class CheckedPopulation:
    """Arrays that may be drawn without further checks."""

    name: str
    spikes: NDArray[np.bool_]
    """(neurons, steps)"""
    current: Floats
    """(steps, n)"""

    @property
    def steps(self) -> int:
        """Length of the run."""
        return int(self.spikes.shape[1])


@dataclass(frozen=True)
class PopulationRows:
    """The figure of `population_activity` and its three axes, from the top."""

    figure: Figure
    activity: Axes
    raster: Axes
    current: Axes


def check_population(
    where: str, name: str, spikes: ArrayLike, injected: ArrayLike, *, steps: int | None
) -> CheckedPopulation:
    """The arrays of one population; `steps` is the length that the figure already has."""
    fired = spike_matrix(spikes, f"{where}: spikes of {name!r}")
    if steps is not None and fired.shape[1] != steps:
        raise ShapeError(
            f"{where}: spikes of {name!r}",
            got=f"{fired.shape[1]} steps, shape {fired.shape}",
            expected=f"{steps} steps as in the first population",
            fix="record all populations over the same steps",
        )
    return CheckedPopulation(name, fired, columns(injected, f"{where}: current of {name!r}", steps=fired.shape[1]))


def open_population_rows() -> PopulationRows:
    """An empty figure for `draw_population`."""
    figure, (top, middle, bottom) = _style.new_rows([1.0, 1.5, 0.8])
    return PopulationRows(figure, top, middle, bottom)


def draw_population(
    rows: PopulationRows,
    population: CheckedPopulation,
    *,
    dt: Scalar | None,
    steps_per_unit: Scalar | None,
    window: int = 1,
) -> None:
    """Add one population to all three rows, in one colour, its raster on top of those already there."""
    name, color = population.name, _style.next_color(rows.activity)
    first = round(rows.raster.get_ylim()[1] + 0.5) if rows.raster.lines else 0
    activity(
        population.spikes,
        label=name,
        color=color,
        dt=dt,
        steps_per_unit=steps_per_unit,
        window=window,
        ax=rows.activity,
    )
    raster(
        population.spikes,
        offset=first,
        label=name,
        color=color,
        dt=dt,
        steps_per_unit=steps_per_unit,
        ax=rows.raster,
    )
    current(population.current, label=name, color=color, dt=dt, steps_per_unit=steps_per_unit, ax=rows.current)
    neurons = population.spikes.shape[0]
    rows.raster.plot(
        [1.012, 1.012],
        [first - 0.5, first + neurons - 0.5],
        color=color,
        linewidth=4.0,
        solid_capstyle="butt",
        clip_on=False,
        transform=rows.raster.get_yaxis_transform(),
    )
    keep_bottom_label(rows.figure, [rows.activity, rows.raster, rows.current])


def keep_bottom_label(figure: Figure, rows: Sequence[Axes]) -> None:
    """The shared x axis is named once, below the last row; the y labels stand in one line."""
    for ax in rows[:-1]:
        ax.set_xlabel("")
    figure.align_ylabels(rows)


def place_legend(figure: Figure, ax: Axes) -> None:
    """(Re)place the figure's legend above all axes, for the named artists of `ax`.

    It is as wide as the figure allows, but never wider than 5 inches, so that the figure may be made smaller later.
    """
    for old in list(figure.legends):
        old.remove()
    widest = min(figure.bbox.width, 5.0 * figure.dpi)
    handles = ax.get_legend_handles_labels()[0]
    for count in range(len(handles), 0, -1):
        legend = figure.legend(
            handles=handles,
            loc="outside upper center",
            ncols=count,
            frameon=False,
            fontsize=_style.TEXT,
            **_style.LEGEND,
        )
        if count == 1 or legend.get_window_extent().width <= widest:
            break
        legend.remove()
