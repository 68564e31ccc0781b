"""Long runs: memory stays flat, and whatever stops one leaves the network at the end of a step."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

import cnsproject as cns
from cnsproject import errors

pytestmark = pytest.mark.usefixtures("ctrl_c_is_heard")

MEMORY = """
import gc, resource, sys
import cnsproject as cns
from cnsproject.network import native

native.CHUNK_SECONDS = 1e9  # as long as they may get, whatever else the machine does

def peak():
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10  # MiB

net = cns.Network(dt=0.1, seed=1)
exc = net.add_layer(cns.LIFPopulation(80, u=cns.Uniform(-70, -55), refractory=2.0), "exc")
inh = net.add_layer(cns.LIFPopulation(20, is_inhibitory=True, u=cns.Uniform(-70, -55)), "inh")
idle = net.add_layer(cns.InputPopulation(100), "idle")
for pre, post in ((exc, inh), (inh, exc), (idle, exc)):
    rule, delay = cns.FixedProbability(0.2), cns.Uniform(0.0, 2.0)
    net.add_connection(cns.Connection(pre, post, connectivity=rule, weight=0.5, delay=delay))
monitor = cns.Monitor(exc, ["s"])
recorded, threads = sys.argv[1] != "nothing", int(sys.argv[2])
if recorded:
    net.add_monitor(monitor, "exc")
if sys.argv[1] == "window":
    monitor.set_time_steps(100, 0.1)
inputs = {"exc": cns.ConstantCurrent(16.0) + cns.WhiteNoise(0.0, 3.0), "inh": 14.0}
wanted, seen = [int(sys.argv[3]) * k // 4 for k in (2, 3, 4)], []
net.run(2_000, inputs, threads=threads)
before = peak()

def look(made, total):
    while wanted and made >= wanted[0]:
        seen.append((peak(), len(monitor.spikes()[0])))
        del wanted[0]

net.run(0.1 * wanted[-1], inputs, threads=threads, progress=look)
(one, first), (two, _), (three, last) = seen
# What leaks, leaks in both quarters; a page that the system counts late is in one of them.
print(one - before, min(two - one, three - two), first, last)
"""


def memory(tmp_path: Path, recorded: str, threads: int, steps: int) -> tuple[float, float, int, int]:
    """MiB that half of some steps take more than the start did, and another quarter; spikes known after half and all."""
    script = tmp_path / "long.py"
    script.write_text(MEMORY)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), recorded, str(threads), str(steps)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    one, two, first, second = done.stdout.split()
    return float(one), float(two), int(first), int(second)


@pytest.mark.parametrize(
    ("recorded", "threads", "steps"),
    [
        pytest.param("nothing", 1, 1_500_000, marks=pytest.mark.slow),
        pytest.param("nothing", 2, 500_000, marks=pytest.mark.slow),
        ("window", 1, 1_500_000),
    ],
)
def test_a_million_steps_take_no_memory(tmp_path: Path, recorded: str, threads: int, steps: int) -> None:
    one, two, *_ = memory(tmp_path, recorded, threads, steps)
    assert one < 25
    assert two < 0.5


def test_recorded_spikes_take_memory_for_each_spike_only(tmp_path: Path) -> None:
    """12 bytes a spike, and the same again several times over while they are joined."""
    one, two, first, last = memory(tmp_path, "spikes", 1, 1_000_000)
    assert last > 1.5 * first > 50_000
    assert one < 25 + 60 * first / 2**20
    assert two < 1 + 30 * (last - first) / 2**20


def exploding() -> tuple[cns.Network, cns.Monitor, cns.Monitor]:
    """One neuron of the second layer leaves the numbers after some steps, while the others fire."""
    net = cns.Network(dt=1.0, seed=1)
    tame = net.add_layer(cns.LIFPopulation(200, u=cns.Uniform(-70, -55)), "tame")
    wild = net.add_layer(cns.LIFPopulation(300, tau=0.3, threshold=1e38), "wild")
    net.add_connection(cns.Connection(tame, wild, connectivity=cns.FixedInDegree(5), delay=2.0))
    net.add_connection(cns.Connection(wild, tame, connectivity=cns.FixedInDegree(5)))
    conductance = cns.ExponentialConductance(tau=5.0)
    net.add_connection(cns.Connection(tame, tame, synapse=conductance, weight=1e-4), name="felt")
    few, short = cns.FixedInDegree(5), cns.TsodyksMarkram(U=0.4, tau_rec=30)
    net.add_connection(cns.Connection(tame, tame, connectivity=few, short_term=short, weight=0.01), name="short")
    rule = cns.STDP(A_plus=0.01, A_minus=0.012, w_max=0.2)
    net.add_connection(cns.Connection(tame, tame, connectivity=few, weight=0.1, learning_rule=rule), name="learns")
    net.add_connection(cns.PoissonDrive(tame, n=10, rate=100.0, weight=0.1), name="drive")
    return net, *(net.add_monitor(cns.Monitor(x, ["s", "u"]), name) for name, x in (("t", tame), ("w", wild)))  # type: ignore[return-value]


@pytest.mark.parametrize(("chunk", "seconds", "share"), [(256, 0.1, 50), (7, 0.0, 0), (1, 0.0, 0), (7, 0.0, 1e9)])
@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_a_number_that_is_not_finite_stops_all_threads_before_its_step(
    threads: int, chunk: int, seconds: float, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the message, the recordings and the states of a run step by step.

    What there was is known from the begin of the last piece, or from long before.
    """
    monkeypatch.setattr("cnsproject.network.native._SAVE_SHARE", share)
    monkeypatch.setattr("cnsproject.network.native._FIRST_CHUNK", chunk)
    monkeypatch.setattr("cnsproject.network.native._FIRST_NEURONS", 0)
    monkeypatch.setattr("cnsproject.network.native.CHUNK_SECONDS", seconds)
    ends = []
    for executor, count in (("eager", 1), ("cpu", threads)):
        net, *monitors = exploding()
        with pytest.raises(errors.NumericalError) as caught:
            net.run(
                10_000,
                {"tame": 20.0, "wild": cns.Constant([0.0] * 150 + [1.0] + [0.0] * 149)},
                executor=executor,
                threads=count,
            )
        ends.append((str(caught.value), monitors, net))
    (message, recorded, net), (again, recorded_again, native) = ends
    assert message == again
    assert "LIFPopulation 'wild'.u at step" in message
    steps = net.layers["wild"].steps
    assert steps == native.layers["wild"].steps == len(recorded[0]) > 50
    assert {x.steps for x in (*net.layers.values(), *net.connections.values())} == {steps}
    for one, other in zip(recorded, recorded_again, strict=True):
        assert torch.equal(one.get("u"), other.get("u"))
        assert all(map(torch.equal, one.spikes(), other.spikes()))
    for name, layer in net.layers.items():
        assert torch.equal(layer.u, native.layers[name].u)
    assert torch.equal(net.connections["felt"].current, native.connections["felt"].current)
    assert net.connections["felt"].current.any()
    learned, again = (n.connections["learns"].w for n in (net, native))
    assert torch.equal(learned, again)
    assert learned.std() > 0


def small() -> cns.Network:
    net = cns.Network(dt=0.1, seed=1)
    exc = net.add_layer(cns.LIFPopulation(200, u=cns.Uniform(-70, -56), refractory=1.0), "exc")
    inh = net.add_layer(cns.LIFPopulation(100, is_inhibitory=True), "inh")
    for pre, post in ((exc, inh), (inh, exc), (exc, exc)):
        rule = cns.FixedProbability(0.1)
        net.add_connection(cns.Connection(pre, post, connectivity=rule, weight=0.5, delay=0.3 if pre is exc else 0.0))
    net.add_monitor(cns.Monitor(exc, ["s", "u"]), "exc").set_time_steps(10, 0.1)
    return net


CURRENT = {"exc": 16.0, "inh": 15.0}


@pytest.mark.parametrize(("executor", "threads"), [("eager", 1), ("cpu", 1), ("cpu", 2), ("cpu", 3)])
def test_ctrl_c_at_any_moment_leaves_the_network_at_the_end_of_a_step(executor: str, threads: int) -> None:
    """The signal itself, not a callback that raises: it arrives while native code runs, or in the middle of a step."""
    net = small()
    net.run(1, CURRENT, executor=executor, threads=threads)
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    handler = signal.getsignal(signal.SIGINT)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        net.run(100_000_000, CURRENT, executor=executor, threads=threads)  # hours: the signal comes before its end
    timer.join()
    assert signal.getsignal(signal.SIGINT) is handler
    made = net.layers["exc"].steps
    assert {x.steps for x in (*net.layers.values(), *net.connections.values())} == {made}
    whole = small()
    whole.run(0.1 * made, CURRENT)
    for again in (False, True):
        assert all(map(torch.equal, net.monitors["exc"].spikes(), whole.monitors["exc"].spikes()))
        assert torch.equal(net.monitors["exc"].get("u"), whole.monitors["exc"].get("u"))
        assert torch.equal(net.layers["inh"].u, whole.layers["inh"].u)
        if not again:
            net.run(5, CURRENT)
            whole.run(5, CURRENT)


def test_ctrl_c_that_is_ignored_stays_ignored() -> None:
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        net = small()
        net.run(1, CURRENT, progress=lambda made, total: os.kill(os.getpid(), signal.SIGINT))
        assert net.layers["exc"].steps == 10
    finally:
        signal.signal(signal.SIGINT, usual)


def test_a_second_ctrl_c_does_not_wait() -> None:
    net, calls = small(), 0

    def impatient(made: int, total: int) -> None:
        nonlocal calls
        calls += 1
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        calls += 1

    with pytest.raises(KeyboardInterrupt):
        net.run(100, CURRENT, progress=impatient)
    assert calls == 1
