"""`network_page`: a network that was run, on one page."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.plotting import _style
from cnsproject.plotting._events import Events
from cnsproject.plotting.diagram import Arrow, Node, diagram
from cnsproject.plotting.distributions import interval_histogram, variation_distribution
from cnsproject.plotting.events import population_rates, spike_raster
from cnsproject.plotting.weights import weight_histogram, weights_over_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _TOP, _BELOW = 11.0, 5.2, 2.5  # inches
_NAMED = 4  # populations, at most, that a small panel has a legend for


@dataclass(frozen=True)
class WeightCounts:
    """How many synapses have which weight.

    edges   (bins + 1,) in `unit`, those that inhibit below 0
    counts  (bins,)
    """

    edges: ArrayLike
    counts: ArrayLike
    unit: str


@dataclass(frozen=True)
class WeightCourse:
    """Weights of a connection over time.

    times   (records,) ms
    values  (records, synapses) in `unit`
    """

    times: ArrayLike
    values: ArrayLike
    unit: str


@dataclass(frozen=True)
class RunSpikes:
    """The spikes of a run, from start to stop (ms).

    populations  name: (times (ms), neurons, count)
    inhibitory   name: whether it inhibits, which its colour tells; None for both
    bin, width   of the rates: bins, and the standard deviation of a Gaussian (ms)
    """

    populations: Mapping[str, Events]
    inhibitory: Mapping[str, bool | None]
    start: float
    stop: float
    bin: float
    width: float

    @property
    def colors(self) -> list[str]:
        """One per population."""
        return _style.colors_by_sign([self.inhibitory[name] for name in self.populations])


@dataclass(frozen=True)
class NetworkPage:
    """What is drawn: `spikes` is None where none were recorded, `remark` then says so."""

    nodes: Sequence[Node]
    arrows: Sequence[Arrow]
    spikes: RunSpikes | None = None
    weights: Sequence[WeightCounts] = ()
    courses: Mapping[str, WeightCourse] = field(default_factory=dict)
    title: str = ""
    remark: str = ""


def network_page(page: NetworkPage) -> Figure:
    """Diagram, raster and rates, and below them intervals, their CV, and weights: what there is, in a new figure."""
    import matplotlib.pyplot as plt

    small = [*_of_spikes(page), *_of_weights(page)]
    figure = plt.figure(figsize=(_WIDTH, _TOP + _BELOW * bool(small)), layout="constrained")
    try:
        parts: Any = figure.subfigures(
            1 + bool(small), 1, squeeze=False, height_ratios=[_TOP, _BELOW][: 1 + bool(small)]
        )
        _draw_top(page, parts[0, 0])
        if small:
            for draw, ax in zip(small, parts[1, 0].subplots(1, len(small), squeeze=False)[0], strict=True):
                _plain(ax)
                draw(ax)
        figure.suptitle(page.title, fontsize=_style.TEXT)
    except BaseException:
        plt.close(figure)  # an error leaves no half of a figure behind
        raise
    return figure


def picture(figure: Figure, kind: str) -> bytes:
    """The content of a file of some kind, "png", "svg" or "pdf"; the figure is closed."""
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    # No date in the file: the same figure gives the same bytes.
    metadata: Any = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    try:
        figure.savefig(buffer, format=kind, dpi=200, metadata=metadata)
    finally:
        plt.close(figure)
    return buffer.getvalue()


def _draw_top(page: NetworkPage, part: Any) -> None:
    """The diagram, and beside it raster and rates over one time axis."""
    spikes = page.spikes
    if spikes is None:
        ax = part.subplots()
        diagram(page.nodes, page.arrows, ax=ax)
        ax.set_title(page.remark, fontsize=_style.TEXT, color=_style.GUIDE)
        return
    left, right = part.subfigures(1, 2, width_ratios=[1.0, 1.25])
    diagram(page.nodes, page.arrows, ax=left.subplots())
    top, middle = right.subplots(2, 1, sharex=True, height_ratios=[2.0, 1.0])
    for ax in (top, middle):
        _plain(ax)
    span: Any = {"start": spikes.start, "stop": spikes.stop, "colors": spikes.colors}
    spike_raster(spikes.populations, **span, ax=top)
    top.set_xlabel("")
    top.tick_params(labelbottom=False)
    population_rates(spikes.populations, **span, bin=spikes.bin, kernel="gaussian", width=spikes.width, ax=middle)


def _of_spikes(page: NetworkPage) -> list[Any]:
    spikes = page.spikes
    if spikes is None:
        return []
    span: Any = {"start": spikes.start, "stop": spikes.stop, "colors": spikes.colors}

    def panel(draw: Any) -> Any:
        def into(ax: Axes) -> None:
            draw(spikes.populations, **span, ax=ax)
            legend = ax.get_legend()
            if legend is not None and len(spikes.populations) > _NAMED:
                legend.remove()
                ax.set_ylim(0.0, 1.05 * ax.dataLim.ymax)

        return into

    return [panel(interval_histogram), panel(variation_distribution)]


def _of_weights(page: NetworkPage) -> list[Any]:
    def counted(one: WeightCounts) -> Any:
        def into(ax: Axes) -> None:
            edges, counts = np.asarray(one.edges, np.float64), np.asarray(one.counts, np.float64)
            middles = 0.5 * (edges[1:] + edges[:-1])
            weight_histogram(middles, counts=counts, bins=edges, unit=one.unit, log=_spread(counts), ax=ax)
            _style.note(ax, "all synapses")

        return into

    def followed(name: str, one: WeightCourse) -> Any:
        def into(ax: Axes) -> None:
            weights_over_time(one.times, one.values, unit=one.unit, ax=ax)
            _style.note(ax, name)

        return into

    return [*(counted(one) for one in page.weights), *(followed(name, one) for name, one in page.courses.items())]


def _spread(counts: np.ndarray[Any, Any]) -> bool:
    """Whether bars differ so much that the smaller ones would not be seen."""
    there = counts[counts > 0]
    return len(there) > 0 and there.max() > 50 * np.median(there)


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=_style.TEXT)
