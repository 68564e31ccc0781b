"""Rows of panels over a shared time axis, side by side for several neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnsproject.plotting import _style
from cnsproject.plotting.figures import place_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def grid(
    heights: Sequence[float], columns: int = 1, *, width: float | None = None, height: float | None = None
) -> tuple[Figure, list[list[Axes]]]:
    """A new figure of rows with these relative heights in each of some columns; returns it with its columns of axes.

    All panels share the x axis, those of a row their y axis. width and height in inches.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        len(heights), columns, sharex=True, sharey="row", squeeze=False, layout="constrained",
        height_ratios=list(heights),
    )  # fmt: skip
    default = figure.get_size_inches()
    figure.set_size_inches(width or float(default[0]), height or float(default[1]))
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=_style.TEXT)
    by_column: list[list[Axes]] = np.asarray(axes).T.tolist()
    return figure, by_column


def finish(
    figure: Figure, columns: Sequence[Sequence[Axes]], *, titles: Sequence[str] = (), names_of: Axes | None = None
) -> Figure:
    """Leave the labels of the outer panels only, and give the columns titles and the figure a legend above all.

    names_of  the panel whose named artists the legend lists; None for no legend
    """
    for place, column in enumerate(columns):
        for ax in column[:-1]:
            ax.set_xlabel("")
        if place:
            for ax in column:
                ax.set_ylabel("")
    for column, title in zip(columns, titles, strict=False):
        column[0].set_title(title, fontsize=_style.TEXT)
    figure.align_ylabels(list(columns[0]))
    if names_of is not None:
        place_legend(figure, names_of)
    return figure
