"""Populations as objects: parameters, states, shapes, modules."""

from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import InputPopulation, LIFPopulation, Normal, Uniform

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


@given(shape=SHAPES, batch=st.none() | st.integers(1, 3), double=st.booleans())
def test_shapes_and_dtypes(shape: tuple[int, ...], batch: int | None, double: bool) -> None:
    dtype = torch.float64 if double else torch.float32
    population = LIFPopulation(shape, dt=1.0, dtype=dtype, refractory=2.0)
    population.reset_state_variables(batch=batch)
    full = shape if batch is None else (batch, *shape)
    for current in (20.0, torch.tensor(20.0), torch.tensor([20.0]), torch.full(shape, 20.0), torch.full(full, 20.0)):
        population.forward(current)
        for name in ("u", "traces", "refractory_left"):
            assert getattr(population, name).shape == full
            assert getattr(population, name).dtype == dtype
        assert population.s.shape == full
        assert population.s.dtype == torch.bool
    assert population.n == int(np.prod(shape))


@given(rows=st.lists(st.floats(0, 60), min_size=1, max_size=4))
def test_a_batch_is_the_same_as_its_rows(rows: list[float]) -> None:
    batched = LIFPopulation(3, dt=1.0, tau=7.0, refractory=1.0)
    batched.reset_state_variables(batch=len(rows))
    singles = [LIFPopulation(3, dt=1.0, tau=7.0, refractory=1.0) for _ in rows]
    factor = torch.tensor([1.0, 0.7, 0.3])
    for _ in range(30):
        batched.forward(torch.tensor(rows)[:, None] * factor)
        for single, row in zip(singles, rows, strict=True):
            single.forward(torch.tensor(row) * factor)
        assert torch.equal(batched.u, torch.stack([single.u for single in singles]))
        assert torch.equal(batched.traces, torch.stack([single.traces for single in singles]))


def test_heterogeneous_parameters_equal_single_neurons() -> None:
    taus, thresholds = [5.0, 10.0, 40.0], [-60.0, -55.0, -50.0]
    together = LIFPopulation(3, tau=torch.tensor(taus), threshold=np.array(thresholds), dt=0.5)
    apart = [
        LIFPopulation(1, tau=tau, threshold=threshold, dt=0.5) for tau, threshold in zip(taus, thresholds, strict=True)
    ]
    for _ in range(200):
        together.forward(25.0)
        for single in apart:
            single.forward(25.0)
        assert together.u.tolist() == [single.u.item() for single in apart]


def test_tau_is_R_times_C_and_follows_them() -> None:
    population = LIFPopulation(1, R=10, C=10)
    assert (population.tau, population.C) == (100.0, 10.0)
    population.R = 20
    assert population.tau == 200.0
    population.C = 1
    assert population.tau == 20.0
    population.tau = 5
    population.R = 40
    assert population.tau == 5.0
    assert LIFPopulation(1).tau == 10.0
    assert LIFPopulation(1, R=3).tau == 10.0
    assert LIFPopulation(1, u_rest=-60).u_reset == -60.0


def test_what_depends_on_dt_follows_it() -> None:
    population = LIFPopulation(1, tau=10, refractory=2.0, dt=1.0)
    population.dt = 0.5
    population.u = -55.0
    population.forward(0.0)
    assert population.u.item() == pytest.approx(-55 + 0.05 * -15)
    population.u = -55.0
    population.forward(400.0)
    assert population.refractory_left.item() == 4
    population.tau = 20.0
    population.refractory_left = 0.0
    population.u = -60.0
    population.forward(0.0)
    assert population.u.item() == pytest.approx(-60 + 0.025 * -10)


def test_kept_references_are_snapshots_and_states_can_be_written() -> None:
    population = LIFPopulation(2, dt=1.0)
    before = population.u
    population.forward(5.0)
    assert before.tolist() == [-70.0, -70.0]
    population.u[1] = -60.0
    population.forward(0.0)
    assert population.u[1].item() == pytest.approx(-61.0)
    population.u = torch.tensor([-56.0, -57.0])
    assert population.u.tolist() == [-56.0, -57.0]


def test_start_values() -> None:
    assert LIFPopulation(2).u.tolist() == [-70.0, -70.0]
    assert LIFPopulation(2, u=-60).u.tolist() == [-60.0, -60.0]
    assert LIFPopulation(2, u=torch.tensor([-60.0, -61.0])).u.tolist() == [-60.0, -61.0]
    drawn = LIFPopulation(1000, u=Uniform(-60, -50), rng=3)
    assert drawn.u.min() >= -60
    assert drawn.u.max() < -50
    assert 2.5 < drawn.u.std() < 3.3
    start = drawn.u
    drawn.dt = 1.0
    drawn.forward(3.0)
    drawn.reset_state_variables()
    assert torch.equal(drawn.u, start)
    assert torch.equal(LIFPopulation(1000, u=Uniform(-60, -50), rng=3).u, start)
    assert not torch.equal(LIFPopulation(1000, u=Uniform(-60, -50), rng=4).u, start)
    assert not torch.equal(LIFPopulation(1000, u=Uniform(-60, -50)).u, LIFPopulation(1000, u=Uniform(-60, -50)).u)
    drawn.reset_state_variables(batch=2)
    assert torch.equal(drawn.u[0], start)
    assert not torch.equal(drawn.u[1], start)


def test_parameters_can_be_drawn() -> None:
    population = LIFPopulation(500, tau=Normal(20.0, 1.0), threshold=Normal(-50.0, 1.0), rng=1)
    assert population.tau.mean().item() == pytest.approx(20.0, abs=0.2)
    assert torch.corrcoef(torch.stack([population.tau, population.threshold]))[0, 1].abs() < 0.15


def test_reset_forgets_everything() -> None:
    population = LIFPopulation(2, dt=1.0, refractory=3.0, tau=5.0)
    for _ in range(5):
        population.forward(100.0)
    assert population.steps == 5
    population.reset_state_variables()
    fresh = LIFPopulation(2, dt=1.0, refractory=3.0, tau=5.0)
    assert population.steps == 0
    for name in ("u", "s", "traces", "refractory_left"):
        assert torch.equal(getattr(population, name), getattr(fresh, name))


def test_input_population() -> None:
    population = InputPopulation((2, 2), dt=1.0)
    given = torch.tensor([[1, 0], [0, 1]])
    population.forward(given)
    given[0, 0] = 0
    assert population.s.tolist() == [[True, False], [False, True]]
    assert population.traces.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_without_a_trace_nothing_is_kept() -> None:
    population = LIFPopulation(2, spike_trace=False, dt=1.0)
    population.forward(1.0)
    assert "traces" not in population.state_dict()


def test_float64_input_does_not_change_the_precision() -> None:
    population = LIFPopulation(2, dt=1.0)
    population.forward(torch.ones(2, dtype=torch.float64))
    population.forward(np.ones(2))
    population.forward(torch.ones(2, dtype=torch.int32))
    assert population.u.dtype == torch.float32


def run(population: LIFPopulation, steps: int) -> torch.Tensor:
    for step in range(steps):
        population.forward(20.0 + step % 7)
    return population.u


@pytest.mark.parametrize("through", ["state_dict", "pickle", "deepcopy", "torch.save"])
def test_a_copy_continues_where_the_original_was(through: str) -> None:
    made = LIFPopulation(4, dt=1.0, tau=Uniform(5, 20), refractory=2.0, rng=1)
    run(made, 13)
    if through == "state_dict":
        copied = LIFPopulation(4, tau=Uniform(5, 20), refractory=2.0, rng=2)
        copied.load_state_dict(made.state_dict())
    elif through == "torch.save":
        file = io.BytesIO()
        torch.save(made.state_dict(), file)
        file.seek(0)
        copied = LIFPopulation(4, refractory=2.0)
        copied.load_state_dict(torch.load(file, weights_only=True))
    else:
        copied = pickle.loads(pickle.dumps(made)) if through == "pickle" else copy.deepcopy(made)
    assert copied.steps == 13
    assert torch.equal(run(copied, 20), run(made, 20))


def test_a_checkpoint_brings_its_batch() -> None:
    made = LIFPopulation(3, dt=1.0, u=Uniform(-70, -60), rng=1)
    made.reset_state_variables(batch=2)
    run(made, 5)
    copied = LIFPopulation(3)
    copied.load_state_dict(made.state_dict())
    assert copied.u.shape == (2, 3)
    assert torch.equal(run(copied, 5), run(made, 5))
    with pytest.raises(RuntimeError, match="size mismatch"):
        LIFPopulation(4).load_state_dict(made.state_dict())


def test_a_number_is_written_in_the_precision_of_the_state() -> None:
    population = LIFPopulation(2, dtype=torch.float64)
    population.u = 0.1
    assert population.u.tolist() == [0.1, 0.1]


def test_module_conversions() -> None:
    population = LIFPopulation(3, dt=1.0, tau=torch.tensor([5.0, 6.0, 7.0]))
    population.forward(20.0)
    population.double()
    population.forward(20.0)
    assert population.u.dtype == torch.float64
    assert population.dtype == torch.float64
    population.eval()
    assert not population.learning
    population.learning = True
    assert population.training
    assert not LIFPopulation(1, learning=False).training


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_agrees_to_rounding() -> None:
    host, device = LIFPopulation(64, dt=1.0, refractory=2.0), LIFPopulation(64, dt=1.0, refractory=2.0).to("cuda")
    for step in range(200):
        current = 20.0 + 10.0 * torch.sin(torch.arange(64) + step)
        host.forward(current)
        device.forward(current.cuda())
    assert device.u.device.type == "cuda"
    assert torch.allclose(device.u.cpu(), host.u, atol=1e-3)
