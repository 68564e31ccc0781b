"""What all panels share: colours, frame, limits. Applied artist by artist, global settings stay as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnsproject.plotting._inputs import TimeScale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe-Ito: told apart with the common forms of colour blindness and, mostly, in grey print."""

GUIDE = "#777777"
"""Thresholds and separators; not in the palette, so that no guide is taken for data."""

INK = "#000000"
"""What goes through a picture made of the palette."""

EXCITATORY, INHIBITORY = PALETTE[1], PALETTE[0]
"""What raises and what lowers: warm and cold, as in the maps of weights."""

THEORY = "#cccccc"
"""A formula, drawn broadly behind the data."""

LEGEND = {"columnspacing": 1.2, "handlelength": 1.5}
"""Of legends in a row, in font sizes."""

MOST_MARKERS = 60
"""Points of a line that are marked; more merge into a thick line."""

MANY = 5000
"""Spikes in one axes from which on ticks become pixels in SVG and PDF: a vector tick costs about 90 bytes."""

TEXT = "small"
"""Relative to the reader's own font.size, so that a notebook's settings still count."""

LINE_WIDTH = 1.2
"""Points."""

DASH = 3.0
"""Length of the dash that each of several equal lines is left with, in line widths."""


def new_panel() -> Axes:
    """One axes in a new pyplot figure (pyplot, so that notebooks show it)."""
    return new_rows([1.0])[1][0]


def new_rows(heights: list[float]) -> tuple[Figure, list[Axes]]:
    """A new pyplot figure of rows over one shared x axis."""
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(
        len(heights), 1, sharex=True, squeeze=False, layout="constrained", height_ratios=heights
    )
    rows: list[Axes] = list(grid[:, 0])
    for ax in rows:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=TEXT)
    return figure, rows


def set_labels(ax: Axes, x: str, y: str) -> None:
    """Axis labels in the common text size."""
    ax.set_xlabel(x, fontsize=TEXT)
    ax.set_ylabel(y, fontsize=TEXT)


def set_time_axis(ax: Axes, steps: int, scale: TimeScale) -> None:
    """x from 0 to the end of the run; a longer run already drawn keeps its room."""
    end = steps * scale.per_step
    if not ax.get_autoscalex_on():
        end = max(end, ax.get_xlim()[1])
    ax.set_xlim(0.0, end)


def next_color(ax: Axes) -> str:
    """The first palette colour that the lines of `ax` use least: no colour is skipped, none comes back too early."""
    from matplotlib.colors import to_hex

    used = Counter(to_hex(line.get_color()).upper() for line in ax.lines)
    return min(PALETTE, key=lambda color: used[color.upper()])


def shades(count: int) -> list[str]:
    """Colours of ordered things, from light to dark: of the map viridis, which is ordered for every eye and in grey."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colormaps["viridis"](value)) for value in np.linspace(0.0, 0.75, count)[::-1]]


def show_coincident(ax: Axes, line: Line2D) -> None:
    """When `line` lies on lines drawn before, give each of them equally long dashes to be seen in."""
    own = np.asarray(line.get_xydata())
    stack = [other for other in ax.lines if np.array_equal(own, np.asarray(other.get_xydata()))]
    if len(stack) < 2:
        return
    for place, member in enumerate(stack):
        member.set_linewidth(2.0 * LINE_WIDTH)
        if place:
            # All dashes start together, and a line's dash is one share shorter than the one it lies on.
            dash = DASH * (len(stack) - place)
            member.set_linestyle((0.0, (dash, DASH * len(stack) - dash)))
            member.set_dash_capstyle("butt")


def faint(color: str) -> tuple[float, float, float]:
    """A tint of `color`. Unlike transparency it stays light when many lines lie on each other."""
    from matplotlib.colors import to_rgb

    red, green, blue = (0.7 + 0.3 * part for part in to_rgb(color))
    return red, green, blue


def fit_y_from_zero(ax: Axes, line: Line2D) -> None:
    """Start the y axis at 0 for quantities that cannot be negative, and give an all-zero line some height."""
    x, y = np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)
    line.sticky_edges.y.append(0.0)
    ax.update_datalim([(x[0], 0.0), (x[0], y.max() or 1.0)])
    ax.autoscale_view(scalex=False)


def colors(count: int) -> list[str]:
    """Colours of so many things without an order: the palette, again from its start when it ends."""
    return [PALETTE[k % len(PALETTE)] for k in range(count)]


def colors_by_sign(inhibitory: Sequence[bool | None]) -> list[str]:
    """Colours of populations: warm for excitatory ones, cold for inhibitory ones, grey for what is both (None).

    Of several of a kind the first is the darkest.
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    found = []
    for place, kind in enumerate(inhibitory):
        alike, before = inhibitory.count(kind), inhibitory[:place].count(kind)
        one = color_of_sign(kind)
        if alike > 1:
            name = {True: "Blues", False: "Oranges", None: "Greys"}[kind]
            one = to_hex(colormaps[name](0.85 - 0.45 * before / (alike - 1)))
        found.append(one)
    return found


def color_of_sign(inhibitory: bool | None) -> str:
    """The colour of what is inhibitory, excitatory, or both (None)."""
    return {True: INHIBITORY, False: EXCITATORY, None: GUIDE}[inhibitory]


def note(ax: Axes, text: str) -> None:
    """What a reader has to know of how a panel was made, in small letters above its right end."""
    ax.annotate(
        text, (1.0, 1.0), xycoords="axes fraction", xytext=(0.0, 2.0), textcoords="offset points", ha="right",
        va="bottom", fontsize="x-small", color=GUIDE,
    )  # fmt: skip


def legend_inside(ax: Axes) -> None:
    """Names and numbers of what is in a panel, in its upper right corner, above the data: the y axis makes room."""
    lines = len(ax.get_legend_handles_labels()[0])
    share = min(0.6, (lines * 11.0 + 4.0) / points(ax)[1])
    low, high = ax.get_ylim()
    if ax.get_yscale() == "log":
        ax.set_ylim(low, low * (high / low) ** (1.0 / (1.0 - share)))
    else:
        ax.set_ylim(low, low + (high - low) / (1.0 - share))
    ax.legend(
        loc="upper right", edgecolor="none", framealpha=1.0, fontsize="x-small", handlelength=1.2, borderaxespad=0.2
    )


def points(ax: Axes) -> tuple[float, float]:
    """Width and height of a panel (points), as it is before the figure is drawn."""
    box = ax.get_window_extent()
    dpi = ax.figure.dpi
    return box.width * 72.0 / dpi, box.height * 72.0 / dpi
