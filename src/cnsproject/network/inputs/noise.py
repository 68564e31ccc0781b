"""Noisy currents: white, and coloured by an Ornstein-Uhlenbeck process."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from cnsproject.checks import named_arguments, positive
from cnsproject.errors import ArgumentError
from cnsproject.executors.base import hand_written
from cnsproject.network.inputs.currents import F64, Amount, Generator, Key, at_least_zero, one_row, read_amount
from cnsproject.network.normals import normals

_BLOCK = 2**16  # numbers of a path that are computed at a time only to get to where it is wanted
_PATHS = 16  # that an OrnsteinUhlenbeck remembers
_POINTS = 16  # of each of them


@dataclass(frozen=True, eq=False)
class WhiteNoise(Generator):
    """Gaussian white noise: I = mean + intensity/sqrt(dt)*N(0, 1), drawn anew for every step and neuron.

    mean, intensity  numbers, or one per neuron (nA; nA*sqrt(ms))
    shared           whether all neurons get the same noise

    What the noise does depends on dt only through the scheme: a LIF neuron without threshold, stepped by Euler,
    fluctuates with variance (R*intensity)^2 / (2*tau - dt). Other simulators give the standard deviation sd of a
    current that is held for some time h: intensity = sd*sqrt(h).

    Normal numbers by Box & Muller 1958 from Philox, 32 bits each, at most 6.8 standard deviations.
    """

    mean: F64
    intensity: F64
    shared: bool

    @named_arguments
    def __init__(self, mean: Amount, intensity: Amount, *, shared: bool = False) -> None:
        vars(self).update(
            mean=read_amount("WhiteNoise.mean", mean),
            intensity=at_least_zero("WhiteNoise.intensity", intensity, "nA*sqrt(ms)"),
            shared=_flag("WhiteNoise.shared", shared),
        )

    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> F64:
        noise = normals(first, count, 1 if self.shared else math.prod(shape), key)
        scale = one_row("WhiteNoise.intensity", self.intensity, shape) / math.sqrt(dt)
        return _affine(noise, one_row("WhiteNoise.mean", self.mean, shape), scale)


@dataclass(frozen=True, eq=False)
class OrnsteinUhlenbeck(Generator):
    """Coloured noise: dx/dt = (mean - x)/tau + sd*sqrt(2/tau)*white noise, each neuron its own path.

    x <- mean + (x - mean)*exp(-dt/tau) + sd*sqrt(1 - exp(-2*dt/tau))*N(0, 1), which is exact for every dt
    (Gillespie 1996, Phys. Rev. E 54:2084), and stationary from step 0 on. Some points of the path are remembered; a
    step that does not follow what was asked for last is reached from the point before it.

    mean, sd  numbers, or one per neuron (nA)
    tau       correlation time (ms)
    shared    whether all neurons get the same path
    """

    mean: F64
    sd: F64
    tau: float
    shared: bool
    # Points of every path (key, dt, neurons) that was asked for: steps, ascending, and the state before each.
    _kept: dict[tuple[Key, float, int], tuple[tuple[int, F64], ...]] = field(repr=False)

    @named_arguments
    def __init__(self, mean: Amount, sd: Amount, tau: float, *, shared: bool = False) -> None:
        vars(self).update(
            mean=read_amount("OrnsteinUhlenbeck.mean", mean),
            sd=at_least_zero("OrnsteinUhlenbeck.sd", sd, "nA"),
            tau=positive("OrnsteinUhlenbeck.tau", tau, "ms"),
            shared=_flag("OrnsteinUhlenbeck.shared", shared),
            _kept={},
        )

    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> F64:
        path = self._path(first, count, dt, 1 if self.shared else math.prod(shape), key)
        mean, sd = (one_row(f"OrnsteinUhlenbeck.{n}", v, shape) for n, v in (("mean", self.mean), ("sd", self.sd)))
        return _affine(path, mean, sd)

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "_kept": {}}  # found again when needed

    def _path(self, first: int, count: int, dt: float, n: int, key: Key) -> F64:
        """The path with mean 0 and variance 1."""
        points = dict(self._kept.get((key, dt, n), ()))
        step = max((known for known in points if known <= first), default=0)
        state = points[step].copy() if step else np.zeros(n)
        while step < first:
            until = min(first, step + max(1, _BLOCK // n))
            self._advance(step, until - step, dt, key, state)
            step = until
            points[step] = state.copy()
        path = self._advance(first, count, dt, key, state)
        points[first + count] = state
        self._keep((key, dt, n), points)
        return path

    def _advance(self, step: int, count: int, dt: float, key: Key, state: F64) -> F64:
        """The path from `step` on; `state` goes from before it to its end."""
        decay, spread = math.exp(-dt / self.tau), math.sqrt(-math.expm1(-2.0 * dt / self.tau))
        path = normals(step, count, len(state), key)
        hand_written("noise").relax(step, decay, spread, state, path)
        return path

    def _keep(self, path: tuple[Key, float, int], points: dict[int, F64]) -> None:
        """Remember some of the points: the last ones, and before them the fewer the longer ago."""
        steps = sorted(points)
        while len(steps) > _POINTS:
            old = range(1, len(steps) - _POINTS // 2)
            # The one whose gap would be the smallest, seen from the end.
            del steps[min(old, key=lambda i: (steps[i + 1] - steps[i - 1]) / (steps[-1] - steps[i - 1]))]
        self._kept[path] = tuple((step, points[step]) for step in steps)
        if len(self._kept) > _PATHS:
            self._kept.pop(next(iter(self._kept)))


def _flag(what: str, given: object) -> bool:
    if not isinstance(given, bool | np.bool_):
        raise ArgumentError(what, got=repr(given), expected="a bool", fix="use True or False")
    return bool(given)


def _affine(noise: F64, mean: F64, scale: F64) -> F64:
    """mean + scale*noise, in place where nothing is spread."""
    if noise.shape[1] < max(mean.shape[1], scale.shape[1]):
        return np.asarray(mean + scale * noise)
    noise *= scale
    noise += mean
    return noise
