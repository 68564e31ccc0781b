"""What populations do by theory and in a simulation: rates, input, eigenvalues, regimes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import to_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def stationary_rates(
    names: Sequence[str],
    states: Sequence[ArrayLike],
    stable: Sequence[bool],
    measured: ArrayLike,
    *,
    xlabel: str,
    ax: Axes | None = None,
) -> Axes:
    """A row for each population: circles for stationary states, filled if stable, and a line for what was measured.

    states    rates (populations,) of each state
    stable    whether each of them is
    measured  (populations,); NaN for none

    Raises ShapeError unless there is a value for each population.
    """
    seen, y = np.asarray(measured, np.float64), np.arange(len(names))
    for what, values in (("measured", seen), *((f"states[{k}]", np.asarray(s)) for k, s in enumerate(states))):
        if values.shape != (len(names),):
            raise ShapeError(
                f"stationary_rates.{what}", got=f"shape {values.shape}", expected=f"({len(names)},), one per name",
                fix="give one each",
            )  # fmt: skip
    ax = _style.new_panel() if ax is None else ax
    known = np.isfinite(seen)
    if known.any():
        ax.vlines(seen[known], y[known] - 0.3, y[known] + 0.3, color=_style.INK, linewidth=2.0, label="measured")
    color = _style.PALETTE[0]
    for wanted, face in ((True, color), (False, "white")):
        chosen = [np.asarray(state, np.float64) for state, good in zip(states, stable, strict=True) if good is wanted]
        if chosen:
            kind = "predicted, stable" if wanted else "predicted, unstable"
            ax.plot(
                np.concatenate(chosen), np.tile(y, len(chosen)), linestyle="none", marker="o", markersize=8.0,
                color=color, markerfacecolor=face, label=kind, zorder=3, clip_on=False,
            )  # fmt: skip
    ax.set_yticks(y, names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    most = max(
        (float(np.max(values)) for values in (*map(np.asarray, states), seen[known]) if values.size), default=0.0
    )
    ax.set_xlim(0.0, 1.08 * max(most, 1e-12))
    _style.set_labels(ax, xlabel, "")
    return ax


def balanced_input(
    times: ArrayLike,
    excitation: ArrayLike,
    inhibition: ArrayLike,
    *,
    ylabel: str,
    level: float | None = None,
    level_name: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Excitatory, inhibitory and net input (points,) over time (ms), around a line at 0.

    level  a value to compare the net input with, such as what reaches the threshold, called `level_name`
    """
    t, e, i = (to_array(values, f"balanced_input.{name}") for name, values in
               (("times", times), ("excitation", excitation), ("inhibition", inhibition)))  # fmt: skip
    if not t.ndim == e.ndim == i.ndim == 1 or not t.shape == e.shape == i.shape:
        raise ShapeError(
            "balanced_input", got=f"shapes {t.shape}, {e.shape} and {i.shape}", expected="(points,) of all three",
            fix="take one neuron, or the mean over neurons",
        )  # fmt: skip
    ax = _style.new_panel() if ax is None else ax
    ax.axhline(0.0, color=_style.GUIDE, linewidth=0.6, zorder=1)
    if level is not None:
        ax.axhline(level, color=_style.GUIDE, linewidth=1.0, linestyle=(0.0, (3.0, 2.0)), label=level_name, zorder=1)
    for values, name, color in (
        (e, "excitatory", _style.PALETTE[1]), (i, "inhibitory", _style.PALETTE[0]), (e + i, "net", _style.INK)
    ):  # fmt: skip
        ax.plot(t, values, color=color, linewidth=0.9 * _style.LINE_WIDTH, label=name)
    ax.set_xlim(t[0], t[-1])
    _style.set_labels(ax, "time (ms)", ylabel)
    return ax


def eigenvalues(values: ArrayLike, radius: float, *, unit: str = "", ax: Axes | None = None) -> Axes:
    """Eigenvalues (n,), complex, in the plane, and the circle that theory predicts for nearly all of them.

    unit  of a weight, for the axes
    """
    z = np.asarray(values, np.complex128)
    ax = _style.new_panel() if ax is None else ax
    angle = np.linspace(0.0, 2.0 * np.pi, 200)
    ax.plot(
        radius * np.cos(angle), radius * np.sin(angle), color=_style.THEORY, linewidth=3.0, label="predicted", zorder=1
    )
    ax.plot(
        z.real, z.imag, linestyle="none", marker="o", markersize=3.0 if len(z) > 30 else 6.0, color=_style.PALETTE[0],
        label="eigenvalues", zorder=2, clip_on=False,
    )  # fmt: skip
    ax.set_aspect("equal", adjustable="datalim")
    behind = f" ({unit})" if unit else ""
    _style.set_labels(ax, f"real part{behind}", f"imaginary part{behind}")
    return ax


def balance(
    times: ArrayLike,
    excitation: ArrayLike,
    inhibition: ArrayLike,
    lags: ArrayLike,
    correlation: ArrayLike,
    *,
    ylabel: str,
) -> Axes:
    """`balanced_input` in a new figure above the correlation (lags,) over the lag (ms); returns the upper axes."""
    import matplotlib.pyplot as plt

    _, (above, below) = plt.subplots(2, 1, figsize=(6.4, 4.6), height_ratios=[1.6, 1.0], layout="constrained")
    for ax in (above, below):
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=_style.TEXT)
    balanced_input(times, excitation, inhibition, ylabel=ylabel, ax=above)
    above.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, frameon=False, fontsize=_style.TEXT, **_style.LEGEND
    )
    below.axhline(0.0, color=_style.GUIDE, linewidth=0.6, zorder=1)
    below.axvline(0.0, color=_style.GUIDE, linewidth=0.6, zorder=1)
    below.plot(lags, correlation, color=_style.PALETTE[2], linewidth=_style.LINE_WIDTH)
    below.set_xlim(np.min(lags), np.max(lags))
    _style.set_labels(below, "inhibition after excitation (ms)", "correlation")
    upper: Axes = above
    return upper
