"""`Field`: derivatives against what a step of Euler does, the Jacobian against differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.dynamics.field import Field
from cnsproject.network.model_reference import references

CLASSES = [found.population for found in references() if found.population.dynamics]
CLASSES = [kind for kind in CLASSES if issubclass(kind, cns.ModelPopulation)]


def values_of(population: Any, **states: float) -> dict[str, Any]:
    names = population.dynamics.parameters
    inputs = dict.fromkeys(population.dynamics.inputs, 1.5)
    return {name: float(getattr(population, name)) for name in names} | inputs | states


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_a_step_of_euler_is_a_step_along_the_field(kind: Any) -> None:
    population = kind(1, dt=0.01, dtype=torch.float64, scheme="euler")
    states = population.dynamics.states
    before = {name: float(getattr(population, name)) + 0.125 for name in states}
    for name, value in before.items():
        setattr(population, name, value)
    field = Field(population.dynamics)
    assert field.states == tuple(states)
    slopes = field.derivatives(values_of(population, **before))
    population.forward(1.5)
    for name, slope in zip(states, slopes, strict=True):
        assert float(getattr(population, name)) - before[name] == pytest.approx(0.01 * slope, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_jacobian_is_what_differences_are(kind: Any) -> None:
    population = kind(1, dtype=torch.float64)
    names = tuple(population.dynamics.states)
    here = {name: float(getattr(population, name)) + 0.125 for name in names}
    field = Field(population.dynamics)
    jacobian = np.array(field.jacobian(values_of(population, **here)), float)
    for column, name in enumerate(names):
        sides = [
            np.array(field.derivatives(values_of(population, **{**here, name: here[name] + h})), float)
            for h in (-1e-5, 1e-5)
        ]
        assert jacobian[:, column] == pytest.approx((sides[1] - sides[0]) / 2e-5, rel=1e-5, abs=1e-7)


def field(equation: str, **parameters: str) -> Field:
    return Field(cns.Dynamics(equations=equation, parameters=parameters, spike="x > 1"))


def test_arrays_are_combined() -> None:
    both = field("dx/dt = a*x*y : 1\ndy/dt = x*a - y**2*a : 1", a="1/ms")
    x, y = np.array([1.0, 2.0])[None, :], np.array([3.0, 4.0, 5.0])[:, None]
    dx, dy = both.derivatives({"x": x, "y": y, "a": 2.0})
    assert dx.tolist() == (2 * x * y).tolist()
    assert dy.tolist() == (2 * x - 2 * y**2).tolist()


def test_noise_is_left_out() -> None:
    noisy = field("dx/dt = -x/tau + sigma*sqrt(2/tau)*xi + sigma*xi_2*sqrt(1/tau) : 1", tau="ms", sigma="1")
    assert noisy.derivatives({"x": 3.0, "tau": 2.0, "sigma": 5.0}) == [-1.5]
    assert noisy.jacobian({"x": 3.0, "tau": 2.0, "sigma": 5.0}) == [[-0.5]]


@pytest.mark.parametrize(
    ("side", "x", "value", "slope"),
    [
        ("exprel(x)", 0.0, 1.0, None),
        ("exprel(x)", 2.0, (math.exp(2) - 1) / 2, (math.exp(2) - (math.exp(2) - 1) / 2) / 2),
        ("abs(x)", -3.0, 3.0, -1.0),
        ("sign(x - 1)*x**2", 3.0, 9.0, 6.0),
        ("floor(x/2)*x", 5.0, 10.0, 2.0),
        ("clip(x, 0, 1)", 0.5, 0.5, 1.0),
        ("clip(x, 0, 1)", 2.0, 1.0, 0.0),
        ("minimum(x, 2)", 5.0, 2.0, 0.0),
        ("where(x > 1, x**3, 0)", 2.0, 8.0, 12.0),
        ("where(x > 1, x**3, 0)", 0.5, 0.0, 0.0),
        ("tanh(x)", 0.3, math.tanh(0.3), 1 - math.tanh(0.3) ** 2),
    ],
)
def test_functions_of_the_language(side: str, x: float, value: float, slope: float | None) -> None:
    made = field(f"dx/dt = ({side})/tau : 1", tau="ms")
    assert made.derivatives({"x": x, "tau": 1.0})[0] == pytest.approx(value)
    if slope is not None:
        assert made.jacobian({"x": x, "tau": 1.0})[0][0] == pytest.approx(slope)


def test_the_length_of_a_step_may_be_part_of_an_equation() -> None:
    made = field("dx/dt = x*dt/(tau*tau) : 1", tau="ms")
    assert made.derivatives({"x": 2.0, "tau": 1.0, "dt": 0.5}) == [1.0]
    assert made.derivatives({"x": 2.0, "tau": 1.0}) == [0.0]
