"""Several models of a neuron under the same sets of parameters: a column for each set, a row for each potential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Scalar
from cnsproject.plotting.axes import fi_curve
from cnsproject.plotting.neurons import traces, trains
from cnsproject.plotting.sets import ParameterSet, label_sets, open_sets, size_of_rows, stacked

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SPIKES, _STATE, _CURRENT, _RATES = 0.1, 0.75, 0.5, 1.4
"""Relative heights of rows; the first for each model."""


def models_beside(
    models: Mapping[str, Sequence[ParameterSet]], currents: ArrayLike, *, dt: Scalar, caption: Sequence[str] = ()
) -> Figure:
    """Spikes of all models, the potential of each, other states, the input current and all F-I curves, from the top.

    models    name: what each set of parameters gave, the same sets for all, in the same order
    currents  (points,) nA, of the F-I curves
    dt        ms per step
    caption   parts of a sentence below everything

    Raises ShapeError without a model or a set, and where models do not have the same number of sets.
    """
    counts = {len(sets) for sets in models.values()}
    if len(counts) != 1 or counts == {0}:
        raise ShapeError(
            "models_beside(models)", got=f"{sorted(counts)} sets", expected="models with equally many sets",
            fix="run the same sets with every model",
        )  # fmt: skip
    further = list(dict.fromkeys(label for sets in models.values() for label in list(sets[0].states)[1:]))
    heights = [_SPIKES * len(models), *[_STATE] * (len(models) + len(further)), _CURRENT, _RATES]
    number = counts.pop()
    figure, (place,) = stacked([size_of_rows(number, heights)])
    columns = open_sets(place, number, heights)
    for k, column in enumerate(columns):
        _draw({name: sets[k] for name, sets in models.items()}, currents, further, column, dt)
    for ax, name in zip(columns[0][1:], models, strict=False):
        ax.set_ylabel(f"{name}\n{ax.get_ylabel()}", fontsize=_style.TEXT)
    label_sets(figure, columns, caption, named=(1, 2, -1))
    return figure


def _draw(
    models: Mapping[str, ParameterSet],
    currents: ArrayLike,
    further: Sequence[str],
    column: Sequence[Axes],
    dt: Scalar,
) -> None:
    """One set: everything but the outer labels."""
    colors = dict(zip(models, _style.colors(len(models)), strict=True))
    first = next(iter(models.values()))
    times = np.arange(len(np.asarray(first.current))) * float(dt)
    spikes, *states, current, rates = column
    trains([one.spikes for one in models.values()][::-1], times, colors=list(colors.values())[::-1], ax=spikes)
    spikes.set_title(first.title, fontsize=_style.TEXT)
    for ax, (name, one) in zip(states, models.items(), strict=False):
        label, values = next(iter(one.states.items()))
        traces(values, ylabel=label, levels=one.levels, colors=[colors[name]], dt=dt, ax=ax)
    for ax, label in zip(states[len(models) :], further, strict=True):
        for name, one in models.items():
            if label in one.states:
                traces(one.states[label], ylabel=label, colors=[colors[name]], dt=dt, ax=ax)
    traces(first.current, ylabel="I (nA)", colors=[_style.INK], dt=dt, ax=current)
    current.lines[-1].set_linewidth(0.5 * _style.LINE_WIDTH)
    for name, one in models.items():
        fi_curve(
            currents, one.rates, color=colors[name], label=name, xlabel="I (nA)", ylabel="firing rate (Hz)", ax=rates
        )
        rates.lines[-1].set_markersize(2.5)
