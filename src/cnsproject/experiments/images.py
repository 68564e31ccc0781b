"""What the experiments on images share: their parameters, and the spikes that they show to neurons."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, get_type_hints

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject.checks import positive, steps_on_grid
from cnsproject.errors import CnsError
from cnsproject.experiments.base import (
    Experiment,
    Progress,
    account,
    read_text,
    refuse_settings,
    since_last,
    unknown_parameter,
)
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import InputPopulation

Spikes = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ImageExperiment(Experiment):
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

    default_executor = "cpu"

    @property
    def random(self) -> bool:
        return True

    @property
    def steps(self) -> int:
        return steps_on_grid("parameter time", self.time, positive("parameter dt", self.dt, "ms"))

    def changed(self, settings: Mapping[str, str]) -> Self:
        """A copy with the named parameters set from text; raises UnknownNameError or ParameterError."""
        hints, names = get_type_hints(type(self)), self.settings()
        given: dict[str, Any] = {}
        for name, text in settings.items():
            if name not in names:
                raise unknown_parameter(name, names)
            given[name] = read_text(name, text, hints[name])
        return dataclasses.replace(self, **given)

    def settings(self) -> dict[str, Any]:
        described = {field.name for field in dataclasses.fields(Experiment)}
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in described}

    def restored(self, settings: Mapping[str, Any]) -> Self:
        try:
            if settings.keys() != self.settings().keys():
                refuse_settings(self.name, settings, "other names")
            return self.changed({name: str(value) for name, value in settings.items()})
        except (AttributeError, TypeError, CnsError) as error:
            refuse_settings(self.name, settings, str(error))

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

    def account(self, rng: Any, executor: str | None) -> dict[str, Any]:
        """The provenance of an outcome."""
        chosen = executor or self.default_executor
        return account(self.name, self.settings(), rng=rng, executor=chosen, dt=self.dt)


def trains(spikes: Tensor) -> Spikes:
    """Spikes (steps, *shape) as rasters have them: (neurons, steps)."""
    return np.asarray(spikes.flatten(1).T.numpy())
