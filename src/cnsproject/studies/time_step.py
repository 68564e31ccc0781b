"""`check_dt`: does the step length matter? The same network at dt and at dt/2."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject import plotting
from cnsproject.analysis.pairs import first_times, matches
from cnsproject.checks import extra, named_arguments
from cnsproject.errors import ArgumentError
from cnsproject.network.finer import finer, fresh
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import InputPopulation
from cnsproject.network.tables import Document, Table
from cnsproject.studies.account import account

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LayerCheck:
    """What a shorter step changes in one layer. None where it is not defined, in a layer without spikes for instance.

    rate, rate_half          spikes per neuron and second (Hz) at dt and at dt/2
    change                   from dt to dt/2, in per cent of the rate at dt
    shift_median, shift_max  by how much the first spikes of neurons move (ms), of those that fire in both runs
    matched                  fraction of spikes that have a partner in the other run, of the same neuron and at most dt
                             away; every spike is the partner of one
    """

    layer: str
    neurons: int
    rate: float
    rate_half: float
    change: float | None
    shift_median: float | None
    shift_max: float | None
    matched: float | None


class DtCheck(Document):
    """What `check_dt` tells: a line for every layer, as a table, a data frame or a picture.

    dt, time  of the check (ms)
    layers    a LayerCheck for each
    provenance  what JSON can hold: circumstances, the network and its executor, and all arguments
    """

    def __init__(
        self, dt: float, time: float, layers: tuple[LayerCheck, ...], provenance: Mapping[str, Any] | None = None
    ) -> None:
        self.dt, self.time, self.layers = dt, time, layers
        self.provenance = dict(provenance or {})
        head = "Layer", "Rate (Hz)", "at dt/2", "Change (%)", "First spikes (ms)", "at most", "Matched (%)"
        rows = tuple(
            (
                each.layer, f"{each.rate:.4g}", f"{each.rate_half:.4g}", _shown(each.change, "+.2g"),
                _shown(each.shift_median), _shown(each.shift_max), _shown(each.matched and 100 * each.matched, ".1f"),
            )
            for each in layers
        )  # fmt: skip
        title = f"{time:g} ms at dt = {dt:g} ms and at dt/2"
        note = "First spikes: by how much they move, in the median over neurons and at most. Matched: spikes that have"
        note += " a partner in the other run, of the same neuron and at most dt away."
        super().__init__([Table(title, head, rows, frozenset(range(1, 7)), note)])

    def to_pandas(self) -> Any:
        """A data frame with a row for every layer. Raises MissingExtraError where pandas is not installed."""
        table = extra("pandas", "io").DataFrame([asdict(layer) for layer in self.layers])
        table.attrs.update(self.provenance)
        return table

    def plot(self, ax: Axes | None = None) -> Axes:
        """The rates of every layer at dt and at dt/2, joined by a line."""
        return plotting.pairs(
            [layer.layer for layer in self.layers],
            [layer.rate for layer in self.layers],
            [layer.rate_half for layer in self.layers],
            labels=(f"dt = {self.dt:g} ms", f"dt = {self.dt / 2:g} ms"),
            xlabel="rate (Hz)",
            ax=ax,
        )


@named_arguments
def check_dt(net: Network, time: float, inputs: Mapping[str, object] | None = None) -> DtCheck:
    """Run a network for `time` ms with its dt and with half of it, and compare rates and spikes layer by layer.

    Both runs are made by copies, from the start values, with the same parameters, weights, wiring, delays and seeds;
    the network itself is left as it is. Delays are the same in ms, but for a delay of 0 to a layer that steps earlier,
    or to itself, which is one step.

    inputs  as for `Network.run`: numbers, generators and constants serve for both; rows of an array are repeated, given
            spikes fall into the first half of their step

    What is drawn anew in every step (`xi`, WhiteNoise, Poisson drives and neurons) cannot be the same at dt/2. Where
    there is some, look at the rates; spikes will not match.
    """
    if not isinstance(net, Network):
        raise ArgumentError(
            "check_dt(net)", got=type(net).__name__, expected="a Network", fix="add the population to a network"
        )
    names = [name for name, layer in net.layers.items() if layer.dynamics is not None]
    if not names:
        raise ArgumentError(
            "check_dt(net)", got="no layer with equations", expected="at least one", fix="add a population first"
        )
    given = dict(inputs or {})
    halved = {name: _halved(net, name, value) for name, value in given.items()}
    copied = fresh(net)
    coarse, fine = _spikes(copied, names, time, given), _spikes(finer(net), names, time, halved)
    layers = [_compare(name, net.layers[name].n, coarse[name], fine[name], net.dt, time) for name in names]
    bound = inspect.signature(check_dt).bind(net, time, inputs)
    run = {"seed": net.seed, "dt": net.dt, "executor": asdict(copied.executor)}
    return DtCheck(net.dt, float(time), tuple(layers), account("check_dt", bound, run))


def _halved(net: Network, name: str, given: object) -> object:
    """An input for steps of half the length."""
    if not isinstance(given, Tensor | np.ndarray) or given.ndim == 0:
        return given
    rows = torch.as_tensor(given).repeat_interleave(2, dim=0)
    if isinstance(net.layers.get(name), InputPopulation):
        rows[1::2] = 0
    return rows


def _spikes(net: Network, names: list[str], time: float, inputs: Mapping[str, object]) -> dict[str, tuple[Ints, Ints]]:
    """Step and neuron of all spikes of some layers."""
    monitors = {name: net.add_monitor(Monitor(net.layers[name], ["s"]), name) for name in names}
    net.run(time, inputs)
    found = {}
    for name, monitor in monitors.items():
        times, neurons = monitor.spikes()
        found[name] = np.round(times.numpy() / net.dt).astype(np.int64), neurons.numpy()
    return found


def _compare(
    name: str, neurons: int, coarse: tuple[Ints, Ints], fine: tuple[Ints, Ints], dt: float, time: float
) -> LayerCheck:
    # Times in half steps of the coarse run are whole numbers in both.
    doubled = 2 * coarse[0], coarse[1]
    counts = len(coarse[0]), len(fine[0])
    rates = [count / (neurons * time * 1e-3) for count in counts]
    first = [first_times(*spikes, neurons) for spikes in (doubled, fine)]
    both = (first[0] >= 0) & (first[1] >= 0)
    shifts = np.abs(first[1] - first[0])[both] * dt / 2
    return LayerCheck(
        layer=name,
        neurons=neurons,
        rate=rates[0],
        rate_half=rates[1],
        change=100 * (counts[1] / counts[0] - 1) if counts[0] else None,
        shift_median=float(np.median(shifts)) if len(shifts) else None,
        shift_max=float(shifts.max()) if len(shifts) else None,
        matched=matches(doubled, fine, within=2) / max(counts) if any(counts) else None,
    )


def _shown(value: float | None, digits: str = ".3g") -> str:
    return "-" if value is None else f"{value:{digits}}"
