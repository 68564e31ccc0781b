"""`step_response`: what a neuron does when a current of some strength is switched on and off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject import plotting
from cnsproject.analysis import split_by_neuron
from cnsproject.checks import named_arguments, number
from cnsproject.errors import ParameterError
from cnsproject.network.inputs import StepCurrent
from cnsproject.network.model_population import ModelPopulation
from cnsproject.studies.batch import F64, Subject, copies, grid, recorded, run, series, spikes, whole_steps
from cnsproject.studies.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class StepResponse(Result):
    """States of a neuron over time, for several strengths of a step of current.

    name        of the neuron
    amplitudes  (n,) of the step (nA)
    times       (steps,) ms: step k is at k*dt
    traces      name of a state: (steps, n)
    units       name of a state: its unit
    current     (steps, n) nA
    spikes      for each amplitude the times of its spikes (ms)
    membrane    which of the states is the potential
    levels      potentials that matter to the model, by name (mV): its threshold, its rest
    dt          length of a step (ms)
    """

    name: str
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
        counts = ", ".join(f"{len(s)} at {a:g} nA" for a, s in zip(self.amplitudes, self.spikes, strict=True))
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
            label = f"{name} ({self.units[name]})" if self.units[name] != "1" else name
            plotting.traces(self.traces[name], ylabel=label, dt=self.dt, ordered=True, ax=ax)
        plotting.traces(self.current, ylabel="I (nA)", dt=self.dt, ordered=True, ax=current)

    def _potential(self, ax: Axes) -> Axes:
        names = [f"{a:g} nA" for a in self.amplitudes]
        return plotting.traces(
            self.traces[self.membrane], labels=names, ylabel=f"{self.membrane} ({self.units[self.membrane]})",
            levels=self.levels, dt=self.dt, ordered=True, ax=ax,
        )  # fmt: skip

    def columns(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """One row per amplitude and time: amplitude, time, current, states."""
        steps, n = self.current.shape
        columns = {
            "amplitude (nA)": np.repeat(self.amplitudes, steps),
            "time (ms)": np.tile(self.times, n),
            "current (nA)": self.current.T.reshape(-1),
        }
        return columns | {f"{name} ({self.units[name]})": values.T.reshape(-1) for name, values in self.traces.items()}


@named_arguments
def step_response(
    population: Subject,
    amplitudes: npt.ArrayLike | Tensor,
    delay: float = 100.0,
    duration: float = 500.0,
    time: float | None = None,
    *,
    record: Sequence[str] | None = None,
    dt: float | None = None,
) -> StepResponse:
    """The response of a neuron to a step of current, for several amplitudes at once.

    population  neurons that are alike, or one neuron: `population[3]`; it is copied and stays as it is
    amplitudes  ascending (nA)
    delay       when the step begins (ms)
    duration    how long it lasts (ms)
    time        length of the run (ms); None for the step and `delay` before and after it
    record      names of states; None for all of the model. The membrane is always among them
    dt          length of a step of the simulation (ms), when not that of the population

    Raises TimeGridError for times off the grid, UnknownNameError for a state that the model does not have.
    """
    given = series("step_response(amplitudes)", amplitudes, "nA", ascending=True)
    replicas = copies("step_response", population, len(given), dt)
    assert replicas.dt is not None
    first = number("step_response(delay)", delay, "ms")
    whole_steps("step_response(duration)", duration, replicas.dt)
    end = 2.0 * first + duration if time is None else float(time)
    whole_steps("step_response(time)", end, replicas.dt)
    if end < first + duration:
        raise ParameterError(
            "step_response(time)", got=f"{end:g} ms", expected=f"at least delay + duration = {first + duration:g} ms",
            fix="run for longer, or leave time out",
        )  # fmt: skip
    membrane, dynamics = replicas.dynamics.membrane, replicas.dynamics
    names = list(dict.fromkeys([membrane, *(dynamics.states if record is None else record)]))
    step = StepCurrent([first, first + duration], np.stack([given, np.zeros(len(given))]))
    monitor = run(replicas, end, step, ["s", *names])
    times, which = spikes(monitor)
    traces = {name: recorded(monitor, name) for name in names}
    return StepResponse(
        name=str(replicas.name),
        amplitudes=given,
        times=grid(len(monitor), replicas.dt),
        traces=traces,
        units={name: dynamics.states.get(name, "1") for name in names},
        current=step.values(end, replicas.dt, len(given)).numpy().reshape(-1, len(given)).astype(np.float64),
        spikes=split_by_neuron(times, which, len(given)),
        membrane=membrane,
        levels=levels(replicas),
        dt=replicas.dt,
    )


def levels(replicas: ModelPopulation) -> dict[str, float]:
    """Threshold and rest of a model, where it has parameters of these names (mV)."""
    known = {"threshold": "threshold", "rest": "u_rest"}
    return {
        word: float(getattr(replicas, name)) for word, name in known.items() if name in replicas.dynamics.parameters
    }
