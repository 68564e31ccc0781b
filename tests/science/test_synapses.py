"""What a synapse must do to its neuron, known from pencil and paper."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import cnsproject as cns


def after_a_spike(synapse: cns.Synapse, variable: str, steps: int, dt: float, **settings: Any) -> list[float]:
    """A variable of a neuron or its synapse in the steps from the arrival of one spike on."""
    net = cns.Network(dt=dt)
    pre = net.add_layer(cns.InputPopulation(1, dtype=torch.float64), "pre")
    weight = settings.pop("weight")
    post = net.add_layer(cns.LIFPopulation(1, threshold=1e3, dtype=torch.float64, **settings), "post")
    connection = cns.Connection(pre, post, synapse=synapse, weight=weight)
    net.add_connection(connection)
    seen = net.add_monitor(cns.Monitor(post if variable == "u" else connection, [variable]), "m")
    spikes = torch.zeros(steps, 1)
    spikes[0] = 1
    net.run(steps * dt, {"pre": spikes})
    assert net.executor.name == "cpu"
    return seen.get(variable)[:, 0].tolist()


@given(weight=st.floats(-5, 5), tau=st.floats(1, 20), dt=st.sampled_from([0.1, 0.5]))
def test_alpha_current(weight: float, tau: float, dt: float) -> None:
    """w * (t/tau) * exp(1 - t/tau), exactly, whatever dt."""
    found = after_a_spike(cns.AlphaCurrent(tau=tau), "current", 200, dt, weight=weight)
    expected = [weight * (k * dt / tau) * math.exp(1 - k * dt / tau) for k in range(200)]
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_the_peak_of_an_alpha_current_is_the_weight_after_tau() -> None:
    found = after_a_spike(cns.AlphaCurrent(tau=4.0), "current", 400, 0.1, weight=2.5)
    assert found.index(max(found)) == 40
    assert max(found) == pytest.approx(2.5, rel=1e-12)


@pytest.mark.parametrize("synapse", [cns.ExponentialConductance, cns.AlphaConductance])
@pytest.mark.parametrize("E", [0.0, -90.0])
def test_charge_through_a_conductance(synapse: type, E: float) -> None:
    """Without leak du/dt = g*(E - u)/C, so E - u shrinks by exp(-G/C), G the integral of g: w*tau, or e*w*tau."""
    weight, tau, capacitance = 0.02, 5.0, 0.4
    area = weight * tau * (math.e if synapse is cns.AlphaConductance else 1.0)
    leak = 1e-9  # as good as none: tau of the membrane 1e9 ms
    found = after_a_spike(
        synapse(tau=tau, E=E), "u", 100_000, 0.002, weight=weight, R=1 / leak, C=capacitance, u_rest=-70.0
    )
    assert found[-1] == pytest.approx(E - (E + 70.0) * math.exp(-area / capacitance), rel=1e-4)


@pytest.mark.parametrize("synapse", [cns.ExponentialConductance, cns.AlphaConductance])
def test_current_into_a_clamped_membrane(synapse: type) -> None:
    """g * (E - u), g the kernel itself."""
    pre, post = (kind(1, dt=0.5, dtype=torch.float64) for kind in (cns.InputPopulation, cns.LIFPopulation))
    connection = cns.Connection(pre, post, synapse=synapse(tau=3.0, E=-10.0), weight=0.2)
    for k in range(40):
        pre.forward(torch.tensor([k == 0]))
        post.u = -60.0
        x = k * 0.5 / 3.0
        g = 0.2 * (math.exp(-x) if synapse is cns.ExponentialConductance else x * math.exp(1 - x))
        assert connection.compute().item() == pytest.approx(g * 50.0, rel=1e-12, abs=1e-300)
        post.forward(0.0)


@given(weight=st.floats(-10, 10), tau=st.floats(2, 50))
def test_a_delta_synapse_lifts_the_membrane_by_its_weight(weight: float, tau: float) -> None:
    """The jump decays like any deflection: w*(1 - dt/tau)^k after k steps of Euler."""
    found = after_a_spike(cns.Delta(), "u", 30, 1.0, weight=weight, tau=tau)
    assert found == pytest.approx([-70 + weight * (1 - 1 / tau) ** (k + 1) for k in range(30)], rel=1e-12)


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_a_delta_synapse_is_not_felt_while_refractory(executor: str) -> None:
    net = cns.Network(dt=1.0)
    pre = net.add_layer(cns.InputPopulation(1), "pre")
    post = net.add_layer(cns.LIFPopulation(1, tau=1e9, u_rest=-70.0, threshold=-60.0, refractory=3.0), "post")
    net.add_connection(cns.Connection(pre, post, synapse=cns.Delta(), weight=6.0))
    seen = net.add_monitor(cns.Monitor(post, ["u", "s"]), "m")
    net.run(8, {"pre": torch.ones(8, 1)}, executor=executor)
    assert seen.get("u")[:, 0].tolist() == [-64.0, -70.0, -70.0, -70.0, -70.0, -64.0, -70.0, -70.0]
    assert seen.spikes()[0].tolist() == [1.0, 6.0]
