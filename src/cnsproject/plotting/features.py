"""Pictures of features that were learned: arrays in, axes or a figure out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting.images import image, kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FeatureSet:
    """Features, one after the other.

    kernels      weights (n, rows, columns)
    fields       receptive fields in the image (n, rows, columns)
    orientation  how oriented each is (n,), from 0 to 1
    explained    share of each field that a Gabor function accounts for (n,)
    """

    kernels: ArrayLike
    fields: ArrayLike
    orientation: ArrayLike
    explained: ArrayLike


def mosaic(planes: ArrayLike, *, grey: bool = False, title: str = "", ax: Axes | None = None) -> Axes:
    """Planes (n, rows, columns) in a square grid, row by row, each with its own scale, which is even round 0.

    grey  from black to white; else red above 0, blue below
    """
    each = np.asarray(planes, np.float64)
    if each.ndim != 3 or not each.size:
        raise ShapeError("mosaic", got=f"shape {each.shape}", expected="(n, rows, columns)", fix="give planes")
    across = math.ceil(math.sqrt(len(each)))
    down, high, wide = math.ceil(len(each) / across), each.shape[1] + 1, each.shape[2] + 1  # with a gap
    whole = np.full((down * high - 1, across * wide - 1), np.nan)
    for place, one in enumerate(each):
        row, column = divmod(place, across)
        part = whole[row * high : row * high + high - 1, column * wide : column * wide + wide - 1]
        part[...] = one / (np.abs(one).max() or 1.0)
    ax = _style.new_panel() if ax is None else ax
    ax.imshow(whole, cmap="gray" if grey else "RdBu_r", vmin=-1.0, vmax=1.0, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    # Tiles are told apart from the paper, and from each other, by a frame.
    for place in range(len(each)):
        row, column = divmod(place, across)
        _frame(ax, column * wide - 0.5, row * high - 0.5, wide - 1, high - 1)
    ax.set_title(title, fontsize=_style.TEXT)
    return ax


def strips(values: Mapping[str, ArrayLike], *, label: str, ax: Axes | None = None) -> Axes:
    """Values between 0 and 1 by what they belong to: a dot for each, and a bar at their mean, with its number."""
    ax = _style.new_panel() if ax is None else ax
    for place, (given, color) in enumerate(zip(values.values(), _style.colors(len(values)), strict=True)):
        each = np.asarray(given, np.float64)
        # Dots of neighbouring values stand beside each other: by rank, from side to side.
        side = np.argsort(np.argsort(each, kind="stable"), kind="stable") % 4 / 10.0 - 0.15
        ax.plot(place + side, each, linestyle="none", marker="o", markersize=3.0, color=color, alpha=0.6)
        ax.plot([place - 0.32, place + 0.32], [each.mean()] * 2, color=_style.INK, linewidth=1.5 * _style.LINE_WIDTH)
        ax.annotate(
            f"{each.mean():.2f}", (place + 0.32, each.mean()), (1, 2), textcoords="offset points", fontsize=_style.TEXT
        )
    ax.set_xticks(range(len(values)), [name.replace(" ", "\n") for name in values])
    ax.set(xlim=(-0.5, len(values) - 0.2), ylim=(0.0, 1.0))
    _plain(ax)
    _style.set_labels(ax, "", label)
    return ax


def settling(shown: ArrayLike, shares: Mapping[str, ArrayLike], *, ax: Axes | None = None) -> Axes:
    """Shares of weights that are not yet decided (records,) over the patches `shown` (records,), by name."""
    ax = _style.new_panel() if ax is None else ax
    across = np.asarray(shown, np.float64)
    for (name, each), color in zip(shares.items(), _style.colors(len(shares) + 1)[1:], strict=True):
        ax.plot(across, np.asarray(each, np.float64), color=color, linewidth=_style.LINE_WIDTH, label=name)
    ax.set(xlim=(0.0, across.max() or 1.0), ylim=(0.0, 1.0))
    ax.legend(frameon=False, fontsize=_style.TEXT, handlelength=1.5)
    _plain(ax)
    _style.set_labels(ax, "patches", "mean of 4w(1 - w)")
    return ax


def learned_features(
    examples: Sequence[tuple[ArrayLike, ArrayLike]],
    sets: Mapping[str, FeatureSet],
    shown: ArrayLike,
    unsettled: Mapping[str, ArrayLike],
) -> Figure:
    """Examples of what was shown, kernels and receptive fields of each set, how oriented they are, how weights settle.

    examples   patches (rows, columns) in grey levels, and what on- (above 0) and off-centre cells (below) make of them
    sets       by name; each is a column
    shown      patches until the weights were looked at (records,)
    unsettled  shares of weights that were not decided then (records,), by name of all sets but the first
    """
    import matplotlib.pyplot as plt

    if not examples or not sets:
        raise ShapeError(
            "learned_features", got=f"{len(examples)} examples and {len(sets)} sets", expected="at least one of each",
            fix="give some",
        )  # fmt: skip
    figure = plt.figure(figsize=(2.2 + 2.4 * len(sets) + 2.6, 5.2), layout="constrained")
    parts: Any = figure.subfigures(1, 3, width_ratios=(2.0, 2.4 * len(sets), 2.6))
    left, middle, right = parts
    _examples(left, examples)
    panels = middle.subplots(2, len(sets), squeeze=False)
    for (name, one), (upper, lower) in zip(sets.items(), panels.T, strict=True):
        mosaic(one.kernels, title=name, ax=upper)
        mosaic(one.fields, grey=True, ax=lower)
    panels[0, 0].set_ylabel("weights, on minus off", fontsize=_style.TEXT)
    panels[1, 0].set_ylabel("receptive fields in the image", fontsize=_style.TEXT)
    upper, lower = right.subplots(2, 1)
    strips({name: one.orientation for name, one in sets.items()}, label="orientation", ax=upper)
    settling(shown, unsettled, ax=lower)
    return figure


def _examples(place: Any, examples: Sequence[tuple[ArrayLike, ArrayLike]]) -> None:
    """Patches on the left, what is made of them on the right."""
    rows = place.subplots(len(examples), 2, squeeze=False)
    for k, ((patch, code), (left, right)) in enumerate(zip(examples, rows, strict=True)):
        image(patch, title="" if k else "patch", ax=left)
        kernel(code, limit=1.0, title="" if k else "spikes", ax=right)
    rows[-1, 1].set_xlabel("red: on, blue: off;\ndark: early", fontsize=_style.TEXT)


def _frame(ax: Axes, x: float, y: float, wide: float, high: float) -> None:
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((x, y), wide, high, fill=False, edgecolor=_style.GUIDE, linewidth=0.5, clip_on=False))


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=_style.TEXT)
