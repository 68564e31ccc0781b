"""The network that learns features of images: on- and off-centre cells, and maps of neurons that compete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import number, positive, steps_on_grid, whole
from cnsproject.decision.decision import WinnerTakeAll
from cnsproject.encoding.encoders import Time2FirstSpikeEncoder
from cnsproject.encoding.filters import DoGFilter
from cnsproject.errors import ParameterError
from cnsproject.experiments.base import Adjustable
from cnsproject.learning.own_rules import Rule
from cnsproject.network.connections import Connection, ConvolutionalConnection
from cnsproject.network.connectivity import LateralInhibition
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import InputPopulation, LIFPopulation
from cnsproject.network.synapses import Delta
from cnsproject.random import Uniform

F64 = npt.NDArray[np.float64]

SOURCE = "Masquelier & Thorpe 2007, PLoS Comput. Biol. 3:e31; Kheradpisheh et al. 2018, Neural Netw. 99:56, sec. 2.3"
ON_POST = "w = clip(w + where(x > 0, A_plus, -A_minus)*w*(1 - w), w_min, w_max)"


@dataclass(frozen=True)
class FeatureNetwork(Adjustable):
    """Patches of images as one spike of each on- or off-centre cell, the strongest first; above them maps of neurons.

    Where a neuron fires, the kernel of its map learns by the order of spikes: weights of cells that fired before it
    grow by A_plus*w*(1 - w), all others shrink by A_minus*w*(1 - w). Neurons compete in two ways, by
    k-winners-take-all and by lateral inhibition between maps.

    maps        how many features are learned
    kernel      rows and columns of a feature (pixels)
    size        rows and columns of what is seen of a patch (pixels)
    dog         rows and columns of the filter, a difference of Gaussians (pixels)
    sigma       width of its centre (pixels)
    ratio       of the widths of its surround and its centre
    share       of the pixels whose on- or off-centre cell fires, those of the strongest answers
    show        how long a patch is shown (ms)
    pause       how long the pause is after it (ms)
    threshold   of the neurons, above rest (mV)
    tau         time constant of their membrane (ms)
    w_lowest    smallest weight to start from (mV)
    w_highest   largest weight to start from (mV)
    A_plus      by which weights grow
    A_minus     by which weights shrink
    k           how many winners there are in each group while a patch is shown
    among       the groups: the places of each of the "maps", the maps at each of the "positions", or "all" neurons
    inhibition  from each neuron to those of other maps, counted negative (mV)
    radius      within which it reaches them (neurons)
    """

    maps: int = 16
    kernel: int = 9
    size: int = 15
    dog: int = 7
    sigma: float = 1.0
    ratio: float = 2.0
    share: float = 0.5
    show: float = 16.0
    pause: float = 100.0
    threshold: float = 14.0
    tau: float = 20.0
    w_lowest: float = 0.6
    w_highest: float = 0.8
    A_plus: float = 0.03
    A_minus: float = 0.018
    k: int = 1
    among: Literal["maps", "positions", "all"] = "maps"
    inhibition: float = 30.0
    radius: float = 4.0

    @property
    def side(self) -> int:
        """Rows and columns of a patch: the filter answers where it lies within."""
        return self.size + self.dog - 1

    @property
    def steps_of_one(self) -> int:
        """Steps from one patch to the next."""
        dt = positive("parameter dt", self.dt, "ms")
        parts = {"show": self.show, "pause": self.pause}
        return sum(steps_on_grid(f"parameter {name}", positive(name, time, "ms"), dt) for name, time in parts.items())

    def check_network(self) -> None:
        """Raises ParameterError or TimeGridError for what cannot be run."""
        for name in ("maps", "kernel", "size", "dog", "k"):
            whole(f"parameter {name}", getattr(self, name), least=1)
        _ = self.steps_of_one
        if self.kernel > self.size:
            raise ParameterError(
                "parameter kernel",
                got=self.kernel,
                expected=f"at most size = {self.size}",
                fix="lower it or raise size",
            )
        if not 0 < self.w_lowest < self.w_highest < 1:
            raise ParameterError(
                "parameters w_lowest and w_highest", got=f"{self.w_lowest:g} and {self.w_highest:g}",
                expected="0 < w_lowest < w_highest < 1: a weight of 0 or 1 stays what it is", fix="choose others",
            )  # fmt: skip
        if not 0 < self.share <= 1:
            raise ParameterError("parameter share", got=f"{self.share:g}", expected="above 0, at most 1", fix="use 0.5")
        if number("parameter inhibition", self.inhibition, "mV") < 0:
            raise ParameterError(
                "parameter inhibition", got=f"{self.inhibition:g}", expected="at least 0, it is counted negative",
                fix="leave out the sign",
            )  # fmt: skip

    def filter(self) -> DoGFilter:
        """The receptive field of on-centre cells; those of off-centre cells have the other sign."""
        return DoGFilter(self.dog, self.sigma, self.sigma * self.ratio, padding="valid", dtype=torch.float64)

    def ranks(self, patches: F64) -> F64:
        """Answers of on- and off-centre cells (n, 2, size, size) by rank: from 1, the strongest, to 0, none."""
        answers = self.filter().on_off(patches).numpy()
        flat = answers.reshape(len(patches), -1)
        firing = max(1, round(self.share * self.size**2))
        first = np.argsort(-flat, axis=1, kind="stable")[:, :firing]
        found = np.zeros_like(flat)
        np.put_along_axis(found, first, 1.0 - np.arange(firing)[None] / firing, axis=1)
        return np.asarray(np.where(flat > 0.0, found, 0.0).reshape(answers.shape))

    def shown(self, ranks: F64) -> Tensor:
        """Spikes (steps, 2, size, size) of patches that are shown one after the other."""
        spikes = Time2FirstSpikeEncoder(self.show, self.dt, range=(0.0, 1.0))(ranks).transpose(0, 1)
        room = torch.zeros(len(ranks), self.steps_of_one, *spikes.shape[2:], dtype=torch.bool)
        room[:, : spikes.shape[1]] = spikes
        return room.flatten(0, 1)

    def rule(self) -> Rule:
        """How weights learn: x is above 0 for as long as a patch is shown, from the spike of a cell on."""
        return Rule(
            pre="dx/dt = -1/show : 1", on_pre="x = 1", on_post=ON_POST, source=SOURCE,
            parameters={
                "show": f"{self.show!r} ms", "A_plus": self.A_plus, "A_minus": self.A_minus, "w_min": 0.0, "w_max": 1.0,
            },
        )  # fmt: skip

    def network(self, seed: int) -> Network:
        """The network before it has learned: layers "cells" and "maps", connections "learning" and "inhibition"."""
        net = Network(dt=self.dt, seed=seed)
        seen = (2, self.size, self.size)
        shape = ConvolutionalConnection.output_shape(seen, maps=self.maps, kernel_size=self.kernel)
        cells = net.add_layer(InputPopulation(seen, spike_trace=False), "cells")
        # A neuron fires once while a patch is shown.
        maps = net.add_layer(
            LIFPopulation(
                shape, tau=self.tau, u_rest=0.0, threshold=self.threshold, refractory=self.show, spike_trace=False,
                decision=WinnerTakeAll(self.k, among=self.among, hold=self.show),
            ),
            "maps",
        )  # fmt: skip
        learning = ConvolutionalConnection(
            cells, maps, kernel_size=self.kernel, weight=Uniform(self.w_lowest, self.w_highest), synapse=Delta(),
            learning_rule=self.rule(),
        )  # fmt: skip
        net.add_connection(learning, name="learning")
        if self.inhibition and self.maps > 1:
            near = LateralInhibition(self.radius, maps="between")
            inhibition = Connection(maps, maps, connectivity=near, synapse=Delta(), weight=-self.inhibition)
            net.add_connection(inhibition, name="inhibition")
        return net
