"""Phase 4 of the course: two populations compete through a third, and one of them wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cnsproject import analysis, plotting
from cnsproject.checks import positive, steps_on_grid
from cnsproject.experiments.base import Adjustable, Cell, Outcome, Progress, Table, seed_of, since_last
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.connections import DenseConnection, RandomConnection
from cnsproject.network.connectivity import FixedInDegree
from cnsproject.network.inputs import OrnsteinUhlenbeck, StepCurrent
from cnsproject.network.integrate_and_fire import LIFPopulation
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.sparse import Connection
from cnsproject.network.synapses import ExponentialCurrent
from cnsproject.random import Uniform

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Spikes = npt.NDArray[np.bool_]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Pattern = Literal["full", "probability", "partners"]

_NAMES = "exc1", "exc2", "inh"
_WIDTH = 5.0  # of the window in which activities are drawn and compared (ms)


@dataclass(frozen=True)
class Decision(Adjustable):
    """Two excitatory populations and an inhibitory one, which all their neurons drive and which inhibits both.

    time        length of the run (ms)
    onset       when the current to exc2 steps up (ms)
    step        by how much it does (nA)
    neurons     of each excitatory population
    inhibitory  neurons of the third population
    pattern     who is connected: "full", all pairs; "probability", each with p; "partners", so many sources each
    p           probability of a connection, in the pattern "probability"
    partners    sources of each neuron, in the pattern "partners"
    J_ee        from each excitatory population to itself: what all sources together add to the current of a neuron when
                each fires once, whatever the pattern (nA)
    J_ei        the same from each excitatory population to inh (nA)
    J_ie        the same from inh to each (nA)
    tau_exc     time constant of excitatory currents (ms)
    tau_inh     time constant of inhibitory currents (ms)
    I           mean input of excitatory neurons, each with its own noise (nA)
    I_inh       mean input of inhibitory neurons (nA)
    noise       standard deviation of the noise (nA)
    tau_noise   its correlation time (ms)
    """

    time: float = 200.0
    dt: float = 0.1
    onset: float = 60.0
    step: float = 0.5
    neurons: int = 100
    inhibitory: int = 50
    pattern: Pattern = "full"
    p: float = 0.2
    partners: int = 20
    J_ee: float = 2.0
    J_ei: float = 4.0
    J_ie: float = 4.0
    tau_exc: float = 5.0
    tau_inh: float = 8.0
    I: float = 1.7  # noqa: E741 - the name of a current
    I_inh: float = 0.8
    noise: float = 0.5
    tau_noise: float = 5.0

    @property
    def steps(self) -> int:
        return steps_on_grid("parameter time", self.time, positive("parameter dt", self.dt, "ms"))

    def network(self, seed: int) -> Network:
        """The network, with a monitor of the spikes of each population, and of what each connection delivers."""
        net = Network(dt=self.dt, seed=seed)
        cells: dict[str, Any] = dict(tau=10.0, R=10.0, refractory=2.0, u=Uniform(-70.0, -55.0))
        for name in _NAMES:
            inhibits = name == "inh"
            size = self.inhibitory if inhibits else self.neurons
            layer = net.add_layer(LIFPopulation(size, is_inhibitory=inhibits, **cells), name)
            net.add_monitor(Monitor(layer, ["s"]), name)
        for exc in _NAMES[:2]:
            for pre, post, J in ((exc, exc, self.J_ee), (exc, "inh", self.J_ei), ("inh", exc, self.J_ie)):
                connection = net.add_connection(self._connection(net.layers[pre], net.layers[post], J))
                net.add_monitor(Monitor(connection, ["current"]), f"{pre}_to_{post}")
        return net

    def _connection(self, pre: Any, post: Any, J: float) -> AbstractConnection:
        tau = self.tau_inh if pre.is_inhibitory else self.tau_exc
        if self.pattern == "full":
            return DenseConnection(pre, post, J=J, tau_s=tau)
        synapse = ExponentialCurrent(tau=tau)
        if self.pattern == "probability":
            weight = J / (self.p * pre.n) if self.p else 0.0
            return RandomConnection(pre, post, p=self.p, synapse=synapse, weight=weight)
        rule = FixedInDegree(self.partners)
        return Connection(pre, post, connectivity=rule, synapse=synapse, weight=J / max(1, self.partners))

    def currents(self, net: Network, seed: int) -> dict[str, F32]:
        """The input of every population (steps, neurons)."""
        drawn = np.random.SeedSequence(seed).generate_state(len(_NAMES))
        found = {}
        for name, key in zip(_NAMES, drawn, strict=True):
            mean = self.I_inh if name == "inh" else self.I
            current = OrnsteinUhlenbeck(mean, self.noise, self.tau_noise)
            given = current + StepCurrent([self.onset], [self.step]) if name == "exc2" else current
            found[name] = given.values(self.time, self.dt, net.layers[name].shape, rng=int(key)).numpy()
        return found

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> DecisionOutcome:
        """Simulate; see `Experiment.run`."""
        rng = seed_of(rng)
        seed = int(np.random.default_rng(rng).integers(2**31))
        net = self.network(seed)
        inputs = self.currents(net, seed)
        net.run(self.time, inputs, executor=executor or self.default_executor, progress=since_last(progress))
        spikes = {name: net.monitors[name].get("s").numpy().T for name in _NAMES}
        received = {name: inputs[name].mean(axis=1, dtype=np.float64) for name in _NAMES}
        for name, connection in net.connections.items():
            post = next(n for n, layer in net.layers.items() if layer is connection.post)
            received[post] += net.monitors[name].get("current").numpy().mean(axis=1, dtype=np.float64)
        return DecisionOutcome(self, spikes, inputs, received, provenance=self.account(rng, executor))


@dataclass(frozen=True, eq=False)
class DecisionOutcome(Outcome):
    """What was fired and received, by population.

    spikes    (neurons, steps)
    inputs    given from outside (steps, neurons), nA
    received  that and what the synapses deliver, the mean over the neurons (steps,), nA
    """

    experiment: Decision
    spikes: Mapping[str, Spikes]
    inputs: Mapping[str, F32]
    received: Mapping[str, F64]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Named as in "spikes_exc1", "input_exc1", "received_exc1"."""
        kinds = {"spikes": self.spikes, "input": self.inputs, "received": self.received}
        return {f"{kind}_{name}": array for kind, named in kinds.items() for name, array in named.items()}

    def rates(self) -> dict[str, tuple[float, float]]:
        """Mean rate of a neuron (Hz) before and after the step of the current."""
        return {name: self._halves(spikes.mean(axis=0) / self._seconds) for name, spikes in self.spikes.items()}

    @property
    def winner(self) -> str:
        """The excitatory population with at least twice the rate of the other after the step; empty for none."""
        after = {name: rates[1] for name, rates in self.rates().items() if name != "inh"}
        loser, winner = sorted(after, key=after.__getitem__)
        return winner if after[winner] > 0 and after[winner] >= 2.0 * after[loser] else ""

    @property
    def decided(self) -> float | None:
        """When it was decided (ms): first the winner is ahead by more than either was at any time before the step."""
        if not self.winner:
            return None
        dt = self.experiment.dt
        exc1, exc2 = (
            analysis.smoothed(self.spikes[name].mean(axis=0), "box", max(_WIDTH, dt), dt) for name in _NAMES[:2]
        )
        lead, cut = (exc2 - exc1 if self.winner == "exc2" else exc1 - exc2), round(self.experiment.onset / dt)
        ahead = np.flatnonzero(lead[cut:] > np.abs(lead[:cut]).max(initial=0.0))
        return float(cut + ahead[0]) * dt if len(ahead) else None

    @property
    def _seconds(self) -> float:
        return self.experiment.dt * 1e-3

    def _halves(self, values: npt.NDArray[Any]) -> tuple[float, float]:
        """Means before and after the step."""
        cut = round(self.experiment.onset / self.experiment.dt)
        parts = values[:cut], values[cut:]
        before, after = (float(part.mean()) if len(part) else 0.0 for part in parts)
        return before, after

    def figure(self) -> Figure:
        """Raster, activity and input of each population, side by side."""
        columns = [
            plotting.PopulationColumn(name, self.spikes[name], self.inputs[name], self.received[name])
            for name in _NAMES
        ]
        dt, marks = self.experiment.dt, {"step of the current": self.experiment.onset}
        if self.decided is not None:
            marks |= {"decision": self.decided}
        return plotting.populations_side_by_side(columns, dt=dt, window=max(1, round(_WIDTH / dt)), marks=marks)

    def table(self) -> Table:
        """Rates and mean inputs before and after the step of the current."""
        rows: list[tuple[Cell, ...]] = []
        for name, (before, after) in self.rates().items():
            rows.append((name, before, after, *self._halves(self.received[name])))
        return Table(("", "rate before (Hz)", "rate after (Hz)", "input before (nA)", "input after (nA)"), tuple(rows))

    def sentences(self) -> list[str]:
        """Who won and when, and what the inhibitory population did."""
        rates, onset = self.rates(), self.experiment.onset
        inh = f"inh goes from {rates['inh'][0]:.1f} to {rates['inh'][1]:.1f} Hz"
        both = [f"{name} from {rates[name][0]:.1f} to {rates[name][1]:.1f} Hz" for name in _NAMES[:2]]
        if not self.winner:
            return [f"Nobody wins: at {onset:g} ms {both[0]} and {both[1]}.", f"{inh}."]
        loser = next(name for name in _NAMES[:2] if name != self.winner)
        found = [f"{self.winner} wins: at {onset:g} ms {both[0]}, {both[1]}."]
        if self.decided is not None:
            found.append(
                f"It is decided {self.decided - onset:.1f} ms after the step of the current, when {self.winner} is "
                f"ahead of {loser} by more than any of them was before."
            )
        before, after = self._halves(self.received[loser])
        return [*found, f"{inh}; the input of {loser} goes from {before:.2f} to {after:.2f} nA."]


PHASE4 = Decision(
    "phase4",
    "A decision between two populations",
    "How do two populations that excite a common inhibitory one decide which of them fires?",
)
