"""Pictures of learning: how pairs of spikes change a weight, and what became of weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Scalar
from cnsproject.plotting.neurons import _points
from cnsproject.plotting.sets import label_sets, open_sets, stacked
from cnsproject.plotting.weights import weights_over_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


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


@dataclass(frozen=True)
class LearnedPatterns:
    """What two neurons learned of two patterns; the first half of the inputs belongs to the first pattern.

    times    (records,) ms
    values   (records, inputs, 2) weights (nA)
    answers  (2, 2) spikes of each neuron at each pattern
    """

    times: ArrayLike
    values: ArrayLike
    answers: ArrayLike


def learned_patterns(runs: Mapping[str, LearnedPatterns], *, patterns: Sequence[str], most: Scalar = 1.0) -> Figure:
    """Weights of both neurons over time, the last of them by input, and the neurons' answers; a column for each run.

    patterns  their names
    most      the largest weight (nA)
    """
    heights = (1.0, 1.0, 0.8, 0.8)
    figure, (place,) = stacked([(0.6 + 2.4 * len(runs), 1.2 + 1.5 * sum(heights))])
    panels = open_sets(place, len(runs), heights)
    for (title, run), column in zip(runs.items(), panels, strict=True):
        column[0].set_title(title, fontsize=_style.TEXT)
        learned_weights(run, column[:2], patterns=patterns, most=most)
        _last_weights(np.asarray(run.values)[-1], column[2])
        _answers(np.asarray(run.answers), patterns, column[3])
    label_sets(figure, panels, (), named=(0, 3), bare=1)
    return figure


def learned_weights(run: LearnedPatterns, axes: Sequence[Axes], *, patterns: Sequence[str], most: Scalar = 1.0) -> None:
    """The weights of each neuron over time, in one axes each."""
    values = np.asarray(run.values)
    half = values.shape[1] // 2
    for k, ax in enumerate(axes):
        for name, part, color in zip(
            patterns, (values[:, :half, k], values[:, half:, k]), _style.PALETTE, strict=False
        ):
            weights_over_time(
                run.times, part, quartiles=False, single=None, label=f"inputs of {name}", color=color, ax=ax
            )
        ax.set_ylim(0.0, 1.02 * float(most))
        ax.set_ylabel(f"neuron {k + 1}\nweights (nA)", fontsize=_style.TEXT)


_NEURONS = ("#009E73", "#CC79A7")
"""Colours that no pattern has."""


def _last_weights(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], ax: Axes) -> None:
    for k, (color, marker) in enumerate(zip(_NEURONS, "os", strict=True)):
        ax.plot(np.arange(len(values)), values[:, k], linestyle="none", marker=marker, markersize=2.5, color=color)
    ax.axvline(len(values) / 2 - 0.5, color=_style.GUIDE, linewidth=0.8)
    _style.set_labels(ax, "input", "last\nweights (nA)")


def _answers(answers: np.ndarray[tuple[int, ...], np.dtype[np.float64]], patterns: Sequence[str], ax: Axes) -> None:
    places = np.arange(len(patterns))
    for k, color in enumerate(_NEURONS):
        ax.bar(places + 0.36 * (k - 0.5), answers[k], width=0.32, color=color, label=f"neuron {k + 1}")
    ax.set_xticks(places, [f"pattern {name}" for name in patterns])
    _style.set_labels(ax, "", "spikes\nper show")


@dataclass(frozen=True)
class RewardedPatterns:
    """What two neurons learned from rewards.

    learned      what became of the weights
    rewards      (points,) so far
    punishments  (points,) so far
    dopamine     (points,) 1/ms
    every        ms from point to point; the first is after the first such time
    """

    learned: LearnedPatterns
    rewards: ArrayLike
    punishments: ArrayLike
    dopamine: ArrayLike
    every: float


def rewarded_patterns(runs: Mapping[str, RewardedPatterns], *, patterns: Sequence[str], most: Scalar = 1.0) -> Figure:
    """Weights of both neurons, rewards and punishments so far, dopamine, and answers; a column for each run.

    patterns  their names
    most      the largest weight (nA)
    """
    heights = (1.0, 1.0, 0.8, 0.7, 0.8)
    figure, (place,) = stacked([(0.6 + 2.4 * len(runs), 1.2 + 1.4 * sum(heights))])
    panels = open_sets(place, len(runs), heights)
    for (title, run), column in zip(runs.items(), panels, strict=True):
        column[0].set_title(title, fontsize=_style.TEXT)
        learned_weights(run.learned, column[:2], patterns=patterns, most=most)
        _rewards(run, *column[2:4])
        _answers(np.asarray(run.learned.answers), patterns, column[4])
    label_sets(figure, panels, (), named=(0, 2, 4), bare=3)
    return figure


def _rewards(run: RewardedPatterns, total: Axes, level: Axes) -> None:
    """Sums over time, and dopamine."""
    rewards, punishments, dopamine = (np.asarray(v, float) for v in (run.rewards, run.punishments, run.dopamine))
    seconds = np.arange(1, len(rewards) + 1) * run.every * 1e-3
    for values, name, dash in ((rewards, "rewards", "-"), (punishments, "punishments", "--")):
        total.plot(seconds, values, color=_style.INK, linestyle=dash, linewidth=_style.LINE_WIDTH, label=name)
    level.plot(seconds[: len(dopamine)], 1e3 * dopamine, color=_style.PALETTE[4], linewidth=_style.LINE_WIDTH)
    level.axhline(0.0, color=_style.GUIDE, linewidth=0.8, zorder=1.0)
    for ax in (total, level):
        ax.set_xlim(0.0, float(seconds[-1]))
    _style.set_labels(total, "time (s)", "rewards so far\n(spikes)")
    _style.set_labels(level, "time (s)", "dopamine\n(1/s)")
