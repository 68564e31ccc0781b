"""`compare`: several neurons under the same input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject import plotting
from cnsproject.analysis import rates, variation
from cnsproject.checks import named_arguments, number, whole
from cnsproject.errors import ArgumentError, ShapeError, TimeGridError
from cnsproject.network.inputs import Generator
from cnsproject.network.parameters import read_array
from cnsproject.studies.batch import F64, Subject, copies, grid, recorded, run, spikes, whole_steps
from cnsproject.studies.result import Result
from cnsproject.studies.step_response import levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Result):
    """Potentials and spikes of several neurons under one input. Everything but the first two is by name.

    times    (steps,) ms: step k is at k*dt
    current  (steps,) nA
    u        (steps,) mV: the membrane
    spikes   (spikes,) ms
    rates    Hz, as `analysis.rates` defines it, over the whole run
    cv       coefficient of variation of the intervals; NaN with less than two of them
    levels   potentials that matter to the model (mV): its threshold, its rest
    dt       length of a step (ms)
    """

    times: F64
    current: F64
    u: Mapping[str, F64]
    spikes: Mapping[str, F64]
    rates: Mapping[str, float]
    cv: Mapping[str, float]
    levels: Mapping[str, Mapping[str, float]]
    dt: float

    def __str__(self) -> str:
        parts = []
        for name, train in self.spikes.items():
            regular = "" if np.isnan(self.cv[name]) else f", CV {self.cv[name]:.2f}"
            parts.append(f"{name} {len(train)} spikes, {self.rates[name]:.4g} Hz{regular}")
        return f"the same input for {len(self.times) * self.dt:g} ms: {'; '.join(parts)}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Spikes of all, the potential of each in a row of its own with dashed threshold and rest, and the current.

        Returns the axes of the first potential. Into an `ax` of yours it draws all potentials together.
        """
        names = list(self.u)
        if ax is not None:
            values = np.column_stack(list(self.u.values()))
            return plotting.traces(values, labels=names, ylabel="potential (mV)", dt=self.dt, ax=ax)
        heights = [0.15 * len(names), *[1.0] * len(names), 0.6]
        figure, (axes,) = plotting.grid(heights, height=1.6 + 1.3 * len(names))
        colors = plotting.colors(len(names))
        # The first of them stands above the first potential.
        plotting.trains(list(self.spikes.values())[::-1], self.times, colors=colors[::-1], ax=axes[0])
        for name, color, row in zip(names, colors, axes[1:], strict=False):
            plotting.traces(
                self.u[name], labels=[name], colors=[color], ylabel="u (mV)", levels=self.levels[name], dt=self.dt,
                ax=row,
            )  # fmt: skip
            row.set_title(name, fontsize="small", loc="left", color=color, pad=2.0)
        plotting.traces(self.current, colors=["black"], ylabel="I (nA)", dt=self.dt, ax=axes[-1])
        plotting.finish(figure, [axes])
        return axes[1]

    def columns(self) -> Mapping[str, F64]:
        """Current and potentials over time."""
        potentials = {f"u of {name} (mV)": values for name, values in self.u.items()}
        return {"time (ms)": self.times, "current (nA)": self.current, **potentials}


@named_arguments
def compare(
    populations: Mapping[str, Subject],
    input: float | npt.ArrayLike | Tensor | Generator,
    time: float,
    *,
    dt: float | None = None,
    seed: int = 1,
) -> Comparison:
    """Several neurons under exactly the same input, noise included.

    populations  name: neurons that are alike, or one neuron, as in {"LIF": cns.LIFPopulation(1), ...}; they are copied
                 and stay as they are
    input        a number (nA), an array (steps,), or a generator such as cns.WhiteNoise(1.5, 2.0)
    time         ms
    dt           length of a step (ms), when not the one that all populations have
    seed         of the noise in the input

    Raises ArgumentError for anything but named populations, TimeGridError when their dt differ.
    """
    if not isinstance(populations, Mapping) or not populations:
        raise ArgumentError(
            "compare(populations)", got=repr(populations), expected="named populations",
            fix="write {'LIF': cns.LIFPopulation(1), 'ELIF': cns.ELIFPopulation(1)}",
        )  # fmt: skip
    chosen = {str(name): copies("compare", population, 1, dt) for name, population in populations.items()}
    steps = {name: float(replica.dt or 0.0) for name, replica in chosen.items()}
    if len(set(steps.values())) > 1:
        raise TimeGridError(
            "compare(populations)", got=", ".join(f"dt={step:g} ms for {name}" for name, step in steps.items()),
            expected="one dt", fix="give it here: compare(..., dt=0.1)",
        )  # fmt: skip
    step = next(iter(steps.values()))
    current = _series(input, time, whole_steps("compare(time)", time, step), step, seed)
    u, trains, rate, cv = {}, {}, {}, {}
    for name, replica in chosen.items():
        membrane = replica.dynamics.membrane
        monitor = run(replica, time, current, ["s", membrane])
        times, which = spikes(monitor)
        u[name], trains[name] = recorded(monitor, membrane)[:, 0], times
        rate[name] = float(rates(times, which, 1, start=0.0, stop=float(time))[0])
        cv[name] = float(variation(times, which, 1)[0])
    return Comparison(
        times=grid(len(current), step), current=current, u=u, spikes=trains, rates=rate, cv=cv,
        levels={name: levels(replica) for name, replica in chosen.items()}, dt=step,
    )  # fmt: skip


def _series(given: object, time: float, steps: int, dt: float, seed: int) -> F64:
    """The input as one number per step (nA)."""
    if isinstance(given, Generator):
        values = given.values(time, dt, 1, rng=whole("compare(seed)", seed)).numpy()
        return np.asarray(values, np.float64).reshape(steps)
    if isinstance(given, list | tuple | np.ndarray | Tensor) and np.shape(given):
        array = np.asarray(given.detach().cpu() if isinstance(given, Tensor) else given)
        if array.shape not in ((steps,), (steps, 1)):
            raise ShapeError(
                "compare(input)", got=f"shape {array.shape}", expected=f"a number, or one per step: ({steps},)",
                fix="give one current for all neurons, as long as the run",
            )  # fmt: skip
        return read_array("compare(input)", array.reshape(steps), (steps,))
    return np.full(steps, number("compare(input)", given, "nA"))
