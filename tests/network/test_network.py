"""Network as an object: what it refuses, what it leaves behind when it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject import errors


def pair(**settings: Any) -> cns.Network:
    net = cns.Network(dt=1.0)
    exc = net.add_layer(cns.LIFPopulation(4, **settings), "exc")
    inh = net.add_layer(cns.LIFPopulation(2, is_inhibitory=True), "inh")
    net.add_connection(cns.DenseConnection(exc, inh, J=20.0, tau_s=3.0))
    net.add_connection(cns.DenseConnection(inh, exc, J=2.0, tau_s=3.0, delay=2.0))
    net.add_monitor(cns.Monitor(exc, ["u", "s"]), "exc")
    return net


def of_another_network() -> None:
    net = pair()
    net.add_connection(cns.DenseConnection(cns.LIFPopulation(1), net.layers["exc"]))


def dt_changed_between_runs() -> None:
    net = pair()
    net.run(3)
    net.layers["exc"].dt = 0.5
    net.run(3)


def batched() -> None:
    net = pair()
    net.layers["exc"].reset_state_variables(batch=3)
    net.run(3, executor="cpu")


CASES: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "time off the grid": (lambda: pair().run(2.5), errors.TimeGridError, ["Network.run(time)", "2.5 ms", "2 or 3 ms"]),
    "negative time": (lambda: pair().run(-1), errors.ParameterError, ["time", "-1"]),
    "unknown layer": (lambda: pair().run(3, {"ecx": 1.0}), errors.UnknownNameError, ["'ecx'", "'exc'"]),
    "inputs as a list": (lambda: pair().run(3, [1.0]), errors.ArgumentError, ["inputs", "list", "dict"]),  # type: ignore[arg-type]
    "short input": (lambda: pair().run(3, {"exc": torch.zeros(2)}), errors.ShapeError, ["'exc'", "(2,)", "(3,)", "(3, 4)"]),
    "input of the neurons only": (lambda: pair().run(3, {"exc": torch.zeros(4)}), errors.ShapeError, ["cns.Constant"]),
    "constant of another shape": (lambda: pair().run(3, {"exc": cns.Constant([1, 2])}), errors.ShapeError, ["(2,)", "(4,)"]),
    "NaN in an input": (lambda: pair().run(3, {"exc": torch.tensor([0, np.nan, 0])}), errors.ParameterError, ["nan in step 1"]),
    "text as input": (lambda: pair().run(3, {"exc": "1"}), errors.ArgumentError, ["'exc'", "'1'"]),
    "unknown executor": (lambda: pair().run(3, executor="gpu"), errors.UnknownNameError, ["'gpu'", "eager, cpu"]),
    "native with a batch": (batched, errors.ArgumentError, ["a batch", "executor='eager'"]),
    "unknown keyword": (lambda: pair().run(3, input={}), errors.ArgumentError, ["'inputs'"]),
    "dt changed between runs": (dt_changed_between_runs, errors.TimeGridError, ["layer 'exc'", "0.5 ms"]),
    "layer of another dt": (lambda: pair(dt=0.5), errors.TimeGridError, ["layer 'exc'", "0.5 ms", "1 ms of the network"]),
    "duplicate name": (lambda: pair().add_layer(cns.LIFPopulation(1), "exc"), errors.ParameterError, ["'exc' a second time"]),
    "name with a dot": (lambda: pair().add_layer(cns.LIFPopulation(1), "a.b"), errors.ArgumentError, ["'a.b'", "dot"]),
    "layer twice": (lambda: (n := pair()).add_layer(n.layers["exc"], "again"), errors.ArgumentError, ["a second time"]),
    "no layer": (lambda: pair().add_layer("exc", "exc"), errors.ArgumentError, ["NeuralPopulation"]),  # type: ignore[arg-type]
    "connection of another network": (of_another_network, errors.ArgumentError, ["pre", "add_layer"]),
    "wrong end": (
        lambda: (n := pair()).add_connection(cns.DenseConnection(n.layers["exc"], n.layers["inh"]), pre="inh"),
        errors.ArgumentError, ["'inh'", "'exc'"],
    ),
    "monitor of another network": (lambda: pair().add_monitor(cns.Monitor(cns.LIFPopulation(1), ["u"]), "m"), errors.ArgumentError, ["add that first"]),
    "delay off the grid": (
        lambda: (n := pair()).add_connection(cns.DenseConnection(n.layers["exc"], n.layers["inh"], delay=0.5)) and n.run(1),
        errors.TimeGridError, ["delay", "0.5 ms"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_message(case: str) -> None:
    call, kind, parts = CASES[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)


def test_names_and_several_connections_between_a_pair() -> None:
    net = pair()
    net.add_connection(cns.DenseConnection(net.layers["exc"], net.layers["inh"], J=1.0), "exc", "inh")
    net.add_connection(cns.DenseConnection(net.layers["exc"], net.layers["inh"], J=1.0), name="fast")
    assert list(net.connections) == ["exc_to_inh", "inh_to_exc", "exc_to_inh_2", "fast"]
    net.run(5, {"exc": 20.0})


def test_the_plan_can_be_read_and_compared() -> None:
    text = str(pair().plan())
    assert "exc_to_inh.current <- decay, + exc_to_inh.w * exc.s\n" in text
    assert "inh_to_exc.current <- decay, + inh_to_exc.w * inh.s[2 steps ago]\n" in text
    assert pair().plan() == pair().plan()
    assert pair().plan() != pair(refractory=2.0).plan()
    order = [operation.owner for operation in pair().plan().operations]
    assert order == ["inh_to_exc", "exc", "exc", "exc_to_inh", "inh", "inh", "exc", "exc"]


def test_the_choice_and_its_reason() -> None:
    net = pair()
    net.run(1)
    assert net.executor.name == "cpu"
    net.layers["exc"].reset_state_variables(batch=2)
    net.layers["inh"].reset_state_variables(batch=2)
    for connection in net.connections.values():
        connection.reset_state_variables()
    net.monitors["exc"].reset_state_variables()
    net.run(3, {"exc": 10.0})
    assert (net.executor.name, net.executor.reason) == ("eager", "a batch")
    assert net.monitors["exc"].get("u").shape == (3, 2, 4)


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_a_state_that_is_not_finite_stops_at_the_step(executor: str) -> None:
    """The step, the layer, the variable and the neuron are named; the recordings go up to the step before."""
    net = cns.Network(dt=1.0)
    layer = net.add_layer(cns.LIFPopulation(3, tau=0.3, threshold=1e38), "exploding")
    monitor = net.add_monitor(cns.Monitor(layer, ["u"]), "m")
    with pytest.raises(errors.NumericalError) as caught:
        net.run(1000, {"exploding": cns.Constant([0.0, 0.0, 1.0])}, executor=executor)
    assert f"'exploding'.u at step {layer.steps}" in str(caught.value)
    assert "neuron 2" in str(caught.value)
    assert len(monitor) == layer.steps > 50
    assert torch.equal(monitor.get("u")[-1], layer.u)
    assert torch.isfinite(layer.u).all()


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_ctrl_c_leaves_a_consistent_network(executor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in the middle, then continued: the same as without."""
    monkeypatch.setattr("cnsproject.network.native._FIRST_NEURONS", 0)
    whole, stopped = pair(), pair()
    current = 10 + 10 * torch.rand(3000, 4, generator=torch.Generator().manual_seed(1))
    whole.run(3000, {"exc": current}, executor=executor)

    def stop(made: int, total: int) -> None:
        if made > 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped.run(3000, {"exc": current}, executor=executor, progress=stop)
    made = stopped.layers["exc"].steps
    assert 1000 < made < 3000
    assert len(stopped.monitors["exc"]) == made
    stopped.run(3000 - made, {"exc": current[made:]}, executor=executor)
    assert torch.equal(stopped.monitors["exc"].get("s"), whole.monitors["exc"].get("s"))
    assert torch.equal(stopped.monitors["exc"].get("u"), whole.monitors["exc"].get("u"))


def test_progress_reaches_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[tuple[int, int]] = []
    pair().run(700, {"exc": 9.0}, progress=lambda made, total: told.append((made, total)))
    assert told[-1] == (700, 700)
    assert [made for made, _ in told] == sorted({made for made, _ in told})
    pair().run(700, {"exc": 9.0}, progress=True)
    assert "700/700" in capsys.readouterr().err


def test_run_of_no_time_changes_nothing() -> None:
    net = pair()
    net.run(0)
    assert net.layers["exc"].steps == 0


def test_references_that_were_kept_are_snapshots() -> None:
    net = pair()
    before = net.layers["exc"].u
    net.run(10, {"exc": 10.0})
    assert before.tolist() == [-70.0] * 4
    net.layers["exc"].u[0] = -60.0
    net.run(1, {"exc": 0.0})
    assert net.layers["exc"].u[0] > net.layers["exc"].u[1]


def test_monitors_with_a_window_and_growing_ones() -> None:
    net = pair()
    window = net.add_monitor(cns.Monitor(net.layers["exc"], ["u", "threshold"]), "window")
    window.set_time_steps(50, 1)
    net.run(30, {"exc": 10.0})
    net.run(400, {"exc": 10.0})
    assert torch.equal(window.get("u"), net.monitors["exc"].get("u")[-50:])
    assert window.get("threshold").tolist() == [-55.0] * 50
    assert len(net.monitors["exc"]) == 430


def test_reset_starts_over() -> None:
    net = pair()
    net.run(100, {"exc": 12.0})
    first = net.monitors["exc"].get("s")
    net.reset_state_variables()
    net.run(100, {"exc": 12.0})
    assert torch.equal(net.monitors["exc"].get("s"), first)


def drawn(seed: int | None, name: str = "exc", **settings: Any) -> torch.Tensor:
    net = cns.Network(dt=1.0, seed=seed)
    layer = cns.LIFPopulation(50, u=cns.Uniform(-70, -60), tau=cns.Normal(10.0, 0.5), **settings)
    net.add_layer(layer, name)
    return torch.cat([layer.u, layer.tau])


def test_the_seed_of_the_network_and_the_name_decide_what_is_drawn() -> None:
    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))
    assert not torch.equal(drawn(1), drawn(1, "inh"))
    assert not torch.equal(drawn(None), drawn(None))
    assert torch.equal(drawn(1, rng=5), drawn(2, rng=5))
    net = cns.Network()
    again = cns.Network(seed=net.seed)
    layers = [n.add_layer(cns.LIFPopulation(9, u=cns.Uniform(-70, -60)), "a") for n in (net, again)]
    assert torch.equal(layers[0].u, layers[1].u)


def test_a_layer_that_has_stepped_keeps_its_state() -> None:
    layer = cns.LIFPopulation(9, u=cns.Uniform(-70, -60), dt=1.0)
    layer.forward(0.0)
    before = layer.u
    cns.Network(seed=1).add_layer(layer, "a")
    assert torch.equal(layer.u, before)
