"""The report's two populations."""

from __future__ import annotations

import dataclasses
import re
from functools import cached_property
from typing import Any, get_args, get_type_hints

import numpy as np

from cnsproject.experiments.base import documented
from cnsproject.experiments.two_populations import Parameters, run
from cnsproject.explore.controls import Control, Values, count, quantity, seed
from cnsproject.explore.numbers import Trains, measured
from cnsproject.explore.shown import Panel, Shown, curve, raster, rate
from cnsproject.explore.worlds.base import Group, World, call, refuse_too_many

_UNIT = re.compile(r"\((ms|mV|nA|MOhm|nF)\)")
_MOST = {"time": 20_000, "neurons": 2_000, "scale": 4_000}
_GROUPS = {
    "Run": ("time", "dt", "seed"),
    "Input": ("input", "input2", "I_value", "scale"),
    "Neurons": ("neurons", "R", "C", "threshold"),
    "Connections": ("connected", "sign", "J1", "J2", "tau_s1", "tau_s2", "trace_scale1", "trace_scale2"),
}
_CODE = """\
from cnsproject.experiments import Parameters, run
from cnsproject.explore import Trains, measured

parameters = {parameters}
recording = run(parameters, rng={seed}, executor="cpu")
spikes = {{name: Trains.of_raster(s, {dt}) for name, s in (("p1", recording.s1), ("p2", recording.s2))}}
numbers = measured(spikes, time={time}, dt={dt}, lag=("p1", "p2"))
print(numbers)
"""


class TwoPopulationsWorld(World):
    """The network of the report's nine sections; its controls are the fields of `experiments.Parameters`."""

    name = "report"
    title = "Two populations"
    about = "The network of the report: p1 has four fifths of the neurons, p2 the rest, and each acts on the other."
    panels = (
        Panel("raster", "Spikes", "neuron", ("p1", "p2"), "spikes"),
        Panel("rate", "Activity", "rate (Hz per neuron)", ("p1", "p2")),
        Panel("input", "Input", "current (nA)", ("p1", "p2"), "steps"),
        Panel("potential", "Potential of the first neuron", "u (mV)", ("p1", "p2")),
    )

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        made = {name: _control(name) for name in get_type_hints(Parameters)} | {"seed": seed()}
        return tuple(Group(title, tuple(made[name] for name in names)) for title, names in _GROUPS.items())

    def run(self, values: Values) -> Shown:
        p = _parameters(values)
        refuse_too_many(p.neurons, p.time)
        recording = run(p, rng=values["seed"], executor="cpu")
        time, at = p.time * p.dt, np.arange(p.time) * p.dt
        trains = {name: Trains.of_raster(s, p.dt) for name, s in (("p1", recording.s1), ("p2", recording.s2))}
        curves, notes = raster(trains)
        for name, train in trains.items():
            arrays = recording.arrays()
            curves["rate", name] = rate(train, time, p.dt)
            curves["input", name] = curve(at, arrays[f"I{name[1]}"][:, 0])
            curves["potential", name] = curve(at, arrays[f"u{name[1]}"][:, 0])
        return Shown(time, trains, measured(trains, time=time, dt=p.dt, lag=("p1", "p2")), curves, notes)

    def code(self, values: Values) -> str:
        p = _parameters(values)
        parameters = call("Parameters", "", dataclasses.asdict(p))
        return _CODE.format(parameters=parameters, seed=values["seed"], dt=p.dt, time=p.time * p.dt)


def _parameters(values: Values) -> Parameters:
    given: dict[str, Any] = {name: value for name, value in values.items() if name != "seed"}
    return Parameters(**given)


def _control(name: str) -> Control:
    """A field of `Parameters` as its type, its default and the docstring describe it."""
    kind, default, meaning = get_type_hints(Parameters)[name], getattr(Parameters(), name), documented(Parameters)[name]
    if get_args(kind):
        return Control(name, meaning, default, kind="choice", choices=get_args(kind))
    if kind is bool:
        return Control(name, meaning, default, kind="flag")
    if kind is int:
        width = {"time": 50, "scale": 5}.get(name, 1)
        return count(name, meaning, default, high=4 * default, step=width, low=max(width, 2), most=_MOST[name])
    unit = _UNIT.search(meaning)
    return quantity(name, _UNIT.sub("", meaning).strip(), default, unit[1] if unit else "1")
