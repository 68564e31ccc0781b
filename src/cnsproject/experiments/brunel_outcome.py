"""What the phase diagram of an excitatory and inhibitory network gave: points beside theory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.analysis import Regimes
from cnsproject.experiments.base import Cell, Outcome, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cnsproject.experiments.brunel import Brunel

CLASSIC: Mapping[str, tuple[str, float, float]] = {
    "A": ("SR", 3.0, 2.0), "B": ("SI, fast", 6.0, 4.0), "C": ("AI", 5.0, 2.0), "D": ("SI, slow", 4.5, 0.9)
}  # fmt: skip
"""The points of figure 8 of Brunel 2000: its panel, what the paper calls it, g and nu_ext/nu_thr."""


@dataclass(frozen=True, eq=False)
class Point:
    """What was simulated at one g and drive, of the excitatory neurons.

    rate       mean of a neuron (Hz)
    cv         mean coefficient of variation of the intervals, of neurons with at least 10; NaN where there are none
    synchrony  chi in bins of 1 ms, see `analysis.synchrony`: 1 where all do the same, 1/sqrt(neurons) at the least
    frequency  with the most power in the activity (Hz); NaN for none
    share      of all power that lies within 20 % around it
    raster     (neurons, steps) of some neurons, for a while
    activity   (bins,) Hz, in bins of 0.5 ms
    """

    g: float
    drive: float
    rate: float
    cv: float
    synchrony: float
    frequency: float
    share: float
    raster: npt.NDArray[np.bool_]
    activity: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BrunelOutcome(Outcome):
    """Points that were simulated, and what theory says of them and of the plane.

    area   theory over the plane
    there  theory at the points
    """

    experiment: Brunel
    points: tuple[Point, ...]
    area: Regimes
    there: Regimes

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The measures of all points, named as in "measured_rate", their activities, and theory over the plane."""
        names = ("g", "drive", "rate", "cv", "synchrony", "frequency", "share")
        measured = {f"measured_{name}": np.array([getattr(p, name) for p in self.points]) for name in names}
        area = {f"area_{name}": np.asarray(getattr(self.area, name)) for name in ("g", "drive", "rate", "cv", "modes")}
        return {**measured, "activity": np.array([p.activity for p in self.points]), **area}

    def predicted(self, point: Point, name: str) -> Any:
        """What theory says at a point: "rate", "cv", "frequency", "modes" or "labels"."""
        row, column = np.searchsorted(self.there.drive, point.drive), np.searchsorted(self.there.g, point.g)
        return getattr(self.there, name)[row, column]

    def figure(self) -> Figure:
        """Regimes and rates over the plane with the points in them, and what the network does at the classic ones."""
        e, named = self.experiment, self.classic()
        steps = min(p.raster.shape[1] for p in self.points)
        examples = [
            plotting.Regime(
                f"{letter}: {CLASSIC[letter][0]}\ng = {p.g:g}, drive {p.drive:g}", p.raster,
                p.activity[: round(steps * e.dt / 0.5)],
            )
            for letter, p in named.items()
        ]  # fmt: skip
        C_E, C_I = e.in_degrees
        return plotting.phase_diagram(
            self.area.g, self.area.drive, self.area.labels, self.area.rate,
            {"x": [p.g for p in self.points], "y": [p.drive for p in self.points],
             "rate": [p.rate for p in self.points], "synchrony": np.nan_to_num([p.synchrony for p in self.points])},
            examples, xlabel="inhibition over excitation, g", ylabel=r"drive, $\nu_{ext}/\nu_{thr}$", dt=e.dt, bin=0.5,
            border=C_E / C_I, named={letter: (p.g, p.drive) for letter, p in named.items()},
        )  # fmt: skip

    def classic(self) -> dict[str, Point]:
        """The points of the paper that were simulated, by the letters of its panels."""
        at = {(p.g, p.drive): p for p in self.points}
        return {letter: at[g, drive] for letter, (_, g, drive) in CLASSIC.items() if (g, drive) in at}

    def table(self) -> Table:
        """For each point what theory says and what was measured."""
        head = (
            "g, drive", "regime by theory", "rate by theory (Hz)", "rate (Hz)", "CV by theory", "CV", "synchrony",
            "frequency by theory (Hz)", "frequency (Hz)", "its share",
        )  # fmt: skip
        rows: list[tuple[Cell, ...]] = []
        for p in self.points:
            oscillates = self.predicted(p, "modes") > 0 and self.predicted(p, "frequency") > 0.0
            values = (
                float(self.predicted(p, "rate")), p.rate, float(self.predicted(p, "cv")), _or_none(p.cv),
                _or_none(p.synchrony), float(self.predicted(p, "frequency")) if oscillates else None,
                _or_none(p.frequency), p.share,
            )  # fmt: skip
            rows.append((f"{p.g:g}, {p.drive:g}", str(self.predicted(p, "labels")), *values))
        return Table(head, tuple(rows))

    def sentences(self) -> list[str]:
        """What the classic points do, and how far rates are off where the stationary state is stable."""
        said = []
        for letter, p in self.classic().items():
            rate, modes = float(self.predicted(p, "rate")), int(self.predicted(p, "modes"))
            theory = "the stationary state is stable"
            if modes:
                theory = f"it is unstable at {float(self.predicted(p, 'frequency')):.3g} Hz"
            irregular = "" if np.isnan(p.cv) else f"CV {p.cv:.2f}, "
            said.append(
                f"{letter}, {CLASSIC[letter][0]} (g = {p.g:g}, drive {p.drive:g}): {p.rate:.3g} Hz, by theory "
                f"{rate:.3g} Hz, and {theory}; {irregular}synchrony {p.synchrony:.2f}, most power at "
                f"{p.frequency:.3g} Hz ({100 * p.share:.0f} % of it around there)."
            )
        steady = [p for p in self.points if not self.predicted(p, "modes") and p.rate >= 1.0]
        if steady:
            off = max(abs(float(self.predicted(p, "rate")) / p.rate - 1.0) for p in steady)
            said.append(
                f"At the {len(steady)} points where theory finds a stable state with at least 1 Hz its rate is off by "
                f"{100 * off:.0f} % at most."
            )
        return said


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
