"""What the experiments on images share: their parameters, and the spikes that they show to neurons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject.checks import positive, steps_on_grid
from cnsproject.experiments.base import Adjustable, Progress, since_last
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import InputPopulation

Spikes = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ImageExperiment(Adjustable):
    """A named experiment on images.

    size  rows and columns of the images (pixels)
    time  how long an image is shown (ms)
    dt    length of a step (ms)
    rate  of a neuron that a Poisson code gives the largest value (Hz)
    """

    size: int = 24
    time: float = 100.0
    dt: float = 0.5
    rate: float = 200.0

    @property
    def steps(self) -> int:
        return steps_on_grid("parameter time", self.time, positive("parameter dt", self.dt, "ms"))

    def show(self, codes: Mapping[str, Tensor], executor: str | None, progress: Progress | None) -> dict[str, Tensor]:
        """Show each code (steps, *shape) to a population of its own; returns the spikes that these fired."""
        net = Network(dt=self.dt, seed=0)
        monitors = {}
        for place, (name, spikes) in enumerate(codes.items()):
            layer = InputPopulation(tuple(spikes.shape[1:]), spike_trace=False)
            net.add_layer(layer, f"code {place}")
            monitors[name] = net.add_monitor(Monitor(layer, ["s"]), f"code {place}")
        inputs = dict(zip(net.layers, codes.values(), strict=True))
        net.run(self.time, inputs, executor=executor or self.default_executor, progress=since_last(progress))
        return {name: monitor.get("s") for name, monitor in monitors.items()}


def trains(spikes: Tensor) -> Spikes:
    """Spikes (steps, *shape) as rasters have them: (neurons, steps)."""
    return np.asarray(spikes.flatten(1).T.numpy())
