"""`spike_triggered_average`: what the input looked like before a spike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cnsproject import plotting
from cnsproject.analysis import triggered_average
from cnsproject.checks import named_arguments, number, positive, whole
from cnsproject.errors import ParameterError
from cnsproject.network.inputs import WhiteNoise
from cnsproject.studies.account import accounted, of_run
from cnsproject.studies.batch import F64, Subject, copies, grid, input_of, run, spikes, whole_steps
from cnsproject.studies.result import Quantity, Result, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class SpikeTriggeredAverage(Result):
    """Mean current in the time before a spike.

    name      of the neuron
    input     what drives it, with its unit: nA, unless its equations say otherwise
    lags      (window,) ms: the time to the step of the spike, from -window + dt to 0
    current   (window,) of the input
    error     (window,): standard error of the mean
    mean      of the noise
    sigma     its intensity (nA*sqrt(ms))
    spikes    how many were averaged
    rate      of the neuron (Hz)
    dt        length of a step (ms)
    """

    name: str
    input: Quantity
    lags: F64
    current: F64
    error: F64
    mean: float
    sigma: float
    spikes: int
    rate: float
    dt: float

    def __str__(self) -> str:
        top = int(self.current.argmax())
        return (
            f"spike-triggered average of {self.name}: {self.spikes} spikes at {self.rate:.4g} Hz, "
            f"largest {abs(self.lags[top]):g} ms before the spike with {self.input.of(self.current[top], '.4g')} "
            f"(mean {self.input.of(self.mean)})"
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The average in a band of two standard errors, the mean of the noise dashed; returns the axes."""
        alone = ax is None
        ax = plotting.average(
            self.lags, self.current, self.error, xlabel="time to the spike (ms)", ylabel=f"mean {self.input.title}",
            levels={"mean of the noise": self.mean}, label=f"{self.name}, {self.spikes} spikes", ax=ax,
        )  # fmt: skip
        return plotting.legend(ax) if alone else ax

    def columns(self) -> Mapping[str, F64]:
        """The average over lags."""
        return {
            "time to the spike (ms)": self.lags, self.input.title: self.current,
            with_unit("standard error", self.input.unit): self.error,
        }  # fmt: skip


@named_arguments
@accounted
def spike_triggered_average(
    population: Subject,
    sigma: float,
    time: float = 2000.0,
    window: float = 100.0,
    *,
    mean: float = 0.0,
    neurons: int = 100,
    seed: int = 1,
    dt: float | None = None,
    threads: int = 1,
) -> SpikeTriggeredAverage:
    """The mean current in the `window` ms before a spike, of a neuron under Gaussian white noise.

    population  neurons that are alike, or one neuron: `population[3]`; it is copied and stays as it is
    sigma       intensity of the noise (nA*sqrt(ms)): a step of dt has the standard deviation sigma/sqrt(dt)
    time        how long every copy runs (ms)
    window      how far back the average reaches (ms)
    mean        of the noise (nA)
    neurons     how many copies run at once, each with noise of its own
    seed        of the noise, and of that in the equations where there is some
    dt          length of a step (ms), when not that of the population
    threads     how many threads the run uses; the result is the same for any number

    Spikes in the first `window` ms do not count. Raises ParameterError when there are less than two after it.

    de Boer & Kuyper 1968, IEEE Trans. Biomed. Eng. 15:169; Dayan & Abbott 2001, Theoretical Neuroscience, ch. 1.3.
    """
    size = positive("spike_triggered_average(sigma)", sigma, "nA*sqrt(ms)")
    centre = number("spike_triggered_average(mean)", mean, "nA")
    count = whole("spike_triggered_average(neurons)", neurons, least=1)
    replicas = copies("spike_triggered_average", population, count, dt)
    assert replicas.dt is not None
    whole_steps("spike_triggered_average(time)", time, replicas.dt)
    width = whole_steps("spike_triggered_average(window)", window, replicas.dt)
    draw = whole("spike_triggered_average(seed)", seed)
    noise = WhiteNoise(centre, size).values(time, replicas.dt, count, rng=draw, dtype=replicas.dtype)
    monitor = run(replicas, time, noise, ["s"], threads=threads, seed=draw)
    times, which = spikes(monitor)
    steps = np.rint(times / replicas.dt).astype(np.int64)
    late = steps >= width - 1
    if late.sum() < 2:
        raise ParameterError(
            "spike_triggered_average(sigma, mean)",
            got=f"spikes after the first {window:g} ms: {late.sum()}",
            expected="two at least, better hundreds", fix="raise sigma or mean, or run for longer",
        )  # fmt: skip
    current, error = triggered_average(noise.numpy(), steps[late], which[late], width)
    return SpikeTriggeredAverage(
        name=str(replicas.name), input=input_of(replicas), lags=grid(1, replicas.dt, 1 - width), current=current,
        error=error, mean=centre, sigma=size, spikes=int(late.sum()), rate=1e3 * len(times) / (time * count),
        dt=replicas.dt, provenance=of_run(monitor),
    )  # fmt: skip
