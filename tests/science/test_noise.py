"""Noise in equations: its laws, and the orders of Euler-Maruyama."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns

N = 40_000


def population(equations: str, n: int, dt: float, starts: dict[str, Any], **values: float) -> cns.ModelPopulation:
    units = {"tau": "ms", "sigma": "mV", "mu": "1/ms", "g": "1/sqrt(ms)"}
    dynamics = cns.Dynamics(
        equations, parameters={name: units[name] for name in values}, spike=f"{next(iter(starts))} > 1e9", source="here"
    )

    class Own(cns.ModelPopulation):
        def __init__(self) -> None:
            super().__init__(
                n, parameters=values, starts=starts, dt=dt, rng=1, dtype=torch.float64, spike_trace=False
            )  # fmt: skip

    Own.dynamics = dynamics
    return Own()


@pytest.mark.parametrize("dt", [0.5, 2.0])
def test_stationary_ornstein_uhlenbeck(dt: float) -> None:
    """x <- (1 - dt/tau)*x + sigma*sqrt(2*dt/tau)*n has the variance sigma^2/(1 - dt/(2*tau)), by Euler-Maruyama."""
    tau, sigma = 10.0, 3.0
    cells = population(
        "du/dt = -u/tau + sigma*sqrt(2/tau)*xi : mV", N, dt, {"u": cns.Normal(0, 3.0)}, tau=tau, sigma=sigma
    )
    net = cns.Network(dt=dt)
    net.add_layer(cells, "cells")
    net.run(60, executor="cpu")
    law = sigma**2 / (1 - dt / (2 * tau))
    before = cells.u.numpy()
    assert before.mean() == pytest.approx(0, abs=5 * math.sqrt(law / N))
    assert before.var() == pytest.approx(law, rel=5 * math.sqrt(2 / N))
    net.run(10, executor="cpu")
    correlation = np.corrcoef(before, cells.u.numpy())[0, 1]
    assert correlation == pytest.approx((1 - dt / tau) ** round(10 / dt), abs=5 / math.sqrt(N))


def test_every_noise_is_independent_and_the_same_where_its_name_is() -> None:
    cells = population(
        "\n".join(f"d{x}/dt = sigma*{xi}/sqrt(tau) : mV" for x, xi in (("x", "xi"), ("y", "xi_1"), ("z", "xi"))),
        N, 0.5, {"x": 0.0}, tau=10.0, sigma=2.0,
    )  # fmt: skip
    cells.forward()
    x, y, z = (getattr(cells, name).numpy() for name in "xyz")
    assert np.array_equal(x, z)
    assert abs(np.corrcoef(x, y)[0, 1]) < 5 / math.sqrt(N)
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 5 / math.sqrt(N)
    assert x.std() == pytest.approx(2.0 * math.sqrt(0.5 / 10), rel=5 / math.sqrt(2 * N))
    before = x.copy()
    cells.forward()
    assert abs(np.corrcoef(before, cells.x.numpy() - before)[0, 1]) < 5 / math.sqrt(N)


def test_noise_of_an_equation_is_not_that_of_an_input() -> None:
    """Both draw from the key of the population."""
    cells = population("du/dt = sigma*xi/sqrt(tau) : mV", N, 1.0, {"u": 0.0}, tau=1.0, sigma=1.0)
    cells.forward()
    given = cns.WhiteNoise(0.0, 1.0).values(1.0, 1.0, N, rng=1, dtype=torch.float64)[0]
    assert abs(np.corrcoef(cells.u.numpy(), given.numpy())[0, 1]) < 5 / math.sqrt(N)


GEOMETRIC = "dx/dt = mu*x + g*x*xi : 1\ndw/dt = xi : sqrt(ms)"


def errors(n: int, steps: int) -> tuple[float, float]:
    """Strong and weak error of x at 4 ms; w is the path that drove it, so that the solution of each path is known."""
    mu, g, time = 0.1, 0.25, 4.0
    cells = population(GEOMETRIC, n, time / steps, {"x": 1.0, "w": 0.0}, mu=mu, g=g)
    for _ in range(steps):
        cells.forward()
    found, w = cells.x.numpy(), cells.w.numpy()
    true = np.exp((mu - g**2 / 2) * time + g * w)  # Ito: Kloeden & Platen 1992, eq. 4.4.6
    return float(np.abs(found - true).mean()), float(abs((found - true).mean()))


def test_orders_of_euler_maruyama() -> None:
    """Strong order 1/2 and weak order 1 for noise that is multiplied by the state."""
    steps = [4, 8, 16, 32]
    found = np.array([errors(N, k) for k in steps])
    slopes = -np.polyfit(np.log(steps), np.log(found), 1)[0]
    assert slopes[0] == pytest.approx(0.5, abs=0.05)
    assert slopes[1] == pytest.approx(1.0, abs=0.15)


def test_multiplied_noise_is_meant_as_ito_does() -> None:
    """The mean grows with mu alone; as Stratonovich means it, it would grow with mu + g^2/2."""
    mu, g, dt = 0.05, 0.3, 0.1
    cells = population("dx/dt = mu*x + g*x*xi : 1", N, dt, {"x": 1.0}, mu=mu, g=g)
    for _ in range(100):
        cells.forward()
    x = cells.x.numpy()
    assert x.mean() == pytest.approx((1 + mu * dt) ** 100, abs=5 * x.std() / math.sqrt(N))


def test_noise_of_strength_one_has_the_unit_of_an_input_over_sqrt_of_time() -> None:
    """sigma*sqrt(2/tau)*xi and a WhiteNoise input of intensity sigma*sqrt(2*tau)/R act alike."""
    tau, sigma, dt = 20.0, 4.0, 0.5
    cells = population("du/dt = -u/tau + sigma*sqrt(2/tau)*xi : mV", N, dt, {"u": 0.0}, tau=tau, sigma=sigma)
    leaky = cns.LIFPopulation(N, tau=tau, u_rest=0.0, threshold=1e9, dt=dt, dtype=torch.float64, rng=2)
    rows = cns.WhiteNoise(0.0, sigma * math.sqrt(2 * tau)).values(100, dt, N, rng=2, dtype=torch.float64)
    for row in rows:
        cells.forward()
        leaky.forward(row)
    assert cells.u.numpy().var() == pytest.approx(leaky.u.numpy().var(), rel=7 * math.sqrt(2 / N))
