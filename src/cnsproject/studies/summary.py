"""`summary`: what a person wants to look at after a run."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject import analysis, plotting
from cnsproject.checks import named_arguments, one_of
from cnsproject.errors import ArgumentError, StateError
from cnsproject.network.building import synapse_count
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.diagrams import arrows_of, nodes_of
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.pictured import is_inhibitory
from cnsproject.network.tables import Document
from cnsproject.network.telling import Names, is_built
from cnsproject.network.views import parent_of
from cnsproject.storage import write_whole
from cnsproject.studies.summary_tables import tables_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BINS = 250  # of the rates over a run
_FOLLOWED = 2000  # synapses, at most, whose weights over time are looked at
_SYNCHRONY = 5.0  # ms, bins of chi
_FORMATS = (".html", ".pdf", ".png", ".svg")


@dataclass(frozen=True)
class Activity:
    """What the recorded spikes of a population, or of a part of it, tell.

    layer        whose they are
    spikes       their number from start to stop (ms)
    rate         mean over neurons (Hz), rate_sd the standard deviation
    silent       share of neurons without a spike
    cv           mean over neurons of the coefficient of variation of their intervals; NaN where none has two
    synchrony    chi of `analysis.synchrony` in bins of 5 ms; NaN where it is not defined
    """

    layer: str
    neurons: int
    start: float
    stop: float
    spikes: int
    rate: float
    rate_sd: float
    silent: float
    cv: float
    synchrony: float


class Summary(Document):
    """A network as it was when `summary` was called: printed it is tables, `plot()` draws it, `save` keeps both.

    activity    by population: what was measured of its spikes
    neurons     in all layers
    synapses    in all connections; those that are still to be drawn count with their expected number
    time        that was simulated (ms)
    provenance  what JSON can hold: versions, machine, seed, and the network in full
    """

    def __init__(self, network: Network) -> None:
        names = Names(network)
        self.provenance: Mapping[str, Any] = network.provenance()
        self.neurons = sum(layer.n for layer in network.layers.values())
        self.synapses = sum(round(synapse_count(c) or 0) for c in network.connections.values())
        self.time = max((layer.steps for layer in network.layers.values()), default=0) * network.dt
        found = _spikes_of(network, names)
        self.activity: Mapping[str, Activity] = {
            name: _measured(one, names.of(parent_of(one.obj))) for name, one in found.items()
        }
        missing = _missing(network, self.time)
        self._page = plotting.NetworkPage(
            nodes_of(network), arrows_of(network), _run_spikes(found, network), _weights(network),
            _courses(network, names), remark=missing,
        )  # fmt: skip
        super().__init__(tables_of(network, self, missing))

    def plot(self) -> Figure:
        """A page in a new figure: diagram, raster, rates, intervals and their CV, weights; what there is of them."""
        return plotting.network_page(self._page)

    @named_arguments
    def save(self, path: str | Path) -> Path:
        """Write tables and page into a file that ends in .html, or the page alone into .pdf, .png or .svg.

        Returns the path. The file is there whole or not at all. Raises UnknownNameError for another ending.
        """
        target = Path(path)
        kind = one_of("Summary.save(path), ending", target.suffix.lower(), _FORMATS)
        if kind == ".html":
            content = self._html(target.stem, plotting.picture(self.plot(), "svg")).encode()
        else:
            content = plotting.picture(self.plot(), kind[1:])
        return write_whole(target, lambda file: file.write(content))

    def _html(self, title: str, drawn: bytes) -> str:
        address = "data:image/svg+xml;base64," + base64.b64encode(drawn).decode()
        name, width = html.escape(title), "max-width: 66rem; margin: 2rem auto; font-family: sans-serif"
        return (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title></head>\n'
            f'<body style="{width}"><h1>{name}</h1>\n<img src="{address}" alt="the network and its activity" '
            f'style="width: 100%; background: white">\n{self._repr_html_()}</body></html>\n'
        )


@named_arguments
def summary(network: Network) -> Summary:
    """What a network is made of and what it did, in tables and on a page of pictures, from what was recorded.

    The network stays as it is; nothing is built or run for it. Raises ArgumentError for what is no network, StateError
    for one without layers.
    """
    if not isinstance(network, Network):
        raise ArgumentError(
            "summary(network)", got=type(network).__name__, expected="a Network", fix="pass the network itself"
        )
    if not network.layers:
        raise StateError(
            "summary(network)", got="a network without layers", expected="at least one", fix="call net.add_layer first"
        )
    return Summary(network)


# What was recorded


@dataclass(frozen=True)
class _Recorded:
    """Spikes (ms, neuron) of a population or a part of it, from start to stop (ms)."""

    obj: Any
    times: npt.NDArray[np.float64]
    neurons: npt.NDArray[np.int64]
    start: float
    stop: float


def _spikes_of(network: Network, names: Names) -> dict[str, _Recorded]:
    """The recorded spikes by population, in the order of the layers; of several monitors that of most neurons."""
    monitors = sorted((m for m in network.monitors.values() if _has_spikes(m)), key=lambda m: -m.obj.n)
    found = {}
    for layer in network.layers.values():
        monitor = next((m for m in monitors if parent_of(m.obj) is layer), None)
        if monitor is not None:
            times, neurons = (part.numpy() for part in monitor.spikes())
            steps = monitor.times("s").numpy()
            found[names.of(monitor.obj)] = _Recorded(
                monitor.obj, times, neurons, float(steps[0]), float(steps[-1]) + network.dt
            )
    return found


def _has_spikes(monitor: Monitor) -> bool:
    """Whether there are spikes to read, of one network and no batch."""
    return "s" in monitor.state_variables and len(monitor) > 0 and not monitor._contents().is_batch


def _measured(one: _Recorded, layer: str) -> Activity:
    count, span = one.obj.n, {"start": one.start, "stop": one.stop}
    each = np.bincount(one.neurons, minlength=count) * (1e3 / (one.stop - one.start))
    variations = analysis.variation(one.times, one.neurons, count)
    known = variations[~np.isnan(variations)]
    fits = one.stop - one.start >= 2 * _SYNCHRONY
    chi = analysis.synchrony(one.times, one.neurons, count, **span, bin=_SYNCHRONY) if fits else float("nan")
    return Activity(
        layer, count, one.start, one.stop, len(one.times),
        float(each.mean()), float(each.std()), float((each == 0).mean()),
        float(known.mean()) if len(known) else float("nan"), chi,
    )  # fmt: skip


def _run_spikes(found: Mapping[str, _Recorded], network: Network) -> plotting.RunSpikes | None:
    """As the page takes them: all from the earliest to the latest of the recorded times."""
    if not found:
        return None
    start, stop = min(one.start for one in found.values()), max(one.stop for one in found.values())
    steps = max(1, round((stop - start) / network.dt / _BINS))
    return plotting.RunSpikes(
        {name: (one.times, one.neurons, one.obj.n) for name, one in found.items()},
        {name: is_inhibitory(one.obj) for name, one in found.items()},
        start, stop, steps * network.dt, 2 * steps * network.dt,
    )  # fmt: skip


def _missing(network: Network, time: float) -> str:
    """What is to be done for more to be seen; nothing when all is there."""
    if not time:
        return "Nothing was run yet: call net.run(1000)."
    recorded = [parent_of(monitor.obj) for monitor in network.monitors.values() if _has_spikes(monitor)]
    left = [name for name, layer in network.layers.items() if not any(layer is one for one in recorded)]
    if not left:
        return ""
    if any("s" in m.state_variables and m._contents().is_batch for m in network.monitors.values()):
        return (
            f"The spikes of a batch are not looked at ({', '.join(left)}): call reset_state_variables() and run again."
        )
    how = f"net.add_monitor(cns.Monitor(net.layers[{left[0]!r}], ['s']), {left[0]!r})"
    return f"No spikes were recorded of {', '.join(left)}. Before the run: {how}."


def _weights(network: Network) -> list[plotting.WeightCounts]:
    """Histograms of the weights of all connections that are built, by unit."""
    units: dict[str, list[AbstractConnection]] = {}
    for connection in network.connections.values():
        if isinstance(connection, AbstractConnection) and is_built(connection) and synapse_count(connection):
            units.setdefault(connection.arrival_unit, []).append(connection)
    found = []
    for unit, group in units.items():
        ends = [(float(v.min()), float(v.max())) for v, _ in (c.weights_with_counts() for c in group)]
        low, high = min(low for low, _ in ends), max(high for _, high in ends)
        edges = plotting.weight_edges(low, high, synapses=sum(int(synapse_count(c) or 0) for c in group))
        counts = np.zeros(len(edges) - 1)
        for connection in group:
            values, number = connection.weights_with_counts()
            counts += np.histogram(values, edges, weights=number)[0]
        found.append(plotting.WeightCounts(edges, counts, unit))
    return found


def _courses(network: Network, names: Names) -> dict[str, plotting.WeightCourse]:
    """The weights that were recorded more than once, of not more than 2000 synapses a connection."""
    found = {}
    for monitor in network.monitors.values():
        if not isinstance(monitor.obj, AbstractConnection) or "w" not in monitor.state_variables or len(monitor) < 2:
            continue
        values = monitor.get("w").reshape(len(monitor), -1)
        every = -(-values.shape[1] // _FOLLOWED)
        found[names.of(monitor.obj)] = plotting.WeightCourse(
            monitor.times("w").numpy(), values[:, ::every].numpy(), monitor.obj.arrival_unit
        )
    return found
