"""`ei_balance`: how excitatory and inhibitory input go together in a network that was run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from cnsproject import plotting
from cnsproject.analysis.balance import Balance, balance
from cnsproject.analysis.population_rates import kernel_weights
from cnsproject.checks import named_arguments, number, positive
from cnsproject.errors import ArgumentError, ParameterError, StateError, UnknownNameError, nearest
from cnsproject.network.network import Network
from cnsproject.network.synaptic import Synaptic
from cnsproject.studies.account import accounted
from cnsproject.studies.batch import F64
from cnsproject.studies.result import Quantity, Result, amount
from cnsproject.studies.theory import network_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class EIBalance(Result):
    """Excitatory and inhibitory synaptic input of the neurons of a layer.

    layer       its name
    input       what is compared: a current (nA), or of jumps the mean input that they come to, tau*jump/dt (mV)
    times       (steps,) ms
    excitation  (steps, neurons), from 0 on
    inhibition  (steps, neurons), up to 0
    balance     means, ratio, correlation and lag, see `analysis.Balance`
    smooth      standard deviation of the kernel that all of it was smoothed by (ms); 0 for none
    """

    layer: str
    input: Quantity
    times: F64
    excitation: F64
    inhibition: F64
    balance: Balance
    smooth: float

    def __str__(self) -> str:
        b, unit = self.balance, self.input.unit
        means = f"excitation {amount(b.excitation, unit, '.4g')}, inhibition {amount(b.inhibition, unit, '.4g')}"
        together = "" if np.isnan(b.peak) else f", correlation {b.peak:.2f}, inhibition follows after {b.lag:g} ms"
        return (
            f"balance of {self.layer}: {means}, ratio {b.ratio:.3f}{together} ({self.times[-1] - self.times[0]:g} ms)"
        )

    def plot(self, ax: Axes | None = None, *, neuron: int | None = 0) -> Axes:
        """Excitatory, inhibitory and net input over time; returns the axes.

        neuron  which one; None for the mean over all

        Without an `ax` of yours the correlation over the lag is drawn below. Raises ParameterError for a neuron that
        is not there.
        """
        e, i = (self._of(neuron, values) for values in (self.excitation, self.inhibition))
        whose = self.layer if neuron is None else f"neuron {neuron} of {self.layer}"
        label = f"input of {whose} ({self.input.unit})"
        if ax is not None:
            return plotting.balanced_input(self.times, e, i, ylabel=label, ax=ax)
        return plotting.balance(self.times, e, i, self.balance.lags, self.balance.correlation, ylabel=label)

    def _of(self, neuron: int | None, values: F64) -> F64:
        if neuron is None:
            return np.asarray(values.mean(axis=1))
        if not 0 <= neuron < values.shape[1]:
            raise ParameterError(
                "EIBalance.plot(neuron)", got=str(neuron), expected=f"0 to {values.shape[1] - 1}, or None for the mean",
                fix="choose one of the recorded neurons",
            )  # fmt: skip
        return values[:, neuron]

    def columns(self) -> Mapping[str, F64]:
        """Means over the neurons, over time."""
        unit, e, i = self.input.unit, self.excitation.mean(axis=1), self.inhibition.mean(axis=1)
        named = {"excitation": e, "inhibition": i, "net input": e + i}
        return {"time (ms)": self.times, **{f"{name} ({unit})": values for name, values in named.items()}}


@named_arguments
@accounted
def ei_balance(
    net: Network,
    layer: str,
    *,
    start: float = 0.0,
    smooth: float | None = None,
    max_lag: float = 20.0,
    neurons: int = 200,
) -> EIBalance:
    """How large excitatory and inhibitory input of a layer are, and how closely one follows the other.

    All connections and drives onto the layer must have been recorded while the network ran:

        for name, c in net.connections.items():
            if c.post is exc:
                net.add_monitor(cns.Monitor(c, ["current"]), name)   # ["jump"] of Delta synapses

    layer    name of the layer
    start    from when on what was recorded counts (ms)
    smooth   standard deviation of a Gaussian kernel (ms); None for 1 ms with Delta synapses and no kernel with
             currents, which are smooth by themselves
    max_lag  up to which the correlation is looked at (ms)
    neurons  how many are looked at, at most: the first ones

    What is positive counts as excitation, connection by connection. Raises StateError where a recording is missing,
    UnknownNameError for another layer, ArgumentError for synapses without a current or jump.

    Okun & Lampl 2008, Nat. Neurosci. 11:535; van Vreeswijk & Sompolinsky 1996, Science 274:1724.
    """
    network_of("ei_balance", net)
    if layer not in net.layers:
        raise UnknownNameError(
            "ei_balance(layer)", got=repr(layer), expected="the name of a layer", fix=nearest(str(layer), net.layers)
        )
    post, begin = net.layers[layer], number("ei_balance(start)", start, "ms")
    named = {name: c for name, c in net.connections.items() if c.post is post}
    jumps = {c.jumps for c in named.values()}
    if len(jumps) != 1:
        raise ArgumentError(
            f"ei_balance({layer!r})", got="no synapses" if not jumps else "jumps and currents",
            expected="synapses of one kind onto the layer", fix="use one kind of synapse for all of them",
        )  # fmt: skip
    (are_jumps,) = jumps
    scale = float(np.mean(np.asarray(getattr(post, "tau", 1.0)))) / net.dt if are_jumps else 1.0
    kernel = (1.0 if are_jumps else 0.0) if smooth is None else number("ei_balance(smooth)", smooth, "ms")
    times: F64 | None = None
    total = [np.zeros(()), np.zeros(())]
    for name, connection in named.items():
        own, values = _recorded(net, layer, name, connection, begin, neurons)
        if times is not None and not np.array_equal(times, own):
            raise StateError(
                f"ei_balance: {name!r}", got="a recording of other times than those before it",
                expected="all connections recorded over the same steps", fix="make all monitors alike",
            )  # fmt: skip
        times = own
        side = 0 if values.mean() >= 0.0 else 1
        total[side] = total[side] + scale * values
    assert times is not None
    shape = (len(times), min(neurons, post.n))
    e, i = (_smoothed(np.broadcast_to(values, shape), kernel, net.dt) for values in total)
    quantity = Quantity("I", "input" if are_jumps else "current", "mV" if are_jumps else "nA")
    run = {"seed": net.seed, "dt": net.dt, "executor": asdict(net.executor)}
    found = balance(e, i, dt=net.dt, max_lag=max_lag)
    return EIBalance(layer, quantity, times, e, i, found, kernel, provenance=run)


def _recorded(net: Network, layer: str, name: str, connection: Synaptic, start: float, neurons: int) -> tuple[F64, F64]:
    """Times and what a connection has delivered (steps, neurons) since `start`."""
    output = connection.dynamics.output
    for monitor in net.monitors.values():
        if monitor.obj is connection and output in monitor.state_variables and len(monitor):
            times = monitor.times(output).numpy()
            late = times >= start - 1e-9
            if not late.any():
                raise ParameterError(
                    "ei_balance(start)", got=f"{start:g} ms", expected=f"a time before {times[-1]:g} ms",
                    fix="run for longer, or start earlier",
                )  # fmt: skip
            values = monitor.get(output).flatten(1)[:, :neurons].numpy()
            return times[late], np.asarray(values[late], np.float64)
    raise StateError(
        f"ei_balance({layer!r})", got=f"no recording of {output!r} of the connection {name!r}",
        expected="one of every connection onto the layer, from a run",
        fix=f'before net.run: net.add_monitor(cns.Monitor(net.connections["{name}"], ["{output}"]), "{name}")',
    )  # fmt: skip


def _smoothed(values: F64, width: float, dt: float) -> F64:
    """Under a Gaussian kernel along the time; at the ends the part of it that has steps counts as all of it."""
    if width == 0.0:
        return np.array(values)
    weights, own = kernel_weights("gaussian", positive("ei_balance(smooth)", width, "ms"), dt)
    size = 1 << (len(values) + len(weights)).bit_length()
    inside = slice(own, own + len(values))
    seen = np.fft.rfft(weights, size)
    padded = np.fft.irfft(np.fft.rfft(values, size, axis=0) * seen[:, None], size, axis=0)[inside]
    share = np.convolve(np.ones(len(values)), weights)[inside]
    return np.asarray(padded / share[:, None])
