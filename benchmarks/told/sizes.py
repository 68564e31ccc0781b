"""Synaptic events per second against the size of a network: what the curves reach, and the curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.scaling import NAME
from benchmarks.told import where
from cnsproject.plotting import colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["NAME", "TEXTS", "figure"]

Record = dict[str, Any]
TITLES = {"balanced": "balanced random network", "microcircuit": "microcircuit"}
MARKERS = {1: ("o", "-"), 2: ("s", "--")}  # by threads


def curves(record: Record) -> str:
    """For each curve its smallest and largest network, and why it ends."""
    head = ["network", "who", "threads", "synapses", "10⁶ events/s", "largest", "10⁶ events/s", "built in (s)"]
    table = [_line(head), "|---" * len(head) + "|"]
    ends = []
    for name, points in _curves(record).items():
        found = [point for point in points if not point["why_not"]]
        missing = next((point["why_not"] for point in points if point["why_not"]), "")
        if missing:
            ends.append(f"{name}: {missing}")
        if found:
            first, last = found[0], found[-1]
            built = f"{last['built in']:.1f}" if "built in" in last else "–"
            cells = [TITLES[first["network"]], first["who"], f"{first['threads']}", _power(first), _speed(first)]
            table.append(_line([*cells, _power(last), _speed(last), built]))
    text = [
        f"On {where(record)}, wall time of stepping only; a point has a "
        f"budget of {record['budget']:g} s with building.",
        "", *table,
    ]  # fmt: skip
    if ends:
        text += ["", "Left out:", "", *(f"- {end}" for end in ends)]
    return "\n".join(text)


TEXTS = {"curves": curves}


def _curves(record: Record) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for point in record["points"]:
        found.setdefault(point["curve"], []).append(point)
    return found


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _power(point: Record) -> str:
    number, _, power = f"{point['synapses']:.0e}".partition("e")
    raised = str(int(power)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{number}·10{raised}"


def _speed(point: Record) -> str:
    return f"{point['events per second'] / 1e6:.3g}"


def figure(record: Record) -> Figure:
    """A panel for each network; a colour for each simulator, a marker for each number of threads."""
    import matplotlib.pyplot as plt

    found = [point for point in record["points"] if not point["why_not"]]
    titles = {network: title for network, title in TITLES.items() if any(p["network"] == network for p in found)}
    figure, axes = plt.subplots(1, len(titles), figsize=(8.0, 3.6), layout="constrained", sharey=True, squeeze=False)
    who = list(dict.fromkeys(point["who"].partition(",")[0] for point in record["points"]))
    shades = dict(zip(who, colors(len(who)), strict=True))
    for ax, (network, title) in zip(axes[0], titles.items(), strict=True):
        for points in _curves(record).values():
            own = [point for point in points if not point["why_not"] and point["network"] == network]
            if own:
                _curve(ax, own, shades[own[0]["who"].partition(",")[0]])
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_title(title, fontsize="small")
        ax.set_xlabel("synapses", fontsize="small")
        ax.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
        ax.tick_params(labelsize="small")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel("synaptic events per second of wall time", fontsize="small")
    named = {name: handle for ax in axes.flat for handle, name in zip(*ax.get_legend_handles_labels(), strict=True)}
    named = dict(sorted(named.items(), key=lambda entry: who.index(entry[0].partition(",")[0])))
    figure.supxlabel(where(record), fontsize="x-small", color="#777777")
    figure.legend(
        named.values(),
        named.keys(),
        loc="outside upper center",
        ncols=len(who),
        frameon=False,
        fontsize="small",
    )
    return figure


def _curve(ax: Axes, points: list[Record], color: str) -> None:
    marker, line = MARKERS[points[0]["threads"]]
    name, threads = points[0]["who"].partition(",")[0], points[0]["threads"]
    ax.plot(
        [point["synapses"] for point in points], [point["events per second"] for point in points], line, color=color,
        marker=marker, markersize=4, linewidth=1.2, label=f"{name}, {threads} thread{'s' * (threads > 1)}",
    )  # fmt: skip
