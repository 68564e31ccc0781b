"""The network that learns handwritten digits: pixels, and neurons that compete for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import positive, steps_on_grid, whole
from cnsproject.decision.decision import WinnerTakeAll
from cnsproject.encoding.encoders import PoissonEncoder
from cnsproject.errors import ParameterError
from cnsproject.experiments.base import Adjustable
from cnsproject.experiments.handwritten import SIDE
from cnsproject.learning.own_rules import Rule
from cnsproject.network.connections import Connection
from cnsproject.network.connectivity import AllToAll
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import InputPopulation
from cnsproject.network.own_models import Population
from cnsproject.network.synapses import Delta
from cnsproject.random import Uniform

F64 = npt.NDArray[np.float64]

SOURCE = "Diehl & Cook 2015, Front. Comput. Neurosci. 9:99"

NEURON = """
dv/dt = -v/tau : mV
dtheta/dt = -theta/tau_theta : mV
"""
RESET = "v = 0; theta += theta_plus"
_BRIGHTEST = 0.5
"""No pixel of a picture of length 1 is brighter."""


@dataclass(frozen=True)
class DigitNetwork(Adjustable):
    """Leaky integrate-and-fire neurons with adaptive thresholds, which inhibit each other, above 64 pixels.

    Where a neuron fires, its weights move towards what its pixels just did: w = w + eta*(gain*x/tau_x - w), where x is
    the trace of a pixel's spikes. Their sum settles by itself and needs no normalisation.

    neurons      how many compete
    show         how long a picture is shown (ms)
    pause        how long the pause is after it (ms)
    rate         of a pixel as bright as half its whole picture, the root of the sum of all squares (Hz)
    w_lowest     smallest weight to start from (mV)
    w_highest    largest weight to start from (mV)
    eta          share of the way to its goal that a weight goes at a spike
    gain         weight at which a pixel's synapse comes to rest, for each spike per ms (mV)
    tau_x        time constant of the trace of a pixel's spikes (ms)
    tau          time constant of the membrane (ms)
    threshold    of spikes, above rest, before theta is added (mV)
    theta        to start from, added to the threshold (mV)
    theta_plus   by which theta grows at a spike (mV)
    tau_theta    time constant of its decay (ms)
    refractory   period after a spike (ms)
    inhibition   weight from each neuron to all others, counted negative (mV)
    """

    neurons: int = 100
    show: float = 200.0
    pause: float = 150.0
    rate: float = 770.0
    w_lowest: float = 0.04
    w_highest: float = 0.08
    eta: float = 0.05
    gain: float = 0.3125
    tau_x: float = 30.0
    tau: float = 40.0
    threshold: float = 2.5
    theta: float = 10.0
    theta_plus: float = 0.25
    tau_theta: float = 1e6
    refractory: float = 2.0
    inhibition: float = 50.0

    @property
    def steps_of_one(self) -> int:
        """Steps from one picture to the next."""
        dt = positive("parameter dt", self.dt, "ms")
        parts = {"show": self.show, "pause": self.pause}
        return sum(steps_on_grid(f"parameter {name}", positive(name, time, "ms"), dt) for name, time in parts.items())

    def check_network(self) -> None:
        """Raises ParameterError or TimeGridError for what cannot be run."""
        whole("parameter neurons", self.neurons, least=1)
        _ = self.steps_of_one
        if not 0 <= self.w_lowest < self.w_highest:
            raise ParameterError(
                "parameter w_highest", got=f"{self.w_highest:g}", fix="raise w_highest or lower w_lowest",
                expected=f"more than w_lowest = {self.w_lowest:g}, which is not negative",
            )  # fmt: skip

    def encoder(self, rng: np.random.Generator) -> PoissonEncoder:
        """Pixels as spikes."""
        return PoissonEncoder(self.show, self.dt, range=(0.0, _BRIGHTEST), rate=self.rate, rng=rng)

    def shown(self, pictures: F64, encoder: PoissonEncoder) -> Tensor:
        """Spikes (steps, 64) of pictures (n, 64) that are shown one after the other."""
        spikes = encoder(pictures).transpose(0, 1)
        room = torch.zeros(len(pictures), self.steps_of_one, pictures.shape[1], dtype=torch.bool)
        room[:, : encoder.steps] = spikes
        return room.flatten(0, 1)

    def learning(self, seed: int) -> Network:
        """The network before it has learned."""
        rule = Rule(
            pre="dx/dt = -x/tau_x : 1", on_pre="x += 1", on_post="w = w + eta*(goal*x - w)",
            parameters={"tau_x": f"{self.tau_x!r} ms", "eta": self.eta, "goal": self.gain / self.tau_x}, source=SOURCE,
        )  # fmt: skip
        first = Uniform(self.w_lowest, self.w_highest)
        return self._network(seed, first, rule, threshold=self.threshold, theta=self.theta, theta_plus=self.theta_plus)

    def frozen(self, net: Network) -> Network:
        """A copy in which nothing is learned: neither weights nor thresholds change."""
        neurons, weights = net.layers["neurons"], net.connections["learning"].w
        return self._network(0, weights.clone(), None, threshold=neurons.threshold + neurons.theta)

    def _network(
        self, seed: int, weights: Any, rule: Rule | None, *, threshold: Any, theta: float = 0.0, theta_plus: float = 0.0
    ) -> Network:
        net = Network(dt=self.dt, seed=seed)
        pixels = InputPopulation(SIDE * SIDE, spike_trace=False)
        neurons = Population(
            NEURON, shape=self.neurons, threshold="v > threshold + theta", reset=RESET, scheme="exponential euler",
            parameters={
                "tau": (self.tau, "ms"), "tau_theta": (self.tau_theta, "ms"), "threshold": (threshold, "mV"),
                "theta_plus": (theta_plus, "mV"),
            },
            start={"theta": theta}, refractory=self.refractory, spike_trace=False, decision=WinnerTakeAll(),
            source=SOURCE,
        )  # fmt: skip
        net.add_layer(pixels, "pixels")
        net.add_layer(neurons, "neurons")
        net.add_connection(
            Connection(
                pixels, neurons, connectivity=AllToAll(), synapse=Delta(), weight=weights, learning_rule=rule
            ),
            name="learning",
        )  # fmt: skip
        net.add_connection(
            Connection(
                neurons, neurons, connectivity=AllToAll(autapses=False), synapse=Delta(), weight=-self.inhibition
            ),
            name="inhibition",
        )  # fmt: skip
        return net
