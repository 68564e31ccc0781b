"""The microcircuit's statistics beside NEST's: a table of means, what the distances say, and both as a figure."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.distributions import MEASURES, PAIRED
from benchmarks.microcircuit_statistics import CONTROL, NAME, NEST, OURS
from cnsproject.experiments.microcircuit_tables import NAMES, RATES
from cnsproject.plotting import colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["NAME", "TEXTS", "figure"]

Record = dict[str, Any]
LEVEL = 0.05


def rates(record: Record) -> str:
    """A table of mean rates."""
    found, lines = record["distributions"], [f"| scale {record['scale']:g} | {' | '.join(NAMES)} |"]
    lines.append("|---" * (1 + len(NAMES)) + "|")
    for who, name in ((OURS, "here (Hz)"), (NEST, f"NEST {_version(record)} (Hz)")):
        if who not in record["why_not"]:
            lines.append(f"| {name} | {' | '.join(_mean(found[p]['rate'][who]) for p in NAMES)} |")
    lines.append(f"| published, full network (Hz) | {' | '.join(f'{rate:.2f}' for rate in RATES)} |")
    return "\n".join(lines)


def distances(record: Record) -> str:
    """How far apart, and whether it is more than chance."""
    runs, cells = len(record["seeds"]), len(NAMES) * len(MEASURES)
    text = [
        f"Each ran with {runs} seeds, {record['biological seconds']:g} s after {record['settled']:g} ms, at scale "
        f"{record['scale']:g}, with synapses and start potentials of its own. Compared are, in each population, the "
        "distributions over neurons of the rate and of the CV of the intervals (of neurons with 3 spikes or more), and "
        f"over pairs of {PAIRED} neurons (of those that fired) of the correlation of spike counts in bins of 2 ms, as "
        "by van Albada et al. (2018, Front. Neuroinform. 12:291). The table has the Kolmogorov-Smirnov distance of a "
        "run here from a run of NEST, the mean over all pairs of runs, and in brackets that of two seeds of the same "
        "simulator, first here, then NEST's: that much is chance."
    ]
    if record["why_not"]:
        return "\n".join([*text, "", *(f"{who} could not run: {why}" for who, why in record["why_not"].items())])
    found = record["distributions"]
    text += ["", f"| | {' | '.join(MEASURES.values())} |", "|---" * (1 + len(MEASURES)) + "|"]
    for population in NAMES:
        parts = (_cell(found[population][measure]) for measure in MEASURES)
        text.append(f"| {population} | {' | '.join(parts)} |")
    low, expected = _below(record, NEST), LEVEL * cells
    smallest = min(found[p][m][NEST]["from ours"]["p"] for p in NAMES for m in MEASURES)
    below = np.array([found[p][m][NEST]["from ours"]["ks p"] for p in NAMES for m in MEASURES]) < LEVEL
    text += [
        "",
        f"Whether two simulators differ is asked by exchanging which of the {2 * runs} runs belong to whom, in all "
        f"{comb(2 * runs, runs) // 2} ways; this takes neurons for what they are, not independent. Of the {cells} "
        f"comparisons {low} {'has' if low == 1 else 'have'} p < {LEVEL:g} (by chance about {expected:.1f} would), and "
        f"the smallest p is {smallest:.2g}. (The test's own p, for independent values, is below {LEVEL:g} "
        f"in {100 * np.mean(below):.0f} % of the pairs of a run here and one of NEST.) The same comparison of this "
        "network with itself under Poisson drive, a difference that is there, finds it in "
        f"{_below(record, CONTROL)} of {cells}.",
    ]
    return "\n".join(text)


TEXTS = {"rates": rates, "distances": distances}


def _below(record: Record, who: str) -> int:
    found = record["distributions"]
    return sum(found[p][m][who]["from ours"]["p"] < LEVEL for p in NAMES for m in MEASURES)


def _cell(one: Record) -> str:
    within = [np.mean(one[who]["between seeds"]) for who in (OURS, NEST)]
    return f"{np.mean(one[NEST]['from ours']['distances']):.3f} ({within[0]:.3f}, {within[1]:.3f})"


def _mean(one: Record) -> str:
    return f"{one['mean']:.2f}"


def _version(record: Record) -> str:
    return ".".join(record["versions"].get("nest", "").split(".")[:2])


def figure(record: Record) -> Figure:
    """Above the distributions, here and in NEST; below how far runs are apart."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, len(MEASURES), figsize=(8.4, 4.8), layout="constrained", sharex=True)
    there = [who for who in (OURS, NEST) if who not in record["why_not"]]
    shown = dict(zip(there, colors(len(there)), strict=True))
    for column, (measure, label) in enumerate(MEASURES.items()):
        found = [record["distributions"][population][measure] for population in NAMES]
        _boxes(axes[0, column], found, shown)
        _dots(axes[1, column], found, shown)
        axes[0, column].set_ylabel(label, fontsize="small")
        axes[1, column].set_xticks(range(len(NAMES)), NAMES, fontsize="x-small")
        axes[1, column].set_xlabel("population", fontsize="small")
    axes[1, 0].set_ylabel("KS distance of two runs", fontsize="small")
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize="small")
        ax.tick_params(axis="x", labelsize="x-small")
    named = {name: handle for ax in (axes[0, 0], axes[1, 0]) for handle, name in zip(*_legend(ax), strict=True)}
    figure.legend(
        named.values(), named.keys(), loc="outside upper center", ncols=len(named), frameon=False, fontsize="small"
    )
    return figure


def _legend(ax: Axes) -> tuple[list[Any], list[str]]:
    return ax.get_legend_handles_labels()


def _boxes(ax: Axes, found: list[Record], shown: dict[str, str]) -> None:
    """Quartiles, and whiskers from 5 % to 95 %."""
    for k, (who, color) in enumerate(shown.items()):
        stats = [
            {"med": one[who]["50 %"], "q1": one[who]["25 %"], "q3": one[who]["75 %"], "whislo": one[who]["5 %"],
             "whishi": one[who]["95 %"], "fliers": []} for one in found
        ]  # fmt: skip
        places = [place + 0.36 * (k - 0.5 * (len(shown) - 1)) for place in range(len(found))]
        drawn = ax.bxp(
            stats, positions=places, widths=0.3, showfliers=False, patch_artist=True, manage_ticks=False,
            medianprops={"color": "black"}, boxprops={"linewidth": 0.6}, whiskerprops={"linewidth": 0.8},
            capprops={"linewidth": 0.8},
        )  # fmt: skip
        for box in drawn["boxes"]:
            box.set_facecolor(color)
        drawn["boxes"][0].set_label(who)


def _dots(ax: Axes, found: list[Record], shown: dict[str, str]) -> None:
    """A dot for each pair of runs."""
    groups = [
        (f"two seeds, {who}", color, "o", [one[who]["between seeds"] for one in found]) for who, color in shown.items()
    ]
    if NEST in shown:
        both = [one[NEST]["from ours"]["distances"] for one in found]
        groups.insert(1, (f"{OURS} and {NEST}", "black", "x", both))
    for k, (label, color, marker, values) in enumerate(groups):
        shift = 0.26 * (k - 0.5 * (len(groups) - 1))
        x = np.concatenate([np.full(len(one), place + shift) for place, one in enumerate(values)])
        ax.plot(x, np.concatenate(values), marker, color=color, markersize=2.6, markeredgewidth=0.7, label=label)
    ax.set_ylim(bottom=0.0)
