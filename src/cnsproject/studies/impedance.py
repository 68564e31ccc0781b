"""`impedance`: how a neuron below its threshold follows sine currents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject import plotting
from cnsproject.analysis import amplitudes, lif_impedance
from cnsproject.checks import named_arguments, number, positive
from cnsproject.dynamics.neurons import LIF
from cnsproject.errors import ParameterError
from cnsproject.network.inputs import Sine
from cnsproject.studies.account import accounted, of_run
from cnsproject.studies.batch import (
    F64,
    Subject,
    copies,
    first_step,
    grid,
    input_of,
    membrane_of,
    recorded,
    run,
    series,
    spikes,
    whole_steps,
)
from cnsproject.studies.result import Quantity, Result, amount, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

C128 = npt.NDArray[np.complex128]


@dataclass(frozen=True, eq=False, repr=False)
class Impedance(Result):
    """Amplitude of the potential over amplitude of the current, and phase of the potential, over frequency.

    name         of the neuron
    input        what drives it, with its unit: nA, unless its equations say otherwise
    unit         of the impedance: MOhm, which is mV/nA, unless the equations say otherwise
    frequencies  (n,) Hz
    values       (n,) complex
    closed_form  (n,) MOhm, complex: in continuous time, where there is a formula (LIF); else None
    offset       mean of the current, and `amplitude` of its sines
    dt           length of a step (ms)
    """

    name: str
    input: Quantity
    unit: str
    frequencies: F64
    values: C128
    closed_form: C128 | None
    offset: float
    amplitude: float
    dt: float

    @property
    def magnitude(self) -> F64:
        """(n,) in the unit of the impedance."""
        return np.abs(self.values)

    @property
    def phase(self) -> F64:
        """(n,) degrees: negative where the potential lags behind the current."""
        return np.angle(self.values, deg=True)

    @property
    def resonance(self) -> float:
        """The frequency with the largest magnitude (Hz)."""
        return float(self.frequencies[self.magnitude.argmax()])

    def __str__(self) -> str:
        peak = f"largest at {self.resonance:g} Hz with {amount(self.magnitude.max(), self.unit, '.4g')}"
        ends = f"{self.frequencies[0]:g} to {self.frequencies[-1]:g} Hz"
        return f"impedance of {self.name}, {ends} around {self.input.of(self.offset)}: {peak} (dt {self.dt:g} ms)"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Magnitude above phase, the closed form broadly behind them; returns the axes of the magnitude.

        Into an `ax` of yours it draws the magnitude alone.
        """
        magnitude = with_unit("magnitude", self.unit)
        if ax is not None:
            return self._draw(np.abs, magnitude, ax)
        figure, (axes,) = plotting.grid([1.0, 1.0])
        self._draw(np.abs, magnitude, axes[0])
        self._draw(lambda z: np.angle(z, deg=True), "phase (degrees)", axes[1])
        plotting.finish(figure, [axes], names_of=axes[0])
        return axes[0]

    def _draw(self, part: Callable[[C128], F64], ylabel: str, ax: Axes) -> Axes:
        ax = plotting.spectrum(self.frequencies, part(self.values), ylabel=ylabel, label=self.name, ax=ax)
        if self.closed_form is not None:
            plotting.reference(self.frequencies, part(self.closed_form), label="closed form", ax=ax)
        return ax

    def columns(self) -> Mapping[str, F64]:
        """Frequencies, magnitude, phase."""
        return {
            "frequency (Hz)": self.frequencies,
            with_unit("magnitude", self.unit): self.magnitude,
            "phase (degrees)": self.phase,
        }


@named_arguments
@accounted
def impedance(
    population: Subject,
    frequencies: npt.ArrayLike | Tensor,
    *,
    offset: float = 0.0,
    amplitude: float,
    time: float = 2000.0,
    settle: float = 1000.0,
    dt: float | None = None,
    seed: int = 1,
    threads: int = 1,
) -> Impedance:
    """The impedance Z(f) = (amplitude of u)/(amplitude of I)*exp(i*phase): a sine current for each frequency, at once.

    population  neurons that are alike, or one neuron: `population[3]`; it is copied and stays as it is
    frequencies ascending, above 0 (Hz)
    offset      constant part of the current (nA)
    amplitude   of the sine (nA): small, so that the response is a sine too
    time        length of the run (ms)
    settle      when the potential is measured from (ms); what follows must hold one period of the lowest frequency
    dt          length of a step (ms), when not that of the population
    seed        of the noise in the equations, where there is some
    threads     how many threads the run uses; the result is the same for any number

    Frequencies are below half of the steps per second, 500/dt Hz. Raises ParameterError when the neuron fires.
    """
    given = series("impedance(frequencies)", frequencies, "Hz", ascending=True)
    positive("impedance(frequencies)", given[0], "Hz")
    size, mean = positive("impedance(amplitude)", amplitude, "nA"), number("impedance(offset)", offset, "nA")
    replicas = copies("impedance", population, len(given), dt)
    assert replicas.dt is not None
    steps = whole_steps("impedance(time)", time, replicas.dt)
    first = first_step("impedance(settle)", settle, replicas.dt)
    if time - settle < 1e3 / given[0]:
        raise ParameterError(
            "impedance(time)", got=f"{time - settle:g} ms after settle",
            expected=f"one period of {given[0]:g} Hz, {1e3 / given[0]:g} ms",
            fix=f"use time={settle + 1e3 / given[0]:.0f} or more",
        )  # fmt: skip
    _below_half_the_rate(given, replicas.dt)
    drive, membrane = input_of(replicas), membrane_of(replicas)
    monitor = run(replicas, time, Sine(size, given, offset=mean), ["s", membrane.name], threads=threads, seed=seed)
    fired = spikes(monitor)[1]
    if len(fired):
        raise ParameterError(
            "impedance(offset, amplitude)", got=f"a spike at {given[fired.min()]:g} Hz",
            expected="a neuron that stays below its threshold", fix="lower offset or amplitude",
        )  # fmt: skip
    # The current of a step is held, so it has the phase of its middle; the potential is that at its end.
    times = grid(steps, replicas.dt, first) + 0.5 * replicas.dt
    closed = None
    if replicas.dynamics.text == LIF.text:
        closed = lif_impedance(given, tau=replicas.tau, R=replicas.R)
    return Impedance(
        name=str(replicas.name), input=drive, unit=_ratio(membrane.unit, drive.unit), frequencies=given,
        values=amplitudes(recorded(monitor, membrane.name)[first:], times, given) / size,
        closed_form=closed, offset=mean, amplitude=size, dt=replicas.dt, provenance=of_run(monitor),
    )  # fmt: skip


def _ratio(above: str, below: str) -> str:
    """The unit of a quotient."""
    if (above, below) == ("mV", "nA"):
        return "MOhm"
    return above if below == "1" else f"{above}/({below})" if "/" in below or "*" in below else f"{above}/{below}"


def _below_half_the_rate(frequencies: F64, dt: float) -> None:
    highest = 500.0 / dt
    if frequencies[-1] >= highest:
        raise ParameterError(
            "impedance(frequencies)", got=f"{frequencies[-1]:g} Hz with dt={dt:g} ms",
            expected=f"frequencies below {highest:g} Hz, two steps per period", fix="use a smaller dt",
        )  # fmt: skip
