"""A network of excitatory and inhibitory neurons with four projections."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from cnsproject.checks import steps_on_grid
from cnsproject.dynamics.models import EXPONENTIAL_CURRENT
from cnsproject.errors import ParameterError
from cnsproject.explore.controls import Control, Value, Values, count, quantity, seed
from cnsproject.explore.numbers import Trains, measured
from cnsproject.explore.shown import Curve, Panel, Shown, curve, raster, rate
from cnsproject.explore.worlds.base import Group, World, call, of, refuse_too_many
from cnsproject.explore.worlds.neuron import STEPS, parameters_of, starts_of
from cnsproject.network.connections import Connection
from cnsproject.network.connectivity import FixedProbability
from cnsproject.network.inputs import WhiteNoise
from cnsproject.network.integrate_and_fire import LIFPopulation
from cnsproject.network.model_reference import reference
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.synapses import ExponentialCurrent

_POPULATIONS = {"exc": "Excitatory neurons", "inh": "Inhibitory neurons"}
_SIZES = {"exc": 400, "inh": 100}
_PROJECTIONS = [(pre, post) for pre in _POPULATIONS for post in _POPULATIONS]
_WEIGHTS, _DECAYS = {"exc": 2.0, "inh": 8.0}, {"exc": 5.0, "inh": 10.0}
_DEFAULTS = {"tau": 20.0, "u_reset": -60.0, "threshold": -50.0, "u": -60.0, "refractory": 2.0}
_BIN = 5.0  # ms
MOST_SYNAPSES = 2_000_000
_CODE = """\
import cnsproject as cns
from cnsproject.explore import Trains, measured

exc = {exc}
inh = {inh}
net = cns.Network(dt={dt}, seed={seed})
monitors = {{}}
for name, population in (("exc", exc), ("inh", inh)):
    net.add_layer(population, name)
    monitors[name] = net.add_monitor(cns.Monitor(population, ["s"]), name)
for pre, post, probability, weight, tau, delay in (
{projections}
):
    net.add_connection(
        cns.Connection(
            pre, post, connectivity=cns.FixedProbability(probability), synapse=cns.ExponentialCurrent(tau=tau),
            weight=weight, delay=delay,
        )
    )
inputs = {{"exc": cns.WhiteNoise({exc_input}), "inh": cns.WhiteNoise({inh_input})}}
net.run({time}, inputs, executor="cpu")
spikes = {{name: Trains.of(*monitor.spikes(), net.layers[name].n) for name, monitor in monitors.items()}}
numbers = measured(spikes, time={time}, dt={dt})
print(numbers)
"""


class NetworkWorld(World):
    """Excitatory and inhibitory LIF neurons, each population with parameters of its own, and four projections."""

    name = "network"
    title = "Excitatory and inhibitory network"
    about = (
        "Two populations of LIF neurons under noise, wired at random: each excites, or inhibits, itself and the other."
    )
    panels = (
        Panel("raster", "Spikes", "neuron", ("exc", "inh"), "spikes", mark=2.5),
        Panel("rate", "Activity", "rate (Hz per neuron)", ("exc", "inh")),
        Panel("current", "Synaptic currents into the first excitatory neuron", "current (nA)", ("exc", "inh")),
        Panel("potential", "Potential of the first neuron", "u (mV)", ("exc", "inh")),
    )

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        time = quantity("time", "how long it runs", 500.0, "ms", reach=(50.0, 2000.0), step=10.0, most=10_000.0)
        step = Control("dt", "length of a step", 0.5, "ms", kind="choice", choices=STEPS)
        return (
            Group("Run", (time, step, seed())),
            *(Group(title, tuple(_population(name))) for name, title in _POPULATIONS.items()),
            *(Group(f"From {pre} to {post}", _projection(pre, post)) for pre, post in _PROJECTIONS),
        )

    def run(self, values: Values) -> Shown:
        time, dt = float(values["time"]), float(values["dt"])
        steps = steps_on_grid("time", time, dt)
        refuse_too_many(sum(int(values[f"{name}_neurons"]) for name in _POPULATIONS), steps)
        _refuse_too_dense(values)
        net = Network(dt=dt, seed=int(values["seed"]))
        monitors = {}
        for name in _POPULATIONS:
            with of(name):
                given: dict[str, Any] = _arguments(name, values)
                net.add_layer(LIFPopulation(int(values[f"{name}_neurons"]), **given), name)
            monitors[name] = net.add_monitor(Monitor(net.layers[name], ["s"]), name)
        connections = {pair: _connect(net, pair, values) for pair in _PROJECTIONS}
        currents = {pre: Monitor(connections[pre, "exc"], ["current"]) for pre in _POPULATIONS}
        potentials = {name: Monitor(net.layers[name], ["u"], neurons=[0]) for name in _POPULATIONS}
        for what, group in (("current", currents), ("potential", potentials)):
            for name, monitor in group.items():
                net.add_monitor(monitor, f"{what} {name}")
        net.run(time, {name: _noise(name, values) for name in _POPULATIONS}, executor="cpu")
        trains = {name: Trains.of(*m.spikes(), net.layers[name].n) for name, m in monitors.items()}
        curves, notes = raster(trains)
        at = np.arange(steps) * dt
        for name, train in trains.items():
            curves["rate", name] = rate(train, time, _BIN)
            curves["current", name] = _first(at, currents[name].get("current"))
            curves["potential", name] = _first(at, potentials[name].get("u"))
        return Shown(time, trains, measured(trains, time=time, dt=dt), curves, notes)

    def code(self, values: Values) -> str:
        rows = (
            f"    ({pre}, {post}, {', '.join(repr(values[f'{pre}_{post}_{name}']) for name in _NAMES)}),"
            for pre, post in _PROJECTIONS
        )
        return _CODE.format(
            **{n: call("cns.LIFPopulation", str(values[f"{n}_neurons"]), _arguments(n, values)) for n in _POPULATIONS},
            **{
                f"{n}_input": f"mean={values[f'{n}_mean']!r}, intensity={values[f'{n}_intensity']!r}"
                for n in _POPULATIONS
            },
            dt=values["dt"], seed=values["seed"], time=values["time"], projections="\n".join(rows),
        )  # fmt: skip


def _refuse_too_dense(values: Values) -> None:
    """Raise where drawing the synapses would keep the page waiting."""
    synapses = sum(
        float(values[f"{pre}_{post}_probability"]) * int(values[f"{pre}_neurons"]) * int(values[f"{post}_neurons"])
        for pre, post in _PROJECTIONS
    )
    if synapses > MOST_SYNAPSES:
        raise ParameterError(
            "size of the network", got=f"about {synapses:,.0f} synapses",
            expected=f"at most {MOST_SYNAPSES:,}, so that the page stays quick",
            fix="take fewer neurons or lower probabilities, or run the Python code by itself",
        )  # fmt: skip


def _first(at: np.ndarray[Any, Any], recorded: Any) -> Curve:
    return curve(at, recorded.numpy()[:, 0])


_NAMES = ("probability", "weight", "tau", "delay")


def _population(name: str) -> list[Control]:
    """What can be set of a population: how many, what they are, and the noise that drives them."""
    lif, prefix = reference("LIF"), f"{name}_"
    size = _SIZES[name]
    own = [
        _with_default(control, _DEFAULTS.get(control.name.removeprefix(prefix)))
        for control in (*parameters_of(lif, prefix), *starts_of(lif, prefix))
    ]
    return [
        count(f"{prefix}neurons", "number of neurons", size, low=10, high=8 * size, step=10, most=8000),
        *own,
        quantity(f"{prefix}mean", "mean of the input current", 22.0, "nA"),
        quantity(f"{prefix}intensity", "intensity of its white noise", 20.0, "nA*sqrt(ms)", reach=(0.0, 100.0)),
    ]


def _with_default(control: Control, default: float | None) -> Control:
    if default is None:
        return control
    if control.name.endswith("_refractory"):
        return quantity(control.name, control.meaning, default, control.unit, reach=(0.0, 20.0), step=1.0)
    return quantity(control.name, control.meaning, default, control.unit, symbol=control.symbol)


def _projection(pre: str, post: str) -> tuple[Control, ...]:
    prefix, sign = f"{pre}_{post}_", "subtracts from" if pre == "inh" else "adds to"
    time = EXPONENTIAL_CURRENT.parameters["tau_s"]
    return (
        quantity(f"{prefix}probability", "of a synapse between two neurons", 0.1, "1", reach=(0.0, 1.0)),
        quantity(
            f"{prefix}weight", f"what a spike {sign} the current", _WEIGHTS[pre], "nA", reach=(0.0, 4 * _WEIGHTS[pre])
        ),
        quantity(f"{prefix}tau", "time constant of the current", _DECAYS[pre], time, symbol=r"\tau_s"),
        quantity(f"{prefix}delay", "from a spike to its arrival", 1.0, "ms", reach=(0.0, 20.0), step=1.0, most=200.0),
    )


def _arguments(name: str, values: Values) -> dict[str, Value]:
    """Of the population, the same as for the code; the trace is of no use here."""
    known = {*LIFPopulation.dynamics.parameters, *LIFPopulation.dynamics.states, "refractory", "scheme"}
    given = {key.removeprefix(f"{name}_"): value for key, value in values.items() if key.startswith(f"{name}_")}
    return {key: v for key, v in given.items() if key in known} | {"is_inhibitory": name == "inh", "spike_trace": False}


def _connect(net: Network, pair: tuple[str, str], values: Values) -> Connection:
    pre, post = pair
    probability, weight, tau, delay = (values[f"{pre}_{post}_{name}"] for name in _NAMES)
    with of(f"{pre} to {post}"):
        connection = Connection(
            net.layers[pre], net.layers[post], connectivity=FixedProbability(float(probability)),
            synapse=ExponentialCurrent(tau=float(tau)), weight=float(weight), delay=float(delay),
        )  # fmt: skip
        net.add_connection(connection)
    return connection


def _noise(name: str, values: Values) -> WhiteNoise:
    with of(name):
        return WhiteNoise(mean=float(values[f"{name}_mean"]), intensity=float(values[f"{name}_intensity"]))
