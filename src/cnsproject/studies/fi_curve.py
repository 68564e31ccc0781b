"""`fi_curve`: how fast a neuron fires under constant currents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject import plotting
from cnsproject.analysis import first_rates, lif_rate, rates
from cnsproject.checks import named_arguments, number
from cnsproject.dynamics.neurons import LIF
from cnsproject.errors import ParameterError
from cnsproject.network.inputs import Constant
from cnsproject.network.model_population import ModelPopulation
from cnsproject.studies.account import accounted, of_run
from cnsproject.studies.batch import F64, Subject, copies, input_of, run, series, spikes, whole_steps
from cnsproject.studies.result import Quantity, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class FICurve(Result):
    """Firing rates over constant currents.

    name         of the neuron
    input        what drives the neuron, with its unit: nA, unless its equations say otherwise
    currents     (points,) in this unit
    rates        (points,) Hz: one over the mean interval after `settle`, as `analysis.rates` defines it
    first_rates  (points,) Hz: one over the first interval; 0 where there is none
    closed_form  (points,) Hz: the rate in continuous time, where there is a formula (LIF); else None
    time         of each run, and `settle`, before which spikes do not count for `rates` (ms)
    dt           length of a step (ms)
    """

    name: str
    input: Quantity
    currents: F64
    rates: F64
    first_rates: F64
    closed_form: F64 | None
    time: float
    settle: float
    dt: float

    @property
    def onset(self) -> float | None:
        """The lowest of the currents under which the neuron fires after `settle`; None where it never does."""
        fires = np.flatnonzero(self.rates)
        return float(self.currents[fires[0]]) if len(fires) else None

    def __str__(self) -> str:
        low, high = self.currents[0], self.currents[-1]
        head = f"F-I curve of {self.name}, {len(self.currents)} inputs from {low:g} to {self.input.of(high)}"
        run = f"{self.time:g} ms, spikes after {self.settle:g} ms, dt {self.dt:g} ms"
        if self.onset is None:
            return f"{head}: silent ({run})"
        top = int(self.rates.argmax())
        fires = f"fires from {self.input.of(self.onset)} on, at most {self.rates[top]:.4g} Hz"
        fires += f" at {self.input.of(self.currents[top])}"
        return f"{head}: {fires} ({run})"

    def plot(
        self, ax: Axes | None = None, *, label: str | None = None, color: str | None = None, first: bool = False
    ) -> Axes:
        """Rates over currents, the closed form broadly behind them; returns the axes.

        label  name in the legend, which is yours to place in an `ax` of yours; the name of the neuron when None
        color  any matplotlib colour; the next unused one when None
        first  whether the rate of the first interval is drawn too, as a dashed line
        """
        name, alone = self.name if label is None else label, ax is None
        ax = plotting.fi_curve(
            self.currents, self.rates, label=name, color=color, xlabel=f"input {self.input.title}",
            ylabel="firing rate (Hz)", ax=ax,
        )  # fmt: skip
        if first:
            own = str(ax.lines[-1].get_color())
            plotting.reference(self.currents, self.first_rates, label=f"{name}: first interval", color=own, ax=ax)
        if self.closed_form is not None:
            plotting.reference(self.currents, self.closed_form, label="closed form", ax=ax)
        return plotting.legend(ax) if alone else ax

    def columns(self) -> Mapping[str, F64]:
        """Currents and rates."""
        columns = {
            self.input.title: self.currents, "rate (Hz)": self.rates,
            "rate of the first interval (Hz)": self.first_rates,
        }  # fmt: skip
        return columns | ({} if self.closed_form is None else {"closed form (Hz)": self.closed_form})


@named_arguments
@accounted
def fi_curve(
    population: Subject,
    currents: npt.ArrayLike | Tensor,
    time: float = 1000.0,
    *,
    settle: float | None = None,
    dt: float | None = None,
    seed: int = 1,
    threads: int = 1,
) -> FICurve:
    """The firing rate of a neuron under each of many constant currents: all of them run at once, natively.

    population  neurons that are alike, or one neuron: `population[3]`; it is copied and stays as it is
    currents    ascending (nA)
    time        how long each of them lasts, from the start values on (ms)
    settle      rates are taken from the spikes after it (ms); None for a fifth of `time`
    dt          length of a step (ms), when not that of the population
    seed        of the noise in the equations, where there is some
    threads     how many threads the run uses; the result is the same for any number

    Raises ShapeError or ParameterError for currents that do not ascend or are not finite, TimeGridError for times off
    the grid, StateError without a dt.

    >>> import cnsproject as cns
    >>> found = cns.fi_curve(cns.LIFPopulation(1, tau=20, R=10, dt=0.1, name="LIF"), [1, 2, 3])
    >>> found.rates.round(2).tolist()  # Hz
    [0.0, 36.1, 71.94]
    >>> found.closed_form.round(2).tolist()
    [0.0, 36.07, 72.13]
    """
    given = series("fi_curve(currents)", currents, "nA", ascending=True)
    replicas = copies("fi_curve", population, len(given), dt)
    assert replicas.dt is not None
    whole_steps("fi_curve(time)", time, replicas.dt)
    end = float(time)
    start = 0.2 * end if settle is None else number("fi_curve(settle)", settle, "ms")
    if not 0 <= start < end:
        raise ParameterError(
            "fi_curve(settle)", got=f"{start:g} ms", expected=f"a time from 0 to below time = {end:g} ms",
            fix="shorten settle, or run for longer",
        )  # fmt: skip
    monitor = run(replicas, end, Constant(given), ["s"], threads=threads, seed=seed)
    times, which = spikes(monitor)
    return FICurve(
        name=str(replicas.name),
        input=input_of(replicas),
        currents=given,
        rates=rates(times, which, len(given), start=start, stop=end),
        first_rates=first_rates(times, which, len(given)),
        closed_form=closed_form(replicas, given),
        time=end,
        settle=start,
        dt=replicas.dt,
        provenance=of_run(monitor),
    )


def closed_form(replicas: ModelPopulation, currents: F64) -> F64 | None:
    """The rates that theory knows (Hz); None for a model without a formula."""
    if replicas.dynamics.text != LIF.text:
        return None
    names = ("tau", "R", "u_rest", "u_reset", "threshold")
    return lif_rate(currents, **{n: getattr(replicas, n) for n in names}, refractory=replicas.refractory)
