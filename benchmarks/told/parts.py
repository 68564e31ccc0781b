"""Where the microcircuit's time goes, and how far it is from what memory alone takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from benchmarks.microcircuit_shares import HOW, NAME
from benchmarks.microcircuit_shares_run import ROUNDS
from benchmarks.told import where
from cnsproject.plotting import colors

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["NAME", "TEXTS", "figure"]

Record = dict[str, Any]
JOINED = {
    "update of neurons": ("update",),
    "listing segments": ("listing segments",), "adding segments": ("adding segments",),
    "waiting": ("waiting",), "recording": ("listing spikes", "recording"), "rest": ("other kernels", "rest"),
}  # fmt: skip


def parts(record: Record) -> str:
    """A table of shares and floors, and what is counted where."""
    if not record["weights"]:
        return "\n".join(f"{kind}: could not run: {why}" for kind, why in record["why_not"].items())
    rows = list(_rows(record))
    head = ["weights, threads", "s per biological s", *JOINED]
    table = [_line(head), "|---" * len(head) + "|"]
    for kind, one in rows:
        shares = (f"{100 * taken / one['stamped']:.0f} %" for taken in _parts(one).values())
        table.append(_line([f"{kind}, {one['threads']}", f"{one['seconds']:.2f}", *shares]))
    head = ["weights, threads", "GB per biological s", *(f"memory {how} (GB/s)" for how in HOW)]
    head += [f"{name} / floor {how}" for how in HOW for name in ("whole", "adding")]
    floors = [_line(head), "|---" * len(head) + "|"]
    for kind, one in rows:
        cells = [f"{kind}, {one['threads']}", f"{one['bytes'] / 1e9:.2f}"]
        cells += [f"{one[f'bandwidth {how}'] / 1e9:.1f}" for how in HOW]
        adding = one["parts"]["adding segments"]
        cells += [f"{taken / one[f'floor {how}']:.1f}" for how in HOW for taken in (one["seconds"], adding)]
        floors.append(_line(cells))
    first = next(iter(record["weights"].values()))
    slower = [100 * (one["stamped"] / one["seconds"] - 1) for _, one in rows]
    lengths = sorted(one["mean segment"] for _, one in rows)
    intro = (
        f"Scale {record['scale']:g}, {first['synapses'] / 1e6:.0f} million synapses, on {where(record)}. "
        "The clock is read between the native kernels, which changed the time by "
        f"{min(slower):+.0f} to {max(slower):+.0f} %; of {ROUNDS} runs the fastest counts. Waiting is that of one "
        "thread for the other, recording the listing of spikes and handing them to the monitor, the rest planning and "
        "what lies between kernels. Shares of two threads are means."
    )
    mean = " to ".join(dict.fromkeys(f"{length}" for length in (lengths[0], lengths[-1])))
    below = (
        "The floor is the time in which memory hands over the targets (2 bytes) and weights (2 or 4) of the synapses "
        "that spikes meet, read in order, or in segments of the network's mean length "
        f"({mean} synapses, for a thread) at random places, asked for as far ahead as a "
        "delivery does, by as many threads."
    )
    return "\n".join([intro, "", *table, "", below, "", *floors])


TEXTS = {"parts": parts}


def _rows(record: Record) -> Iterator[tuple[str, Record]]:
    for kind, found in record["weights"].items():
        for one in found["threads"]:
            yield kind, one


def _parts(one: Record) -> dict[str, float]:
    return {name: sum(one["parts"][part] for part in joined) for name, joined in JOINED.items()}


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def figure(record: Record) -> Figure:
    """A bar for each kind of weights and number of threads, and its floors."""
    import matplotlib.pyplot as plt

    rows = list(_rows(record))
    figure, ax = plt.subplots(figsize=(7.2, 0.9 + 0.45 * len(rows)), layout="constrained")
    shades = dict(zip(JOINED, colors(len(JOINED)), strict=True))
    for place, (_, one) in enumerate(rows):
        left = 0.0
        for name, taken in _parts(one).items():
            ax.barh(place, taken, left=left, color=shades[name], height=0.6, label=name if not place else None)
            left += taken
        for how, style in zip(HOW, ("-", ":"), strict=True):
            label = f"floor, memory {how}" if not place else None
            ax.plot([one[f"floor {how}"]] * 2, [place - 0.42, place + 0.42], style, color="black", label=label)
    names = [f"{kind}, {one['threads']} thread{'s' * (one['threads'] > 1)}" for kind, one in rows]
    ax.set_yticks(range(len(rows)), names, fontsize="small")
    ax.invert_yaxis()
    ax.set_xlabel(f"wall time of a biological second at scale {record['scale']:g} (s)", fontsize="small")
    ax.tick_params(labelsize="small")
    ax.spines[["top", "right"]].set_visible(False)
    figure.supxlabel(where(record), fontsize="x-small", color="#777777")
    figure.legend(loc="outside upper center", ncols=4, frameon=False, fontsize="x-small")
    return figure
