"""Small promises that nothing else would notice being broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject import errors
from cnsproject.dynamics.step import Step
from cnsproject.storage import write_whole


def test_what_the_user_gave_is_copied() -> None:
    """Arrays changed afterwards change nothing."""
    tau, mask, weight = np.full(2, 10.0), torch.tensor([True, False]), torch.ones(2, 2)
    population = cns.LIFPopulation(2, tau=tau, is_inhibitory=mask, dt=1.0)
    connection = cns.DenseConnection(population, population, w=weight)
    tau[:], mask[:], weight[:] = 99.0, True, 99.0
    assert population.tau.tolist() == [10.0, 10.0]  # type: ignore[union-attr]
    assert population.is_inhibitory.tolist() == [True, False]  # type: ignore[union-attr]
    assert connection.w.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_spikes_in_flight_survive_a_conversion() -> None:
    pre, post = cns.InputPopulation(1, dt=1.0), cns.LIFPopulation(1, dt=1.0)
    connection = cns.DenseConnection(pre, post, J=1.0, delay=2.0, tau_s=1e-3)
    arrived = []
    for step in range(4):
        pre.forward(torch.tensor([step == 0]))
        arrived.append(connection.compute().item())
        post.forward(0.0)
        pre.double()
    assert arrived == [0.0, 0.0, 1.0, 0.0]


def test_gradients_flow_through_the_state() -> None:
    population = cns.LIFPopulation(1, dt=1.0, tau=10.0)
    current = torch.tensor([5.0], requires_grad=True)
    population.forward(current)
    population.forward(0.0)
    population.u.sum().backward()
    assert current.grad is not None
    assert current.grad.item() == pytest.approx(0.1 * 0.9, rel=1e-5)


def test_a_delay_is_on_the_grid_or_refused() -> None:
    pre, post = cns.LIFPopulation(1, dt=1.0), cns.LIFPopulation(1, dt=1.0)
    cns.DenseConnection(pre, post, delay=3.0 + 1e-9).compute()
    with pytest.raises(errors.TimeGridError):
        cns.DenseConnection(pre, post, delay=3.001)


def test_every_state_sees_the_jump() -> None:
    model = cns.Dynamics(
        "du/dt = -u/tau : mV\ndw/dt = (u - w)/tau : mV",
        parameters={"tau": "ms", "top": "mV"},
        spike="u > top",
        reset="u = 0",
    )
    listing = [str(op) for op in Step(model, jump=True).update().body]
    assert sum("_jumped" in line and "=" in line for line in listing) >= 3
    assert not any("- w" in line and " u " in line for line in listing)


def test_exponential_euler_of_an_integrator() -> None:
    """du/dt = I/C has no decay: u + dt*I/C."""

    class Integrator(cns.ModelPopulation):
        dynamics = cns.Dynamics(
            "du/dt = I/C : mV", inputs={"I": "nA"}, parameters={"C": "nF", "top": "mV"}, spike="u > top"
        )

        def __init__(self) -> None:
            super().__init__(
                1, parameters={"C": 2.0, "top": 9.0}, starts={"u": 1.0}, scheme="exponential euler", dt=0.5
            )

    population = Integrator()
    population.forward(4.0)
    assert population.u.item() == 2.0


def test_a_refractory_neuron_does_not_spike_even_when_lifted() -> None:
    population = cns.LIFPopulation(1, dt=1.0, tau=5.0, refractory=3.0)
    population.forward(1000.0)
    assert population.s.item()
    population.u = -40.0
    population.forward(0.0)
    assert not population.s.item()


def test_a_threshold_at_the_reset_is_refused() -> None:
    with pytest.raises(errors.ParameterError, match="u_reset"):
        cns.LIFPopulation(1, threshold=-70.0, u_reset=-70.0)


def test_batches_onto_populations_of_two_dimensions() -> None:
    pre, post = cns.InputPopulation(3, dt=1.0), cns.LIFPopulation((2, 2), dt=1.0)
    for population in (pre, post):
        population.reset_state_variables(batch=2)
    connection = cns.DenseConnection(pre, post, J=3.0)
    pre.forward(torch.tensor([[1, 1, 0], [0, 0, 0]]))
    assert connection.compute().tolist() == [[[2.0, 2.0], [2.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]]]


def test_large_sums_are_made_in_ascending_order() -> None:
    """300 weights of very different size: a sum in another order rounds otherwise."""
    rng = torch.Generator().manual_seed(3)
    w = 10.0 ** (8 * torch.rand(300, 40, generator=rng) - 4)
    pre, post = cns.InputPopulation(300, dt=1.0), cns.LIFPopulation(40, dt=1.0)
    connection = cns.DenseConnection(pre, post, w=w)
    pre.forward(torch.ones(300))
    total = torch.zeros(40)
    for row in w:
        total = total + row
    assert torch.equal(connection.compute(), total)
    assert not torch.equal(w.sum(dim=0), total)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail(file: object) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_whole(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
