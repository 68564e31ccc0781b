"""Pictures of learning: how pairs of spikes change a weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from cnsproject.plotting import _style
from cnsproject.plotting.neurons import _points

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def stdp_window(gaps: ArrayLike, changes: ArrayLike, *, label: str = "", ax: Axes | None = None) -> Axes:
    """`changes` (points,) of a weight over `gaps` (points,) (ms), with thin lines at zero.

    The curve is broken between negative gaps and the others, where a rule may jump.
    """
    across, up = _points("stdp_window", {"gaps": gaps, "changes": changes})
    ax = _style.new_panel() if ax is None else ax
    color = _style.next_color(ax)
    for k, part in enumerate((across < 0, across >= 0)):
        ax.plot(across[part], up[part], color=color, linewidth=_style.LINE_WIDTH, label="" if k else label)
    ax.axhline(0.0, color=_style.GUIDE, linewidth=0.8, zorder=1.0)
    ax.axvline(0.0, color=_style.GUIDE, linewidth=0.8, zorder=1.0)
    ax.set_xlim(across.min(), across.max())
    _style.set_labels(ax, "t_post - t_arrival (ms)", "change of the weight")
    return ax
