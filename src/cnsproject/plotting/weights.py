"""Panels of weights: as a matrix, as a histogram, over time; and how many synapses a neuron has.

As in `axes`: arrays in, one matplotlib axes out, `ax` is where to draw (a new figure when None). What excites is warm,
what inhibits is cold; weights of what inhibits count negative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ParameterError, ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._blocks import SynapseList, blocks_of
from cnsproject.plotting._inputs import columns, to_array, whole
from cnsproject.plotting.axes import MOST_VECTOR
from cnsproject.plotting.neurons import _points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Edges = np.ndarray[tuple[int], np.dtype[np.float64]]

MOST_CELLS = 200
"""Of a matrix, on either side: more cannot be told apart in a column of a page."""

_BARS = 50  # of a histogram, at most
_SQUARE = 3.0  # how much longer one side may be before the cells are no squares any more


def weight_matrix(
    weights: ArrayLike,
    *,
    synapses: SynapseList | None = None,
    signs: ArrayLike | None = None,
    unit: str = "nA",
    most: int = MOST_CELLS,
    ax: Axes | None = None,
) -> Axes:
    """Weights (sources, targets) as colours: warm above 0, cold below, pale where there is none.

    synapses  where they are: `weights` is then one number, or one per synapse (synapses,)
    signs     (sources,) factor of each source, such as -1 for inhibitory ones
    most      cells on either side; of more neurons a cell is the mean of a block of pairs, pairs without a synapse
              counting 0, which the colour bar then says
    """
    cells = whole(most, "weight_matrix.most", least=1)
    blocks = blocks_of("weight_matrix", weights, signs, synapses, cells)
    ax = _style.new_panel() if ax is None else ax
    (pre, post), (high, wide) = blocks.shape, blocks.sizes
    limit = float(np.abs(blocks.means).max()) or 1.0
    down, across = blocks.means.shape
    image = ax.imshow(
        blocks.means, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest",
        extent=(-0.5, across * wide - 0.5, down * high - 0.5, -0.5),
        aspect="equal" if 1 / _SQUARE <= pre / post <= _SQUARE else "auto",
    )  # fmt: skip
    ax.set(xlim=(-0.5, post - 0.5), ylim=(pre - 0.5, -0.5))
    _whole_ticks(ax, "xy")
    figure = ax.get_figure(root=True)
    assert figure is not None
    bar = figure.colorbar(image, ax=ax, shrink=0.9, pad=0.03)
    signs_there = blocks.means.min() < 0, blocks.means.max() > 0
    if signs_there[0] != signs_there[1]:
        bar.ax.set_ylim((-limit, 0.0) if signs_there[0] else (0.0, limit))
    of = "" if high == wide == 1 else f",\nmean of {high} × {wide} pairs"
    bar.set_label(f"weight ({_unit(unit)}){of}", fontsize=_style.TEXT)
    bar.ax.tick_params(labelsize=_style.TEXT)
    bar.outline.set_visible(False)
    _style.set_labels(ax, "target neuron", "source neuron")
    return ax


def weight_histogram(
    weights: ArrayLike,
    *,
    counts: ArrayLike | None = None,
    unit: str = "nA",
    bins: int | ArrayLike | None = None,
    log: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """How many synapses have which of the `weights` (n,), those below 0 in the colour of what inhibits.

    counts  (n,) synapses with each of these weights; 1 when None
    bins    how many, of which none has both signs; or their edges, ascending; None for 10 to 50, by the synapses
    log     whether the axis of counts is logarithmic
    """
    values = to_array(weights, "weight_histogram.weights").reshape(-1)
    number = None if counts is None else to_array(counts, "weight_histogram.counts").reshape(-1)
    if number is not None and number.shape != values.shape:
        raise ShapeError(
            "weight_histogram.counts", got=f"{number.size} counts", expected=f"{values.size}, one for each weight",
            fix="count the synapses of each weight",
        )  # fmt: skip
    synapses = values.size if number is None else int(number.sum())
    edges = weight_edges(float(values.min()), float(values.max()), bins, synapses=synapses)
    found, _ = np.histogram(values, edges, weights=number)
    ax = _style.new_panel() if ax is None else ax
    floor = 0.7 if log else 0.0
    for inhibitory, part in ((True, edges[1:] <= 0.0), (False, edges[1:] > 0.0)):
        if found[part].any():
            ax.stairs(
                np.where(part, found, floor), edges, baseline=floor, fill=True, color=_style.color_of_sign(inhibitory),
                label="inhibitory" if inhibitory else "excitatory",
            )  # fmt: skip
    if log:
        ax.set_yscale("log")
        ax.set_ylim(floor, 2.0 * float(found.max()))
    else:
        ax.set_ylim(0.0, 1.05 * float(found.max()) or 1.0)
    margin = 6.0 * float(edges[-1] - edges[0]) if len(edges) == 2 else float(edges[1] - edges[0])
    ax.set_xlim(float(edges[0]) - margin, float(edges[-1]) + margin)
    if edges[0] < 0.0 < edges[-1]:
        ax.axvline(0.0, color=_style.GUIDE, linewidth=0.8)
    _style.set_labels(ax, f"weight ({_unit(unit)})", "synapses")
    return ax


def weight_edges(low: float, high: float, bins: int | ArrayLike | None = None, *, synapses: int = 0) -> Edges:
    """Edges of bins for so many weights from `low` to `high`: 0 is one of them where there are both signs."""
    if bins is None:
        bins = int(np.clip(2.0 * np.sqrt(synapses), 10, _BARS))
    if np.ndim(bins):
        edges = columns(bins, "weight_histogram.bins")[:, 0]
        if len(edges) < 2 or (np.diff(edges) <= 0).any():
            raise ParameterError(
                "weight_histogram.bins", got="edges that do not ascend", expected="at least two ascending edges",
                fix="sort them",
            )  # fmt: skip
        return np.asarray(edges, np.float64)
    count = whole(int(np.asarray(bins)), "weight_histogram.bins", least=1)
    if low == high:
        half = 0.05 * abs(low) or 0.5
        return np.array([low - half, low + half])
    if low < 0.0 < high:
        width = (high - low) / count
        return np.asarray(width * np.arange(np.floor(low / width), np.ceil(high / width) + 1), np.float64)
    return np.linspace(low, high, count + 1)


def weights_over_time(
    times: ArrayLike,
    values: ArrayLike,
    *,
    quartiles: bool = True,
    single: int | None = 5,
    unit: str = "nA",
    label: str = "",
    color: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Weights (records, synapses) over `times` (records,) (ms), the axis in seconds.

    quartiles  the median as a line, in a band between the quartiles; else the mean alone
    single     how many of them are drawn faintly, evenly chosen; None for all
    """
    from matplotlib.collections import LineCollection

    (across,), each = _points("weights_over_time", {"times": times}), columns(values, "weights_over_time.values")
    if len(each) != len(across):
        raise ShapeError(
            "weights_over_time.values", got=f"{len(each)} records", expected=f"{len(across)} as in times",
            fix="give one for each",
        )  # fmt: skip
    many = each.shape[1] if single is None else min(whole(single, "weights_over_time.single", least=0), each.shape[1])
    ax = _style.new_panel() if ax is None else ax
    color = _style.next_color(ax) if color is None else color
    seconds = across * 1e-3
    chosen = np.unique(np.linspace(0, each.shape[1] - 1, many).round().astype(np.int64))
    lines = [np.column_stack((seconds, each[:, k])) for k in chosen]
    pixels, faint = len(seconds) * len(lines) > MOST_VECTOR, _style.faint(color)
    middle = each.mean(axis=1)
    if quartiles:
        low, middle, high = np.percentile(each, (25, 50, 75), axis=1)
        ax.fill_between(seconds, low, high, color=color, alpha=0.25, linewidth=0.0, zorder=1.2)
    ax.add_collection(
        LineCollection(
            lines, colors=[color if quartiles else faint], linewidths=0.4, zorder=1.5, rasterized=pixels
        )
    )  # fmt: skip
    ax.plot(seconds, middle, color=color, label=label, linewidth=1.5 * _style.LINE_WIDTH)
    ax.set_xlim(0.0, float(seconds.max()) or 1.0)
    _style.set_labels(ax, "time (s)", f"weight ({_unit(unit)})")
    return ax


def degrees(incoming: ArrayLike, outgoing: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Histograms of the synapses that end at each target (targets,) and leave each source (sources,), whole numbers."""
    kinds = {"in": incoming, "out": outgoing}
    numbers = {name: to_array(given, f"degrees, {name}").reshape(-1) for name, given in kinds.items()}
    for name, each in numbers.items():
        if (each < 0).any() or (each != np.round(each)).any():
            raise ParameterError(
                f"degrees, {name}", got=f"values from {each.min():g} to {each.max():g}",
                expected="whole numbers from 0 on", fix="count synapses: np.bincount(targets, minlength=n)",
            )  # fmt: skip
    low, high = (int(pick(pick(each) for each in numbers.values())) for pick in (min, max))
    step = -(-(high - low + 1) // _BARS)
    edges = np.arange(low, high + step + 1, step) - 0.5
    ax = _style.new_panel() if ax is None else ax
    for (name, each), color, fill in zip(numbers.items(), (_style.PALETTE[2], _style.INK), (True, False), strict=True):
        found, _ = np.histogram(each, edges)
        ax.stairs(found, edges, fill=fill, color=color, label=f"{name}, mean {each.mean():.4g}", linewidth=1.2)
    ax.set_ylim(bottom=0.0)
    _whole_ticks(ax, "xy")
    _style.set_labels(ax, "synapses of a neuron", "neurons")
    return ax


def _whole_ticks(ax: Axes, which: str) -> None:
    from matplotlib.ticker import MaxNLocator

    for axis in which:
        place = MaxNLocator(nbins="auto", integer=True, steps=[1, 2, 5, 10], min_n_ticks=1)
        (ax.xaxis if axis == "x" else ax.yaxis).set_major_locator(place)


def _unit(unit: str) -> str:
    """As it is printed."""
    return unit.replace("uS", "µS").replace("MOhm", "MΩ")
