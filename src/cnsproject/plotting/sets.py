"""Several sets of parameters of one neuron, side by side: a column each, over the same axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Scalar
from cnsproject.plotting.axes import fi_curve
from cnsproject.plotting.neurons import reference, traces, trains

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_WIDTH, _HEIGHT = 1.75, 1.35
"""Inches of a panel whose relative height is 1."""

_LETTERS = 20
"""Of the caption in a line, for each column."""

_TALL = {"spikes": 0.14, "potential": 1.25, "state": 0.8, "current": 0.65, "rates": 1.5}
"""Relative heights of the rows."""


@dataclass(frozen=True)
class ParameterSet:
    """What one set of parameters gave.

    title        names the set
    spikes       (spikes,) times (ms)
    states       label of the y axis, with the unit: (steps,); the first is the potential
    current      (steps,) nA
    rates        (points,) Hz, over the currents that all sets have
    levels       name: value of dashed lines in the panel of the potential (mV)
    theory       (points,) Hz
    first_rates  (points,) Hz, of the first interval
    here         the current (nA) and the rate (Hz) to mark: those of the run above
    """

    title: str
    spikes: ArrayLike
    states: Mapping[str, ArrayLike]
    current: ArrayLike
    rates: ArrayLike
    levels: Mapping[str, float]
    theory: ArrayLike | None = None
    first_rates: ArrayLike | None = None
    here: tuple[float, float] | None = None


def parameter_sets(
    sets: Sequence[ParameterSet],
    currents: ArrayLike,
    *,
    dt: Scalar,
    caption: Sequence[str] = (),
    theory: str = "theory",
    compare: bool = True,
    inside: Figure | SubFigure | None = None,
) -> Figure | SubFigure:
    """Spikes, potential, other states, input current and F-I curve of each set, from the top; one column per set.

    The panels of a row share their axes.

    currents  (points,) nA, of the F-I curves
    dt        ms per step
    caption   parts of a sentence below everything, which runs over as many lines as it needs
    theory    what the legend calls the theory
    compare   whether the F-I curve of the first set is repeated in the other columns
    inside    the part of a figure to draw into, see `stacked`; a new figure when None

    Raises ShapeError without a set, and where sets do not have the same states.
    """
    if not sets or any(list(one.states) != list(sets[0].states) for one in sets):
        raise ShapeError(
            "parameter_sets(sets)", got=f"{len(sets)} sets", expected="at least one, all with the same states",
            fix="record the same states for every set",
        )  # fmt: skip
    states = len(sets[0].states)
    place = inside or stacked([size_of_sets(len(sets), states)])[0]
    columns = open_sets(place, len(sets), _heights(states))
    for one, color, column in zip(sets, _style.colors(len(sets)), columns, strict=True):
        _draw(one, color, column, dt)
        _draw_rates(one, currents, color, column[-1], theory)
        if compare and one is not sets[0]:
            reference(currents, sets[0].rates, label=sets[0].title, color=_style.INK, ax=column[-1])
    label_sets(place, columns, caption, named=(1, -1))
    return place


def size_of_sets(sets: int, states: int) -> tuple[float, float]:
    """Width and height of `parameter_sets` (inches)."""
    return size_of_rows(sets, _heights(states))


def stacked(sizes: Sequence[tuple[float, float]]) -> tuple[Figure, list[Figure | SubFigure]]:
    """A new figure with parts of these widths and heights (inches) below each other; returns it with its parts.

    A single part is the figure itself.
    """
    import matplotlib.pyplot as plt

    heights = [height for _, height in sizes]
    figure = plt.figure(figsize=(max(width for width, _ in sizes), sum(heights)), layout="constrained")
    if len(sizes) == 1:
        return figure, [figure]
    parts = figure.subfigures(len(sizes), 1, squeeze=False, height_ratios=heights, hspace=0.03)
    return figure, list(parts[:, 0])


def size_of_rows(count: int, heights: Sequence[float]) -> tuple[float, float]:
    """Width and height of so many columns with rows of these relative heights (inches)."""
    return 0.6 + _WIDTH * count, 1.2 + _HEIGHT * sum(heights)


def _heights(states: int) -> list[float]:
    """Of the rows, relative."""
    return [_TALL["spikes"], _TALL["potential"], *[_TALL["state"]] * (states - 1), _TALL["current"], _TALL["rates"]]


def open_sets(place: Figure | SubFigure, count: int, heights: Sequence[float]) -> list[list[Axes]]:
    """Columns of axes of these relative heights; those of a row share both axes."""
    axes = place.subplots(len(heights), count, sharex="row", sharey="row", squeeze=False, height_ratios=list(heights))
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=_style.TEXT)
    columns: list[list[Axes]] = np.asarray(axes).T.tolist()
    return columns


def _draw(one: ParameterSet, color: str, column: Sequence[Axes], dt: Scalar) -> None:
    """All that is over time."""
    spikes, *states, current, _ = column
    steps = len(np.asarray(one.current))
    trains([one.spikes], np.arange(steps) * float(dt), colors=[color], ax=spikes)
    for place, (label, values) in enumerate(one.states.items()):
        levels = {} if place else one.levels
        traces(values, ylabel=label, levels=levels, colors=[color], dt=dt, ax=states[place])
    traces(one.current, ylabel="I (nA)", colors=[_style.INK], dt=dt, ax=current)
    current.lines[-1].set_linewidth(0.5 * _style.LINE_WIDTH)
    spikes.set_title(one.title, fontsize=_style.TEXT, color=color)


def _draw_rates(one: ParameterSet, currents: ArrayLike, color: str, ax: Axes, theory: str) -> None:
    """The F-I curve, its theory behind it."""
    fi_curve(currents, one.rates, color=color, xlabel="I (nA)", ylabel="firing rate (Hz)", ax=ax)
    ax.lines[-1].set(markersize=2.5, label="simulation")
    if one.theory is not None:
        reference(currents, one.theory, label=theory, ax=ax)
    if one.first_rates is not None:
        reference(currents, one.first_rates, label="first interval", color=color, ax=ax)
    if one.here is not None:
        ax.plot(
            *([value] for value in one.here), marker="o", markersize=8.0, markerfacecolor="none", linestyle="none",
            color=_style.INK, label="current above", clip_on=False,
        )  # fmt: skip


def label_sets(
    figure: Figure | SubFigure,
    columns: Sequence[Sequence[Axes]],
    caption: Sequence[str],
    *,
    named: Sequence[int],
    bare: int = -2,
) -> None:
    """Outer labels, the legend above all, of what is in the `named` rows, and the caption below.

    bare  up to which row panels have no labels on the x axis, as those below share it
    """
    for place, column in enumerate(columns):
        for ax in column[:bare]:
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
        if place:
            for ax in column:
                ax.set_ylabel("")
    figure.align_ylabels(list(columns[0]))
    artists: dict[str, Artist] = {}
    for ax in (column[row] for column in columns for row in named):
        for handle, text in zip(*ax.get_legend_handles_labels(), strict=True):
            artists.setdefault(text, handle)
    figure.legend(
        handles=list(artists.values()), labels=list(artists), loc="outside upper center", ncols=len(artists),
        frameon=False, fontsize=_style.TEXT, **_style.LEGEND,
    )  # fmt: skip
    if caption:
        lines = [""]
        for place, part in enumerate(caption):
            text = f"{part}, " if place < len(caption) - 1 else part
            if len(lines[-1]) + len(text) > _LETTERS * len(columns):
                lines.append("")
            lines[-1] += text
        figure.supxlabel("\n".join(lines), fontsize=_style.TEXT)
