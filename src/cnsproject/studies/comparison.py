"""`compare`: several neurons under the same input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject import plotting
from cnsproject.analysis import rates, variation
from cnsproject.checks import named_arguments, number, whole
from cnsproject.errors import ArgumentError, ShapeError, TimeGridError
from cnsproject.network.inputs import Generator
from cnsproject.network.model_population import ModelPopulation
from cnsproject.studies.account import accounted, of_run
from cnsproject.studies.batch import (
    F64,
    Subject,
    copies,
    grid,
    input_of,
    levels,
    membrane_of,
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
class Comparison(Result):
    """Potentials and spikes of several neurons under one input. What is there for each of them is by its name.

    times    (steps,) ms: step k is at k*dt
    current  (steps,) of the input
    u        (steps,): the membrane
    spikes   (spikes,) ms
    rates    Hz, as `analysis.rates` defines it, over the whole run
    cv       coefficient of variation of the intervals; NaN with less than two of them
    levels   values of the membrane that matter to the model: its threshold, its rest
    dt       length of a step (ms)
    input    what drives all of them, with its unit: nA, unless their equations say otherwise
    membranes  name and unit of the membrane
    """

    times: F64
    current: F64
    u: Mapping[str, F64]
    spikes: Mapping[str, F64]
    rates: Mapping[str, float]
    cv: Mapping[str, float]
    levels: Mapping[str, Mapping[str, float]]
    dt: float
    input: Quantity
    membranes: Mapping[str, Quantity]

    def __str__(self) -> str:
        parts = []
        for name, train in self.spikes.items():
            regular = "" if np.isnan(self.cv[name]) else f", CV {self.cv[name]:.2f}"
            spike = "spike" if len(train) == 1 else "spikes"
            parts.append(f"{name} {len(train)} {spike}, {self.rates[name]:.4g} Hz{regular}")
        return f"the same input for {len(self.times) * self.dt:g} ms: {'; '.join(parts)}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Spikes of all, the potential of each in a row of its own with dashed threshold and rest, and the current.

        Returns the axes of the first potential. Into an `ax` of yours it draws all potentials together.
        """
        names = list(self.u)
        if ax is not None:
            values, titles = np.column_stack(list(self.u.values())), {m.title for m in self.membranes.values()}
            ylabel = titles.pop() if len(titles) == 1 else "membrane"
            return plotting.traces(values, labels=names, ylabel=ylabel, dt=self.dt, ax=ax)
        heights = [0.15 * len(names), *[1.0] * len(names), 0.6]
        figure, (axes,) = plotting.grid(heights, height=1.6 + 1.3 * len(names))
        colors = plotting.colors(len(names))
        # The first of them stands above the first potential.
        plotting.trains(list(self.spikes.values())[::-1], self.times, colors=colors[::-1], ax=axes[0])
        for name, color, row in zip(names, colors, axes[1:], strict=False):
            plotting.traces(
                self.u[name], colors=[color], ylabel=self.membranes[name].label, levels=self.levels[name], dt=self.dt,
                ax=row,
            )  # fmt: skip
            row.set_title(name, fontsize="small", loc="left", color=color, pad=2.0)
        plotting.traces(self.current, colors=["black"], ylabel=self.input.label, dt=self.dt, ax=axes[-1])
        most = max(range(len(names)), key=lambda k: len(self.levels[names[k]]))
        plotting.finish(figure, [axes], names_of=axes[1 + most])
        return axes[1]

    def columns(self) -> Mapping[str, F64]:
        """Current and potentials over time."""
        units = {name: membrane.unit for name, membrane in self.membranes.items()}
        potentials = {
            with_unit(f"{self.membranes[name].name} of {name}", units[name]): values for name, values in self.u.items()
        }
        return {"time (ms)": self.times, self.input.title: self.current, **potentials}


@named_arguments
@accounted
def compare(
    populations: Mapping[str, Subject] | Sequence[Subject],
    input: float | npt.ArrayLike | Tensor | Generator,
    time: float,
    *,
    dt: float | None = None,
    seed: int = 1,
) -> Comparison:
    """Several neurons under exactly the same input, noise included.

    populations  name: neurons that are alike, or one neuron, as in {"LIF": cns.LIFPopulation(1), ...}, or a list of
                 them, called by their own names or their models; they are copied and stay as they are
    input        a number (nA), an array (steps,), or a generator such as cns.WhiteNoise(1.5, 2.0)
    time         ms
    dt           length of a step (ms), when not the one that all populations have
    seed         of the noise in the input, and of that in equations where there is some

    Raises ArgumentError for anything else, for two of one name, or inputs in several units, TimeGridError when their
    dt differ.
    """
    chosen = _named(populations, dt)
    steps = {name: float(replica.dt or 0.0) for name, replica in chosen.items()}
    if len(set(steps.values())) > 1:
        raise TimeGridError(
            "compare(populations)", got=", ".join(f"dt={step:g} ms for {name}" for name, step in steps.items()),
            expected="one dt", fix="give it here: compare(..., dt=0.1)",
        )  # fmt: skip
    drives = {name: input_of(replica) for name, replica in chosen.items()}
    if len({drive.unit for drive in drives.values()}) > 1:
        raise ArgumentError(
            "compare(populations)", got=", ".join(f"{drive.label} for {name}" for name, drive in drives.items()),
            expected="inputs in one unit", fix="write the equations for the same input",
        )  # fmt: skip
    step, draw = next(iter(steps.values())), whole("compare(seed)", seed)
    current = _series(input, time, whole_steps("compare(time)", time, step), step, draw)
    u, trains, rate, cv = {}, {}, {}, {}
    for name, replica in chosen.items():
        membrane = replica.dynamics.membrane
        monitor = run(replica, time, current, ["s", membrane], seed=draw)
        times, which = spikes(monitor)
        u[name], trains[name] = recorded(monitor, membrane)[:, 0], times
        rate[name] = float(rates(times, which, 1, start=0.0, stop=float(time))[0])
        cv[name] = float(variation(times, which, 1)[0])
    return Comparison(
        times=grid(len(current), step), current=current, u=u, spikes=trains, rates=rate, cv=cv,
        levels={name: levels(replica) for name, replica in chosen.items()}, dt=step,
        input=next(iter(drives.values())), membranes={name: membrane_of(r) for name, r in chosen.items()},
        provenance=of_run(monitor),
    )  # fmt: skip


def _named(populations: object, dt: float | None) -> dict[str, ModelPopulation]:
    """A copy of a neuron of each population, by name."""
    if not isinstance(populations, Mapping | list | tuple) or not populations:
        raise ArgumentError(
            "compare(populations)", got=repr(populations), expected="named populations, or a list of them",
            fix="write {'LIF': cns.LIFPopulation(1), 'ELIF': cns.ELIFPopulation(1)}",
        )  # fmt: skip
    if isinstance(populations, Mapping):
        return {str(name): copies("compare", population, 1, dt) for name, population in populations.items()}
    replicas = [copies("compare", population, 1, dt) for population in populations]
    chosen = {str(replica.name): replica for replica in replicas}
    if len(chosen) < len(replicas):
        raise ArgumentError(
            "compare(populations)", got=", ".join(str(replica.name) for replica in replicas),
            expected="a name of its own for each", fix="write {'fast': ..., 'slow': ...}, or give them name=",
        )  # fmt: skip
    return chosen


def _series(given: object, time: float, steps: int, dt: float, seed: int) -> F64:
    """The input as one number per step."""
    if isinstance(given, Generator):
        return np.asarray(given.values(time, dt, 1, rng=seed, dtype=torch.float64).numpy()).reshape(steps)
    if isinstance(given, np.ndarray | Tensor) and given.shape == (steps, 1):
        given = given[:, 0]
    if isinstance(given, list | tuple) or (isinstance(given, np.ndarray | Tensor) and given.ndim):
        array = series("compare(input)", given, "nA")
        if len(array) != steps:
            raise ShapeError(
                "compare(input)", got=f"{len(array)} numbers", expected=f"a number, or one per step: ({steps},)",
                fix="give one current for all neurons, as long as the run",
            )  # fmt: skip
        return array
    return np.full(steps, number("compare(input)", given, "nA"))
