"""A user's model is one declaration and one thin class, and runs on every executor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns


def population(
    dynamics: cns.Dynamics, values: dict[str, float], starts: dict[str, float], **settings: Any
) -> cns.ModelPopulation:
    """A thin class around a declaration."""

    class Own(cns.ModelPopulation):
        def __init__(self) -> None:
            super().__init__(
                3, parameters=values, starts=starts, spike_trace=False, dt=0.5, dtype=torch.float64, **settings
            )

    Own.dynamics = dynamics
    return Own()


IZHIKEVICH = cns.Dynamics(
    equations="""
        dv/dt = k*(v - v_r)*(v - v_t)/C - u/C + I/C : mV
        du/dt = a*(b*(v - v_r) - u) : nA
    """,
    inputs={"I": "nA"},
    parameters={
        "k": "nA/mV**2",
        "C": "nF",
        "v_r": "mV",
        "v_t": "mV",
        "a": "1/ms",
        "b": "nA/mV",
        "c": "mV",
        "d": "nA",
        "v_peak": "mV",
    },
    spike="v >= v_peak",
    reset="v = c; u += d",
    source="Izhikevich 2007, Dynamical Systems in Neuroscience, eq. 8.5",
)
REGULAR = {
    "k": 0.7e-3,
    "C": 0.1,
    "v_r": -60.0,
    "v_t": -40.0,
    "a": 0.03,
    "b": -2e-3,
    "c": -50.0,
    "d": 0.1,
    "v_peak": 35.0,
}

EXPONENTIAL = cns.Dynamics(
    equations="du/dt = (u_rest - u + delta*exp((u - u_t)/delta) + R*I)/tau : mV",
    inputs={"I": "nA"},
    parameters={"tau": "ms", "R": "MOhm", "u_rest": "mV", "u_t": "mV", "delta": "mV", "u_reset": "mV", "peak": "mV"},
    spike="u > peak",
    reset="u = u_reset",
    source="Fourcaud-Trocme et al. 2003, J. Neurosci. 23",
)
EIF = {"tau": 10.0, "R": 1.0, "u_rest": -65.0, "u_t": -50.0, "delta": 2.0, "u_reset": -65.0, "peak": -30.0}


def spikes(
    layer: cns.ModelPopulation, current: list[float], steps: int, executor: str | None
) -> tuple[cns.Network, np.ndarray]:
    net = cns.Network(dt=0.5)
    net.add_layer(layer, "own")
    monitor = net.add_monitor(cns.Monitor(layer, ["s"]), "m")
    net.run(0.5 * steps, {"own": cns.Constant(current)}, executor=executor)
    return net, monitor.get("s").numpy()


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_izhikevich_against_a_loop_written_out(executor: str) -> None:
    p = REGULAR
    currents = [0.0, 0.07, 0.1]
    expected = np.zeros((2000, 3), bool)
    for neuron, current in enumerate(currents):
        v, u = -60.0, 0.0
        for step in range(2000):
            dv = (p["k"] * (v - p["v_r"]) * (v - p["v_t"]) - u + current) / p["C"]
            du = p["a"] * (p["b"] * (v - p["v_r"]) - u)
            v, u = v + 0.5 * dv, u + 0.5 * du
            if v >= p["v_peak"]:
                v, u, expected[step, neuron] = p["c"], u + p["d"], True
    net, found = spikes(population(IZHIKEVICH, p, {"v": -60.0, "u": 0.0}), currents, 2000, executor)
    assert expected[:, 1:].sum(axis=0).min() > 5
    assert np.array_equal(found, expected)
    assert net.executor.name == executor


def test_a_model_of_plain_arithmetic_is_run_natively_by_itself() -> None:
    net, _ = spikes(population(IZHIKEVICH, REGULAR, {"v": -60.0, "u": 0.0}), [0.0] * 3, 5, None)
    assert net.executor.name == "cpu"


def test_a_model_with_exp_is_run_natively_by_itself() -> None:
    """A step by hand runs native code too, so the bits are the same; spikes are those of a loop written out."""
    p = EIF
    expected = np.zeros((800, 3), bool)
    currents = [10.0, 20.0, 30.0]
    for neuron, current in enumerate(currents):
        u = -65.0
        for step in range(800):
            slope = p["u_rest"] - u + p["delta"] * math.exp((u - p["u_t"]) / p["delta"]) + p["R"] * current
            u += 0.5 * slope / p["tau"]
            if u > p["peak"]:
                u, expected[step, neuron] = p["u_reset"], True
    for executor, taken in ((None, "cpu"), ("eager", "eager"), ("cpu", "cpu")):
        net, found = spikes(population(EXPONENTIAL, p, {"u": -65.0}), currents, 800, executor)
        assert np.array_equal(found, expected)
        assert net.executor.name == taken
    assert expected[:, 1:].sum(axis=0).min() > 3


def driven(synapse: cns.Synapse, executor: str) -> tuple[torch.Tensor, torch.Tensor]:
    """What a synapse delivers to one neuron while its only source fires now and then."""
    net = cns.Network(dt=1.0)
    pre, post = net.add_layer(cns.InputPopulation(1), "pre"), net.add_layer(cns.LIFPopulation(1), "post")
    connection = cns.Connection(pre, post, synapse=synapse, weight=2.0)
    net.add_connection(connection, name="c")
    output = connection.dynamics.output
    monitor = net.add_monitor(cns.Monitor(connection, [output, output]), "m")
    net.run(6, {"pre": torch.tensor([[1], [0], [1], [1], [0], [0]])}, executor=executor)
    return monitor.get(output)[:, 0], getattr(connection, output)


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_names_of_a_synapse_are_free(executor: str) -> None:
    """Neither "arrived" nor "output" nor "current" has to be, or not to be, a name."""

    class Named(cns.Synapse):
        dynamics = cns.Dynamics(
            equations="""
                doutput/dt = -output / arrived : nA
                x_output = share * output : nA
            """,
            parameters={"arrived": "ms", "share": "1"},
            arrivals={"hit": "nA"},
            on_arrival="output = output + share*hit",
            output="x_output",
        )

        def parameters(self) -> dict[str, object]:
            return {"arrived": 5.0, "share": 0.5}

    expected, output = [], 0.0
    for fires in (1, 0, 1, 1, 0, 0):
        output = output * math.exp(-0.2) + 0.5 * 2.0 * fires
        expected.append(0.5 * output)
    found, last = driven(Named(), executor)
    assert found.tolist() == pytest.approx(expected, rel=1e-6)
    assert last.item() == found[-1].item()


@pytest.mark.parametrize("executor", ["eager", "cpu"])
@pytest.mark.parametrize("name", ["np", "number", "words", "step_", "input", "w", "range", "abs_"])
def test_names_of_a_model_are_free(executor: str, name: str) -> None:
    """What the printed code uses itself does not get in the way, and a state `w` is recorded like any other."""
    dynamics = cns.Dynamics(
        equations=f"d{name}/dt = (R*I - {name})/math : mV", inputs={"I": "nA"},
        parameters={"R": "MOhm", "math": "ms"}, spike=f"{name} > 4", reset=f"{name} = 0",
    )  # fmt: skip
    net = cns.Network(dt=0.5)
    layer = net.add_layer(population(dynamics, {"R": 1.0, "math": 5.0}, {name: 0.0}), "own")
    net.add_connection(cns.Connection(layer, layer, synapse=cns.Delta(), weight=0.1))
    monitor = net.add_monitor(cns.Monitor(layer, [name]), "m")
    net.run(10, {"own": 5.0}, executor=executor)
    x, expected = 0.0, []
    for _ in range(20):
        fired = bool(expected) and expected[-1] == 0.0
        x = x + 0.3 * fired
        x = x + 0.5 * (5.0 - x) / 5.0
        x = 0.0 if x > 4 else x
        expected.append(x)
    assert expected.count(0.0) == 1
    assert monitor.get(name)[:, 0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("name", ["shape", "external", "traces", "steps", "half"])
def test_names_with_a_meaning_are_refused_for_models(name: str) -> None:
    dynamics = cns.Dynamics(
        equations=f"d{name}/dt = (R*I - {name})/tau : mV", inputs={"I": "nA"},
        parameters={"R": "MOhm", "tau": "ms"}, spike=f"{name} > 4", reset=f"{name} = 0",
    )  # fmt: skip

    class Own(cns.ModelPopulation):
        def __init__(self) -> None:
            super().__init__(3, parameters={"R": 1.0, "tau": 5.0}, starts={name: 0.0})

    Own.dynamics = dynamics
    with pytest.raises(cns.errors.ArgumentError, match=repr(name)):
        Own()


@pytest.mark.parametrize("name", ["w", "weight", "targets", "delay", "delays", "pre", "dtype"])
def test_names_with_a_meaning_are_refused_for_synapses(name: str) -> None:
    class Own(cns.Synapse):
        dynamics = cns.Dynamics(
            equations=f"d{name}/dt = -{name}/tau : nA", parameters={"tau": "ms"}, arrivals={"hit": "nA"},
            on_arrival=f"{name} = {name} + hit", output=name,
        )  # fmt: skip

        def parameters(self) -> dict[str, object]:
            return {"tau": 5.0}

    layer = cns.LIFPopulation(2)
    with pytest.raises(cns.errors.ArgumentError, match=repr(name)):
        cns.Connection(layer, layer, synapse=Own())


def test_a_model_without_spikes_is_refused() -> None:
    passive = cns.Dynamics(equations="dx/dt = -x/tau : mV", parameters={"tau": "ms"})
    with pytest.raises(cns.errors.ArgumentError, match="without a spike"):
        population(passive, {"tau": 5.0}, {"x": 0.0})


FUNCTIONS = (
    "sqrt(abs(u))",
    "sign(u + 60)",
    "floor(u)",
    "minimum(u, -60)",
    "maximum(u, -60)",
    "where(u > -60, 1, 2)",
    "clip(u, -65, -55)",
)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_with_one_right_result_have_the_same_bits(function: str) -> None:
    """In single precision, where a function that computes in another shows."""
    dynamics = cns.Dynamics(
        equations=f"du/dt = (({function})/q - u + I)/tau : 1", inputs={"I": "1"},
        parameters={"q": "1", "tau": "ms"}, spike="u > 100", reset="u = 0",
    )  # fmt: skip

    class Own(cns.ModelPopulation):
        def __init__(self) -> None:
            super().__init__(50, parameters={"q": 3.0, "tau": 7.0}, starts={"u": np.linspace(-70, -50, 50)})

    Own.dynamics = dynamics
    found = []
    for executor in ("eager", "cpu"):
        net = cns.Network(dt=0.1)
        layer = net.add_layer(Own(), "own")
        net.run(5, {"own": -61.0}, executor=executor)
        found.append(layer.u)
    assert torch.equal(*found)


def test_a_synapse_with_exp_is_run_natively_only_when_asked_for() -> None:
    class Blocked(cns.Synapse):
        """An NMDA-like synapse: magnesium blocks it at rest."""

        dynamics = cns.Dynamics(
            equations="""
                dg/dt = -g / tau : uS
                current = g * (E - u) / (1 + exp(-u/slope)) : nA
            """,
            inputs={"u": "mV"},
            parameters={"tau": "ms", "E": "mV", "slope": "mV"},
            arrivals={"arrived": "uS"},
            on_arrival="g = g + arrived",
            output="current",
        )

        def parameters(self) -> dict[str, object]:
            return {"tau": 50.0, "E": 0.0, "slope": 16.0}

    for executor, taken in ((None, "eager"), ("cpu", "cpu")):
        net = cns.Network(dt=1.0)
        layer = net.add_layer(cns.LIFPopulation(2), "own")
        net.add_connection(cns.Connection(layer, layer, synapse=Blocked(), weight=0.1))
        net.run(30, {"own": 20.0}, executor=executor)
        assert net.executor.name == taken


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_the_last_current_of_a_conductance_is_the_one_that_was_delivered(executor: str) -> None:
    """Not what the membrane after the step would make of it; by hand, run, copied and loaded alike."""
    net = cns.Network(dt=1.0)
    pre, post = net.add_layer(cns.InputPopulation(1), "pre"), net.add_layer(cns.LIFPopulation(2), "post")
    connection = cns.Connection(pre, post, synapse=cns.ExponentialConductance(tau=5.0), weight=0.1)
    net.add_connection(connection, name="c")
    monitor = net.add_monitor(cns.Monitor(connection, ["current", "g"]), "c")
    membrane = net.add_monitor(cns.Monitor(post, ["u"]), "u")
    assert connection.current.tolist() == [0.0, 0.0]
    net.run(4, {"pre": torch.ones(4, 1)}, executor=executor)
    before = torch.cat([torch.full((1, 2), -70.0), membrane.get("u")[:-1]])
    assert torch.equal(monitor.get("current"), monitor.get("g") * (0.0 - before))
    assert torch.equal(connection.current, monitor.get("current")[-1])
    again = cns.Connection(pre, post, synapse=cns.ExponentialConductance(tau=5.0), weight=0.1)
    again.load_state_dict(connection.state_dict())
    assert torch.equal(again.current, connection.current)
    connection.reset_state_variables()
    assert connection.current.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("refractory", [0.0, 2.0])
def test_a_model_with_exp_gives_equal_bits_by_hand_eagerly_and_natively(dtype: torch.dtype, refractory: float) -> None:
    """Many neurons, so that native code handles some of them in vectors and some one by one."""
    current = torch.linspace(0, 60, 37, dtype=dtype)

    class Own(cns.ModelPopulation):
        dynamics = EXPONENTIAL

    found = []
    for way in ("hand", "eager", "cpu"):
        layer = Own(37, parameters=EIF, starts={"u": -65.0}, dt=0.5, dtype=dtype, refractory=refractory)
        net = cns.Network(dt=0.5)
        net.add_layer(layer, "own")
        monitor = net.add_monitor(cns.Monitor(layer, ["s", "u", "traces"]), "m")
        if way == "hand":
            for _ in range(400):
                layer.forward(current)
                monitor.record()
        else:
            net.run(200, {"own": current.expand(400, 37)}, executor=way)
        found.append([monitor.get(name) for name in ("s", "u", "traces")])
    assert found[0][0].sum() > 100
    for other in found[1:]:
        for one, two in zip(found[0], other, strict=True):
            assert torch.equal(one, two)


class NMDA(cns.Synapse):
    """A conductance blocked by magnesium: a function of the membrane that is no arithmetic."""

    dynamics = cns.Dynamics(
        equations="""
            dg/dt = -g / tau_s : uS
            current = g * (E - u) / (1 + b*exp(-u/v)) : nA
        """,
        inputs={"u": "mV"},
        parameters={"tau_s": "ms", "E": "mV", "b": "1", "v": "mV"},
        arrivals={"arrived": "uS"},
        on_arrival="g = g + arrived",
        output="current",
        source="Jahr & Stevens 1990, J. Neurosci. 10, eq. 4a",
    )

    def parameters(self) -> dict[str, object]:
        return {"tau_s": 100.0, "E": 0.0, "b": 0.28, "v": 16.0}


def test_a_synapse_with_exp_is_left_to_torch_and_the_network_says_so() -> None:
    net = cns.Network(dt=0.5)
    for name in ("a", "b"):
        net.add_layer(cns.LIFPopulation(3), name)
    net.add_connection(cns.Connection(net.layers["a"], net.layers["b"], synapse=NMDA(), weight=0.01))
    net.run(20, {"a": 20.0})
    assert net.executor.name == "eager"
    assert "exp" in net.executor.reason
    net.run(20, {"a": 20.0}, executor="cpu")
    assert net.layers["b"].u.max() > -70
