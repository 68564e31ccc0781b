"""The report's experiment: two populations of leaky integrate-and-fire neurons, p1 and p2, each driving the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject import plotting
from cnsproject.experiments.base import (
    Outcome,
    Prepared,
    Progress,
    Table,
    account,
    read_text,
    seed_of,
    since_last,
    unknown_parameter,
)
from cnsproject.experiments.measures import measure
from cnsproject.network.connections import DenseConnection
from cnsproject.network.integrate_and_fire import LIFPopulation
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.utils import random_step_function, step_function

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Input = Literal["step", "random"]
Pair = tuple[LIFPopulation, LIFPopulation]
NAMES = ("p1", "p2")
BY_HAND = "by hand"  # what an outcome calls the loop that no executor runs
_TELL_EVERY = 100  # steps between two reports of progress


@dataclass(frozen=True)
class Parameters:
    """All that defines a run. p1 has 0.8 of the neurons, p2 the rest; numbers at the end name the population.

    time          steps of the run
    scale         steps; the step current starts at 5*scale
    dt            length of a step (ms)
    neurons       in both populations together
    I_value       amplitude of a step, or bound of random pulses (nA)
    input         current of p1: "step", or "random" pulses
    input2        current of p2; "same" is that of p1
    R             membrane resistance (MOhm)
    C             membrane capacitance (nF)
    threshold     where a spike is made (mV)
    connected     whether the populations are connected at all
    sign          of both connections: -1 inhibits, +1 excites
    J1            total weight of the connection from p1 to p2 (nA)
    J2            total weight of the connection from p2 to p1 (nA)
    tau_s1        time constant of the current from p1 (ms)
    tau_s2        time constant of the current from p2 (ms)
    trace_scale1  factor on what a spike of p1 adds to its current
    trace_scale2  factor on what a spike of p2 adds to its current
    """

    time: int = 1500
    scale: int = 100
    dt: float = 1.0
    neurons: int = 20
    I_value: float = 3.0
    input: Input = "step"
    input2: Literal["same", "step", "random"] = "same"
    R: float = 10.0
    C: float = 10.0
    threshold: float = -55.0
    connected: bool = True
    sign: Literal[-1, 1] = -1
    J1: float = 2.0
    J2: float = 2.0
    tau_s1: float = 10.0
    tau_s2: float = 10.0
    trace_scale1: float = 1.0
    trace_scale2: float = 1.0

    def changed(self, settings: Mapping[str, str]) -> Parameters:
        """A copy with the named parameters set from text; raises UnknownNameError or ParameterError."""
        hints = get_type_hints(Parameters)
        values = {}
        for name, text in settings.items():
            if name not in hints:
                raise unknown_parameter(name, hints)
            values[name] = read_text(name, text, hints[name])
        return dataclasses.replace(self, **values)

    def differences(self, other: Parameters) -> dict[str, tuple[Any, Any]]:
        """name: (other's value, own value) of the parameters that differ."""
        pairs = {f.name: (getattr(other, f.name), getattr(self, f.name)) for f in dataclasses.fields(self)}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True)
class Recording(Outcome):
    """What a run gave: spikes (neurons, steps), potentials u in mV and currents in nA (steps, neurons)."""

    parameters: Parameters
    s1: npt.NDArray[np.bool_]
    s2: npt.NDArray[np.bool_]
    u1: npt.NDArray[np.float32]
    u2: npt.NDArray[np.float32]
    I1: npt.NDArray[np.float32]
    I2: npt.NDArray[np.float32]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays by name."""
        others = ("parameters", "provenance")
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in others}

    def figure(self) -> Figure:
        """Activity, raster and input of both populations."""
        populations = [("p1", self.s1, self.I1), ("p2", self.s2, self.I2)]
        return plotting.population_activity(populations, dt=self.parameters.dt)

    def table(self) -> Table:
        """First spike, period, spikes, rate and lag, as `measures.measure` defines them."""
        m = measure(self)
        rows = (
            ("first spike (step)", m.p1.first_spike, m.p2.first_spike),
            ("period (steps)", m.p1.period, m.p2.period),
            ("spikes per neuron", m.p1.spikes_per_neuron, m.p2.spikes_per_neuron),
            ("mean rate (Hz)", m.p1.mean_rate, m.p2.mean_rate),
            ("lag p1 to p2 (steps)", "", m.lag),
        )
        return Table(("", "p1", "p2"), rows)


def run(
    parameters: Parameters, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None
) -> Recording:
    """Simulate: step both populations by hand, as the report does, or in a `Network` on a named executor.

    rng is a seed, a numpy Generator or None (SPEC 7); `progress` is called with the number of steps just made. The
    spikes are the same either way.
    """
    p = parameters
    rng = seed_of(rng)
    currents = _currents(p, rng)
    # By hand the sign stands in the loop, in a network it belongs to the populations.
    populations, connections = _made(p, inhibitory=executor is not None and p.sign < 0)
    monitors = [Monitor(population, ["s", "u"]) for population in populations]
    for monitor in monitors:
        monitor.set_time_steps(p.time * p.dt, p.dt)
    if executor:
        net = _joined(p, populations, connections)
        for name, monitor in zip(NAMES, monitors, strict=True):
            net.add_monitor(monitor, name)
        inputs = dict(zip(NAMES, currents, strict=True))
        net.run(p.time * p.dt, inputs, executor=executor, progress=since_last(progress))
    else:
        _step_by_hand(p, populations, connections, monitors, currents, progress)
    (s1, u1), (s2, u2) = ((m.get("s").numpy().T, m.get("u").numpy()) for m in monitors)
    about = account(None, dataclasses.asdict(p), rng=rng, executor=executor or BY_HAND, dt=p.dt)
    I1, I2 = (current.numpy() for current in currents)
    return Recording(p, s1, s2, u1, u2, I1, I2, provenance=about)


def prepared(parameters: Parameters, rng: Any) -> Prepared:
    """Both populations in a network, with their currents."""
    p = parameters
    populations, connections = _made(p, inhibitory=p.sign < 0)
    inputs = dict(zip(NAMES, _currents(p, rng), strict=True))
    return Prepared(_joined(p, populations, connections), inputs, p.time * p.dt, "random" in (p.input, p.input2))


def _made(p: Parameters, *, inhibitory: bool) -> tuple[Pair, list[DenseConnection]]:
    """The populations, and what connects them."""
    membrane: dict[str, Any] = dict(
        tau_s=10.0, learning=False, R=p.R, C=p.C, threshold=p.threshold, dt=p.dt, is_inhibitory=inhibitory
    )
    in_p1 = int(p.neurons * 0.8)
    sizes = in_p1, p.neurons - in_p1
    p1, p2 = (LIFPopulation(n, name=name, **membrane) for n, name in zip(sizes, NAMES, strict=True))
    if not p.connected:
        return (p1, p2), []
    return (p1, p2), [
        DenseConnection(p1, p2, J=p.J1, tau_s=p.tau_s1, trace_scale=p.trace_scale1, dt=p.dt),
        DenseConnection(p2, p1, J=p.J2, tau_s=p.tau_s2, trace_scale=p.trace_scale2, dt=p.dt),
    ]


def _joined(p: Parameters, populations: Pair, connections: list[DenseConnection]) -> Network:
    """A network of them."""
    net = Network(dt=p.dt, seed=0)
    for name, population in zip(NAMES, populations, strict=True):
        net.add_layer(population, name)
    for connection in connections:
        net.add_connection(connection)
    return net


def _step_by_hand(
    p: Parameters,
    populations: Pair,
    connections: list[DenseConnection],
    monitors: list[Monitor],
    currents: tuple[Tensor, Tensor],
    progress: Progress | None,
) -> None:
    """The report's loop."""
    p1, p2 = populations
    I1, I2 = currents
    from_p1: Tensor | float = 0.0
    from_p2: Tensor | float = 0.0
    for step in range(p.time):
        p1.forward(I1[step] + p.sign * from_p2)
        if connections:
            from_p1 = connections[0].compute()
        p2.forward(I2[step] + p.sign * from_p1)
        if connections:
            from_p2 = connections[1].compute()
        for monitor in monitors:
            monitor.record()
        if progress and (step + 1) % _TELL_EVERY == 0:
            progress(_TELL_EVERY)


def _currents(p: Parameters, rng: Any) -> tuple[Tensor, Tensor]:
    generator = np.random.default_rng(rng)
    first = _current(p.input, p, generator)
    return first, first if p.input2 == "same" else _current(p.input2, p, generator)


def _current(kind: str, p: Parameters, generator: np.random.Generator) -> Tensor:
    if kind == "step":
        return step_function(p.time, p.I_value, p.scale)
    return random_step_function(p.time, int(p.I_value), p.scale, rng=generator)
