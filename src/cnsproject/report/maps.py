"""The effects of a connection as maps: the connected populations with all that lies between the report's values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.experiments import REPORT3
from cnsproject.sweeps.measures import found_in, prepare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EFFECTS = ("tau_s", "trace_scale", "J")
"""The experiments that change what one connection does, each by one value."""

COMMAND = "cns sweep connected --grid J1=0:10:21 --grid tau_s1=2:50:25 --measure rate,lag --out out/maps"

_STRENGTHS, _TAUS = np.linspace(0.0, 10.0, 21), np.linspace(2.0, 50.0, 25)
_MEASURES = {"rate": "Hz", "lag": "ms"}


@dataclass(frozen=True)
class Maps:
    """Rates (Hz) of p1 and p2, and mean lags (ms) of p2; both (J1, tau_s1, population).

    members   runs that they come from
    executor  what made them
    """

    rate: npt.NDArray[np.float64]
    lag: npt.NDArray[np.float64]
    members: int
    executor: str

    def figures(self) -> dict[str, Figure]:
        """A figure of each measure, with the report's experiments where they stand."""
        axes = [
            plotting.Swept("J1 · trace_scale1", _STRENGTHS, "nA"),
            plotting.Swept("tau_s1", _TAUS, "ms"),
        ]
        drawn = {}
        for name, unit in _MEASURES.items():
            figure = plotting.swept(getattr(self, name), axes, plotting.Swept(name, np.array(["p1", "p2"]), unit))
            _mark(next(ax for ax in figure.axes if ax.get_title() == "p2"))
            drawn[name] = figure
        return drawn

    def sentences(self) -> list[str]:
        """What changes from place to place, counted: nothing here knows what should happen."""
        told = []
        for axis, name in enumerate(("J1", "tau_s1")):
            rate, lag = (np.diff(getattr(self, measure)[..., 1], axis=axis) for measure in _MEASURES)
            told.append(
                f"With the next larger {name}, p2 fires less at {(rate < 0).sum()} of {rate.size} places and more at "
                f"{(rate > 0).sum()}; its lag is longer at {(lag > 0).sum()} of {np.isfinite(lag).sum()} and shorter "
                f"at {(lag < 0).sum()}."
            )
        silent = int((self.rate[..., 1] == 0).sum())
        return [*told, f"p2 is silent at {silent} of {self.rate[..., 1].size} places, where there is no lag."]


def maps(seed: int) -> Maps:
    """Run the connected populations with every J1 and tau_s1."""
    prepared = REPORT3["connected"].prepared(seed)
    prepare(prepared.net)
    members = list(product(_STRENGTHS, _TAUS))
    values = {"p1_to_p2.J": [J for J, _ in members], "p1_to_p2.tau_s": [tau for _, tau in members]}
    found = [
        found_in(net, tuple(_MEASURES), prepared.time, 0.0)
        for net in prepared.net.batch(values, prepared.time, prepared.inputs)
    ]
    shape = len(_STRENGTHS), len(_TAUS), -1
    rate, lag = (np.array([each[name].values for each in found]).reshape(shape) for name in _MEASURES)
    return Maps(rate, lag, len(members), prepared.net.executor.name)


def _mark(ax: Axes) -> None:
    """Where the experiments of the report stand: a spike adds J1 * trace_scale1 in all."""
    from matplotlib.patheffects import withStroke

    for name in ("connected", *EFFECTS):
        p = REPORT3[name].parameters
        ax.plot(p.J1 * p.trace_scale1, p.tau_s1, "o", ms=5.0, mfc="white", mec="black", mew=0.8, clip_on=False)
        ax.annotate(
            name, (p.J1 * p.trace_scale1, p.tau_s1), xytext=(5.0, 0.0), textcoords="offset points", va="center",
            fontsize="x-small", path_effects=[withStroke(linewidth=2.0, foreground="white")],
        )  # fmt: skip
