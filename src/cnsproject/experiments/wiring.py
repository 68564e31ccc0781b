"""Phase 3 of the course: excitatory and inhibitory neurons under random current, connected in different patterns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.analysis import synchrony, variation
from cnsproject.checks import positive, steps_on_grid, whole
from cnsproject.errors import ParameterError
from cnsproject.experiments.base import Adjustable, Cell, Outcome, Progress, Table, seed_of, since_last
from cnsproject.network.connections import Connection
from cnsproject.network.connectivity import (
    AllToAll,
    Connectivity,
    RandomFixedCoupling,
    RandomFixedPresynapticPartners,
)
from cnsproject.network.inputs import OrnsteinUhlenbeck
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import LIFPopulation
from cnsproject.network.synapses import ExponentialCurrent
from cnsproject.random import Uniform

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Spikes = npt.NDArray[np.bool_]
PATTERNS = "not connected", "full", "fixed probability", "fixed number"
_SMOOTH = 3.0  # ms, of the activity in the figure


@dataclass(frozen=True)
class Wiring(Adjustable):
    """Excitatory and inhibitory LIF neurons, every neuron under a current of its own, in several patterns.

    time        length of a run (ms)
    dt          length of a step (ms)
    settle      before which spikes do not count for what is measured (ms)
    neurons     of both populations
    excitatory  share of excitatory neurons
    I           mean of the random currents (nA)
    sd          their standard deviation (nA)
    tau_I       their correlation time (ms)
    tau         time constant of the membrane (ms)
    R           its resistance (MOhm)
    u_rest      resting and reset potential (mV)
    threshold   of spikes (mV)
    refractory  period after a spike (ms)
    J_exc       sum of the weights that a neuron gets from excitatory neurons, on average (nA)
    J_inh       the same from inhibitory neurons (nA)
    tau_s       time constant of synaptic currents (ms)
    delay       of all connections (ms)
    p           probability of a connection, in the pattern "fixed probability"
    partners    presynaptic neurons of each neuron, in the pattern "fixed number"
    """

    time: float = 600.0
    dt: float = 0.1
    settle: float = 100.0
    neurons: int = 1000
    excitatory: float = 0.8
    I: float = 1.8  # noqa: E741 - the name that the equations use
    sd: float = 0.5
    tau_I: float = 10.0  # noqa: N815 - the time constant of I
    tau: float = 10.0
    R: float = 10.0
    u_rest: float = -70.0
    threshold: float = -55.0
    refractory: float = 2.0
    J_exc: float = 10.0
    J_inh: float = 12.0
    tau_s: float = 5.0
    delay: float = 1.5
    p: float = 0.05
    partners: int = 50

    @property
    def steps(self) -> int:
        dt = positive("parameter dt", self.dt, "ms")
        return len(PATTERNS) * steps_on_grid("parameter time", positive("parameter time", self.time, "ms"), dt)

    @property
    def sizes(self) -> dict[str, int]:
        """Neurons of both populations."""
        excitatory = round(self.neurons * self.excitatory)
        return {"excitatory": excitatory, "inhibitory": self.neurons - excitatory}

    def check(self) -> None:
        """Raises ParameterError or TimeGridError for what cannot be run."""
        whole("parameter neurons", self.neurons, least=2)
        whole("parameter partners", self.partners, least=1)
        steps_on_grid("parameter settle", self.settle, positive("parameter dt", self.dt, "ms"))
        if not 0 <= self.settle < self.time:
            raise ParameterError(
                "parameter settle", got=f"{self.settle:g} ms", expected=f"less than time = {self.time:g} ms",
                fix="raise time or lower settle",
            )  # fmt: skip
        if not min(self.sizes.values()) > 0:
            raise ParameterError(
                "parameter excitatory", got=f"{self.excitatory:g} of {self.neurons} neurons",
                expected="some neurons of either kind", fix="give a share between 0 and 1, such as 0.8",
            )  # fmt: skip

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> WiringOutcome:
        """Every pattern under the same currents; see `Experiment.run`."""
        self.check()
        rng = seed_of(rng)
        seed = int(np.random.default_rng(rng).integers(2**31))
        spikes = {pattern: self._run(pattern, seed, executor, progress) for pattern in PATTERNS}
        return WiringOutcome(self, spikes, provenance=self.account(rng, executor))

    def rule(self, pattern: str, sources: int) -> tuple[Connectivity, float]:
        """Who is connected with whom, and how many partners of `sources` neurons one has on average."""
        if pattern == "full":
            return AllToAll(), sources
        if pattern == "fixed probability":
            return RandomFixedCoupling(self.p), self.p * sources
        number = round(self.partners * sources / self.neurons)
        return RandomFixedPresynapticPartners(number), number

    def _run(self, pattern: str, seed: int, executor: str | None, progress: Progress | None) -> dict[str, Spikes]:
        """The spikes (neurons, steps) of both populations."""
        net = Network(dt=self.dt, seed=seed)
        for name, count in self.sizes.items():
            layer = LIFPopulation(
                count, is_inhibitory=name == "inhibitory", tau=self.tau, R=self.R, u_rest=self.u_rest,
                threshold=self.threshold, refractory=self.refractory, u=Uniform(self.u_rest, self.threshold),
            )  # fmt: skip
            net.add_layer(layer, name)
        if pattern != "not connected":
            self._connect(net, pattern)
        monitors = {name: net.add_monitor(Monitor(layer, ["s"]), name) for name, layer in net.layers.items()}
        current = OrnsteinUhlenbeck(self.I, self.sd, self.tau_I)
        chosen = executor or self.default_executor
        net.run(self.time, dict.fromkeys(net.layers, current), executor=chosen, progress=since_last(progress))
        return {name: monitor.get("s").numpy().T for name, monitor in monitors.items()}

    def _connect(self, net: Network, pattern: str) -> None:
        """Both populations with both."""
        for pre, total in (("excitatory", self.J_exc), ("inhibitory", self.J_inh)):
            rule, partners = self.rule(pattern, self.sizes[pre])
            for post in self.sizes:
                net.add_connection(
                    Connection(
                        net.layers[pre], net.layers[post], connectivity=rule, weight=total / max(partners, 1.0),
                        synapse=ExponentialCurrent(tau=self.tau_s), delay=self.delay,
                    )
                )  # fmt: skip


@dataclass(frozen=True, eq=False)
class WiringOutcome(Outcome):
    """Spikes (neurons, steps) by pattern and population."""

    experiment: Wiring
    spikes: Mapping[str, Mapping[str, Spikes]]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The spikes, named as in "fixed_number_excitatory"."""
        return {
            f"{pattern} {name}".replace(" ", "_"): fired
            for pattern, both in self.spikes.items()
            for name, fired in both.items()
        }

    def figure(self) -> Figure:
        """A column for each pattern: rasters, activity, rates of the neurons."""
        e = self.experiment
        return plotting.compared_populations(self.spikes, dt=e.dt, window=max(1, round(_SMOOTH / e.dt)), start=e.settle)

    def measured(self, pattern: str, name: str) -> tuple[float, float, float, float]:
        """Mean of the rates (Hz), their standard deviation over the neurons, mean CV, synchrony."""
        e = self.experiment
        fired = self.spikes[pattern][name]
        neurons, steps = np.nonzero(fired)
        times, count = steps * e.dt, len(fired)
        late = times >= e.settle
        times, neurons = times[late], neurons[late]
        rate = np.bincount(neurons, minlength=count) / (1e-3 * (e.time - e.settle))
        cv = variation(times, neurons, count)
        irregular = float(cv[~np.isnan(cv)].mean()) if not np.isnan(cv).all() else np.nan
        together = synchrony(times, neurons, count, start=e.settle, stop=e.time)
        return float(rate.mean()), float(rate.std()), irregular, together

    def table(self) -> Table:
        """For each pattern and population mean rate and its spread over the neurons, CV of intervals and synchrony."""
        rows: list[tuple[Cell, ...]] = []
        for pattern, both in self.spikes.items():
            for name in both:
                values = (None if np.isnan(value) else value for value in self.measured(pattern, name))
                rows.append((f"{pattern}, {name}", *values))
        return Table(("", "rate (Hz)", "SD over neurons (Hz)", "CV", "synchrony"), tuple(rows))

    def sentences(self) -> list[str]:
        """Who is fastest, most synchronous, most irregular, and has the most unlike neurons."""
        found = {pattern: self.measured(pattern, "excitatory") for pattern in self.spikes}
        alone, others = found[PATTERNS[0]], {p: values for p, values in found.items() if p != PATTERNS[0]}
        said = [
            f"Connected by {pattern if pattern != 'full' else 'full coupling'}, excitatory neurons fire at "
            f"{values[0]:.3g} Hz instead of {alone[0]:.3g} Hz."
            for pattern, values in others.items()
        ]
        what = {
            1: "The rates of single neurons differ most",
            2: "Trains are most irregular",
            3: "Neurons fire most in synchrony",
        }
        units = {1: "SD {:.3g} Hz", 2: "CV {:.3g}", 3: "synchrony {:.3g}"}
        for place, text in what.items():
            ranked = sorted(
                (p for p in found if not np.isnan(found[p][place])), key=lambda p: found[p][place], reverse=True
            )
            if ranked:
                most, least = ranked[0], ranked[-1]
                said.append(
                    f'{text} where the pattern is "{most}" ({units[place].format(found[most][place])}), least where it '
                    f'is "{least}" ({units[place].format(found[least][place])}).'
                )
        return said


PHASE3 = Wiring(
    "phase3",
    "Excitatory and inhibitory populations",
    "What does it change who is connected with whom: everyone, with a probability, or with a number of partners?",
)
