"""Our neurons as populations: what can be given, in which spelling, and what is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject import errors
from cnsproject.dynamics.registry import MODELS
from cnsproject.network.model_reference import references

CLASSES = [found.population for found in references() if found.population.dynamics]
every_class = pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
# A current that makes the model fire, and a parameter that none of them can do without.
CURRENT = {"IzhikevichPopulation": 10.0, "HodgkinHuxleyPopulation": 10.0, "FitzHughNagumoPopulation": 0.5}


def current(kind: type) -> float:
    return CURRENT.get(kind.__name__, 25.0)


def test_every_model_has_a_population() -> None:
    assert [found.dynamics for found in references()] == list(MODELS)
    assert {found.population.__name__ for found in references()} <= set(cns.__all__)
    assert cns.HHPopulation is cns.HodgkinHuxleyPopulation


@every_class
def test_parameters_and_start_values_as_numbers_arrays_and_distributions(kind: Any) -> None:
    """Of all names: the mean in the end is the default, and every neuron goes its own way from there."""
    made = kind(1)
    names = [*kind.dynamics.parameters, *kind.dynamics.states]
    for name in names:
        value = float(getattr(made, name))
        spread = cns.Uniform(value - 1e-3 * abs(value) - 1e-9, value + 1e-3 * abs(value) + 1e-9)
        array = kind((2, 3), **{name: np.full((2, 3), value)})
        drawn = kind((2, 3), rng=1, **{name: spread})
        assert torch.equal(getattr(array, name), torch.full((2, 3), value))
        found = getattr(drawn, name)
        assert found.shape == (2, 3)
        assert found.std() > 0 or value == 0
        assert found.mean().item() == pytest.approx(value, rel=2e-3, abs=1e-8)


@every_class
def test_a_population_of_different_neurons_is_that_of_single_ones(kind: Any) -> None:
    together = kind(3, dt=0.05, threshold=[-20.0, -10.0, 0.0] if kind.__name__[:3] != "Fit" else [0.5, 1.0, 1.5])
    alone = [kind(1, dt=0.05, threshold=float(x)) for x in together.threshold]
    for _ in range(200):
        for population in (together, *alone):
            population.forward(2 * current(kind))
    for state in kind.dynamics.states:
        assert getattr(together, state).tolist() == [getattr(one, state).item() for one in alone]


@every_class
def test_they_fire_by_hand_and_hold_their_membrane_after_it(kind: Any) -> None:
    population = kind(1, dt=0.05, **({"refractory": 3.0} if kind.dynamics.reset else {}))
    spikes = []
    for _ in range(3000):
        population.forward(2 * current(kind))
        spikes.append(bool(population.s))
        if spikes[-1] and kind.dynamics.reset:
            reset = population.u.item()
        elif True in spikes and True in spikes[-60:] and kind.dynamics.reset:
            assert population.u.item() == reset
    assert sum(spikes) > 1
    assert min(np.diff(np.flatnonzero(spikes))) > (60 if kind.dynamics.reset else 1)


@every_class
def test_a_batch_is_its_rows_and_gradients_reach_the_input(kind: Any) -> None:
    """On torch, whose exp has another last bit than native code: equal to rounding."""
    rows = current(kind) * torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    batched = kind(2, dt=0.05, dtype=torch.float64)
    batched.reset_state_variables(batch=2)
    alone = [kind(2, dt=0.05, dtype=torch.float64) for _ in rows]
    fired = 0
    for _ in range(400):
        batched.forward(rows.expand(2, 2))
        for row, population in zip(rows, alone, strict=True):
            population.forward(row.expand(2))
        assert torch.equal(batched.s, torch.stack([population.s for population in alone]))
        fired += int(batched.s.sum())
    for state in batched.states:
        assert torch.allclose(getattr(batched, state), torch.stack([getattr(p, state) for p in alone]), rtol=1e-7)
    assert fired
    I = torch.full((2, 2), 1.0, dtype=torch.float64, requires_grad=True)  # noqa: E741
    for _ in range(3):
        batched.forward(I)
    (batched.u.sum() + batched.s.sum()).backward()
    assert torch.isfinite(I.grad).all()
    assert (I.grad != 0).all()


@pytest.mark.parametrize("kind", [cns.HodgkinHuxleyPopulation, cns.FitzHughNagumoPopulation])
def test_models_without_a_reset_know_no_refractory_period(kind: Any) -> None:
    with pytest.raises(errors.ArgumentError, match="unknown argument 'refractory'"):
        kind(1, refractory=1.0)
    dynamics = kind.dynamics

    class Own(cns.ModelPopulation):
        def __init__(self) -> None:
            super().__init__(1, parameters={}, starts={}, refractory=2.0)

    Own.dynamics = dynamics
    with pytest.raises(errors.ArgumentError, match="refractory: got 2 ms for a model without a reset"):
        Own()


def test_a_spike_of_hodgkin_and_huxley_is_one_step() -> None:
    population = cns.HHPopulation(1, dt=0.05)
    above = spikes = 0
    for _ in range(2000):
        population.forward(10.0)
        above += bool(population.u >= 0)
        spikes += bool(population.s)
    assert spikes == 7
    assert above > 5 * spikes


def test_a_gradient_passes_through_the_holes_of_the_rates() -> None:
    """At -40 and -55 mV the rates of Hodgkin and Huxley are a 0/0 that is filled; torch differentiates both branches."""
    population = cns.HHPopulation(3, dt=0.01, u=[-40.0, -55.0, -65.0])
    I = torch.zeros(3, requires_grad=True)  # noqa: E741
    for _ in range(3):
        population.forward(I)
    population.u.sum().backward()
    assert torch.isfinite(I.grad).all()
    assert (I.grad > 0).all()


# Other spellings

SPELLINGS = {
    cns.LIFPopulation: {"v": "u", "init_v": "u", "v_rest": "u_rest", "v_reset": "u_reset"},
    cns.ELIFPopulation: {
        "delta": "delta_t",
        "threshold_rh": "theta_rh",
        "theta_reset": "threshold",
        "v_rest": "u_rest",
    },
    cns.AELIFPopulation: {
        "alpha": "a",
        "beta": "b",
        "w_tau": "tau_w",
        "omega": "w",
        "W": "w",
        "threshold_r": "threshold",
    },
    cns.QIFPopulation: {"v_reset": "u_reset"},
    cns.GIFPopulation: {"v": "u"},
    cns.IzhikevichPopulation: {"v": "u"},
    cns.HodgkinHuxleyPopulation: {"v": "u"},
    cns.FitzHughNagumoPopulation: {"v": "u"},
}
CASES = [(kind, alias, name) for kind, aliases in SPELLINGS.items() for alias, name in aliases.items()]


@pytest.mark.parametrize(("kind", "alias", "name"), CASES, ids=lambda x: getattr(x, "__name__", x))
def test_other_spellings_mean_the_same(kind: Any, alias: str, name: str) -> None:
    value = float(getattr(kind(1), name)) * 1.01
    one, other = kind(2, dt=0.05, **{alias: value}), kind(2, dt=0.05, **{name: value})
    for population in (one, other):
        for _ in range(20):
            population.forward(current(kind))
        setattr(population, alias if population is one else name, value)
    same = torch.as_tensor(getattr(one, alias)) == torch.as_tensor(getattr(other, name))
    assert same.all()
    assert torch.equal(one.u, other.u)
    with pytest.raises(errors.ArgumentError, match=f"'{name}' twice"):
        kind(1, **{alias: value, name: value})


def test_outputs_know_one_name() -> None:
    population = cns.AELIFPopulation(2, dt=1.0, name="cells")
    monitor = cns.Monitor(population, ["v", "u", "omega"])
    population.forward(1.0)
    monitor.record()
    assert monitor.state_variables == ("u", "w")
    assert torch.equal(monitor.get("v"), monitor.get("u"))
    assert "v" not in population.recordable
    assert not {"v", "omega", "alpha"} & set(population.state_dict())
    with pytest.raises(errors.ParameterError, match="threshold > u_reset"):
        population.theta_reset = -90.0
    population[:1].v = -60.0
    assert population.u.tolist()[0] == -60.0


def test_two_other_spellings_and_a_place_are_found_too() -> None:
    with pytest.raises(errors.ArgumentError, match="'w' twice"):
        cns.AELIFPopulation(1, omega=0.0, W=1.0)
    with pytest.raises(errors.ArgumentError, match="'threshold' twice"):
        cns.ELIFPopulation(1, True, True, 10.0, 1.0, False, True, None, None, -20.0, theta_reset=-30.0)
    with pytest.raises(errors.ArgumentError, match="did you mean 'threshold_rh'"):
        cns.ELIFPopulation(1, treshold_rh=-50.0)
    with pytest.raises(errors.ArgumentError, match="unknown argument 'alpha'"):
        cns.ELIFPopulation(1, alpha=1.0)
    assert not hasattr(cns.ELIFPopulation(1), "alpha")


def test_a_copy_keeps_the_spellings() -> None:
    twin = copy.deepcopy(cns.AELIFPopulation(1, dt=1.0, beta=3.0))
    assert twin.beta == twin.b == 3.0


# What is refused

WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "no sharpness": (lambda: cns.ELIFPopulation(1, delta_t=0.0), r"delta_t = 0, expected delta_t > 0 \(mV\)"),
    "negative sharpness": (lambda: cns.AELIFPopulation(2, delta_t=[1.0, -1.0]), "delta_t = -1, expected"),
    "cut below reset": (lambda: cns.ELIFPopulation(1, threshold=-80), "threshold = -80, u_reset = -70"),
    "reset above threshold": (lambda: cns.QIFPopulation(1, u_reset=0.0), "threshold = -30, u_reset = 0"),
    "rest above critical": (lambda: cns.QIFPopulation(1, u_c=-80.0), "u_c = -80, u_rest = -70, expected u_c > u_rest"),
    "no curvature": (lambda: cns.QIFPopulation(1, a=0.0), "a > 0"),
    "negative time": (lambda: cns.AELIFPopulation(1, tau_w=-3.0), "tau_w: got -3, expected a number > 0"),
    "no time": (lambda: cns.GIFPopulation(1, tau_theta=0.0), "tau_theta"),
    "no capacitance": (lambda: cns.HHPopulation(1, C=0.0), r"C: got 0, expected a number > 0 \(nF\)"),
    "negative conductance": (lambda: cns.HHPopulation(1, g_K=-1.0), r"g_K: got -1, expected numbers >= 0 \(uS\)"),
    "reset above peak": (lambda: cns.IzhikevichPopulation(1, c=40.0), "threshold = 30, c = 40"),
    "no scale": (lambda: cns.FitzHughNagumoPopulation(1, scale=0.0), "scale > 0"),
    "one neuron of many": (lambda: cns.LIFPopulation(3, u_reset=[-70.0, -70.0, -50.0]), "u_reset = -50"),
    "drawn": (lambda: cns.LIFPopulation(99, u_reset=cns.Uniform(-90, -50), rng=1), "threshold > u_reset"),
    "negative rate": (lambda: cns.PoissonPopulation(1, rate=-1.0), "rate = -1, expected rate >= 0"),
    "tau and C": (lambda: cns.ELIFPopulation(1, tau=10, C=1.0), "tau = R"),
    "a start that is no number": (lambda: cns.AELIFPopulation(1, w="rest"), "w: got 'rest'"),
    "infinite": (lambda: cns.GIFPopulation(1, delta_theta=float("inf")), "delta_theta: got inf"),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_parameters_never_give_a_number(case: str) -> None:
    call, says = WRONG[case]
    with pytest.raises(errors.CnsError, match=says):
        call()


def test_a_parameter_that_is_refused_later_leaves_the_old_one() -> None:
    population = cns.ELIFPopulation(1, dt=1.0)
    with pytest.raises(errors.ParameterError, match="threshold > u_reset"):
        population.threshold = -75.0
    assert population.threshold == -30.0
    with pytest.raises(errors.ParameterError, match="delta_t > 0"):
        population.delta_t = -1.0
    population.forward(1.0)
    assert population.delta_t == 2.0


def test_a_blocked_channel_is_allowed() -> None:
    population = cns.HHPopulation(1, g_Na=0.0, dt=0.05)
    for _ in range(1000):
        population.forward(20.0)
        assert not population.s


# Defaults that follow others


def test_what_follows_another_does_so_until_it_is_set() -> None:
    population = cns.ELIFPopulation(2, u_rest=-65.0)
    assert population.u_reset == -65.0
    assert population.u.tolist() == [-65.0, -65.0]
    population.u_rest = -60.0
    assert population.u_reset == -60.0
    population.u_reset = -62.0
    population.u_rest = -64.0
    assert population.u_reset == -62.0
    population.reset_state_variables()
    assert population.u.tolist() == [-64.0, -64.0]


def test_what_follows_a_drawn_parameter_equals_it() -> None:
    """Also after a network drew it anew from its own seed."""
    population = cns.GIFPopulation(50, u_rest=cns.Uniform(-72, -68), threshold=cns.Uniform(-56, -54))
    before = population.u_rest
    cns.Network(dt=1.0, seed=3).add_layer(population, "cells")
    assert not torch.equal(population.u_rest, before)
    for follower, followed in (("u_reset", "u_rest"), ("u", "u_rest"), ("theta", "threshold")):
        assert torch.equal(getattr(population, follower), getattr(population, followed)), follower


def test_descriptions_tell_the_new_models() -> None:
    net = cns.Network(dt=0.05, seed=1)
    net.add_layer(cns.HHPopulation(2), "axon")
    net.add_layer(cns.GIFPopulation(2), "cells")
    net.add_layer(cns.PoissonPopulation(2, rate=5.0), "noise")
    text = str(net.describe())
    assert "none: a spike is where the condition becomes true" in text
    assert "theta = threshold" in text
    assert "p = rate*dt/per" in text
    assert "rate = 5 Hz" in text
