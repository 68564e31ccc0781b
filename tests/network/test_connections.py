"""What a connection delivers, and when."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import DenseConnection, InputPopulation, LIFPopulation


def delivered(
    spikes: list[int], delay: float, *, order: str = "pre first", dt: float = 1.0, tau_s: float = 1e-3
) -> list[float]:
    """What arrives in each step of post when pre spikes in the given steps; tau_s so short that nothing is left."""
    pre, post = InputPopulation(1, dt=dt), LIFPopulation(1, dt=dt)
    connection = DenseConnection(pre, post, J=1.0, tau_s=tau_s, delay=delay)
    arrivals, steps = [], 20
    arrived = connection.compute() if order == "post first" else None
    for step in range(steps):
        if order == "pre first":
            pre.forward(torch.tensor([step in spikes]))
            arrived = connection.compute()
            post.forward(arrived)
        else:
            assert arrived is not None
            post.forward(arrived)
            pre.forward(torch.tensor([step in spikes]))
        arrivals.append(arrived.item())
        if order == "post first":
            arrived = connection.compute()
    return arrivals


@given(
    spikes=st.lists(st.integers(0, 12), min_size=1, max_size=6, unique=True),
    delay=st.integers(0, 6),
    order=st.sampled_from(["pre first", "post first"]),
    dt=st.sampled_from([0.1, 1.0]),
)
def test_a_spike_of_step_k_arrives_in_step_k_plus_delay(spikes: list[int], delay: int, order: str, dt: float) -> None:
    """With delay 0 a post that steps after pre sees it in the same step, one that steps before in the next."""
    later = 1 if delay == 0 and order == "post first" else delay
    expected = [float(step - later in spikes) for step in range(20)]
    assert delivered(spikes, delay * dt, order=order, dt=dt, tau_s=dt * 1e-3) == expected


def test_delay_zero_delivers_all_spikes_since_the_last_delivery() -> None:
    pre, post = InputPopulation(2, dt=1.0), LIFPopulation(3, dt=1.0)
    connection = DenseConnection(pre, post, J=2.0, tau_s=5.0)
    for spikes in ([True, False], [False, False], [True, True]):
        pre.forward(torch.tensor(spikes))
    assert connection.compute().tolist() == [3.0] * 3
    decayed = connection.compute()
    assert decayed.tolist() == pytest.approx([3.0 * np.exp(-0.2)] * 3)
    assert torch.equal(connection.current, decayed)


def test_autapses_are_felt_in_the_next_step() -> None:
    population = InputPopulation(1, dt=1.0)
    connection = DenseConnection(population, population, J=1.0, tau_s=1e-3)
    seen = []
    for step in range(4):
        seen.append(connection.compute().item())
        population.forward(torch.tensor([step == 1]))
    assert seen == [0.0, 0.0, 1.0, 0.0]


def test_a_spike_carries_the_weight_it_has_on_arrival() -> None:
    pre, post = InputPopulation(1, dt=1.0), LIFPopulation(1, dt=1.0)
    connection = DenseConnection(pre, post, J=1.0, tau_s=1e9, delay=2.0)
    pre.forward(torch.tensor([True]))
    connection.compute()
    connection.w = 5.0
    post.forward(0.0)
    pre.forward(torch.tensor([False]))
    assert connection.compute().item() == 0.0
    post.forward(0.0)
    pre.forward(torch.tensor([True]))
    assert connection.compute().item() == 5.0
    connection.w = 7.0
    assert connection.current.item() == 5.0


def test_what_compute_returns_belongs_to_the_caller() -> None:
    pre, post = InputPopulation(1, dt=1.0), LIFPopulation(1, dt=1.0)
    connection = DenseConnection(pre, post, J=1.0, tau_s=10.0)
    pre.forward(torch.tensor([True]))
    current = connection.compute()
    current *= -1
    assert connection.compute().item() == pytest.approx(np.exp(-0.1))


SIZES = st.tuples(st.integers(1, 5), st.integers(1, 5))


@given(sizes=SIZES, data=st.data(), batch=st.none() | st.integers(1, 3), double=st.booleans(), mask=st.booleans())
def test_weighted_sums_are_those_of_a_loop(
    sizes: tuple[int, int], data: st.DataObject, batch: int | None, double: bool, mask: bool
) -> None:
    """Bit-equal to adding one source after the other, with weights of any size, batched or not."""
    n, m = sizes
    dtype = torch.float64 if double else torch.float32
    values = st.lists(st.floats(0.0009765625, 1024, width=32), min_size=n * m, max_size=n * m)
    w = torch.tensor(data.draw(values), dtype=dtype).reshape(n, m)
    rows = batch or 1
    flags = st.lists(st.booleans(), min_size=n * rows, max_size=n * rows)
    spikes = torch.tensor(data.draw(flags)).reshape(rows, n)
    inhibitory = torch.tensor(data.draw(st.lists(st.booleans(), min_size=n, max_size=n))) if mask else False
    pre, post = InputPopulation(n, dt=1.0, dtype=dtype, is_inhibitory=inhibitory), LIFPopulation(m, dt=1.0, dtype=dtype)
    for population in (pre, post):
        population.reset_state_variables(batch=batch)
    connection = DenseConnection(pre, post, w=w)
    pre.forward(spikes if batch else spikes[0])
    got = connection.compute().reshape(rows, m)
    for row in range(rows):
        total = torch.zeros(m, dtype=dtype)
        for source in range(n):
            if spikes[row, source]:
                sign = -1.0 if mask and inhibitory[source] else 1.0  # type: ignore[index]
                total = total + sign * w[source]
        assert torch.equal(got[row], total)


def test_one_number_and_a_matrix_of_it_agree() -> None:
    results = []
    for w in (None, torch.full((3, 2, 4), 0.25)):
        pre, post = InputPopulation((3, 2), dt=1.0, is_inhibitory=True), LIFPopulation(4, dt=1.0)
        connection = DenseConnection(pre, post, J=1.5) if w is None else DenseConnection(pre, post, w=w)
        pre.forward(torch.tensor([[1, 0], [1, 1], [0, 0]]))
        results.append(connection.compute().tolist())
    assert results[0] == results[1] == [-0.75] * 4


def test_the_weight_of_all_pairs_is_one_number() -> None:
    connection = DenseConnection(LIFPopulation(30_000), LIFPopulation(20_000), J=3.0)
    assert connection.w.shape == (30_000, 20_000)
    assert connection.w.untyped_storage().nbytes() == 4
    assert connection.w[17, 4].item() == pytest.approx(1e-4)


def test_a_matrix_of_weights_can_be_written() -> None:
    connection = DenseConnection(InputPopulation(2, dt=1.0), LIFPopulation(2, dt=1.0), J=2.0)
    connection.w = connection.w.clone()
    connection.w[0, 1] = 7.0
    connection.pre.forward(torch.tensor([1, 0]))
    assert connection.compute().tolist() == [1.0, 7.0]
    connection.w[0, 1] = float("nan")
    with pytest.raises(ValueError, match="NaN"):
        connection.compute()


def test_weights_may_be_given_as_arrays_and_J_set_again() -> None:
    connection = DenseConnection(InputPopulation(2, dt=1.0), LIFPopulation(2, dt=1.0), w=[[1.0, 2.0], [3.0, 4.0]])
    assert connection.w.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    connection.w = np.ones((2, 2))
    assert connection.w.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    connection.J = 6.0
    assert connection.w.tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_a_mask_decides_the_sign_per_neuron() -> None:
    pre = InputPopulation(3, dt=1.0, is_inhibitory=torch.tensor([False, True, False]))
    connection = DenseConnection(pre, LIFPopulation(1, dt=1.0), J=3.0)
    pre.forward(torch.tensor([1, 1, 1]))
    assert connection.compute().item() == 1.0
    pre.is_inhibitory = True
    pre.forward(torch.tensor([1, 1, 1]))
    assert connection.compute().item() == pytest.approx(np.exp(-1 / 15) - 3.0)


def test_dt_is_taken_from_the_populations() -> None:
    pre, post = LIFPopulation(1, dt=0.5), LIFPopulation(1)
    connection = DenseConnection(pre, post)
    assert connection.dt == 0.5
    connection.compute()


def test_heterogeneous_synapses() -> None:
    pre, post = InputPopulation(1, dt=1.0), LIFPopulation(2, dt=1.0)
    connection = DenseConnection(pre, post, tau_s=torch.tensor([5.0, 50.0]), trace_scale=torch.tensor([1.0, 2.0]))
    pre.forward(torch.tensor([1]))
    connection.compute()
    assert connection.compute().tolist() == pytest.approx([np.exp(-0.2), 2 * np.exp(-0.02)])


def test_spikes_written_by_hand_are_delivered() -> None:
    pre, post = LIFPopulation(2, dt=1.0), LIFPopulation(1, dt=1.0)
    connection = DenseConnection(pre, post, J=2.0)
    pre.forward(0.0)
    pre.s[1] = True
    assert connection.compute().item() == 1.0
    pre.forward(0.0)
    pre.s = torch.tensor([True, True])
    assert connection.compute().item() == pytest.approx(np.exp(-1 / 15) + 2.0)


def test_a_connection_made_late_starts_there() -> None:
    pre, post = InputPopulation(1, dt=1.0), LIFPopulation(1, dt=1.0)
    for _ in range(100):
        pre.forward(torch.tensor([True]))
    connection = DenseConnection(pre, post, tau_s=1e-3, delay=1.0)
    for expected in (0.0, 1.0, 1.0):
        pre.forward(torch.tensor([True]))
        assert connection.compute().item() == expected
        post.forward(0.0)


def pair(**settings: Any) -> tuple[InputPopulation, LIFPopulation, DenseConnection]:
    pre, post = InputPopulation(3, dt=1.0), LIFPopulation(2, dt=1.0)
    return pre, post, DenseConnection(pre, post, **settings)


def play(pre: InputPopulation, post: LIFPopulation, connection: DenseConnection, start: int, stop: int) -> torch.Tensor:
    for step in range(start, stop):
        pre.forward(torch.tensor([step % 2 == 0, step % 3 == 0, step % 5 == 0]))
        post.forward(10 * connection.compute())
    return post.u


@pytest.mark.parametrize("through", ["state_dict", "deepcopy"])
def test_spikes_in_flight_survive_a_copy(through: str) -> None:
    made = pair(delay=3.0, w=torch.rand(3, 2, generator=torch.Generator().manual_seed(1)))
    play(*made, 0, 7)
    if through == "deepcopy":
        copied = copy.deepcopy(made)
        assert copied[2].pre is copied[0]
    else:
        copied = pair(delay=3.0, w=torch.zeros(3, 2))
        for module, original in zip(copied, made, strict=True):
            module.load_state_dict(original.state_dict())
    assert torch.equal(play(*copied, 7, 20), play(*made, 7, 20))


def test_a_connection_follows_the_batch_of_post() -> None:
    pre, post, connection = pair()
    for population in (pre, post):
        population.reset_state_variables(batch=2)
    pre.forward(torch.zeros(2, 3))
    assert connection.compute().shape == (2, 2)
    for population in (pre, post):
        population.reset_state_variables(batch=4)
    with pytest.raises(RuntimeError, match="reset_state_variables"):
        connection.compute()
    connection.reset_state_variables()
    pre.forward(torch.zeros(4, 3))
    assert connection.compute().shape == (4, 2)


def test_a_checkpoint_knows_what_was_delivered() -> None:
    """Between forward and compute: the spike of the last step only is still to be delivered, and only once."""
    made, copied = pair(tau_s=1e-3), pair(tau_s=1e-3)
    play(*made, 0, 3)
    made[0].forward(torch.ones(3))
    for module, original in zip(copied, made, strict=True):
        module.load_state_dict(original.state_dict())
    assert torch.equal(copied[2].compute(), torch.ones(2))
    assert torch.equal(copied[2].delivered(), torch.ones(2))
    assert copied[2].steps == 4
    for module, original in zip(copied, made, strict=True):
        original.load_state_dict(module.state_dict())
    assert torch.equal(made[2].delivered(), torch.ones(2))
    assert made[2].steps == 4


def test_loading_leaves_kept_references_alone() -> None:
    made, other = pair(), pair()
    play(*made, 0, 5)
    before = other[1].u
    other[1].load_state_dict(made[1].state_dict())
    assert before.tolist() == [-70.0, -70.0]
    kept = made[1].state_dict()["u"].clone()
    other[1].u[0] = 0.0
    assert torch.equal(made[1].u, kept)


def test_reset_forgets_what_is_on_the_way() -> None:
    made = pair(delay=2.0)
    play(*made, 0, 5)
    for module in made:
        module.reset_state_variables()
    assert torch.equal(play(*made, 0, 9), play(*pair(delay=2.0), 0, 9))


def test_populations_are_no_submodules() -> None:
    pre, _, connection = pair()
    assert set(connection.state_dict()) == {"current", "weight", "_extra_state"}
    connection.double()
    assert pre.dtype == torch.float32
