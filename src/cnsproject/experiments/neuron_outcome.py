"""What an experiment on single neurons gave: its arrays, its figure, its table, its sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.experiments.base import Cell, Outcome, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from cnsproject.experiments.single_neuron import SingleNeuron

F64 = npt.NDArray[np.float64]

_WORTH_SAYING = 0.05  # relative difference of rates that is a difference


@dataclass(frozen=True, eq=False)
class NeuronOutcome(Outcome):
    """Runs of all sets of an experiment.

    current      (steps, sets) nA: the step
    states       name: (steps, sets) under it; the membrane first
    spikes       for each set the times of its spikes under it (ms)
    currents     (points,) nA, of the F-I curves
    rates        (sets, points) Hz
    own_rates    (sets,) Hz, under the set's own current without end
    first_rates  (sets, points + 1) Hz: one over the first interval; last under the own current
    cv           (sets,) coefficient of variation of the intervals under the own current; NaN where there are too few
    theory       (sets, points + 1) Hz, or None; last under the own current
    """

    experiment: SingleNeuron
    current: F64
    states: Mapping[str, npt.NDArray[np.floating[Any]]]
    spikes: tuple[F64, ...]
    currents: F64
    rates: F64
    own_rates: F64
    first_rates: F64
    cv: F64
    theory: F64 | None

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays by name; the spikes as times (ms) with the set of each."""
        found: dict[str, npt.NDArray[Any]] = {
            "I": self.current, **self.states, "spike_times": np.concatenate(self.spikes),
            "spike_sets": np.repeat(np.arange(len(self.spikes)), [len(train) for train in self.spikes]),
            "currents": self.currents, "rates": self.rates, "own_rates": self.own_rates,
            "first_rates": self.first_rates, "cv": self.cv,
        }  # fmt: skip
        return found if self.theory is None else found | {"theory": self.theory}

    @property
    def _adapts(self) -> bool:
        return len(self.states) > 1

    def figure(self) -> Figure:
        """One column per set: spikes, states and current over time, and the F-I curve."""
        figure, (place,) = plotting.stacked([self.size])
        self.draw(place)
        return figure

    @property
    def size(self) -> tuple[float, float]:
        """Of the figure (inches)."""
        return plotting.size_of_sets(len(self.spikes), len(self.states))

    def draw(self, inside: Figure | SubFigure) -> None:
        """What `figure` shows, as a part of another one."""
        e = self.experiment
        plotting.parameter_sets(
            [self.column(k) for k in range(len(e.titles))], self.currents, dt=e.protocol.dt, theory=e.law,
            compare=not self._adapts, caption=_minus(f"{e.titles[0]}: {e.describe(e.values)}").split(", "),
            inside=inside,
        )  # fmt: skip

    def column(self, k: int) -> plotting.ParameterSet:
        """Set k for the figure."""
        e, one = self.experiment, self.experiment.sets[k]
        membrane, units = e.neuron.dynamics.membrane, e.neuron.dynamics.states
        states = {name: values[:, k].copy() for name, values in self.states.items()}
        # In the step of a spike u reaches the threshold, and is recorded after its reset: the picture shows the former.
        states[membrane][np.rint(self.spikes[k] / e.protocol.dt).astype(int)] = one["threshold"]
        return plotting.ParameterSet(
            title=_minus(e.titles[k]),
            spikes=self.spikes[k],
            states={f"{name} ({units[name]})": values for name, values in states.items()},
            levels={e.level: one[e.level], "u_rest": one["u_rest"]},
            current=self.current[:, k],
            rates=self.rates[k],
            theory=None if self.theory is None else self.theory[k, :-1],
            first_rates=self.first_rates[k, :-1] if self._adapts else None,
            here=(one["I"], float(self.own_rates[k])),
        )

    def table(self) -> Table:
        """For each set: the first spike of the step and the number of its spikes, the lowest current of the F-I curve
        that makes it fire, and its rate under its own current without end, beside the theory.
        """
        p = self.experiment.protocol
        head = ["first spike after (ms)", "spikes", "fires from (nA)", "rate (Hz)"]
        head += [] if self.theory is None else [f"{self.experiment.law} (Hz)"]
        head += ["first interval (Hz)"] if self._adapts else []
        head += ["CV"] if self.experiment.random else []
        rows = []
        for k, title in enumerate(self.experiment.titles):
            train, fires = self.spikes[k], np.flatnonzero(self.rates[k])
            row: list[Cell] = [
                title,
                float(train[0] - p.delay) if len(train) else None,
                float(len(train)),
                float(self.currents[fires[0]]) if len(fires) else None,
                float(self.own_rates[k]),
            ]
            row += [] if self.theory is None else [float(self.theory[k, -1])]
            row += [float(self.first_rates[k, -1])] if self._adapts else []
            row += [_or_none(self.cv[k])] if self.experiment.random else []
            rows.append(tuple(row))
        return Table(("", *head), tuple(rows))

    def sentences(self) -> list[str]:
        """What every set changes, and how far theory and simulation are apart."""
        titles = self.experiment.titles
        found = [_against(titles[k], self.own_rates[0], self.own_rates[k]) for k in range(1, len(titles))]
        if self._adapts:
            found += [_adaptation(t, self.first_rates[k, -1], self.own_rates[k]) for k, t in enumerate(titles)]
        return found if self.theory is None else [*found, self._apart(self.theory[:, :-1])]

    def _apart(self, theory: F64) -> str:
        """The largest difference between rates and theory, relative to the highest rate of the set."""
        top = np.maximum(theory.max(axis=1, keepdims=True), 1e-9)
        gap = np.abs(self.rates - theory) / top
        k, point = np.unravel_index(int(gap.argmax()), gap.shape)
        return (
            f'Simulation and {self.experiment.law} differ most in "{self.experiment.titles[k]}" at '
            f"{self.currents[point]:g} nA: {self.rates[k, point]:.4g} Hz and {theory[k, point]:.4g} Hz."
        )


def _against(title: str, before: float, now: float) -> str:
    """What a set does to the rate."""
    if now == 0:
        return f"With {title} the neuron is silent{'' if before else ' too'}."
    if before == 0:
        return f"With {title} the neuron fires at {now:.4g} Hz; in the first set it is silent."
    ratio = now / before
    if abs(ratio - 1) < _WORTH_SAYING:
        return f"With {title} the rate stays within 5 % of that of the first set: {now:.4g} Hz."
    return f"With {title} the neuron fires {ratio:.2f} times as fast: {now:.4g} instead of {before:.4g} Hz."


def _adaptation(title: str, first: float, steady: float) -> str:
    """How much a set adapts."""
    if first == 0 or steady == 0:
        return f"{title}: no steady firing."
    if abs(steady / first - 1) < _WORTH_SAYING:
        return f"{title}: no adaptation, {steady:.4g} Hz from the first interval on."
    return f"{title}: {first:.4g} Hz in the first interval, {steady:.4g} Hz in the end."


def _minus(text: str) -> str:
    """With the minus sign that the numbers on the axes have."""
    return text.replace("-", "−")


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)
