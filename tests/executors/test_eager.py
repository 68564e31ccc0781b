"""The torch executor: gradients, and printed code on disk."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.nn import Parameter

import cnsproject as cns
from cnsproject import LIF, SPIKE_TRACE, DenseConnection, InputPopulation, LIFPopulation, Monitor
from cnsproject.dynamics.step import Step
from cnsproject.executors import base
from cnsproject.executors.eager import kernels


def test_gradients_do_not_change_the_spikes() -> None:
    plain, with_grad = (LIFPopulation(5, dt=1.0, refractory=2.0, tau=8.0) for _ in range(2))
    scale = torch.tensor(1.0, requires_grad=True)
    for step in range(60):
        current = torch.linspace(0, 40, 5) + step % 3
        plain.forward(current)
        with_grad.forward(current * scale)
        assert with_grad.s.dtype == torch.float32
        assert torch.equal(plain.s, with_grad.s.bool())
        assert torch.equal(plain.u, with_grad.u.detach())
        assert torch.equal(plain.traces, with_grad.traces.detach())
    with_grad.s.sum().backward()


def test_gradient_of_the_potential_is_the_derivative() -> None:
    """Without spikes the membrane is linear in the current: compare with finite differences."""

    def potential(current: torch.Tensor) -> torch.Tensor:
        population = LIFPopulation(3, dt=1.0, dtype=torch.float64)
        for factor in (1.0, 0.5, 2.0):
            population.forward(factor * current)
        return population.u

    assert torch.autograd.gradcheck(potential, torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True))


def test_a_spike_has_the_surrogate_gradient() -> None:
    """d s/d I = R*dt/tau / (1 + |u - threshold|/width)^2 / width, spike or not."""
    population = LIFPopulation(2, dt=1.0, tau=10.0, surrogate_width=2.0)
    current = torch.tensor([145.0, 160.0], requires_grad=True)
    population.forward(current)
    assert population.s.tolist() == [0.0, 1.0]
    population.s.sum().backward()
    margin = torch.tensor([-0.5, 1.0])
    expected = 0.1 / (1 + margin.abs() / 2.0) ** 2 / 2.0
    assert current.grad is not None
    assert torch.allclose(current.grad, expected, rtol=1e-5)


def test_surrogate_gradient_reaches_the_trace() -> None:
    population = LIFPopulation(1, dt=1.0)
    current = torch.tensor([100.0], requires_grad=True)
    population.forward(current)
    population.traces.sum().backward()
    assert current.grad is not None
    assert current.grad.item() > 0


@pytest.mark.parametrize("shared", [True, False], ids=["one weight", "matrix"])
def test_weights_can_be_learned_through_spikes(shared: bool) -> None:
    """Three steps of gradient descent bring the spike count closer to a target; nothing is written in place."""
    pre, post = InputPopulation(4, dt=1.0), LIFPopulation(3, dt=1.0, tau=5.0)
    start = torch.tensor(4.0) if shared else torch.full((4, 3), 4.0)
    connection = DenseConnection(pre, post, w=Parameter(start), tau_s=5.0)
    assert [name for name, _ in connection.named_parameters()] == ["weight"]
    optimizer = torch.optim.SGD(connection.parameters(), lr=0.05)
    counts = []
    for _ in range(8):
        for module in (pre, post, connection):
            module.reset_state_variables()
        total = torch.zeros(())
        for step in range(30):
            pre.forward(torch.arange(4) == step % 4)
            post.forward(connection.compute())
            total = total + post.s.sum()
        counts.append(total.item())
        optimizer.zero_grad()
        ((total - 30.0) ** 2 / 30).backward()
        optimizer.step()
    assert abs(counts[-1] - 30.0) < abs(counts[0] - 30.0)


def test_recordings_carry_no_gradient() -> None:
    population = LIFPopulation(2, dt=1.0)
    monitor = Monitor(population, ["u", "s"])
    monitor.record()
    population.forward(torch.ones(2, requires_grad=True))
    monitor.record()
    assert not monitor.get("u").requires_grad


def test_sums_of_rows_are_sequential() -> None:
    """In float32 1e8 + 4 + 4 is 1e8, but 4 + 4 + 1e8 is 1e8 + 8: the order of the sources decides."""
    weight = torch.tensor([[1e8], [4.0], [4.0]])
    sign = torch.tensor([1.0, 1.0, 1.0])
    assert kernels.add_rows(torch.ones(1, 3, dtype=torch.bool), weight, sign).item() == 1e8
    assert kernels.add_rows(torch.ones(1, 3, dtype=torch.bool), weight.flip(0), sign).item() == 1e8 + 8


def with_threads(threads: int) -> list[torch.Tensor]:
    """A network that is large enough for torch to divide its work; what is left of 4 steps."""
    usual = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        net = cns.Network(dt=1.0)
        pre, post = (net.add_layer(layer, str(layer.n)) for layer in (InputPopulation(20), LIFPopulation(40_000)))
        given = {"weight": cns.Uniform(0.5, 40.0), "synapse": cns.ExponentialCurrent(3.0), "rng": 1}
        rule = cns.STDP(0.1, 0.1, w_max=40.0)
        sparse = cns.Connection(pre, post, connectivity=cns.FixedProbability(0.1), learning_rule=rule, **given)
        dense = DenseConnection(pre, post, w=torch.rand(20, 40_000, generator=torch.Generator().manual_seed(2)))
        for connection in (sparse, dense):
            net.add_connection(connection)
        net.run(4.0, {"20": torch.arange(80).reshape(4, 20) % 3 == 0, "40000": 16.0}, executor="eager")
        return [post.u, post.s, post.traces, sparse.w, sparse.current, dense.current]
    finally:
        torch.set_num_threads(usual)


def test_how_many_threads_torch_has_changes_no_bit() -> None:
    one, two = with_threads(1), with_threads(2)
    assert one[1].any() and not one[1].all()
    assert all(map(torch.equal, one, two))


def test_printed_code_is_kept_and_readable(printed_code: Path) -> None:
    population = LIFPopulation(1, dt=1.0)
    population.forward(0.0)
    texts = [path.read_text() for path in printed_code.glob("eager_*.py")]
    assert any(LIF.text in text and "def step(" in text for text in texts)
    assert not list(printed_code.glob(".*"))


PROGRAM = """
import sys, warnings
import cnsproject as cns
population = cns.LIFPopulation(2, dt=1.0)
population.forward(3.0)
print("sympy" in sys.modules, population.u[0].item())
"""


def program(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CNSPROJECT_CACHE": str(folder)}
    return subprocess.run(
        [sys.executable, *options, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a process has printed, in a folder of its own."""
    folder = tmp_path_factory.mktemp("first")
    first = program(folder)
    assert first.stdout.startswith("True -69.69"), first.stderr
    (path,) = folder.glob("*.py")
    return path


def test_a_second_process_needs_no_sympy(printed: Path) -> None:
    second = program(printed.parent)
    assert second.stdout.startswith("False -69.69"), second.stderr


@pytest.mark.slow
def test_processes_that_print_at_the_same_time(tmp_path: Path) -> None:
    environment = {**os.environ, "CNSPROJECT_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM]
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert all("-69.69" in process.communicate()[0] for process in running)
    assert len(list(tmp_path.glob("*.py"))) == 1


def test_a_damaged_file_is_printed_again(printed: Path, tmp_path: Path) -> None:
    damaged = tmp_path / printed.name
    damaged.write_text("def step(")
    assert "-69.69" in program(tmp_path).stdout
    assert damaged.read_text() == printed.read_text()


def test_a_folder_that_cannot_be_written_is_one_warning(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = program(blocked / "folder")
    assert "-69.69" in done.stdout
    assert done.stderr.count("cannot be kept") == 1
    assert "CNSPROJECT_CACHE" in done.stderr


def test_files_are_readable_by_others(printed: Path, tmp_path: Path) -> None:
    """A cache may be shared on a cluster: files get the usual permissions, not those of a temporary file."""
    usual = tmp_path / "usual"
    usual.touch()
    assert stat.S_IMODE(printed.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


def test_the_name_changes_with_the_text_and_the_printers(monkeypatch: pytest.MonkeyPatch, printed_code: Path) -> None:
    texts = {
        Step(LIF).text,
        Step(LIF, "exponential euler").text,
        Step(LIF, trace=SPIKE_TRACE).text,
        Step(LIF, refractory=True).text,
    }
    assert len(texts) == 4
    module = base.printed_module("test", "text", lambda: "x = 1\n")
    monkeypatch.setattr(base, "printers_hash", lambda: "other")
    assert base.printed_module("test", "text", lambda: "x = 2\n").x == 2
    assert module.x == 1
    del printed_code
