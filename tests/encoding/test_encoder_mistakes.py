"""What encoders refuse: the error names the encoder and says what to do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from cnsproject import errors
from cnsproject.encoding.encoders import (
    PhaseEncoder,
    PoissonEncoder,
    PositionEncoder,
    RankOrderEncoder,
    Time2FirstSpikeEncoder,
)

EVERY: list[Any] = [PoissonEncoder, Time2FirstSpikeEncoder, RankOrderEncoder, PositionEncoder, PhaseEncoder]

BAD_DATA: list[tuple[Any, type[errors.CnsError], str]] = [
    (0.5, errors.ArgumentError, r"range=\(low, high\)"),
    ([], errors.ShapeError, "no values"),
    (np.zeros((0, 3), np.uint8), errors.ShapeError, "no values"),
    ([1, 256], errors.ParameterError, "values from 1 to 256, expected 0 to 255"),
    (torch.tensor([-1]), errors.ParameterError, "-1"),
    ("seven", errors.ArgumentError, "numbers"),
    (None, errors.ArgumentError, "numbers"),
    ([True, False], errors.ArgumentError, "bool"),
    (torch.tensor([True]), errors.ArgumentError, "bool"),
    (torch.ones(2, dtype=torch.complex64), errors.ArgumentError, "complex"),
    ([[1, 2], [3]], errors.ArgumentError, "equally long"),
]


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(("data", "error", "says"), BAD_DATA)
def test_bad_data(kind: Any, data: Any, error: type[errors.CnsError], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        kind(16)(data)
    assert kind.__name__ in str(caught.value)


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("value", [math.nan, math.inf, 1.0001, -0.0001])
def test_values_that_are_none_or_outside(kind: Any, value: float) -> None:
    with pytest.raises(errors.ParameterError, match=kind.__name__):
        kind(16, range=(0, 1))([0.5, value])


BAD_ENCODERS: list[tuple[Any, type[errors.CnsError], str]] = [
    (lambda: PoissonEncoder(0), errors.ParameterError, r"PoissonEncoder\.time"),
    (lambda: PoissonEncoder(10, 0.3), errors.TimeGridError, r"PoissonEncoder\.time"),
    (lambda: PoissonEncoder(10, dt=-1), errors.ParameterError, r"PoissonEncoder\.dt"),
    (lambda: PoissonEncoder(10, device="nowhere"), errors.ArgumentError, r"PoissonEncoder\.device"),
    (lambda: PoissonEncoder(10, rate=1001), errors.ParameterError, "at most 1000 Hz"),
    (lambda: PoissonEncoder(10, rate=0), errors.ParameterError, r"PoissonEncoder\.rate"),
    (lambda: PoissonEncoder(10, rng="a"), errors.ArgumentError, "rng"),
    (lambda: PoissonEncoder(10, rat=5), errors.ArgumentError, "did you mean 'rate'"),  # type: ignore[call-arg]
    (lambda: PoissonEncoder(10, range=(1, 0)), errors.ParameterError, r"PoissonEncoder\.range"),
    (lambda: PoissonEncoder(10, range=1), errors.ArgumentError, r"PoissonEncoder\.range"),  # type: ignore[arg-type]
    (lambda: Time2FirstSpikeEncoder(1), errors.ParameterError, "at least two steps"),
    (lambda: Time2FirstSpikeEncoder(9, law="log"), errors.ParameterError, "linear"),  # type: ignore[arg-type]
    (lambda: Time2FirstSpikeEncoder(9, tau=5), errors.ArgumentError, "leave them out"),
    (lambda: Time2FirstSpikeEncoder(9, law="exponential", tau=9, threshold=0.7), errors.ParameterError, "less than"),
    (lambda: RankOrderEncoder(1), errors.ParameterError, r"RankOrderEncoder\.time"),
    (lambda: RankOrderEncoder(9, batch_dims=-1), errors.ParameterError, "batch_dims"),
    (lambda: RankOrderEncoder(9, batch_dims=1)([1, 2]), errors.ShapeError, "batch_dims = 1"),
    (lambda: PositionEncoder(9, fields=2), errors.ParameterError, r"PositionEncoder\.fields"),
    (lambda: PositionEncoder(9, beta=3), errors.ParameterError, r"PositionEncoder\.beta"),
    (lambda: PositionEncoder(9, decoder="mean"), errors.ParameterError, "centre"),  # type: ignore[arg-type]
    (lambda: PhaseEncoder(12), errors.ParameterError, "use 16 ms"),
    (lambda: PhaseEncoder(53, bits=53), errors.ParameterError, "at most 52"),
    (lambda: PhaseEncoder(8).decode(np.zeros((7, 2))), errors.ShapeError, r"\(8, \.\.\.\)"),
    (lambda: PhaseEncoder(8).decode(np.full((8, 2), 2)), errors.ParameterError, "0 and 1"),
    (lambda: PositionEncoder(8).decode(np.ones((8, 9))), errors.ShapeError, "10"),
    (lambda: PositionEncoder(8).decode(np.zeros((8, 10))), errors.ParameterError, "no field"),
]


@pytest.mark.parametrize(("make", "error", "says"), BAD_ENCODERS)
def test_bad_encoders(make: Any, error: type[errors.CnsError], says: str) -> None:
    with pytest.raises(error, match=says):
        make()
