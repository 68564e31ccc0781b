"""The `plotting` class that notebooks call step by step: one `init`, any number of `update`, one `show`.

Path, class name and method names are those of the notebooks. New code can use the functions of this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError, StateError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Scalar, columns, positive, scalar, spike_steps, to_array
from cnsproject.plotting.axes import current, fi_curve, potential
from cnsproject.plotting.figures import (
    PopulationRows,
    check_population,
    draw_population,
    keep_bottom_label,
    open_population_rows,
    place_legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# pyplot.show() does nothing on these but warn; every other backend can put a figure before somebody.
_WITHOUT_DISPLAY = frozenset({"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"})


class plotting:  # noqa: N801 - the notebooks' name
    """One figure at a time, filled by updates.

    `figure` and the axes of the current picture are attributes, None when they do not belong to it: `activity_axes`,
    `raster_axes` and `current_axes`; `potential_axes` and `current_axes`; or `fi_axes`.
    """

    def __init__(self) -> None:
        """Nothing is opened yet."""
        self._clear()

    def _clear(self) -> None:
        self.figure: Figure | None = None
        self.activity_axes: Axes | None = None
        self.raster_axes: Axes | None = None
        self.current_axes: Axes | None = None
        self.potential_axes: Axes | None = None
        self.fi_axes: Axes | None = None
        self._rows: PopulationRows | None = None
        self._time: float = 0.0
        self._dt: float | None = None
        self._steps: int | None = None
        self._displayed = False

    def reset(self) -> None:
        """Forget the current picture. Its figure is closed, unless `show` has put it before a viewer."""
        if self.figure is not None and not self._displayed:
            import matplotlib.pyplot as plt

            plt.close(self.figure)
        self._clear()

    def show(self) -> None:
        """Fit the legend to the figure as it is now, and show the figure if the backend has a display.

        Raises `StateError` before any init.
        """
        if self.figure is None:
            raise _no_init("show", "one of the plot_..._init methods")
        import matplotlib
        import matplotlib.pyplot as plt

        self._place_legend()
        if matplotlib.get_backend().lower() not in _WITHOUT_DISPLAY:
            self._displayed = True
            plt.show()

    def plot_population_activity_init(self, time: Scalar, *, dt: Scalar | None = None) -> None:
        """Open a picture of activity, raster and current. `time`: length of the run in the caller's own unit.

        With `dt` (ms per step) the time axis is in ms instead, and the activity in Hz per neuron.
        """
        self._start("plot_population_activity_init", time, dt)
        self._rows = open_population_rows()
        self.figure = self._rows.figure
        self.activity_axes, self.raster_axes = self._rows.activity, self._rows.raster
        self.current_axes = self._rows.current

    def plot_population_activity_update(self, spikes: ArrayLike, current: ArrayLike, mode: str = "") -> None:
        """Add a population: spikes (neurons, steps), current (steps,) or (steps, n), `mode` its name.

        Its raster is stacked on those before. Raises `StateError` without init, and `ShapeError` if the number of
        steps differs between spikes and current or from the populations before.
        """
        where = "plot_population_activity_update"
        if self._rows is None:
            raise _no_init(where, "plot_population_activity_init(time)")
        population = check_population(where, mode, spikes, current, steps=self._steps)
        self._steps = population.steps
        draw_population(self._rows, population, dt=self._dt, steps_per_unit=self._steps_per_unit(self._steps))
        self._place_legend()

    def plot_ut_it_init(self, time: Scalar, *, dt: Scalar | None = None) -> None:
        """Open a picture of potential over current. `time`: length of the run in the caller's own unit.

        With `dt` (ms per step) the time axis is in ms instead.
        """
        self._start("plot_ut_it_init", time, dt)
        self.figure, (self.potential_axes, self.current_axes) = _style.new_rows([2.0, 1.0])

    def plot_ut_it_update(
        self, it: ArrayLike, ut: ArrayLike, threshold: Scalar | None, spikes: ArrayLike, mode: str = ""
    ) -> None:
        """Add a neuron: current `it` and potential `ut`, (steps,) or (steps, n); `spikes` (spikes,) the steps it fired.

        `threshold` is in the unit of `ut`, `mode` the name. Raises `StateError` without init, and `ShapeError` if the
        number of steps differs between the two or from the neurons before.
        """
        where = "plot_ut_it_update"
        if self.potential_axes is None or self.current_axes is None or self.figure is None:
            raise _no_init(where, "plot_ut_it_init(time)")
        u = columns(ut, f"{where}.ut", steps=self._steps)
        i = columns(it, f"{where}.it", steps=len(u))
        fired = spike_steps(spikes, len(u), f"{where}.spikes")
        level = None if threshold is None else scalar(threshold, f"{where}.threshold")
        self._steps = len(u)
        dt, per_unit = self._dt, self._steps_per_unit(self._steps)
        color = _style.next_color(self.current_axes)
        potential(
            u,
            threshold=level,
            spikes=fired,
            label=mode,
            color=color,
            dt=dt,
            steps_per_unit=per_unit,
            ax=self.potential_axes,
        )
        current(i, label=mode, color=color, dt=dt, steps_per_unit=per_unit, ax=self.current_axes)
        keep_bottom_label(self.figure, [self.potential_axes, self.current_axes])
        self._place_legend()

    def plot_fi_init(self) -> None:
        """Open a picture of spike counts over the index of the input current."""
        self.reset()
        self.figure, (self.fi_axes,) = _style.new_rows([1.0])

    def plot_fi_update(self, spikes: Sequence[Scalar]) -> None:
        """Draw the curve anew from `spikes` (runs,), the spike counts of the runs so far.

        Raises `StateError` without init, and `ShapeError` for anything but one number per run.
        """
        where = "plot_fi_update"
        if self.fi_axes is None:
            raise _no_init(where, "plot_fi_init()")
        counts = to_array(spikes, f"{where}.spikes")
        if counts.ndim != 1:
            raise ShapeError(
                f"{where}.spikes",
                got=f"shape {counts.shape}",
                expected="shape (runs,)",
                fix="append one spike count for each run, for instance s[0].sum()",
            )
        for line in list(self.fi_axes.lines):
            line.remove()
        self.fi_axes.relim()
        fi_curve(np.arange(len(counts)), counts, xlabel="index of the input current", ylabel="spikes", ax=self.fi_axes)

    def _start(self, where: str, time: Scalar, dt: Scalar | None) -> None:
        """A fresh state that knows the unit of time; bad values leave the old picture as it is."""
        length = positive(time, f"{where}.time", "the unit of time of the x axis")
        step = None if dt is None else positive(dt, f"{where}.dt", "ms")
        self.reset()
        self._time, self._dt = length, step

    def _steps_per_unit(self, steps: int) -> float | None:
        return steps / self._time if self._dt is None else None

    def _place_legend(self) -> None:
        named = self.activity_axes or self.potential_axes
        if self.figure is not None and named is not None:
            place_legend(self.figure, named)


def _no_init(method: str, init: str) -> StateError:
    return StateError(
        f"plotting.{method}",
        got="no figure to draw into",
        expected="a picture that was begun",
        fix=f"call {init} first",
    )
