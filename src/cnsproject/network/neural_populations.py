"""The populations a notebook steps by hand: one declaration and one thin class each."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import named_arguments
from cnsproject.dynamics.step import Step
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.network.attributes import Rng
from cnsproject.network.clock import Ready
from cnsproject.network.excitable import (
    FitzHughNagumoPopulation,
    HHPopulation,
    HodgkinHuxleyPopulation,
    IzhikevichPopulation,
)
from cnsproject.network.integrate_and_fire import (
    AELIFPopulation,
    ELIFPopulation,
    GIFPopulation,
    LIFPopulation,
    QIFPopulation,
)
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.parameters import Given
from cnsproject.network.population import NeuralPopulation, common

__all__ = [
    "AELIFPopulation",
    "ELIFPopulation",
    "FitzHughNagumoPopulation",
    "GIFPopulation",
    "HHPopulation",
    "HodgkinHuxleyPopulation",
    "InputPopulation",
    "IzhikevichPopulation",
    "LIFPopulation",
    "ModelPopulation",
    "NeuralPopulation",
    "QIFPopulation",
]


class InputPopulation(NeuralPopulation):
    """Neurons whose spikes are given: `forward(spikes)` makes them the spikes of this step.

    The arguments are those of NeuralPopulation.
    """

    given = "spikes"

    @named_arguments
    def __init__(
        self,
        shape: int | tuple[int, ...],
        spike_trace: bool = True,
        additive_spike_trace: bool = True,
        tau_s: Given = 10.0,
        trace_scale: Given = 1.0,
        is_inhibitory: bool | Tensor = False,
        learning: bool = True,
        dt: float | None = None,
        *,
        dtype: torch.dtype = torch.float32,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__(shape, **common(locals()))

    def forward(self, spikes: Tensor) -> None:
        """Make `spikes` the spikes of this step: booleans or 0/1, of the population's shape or (batch, *shape)."""
        ready = self._prepared()
        given = self._spikes(spikes)
        self._advance(ready, (given,), gradients=torch.is_grad_enabled() and given.requires_grad)

    def step(self) -> Step:
        """What a step is made of: the trace of the given spikes."""
        return Step(None, trace=self._trace)

    def _prepared(self) -> Ready:
        return self._ready.get("") or self._prepare("", self.step(), {})

    def _spikes(self, spikes: object) -> Tensor:
        what, shape = f"{self.label}.forward(spikes)", self._buffers["s"].shape  # type: ignore[union-attr]
        if not isinstance(spikes, Tensor | np.ndarray):
            raise ArgumentError(
                what, got=type(spikes).__name__, expected="a tensor of spikes", fix="give booleans, one per neuron"
            )
        given = torch.as_tensor(spikes).to(self.device)
        if given.shape != shape and tuple(given.shape) != self.shape:
            raise ShapeError(
                what,
                got=f"shape {tuple(given.shape)}",
                expected=f"shape {tuple(shape)}",
                fix="give one value per neuron",
            )
        if given.dtype != torch.bool:
            if not ((given == 0) | (given == 1)).all():
                raise ParameterError(
                    what, got="values other than 0 and 1", expected="spikes", fix="compare with a threshold first"
                )
            given = given.to(self._dtype) if given.requires_grad else given.bool()
        return given.expand(shape).clone()
