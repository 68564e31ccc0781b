"""Nothing is silent: every mistake is an error that says what, got, expected and the fix, and names the object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from cnsproject import DenseConnection, Dynamics, InputPopulation, LIFPopulation, Monitor, Normal, Uniform, errors
from cnsproject import random2_step_function as noise
from cnsproject import random_step_function as pulses
from cnsproject import step_function as step


def lif(**settings: Any) -> LIFPopulation:
    return LIFPopulation(4, **({"dt": 1.0} | settings))


def dense(pre: dict[str, Any] | None = None, post: dict[str, Any] | None = None, **settings: Any) -> DenseConnection:
    return DenseConnection(lif(**(pre or {})), lif(**(post or {})), **settings)


def negative_for_a_mask() -> DenseConnection:
    mask = torch.tensor([False, True, False, False])
    weight = torch.ones(4, 4)
    weight[1, 2] = -1
    return dense({"is_inhibitory": mask}, w=weight)


def write_shared_weight() -> torch.Tensor:
    connection = dense()
    connection.w[0, 0] = 5.0
    return connection.compute()


def dt_changed_later() -> torch.Tensor:
    connection = dense()
    connection.compute()
    connection.post.dt = 0.5
    return connection.compute()


def inhibitory_later() -> torch.Tensor:
    connection = dense(J=-1)
    connection.pre.is_inhibitory = True
    return connection.compute()


def monitor_of(*names: str) -> Monitor:
    return Monitor(lif(), list(names))


def spikes_too_late() -> torch.Tensor:
    connection = dense()
    for _ in range(200):
        connection.pre.forward(0.0)
    return connection.compute()


def compute_before_pre() -> torch.Tensor:
    connection = dense(delay=1.0)
    connection.post.forward(0.0)
    return connection.compute()


def reset_only_the_population() -> torch.Tensor:
    connection = dense()
    connection.pre.forward(0.0)
    connection.compute()
    connection.pre.reset_state_variables()
    return connection.compute()


def other_batch_while_recording() -> None:
    population = lif()
    monitor = Monitor(population, ["u"])
    monitor.record()
    population.reset_state_variables(batch=2)
    monitor.record()


CASES: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "unknown keyword": (lambda: lif(treshold=-50), errors.ArgumentError, ["LIFPopulation", "treshold", "did you mean 'threshold'"]),
    "unknown keyword, connection": (lambda: dense(tau=5), errors.ArgumentError, ["DenseConnection", "tau_s"]),
    "unknown keyword, function": (lambda: step(time=9, I_valu=3, scale=1), errors.ArgumentError, ["step_function", "I_value"]),
    "unknown keyword, monitor": (lambda: Monitor(lif(), ["u"], devise="cpu"), errors.ArgumentError, ["device"]),
    "string for a number": (lambda: lif(tau="10"), errors.UnitError, ["LIFPopulation.tau", "'10'", "no unit", "'10 ms'"]),
    "bool for a number": (lambda: lif(R=True), errors.ArgumentError, ["LIFPopulation.R", "True"]),
    "string as current": (lambda: lif().forward("3"), errors.ArgumentError, ["forward(I)", "'3'"]),
    "list as current": (lambda: lif().forward([1, 2, 3, 4]), errors.ArgumentError, ["forward(I)", "list"]),
    "boolean current": (lambda: lif().forward(torch.ones(4, dtype=torch.bool)), errors.ArgumentError, ["torch.bool"]),
    "current of another shape": (lambda: lif().forward(torch.ones(3)), errors.ShapeError, ["(3,)", "(1,) or (4,)", "one per neuron"]),
    "current with a batch": (lambda: lif().forward(torch.ones(2, 4)), errors.ShapeError, ["(2, 4)", "batch=2"]),
    "NaN in the current": (lambda: lif().forward(torch.tensor([0, 0, np.nan, 0])), errors.ParameterError, ["forward(I)", "step 0", "nan for neuron 2"]),
    "infinite current": (lambda: lif().forward(torch.tensor([0, np.inf, 0, 0])), errors.ParameterError, ["inf for neuron 1"]),
    "minus infinite current": (lambda: lif().forward(torch.tensor([-np.inf, 0, 0, 0])), errors.ParameterError, ["-inf for neuron 0"]),
    "NaN as a number": (lambda: lif().forward(float("nan")), errors.ParameterError, ["forward(I)", "nan", "finite"]),
    "NaN jump": (lambda: lif().forward(0.0, jump=torch.tensor([np.nan, 0, 0, 0])), errors.ParameterError, ["forward(jump)", "neuron 0"]),
    "tau of zero": (lambda: lif(tau=0), errors.ParameterError, ["LIFPopulation.tau", "0", "> 0 (ms)"]),
    "negative tau in an array": (lambda: lif(tau=[1, 2, 3, -4]), errors.ParameterError, ["tau", "-4"]),
    "negative R": (lambda: lif(R=-1), errors.ParameterError, ["LIFPopulation.R", "-1", "MOhm"]),
    "zero C": (lambda: lif(R=1, C=0), errors.ParameterError, ["LIFPopulation.C", "nF"]),
    "tau_s of zero": (lambda: lif(tau_s=0), errors.ParameterError, ["LIFPopulation.tau_s"]),
    "zero dt": (lambda: lif(dt=0), errors.ParameterError, ["LIFPopulation.dt", "> 0 (ms)"]),
    "negative dt later": (lambda: setattr(lif(), "dt", -1), errors.ParameterError, ["LIFPopulation.dt", "-1"]),
    "infinite R": (lambda: lif(R=np.inf), errors.ParameterError, ["LIFPopulation.R", "inf"]),
    "tau and C": (lambda: lif(tau=10, R=1, C=10), errors.ArgumentError, ["tau", "C", "both", "tau = R*C"]),
    "C without R": (lambda: lif(C=10), errors.ArgumentError, ["C without R"]),
    "parameter of another shape": (lambda: lif(tau=[1, 2]), errors.ShapeError, ["LIFPopulation.tau", "(2,)", "(4,)"]),
    "text in a parameter array": (lambda: lif(tau=["a", "b", "c", "d"]), errors.ArgumentError, ["LIFPopulation.tau", "numbers"]),
    "threshold below reset": (lambda: lif(threshold=-80), errors.ParameterError, ["threshold", "-80", "u_reset"]),
    "negative refractory": (lambda: lif(refractory=-1), errors.ParameterError, ["refractory", "-1"]),
    "empty shape": (lambda: LIFPopulation(()), errors.ShapeError, ["LIFPopulation.shape", "at least one"]),
    "shape of zero": (lambda: LIFPopulation((3, 0)), errors.ParameterError, ["LIFPopulation.shape", ">= 1"]),
    "half precision": (lambda: lif(dtype=torch.float16), errors.ParameterError, ["float16", "float32"]),
    "half precision later": (lambda: lif().half(), errors.ParameterError, ["float16"]),
    "unknown scheme": (lambda: lif(scheme="eulr").forward(0.0), errors.UnknownNameError, ["'eulr'", "'euler'"]),
    "is_inhibitory as a number": (lambda: lif(is_inhibitory=1), errors.ArgumentError, ["is_inhibitory", "1"]),
    "mask of another shape": (lambda: lif(is_inhibitory=torch.tensor([True])), errors.ShapeError, ["is_inhibitory", "(4,)"]),
    "misspelt attribute": (lambda: setattr(lif(), "treshold", 3), errors.ArgumentError, ["treshold", "'threshold'"]),
    "state of another shape": (lambda: setattr(lif(), "u", torch.zeros(3)), errors.ShapeError, ["u", "(3,)", "(4,)"]),
    "NaN state": (lambda: setattr(lif(), "u", np.nan), errors.ParameterError, [".u", "NaN"]),
    "no trace": (lambda: lif(spike_trace=False).traces, errors.NoAttributeError, ["traces", "spike_trace=False"]),
    "step before dt": (lambda: LIFPopulation(4, name="exc").forward(0.0), errors.StateError, ["LIFPopulation 'exc'", "before dt is known", ".dt = 1.0"]),
    "compute before dt": (lambda: DenseConnection(LIFPopulation(1), LIFPopulation(1)).compute(), errors.StateError, ["before dt"]),
    "unknown keyword, reset": (lambda: lif().reset_state_variables(bach=2), errors.ArgumentError, ["'batch'"]),
    "batch of zero": (lambda: lif().reset_state_variables(batch=0), errors.ParameterError, ["batch", ">= 1"]),
    "no spikes": (lambda: InputPopulation(2, dt=1).forward(torch.tensor([2, 0])), errors.ParameterError, ["0 and 1"]),
    "spikes of another shape": (lambda: InputPopulation(2, dt=1).forward(torch.zeros(3)), errors.ShapeError, ["(3,)", "(2,)"]),
    "spikes as a list": (lambda: InputPopulation(2, dt=1).forward([1, 0]), errors.ArgumentError, ["list"]),
    "different dt": (lambda: dense({"dt": 1.0}, {"dt": 0.5}), errors.TimeGridError, ["1 ms of pre", "0.5 ms of post"]),
    "different dt of the connection": (lambda: dense(dt=0.1), errors.TimeGridError, ["0.1 ms of connection"]),
    "dt changed later": (dt_changed_later, errors.TimeGridError, ["0.5 ms of post"]),
    "delay off the grid": (lambda: dense(delay=1.5).compute(), errors.TimeGridError, ["delay", "1.5 ms", "1 or 2 ms"]),
    "negative delay": (lambda: dense(delay=-1), errors.ParameterError, ["delay", "-1 ms"]),
    "lr without a rule": (lambda: dense(lr=0.1), errors.ArgumentError, ["DenseConnection.lr", "0.1 without a learning rule"]),
    "weight_decay without a rule": (lambda: dense(weight_decay=0.1), errors.ArgumentError, ["weight_decay"]),
    "negative weight from inhibitory": (lambda: dense({"is_inhibitory": True}, J=-2), errors.ParameterError, ["inhibitory", "-0.5", "positive"]),
    "negative weight from a masked neuron": (negative_for_a_mask, errors.ParameterError, ["-1 out of an inhibitory"]),
    "inhibitory later": (inhibitory_later, errors.ParameterError, ["inhibitory"]),
    "weight of another shape": (lambda: dense(w=torch.ones(4, 3)), errors.ShapeError, ["w", "(4, 3)", "(4, 4)"]),
    "NaN weight": (lambda: dense(w=torch.full((4, 4), np.nan)), errors.ParameterError, ["w", "NaN"]),
    "write into the shared weight": (write_shared_weight, errors.ArgumentError, ["shared by all pairs", "clone"]),
    "string as J": (lambda: dense(J="2"), errors.ArgumentError, ["DenseConnection.J"]),
    "no population": (lambda: DenseConnection(lif(), "exc"), errors.ArgumentError, ["DenseConnection.post", "str"]),
    "spikes too late": (spikes_too_late, errors.StateError, ["200 steps", "once per step"]),
    "compute before pre": (compute_before_pre, errors.StateError, ["step 0", "still to be made"]),
    "only the population reset": (reset_only_the_population, errors.StateError, ["reset_state_variables"]),
    "text in a current": (lambda: lif().forward(np.array(["a", "b", "c", "d"])), errors.ArgumentError, ["forward(I)", "<U1"]),
    "text as state": (lambda: setattr(lif(), "u", "x"), errors.ArgumentError, [".u", "'x'"]),
    "spikes that are none": (lambda: setattr(lif(), "s", torch.tensor([0, 2, 0, 0])), errors.ParameterError, [".s", "0 and 1"]),
    "text as seed": (lambda: lif(rng="a"), errors.ArgumentError, ["rng", "'a'"]),
    "text as mode": (lambda: lif(learning="yes"), errors.ArgumentError, ["learning", "'yes'"]),
    "number as name": (lambda: lif(name=3), errors.ArgumentError, ["name", "3"]),
    "refractory later": (lambda: setattr(lif(), "refractory", 2.0), errors.ArgumentError, ["refractory", "at construction"]),
    "trace later": (lambda: setattr(lif(), "spike_trace", False), errors.ArgumentError, ["spike_trace", "at construction"]),
    "delay later": (lambda: setattr(dense(), "delay", 2.0), errors.ArgumentError, ["delay", "at construction"]),
    "pre later": (lambda: setattr(dense(), "pre", lif()), errors.ArgumentError, ["pre", "at construction"]),
    "method as a variable": (lambda: monitor_of("forward"), errors.ArgumentError, ["forward", "a number or a tensor"]),
    "nothing to record": (monitor_of, errors.ArgumentError, ["at least one"]),
    "shape as bytes": (lambda: LIFPopulation(b"10"), errors.ArgumentError, ["shape"]),
    "shape as a set": (lambda: LIFPopulation({3, 4}), errors.ArgumentError, ["shape"]),
    "numbers as text": (lambda: lif(tau=["5", "6", "7", "8"]), errors.ArgumentError, ["tau", "<U1"]),
    "complex parameters": (lambda: lif(tau=np.ones(4) * 1j), errors.ArgumentError, ["tau", "complex"]),
    "ragged parameters": (lambda: lif(tau=[[1, 2], [3]]), errors.ArgumentError, ["tau", "numbers"]),
    "a number beyond floats": (lambda: lif(tau=10**400), errors.ParameterError, ["tau", "inf"]),
    "trace as text": (lambda: lif(spike_trace="no"), errors.ArgumentError, ["spike_trace", "'no'"]),
    "unused trace parameter": (lambda: lif(spike_trace=False, tau_s=-5), errors.ParameterError, ["tau_s"]),
    "misspelt case": (lambda: setattr(lif(), "Tau", 5), errors.ArgumentError, ["Tau", "'tau'"]),
    "misspelt order": (lambda: setattr(lif(), "tua", 5), errors.ArgumentError, ["tua", "'tau'"]),
    "complex state": (lambda: setattr(lif(), "u", 1 + 1j), errors.ArgumentError, [".u", "complex"]),
    "J and w": (lambda: dense(J=5, w=1.0), errors.ArgumentError, ["J or w"]),
    "lr later": (lambda: setattr(dense(), "lr", 0.1), errors.ArgumentError, ["lr", "at construction"]),
    "weights of another dtype": (lambda: dense(w=torch.nn.Parameter(torch.ones(4, 4, dtype=torch.float64))), errors.ArgumentError, ["float64"]),
    "delay off the grid at once": (lambda: dense(delay=0.5), errors.TimeGridError, ["delay", "0.5 ms"]),
    "unknown variable": (lambda: monitor_of("U"), errors.UnknownNameError, ["Monitor", "'U'", "'u'"]),
    "names as a string": (lambda: Monitor(lif(), "s"), errors.ArgumentError, ["['s']"]),
    "get of a name not recorded": (lambda: monitor_of("u").get("s"), errors.UnknownNameError, ["'s'", "u"]),
    "get before record": (lambda: monitor_of("u").get("u"), errors.StateError, ["no recording"]),
    "window below a step": (lambda: monitor_of("u").set_time_steps(0.1, 1), errors.TimeGridError, ["0.1"]),
    "negative window": (lambda: monitor_of("u").set_time_steps(-1, 1), errors.ParameterError, ["time"]),
    "other batch while recording": (other_batch_while_recording, errors.ShapeError, ["(2, 4)", "(4,)"]),
    "uniform upside down": (lambda: Uniform(2, 1), errors.ParameterError, ["low < high"]),
    "normal without spread": (lambda: Normal(0, 0), errors.ParameterError, ["Normal.sd"]),
    "time as text": (lambda: step("9", 3, 1), errors.ArgumentError, ["step_function(time)"]),
    "half a step": (lambda: step(9.5, 3, 1), errors.ParameterError, ["time", "whole"]),
    "pulses that do not fit": (lambda: pulses(20, 3, 1), errors.ParameterError, ["more than 20"]),
    "no amplitude": (lambda: pulses(200, 0, 1), errors.ParameterError, ["I_value"]),
    "negative noise": (lambda: noise(10, -1, 1), errors.ParameterError, ["I_value", "> 0"]),
    "unknown name in a model": (lambda: Dynamics("du/dt = -u/tua : mV", parameters={"tau": "ms"}), errors.EquationError, ["tua", "'tau'"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_message(case: str) -> None:
    call, kind, parts = CASES[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    message = str(caught.value)
    assert all(part in message for part in [*parts, "got", "expected", "Fix: "]), message
    assert not isinstance(caught.value, AssertionError)


def test_python_kinds() -> None:
    """Errors are also of the built-in kind a Python user would catch."""
    for kind, builtin in (
        (errors.ArgumentError, TypeError), (errors.ParameterError, ValueError), (errors.ShapeError, ValueError),
        (errors.TimeGridError, ValueError), (errors.UnknownNameError, LookupError), (errors.StateError, RuntimeError),
        (errors.NumericalError, ArithmeticError), (errors.MissingExtraError, ImportError),
    ):  # fmt: skip
        assert issubclass(kind, builtin)


def test_a_state_that_leaves_the_numbers_stops_the_population_as_it_was() -> None:
    """dt > 2 tau makes Euler explode; the step, the variable and the neuron are named."""
    population = LIFPopulation(3, tau=1.0, dt=1000.0, threshold=1e38, u_reset=-70, name="p", dtype=torch.float32)
    population.u[1] = -70.0 - 1e20
    before, steps = population.u, 0
    with pytest.raises(errors.NumericalError) as caught:
        for steps in range(100):  # noqa: B007
            before = population.u
            population.forward(0.0)
    assert f"LIFPopulation 'p'.u at step {steps}" in str(caught.value)
    assert "for neuron 1" in str(caught.value)
    assert torch.equal(population.u, before)
    assert population.steps == steps


def test_large_finite_values_are_no_error() -> None:
    """The cheap check overflows before the numbers do: it must look again, not refuse."""
    population = LIFPopulation(2, tau=10.0, dt=1.0, threshold=1e38)
    population.u = 1e30
    population.forward(0.0)
    assert population.u[0].item() == pytest.approx(0.9e30)


def test_batch_index_of_what_is_not_finite() -> None:
    population = LIFPopulation(3, dt=1.0)
    population.reset_state_variables(batch=2)
    current = torch.zeros(2, 3)
    current[1, 2] = np.nan
    with pytest.raises(errors.ParameterError, match=r"nan for neuron \(1, 2\)"):
        population.forward(current)


def test_an_input_that_a_refractory_neuron_would_ignore_is_still_refused() -> None:
    population = LIFPopulation(1, dt=1.0, refractory=5.0, tau=5.0)
    population.forward(1000.0)
    with pytest.raises(errors.ParameterError, match="nan"):
        population.forward(torch.tensor([np.nan]))


def test_an_absent_trace_is_absent() -> None:
    assert not hasattr(lif(spike_trace=False), "traces")


def test_errors_survive_a_worker_process() -> None:
    import pickle

    error = errors.ShapeError("x", got="1", expected="2", fix="3")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
