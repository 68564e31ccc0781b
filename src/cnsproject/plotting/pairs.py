"""Two values of each of several things, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def pairs(
    names: Sequence[str],
    before: ArrayLike,
    after: ArrayLike,
    *,
    labels: tuple[str, str] = ("before", "after"),
    xlabel: str = "",
    ax: Axes | None = None,
) -> Axes:
    """A line for each name, from the value `before` (open circle) to the value `after` (dot); the first name on top.

    The axis starts at 0, so that a change is seen in proportion. Raises ShapeError unless there is one value per name.
    """
    values = [columns(given, f"pairs.{which}")[:, 0] for which, given in (("before", before), ("after", after))]
    for which, found in zip(("before", "after"), values, strict=True):
        if len(found) != len(names):
            raise ShapeError(
                f"pairs.{which}",
                got=f"{len(found)} values",
                expected=f"{len(names)}, one per name",
                fix="give one each",
            )
    ax = _style.new_panel() if ax is None else ax
    y = np.arange(len(names))
    ax.hlines(y, values[0], values[1], color=_style.GUIDE, linewidth=_style.LINE_WIDTH, zorder=1)
    color = _style.next_color(ax)
    # The open circle is the larger one, so that both are seen where nothing changes.
    for x, label, size, face in zip(values, labels, (9.0, 4.5), ("white", color), strict=True):
        ax.plot(x, y, linestyle="none", marker="o", color=color, label=label, markersize=size, markerfacecolor=face)
    ax.set_yticks(y, names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(0.0, 1.08 * max(float(np.max(values)), 1e-12))
    _style.set_labels(ax, xlabel, "")
    ax.legend(
        fontsize=_style.TEXT, frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2
    )
    return ax
