"""`cns.Population`: a model in one call. What it takes, what it means, and what each mistake is answered with."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.errors import ArgumentError, CnsError, EquationError, UnitError

LEAKY = "dv/dt = (v_rest - v + R*I)/tau : mV"
VALUES = {"tau": "10 ms", "R": "1 MOhm", "v_rest": "-70 mV", "v_reset": "-70 mV"}


def leaky(equations: str = LEAKY, **changes: Any) -> cns.Population:
    given = {
        "shape": 4,
        "threshold": "v > -50",
        "reset": "v = v_reset",
        "refractory": 2,
        "parameters": VALUES,
        "dt": 0.5,
    }
    return cns.Population(equations, **{**given, **changes})


@pytest.mark.parametrize("executor", ["eager", "cpu", None])
def test_the_leaky_neuron_in_one_call_is_ours(executor: str | None) -> None:
    """The same spikes and bits as LIFPopulation, with currents, jumps and refractory steps."""
    found = []
    for make in (leaky, lambda: cns.LIFPopulation(4, tau=10, threshold=-50, refractory=2, dt=0.5)):
        net = cns.Network(dt=0.5, seed=2)
        cells = net.add_layer(make(), "cells")
        source = net.add_layer(cns.PoissonPopulation(30, 200.0), "source")
        for name, synapse, weight in (("jump", cns.Delta(), 0.5), ("current", cns.ExponentialCurrent(3), 2.0)):
            net.add_connection(cns.Connection(source, cells, synapse=synapse, weight=weight), name=name)
        membrane = cells.states[0]
        seen = net.add_monitor(cns.Monitor(cells, ["s", membrane, "traces"]), "m")
        net.run(200, {"cells": 12.0}, executor=executor)
        found.append([seen.get(name) for name in ("s", membrane, "traces")])
    assert found[0][0].sum() > 20
    # (A spike at exactly the threshold, v > -50 against u >= -50, does not occur.)
    assert all(map(torch.equal, *found))


def test_by_hand_it_is_the_run() -> None:
    hand, run = leaky(start={"v": cns.Uniform(-70, -50)}, rng=3), leaky(start={"v": cns.Uniform(-70, -50)}, rng=3)
    net = cns.Network(dt=0.5)
    net.add_layer(run, "cells")
    net.run(100, {"cells": 25.0})
    for _ in range(200):
        hand.forward(25.0)
    assert torch.equal(hand.v, run.v)
    assert torch.equal(hand.s, run.s)


def test_units_are_converted_to_those_of_the_project() -> None:
    cells = leaky(
        LEAKY + "\nv_rest : mV", shape=3,
        parameters={"tau": "0.01 s", "R": (np.array([1000.0, 2000.0, 500.0]), "kOhm"), "v_rest": -70, "v_reset": "-0.07 V"},
        start={"v": "-0.06 V"}, refractory="0.002 s",
    )  # fmt: skip
    assert (cells.tau, cells.v_rest, cells.v_reset, cells.refractory) == (10.0, -70.0, -70.0, 2.0)
    assert cells.R.tolist() == [1.0, 2.0, 0.5]
    assert cells.v.tolist() == [-60.0] * 3
    cells.tau = "0.02 s"
    assert cells.tau == 20.0
    cells.tau = ([10, 20, 30], "ms")
    assert cells.tau.tolist() == [10.0, 20.0, 30.0]
    cells.v = -65.0
    cells.forward(0.0)
    assert cells.v.tolist() == pytest.approx([-65 - 5 * 0.5 / tau for tau in (10, 20, 30)])


def test_distributions_with_a_unit() -> None:
    cells = leaky(shape=500, parameters={**VALUES, "tau": (cns.Uniform(0.01, 0.02), "s")}, rng=1)
    plain = leaky(LEAKY + "\ntau : ms", shape=500, parameters={**VALUES, "tau": cns.Uniform(10, 20)}, rng=1)
    assert cells.tau.tolist() == pytest.approx(plain.tau.tolist())
    first = cells.tau.clone()
    assert "Scaled" in str(cells._laws["tau"])
    again = leaky(shape=500, parameters={**VALUES, "tau": (cns.Uniform(0.01, 0.02), "s")})
    cns.Network(seed=1, dt=0.5).add_layer(again, "cells")
    assert 10 <= again.tau.min() < again.tau.max() < 20
    assert not torch.equal(first, again.tau)


@pytest.mark.parametrize(
    ("reset", "start"),
    [("v = v_reset", -70.0), ("v = -62", -62.0), ("v = v_reset + 0*v", 0.0), ("w = 1", 0.0), ("v = -3; v = v_reset", -70.0)],
)  # fmt: skip
def test_the_membrane_starts_at_its_reset_value(reset: str, start: float) -> None:
    cells = leaky(
        LEAKY + "\ndw/dt = -w/tau + 0*v_reset/tau/v_rest : 1", reset=reset, threshold="v > -50"
    )  # fmt: skip
    assert (cells.v[0].item(), cells.w[0].item()) == (start, 0.0)
    cells.forward(9.0)
    cells.reset_state_variables(batch=2)
    assert cells.v.tolist() == [[start] * 4] * 2


def test_a_start_follows_a_drawn_reset_value() -> None:
    cells = leaky(shape=50, parameters={**VALUES, "v_reset": (cns.Uniform(-75, -65), "mV")})
    assert torch.equal(cells.v, cells.v_reset)
    before = cells.v.clone()
    cns.Network(dt=0.5, seed=7).add_layer(cells, "cells")
    assert torch.equal(cells.v, cells.v_reset)
    assert not torch.equal(cells.v, before)


def test_models_without_input_and_with_one_of_another_name() -> None:
    alone = leaky(
        "dv/dt = (v_rest - v)/tau : mV", parameters={k: v for k, v in VALUES.items() if k != "R"}, start={"v": -60}
    )
    alone.forward()
    assert alone.v[0].item() == pytest.approx(-60 - 10 * 0.05)
    assert not alone.dynamics.inputs
    with pytest.raises(ArgumentError, match="without an input"):
        alone.forward(1.0)
    net = cns.Network(dt=0.5)
    net.add_layer(alone, "alone")
    net.run(10)
    assert net.executor.name == "cpu"
    with pytest.raises(ArgumentError, match="have none"):
        net.run(10, {"alone": 1.0})
    with pytest.raises(ArgumentError, match="which has none"):
        cns.Connection(alone, alone)
    other = leaky(
        LEAKY.replace("R*I", "x"), inputs={"x": "mV"}, parameters={k: v for k, v in VALUES.items() if k != "R"}
    )
    other.forward(3.0)
    assert other.v[0].item() == pytest.approx(-70 + 3 * 0.05)
    with pytest.raises(ArgumentError, match="an input in mV"):
        cns.Connection(other, other)
    leaky(LEAKY.replace("I", "J"), inputs={"J": "nA"}).forward(1.0)
    own = leaky(LEAKY, parameters={**VALUES, "I": "2 nA"})
    own.forward()
    assert own.v[0].item() == pytest.approx(-70 + 2 * 0.05)


def test_every_scheme_and_noise_and_functions() -> None:
    for scheme in ("euler", "exponential euler", "heun", "rk4", "exact"):
        cells = leaky(scheme=scheme, dtype=torch.float64)
        cells.forward(3.0)
        assert cells.v[0].item() == pytest.approx(-67 - 3 * math.exp(-0.05), abs=5e-3)
    noisy = leaky(
        LEAKY.replace(" : mV", " + sigma*sqrt(2/tau)*xi : mV"), parameters={**VALUES, "sigma": "2 mV"}, shape=100
    )
    noisy.forward(0.0)
    assert noisy.v.std() > 0
    gated = leaky(LEAKY.replace("R*I", "R*I*exprel(v/v_rest) + clip(v, v_rest, 0)"))
    gated.forward(1.0)
    assert gated.v[0].item() == pytest.approx(-70 + 0.05 * (math.e - 1 - 70), rel=1e-5)


def test_it_tells_its_equations() -> None:
    cells = leaky(source="Lapicque 1907")
    assert LEAKY.rpartition(" :")[0] in cells.label
    assert leaky(name="mine").label == "Population 'mine'"
    net = cns.Network(dt=0.5)
    net.add_layer(cells, "cells")
    told = str(net.describe())
    for part in ("dv/dt = (v_rest - v + R*I)/tau", "v > -50", "v = v_reset", "tau = 10 ms", "Lapicque 1907"):
        assert part in told


def test_copies_pickles_and_checkpoints() -> None:
    cells = leaky(start={"v": cns.Normal(-60, 2)}, rng=1)
    for _ in range(5):
        cells.forward(20.0)
    twins = [copy.deepcopy(cells), pickle.loads(pickle.dumps(cells)), leaky(rng=5)]
    twins[2].load_state_dict(cells.state_dict())
    for _ in range(5):
        cells.forward(20.0)
    for twin in twins:
        for _ in range(5):
            twin.forward(20.0)
        assert torch.equal(twin.v, cells.v)


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in VALUES.items() if name not in names}


# What is wrong; the kind of the error; the text over the caret, "" where none stands in a text; what the message says.
MISTAKES: dict[str, tuple[Any, type[CnsError], str, tuple[str, ...]]] = {
    "a number without a unit": (
        lambda: leaky(parameters={**VALUES, "tau": 10}), UnitError, "", ("['tau']", "10 without a unit", "tau : ms")),
    "an array without a unit": (
        lambda: leaky(parameters={**VALUES, "tau": [1, 2, 3, 4]}), UnitError, "", ("without a unit",)),
    "a text without a unit": (lambda: leaky(parameters={**VALUES, "tau": "10"}), UnitError, "", ("has no unit",)),
    "a text without a number": (lambda: leaky(parameters={**VALUES, "tau": "ms"}), UnitError, "", ("'10 ms'",)),
    "an unknown unit": (
        lambda: leaky(parameters={**VALUES, "tau": "10 mss"}), EquationError, "mss", ("['tau']", "unknown unit 'mss'")),
    "another kind than declared": (
        lambda: leaky(LEAKY + "\ntau : ms", parameters={**VALUES, "tau": "10 mV"}), UnitError, "", (".tau", "unit mV", "to ms")),
    "another kind than the equation needs": (
        lambda: leaky(parameters={**VALUES, "tau": "10 mV"}), UnitError, "(v_rest", ("mV/ms",)),
    "another kind when it is set": (
        lambda: setattr(leaky(), "tau", "3 mV"), UnitError, "", (".tau", "unit mV", "to ms")),
    "a negative time": (lambda: leaky(parameters={**VALUES, "tau": "-3 ms"}), CnsError, "", (".tau", "-3", "> 0")),
    "a start of another kind": (lambda: leaky(start={"v": "3 nA"}), UnitError, "", (".v", "unit nA", "to mV")),
    "a refractory period of another kind": (lambda: leaky(refractory="3 mV"), UnitError, "", (".refractory", "to ms")),
    "an undefined symbol": (
        lambda: leaky(parameters={**without("tau"), "tua": "10 ms"}), EquationError, "tau :", ("'tau'", "did you mean 'tua'?")),
    "a parameter that is not given": (
        lambda: leaky(parameters=without("tau")), EquationError, "tau :", ("'tau'", "parameters={'tau': '10 ms'}")),
    "a declared parameter that is not given": (
        lambda: leaky(LEAKY + "\n  tau : ms", parameters=without("tau")), EquationError, "tau : ms", ("no value", "in ms")),
    "a parameter that is not used": (
        lambda: leaky(parameters={**VALUES, "R2": "1 MOhm"}), EquationError, "", ("['R2']", "no equation uses", "'R'")),
    "an input that is not used": (lambda: leaky(inputs={"J": "nA"}), EquationError, "", ("inputs['J']", "no equation uses")),
    "a state that shadows a function": (
        lambda: leaky(LEAKY + "\ndexp/dt = -exp/tau : 1"), EquationError, "exp/dt", ("meaning of its own", "rename 'exp'")),
    "a parameter that shadows a function": (
        lambda: leaky(parameters={**VALUES, "sqrt": "1 1"}), EquationError, "", ("'sqrt'", "meaning of its own")),
    "a declared parameter of a reserved name": (
        lambda: leaky(LEAKY + "\ndt : ms"), EquationError, "dt : ms", ("meaning of its own", "rename 'dt'")),
    "noise as a parameter": (
        lambda: leaky(LEAKY + "\nxi_2 : 1"), EquationError, "xi_2 : 1", ("meaning of its own",)),
    "a name that populations need": (
        lambda: leaky(LEAKY.replace("tau", "shape"), parameters={**without("tau"), "shape": "1 ms"}), ArgumentError, "", ("'shape'",)),
    "a name declared twice": (
        lambda: leaky(LEAKY + "\nv : mV", parameters={**VALUES, "v": 3}), EquationError, "v : mV", ("declared twice",)),
    "an unknown unit in a line": (lambda: leaky(LEAKY + "\ntau : mss"), EquationError, "mss", ("unknown unit",)),
    "a start of no state": (lambda: leaky(start={"u": -60}), EquationError, "", ("start['u']", "a state", "choose one of v")),
    "a threshold that is no condition": (
        lambda: leaky(threshold="v + v_rest"), EquationError, "v + v_rest", ("no comparison",)),
    "a threshold of another kind": (lambda: leaky(threshold="v > tau"), UnitError, "tau", ("the unit ms", "the unit mV")),
    "a threshold that is a number": (lambda: leaky(threshold=-50), ArgumentError, "", ("threshold", "-50", "a text")),
    "a reset of no state": (lambda: leaky(reset="v = v_reset; w += 1"), EquationError, "w = ", ("'w'", "a state on the left")),
    "a reset with an undefined symbol": (lambda: leaky(reset="v = v_rset"), EquationError, "v_rset", ("'v_reset'?",)),
    "a line without a unit": (lambda: leaky("dv/dt = -v/tau"), EquationError, None, ("without an equals sign", "colon")),
    "a random number": (
        lambda: leaky(LEAKY.replace("R*I", "R*rand()")), EquationError, "rand()", ("'rand'", "xi", "WhiteNoise")),
    "an unknown scheme": (lambda: leaky(scheme="rk5"), CnsError, "", ("'rk5'", "did you mean 'rk4'")),
    "a scheme for linear equations": (
        lambda: leaky(LEAKY.replace("R*I", "R*I + v**2/v_rest"), scheme="exact"), EquationError, "", ("v**2", "linear")),
    "two inputs": (
        lambda: leaky(LEAKY.replace("I", "(I + J)"), inputs={"I": "nA", "J": "nA"}), ArgumentError, "", ("one input",)),
    "an unknown argument": (lambda: leaky(threshhold="v > 3"), ArgumentError, "", ("threshhold", "did you mean 'threshold'")),
    "parameters that are no dict": (lambda: leaky(parameters=[1, 2]), ArgumentError, "", ("parameters", "a dict")),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(mistake: str) -> None:
    action, kind, at, says = MISTAKES[mistake]
    with pytest.raises(kind) as caught:
        action()
    message = str(caught.value)
    for part in ("got", "expected", "Fix:", *says):
        assert part in message, message
    if at == "":
        assert "^" not in message
        return
    shown, caret = message.splitlines()[1:3]
    assert caret.index("^") == (len(shown) if at is None else shown.index(at)), message
