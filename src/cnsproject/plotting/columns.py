"""Populations side by side: a column each, with their raster, activity and input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Floats, Scalar, positive, scalar, whole
from cnsproject.plotting._inputs import columns as read_columns
from cnsproject.plotting.axes import activity, current, raster
from cnsproject.plotting.figures import CheckedPopulation, check_population
from cnsproject.plotting.grids import finish, grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DASHES = "--", ":", "-."


@dataclass(frozen=True)
class PopulationColumn:
    """A column of `populations_side_by_side`.

    spikes    (neurons, steps), bool or 0/1
    current   given from outside (steps,) or (steps, n), nA
    received  that and what synapses deliver (steps,) or (steps, n), nA; None where there is nothing to tell
    """

    name: str
    spikes: ArrayLike
    current: ArrayLike
    received: ArrayLike | None = None


def populations_side_by_side(
    populations: Sequence[PopulationColumn],
    *,
    dt: Scalar,
    window: int = 1,
    marks: Mapping[str, Scalar] | None = None,
) -> Figure:
    """Raster, activity (Hz per neuron) and input current of each population in a column of its own.

    The rows of a kind have one scale. dt: ms per step; window (steps) smooths the activity, see `activity`; marks:
    name: time (ms) of lines through all panels. The current with what synapses deliver is drawn in black.

    Raises `ShapeError` (no population, different numbers of steps, ...), `ParameterError`, `ArgumentError`.
    """
    where = "populations_side_by_side"
    if not populations:
        raise ShapeError(f"{where}.populations", got="none", expected="at least one", fix="pass a PopulationColumn")
    checked: list[CheckedPopulation] = []
    received: list[Floats | None] = []
    for p in populations:
        steps = checked[0].steps if checked else None
        checked.append(check_population(where, p.name, p.spikes, p.current, steps=steps))
        what = f"{where}: what {p.name!r} receives"
        received.append(None if p.received is None else read_columns(p.received, what, steps=checked[0].steps))
    positive(dt, f"{where}.dt", "ms")
    whole(window, f"{where}.window", least=1)
    times = {name: scalar(time, f"{where}.marks[{name!r}]") for name, time in (marks or {}).items()}

    figure, panels = grid([1.5, 1.0, 1.0], len(checked), width=max(4.0, 2.4 * len(checked)), height=4.8)
    for population, more, color, (top, middle, bottom) in zip(
        checked, received, _style.colors(len(checked)), panels, strict=True
    ):
        raster(population.spikes, color=color, dt=dt, ax=top)
        activity(population.spikes, color=color, dt=dt, window=window, ax=middle)
        current(population.current, color=color, label="from outside", dt=dt, ax=bottom)
        if more is not None:
            current(more.mean(axis=1), color=_style.INK, label="with synapses", dt=dt, ax=bottom)
        for (name, time), dashes in zip(times.items(), _DASHES * len(times), strict=False):
            for ax in (top, middle, bottom):
                label = name if ax is bottom else ""
                ax.axvline(time, color=_style.GUIDE, linewidth=1.0, linestyle=dashes, zorder=1, label=label)
    panels[0][0].set_ylim(-0.5, max(len(population.spikes) for population in checked) - 0.5)
    titles = [f"{population.name} ({len(population.spikes)} neurons)" for population in checked]
    return finish(figure, panels, titles=titles, names_of=panels[0][2])
