"""The phase diagram of a sparse network of excitatory and inhibitory neurons, by theory and by simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.analysis import Membranes, Regimes, brunel_regimes, strongest_frequency, synchrony, variation
from cnsproject.checks import number, positive, steps_on_grid, whole
from cnsproject.errors import ParameterError
from cnsproject.experiments.base import Adjustable, Progress, seed_of, since_last
from cnsproject.experiments.brunel_outcome import BrunelOutcome, Point
from cnsproject.network.ei_populations import EIPopulations
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network

F64 = npt.NDArray[np.float64]

_BIN = 0.5  # ms, of activities
_SHOWN = 60, 120.0  # neurons, and ms, of a raster
_LOWEST = 10.0  # Hz, of an oscillation
_INTERVALS = 10  # of a neuron whose variation counts: of few it is too small


@dataclass(frozen=True)
class Brunel(Adjustable):
    """Excitatory and inhibitory LIF neurons, sparsely and randomly connected, over g and the drive.

    g           ratios of inhibitory to excitatory weights that are simulated, joined by commas
    drive       rates of the drive over the one that reaches the threshold, nu_ext/nu_thr, in the same way; every one
                of them with every g
    neurons     in all, four fifths of them excitatory
    in_degree   synapses of every neuron from others, four fifths of them excitatory
    J           jump of u by an excitatory synapse (mV)
    delay       of all synapses (ms)
    time        length of a run (ms)
    settle      before which nothing counts (ms)
    columns     of the map that theory makes, over g
    rows        of the map, over the drive
    """

    g: str = "2,3,4.5,5,6,8"
    drive: str = "0.9,2,4"
    neurons: int = 5000
    in_degree: int = 1000
    J: float = 0.125
    delay: float = 1.5
    time: float = 700.0
    settle: float = 200.0
    dt: float = 0.1
    columns: int = 29
    rows: int = 21

    @property
    def points(self) -> list[tuple[float, float]]:
        """(g, drive) of every run."""
        return [(g, drive) for drive in _listed("drive", self.drive) for g in _listed("g", self.g)]

    @property
    def steps(self) -> int:
        dt = positive("parameter dt", self.dt, "ms")
        return len(self.points) * steps_on_grid("parameter time", positive("parameter time", self.time, "ms"), dt)

    def check(self) -> None:
        """Raises ParameterError or TimeGridError for what cannot be run."""
        for name in ("neurons", "in_degree", "columns", "rows"):
            whole(f"parameter {name}", getattr(self, name), least=2 if name != "in_degree" else 5)
        positive("parameter J", self.J, "mV")
        for name, value in (("settle", self.settle), ("a bin of the activity,", _BIN)):
            steps_on_grid(f"parameter {name}", value, positive("parameter dt", self.dt, "ms"))
        least = 2e3 / _LOWEST
        if self.settle < 0 or self.time - self.settle < least:
            raise ParameterError(
                "parameter time", got=f"{self.time:g} ms, of which {self.settle:g} ms do not count",
                expected=f"at least {least:g} ms after settle, which starts at 0 or later", fix="raise time",
            )  # fmt: skip

    @property
    def in_degrees(self) -> tuple[int, int]:
        """Excitatory and inhibitory synapses of a neuron."""
        excitatory = round(0.8 * self.in_degree)
        return excitatory, self.in_degree - excitatory

    def theory(self, g: npt.ArrayLike, drive: npt.ArrayLike) -> Regimes:
        """What theory says over these ratios and drives."""
        C_E, C_I = self.in_degrees
        return brunel_regimes(
            g, drive, J=self.J, C_E=C_E, C_I=C_I, delay=self.delay, cells=Membranes(dt=self.dt)
        )  # fmt: skip

    def network(self, g: float, drive: float, seed: int) -> Network:
        """The network at one point, with a monitor of the excitatory neurons."""
        net = Network(dt=self.dt, seed=seed)
        ei = EIPopulations(
            self.neurons, in_degree=self.in_degrees, J=self.J, g=g, delay=self.delay, nu_ext=drive
        ).add_to(net)  # fmt: skip
        net.add_monitor(Monitor(ei.exc, ["s"]), "exc")
        return net

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> BrunelOutcome:
        """Simulate every point, and ask theory about them and the plane around; see `Experiment.run`."""
        self.check()
        rng = seed_of(rng)
        seed = int(np.random.default_rng(rng).integers(2**31))
        points = []
        for g, drive in self.points:
            net = self.network(g, drive, seed)
            net.run(self.time, executor=executor or self.default_executor, progress=since_last(progress))
            points.append(self._measured(net, g, drive))
        gs, drives = _listed("g", self.g), _listed("drive", self.drive)
        area = self.theory(
            np.linspace(min(gs[0], 2.0), max(gs[-1], 8.0), self.columns),
            np.geomspace(max(0.1, min(drives[0], 0.5)), max(drives[-1], 4.2), self.rows),
        )
        there = self.theory(gs, drives)
        return BrunelOutcome(self, tuple(points), area, there, provenance=self.account(rng, executor))

    def _measured(self, net: Network, g: float, drive: float) -> Point:
        monitor, count = net.monitors["exc"], net.layers["exc"].n
        times, neurons = (values.numpy() for values in monitor.spikes())
        bins, activity = (values.numpy() for values in monitor.rate(_BIN))
        late, counted = bins >= self.settle - 1e-9, times >= self.settle - 1e-9
        times, neurons, activity = times[counted], neurons[counted], activity[late]
        cv = variation(times, neurons, count, least=_INTERVALS)
        frequency, share = strongest_frequency(activity, dt=_BIN, lowest=_LOWEST)
        shown, window = _SHOWN
        end = min(self.settle + window, self.time)
        raster = np.zeros((min(shown, count), round((end - self.settle) / self.dt)), bool)
        some = (neurons < len(raster)) & (times < end - 0.5 * self.dt)
        raster[neurons[some], np.round((times[some] - self.settle) / self.dt).astype(np.int64)] = True
        return Point(
            g, drive, float(activity.mean()), float(np.nanmean(cv)) if np.isfinite(cv).any() else np.nan,
            synchrony(times, neurons, count, start=self.settle, stop=self.time, bin=1.0), frequency, share, raster,
            activity,
        )  # fmt: skip


def _listed(name: str, text: str) -> list[float]:
    try:
        values = sorted({float(part) for part in text.split(",")})
    except ValueError:
        values = []
    if not values or not all(np.isfinite(values)) or number(f"parameter {name}", values[0]) < 0.0:
        raise ParameterError(
            f"parameter {name}", got=repr(text), expected="numbers from 0 on, joined by commas",
            fix=f"write --{name} 4.5,5,6",
        )  # fmt: skip
    return values


BRUNEL = Brunel(
    "brunel",
    "Regimes of a sparse excitatory and inhibitory network",
    "When do neurons that excite and inhibit each other at random fire regularly or not, together or not?",
)
