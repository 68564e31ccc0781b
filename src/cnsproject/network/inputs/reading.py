"""What `Network.run(inputs=...)` takes for a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import number
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, StateError
from cnsproject.network.inputs.currents import Constant, Generator, Key, Source
from cnsproject.network.neural_populations import InputPopulation
from cnsproject.network.parameters import read_array
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.sources import PoissonPopulation, SpikeSource

__all__ = ["Constant", "Generator", "Input", "Stream", "read_input"]

_COLUMN = 2**20  # steps for which one number per step is computed before the run
_AHEAD = 2**16  # numbers computed at a time for a step-by-step run


@dataclass
class Input:
    """An input as a tensor (1 or steps, 1 or neurons): one row, or one number in a row, may serve for all.

    Steps are counted from the start of the run. `streams`: whether the rows must be asked for block by block.
    """

    rows: Tensor
    shape: tuple[int, ...]
    streams: ClassVar[bool] = False

    def block(self, first: int, count: int) -> Tensor:
        """Rows of the steps first ... first+count-1, contiguous: (1 or count, 1 or neurons)."""
        return self.rows if len(self.rows) == 1 else self.rows[first : first + count]

    def at(self, step: int) -> Tensor:
        """The input of a step, as `forward` takes it."""
        return self._given(self.rows[step if len(self.rows) > 1 else 0])

    def _given(self, row: Tensor) -> Tensor:
        return row.reshape(()) if row.numel() == 1 and row.dtype != torch.bool else row.reshape(self.shape)


class Stream(Input):
    """An input that is computed when it is asked for, so that memory does not grow with the run.

    `rows` are the steps that `at` has looked ahead.
    """

    streams = True

    def __init__(self, source: Source, first_step: int, steps: int) -> None:
        super().__init__(source.tensor(first_step, 0), source.shape)
        self._source, self._first, self._steps = source, first_step, steps
        self._start = 0  # the step of the first of `rows`

    def block(self, first: int, count: int) -> Tensor:
        return self._source.tensor(self._first + first, count)

    def at(self, step: int) -> Tensor:
        if not self._start <= step < self._start + len(self.rows):
            ahead = max(1, _AHEAD // self._source.width)
            self._start, self.rows = step, self.block(step, min(ahead, self._steps - step))
        return self._given(self.rows[step - self._start])


class RateStream(Stream):
    """Rates of Poisson neurons that are computed when they are asked for, and looked at then."""

    def __init__(self, what: str, layer: PoissonPopulation, source: Source, first_step: int, steps: int) -> None:
        super().__init__(source, first_step, steps)
        self._what, self._layer = what, layer

    def block(self, first: int, count: int) -> Tensor:
        rows = super().block(first, count)
        self._layer.check_rates(f"{self._what} from step {self._first + first} on", rows.numpy().astype(np.float64))
        return rows


def read_input(
    layer: NeuralPopulation,
    given: object,
    steps: int,
    *,
    first_step: int = 0,
    dt: float | None = None,
    key: Key = (0, 0),
) -> Input:
    """Check an input and bring it into one form.

    A number, (steps,), (steps, 1), (steps, n) or (steps, *shape), or a Constant. Row 0 belongs to the first step of
    this run. An InputPopulation takes spikes of (steps, n) or (steps, *shape), a PoissonPopulation rates (Hz) in any of
    these forms. A Generator starts at the layer's `first_step`, with the layer's dt unless another is given, and draws
    from `key`.
    """
    what = f"Network.run(inputs={{{layer.name!r}: ...}})"
    if isinstance(layer, InputPopulation):
        return _spikes(what, layer, given, steps)
    if isinstance(layer, SpikeSource):
        if given is not None:
            raise ArgumentError(
                what, got="an input for a SpikeSource", expected="none: its times are given", fix="leave it out"
            )
        return Input(torch.zeros(1, 1, dtype=layer.dtype), layer.shape)
    if isinstance(layer, PoissonPopulation) and given is None:
        given = layer.rate if isinstance(layer.rate, float) else Constant(layer.rate)
    elif given is None:
        given = 0.0
    elif layer.dynamics is not None and not layer.dynamics.inputs:
        raise ArgumentError(
            what,
            got="an input for equations that have none",
            expected="none",
            fix="add it to an equation, or leave it out",
        )
    if isinstance(given, Generator):
        return _generated(what, layer, given, steps, first_step, layer.dt if dt is None else dt, key)
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
    if isinstance(layer, PoissonPopulation):
        layer.check_rates(what, values.numpy().astype(np.float64))
    return Input(values, layer.shape)


def _generated(
    what: str, layer: NeuralPopulation, given: Generator, steps: int, first_step: int, dt: float | None, key: Key
) -> Input:
    if dt is None:
        raise StateError(what, got="a generator before dt is known", expected="dt in ms", fix="set the layer's dt")
    source = Source(what, given, dt, layer.shape, key, layer.dtype, first_step)
    if isinstance(layer, PoissonPopulation):
        return RateStream(what, layer, source, first_step, steps)
    if source.width > 1 or steps > _COLUMN:
        return Stream(source, first_step, steps)
    return Input(source.tensor(first_step, steps), layer.shape)


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
    if given is None:
        return Input(torch.zeros(1, layer.n, dtype=torch.bool), layer.shape)
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
    if spikes.dtype != torch.bool and not ((spikes == 0) | (spikes == 1)).all():
        raise ParameterError(
            what, got="values other than 0 and 1", expected="spikes", fix="compare with a threshold first"
        )
    return Input(spikes.bool().reshape(steps, -1).contiguous(), layer.shape)
