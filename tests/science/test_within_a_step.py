"""scheme="exact": the membrane feels a decaying current as it is, not as a constant one of each step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

import cnsproject as cns

F64 = npt.NDArray[np.float64]
R, W = 2.0, 1.3
STEPS = 40


def exponential(t: F64, tau_m: float, tau_s: float) -> F64:
    """Response of a leaky membrane to w*exp(-t/tau_s)."""
    if tau_m == tau_s:
        return R * W / tau_m * t * np.exp(-t / tau_m)
    return R * W / tau_m * (np.exp(-t / tau_m) - np.exp(-t / tau_s)) / (1 / tau_s - 1 / tau_m)


def alpha(t: F64, tau_m: float, tau_s: float) -> F64:
    """... and to w*(t/tau_s)*exp(1 - t/tau_s)."""
    if tau_m == tau_s:
        return R * W / tau_m * math.e / tau_s * t**2 / 2 * np.exp(-t / tau_m)
    k = 1 / tau_s - 1 / tau_m
    return R * W / tau_m * math.e / tau_s * (np.exp(-t / tau_m) - (1 + k * t) * np.exp(-t / tau_s)) / k**2


def rises(executor: str, dt: float, tau_m: Any, connect: Any, scheme: str = "exact", n: int = 1) -> F64:
    """Deflection of the membrane at the ends of the steps after a spike."""
    net = cns.Network(dt=dt)
    pre = net.add_layer(cns.InputPopulation(1, dtype=torch.float64), "pre")
    post = cns.LIFPopulation(n, tau=tau_m, R=R, threshold=1e3, u_rest=0.0, scheme=scheme, dtype=torch.float64)
    net.add_layer(post, "post")
    net.add_connection(connect(pre, post))
    seen = net.add_monitor(cns.Monitor(post, ["u"]), "u")
    spikes = torch.zeros(STEPS, 1)
    spikes[0] = 1
    net.run(STEPS * dt, {"pre": spikes}, executor=executor)
    return seen.get("u").numpy()


def listed(synapse: type) -> Any:
    return lambda tau: lambda pre, post: cns.Connection(pre, post, synapse=synapse(tau), weight=W)


KINDS = {
    "exponential": (exponential, listed(cns.ExponentialCurrent)),
    "alpha": (alpha, listed(cns.AlphaCurrent)),
    "one weight": (exponential, lambda tau: lambda a, b: cns.DenseConnection(a, b, J=W, tau_s=tau)),
    "matrix": (exponential, lambda tau: lambda a, b: cns.DenseConnection(a, b, w=np.full((1, b.n), W), tau_s=tau)),
}  # fmt: skip


@pytest.mark.parametrize("executor", ["eager", "cpu"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dt", "tau_m", "tau_s"), [(1e-2, 10, 5), (0.1, 10, 10), (1.0, 20, 0.5), (50.0, 10, 30)])
def test_response_to_a_spike(executor: str, kind: str, dt: float, tau_m: float, tau_s: float) -> None:
    law, make = KINDS[kind]
    found = rises(executor, dt, tau_m, make(tau_s))[:, 0]
    expected = law(dt * np.arange(1, STEPS + 1), tau_m, tau_s)
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-13 * W)


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_time_constants_that_differ_between_neurons(executor: str) -> None:
    tau_m, tau_s = np.array([5.0, 10.0, 20.0]), np.array([10.0, 3.0, 20.0])
    make = KINDS["exponential"][1](tau_s)
    found = rises(executor, 1.0, tau_m, make, n=3)
    for i in range(3):
        expected = exponential(np.arange(1.0, STEPS + 1), tau_m[i], tau_s[i])
        assert found[:, i] == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_other_schemes_hold_the_current() -> None:
    make = KINDS["exponential"][1](5.0)
    expected = exponential(np.arange(1.0, STEPS + 1), 10.0, 5.0)
    assert np.abs(rises("cpu", 1.0, 10.0, make, "exponential euler")[:, 0] / expected - 1).max() > 0.05


def test_what_is_delivered_is_the_mean_as_the_membrane_feels_it() -> None:
    """By hand: x decays, `current` is a factor of it; a new tau of post is another factor."""
    dt, tau_m, tau_s = 2.0, 10.0, 4.0
    pre = cns.InputPopulation(1, dt=dt, dtype=torch.float64)
    post = cns.LIFPopulation(1, tau=tau_m, R=R, threshold=1e3, scheme="exact", dt=dt, dtype=torch.float64)
    connection = cns.Connection(pre, post, synapse=cns.ExponentialCurrent(tau_s), weight=W)
    assert connection.states == ("x",)
    assert {"x", "current"} <= set(connection.recordable)
    for k, tau in enumerate((10.0, 10.0, 3.0)):
        post.tau = tau
        pre.forward(torch.tensor([k == 0]))
        delivered = connection.compute().item()
        assert connection.x.item() == pytest.approx(W * math.exp(-k * dt / tau_s), rel=1e-13)
        felt = (math.exp(-dt / tau) - math.exp(-dt / tau_s)) / (1 / tau_s - 1 / tau) / (tau * (1 - math.exp(-dt / tau)))
        assert delivered == pytest.approx(felt * connection.x.item(), rel=1e-12)
        assert connection.current.item() == delivered


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_a_drive_through_a_decaying_current(executor: str) -> None:
    """Every draw acts as a spike does: the mean potential is that of the mean current, for a coarse dt too."""
    net = cns.Network(dt=5.0, seed=3)
    post = cns.LIFPopulation(4000, tau=10.0, R=R, threshold=1e3, u_rest=0.0, u=0.0, scheme="exact", dtype=torch.float64)
    net.add_layer(post, "post")
    drive = cns.PoissonDrive(post, n=20, rate=50.0, weight=0.1, synapse=cns.ExponentialCurrent(3.0))
    net.add_connection(drive, name="drive")
    net.run(500, executor=executor)
    u, x = post.u.numpy(), drive.x.numpy()
    # Spikes of a step arrive at its start: x, right after their arrival, sums exp(-k*dt/tau_s).
    per_step = 20 * 50.0 * 5e-3 * 0.1
    assert x.mean() == pytest.approx(per_step / (1 - math.exp(-5 / 3)), abs=4 * x.std() / 4000**0.5)
    kicks = sum(exponential(np.array([5.0 * k]), 10.0, 3.0)[0] / W for k in range(1, 200))
    assert u.mean() == pytest.approx(per_step * kicks, abs=4 * u.std() / 4000**0.5)


RESONATOR = cns.Dynamics(
    "dv/dt = (R*(I - w) - v)/tau : mV\ndw/dt = (a*v - w)/tau_w : nA", inputs={"I": "nA"},
    parameters={"tau": "ms", "R": "MOhm", "a": "nA/mV", "tau_w": "ms"}, spike="v > 1000", reset="v = 0",
)  # fmt: skip


class Resonator(cns.ModelPopulation):
    dynamics = RESONATOR

    def __init__(self) -> None:
        values = {"tau": 10.0, "R": 1.0, "a": 0.2, "tau_w": 30.0}
        super().__init__(1, parameters=values, starts={}, scheme="exact", dt=1.0)


@pytest.mark.parametrize(
    ("post", "synapse"),
    [
        (Resonator, cns.ExponentialCurrent(5.0)),
        (lambda: cns.LIFPopulation(1, dt=1.0, scheme="exact"), cns.ExponentialConductance(5.0)),
        (lambda: cns.LIFPopulation(1, dt=1.0, scheme="exponential euler"), cns.AlphaCurrent(5.0)),
    ],
)
def test_where_inputs_stay_held(post: Any, synapse: cns.Synapse) -> None:
    connection = cns.Connection(cns.InputPopulation(1, dt=1.0), post(), synapse=synapse)
    assert connection.dynamics is synapse.dynamics
    assert connection.step().felt_by is None


def test_a_synapse_of_a_user_is_felt_exactly_too() -> None:
    """Two time constants, and a state that is called x already; the effect is the difference of two exponentials."""

    class Rising(cns.Synapse):
        dynamics = cns.Dynamics(
            "di/dt = (x - i)/tau_r : nA\ndx/dt = -x/tau_d : nA", parameters={"tau_r": "ms", "tau_d": "ms"},
            arrivals={"arrived": "nA"}, on_arrival="x = x + arrived", output="i",
        )  # fmt: skip

        def parameters(self) -> dict[str, object]:
            return {"tau_r": 2.0, "tau_d": 8.0}

    def connect(pre: Any, post: Any) -> cns.Connection:
        connection = cns.Connection(pre, post, synapse=Rising(), weight=W)
        assert connection.states == ("x_1", "x")
        return connection

    found = rises("cpu", 1.0, 20.0, connect)[:, 0]
    t = np.arange(1.0, STEPS + 1)
    # i = (exp(-t/8) - exp(-t/2)) / (2*(1/2 - 1/8)) * w
    expected = (exponential(t, 20.0, 8.0) - exponential(t, 20.0, 2.0)) / (2 * (1 / 2 - 1 / 8))
    assert found == pytest.approx(expected, rel=1e-10)


def test_gradients_flow_through_it() -> None:
    pre, post = (
        kind(1, dt=1.0, **more) for kind, more in ((cns.InputPopulation, {}), (cns.LIFPopulation, {"scheme": "exact"}))
    )
    connection = cns.DenseConnection(pre, post, w=torch.nn.Parameter(torch.ones(1, 1)), tau_s=5.0)
    pre.forward(torch.tensor([True]))
    post.forward(connection.compute())
    (post.u.sum()).backward()
    leak, decay = math.exp(-0.1), math.exp(-0.2)
    assert connection.weight.grad.item() == pytest.approx(0.1 * (leak - decay) / (1 / 5 - 1 / 10), rel=1e-5)
