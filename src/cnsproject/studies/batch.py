"""What all studies share: one neuron, copied; its copies run natively as one batch; checks of what is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject.checks import number, positive, steps_on_grid
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, StateError, TimeGridError
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.parameters import read_array
from cnsproject.network.views import PopulationView
from cnsproject.studies.result import Quantity

F64 = npt.NDArray[np.float64]
Subject = ModelPopulation | PopulationView  # a population of neurons that are alike, or one neuron of any


def copies(what: str, population: Subject, count: int, dt: float | None, *, driven: bool = True) -> ModelPopulation:
    """`count` replicas of the neuron that is studied, with a dt; `what` is the name of the study in errors.

    driven  whether the study drives the neuron, which must then have an input
    """
    source: object = population
    neuron = None
    if isinstance(population, PopulationView):
        if population.n > 1:
            raise ParameterError(
                f"{what}(population)", got=population.label, expected="one neuron", fix="take one: population[0]"
            )
        source, neuron = population.parent, int(population.indices[0])
    if not isinstance(source, ModelPopulation):
        raise ArgumentError(
            f"{what}(population)", got=type(source).__name__, expected="a population whose neurons follow equations",
            fix="pass one such as cns.LIFPopulation(1, dt=0.1)",
        )  # fmt: skip
    if driven and not source.dynamics.inputs:
        raise ArgumentError(
            f"{what}(population)", got=f"{source.label}, whose equations have no input",
            expected="a population that can be driven", fix="add an input to an equation, as in (... + R*I)/tau",
        )  # fmt: skip
    made = source.replicas(count, neuron=neuron, dt=dt)
    if made.dt is None:
        raise StateError(
            f"{what}({source.label})", got="a population without dt", expected="the length of a step in ms",
            fix=f"give it here, as in {what}(..., dt=0.1), or to the population",
        )  # fmt: skip
    made.name = source.name or type(source).__name__.removesuffix("Population") or "neuron"
    return made


def input_of(replicas: ModelPopulation) -> Quantity:
    """What drives a neuron; nothing, in nA, for one without an input."""
    name, unit = next(iter(replicas.dynamics.inputs.items()), ("I", "nA"))
    return Quantity(name, "current" if unit == "nA" else name, unit)


def membrane_of(replicas: ModelPopulation) -> Quantity:
    """The state that makes the spikes."""
    name = replicas.dynamics.membrane
    unit = replicas.dynamics.states[name]
    return Quantity(name, "potential" if unit == "mV" else name, unit)


def levels(replicas: ModelPopulation) -> dict[str, float]:
    """Threshold and rest of a model, where it has parameters of these names in the unit of its membrane."""
    known, parameters = {"threshold": "threshold", "rest": "u_rest"}, replicas.dynamics.parameters
    unit = membrane_of(replicas).unit
    return {word: float(getattr(replicas, name)) for word, name in known.items() if parameters.get(name) == unit}


def run(
    replicas: ModelPopulation, time: float, current: object, record: Sequence[str], *, threads: int = 1, seed: int = 0
) -> Monitor:
    """Run the replicas for `time` ms under a current, as `Network.run` takes it, and return what was recorded.

    seed  of the noise in their equations
    """
    assert replicas.dt is not None
    net = Network(dt=replicas.dt, seed=seed)
    net.add_layer(replicas, "replicas")
    monitor = net.add_monitor(Monitor(replicas, record), "replicas")
    net.run(time, {"replicas": current} if replicas.dynamics.inputs else None, threads=threads)
    return monitor


def recorded(monitor: Monitor, name: str) -> F64:
    """What was recorded of a state: (steps, replicas)."""
    found: Tensor = monitor.get(name)
    return np.asarray(found.numpy(), np.float64)


def spikes(monitor: Monitor) -> tuple[F64, npt.NDArray[np.int64]]:
    """Times (ms) and replicas of the spikes."""
    times, neurons = monitor.spikes()
    return times.numpy(), neurons.numpy()


def whole_steps(what: str, time: object, dt: float) -> int:
    """A time above 0 in steps. Raises TimeGridError when it is no whole number of them."""
    length = positive(what, time, "ms")
    if length < 0.5 * dt:  # which would be rounded to no step at all
        raise TimeGridError(
            what, got=f"{length:g} ms", expected=f"at least one step of {dt:g} ms", fix="run for longer"
        )
    return steps_on_grid(what, length, dt)


def first_step(what: str, time: object, dt: float) -> int:
    """The step that begins at a time of 0 or later. Raises TimeGridError when none does."""
    start = number(what, time, "ms")
    if start < 0:
        raise ParameterError(what, got=f"{start:g} ms", expected="a time from 0 on", fix="use 0 for the start")
    return steps_on_grid(what, start, dt)


def grid(steps: int, dt: float, first: int = 0) -> F64:
    """Times of the steps first ... steps-1 (ms)."""
    return np.arange(first, steps, dtype=np.float64) * dt


def series(what: str, given: object, unit: str, *, ascending: bool = False) -> F64:
    """One number or several, finite, as an array (n,); ascending where it matters."""
    try:
        raw = np.atleast_1d(np.asarray(given.detach().cpu() if isinstance(given, Tensor) else given))
    except (TypeError, ValueError):  # lists of several lengths
        raise ArgumentError(what, got=repr(given), expected=f"numbers in a row ({unit})", fix="give a list") from None
    if raw.ndim != 1 or not raw.size:
        raise ShapeError(what, got=f"shape {raw.shape}", expected=f"numbers in a row ({unit})", fix="give at least one")
    values = read_array(what, raw, raw.shape)
    if ascending and (np.diff(values) <= 0).any():
        place = int(np.argmax(np.diff(values) <= 0))
        raise ParameterError(
            what, got=f"{values[place]:g} before {values[place + 1]:g}", expected=f"ascending numbers ({unit})",
            fix="sort them, each once, as numpy.unique does",
        )  # fmt: skip
    return values


def pair(what: str, given: object, unit: str) -> tuple[float, float]:
    """Two bounds, the lower one first."""
    values = series(what, given, unit, ascending=True)
    if len(values) != 2:
        raise ShapeError(what, got=f"{len(values)} numbers", expected=f"two, (low, high) in {unit}", fix="give a pair")
    return float(values[0]), float(values[1])
