"""A loop by hand runs compiled code where there is some: the bits, errors and snapshots are those of torch."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject.errors import NumericalError, ParameterError


class Saturating(cns.Synapse):
    """A synapse to which arrivals are not simply added."""

    dynamics = cns.Dynamics(
        equations="dg/dt = -g / tau : nA",
        parameters={"tau": "ms", "top": "nA"},
        arrivals={"arrived": "nA"},
        on_arrival="g = g + arrived*(1 - g/top)",
        output="g",
    )

    def parameters(self) -> dict[str, object]:
        return {"tau": 6.0, "top": 10.0}


COMMON: dict[str, Any] = {"dt": 1.0, "tau": 8.0, "R": 4.0}


def on_torch(stepped: Any) -> Any:
    """The same object, made to run on torch."""
    stepped._look_for_compiled = lambda *_, **__: None
    return stepped


def is_compiled(stepped: Any) -> bool:
    return all(ready.hand is not None for ready in stepped._ready.values())


def states(population: cns.LIFPopulation) -> dict[str, torch.Tensor]:
    return {name: getattr(population, name) for name in (*population.states, "s")}


variants = st.fixed_dictionaries(
    {
        "shape": st.sampled_from([1, 16, 37, (3, 5)]),
        "dtype": st.sampled_from([torch.float32, torch.float64]),
        "refractory": st.sampled_from([0.0, 2.0]),
        "additive_spike_trace": st.booleans(),
        "threshold": st.sampled_from([-55.0, -62.0]),
    }
)
actions = st.lists(
    st.sampled_from(["number", "one", "row", "strided", "jump", "write u", "write s", "replace", "look", "parameter"]),
    min_size=5,
    max_size=40,
)


def act(action: str, populations: list[cns.LIFPopulation], rng: torch.Generator) -> None:
    """Do the same to all populations."""
    first = populations[0]
    row = 12 * torch.rand(first.shape, generator=rng).to(first.dtype)
    for p in populations:
        if action == "number":
            p.forward(5.5)
        elif action == "one":
            p.forward(row.reshape(-1)[:1])
        elif action == "row":
            p.forward(row)
        elif action == "strided":
            p.forward(torch.stack([row, row], -1)[..., 0])
        elif action == "jump":
            p.forward(row, jump=row.reshape(-1)[0])
        elif action == "write u":
            p.u[0] = -56.0
        elif action == "write s":
            p.s[0] = True
        elif action == "replace":
            p.u = torch.stack([row, row], -1)[..., 1] - 70
            p.traces = torch.tensor(0.5).expand(p.shape)
        elif action == "look":
            assert p.s.dtype == torch.bool
        else:
            p.threshold = -60.0


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(variants, actions, st.integers(0, 1000))
def test_compiled_steps_are_those_of_torch(settings: dict[str, Any], actions: list[str], seed: int) -> None:
    compiled = cns.LIFPopulation(**COMMON, **settings)
    compiled.warm()
    torch_one = on_torch(cns.LIFPopulation(**COMMON, **settings))
    post = [cns.LIFPopulation(3, dt=1.0, dtype=settings["dtype"]) for _ in range(2)]
    connections = [cns.DenseConnection(a, b, J=3.0) for a, b in zip((compiled, torch_one), post, strict=True)]
    connections[0].warm()
    on_torch(connections[1])
    rng, kept = torch.Generator().manual_seed(seed), []
    for action in actions:
        act(action, [compiled, torch_one], rng)
        mine, theirs = states(compiled) if action in ("look", "row") else {}, states(torch_one)
        kept += [(value, value.clone()) for value in mine.values()]
        for name in mine:
            assert torch.equal(mine[name], theirs[name]), name
            assert mine[name].dtype == theirs[name].dtype
        if not action.startswith(("write", "replace", "look", "parameter")):
            assert torch.equal(*(connection.compute() for connection in connections))
        kept = [] if action.startswith("write") else kept  # what the last step made is written to
    assert torch.equal(compiled.u, torch_one.u)
    assert torch.equal(compiled.s, torch_one.s)
    assert is_compiled(compiled) or "parameter" in actions
    assert is_compiled(connections[0])
    assert all(torch.equal(value, snapshot) for value, snapshot in kept)


@pytest.mark.parametrize("weights", ["shared", "matrix"])
def test_compiled_connections_are_those_of_torch(weights: str, dtype: torch.dtype) -> None:
    """With spikes, inhibition, a delay, and results that are written to as in `I -= con.compute()`."""
    found = []
    for compiled in (True, False):
        rng = torch.Generator().manual_seed(3)
        pre = cns.InputPopulation(7, dt=1.0, dtype=dtype, is_inhibitory=torch.arange(7) % 2 == 0)
        post = cns.LIFPopulation((2, 5), dt=1.0, dtype=dtype)
        w = torch.rand(7, 2, 5, generator=rng).to(dtype) if weights == "matrix" else 0.3
        connection = cns.DenseConnection(pre, post, w=w, delay=2.0, trace_scale=torch.rand(2, 5, generator=rng))
        connection.warm() if compiled else on_torch(connection)
        kept = []
        for _ in range(60):
            pre.forward(torch.rand(7, generator=rng) < 0.2)
            result = connection.compute()
            post.forward(0.0)
            kept += [result.clone(), connection.current]
            result -= 100.0
        assert is_compiled(connection) == compiled
        found.append(torch.stack(kept))
    assert torch.equal(*found)
    assert found[0].abs().max() > 0


@pytest.mark.parametrize("weight", [0.3, cns.Uniform(0.1, 0.5)], ids=["number", "law"])
@pytest.mark.parametrize("synapse", [cns.ExponentialCurrent(3.0), cns.AlphaCurrent(3.0), cns.Delta(), Saturating()])
def test_compiled_lists_of_synapses_are_those_of_torch(synapse: cns.Synapse, weight: Any, dtype: torch.dtype) -> None:
    """Only what arrives as one sum is handed to compiled code; what is added one by one must not be lost."""
    found = []
    for compiled in (True, False):
        rng = torch.Generator().manual_seed(3)
        pre, post = cns.InputPopulation(7, dt=1.0, dtype=dtype), cns.LIFPopulation(5, dt=1.0, dtype=dtype)
        connection = cns.Connection(pre, post, synapse=synapse, weight=weight, delay=2.0, rng=1)
        connection.warm() if compiled else on_torch(connection)
        for _ in range(30):
            pre.forward(torch.rand(7, generator=rng) < 0.3)
            found.append(connection.compute())
            post.forward(0.0)
        assert is_compiled(connection) == (compiled and (not connection.dynamics.target or connection._counts))
    assert all(map(torch.equal, found[:30], found[30:]))
    assert sum(int(arrived.any()) for arrived in found) > 40


def test_snapshots_stay_snapshots() -> None:
    pre, post = (cns.LIFPopulation(n, **COMMON) for n in (16, 4))
    connection = cns.DenseConnection(pre, post, J=2.0)
    for stepped in (pre, post, connection):
        stepped.warm()
    kept: list[tuple[torch.Tensor, torch.Tensor]] = []
    for step in range(50):
        pre.forward(6.0 + step % 7)
        made = [pre.u, pre.traces, connection.compute(), connection.current]
        made += [pre.s] if step % 3 == 0 else []
        kept += [(tensor, tensor.clone()) for tensor in made]
        post.forward(made[2])
    assert all(torch.equal(tensor, copied) for tensor, copied in kept)
    assert len({tensor.data_ptr() for tensor, _ in kept}) == len(kept)
    assert sum(int(tensor.sum()) for tensor, _ in kept if tensor.dtype == torch.bool) > 0


def test_a_tensor_that_was_changed_behind_our_back_is_read_again() -> None:
    """Its memory may be another one although it is the same tensor."""
    compiled, torch_one = cns.LIFPopulation(6, **COMMON), on_torch(cns.LIFPopulation(6, **COMMON))
    compiled.warm()
    for population in (compiled, torch_one):
        population.forward(1.0)
        population.u.data = torch.linspace(-70, -56, 6)
        population.forward(1.0)
        population.u.requires_grad_()
        population.forward(1.0)
    assert torch.equal(compiled.u, torch_one.u)
    assert compiled.u.requires_grad


@pytest.mark.parametrize("way", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["copy", "pickle"])
def test_a_copy_carries_nothing_compiled(way: Any) -> None:
    population = cns.LIFPopulation(5, **COMMON)
    population.warm()
    population.forward(8.0)
    twin = way(population)
    assert not twin._ready
    for p in (population, twin):
        for _ in range(30):
            p.forward(8.0)
    assert all(torch.equal(a, b) for a, b in zip(states(population).values(), states(twin).values(), strict=True))


def test_batches_gradients_and_other_precisions() -> None:
    population = cns.LIFPopulation(4, **COMMON)
    population.warm()
    population.forward(torch.ones(4, requires_grad=True))
    assert population.u.requires_grad
    population.reset_state_variables(batch=3)
    population.forward(torch.ones(3, 4))
    assert population.u.shape == (3, 4)
    population.reset_state_variables()
    population.double().forward(1.0)
    assert population.u.dtype == torch.float64


def test_a_checkpoint_with_spikes_is_not_taken_for_silence() -> None:
    one, other = (cns.LIFPopulation(3, **COMMON) for _ in range(2))
    for population in (one, other):
        population.warm()
        population.forward(0.0)
    other.forward(1000.0)
    one.load_state_dict(other.state_dict())
    assert one.s.all()
    one.forward(0.0)
    assert not one.s.any()


def test_what_is_not_finite_is_the_same_error() -> None:
    population = cns.LIFPopulation(4, **COMMON)
    population.warm()
    for _ in range(3):
        population.forward(1.0)
    before = {name: value.clone() for name, value in states(population).items()}
    with pytest.raises(ParameterError, match=r"forward.I. at step 3.*neuron 2"):
        population.forward(torch.tensor([0.0, 0.0, torch.nan, 0.0]))
    with pytest.raises(NumericalError, match=r"u at step 3.*neuron 1"):
        population.forward(torch.tensor([0.0, 3e38, 0.0, 0.0]))
    assert all(torch.equal(before[name], value) for name, value in states(population).items())
    assert population.steps == 3
    population.forward(1.0)
    assert population.steps == 4
