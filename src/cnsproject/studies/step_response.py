"""`step_response`: what a neuron does when a current of some strength is switched on and off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject import plotting
from cnsproject.analysis import split_by_neuron
from cnsproject.checks import named_arguments
from cnsproject.errors import ArgumentError, ParameterError, UnknownNameError, nearest
from cnsproject.network.inputs import StepCurrent
from cnsproject.network.model_population import ModelPopulation
from cnsproject.studies.account import accounted, of_run
from cnsproject.studies.batch import (
    F64,
    Subject,
    copies,
    first_step,
    grid,
    input_of,
    levels,
    recorded,
    run,
    series,
    spikes,
    whole_steps,
)
from cnsproject.studies.result import Quantity, Result, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class StepResponse(Result):
    """States of a neuron over time, for several strengths of a step of current.

    name        of the neuron
    input       what drives it, with its unit: nA, unless its equations say otherwise
    amplitudes  (n,) of the step
    times       (steps,) ms: step k is at k*dt
    traces      name of a state: (steps, n)
    units       name of a state: its unit
    current     (steps, n) of the input
    spikes      for each amplitude the times of its spikes (ms)
    membrane    which of the states is the potential
    levels      values of the membrane that matter to the model, by name: its threshold, its rest
    dt          length of a step (ms)
    """

    name: str
    input: Quantity
    amplitudes: F64
    times: F64
    traces: Mapping[str, F64]
    units: Mapping[str, str]
    current: F64
    spikes: tuple[F64, ...]
    membrane: str
    levels: Mapping[str, float]
    dt: float

    def __str__(self) -> str:
        counts = ", ".join(f"{len(s)} at {self.input.of(a)}" for a, s in zip(self.amplitudes, self.spikes, strict=True))
        return f"step response of {self.name} over {len(self.times) * self.dt:g} ms, spikes: {counts}"

    @property
    def _others(self) -> list[str]:
        return [name for name in self.traces if name != self.membrane]

    def plot(self, ax: Axes | None = None) -> Axes:
        """The potential, with dashed threshold and rest, above other states and the current; returns the axes of the
        potential. Into an `ax` of yours it draws the potential alone.
        """
        if ax is not None:
            return self._potential(ax)
        heights = [0.12 * len(self.amplitudes), 2.0, *[1.0] * len(self._others), 0.7]
        figure, (axes,) = plotting.grid(heights)
        self.draw(axes)
        plotting.finish(figure, [axes], names_of=axes[1])
        return axes[1]

    def draw(self, axes: Sequence[Axes]) -> None:
        """Draw into rows of yours, from the top: spikes, potential, other states, current."""
        spikes, potential, *others, current = axes
        plotting.trains(self.spikes, self.times, ax=spikes)
        self._potential(potential)
        for name, ax in zip(self._others, others, strict=True):
            label = with_unit(name, self.units[name])
            plotting.traces(self.traces[name], ylabel=label, dt=self.dt, ordered=True, ax=ax)
        plotting.traces(self.current, ylabel=self.input.label, dt=self.dt, ordered=True, ax=current)

    def _potential(self, ax: Axes) -> Axes:
        names = [self.input.of(a) for a in self.amplitudes]
        return plotting.traces(
            self.traces[self.membrane], labels=names, ylabel=with_unit(self.membrane, self.units[self.membrane]),
            levels=self.levels, dt=self.dt, ordered=True, ax=ax,
        )  # fmt: skip

    def columns(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """One row per amplitude and time: amplitude, time, current, states."""
        steps, n = self.current.shape
        columns = {
            with_unit("amplitude", self.input.unit): np.repeat(self.amplitudes, steps),
            "time (ms)": np.tile(self.times, n),
            self.input.title: self.current.T.reshape(-1),
        }
        return columns | {
            with_unit(name, self.units[name]): values.T.reshape(-1) for name, values in self.traces.items()
        }


@named_arguments
@accounted
def step_response(
    population: Subject,
    amplitudes: npt.ArrayLike | Tensor,
    delay: float = 100.0,
    duration: float = 500.0,
    time: float | None = None,
    *,
    record: Sequence[str] | None = None,
    dt: float | None = None,
    seed: int = 1,
) -> StepResponse:
    """The response of a neuron to a step of current, for several amplitudes at once.

    population  neurons that are alike, or one neuron: `population[3]`; it is copied and stays as it is
    amplitudes  ascending (nA)
    delay       when the step begins (ms)
    duration    how long it lasts (ms)
    time        length of the run (ms); None for the step and `delay` before and after it
    record      names of states; None for all of the model. The membrane is always among them
    dt          length of a step of the simulation (ms), when not that of the population
    seed        of the noise in the equations, where there is some

    Raises TimeGridError for times off the grid, UnknownNameError for a state that the model does not have.
    """
    given = series("step_response(amplitudes)", amplitudes, "nA", ascending=True)
    replicas = copies("step_response", population, len(given), dt)
    assert replicas.dt is not None
    begin, stop, end = _times(delay, duration, time, replicas.dt)
    dynamics, membrane = replicas.dynamics, replicas.dynamics.membrane
    names = _names(replicas, record)
    step = StepCurrent([begin, stop], np.stack([given, np.zeros(len(given))]))
    monitor = run(replicas, end, step, ["s", *names], seed=seed)
    times, which = spikes(monitor)
    traces = {name: recorded(monitor, name) for name in names}
    return StepResponse(
        name=str(replicas.name),
        input=input_of(replicas),
        amplitudes=given,
        times=grid(len(monitor), replicas.dt),
        traces=traces,
        units={name: dynamics.states[name] for name in names},
        current=step.values(end, replicas.dt, len(given), dtype=torch.float64).numpy().reshape(-1, len(given)),
        spikes=split_by_neuron(times, which, len(given)),
        membrane=membrane,
        levels=levels(replicas),
        dt=replicas.dt,
        provenance=of_run(monitor),
    )


def _times(delay: float, duration: float, time: float | None, dt: float) -> tuple[float, float, float]:
    """When the step begins and ends, and the run (ms), each a whole number of steps."""
    begin = first_step("step_response(delay)", delay, dt) * dt
    stop = begin + whole_steps("step_response(duration)", duration, dt) * dt
    end = stop + begin if time is None else whole_steps("step_response(time)", time, dt) * dt
    if end < stop - 0.5 * dt:
        raise ParameterError(
            "step_response(time)", got=f"{end:g} ms", expected=f"at least delay + duration = {stop:g} ms",
            fix="run for longer, or leave time out",
        )  # fmt: skip
    return begin, stop, end


def _names(replicas: ModelPopulation, record: Sequence[str] | None) -> list[str]:
    """What is recorded, by the names of the model, its membrane first."""
    if isinstance(record, str):
        raise ArgumentError(
            "step_response(record)", got=repr(record), expected="a list of names", fix=f"write [{record!r}]"
        )
    dynamics = replicas.dynamics
    wanted = dynamics.states if record is None else [replicas.aliases.get(name, name) for name in record]
    unknown = [name for name in wanted if name not in dynamics.states]
    if unknown:
        raise UnknownNameError(
            "step_response(record)", got=repr(unknown[0]), expected="states: " + ", ".join(dynamics.states),
            fix=nearest(str(unknown[0]), dynamics.states),
        )  # fmt: skip
    return list(dict.fromkeys([dynamics.membrane, *wanted]))
