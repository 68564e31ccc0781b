"""Pictures of a layer that learned to tell classes apart: arrays in, a figure out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def tiles(weights: ArrayLike, owners: ArrayLike, classes: int, *, ax: Axes | None = None) -> Axes:
    """Weights (neurons, rows, columns) as grey tiles, in a row for each class of neurons; white is the least.

    owners  class of each neuron (neurons,); those of none (-1) are left out
    """
    each, owner = np.asarray(weights, np.float64), np.asarray(owners)
    if each.ndim != 3 or owner.shape != each.shape[:1]:
        raise ShapeError(
            "tiles", got=f"weights {each.shape} and owners {owner.shape}",
            expected="(neurons, rows, columns) and (neurons,)", fix="give one plane and one class per neuron",
        )  # fmt: skip
    high, wide = each.shape[1] + 1, each.shape[2] + 1  # with a gap
    most = max(1, *(int((owner == k).sum()) for k in range(classes)))
    plane = np.full((classes * high - 1, most * wide - 1), np.nan)
    for k in range(classes):
        for place, one in enumerate(each[owner == k]):
            plane[k * high : k * high + high - 1, place * wide : place * wide + wide - 1] = one / (one.max() or 1.0)
    ax = _style.new_panel() if ax is None else ax
    ax.imshow(plane, cmap="gray_r", interpolation="nearest", vmin=0.0, vmax=1.0)
    ax.set_yticks([k * high + (high - 2) / 2 for k in range(classes)], [str(k) for k in range(classes)])
    ax.set_xticks([])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, labelsize=_style.TEXT)
    _style.set_labels(ax, "neurons, those that fire most first", "class of the neuron")
    return ax


def confusion(counts: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """How many percent of each class (row) were told to be of each (column); shares below one half are not written."""
    found = np.asarray(counts, np.float64)
    if found.ndim != 2 or found.shape[0] != found.shape[1]:
        raise ShapeError("confusion", got=f"shape {found.shape}", expected="a square", fix="count by both classes")
    percent = 100.0 * found / np.maximum(1.0, found.sum(axis=1, keepdims=True))
    ax = _style.new_panel() if ax is None else ax
    ax.imshow(percent, cmap="Blues", vmin=0.0, vmax=100.0)
    for (row, column), value in np.ndenumerate(percent):
        if value >= 0.5:
            color = "white" if value > 50 else _style.INK
            ax.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=6, color=color)
    names = np.arange(len(percent))
    ax.set_xticks(names, names)
    ax.set_yticks(names, names)
    ax.tick_params(length=0, labelsize=_style.TEXT)
    ax.set_title("percent of each class", fontsize=_style.TEXT)
    _style.set_labels(ax, "recognised as", "class")
    return ax


def learning_curves(accuracies: Sequence[ArrayLike], *, chance: float, ax: Axes | None = None) -> Axes:
    """Shares right (epochs + 1,) before learning and after each epoch, a line for each run, and their mean."""
    runs: Floats = np.asarray([np.asarray(one, np.float64) for one in accuracies])
    ax = _style.new_panel() if ax is None else ax
    epochs = np.arange(runs.shape[1])
    for one in runs:
        ax.plot(epochs, 100.0 * one, color=_style.faint(_style.PALETTE[0]), linewidth=_style.LINE_WIDTH)
    ax.plot(
        epochs, 100.0 * runs.mean(axis=0), color=_style.PALETTE[0], marker="o", markersize=3.5,
        linewidth=1.5 * _style.LINE_WIDTH, label="mean",
    )  # fmt: skip
    ax.axhline(100.0 * chance, color=_style.GUIDE, linewidth=0.8)
    ax.annotate(
        "chance",
        (epochs[-1], 100.0 * chance),
        (0, 2),
        textcoords="offset points",
        ha="right",
        color=_style.GUIDE,
        fontsize=_style.TEXT,
    )
    ax.annotate(
        f"{100.0 * runs[:, -1].mean():.1f} %", (epochs[-1], 100.0 * runs[:, -1].mean()), (0, 5),
        textcoords="offset points", ha="right", fontsize=_style.TEXT, color=_style.PALETTE[0],
    )  # fmt: skip
    ax.set(ylim=(0.0, 100.0), xticks=epochs)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=_style.TEXT)
    _style.set_labels(ax, "epochs", "right (%)")
    return ax


def learned_classes(
    weights: ArrayLike, owners: ArrayLike, confusions: ArrayLike, accuracies: Sequence[ArrayLike]
) -> Figure:
    """What neurons learned, by class, which classes are taken for which, and how accuracy grew.

    weights     (neurons, rows, columns)
    owners      class of each neuron (neurons,), -1 for none
    confusions  how many of each class (row) were told to be of each (column)
    accuracies  one for each run: shares right before learning and after each epoch
    """
    import matplotlib.pyplot as plt

    classes = len(np.asarray(confusions))
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(9.2, 3.1), width_ratios=(1.2, 1.05, 0.85), layout="constrained"
    )
    tiles(weights, owners, classes, ax=left)
    confusion(confusions, ax=middle)
    learning_curves(accuracies, chance=1.0 / classes, ax=right)
    return figure
