"""Experiments on single neurons: sets of parameters under the same current, and the F-I curve of each set.

A set is one neuron. All of them run at once, as one population whose parameters are arrays; for the F-I curves every
set is there once for each current, and under noise once for each trial.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, get_type_hints

import numpy as np

from cnsproject.analysis import first_rates, rates, split_by_neuron, variation
from cnsproject.checks import positive, steps_on_grid, whole
from cnsproject.errors import ParameterError
from cnsproject.experiments.base import (
    Experiment,
    Progress,
    account,
    documented,
    read_text,
    refuse_settings,
    seed_of,
    since_last,
    unknown_parameter,
)
from cnsproject.experiments.neuron_outcome import F64, NeuronOutcome
from cnsproject.network.inputs import Constant, WhiteNoise
from cnsproject.network.inputs.currents import not_negative
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network

Theory = Callable[..., F64]

INPUT = {"I": "nA", "sigma": "nA*sqrt(ms)", "path": ""}
"""What a set may say about its input, with units."""

_INPUT_MEANINGS = {
    "I": "step of current",
    "sigma": "intensity of white noise while it lasts",
    "path": "which path of the noise; sets of one path get the same noise",
}


@dataclass(frozen=True)
class Protocol:
    """What is done with the neurons, the same for all sets.

    dt        length of a step (ms)
    delay     from the start to the step of current (ms)
    duration  how long it lasts (ms); the run goes on for another `delay`
    lowest    of the currents of the F-I curves (nA)
    highest   of the currents of the F-I curves (nA)
    points    how many currents, evenly spaced
    fi_time   how long each of them lasts (ms)
    settle    before which spikes do not count for the rate (ms)
    trials    runs for each point of a curve; more than one makes sense with noise
    """

    dt: float = 0.1
    delay: float = 50.0
    duration: float = 200.0
    lowest: float = 0.0
    highest: float = 5.0
    points: int = 26
    fi_time: float = 1000.0
    settle: float = 200.0
    trials: int = 1

    @property
    def step_time(self) -> float:
        """Length of the run with the step of current (ms)."""
        return 2.0 * self.delay + self.duration

    def check(self) -> None:
        """Raises ParameterError or TimeGridError for what cannot be run."""
        dt = positive("parameter dt", self.dt, "ms")
        for name in ("delay", "duration", "fi_time", "settle"):
            steps_on_grid(f"parameter {name}", not_negative(f"parameter {name}", getattr(self, name), "ms"), dt)
        positive("parameter duration", self.duration, "ms")
        whole("parameter points", self.points, least=2)
        whole("parameter trials", self.trials, least=1)
        for low, high, unit in (("settle", "fi_time", "ms"), ("lowest", "highest", "nA")):
            if getattr(self, low) >= getattr(self, high):
                raise ParameterError(
                    f"parameter {high}", got=f"{getattr(self, high):g}", fix=f"raise {high} or lower {low}",
                    expected=f"more than {low} = {getattr(self, low):g} ({unit})",
                )  # fmt: skip


@dataclass(frozen=True)
class SingleNeuron(Experiment):
    """A named experiment on one kind of neuron.

    neuron    the population
    values    the first set: parameters of the neuron and of its input
    changes   what each of the other sets changes
    protocol  what is done with all of them
    theory    rates (Hz) by theory: a function of the currents (nA), and of the parameters by name
    law       what that theory is called
    """

    neuron: type[ModelPopulation]
    values: Mapping[str, float]
    changes: tuple[Mapping[str, float], ...]
    protocol: Protocol = Protocol()
    theory: Theory | None = None
    law: str = ""

    default_executor = "cpu"

    @property
    def random(self) -> bool:
        return "sigma" in self.values

    @property
    def steps(self) -> int:
        return round(self.protocol.step_time / self.protocol.dt) + round(self.protocol.fi_time / self.protocol.dt)

    @property
    def sets(self) -> list[dict[str, float]]:
        """All parameters of every set."""
        return [{**self.values, **change} for change in ({}, *self.changes)]

    def describe(self, change: Mapping[str, float]) -> str:
        """Parameters with their units, as in "tau = 20 ms"."""
        units = {**self.neuron.dynamics.parameters, **INPUT}
        texts = [f"{name} = {value:g} {_short(units[name])}".strip() for name, value in change.items()]
        return ", ".join(texts)

    @property
    def level(self) -> str:
        """The parameter that a reader takes for the threshold: where the upswing begins, if the model has one."""
        return "theta_rh" if "theta_rh" in self.values else "threshold"

    @property
    def titles(self) -> list[str]:
        """The names of the sets: what they change."""
        return ["first set", *map(self.describe, self.changes)]

    def changed(self, settings: Mapping[str, str]) -> Self:
        """A copy with the named parameters set from text, those of a neuron in the first set and in all sets that do
        not change them; raises UnknownNameError or ParameterError.
        """
        hints = get_type_hints(Protocol)
        values, protocol = dict(self.values), {}
        for name, text in settings.items():
            if name in values:
                values[name] = read_text(name, text, float)
            elif name in hints:
                protocol[name] = read_text(name, text, hints[name])
            else:
                raise unknown_parameter(name, {**values, **hints})
        return dataclasses.replace(self, values=values, protocol=dataclasses.replace(self.protocol, **protocol))

    def settings(self) -> dict[str, Any]:
        return {"sets": self.sets, "protocol": dataclasses.asdict(self.protocol)}

    def meanings(self) -> Mapping[str, str]:
        units = {**self.neuron.dynamics.parameters, **INPUT}
        words = {**self.neuron.dynamics.meanings, **_INPUT_MEANINGS}
        told = {name: f"{words[name]} ({_short(units[name])})".removesuffix(" ()") for name in self.values}
        return documented(Protocol) | told

    def restored(self, settings: Mapping[str, Any]) -> Self:
        try:
            values, *others = settings["sets"]
            protocol = Protocol(**settings["protocol"])
            # A set may change a parameter to what it was; its title says so all the same.
            named = self.changes if len(self.changes) == len(others) else ({},) * len(others)
            changes = tuple(
                {name: value for name, value in one.items() if name in change or value != values[name]}
                for one, change in zip(others, named, strict=True)
            )
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            refuse_settings(self.name, settings, str(error))
        if values.keys() != self.values.keys():
            refuse_settings(self.name, settings, "other names")
        return dataclasses.replace(self, values=values, changes=changes, protocol=protocol)

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> NeuronOutcome:
        """Both runs; see `Experiment.run`."""
        self.protocol.check()
        rng = seed_of(rng) if self.random else rng
        seed = int(np.random.default_rng(rng).integers(2**32))
        chosen = executor or self.default_executor
        step = self._step(seed, chosen, progress)
        curves = self._curves(seed, chosen, progress)
        about = account(self.name, self.settings(), rng=rng, executor=chosen, dt=self.protocol.dt)
        return NeuronOutcome(experiment=self, **step, **curves, provenance=about)

    def _population(self, repeats: int) -> ModelPopulation:
        """Every set so many times in a row."""
        names = self.neuron.dynamics.parameters
        given = {n: np.repeat([one[n] for one in self.sets], repeats) for n in names if n in self.values}
        make: Callable[..., ModelPopulation] = self.neuron
        return make(len(self.sets) * repeats, dt=self.protocol.dt, name="neurons", **given)

    def _step(self, seed: int, executor: str, progress: Progress | None) -> dict[str, Any]:
        """What all sets do under their step of current, by name as in NeuronOutcome."""
        p = self.protocol
        neurons, current = self._population(1), self._current(seed)
        states = list(neurons.dynamics.states)
        monitor = _run(neurons, p.step_time, current, ["s", *states], seed, executor, progress)
        times, which = (values.numpy() for values in monitor.spikes())
        return {
            "current": current,
            "states": {name: monitor.get(name).numpy() for name in states},
            "spikes": split_by_neuron(times, which, neurons.n),
        }

    def _current(self, seed: int) -> F64:
        """The current of every set over time (steps, sets) (nA)."""
        p = self.protocol
        time = np.arange(round(p.step_time / p.dt)) * p.dt
        on = (time > p.delay - 0.5 * p.dt) & (time < p.delay + p.duration - 0.5 * p.dt)
        noise: dict[int, F64] = {}
        columns = []
        for one in self.sets:
            path = whole("parameter path", one.get("path", 0))
            if self.random and path not in noise:
                generator = np.random.default_rng([seed, path])
                noise[path] = WhiteNoise(0.0, 1.0).values(p.step_time, p.dt, 1, rng=generator).numpy()[:, 0]
            columns.append(on * (one["I"] + one["sigma"] * noise[path] if self.random else one["I"]))
        return np.column_stack(columns).astype(np.float64)

    def _curves(self, seed: int, executor: str, progress: Progress | None) -> dict[str, Any]:
        """Rates over currents, with the set's own current as the last one, by name as in NeuronOutcome."""
        p, count = self.protocol, len(self.sets)
        currents = np.linspace(p.lowest, p.highest, p.points)
        own = np.array([np.append(currents, one["I"]) for one in self.sets])
        neurons = self._population(own.shape[1] * p.trials)
        each = np.repeat(own, p.trials)
        sigma = np.repeat([one.get("sigma", 0.0) for one in self.sets], own.shape[1] * p.trials)
        current = WhiteNoise(each, sigma) if self.random else Constant(each)
        monitor = _run(neurons, p.fi_time, current, ["s"], seed, executor, progress)
        times, which = (values.numpy() for values in monitor.spikes())
        late = times >= p.settle
        if self.random:  # spikes over time: one over the mean interval is too high where intervals are rare
            rate = np.bincount(which[late], minlength=neurons.n) / (1e-3 * (p.fi_time - p.settle))
        else:
            rate = rates(times, which, neurons.n, start=p.settle, stop=p.fi_time)
        shape = (count, own.shape[1], p.trials)
        mean = rate.reshape(shape).mean(axis=-1)
        irregular = variation(times[late], which[late], neurons.n).reshape(shape)[:, -1]
        return {
            "currents": currents,
            "rates": mean[:, :-1],
            "own_rates": mean[:, -1],
            "first_rates": first_rates(times, which, neurons.n).reshape(shape).mean(axis=-1),
            "cv": np.array([row[~np.isnan(row)].mean() if (~np.isnan(row)).any() else np.nan for row in irregular]),
            "theory": self._theory(own),
        }

    def _theory(self, currents: F64) -> F64 | None:
        """Rates by theory (Hz) under the currents (sets, points)."""
        if self.theory is None:
            return None
        names = [name for name in self.neuron.dynamics.parameters if name in self.values]
        rows = []
        for one, row in zip(self.sets, currents, strict=True):
            noise = {"sigma": one["sigma"], "dt": self.protocol.dt} if self.random else {}
            rows.append(self.theory(row, **{name: one[name] for name in names}, **noise))
        return np.array(rows)


def _run(
    neurons: ModelPopulation,
    time: float,
    current: object,
    record: list[str],
    seed: int,
    executor: str,
    progress: Progress | None,
) -> Monitor:
    """Run a population for `time` ms; returns what was recorded."""
    assert neurons.dt is not None
    net = Network(dt=neurons.dt, seed=seed)
    net.add_layer(neurons, "neurons")
    monitor = net.add_monitor(Monitor(neurons, record), "neurons")
    net.run(time, {"neurons": current}, executor=executor, progress=since_last(progress))
    return monitor


def _short(unit: str) -> str:
    """A unit as it is printed in a figure."""
    return {"1": "", "MOhm": "MΩ", "nA*sqrt(ms)": "nA√ms"}.get(unit, unit)
