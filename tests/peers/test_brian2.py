"""The same spikes as Brian2, step by step, in float64. A spike of step k is stamped k*dt by both."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest
import torch

import cnsproject as cns

sys.path.insert(0, str(Path(__file__).parent))
from benchmarks import translations
from cases import Case, Spikes, Synapses, brian2, connect, neurons, ours

pytestmark = [pytest.mark.peers, pytest.mark.parametrize("executor", ["eager", "cpu"])]
DT, TAU = 0.1, 20.0
delay = partial(translations.delay, dt=DT)
needs_delta = pytest.mark.skipif(not hasattr(cns, "Delta"), reason="there is no Delta synapse")
needs_conductance = pytest.mark.skipif(
    not hasattr(cns, "ExponentialConductance"), reason="there is no ExponentialConductance"
)


@pytest.mark.parametrize(
    ("scheme", "method"),
    [("euler", "euler"), ("exponential euler", "exact"), ("exact", "exact"), ("heun", "rk2"), ("rk4", "rk4")],
)
def test_lif(executor: str, scheme: str, method: str) -> None:
    """Unconnected neurons: on linear equations Heun is "rk2", exponential Euler "exact"; nothing is translated."""
    case = neurons()
    assert ours(case, executor, scheme) == brian2(case, method)


@pytest.mark.parametrize("refractory", [0.1, 2.0])
def test_refractory(executor: str, refractory: float) -> None:
    """Brian2's refractory period r is our r - dt."""
    case = neurons(refractory=refractory)
    theirs = brian2(case, "euler")
    assert ours(case.changed(refractory=translations.refractory(refractory, DT)), executor, "euler") == theirs
    assert ours(case, executor, "euler") != theirs


@pytest.mark.parametrize("theirs", [0.0, 0.1, 1.5])
def test_delay(executor: str, theirs: float) -> None:
    """Brian2's delay d is our d + dt. Its "exponential_euler" holds a current during a step, as ours does."""
    case = connect(neurons(), "current", -3, 4, theirs)
    spikes = brian2(case, "exponential_euler")
    assert ours(case.changed(delay=delay), executor) == spikes
    # Within a population our delay 0 is one step as well.
    assert (ours(case, executor) == spikes) is (theirs == 0)


def test_euler_of_a_current(executor: str) -> None:
    """Brian2's "euler" takes a current's decay too by Euler: another time constant makes the exact decay the same."""
    case = connect(neurons(refractory=2.0), "current", -3, 4, 1.5)
    same = case.changed(
        delay=delay,
        synaptic_tau=partial(translations.euler_decay, dt=DT),
        refractory=translations.refractory(2.0, DT),
    )
    assert ours(same, executor, "euler") == brian2(case, "euler")


def test_exact_currents(executor: str) -> None:
    """Brian2's "exact" lets a current decay within the step, as ours does.

    Where exponential Euler holds it, a factor on the weights makes that the same.
    """
    case = connect(connect(neurons(refractory=5.0), "current", 0, 3, 0.0), "current", -4, 0, 0.0, seed=3, tau=10.0)
    weight = partial(translations.decaying_within_step, tau_membrane=TAU, dt=DT)
    same = case.changed(delay=delay, refractory=translations.refractory(5.0, DT))
    theirs = brian2(case, "exact")
    assert ours(same.changed(weight=weight), executor) == theirs
    assert ours(same, executor, "exact") == theirs


@needs_conductance
def test_conductances(executor: str) -> None:
    """Delay, refractory period and decay are translated as for currents.

    By Euler only: Brian2's "exponential_euler" lets u relax with the conductance within the step, ours holds g*(E - u).
    """
    case = connect(neurons(refractory=2.0), "conductance", 0, 0.1, 1.5, E=0.0)
    case = connect(case, "conductance", 0, 0.3, 0.0, seed=3, E=-80.0, tau=10.0)
    same = case.changed(delay=delay, refractory=translations.refractory(2.0, DT))
    same = same.changed(synaptic_tau=partial(translations.euler_decay, dt=DT))
    assert ours(same, executor, "euler") == brian2(case, "euler")


@needs_delta
@pytest.mark.parametrize("refractory", [0.0, 0.1, 2.0])
@pytest.mark.parametrize("theirs", [0.0, 1.5])
def test_delta(executor: str, refractory: float, theirs: float) -> None:
    """Brian2 loses the jumps of r (at least of one step) and integrates one step earlier: see `translations`."""
    case = connect(neurons(refractory=refractory), "delta", -1.5, 2.5, theirs)
    reset = [translations.reset_with_jumps(case.u_reset, case.u_rest + current, TAU, DT) for current in case.I]
    same = case.changed(delay=delay, refractory=translations.refractory_with_jumps(refractory, DT), u_reset=reset)
    assert ours(same, executor) == brian2(case, "exact")


def test_report(executor: str) -> None:
    """The report's coupled populations: Brian2 feels spikes in the next step, so p1 to p2 takes a delay of dt."""
    forth = Synapses("current", *_all(range(16), range(16, 20)), w=[-20 / 16] * 64, delay=0.0, tau=10.0)
    back = Synapses("current", *_all(range(16, 20), range(16)), w=[-20 / 4] * 64, delay=0.0, tau=10.0)
    common = dict(tau=100.0, u_reset=-70.0, threshold=-55.0, dt=1.0, time=1000.0)
    case = Case(I=[30.0] * 20, u=[-70.0] * 20, synapses=(forth, back), **common)
    theirs = brian2(case, "euler")
    assert theirs and _report(executor) == theirs


def _all(pre: range, post: range) -> tuple[list[int], list[int]]:
    return [i for i in pre for _ in post], [j for _ in pre for j in post]


def _report(executor: str) -> Spikes:
    net = cns.Network(dt=1.0, seed=1)
    common = dict(R=10, C=10, threshold=-55, is_inhibitory=True, dtype=torch.float64)
    p1, p2 = (net.add_layer(cns.LIFPopulation(n, **common), name) for n, name in ((16, "p1"), (4, "p2")))
    tau = translations.euler_decay(10.0, 1.0)
    net.add_connection(cns.DenseConnection(p1, p2, J=2, tau_s=tau, delay=1.0))
    net.add_connection(cns.DenseConnection(p2, p1, J=2, tau_s=tau))
    monitors = [net.add_monitor(cns.Monitor(p, ["s"]), name) for p, name in ((p1, "p1"), (p2, "p2"))]
    net.run(1000, {"p1": 3.0, "p2": 3.0}, executor=executor)
    spikes = torch.cat([monitor.get("s") for monitor in monitors], dim=1)
    return [(k, i) for k, i in spikes.nonzero().tolist()]
