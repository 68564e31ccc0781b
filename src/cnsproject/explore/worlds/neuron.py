"""A single neuron of any of our models, under a step, a sine or noise."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import torch

from cnsproject.checks import steps_on_grid
from cnsproject.dynamics.schemes import SCHEMES
from cnsproject.explore.controls import Control, Value, Values, of_declaration, quantity, seed, tidy
from cnsproject.explore.numbers import Trains, measured
from cnsproject.explore.shown import Curve, Panel, Shown, curve, raster
from cnsproject.explore.worlds.base import Group, World, call, refuse_too_many
from cnsproject.network.inputs import Generator, Sine, StepCurrent, WhiteNoise
from cnsproject.network.model_reference import Reference
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network

STEPS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Lengths of a step that times in whole ms are multiples of (ms)."""

# Where the usual 20 nA and 0.1 ms show little.
_CURRENTS = {"HodgkinHuxley": 10.0, "Izhikevich": 10.0, "FitzHughNagumo": 0.5}
_DTS = {"HodgkinHuxley": 0.025, "FitzHughNagumo": 0.05}
_CODE = """\
import cnsproject as cns
from cnsproject.explore import Trains, measured

neuron = {neuron}
net = cns.Network(dt={dt})
net.add_layer(neuron, "neuron")
monitor = net.add_monitor(cns.Monitor(neuron, {recorded}), "neuron")
net.run({time}, {inputs}executor="cpu")
spikes = {{"neuron": Trains.of(*monitor.spikes(), 1)}}
numbers = measured(spikes, time={time}, dt={dt})
print(numbers)
"""


class NeuronWorld(World):
    """One neuron of a model; its controls are the parameters and start values that the model declares."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.name = reference.name
        self.title = reference.name
        self.about = f"{reference.dynamics.title}. {reference.dynamics.source}."

    @property
    def _driven(self) -> bool:
        return "I" in self.reference.dynamics.inputs

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        time = quantity("time", "how long it runs", 300.0, "ms", reach=(10.0, 1000.0), step=10.0, most=20_000.0)
        step = Control("dt", "length of a step", _DTS.get(self.name, 0.1), "ms", kind="choice", choices=STEPS)
        found = [Group("Run", (time, step, seed()))]
        found += _inputs(_CURRENTS.get(self.name, 20.0)) if self._driven else []
        found.append(Group("Neuron", tuple(parameters_of(self.reference))))
        starts = starts_of(self.reference)
        return (*found, Group("Start values", tuple(starts))) if starts else tuple(found)

    @cached_property
    def panels(self) -> tuple[Panel, ...]:
        d = self.reference.dynamics
        states = [Panel(n, _capital(d.meanings[n]), f"{n} ({unit})", (n,)) for n, unit in d.states.items()]
        spikes = Panel("raster", "Spikes", "neuron", ("neuron",), "spikes")
        current = [Panel("input", "Input", "I (nA)", ("I",), "steps")] if self._driven else []
        return (*states[:1], spikes, *states[1:], *current)

    def run(self, values: Values) -> Shown:
        time, dt = float(values["time"]), float(values["dt"])
        steps = steps_on_grid("time", time, dt)
        refuse_too_many(1, 10 * steps)  # each with a row for every state
        arguments = self._arguments(values)
        made: Any = self.reference.population
        neuron = made(1, **arguments)
        net = Network(dt=dt)
        net.add_layer(neuron, "neuron")
        monitor = net.add_monitor(Monitor(neuron, ["s", *self.reference.dynamics.states]), "neuron")
        given = self._input(values)
        net.run(time, {} if given is None else {"neuron": given}, executor="cpu")
        trains = {"neuron": Trains.of(*monitor.spikes(), 1)}
        curves, notes = raster(trains)
        at = np.arange(steps) * dt
        for state in self.reference.dynamics.states:
            curves[state, state] = curve(at, monitor.get(state).numpy()[:, 0])
        if given is not None:
            curves["input", "I"] = self._drawn(given, values, at)
        return Shown(time, trains, measured(trains, time=time, dt=dt), curves, notes)

    def code(self, values: Values) -> str:
        inputs = f'{{"neuron": cns.{_generator_code(values)}}}, ' if self._driven else ""
        return _CODE.format(
            neuron=call(f"cns.{self.reference.population.__name__}", "1", self._arguments(values)),
            dt=values["dt"], time=values["time"], inputs=inputs,
            recorded=["s", *self.reference.dynamics.states],
        )  # fmt: skip

    def _arguments(self, values: Values) -> dict[str, Value]:
        """What the population is made from; its own `rng`, so that the noise can be computed beside it."""
        made = ("Neuron", "Start values")
        names = {control.name for group in self.groups if group.title in made for control in group.controls}
        return {name: value for name, value in values.items() if name in names} | {"rng": values["seed"]}

    def _input(self, values: Values) -> Generator | None:
        if not self._driven:
            return None
        kind, arguments = _generator(values)
        made: Generator = kind(**arguments)
        return made

    def _drawn(self, given: Generator, values: Values, at: np.ndarray[Any, Any]) -> Curve:
        time, dt = float(values["time"]), float(values["dt"])
        series = given.values(time, dt, rng=int(values["seed"]), dtype=torch.float32)
        return curve(at, series.numpy().reshape(len(at)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def parameters_of(reference: Reference, prefix: str = "") -> list[Control]:
    """Controls of all parameters of a model, its refractory period and its scheme where it has them."""
    d, made = reference.dynamics, reference.population(1)
    found = of_declaration(d, d.parameters, {name: tidy(float(getattr(made, name))) for name in d.parameters}, prefix)
    if d.reset:
        found.append(
            quantity(f"{prefix}refractory", "how long it is held after a spike", 0.0, "ms", reach=(0.0, 20.0), step=1.0)
        )
    if d.states:
        scheme = str(made.scheme)
        found.append(
            Control(
                f"{prefix}scheme", "how the equations are integrated", scheme, kind="choice", choices=tuple(SCHEMES)
            )
        )
    return found


def starts_of(reference: Reference, prefix: str = "") -> list[Control]:
    """Controls of the start values of its states."""
    d, made = reference.dynamics, reference.population(1)
    defaults = {name: tidy(float(getattr(made, name))) for name in d.states}
    return of_declaration(d, d.states, defaults, prefix, about="start value: ")


def _inputs(amplitude: float) -> list[Group]:
    """What can be set of each kind of input; one kind is shown at a time."""
    kinds = Control("input", "kind of the input current", "step", kind="choice", choices=("step", "sine", "noise"))
    step = (
        quantity("amplitude", "current during the step", amplitude, "nA"),
        quantity("start", "when the step begins", 50.0, "ms", reach=(0.0, 500.0), step=10.0),
        quantity("stop", "when the step ends", 250.0, "ms", reach=(10.0, 1000.0), step=10.0),
    )
    sine = (
        quantity("swing", "amplitude of the sine", amplitude, "nA"),
        quantity("frequency", "frequency of the sine", 10.0, "Hz"),
        quantity("phase", "phase of the sine at the start (radians)", 0.0, "1", reach=(-3.2, 3.2), step=0.1),
        quantity("offset", "mean of the sine", amplitude, "nA"),
    )
    noise = (
        quantity("mean", "mean of the white noise", amplitude, "nA"),
        quantity("intensity", "intensity of the white noise", amplitude, "nA*sqrt(ms)", reach=(0.0, 4.0 * amplitude)),
    )
    return [
        Group("Input", (kinds,)),
        Group("Step", step, when=("input", "step")),
        Group("Sine", sine, when=("input", "sine")),
        Group("Noise", noise, when=("input", "noise")),
    ]


def _generator(values: Values) -> tuple[Any, dict[str, Any]]:
    """The kind of generator, and its arguments."""
    if values["input"] == "sine":
        names = {"amplitude": "swing", "frequency": "frequency", "phase": "phase", "offset": "offset"}
        return Sine, {argument: values[name] for argument, name in names.items()}
    if values["input"] == "noise":
        return WhiteNoise, {name: values[name] for name in ("mean", "intensity")}
    return StepCurrent, {"times": [values["start"], values["stop"]], "amplitudes": [values["amplitude"], 0.0]}


def _generator_code(values: Values) -> str:
    kind, arguments = _generator(values)
    return f"{kind.__name__}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"
