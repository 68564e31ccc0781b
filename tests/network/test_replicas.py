"""`replicas`: new populations of neurons that are all like one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.errors import ArgumentError, ParameterError
from cnsproject.network.model_reference import references

CLASSES = [found.population for found in references() if found.population.dynamics]
CLASSES = [kind for kind in CLASSES if issubclass(kind, cns.ModelPopulation)]
CURRENT = {"IzhikevichPopulation": 10.0, "HodgkinHuxleyPopulation": 10.0, "FitzHughNagumoPopulation": 0.5}


def path(population: Any, current: float, steps: int = 60) -> dict[str, torch.Tensor]:
    """All states over time, flat: (steps, n)."""
    monitor = cns.Monitor(population, ["s", *population.states])
    for _ in range(steps):
        population.forward(current)
        monitor.record()
    return {name: monitor.get(name).reshape(steps, -1) for name in ("s", *population.states)}


def drawn(kind: Any, **changes: Any) -> Any:
    """A population in which parameters and start values differ from neuron to neuron."""
    plain = kind(1)
    spread = {}
    for name in (*kind.dynamics.parameters, *kind.dynamics.states):
        value = float(getattr(plain, name))
        spread[name] = cns.Uniform(value - 0.01 * abs(value), value + 0.01 * abs(value)) if value else 0.0
    spread.pop("u_reset", None)
    return kind((2, 3), dt=0.1, rng=5, **(spread | changes))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_replicas_of_every_model_do_what_their_neuron_does(kind: Any) -> None:
    population = drawn(kind)
    current = CURRENT.get(kind.__name__, 25.0)
    twins = population.replicas(4, neuron=4)
    assert type(twins) is kind
    assert (twins.shape, twins.n, twins.dt, twins.steps, twins.name) == ((4,), 4, 0.1, 0, None)
    expected, found = path(population, current), path(twins, current)
    for name, values in expected.items():
        assert torch.equal(found[name], values[:, 4:5].expand(-1, 4)), name
    assert population.shape == (2, 3)


def test_everything_about_a_neuron_is_kept() -> None:
    population = cns.LIFPopulation(
        3, R=[2.0, 3.0, 4.0], C=5.0, u_rest=[-60.0, -65.0, -70.0], u=cns.Uniform(-69, -61), refractory=1.5, tau_s=[1.0, 2.0, 3.0],
        trace_scale=0.7, additive_spike_trace=False, is_inhibitory=torch.tensor([True, False, True]), learning=False,
        scheme="heun", dtype=torch.float64, dt=0.5, name="cells", surrogate_width=2.0, rng=3,
    )  # fmt: skip
    twin = population.replicas(2, neuron=1)
    assert (twin.R, twin.C, twin.tau, twin.tau_s, twin.u_rest, twin.u_reset) == (3.0, 5.0, 15.0, 2.0, -65.0, -65.0)
    assert (twin.refractory, twin.scheme, twin.dtype, twin.surrogate_width) == (1.5, "heun", torch.float64, 2.0)
    assert (twin.additive_spike_trace, twin.is_inhibitory, twin.learning) == (False, False, False)
    assert population.replicas(2, neuron=2).is_inhibitory is True
    assert twin.u.tolist() == [population.u[1].item()] * 2
    # C and the reset go on following, as they do in the population.
    twin.R, twin.u_rest = 10.0, -66.0
    assert (twin.tau, twin.u_reset) == (50.0, -66.0)
    assert (population.R.tolist(), population.u_rest.tolist()) == ([2.0, 3.0, 4.0], [-60.0, -65.0, -70.0])


def test_nothing_is_shared() -> None:
    """Neither values, nor states, nor time: both go their own way afterwards."""
    population, other = cns.LIFPopulation(2, dt=1.0), cns.LIFPopulation(2, dt=1.0)
    twin = population.replicas(2)
    twin.tau, twin.dt, twin.u, twin.threshold = 3.0, 0.1, -60.0, -40.0
    twin.is_inhibitory = True
    path(twin, 40.0)
    assert (population.tau, population.dt, population.threshold, population.is_inhibitory) == (10.0, 1.0, -55.0, False)
    assert population.steps == 0
    expected = path(other, 25.0)
    assert all(torch.equal(expected[name], values) for name, values in path(population, 25.0).items())


def test_what_follows_and_what_was_drawn_stays_so_in_both() -> None:
    population = cns.LIFPopulation(3, u=cns.Uniform(-69, -61), rng=1)
    start = population.u.tolist()
    twin = population.replicas(2, neuron=1)
    twin.u_reset = -68.0  # no longer the rest, in the twin
    population.u_rest = -66.0
    population.reset_state_variables()
    assert (population.u_reset, twin.u_reset) == (-66.0, -68.0)
    assert population.u.tolist() == start
    assert len(set(start)) == 3
    resting = cns.LIFPopulation(3).replicas(2)
    resting.u_rest = -66.0
    resting.reset_state_variables()
    assert resting.u.tolist() == [-66.0, -66.0]


def test_they_begin_at_the_start_values() -> None:
    population = cns.LIFPopulation(2, u=-64.0, dt=1.0)
    path(population, 25.0, 7)
    population.u = -57.0
    twin = population.replicas(3)
    assert (twin.u.tolist(), twin.steps, bool(twin.s.any()), float(twin.traces.sum())) == ([-64.0] * 3, 0, False, 0.0)
    population.reset_state_variables(batch=4)
    assert population.replicas(3).u.shape == (3,)


def test_a_parameter_that_was_set_later_counts() -> None:
    population = cns.LIFPopulation(2, dt=1.0)
    population.tau = 33.0
    population[1].threshold = -50.0
    assert population.replicas(1, neuron=0).tau == 33.0
    assert [population.replicas(1, neuron=k).threshold for k in (0, 1)] == [-55.0, -50.0]


def test_dt_of_their_own() -> None:
    population = cns.LIFPopulation(1, dt=1.0, refractory=2.0)
    fine = population.replicas(1, dt=0.25)
    assert (population.dt, fine.dt) == (1.0, 0.25)
    spikes = path(fine, 50.0, 400)["s"][:, 0].nonzero()[:, 0]
    # 2 ms are 8 steps, after which u rises again from rest.
    own = path(cns.LIFPopulation(1, dt=0.25, refractory=2.0), 50.0, 400)["s"][:, 0].nonzero()[:, 0]
    assert spikes.tolist() == own.tolist()
    assert cns.LIFPopulation(1).replicas(1).dt is None


def test_models_of_ones_own_and_their_noise() -> None:
    """Each replica draws noise of its own, from the seed of its network and not from what the population was given."""
    population = cns.Population(
        "dv/dt = (v_rest - v)/tau + sigma*sqrt(2/tau)*xi : mV", shape=2, threshold="v > -50", reset="v = v_rest", dt=0.5,
        parameters={"tau": "10 ms", "v_rest": ([-70.0, -60.0], "mV"), "sigma": "3 mV"}, rng=1,
    )  # fmt: skip
    runs = []
    for seed in (1, 1, 2):
        twin = population.replicas(50, neuron=1)
        assert twin.v.tolist() == [-60.0] * 50
        net = cns.Network(dt=0.5, seed=seed)
        net.add_layer(twin, "twin")
        net.run(20)
        runs.append(twin.v)
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])
    assert len(runs[0].unique()) == 50


def test_who_must_be_chosen() -> None:
    alike = cns.LIFPopulation(3, tau=[5.0, 5.0, 5.0], u=torch.full((3,), -61.0))
    assert alike.replicas(2).u.tolist() == [-61.0, -61.0]
    for name, population in (
        ("tau", cns.LIFPopulation(3, tau=[5.0, 6.0, 5.0])),
        ("u", cns.LIFPopulation(3, u=cns.Uniform(-70, -60))),
        ("tau_s", cns.LIFPopulation(3, tau_s=[5.0, 6.0, 5.0])),
    ):
        with pytest.raises(ParameterError, match=rf"replicas: got neurons that differ in {name},.*neuron=0"):
            population.replicas(2)
        population.replicas(2, neuron=2)


def test_mistakes() -> None:
    population = cns.LIFPopulation((2, 2))
    with pytest.raises(ParameterError, match=r"replicas\(neuron\): got 4, expected an index below 4"):
        population.replicas(1, neuron=4)
    for given, name in (((0,), "count"), ((1.5,), "count")):
        with pytest.raises(ParameterError, match=rf"replicas\({name}\)"):
            population.replicas(*given)
    with pytest.raises(ParameterError, match=r"replicas\(neuron\)"):
        population.replicas(1, neuron=-1)
    with pytest.raises(ArgumentError, match="unknown argument 'index'"):
        population.replicas(1, index=1)  # type: ignore[call-arg]
    with pytest.raises(ParameterError, match="dt"):
        population.replicas(1, dt=0.0)


def test_the_native_run_is_the_loop() -> None:
    population = drawn(cns.AELIFPopulation)
    twin, loop = population.replicas(3, neuron=2), population.replicas(3, neuron=2)
    currents = np.array([0.0, 20.0, 30.0])
    net = cns.Network(dt=0.1)
    net.add_layer(twin, "twin")
    monitor = net.add_monitor(cns.Monitor(twin, ["u"]), "twin")
    net.run(20, {"twin": cns.Constant(currents)})
    rows = []
    for _ in range(200):
        loop.forward(torch.from_numpy(currents))
        rows.append(loop.u)
    assert torch.equal(monitor.get("u"), torch.stack(rows))
