"""`stdp_window`: how much a learning rule changes a weight when a pair of spikes is so far apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.checks import named_arguments, number, positive, steps_on_grid, whole
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.network.connections import Connection
from cnsproject.network.connectivity import OneToOne
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.sources import SpikeSource
from cnsproject.studies.account import accounted
from cnsproject.studies.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class STDPWindow(Result):
    """Changes of a weight by pairs of spikes.

    name     of the rule
    gaps     (n,) ms: from the arrival of the source's spike to the spike of the target
    changes  (n,) of a weight that was `weight`, in its unit, after all pairs
    weight   before them
    pairs    how many, `every` ms apart
    """

    name: str
    gaps: F64
    changes: F64
    weight: float
    pairs: int
    every: float

    def __str__(self) -> str:
        most, least = int(self.changes.argmax()), int(self.changes.argmin())
        protocol = f"{self.pairs} pairs, {self.every:g} ms apart" if self.pairs > 1 else "a pair"
        return (
            f"window of {self.name}, {protocol}: most {self.changes[most]:+.4g} at {self.gaps[most]:g} ms, "
            f"least {self.changes[least]:+.4g} at {self.gaps[least]:g} ms (w = {self.weight:g})"
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Change against gap, with lines at zero; returns the axes."""
        return plotting.stdp_window(self.gaps, self.changes, label=self.name, ax=ax)

    def columns(self) -> Mapping[str, F64]:
        """Changes over gaps."""
        return {"t_post - t_arrival (ms)": self.gaps, "change of w": self.changes}


@named_arguments
@accounted
def stdp_window(
    rule: LearningRule,
    gaps: npt.ArrayLike | None = None,
    *,
    weight: float = 0.5,
    pairs: int = 1,
    every: float = 1000.0,
    delay: float = 0.0,
    dt: float = 0.1,
) -> STDPWindow:
    """Have a rule see pairs of spikes, each gap on a synapse of its own, and measure what that does to the weights.

    gaps    from the arrival of the source's spike to the spike of the target (ms, whole steps); -100 to 100 when not
            given. A gap of 0 means that the spike arrives in the step in which the target fires, before it
    weight  of all synapses before, in the unit of their weight
    pairs   how many pairs, `every` ms apart; with `every` of some ms they meet each other (60 at 100 ms is a protocol)
    delay   of the synapses (ms)
    dt      length of a step (ms)

    The weights go the way that they go in any network: spikes, delays, traces and events are the real ones. Raises
    ArgumentError, ShapeError, ParameterError or TimeGridError for what cannot be.
    """
    what = "stdp_window"
    if not isinstance(rule, LearningRule):
        raise ArgumentError(f"{what}(rule)", got=repr(rule), expected="a learning rule", fix="make one: cns.STDP()")
    dt, every = positive(f"{what}(dt)", dt, "ms"), positive(f"{what}(every)", every, "ms")
    found = np.arange(-100.0, 101.0, 2.0) if gaps is None else np.asarray(gaps, np.float64)
    if found.ndim != 1 or not len(found) or not np.isfinite(found).all():
        raise ShapeError(f"{what}(gaps)", got=f"shape {found.shape}", expected="finite numbers in a row", fix="a list")
    steps = np.array([steps_on_grid(f"{what}(gaps)", float(gap), dt) for gap in found])
    apart, pairs = steps_on_grid(f"{what}(every)", every, dt), whole(f"{what}(pairs)", pairs, least=1)
    wait = steps_on_grid(f"{what}(delay)", number(f"{what}(delay)", delay, "ms"), dt)
    if wait < 0:
        raise ParameterError(f"{what}(delay)", got=f"{delay:g} ms", expected="a delay >= 0 ms", fix="use 0")
    start, n = int(np.abs(steps).max()) + wait, len(steps)
    arrivals = start + apart * np.arange(pairs)[:, None] + np.zeros_like(steps)
    neuron = np.tile(np.arange(n), pairs)
    pre = SpikeSource(n, ((arrivals - wait) * dt).ravel(), neuron, dt=dt)
    post = SpikeSource(n, ((arrivals + steps) * dt).ravel(), neuron, dt=dt)
    synapses = Connection(pre, post, connectivity=OneToOne(), weight=weight, delay=delay, learning_rule=rule)
    before = synapses.w.clone()
    for _ in range(int(arrivals.max() + np.abs(steps).max()) + 1):
        pre.forward()
        synapses.compute()
        post.forward()
        synapses.update()
    changes = (synapses.w - before).double().numpy()
    return STDPWindow(type(rule).__name__, found, changes, float(weight), pairs, every)
