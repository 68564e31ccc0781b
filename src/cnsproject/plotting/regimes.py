"""A phase diagram: regimes and rates by theory, points that were simulated, and what happens at some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Scalar, spike_matrix, to_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

_GROUNDS = ("#ffffff", "#dcdcdc", "#bcd9ea", "#f3d9b1", "#f0f0f0")
"""Of regions, in the order of their names; told apart in grey by their letters and borders too."""


@dataclass(frozen=True)
class Regime:
    """What a network does at one point.

    title     names it
    spikes    (neurons, steps) of some neurons
    activity  (bins,) rate of all (Hz), over the same time
    """

    title: str
    spikes: ArrayLike
    activity: ArrayLike


def regions(x: ArrayLike, y: ArrayLike, labels: ArrayLike, *, xlabel: str, ylabel: str, ax: Axes | None = None) -> Axes:
    """Regions over x (columns,) and y (rows,): a ground for each of the names `labels` (rows, columns), and its name.

    Thin ones are left without the name, which would not be read.
    """
    from scipy.ndimage import label

    across, up, names = _map("regions", x, y, np.asarray(labels))
    ax = _style.new_panel() if ax is None else ax
    kinds = sorted(set(names.flat))
    number = np.searchsorted(kinds, names)
    for k, name in enumerate(kinds):
        there = np.pad((number == k).astype(float), 1, mode="edge")
        sides = (np.concatenate([[v[0] - (v[1] - v[0])], v, [v[-1] + v[-1] - v[-2]]]) for v in (across, up))
        x_there, y_there = sides
        ax.contourf(x_there, y_there, there, levels=[0.5, 1.5], colors=[_GROUNDS[k % len(_GROUNDS)]])
        ax.contour(x_there, y_there, there, levels=[0.5], colors=[_style.GUIDE], linewidths=0.8)
        parts, count = label(number == k)
        for part in range(1, count + 1):
            place = np.nonzero(parts == part)
            if min(len(set(axis)) / size for axis, size in zip(place, number.shape, strict=True)) >= 0.1:
                row, column = (float(axis.mean()) for axis in place)
                ax.text(
                    float(np.interp(column, range(len(across)), across)), float(np.interp(row, range(len(up)), up)),
                    name, ha="center", va="center", fontsize="medium", fontweight="bold", color="#444444",
                )  # fmt: skip
    ax.set_xlim(across[0], across[-1])
    ax.set_ylim(up[0], up[-1])
    _style.set_labels(ax, xlabel, ylabel)
    return ax


def phase_diagram(
    x: ArrayLike,
    y: ArrayLike,
    labels: ArrayLike,
    rates: ArrayLike,
    points: Mapping[str, ArrayLike],
    examples: Sequence[Regime],
    *,
    xlabel: str,
    ylabel: str,
    dt: Scalar,
    bin: Scalar,
    border: float | None = None,
    named: Mapping[str, tuple[float, float]] | None = None,
) -> Figure:
    """Regimes and rates (Hz), both (rows, columns), by theory over x (columns,) and y (rows,), and what was simulated.

    Below are rasters and activities of the examples.

    points   "x", "y", "rate" (Hz) and "synchrony", (points,) each, of what was simulated
    dt, bin  ms per step of the rasters, and per bin of the activities
    border   an x that is marked by a dashed line
    named    letter: place of the points that the examples show
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import LogNorm

    across, up, rate = _map("phase_diagram", x, y, to_array(rates, "phase_diagram.rates"))
    place = {name: to_array(values, f"phase_diagram.points[{name!r}]") for name, values in points.items()}
    count = max(1, len(examples))
    figure = plt.figure(figsize=(7.6, 6.6), layout="constrained")
    outer = figure.add_gridspec(2, 1, height_ratios=[1.25, 1.0])
    above = outer[0].subgridspec(1, 2)
    left, right = (figure.add_subplot(above[0, k]) for k in range(2))
    regions(across, up, labels, xlabel=xlabel, ylabel=ylabel, ax=left)
    dots = left.scatter(
        place["x"], place["y"], c=place["synchrony"], cmap="viridis_r", vmin=0.0, s=34, edgecolors="black",
        linewidths=0.6, zorder=4, clip_on=False,
    )  # fmt: skip
    _scale(figure, dots, left, "measured synchrony, on regimes by theory")
    norm = LogNorm(1.0, max(10.0, float(rate.max())))
    mesh = right.pcolormesh(
        _edges(across), _edges(up), np.maximum(rate, 1.0), norm=norm, cmap="cividis", rasterized=True
    )
    right.scatter(
        place["x"], place["y"], c=np.maximum(place["rate"], 1.0), norm=norm, cmap="cividis", s=44, edgecolors="white",
        linewidths=1.0, zorder=4, clip_on=False,
    )  # fmt: skip
    right.set_xlim(across[0], across[-1])
    right.set_ylim(up[0], up[-1])
    _style.set_labels(right, xlabel, "")
    _scale(figure, mesh, right, "rate (Hz): measured (dots) on predicted")
    for ax in (left, right):
        ax.tick_params(labelsize=_style.TEXT)
        if border is not None:
            ax.axvline(border, color=_style.INK, linewidth=1.0, linestyle=(0.0, (3.0, 2.0)), zorder=3)
    for letter, (a, b) in (named or {}).items():
        left.annotate(
            letter,
            (a, b),
            xytext=(5.0, 5.0),
            textcoords="offset points",
            fontsize="medium",
            fontweight="bold",
            zorder=5,
        )
    below = outer[1].subgridspec(2, count, height_ratios=[1.0, 0.8])
    for k, one in enumerate(examples):
        _example(
            figure.add_subplot(below[0, k]), figure.add_subplot(below[1, k]), one, float(dt), float(bin), first=k == 0
        )
    return figure


def _scale(figure: Figure, drawn: ScalarMappable, ax: Axes, text: str) -> None:
    bar = figure.colorbar(drawn, ax=ax, location="top", aspect=30)
    bar.set_label(text, fontsize=_style.TEXT)
    bar.ax.tick_params(labelsize=_style.TEXT)


def _example(raster: Axes, activity: Axes, one: Regime, dt: float, bin: float, *, first: bool) -> None:
    spikes = spike_matrix(one.spikes, f"phase_diagram: spikes of {one.title!r}")
    rate = to_array(one.activity, f"phase_diagram: activity of {one.title!r}")
    neuron, step = np.nonzero(spikes)
    size = max(0.5, 90.0 / len(spikes))
    raster.plot(
        step * dt, neuron, linestyle="none", marker="|", markersize=size, markeredgewidth=0.7, color=_style.PALETTE[0],
        rasterized=len(step) > _style.MANY,
    )  # fmt: skip
    raster.set_title(one.title, fontsize=_style.TEXT)
    raster.set_ylim(-1, len(spikes))
    # A line, since bars narrower than a pixel are lost.
    activity.plot(
        np.arange(len(rate)) * bin, rate, drawstyle="steps-post", color=_style.PALETTE[0], linewidth=0.5, clip_on=True
    )
    activity.set_ylim(bottom=0.0)
    for ax in (raster, activity):
        ax.set_xlim(0.0, spikes.shape[1] * dt)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=_style.TEXT)
    raster.tick_params(labelbottom=False)
    _style.set_labels(raster, "", "neuron" if first else "")
    _style.set_labels(activity, "time (ms)", "activity (Hz)" if first else "")


def _map(what: str, x: ArrayLike, y: ArrayLike, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    across, up = (to_array(v, f"{what}.{name}").astype(np.float64) for name, v in (("x", x), ("y", y)))
    if values.shape != (len(up), len(across)) or min(values.shape) < 2:
        raise ShapeError(
            f"{what}", got=f"shape {values.shape}", expected=f"{(len(up), len(across))}, at least 2 each way",
            fix="give one value per row (y) and column (x)",
        )  # fmt: skip
    return across, up, values


def _edges(centers: np.ndarray) -> np.ndarray:
    middle = 0.5 * (centers[1:] + centers[:-1])
    return np.concatenate([[2 * centers[0] - middle[0]], middle, [2 * centers[-1] - middle[-1]]])
