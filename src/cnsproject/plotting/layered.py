"""Populations of layers: a raster from the top layer down, and measures of the populations as rows beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._events import Events, read
from cnsproject.plotting._inputs import Floats
from cnsproject.plotting.events import spike_raster
from cnsproject.plotting.figures import place_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROWS = 1500
"""Neurons of a raster, about: with more, ticks of an active layer merge."""

_LEAST = 4
"""Rows that a population has at least, so that it is seen."""


@dataclass(frozen=True)
class Measure:
    """What was measured of populations.

    label      with the unit
    values     for each population a number, drawn as a bar, or one value per neuron, drawn as a box
    reference  a number for each population that marks what is expected
    """

    label: str
    values: Sequence[ArrayLike]
    reference: Sequence[float] | None = None


def layered_activity(
    spikes: Mapping[str, Events],
    measures: Sequence[Measure],
    *,
    inhibitory: Sequence[bool],
    start: float,
    stop: float,
) -> Figure:
    """Spikes of populations, the first on top, and a panel for each measure with a row per population.

    spikes       name: (times (ms), neurons, count); of many neurons a part is shown, in proportion
    inhibitory   which populations inhibit
    start, stop  of the raster (ms)

    Raises ShapeError for a measure that has not one value, or one reference, for each population.
    """
    import matplotlib.pyplot as plt

    names = list(spikes)
    for what, given in (
        ("inhibitory", inhibitory),
        *((f"measures[{one.label!r}]", part) for one in measures for part in (one.values, one.reference)),
    ):
        if given is not None and len(given) != len(names):
            raise ShapeError(
                f"layered_activity.{what}", got=f"{len(given)} values", expected=f"one for each of {len(names)}",
                fix="give the populations in the same order everywhere",
            )  # fmt: skip
    colors = [_style.color_of_sign(bool(one)) for one in inhibitory]
    figure, panels = plt.subplots(
        1, 1 + len(measures), figsize=(3.4 + 1.7 * len(measures), 4.4), layout="constrained",
        width_ratios=[2.2, *[1.0] * len(measures)],
    )  # fmt: skip
    axes = list(np.atleast_1d(panels))
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=_style.TEXT)
    _raster(spikes, colors, start, stop, axes[0])
    for measure, ax in zip(measures, axes[1:], strict=True):
        population_rows(measure, colors, ax=ax)
        ax.set_yticks(range(len(names)), names if ax is axes[1] else [], fontsize=_style.TEXT)
    if any(one.reference is not None or _is_spread(one) for one in measures):
        place_legend(figure, axes[1])
    return figure


def population_rows(measure: Measure, colors: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """A bar or a box for each population, the first one on top: quartiles, and whiskers from 5 % to 95 %."""
    ax = _style.new_panel() if ax is None else ax
    places = np.arange(len(measure.values))
    values = [np.asarray(one, np.float64) for one in measure.values]
    if _is_spread(measure):
        _boxes(ax, values, colors)
    else:
        ax.barh(places, np.nan_to_num(np.array(values)), color=colors, height=0.7)
    if measure.reference is not None:
        ax.plot(
            measure.reference, places - 0.42, linestyle="none", marker="v", markersize=5.0, color=_style.INK,
            label="published mean", zorder=4, clip_on=False,
        )  # fmt: skip
    ax.set_xlim(left=0.0)
    ax.set_ylim(len(values) - 0.4, -0.7)
    _style.set_labels(ax, measure.label, "")
    return ax


def _is_spread(measure: Measure) -> bool:
    return any(np.ndim(one) for one in measure.values)


def _boxes(ax: Axes, values: Sequence[Floats], colors: Sequence[str]) -> None:
    """A population without values keeps its row empty."""
    some = [place for place, one in enumerate(values) if one.size]
    drawn = ax.boxplot(
        [values[place] for place in some], positions=some, orientation="horizontal", whis=(5.0, 95.0), widths=0.6,
        showfliers=False, patch_artist=True, medianprops={"color": _style.INK, "linewidth": 1.0},
        whiskerprops={"linewidth": 0.8}, capprops={"linewidth": 0.8}, boxprops={"linewidth": 0.8},
        manage_ticks=False,
    )  # fmt: skip
    for place, box in zip(some, drawn["boxes"], strict=True):
        box.set_facecolor(colors[place])
    ax.plot(
        [values[place].mean() for place in some], some, linestyle="none", marker="o", markersize=4.5, zorder=5,
        color="white", markeredgecolor=_style.INK, markeredgewidth=0.9, label="mean of the neurons",
    )  # fmt: skip


def _raster(spikes: Mapping[str, Events], colors: Sequence[str], start: float, stop: float, ax: Axes) -> None:
    trains, _, _ = read("layered_activity", spikes, start, stop, colors)
    every = max(1, sum(one.count for one in trains) // _ROWS)
    shown: dict[str, Events] = {}
    for one in reversed(trains):
        apart = max(1, min(every, one.count // _LEAST))
        some = one.neurons % apart == 0
        shown[one.name] = one.times[some], one.neurons[some] // apart, -(-one.count // apart)
    spike_raster(shown, start=start, stop=stop, colors=colors[::-1], ax=ax)
    ax.set_yticks([])
    ax.set_ylabel(f"1 in {every} neurons" if every > 1 else "neurons", fontsize=_style.TEXT)
