"""What `Network.run(inputs=...)` takes for a layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.network.neural_populations import InputPopulation
from cnsproject.network.parameters import read_array
from cnsproject.network.population import NeuralPopulation


class Constant:
    """A current for every neuron that does not change during a run: an array of the population's shape (nA)."""

    @named_arguments
    def __init__(self, values: object) -> None:
        self.values = values


@dataclass(frozen=True)
class Input:
    """An input as a tensor (1 or steps, 1 or neurons): one row, or one number in a row, may serve for all."""

    rows: Tensor
    shape: tuple[int, ...]

    def at(self, step: int) -> Tensor:
        """The input of a step, as `forward` takes it."""
        row = self.rows[step if len(self.rows) > 1 else 0]
        return row.reshape(()) if row.numel() == 1 and row.dtype != torch.bool else row.reshape(self.shape)


def read_input(layer: NeuralPopulation, given: object, steps: int) -> Input:
    """Check an input and bring it into one form.

    A number, (steps,), (steps, 1), (steps, n) or (steps, *shape), or a Constant. Row 0 belongs to the first step of
    this run. An InputPopulation takes spikes of (steps, n) or (steps, *shape).
    """
    what = f"Network.run(inputs={{{layer.name!r}: ...}})"
    if isinstance(layer, InputPopulation):
        return _spikes(what, layer, given, steps)
    if isinstance(given, Constant):
        values = torch.from_numpy(read_array(what, given.values, layer.shape)).reshape(1, -1)
    elif isinstance(given, Tensor | np.ndarray) and given.ndim > 0:
        values = _series(what, torch.as_tensor(given), layer, steps)
    else:
        values = torch.tensor([[number(what, given, "nA")]], dtype=torch.float64)
    values = values.to(layer.dtype).contiguous()
    if not torch.isfinite(values).all():
        step, neuron = (int(i) for i in (~torch.isfinite(values)).nonzero()[0])
        raise ParameterError(
            what, got=f"{values[step, neuron].item()} in step {step}, neuron {neuron}", expected="finite numbers",
            fix="check how the input was computed",
        )  # fmt: skip
    return Input(values, layer.shape)


def _series(what: str, given: Tensor, layer: NeuralPopulation, steps: int) -> Tensor:
    if given.dtype in (torch.bool, torch.complex64, torch.complex128):
        raise ArgumentError(
            what, got=f"a tensor of {given.dtype}", expected="real numbers (nA)", fix="convert it with .float()"
        )
    shapes = {(steps,), (steps, 1), (steps, layer.n), (steps, *layer.shape)}
    if tuple(given.shape) not in shapes:
        expected = " or ".join(str(shape) for shape in sorted(shapes, key=len))
        raise ShapeError(
            what, got=f"shape {tuple(given.shape)}", expected=f"a number or shape {expected}",
            fix="give one row per step of this run, or wrap one row in cns.Constant",
        )  # fmt: skip
    return given.reshape(steps, -1)


def _spikes(what: str, layer: NeuralPopulation, given: object, steps: int) -> Input:
    if not isinstance(given, Tensor | np.ndarray):
        raise ArgumentError(
            what,
            got=type(given).__name__,
            expected="a tensor of spikes",
            fix=f"give booleans of shape {(steps, layer.n)}",
        )
    spikes = torch.as_tensor(given)
    if tuple(spikes.shape) not in {(steps, layer.n), (steps, *layer.shape)}:
        raise ShapeError(
            what,
            got=f"shape {tuple(spikes.shape)}",
            expected=f"shape {(steps, layer.n)}",
            fix="give one row per step of this run",
        )
    if not ((spikes == 0) | (spikes == 1)).all():
        raise ParameterError(
            what, got="values other than 0 and 1", expected="spikes", fix="compare with a threshold first"
        )
    return Input(spikes.bool().reshape(steps, -1).contiguous(), layer.shape)
