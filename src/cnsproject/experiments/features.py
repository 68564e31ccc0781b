"""Phase 10 of the course: features of natural images, learned by the order of spikes and by competition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnsproject.checks import number, whole
from cnsproject.experiments.base import Progress, seed_of, since_last
from cnsproject.experiments.feature_network import F64, FeatureNetwork
from cnsproject.experiments.features_outcome import Example, FeaturesOutcome, LearnedKernels
from cnsproject.experiments.photographs import Patches, photographs, shuffled
from cnsproject.network.monitors import Monitor
from cnsproject.network.monitors.spike_reducers import SpikeCount

_AT_ONCE = 300
"""Patches that are shown in one run."""

_EXAMPLES = 3


@dataclass(frozen=True)
class Features(FeatureNetwork):
    """Learning from patches of photographs, and from the same patches with their pixels shuffled.

    patches   how many are shown
    contrast  least standard deviation of the grey levels of a patch
    """

    patches: int = 9000
    contrast: float = 15.0

    @property
    def steps(self) -> int:
        return 2 * self.patches * self.steps_of_one

    def ready(self) -> None:
        photographs()

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> FeaturesOutcome:
        """Learn from both, from the same weights on; see `Experiment.run`."""
        self.check_network()
        whole("parameter patches", self.patches, least=1)
        places = Patches.of(photographs(), self.side, number("parameter contrast", self.contrast))
        rng = seed_of(rng)
        order, mix, seed = np.random.default_rng(rng).integers(2**31, size=3).tolist()
        patches = places.drawn(self.patches, np.random.default_rng(order))
        both = {"natural": patches, "shuffled": shuffled(patches, np.random.default_rng(mix))}
        chosen = executor or self.default_executor
        return FeaturesOutcome(
            experiment=self,
            examples=tuple(Example(one, self.ranks(one[None])[0]) for one in patches[:_EXAMPLES]),
            learned={name: self._learn(shown, seed, chosen, progress) for name, shown in both.items()},
            provenance=self.account(rng, executor),
        )

    def _learn(self, patches: F64, seed: int, executor: str, progress: Progress | None) -> LearnedKernels:
        """Show all patches once, one after the other, many in a run."""
        net = self.network(seed)
        kernels = net.connections["learning"]
        fired = net.add_monitor(Monitor(net.layers["maps"], [SpikeCount()]), "maps")
        shown, weights = [0], [kernels.w.detach().numpy().copy()]
        for first in range(0, len(patches), _AT_ONCE):
            some = patches[first : first + _AT_ONCE]
            spikes = self.shown(self.ranks(some))
            net.run(self.dt * len(spikes), {"cells": spikes}, executor=executor, progress=since_last(progress))
            shown.append(first + len(some))
            weights.append(kernels.w.detach().numpy().copy())
        unsettled = np.array([4.0 * (w * (1.0 - w)).mean(dtype=np.float64) for w in weights])
        counts = fired.get("spike count").numpy().reshape(self.maps, -1).sum(axis=1)
        return LearnedKernels(weights[0], weights[-1], np.array(shown), unsettled, counts)


PHASE10 = Features(
    "phase10",
    "Features of natural images",
    "Which features of photographs do neurons learn by the order of spikes, when they compete for them?",
)
