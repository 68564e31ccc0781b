"""`DistanceDependent`: neurons have places, and near ones are connected more likely than far ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject.checks import named_arguments, positive
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.executors.base import hand_written
from cnsproject.network.connectivity.base import (
    F64,
    Connectivity,
    Ints,
    Shapes,
    Wiring,
    flag,
    pairs,
    probability,
)
from cnsproject.network.parameters import read_array

# So many pairs are looked at between two trips into the compiled loops.
BLOCK = 2**20
# So many pairs tell how many synapses are to be expected.
_SAMPLE = 2**17


@dataclass(frozen=True)
class GaussianKernel:
    """p(d) = p_max exp(-d^2 / (2 sigma^2)); sigma in the unit of the positions."""

    sigma: float
    p_max: float

    @named_arguments
    def __init__(self, sigma: float, p_max: float = 1.0) -> None:
        object.__setattr__(self, "sigma", positive("GaussianKernel.sigma", sigma))
        object.__setattr__(self, "p_max", probability("GaussianKernel.p_max", p_max))

    def __call__(self, distance: F64) -> F64:
        """Probability at each distance."""
        return np.asarray(self.p_max * np.exp(-0.5 * distance * distance / (self.sigma * self.sigma)))


@dataclass(frozen=True)
class ExponentialKernel:
    """p(d) = p_max exp(-d / scale); scale in the unit of the positions."""

    scale: float
    p_max: float

    @named_arguments
    def __init__(self, scale: float, p_max: float = 1.0) -> None:
        object.__setattr__(self, "scale", positive("ExponentialKernel.scale", scale))
        object.__setattr__(self, "p_max", probability("ExponentialKernel.p_max", p_max))

    def __call__(self, distance: F64) -> F64:
        """Probability at each distance."""
        return np.asarray(self.p_max * np.exp(-distance / self.scale))


class DistanceDependent(Connectivity):
    """Every pair with the probability kernel(distance), independently.

    kernel    GaussianKernel(sigma), ExponentialKernel(scale), or a function of an array of distances that returns an
              array of probabilities of the same shape
    periodic  whether space is closed (a ring, a torus) with `extent` as its length
    extent    length of space in every dimension, one number or one per dimension
    pre_positions, post_positions
              (neurons, dimensions), in the unit of extent; else a neuron sits where it stands in its population's
              shape, a regular grid of which the outermost cells end where space does: (k + 1/2) extent / size
    """

    @named_arguments
    def __init__(
        self,
        kernel: Callable[[F64], F64],
        *,
        periodic: bool = False,
        autapses: bool = True,
        extent: float | Sequence[float] = 1.0,
        pre_positions: npt.ArrayLike | Tensor | None = None,
        post_positions: npt.ArrayLike | Tensor | None = None,
    ) -> None:
        if not callable(kernel) or isinstance(kernel, type):
            raise ArgumentError(
                "DistanceDependent.kernel",
                got=repr(kernel),
                expected="a kernel, or a function of distances",
                fix="make one: cns.GaussianKernel(0.1)",
            )
        self.kernel = kernel
        self.periodic = flag("DistanceDependent.periodic", periodic)
        self.autapses = flag("DistanceDependent.autapses", autapses)
        lengths = extent if isinstance(extent, tuple | list | np.ndarray) else (extent,)
        self.extent = tuple(positive("DistanceDependent.extent", length) for length in lengths)
        self.pre_positions = _read_positions("DistanceDependent.pre_positions", pre_positions)
        self.post_positions = _read_positions("DistanceDependent.post_positions", post_positions)

    def build(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Wiring:
        if same and (self.pre_positions is None) != (self.post_positions is None):
            raise ArgumentError(
                "DistanceDependent",
                got="positions for one side of a population that is connected with itself",
                expected="both or none",
                fix="give pre_positions and post_positions",
            )
        pre, post, period = self._places(((sources,), (targets,)) if shapes is None else shapes)
        assert (len(pre), len(post)) == (sources, targets)
        pointers, parts = np.zeros(sources + 1, np.int64), []
        post_by_axis, rows = np.ascontiguousarray(post.T), max(1, BLOCK // targets)
        buffer = np.empty(min(rows, sources) * targets, np.int32)
        for first in range(0, sources, rows):
            places = pre[first : first + rows], post_by_axis, period
            count = self._draw(key, first, places, self.autapses or not same, (pointers, buffer))
            parts.append(buffer[:count].copy())
        return Wiring(pointers, np.concatenate(parts))

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> float:
        """The mean over all pairs, or over a fixed sample of them where they are many."""
        pre, post, period = self._places(((sources,), (targets,)) if shapes is None else shapes)
        total = sources * targets
        place = np.arange(total) if total <= _SAMPLE else np.random.default_rng(0).integers(total, size=_SAMPLE)
        i, j = np.divmod(place, targets)
        p = self._probabilities(_distances(pre[i], post[j], period))
        if same and not self.autapses:
            p = p[i != j]
        return float(p.mean()) * pairs(sources, targets, self.autapses or not same) if len(p) else 0.0

    def distance(self, i: Ints, j: Ints, shapes: Shapes) -> F64:
        """Distances between the neurons i[n] of pre and j[n] of post, the shortest way in a closed space."""
        pre, post, period = self._places(shapes)
        return _distances(pre[i], post[j], period)

    def _draw(
        self, key: tuple[int, int], first: int, places: tuple[F64, F64, F64], autapses: bool, into: tuple[Any, Any]
    ) -> int:
        """Connect the sources from `first` on; how many synapses that are."""
        kernel = self.kernel
        # A subclass may compute something else, so only the classes themselves stand for the compiled formula.
        if type(kernel) is GaussianKernel:
            law = True, kernel.sigma, kernel.p_max
        elif type(kernel) is ExponentialKernel:
            law = False, kernel.scale, kernel.p_max
        else:
            own, others, period = places
            p = self._probabilities(_distances(own[:, None], others.T, period))
            return int(hand_written("wiring").by_probability(*key, first, p, autapses, *into))
        return int(hand_written("wiring").by_distance(*key, first, *places, *law, autapses, *into))

    def _probabilities(self, distances: F64) -> F64:
        p = np.asarray(self.kernel(distances))
        if p.shape != distances.shape or p.dtype.kind not in "biuf":
            raise ShapeError(
                "DistanceDependent.kernel",
                got=f"{p.dtype} of shape {p.shape} for distances of shape {distances.shape}",
                expected="one probability per distance",
                fix="compute with numpy on the whole array",
            )
        wrong = ~((p >= 0) & (p <= 1))
        if wrong.any():
            raise ParameterError(
                "DistanceDependent.kernel",
                got=f"{p[wrong][0]:g} at distance {distances[wrong][0]:g}",
                expected="probabilities",
                fix="return numbers from 0 to 1, for instance with numpy.clip",
            )
        return np.ascontiguousarray(p, np.float64)

    def _places(self, shapes: Shapes) -> tuple[F64, F64, F64]:
        """Positions (neurons, dimensions) of pre and of post, and the period of every dimension, infinite if open."""
        pre, post = (
            self._side(name, given, shape)
            for name, given, shape in zip(
                ("pre", "post"), (self.pre_positions, self.post_positions), shapes, strict=True
            )
        )
        if pre.shape[1] != post.shape[1]:
            raise ShapeError(
                "DistanceDependent",
                got=f"pre in {pre.shape[1]} and post in {post.shape[1]} dimensions",
                expected="equally many",
                fix="give populations of as many axes, or pre_positions and post_positions",
            )
        if not self.periodic:
            return pre, post, np.full(pre.shape[1], np.inf)
        period = self._lengths(pre.shape[1])
        span = np.maximum(pre.max(axis=0), post.max(axis=0)) - np.minimum(pre.min(axis=0), post.min(axis=0))
        if (span > period).any():
            raise ParameterError(
                "DistanceDependent.extent",
                got=f"{self.extent} for positions that span {span.tolist()}",
                expected="a closed space that holds all of them",
                fix="give its length: extent=...",
            )
        return pre, post, period

    def _side(self, name: str, given: F64 | None, shape: tuple[int, ...]) -> F64:
        """Given positions, or those of a grid of `shape`."""
        if given is None:
            axes = [
                (np.arange(size) + 0.5) * (length / size)
                for size, length in zip(shape, self._lengths(len(shape)), strict=True)
            ]
            return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
        if len(given) != np.prod(shape):
            raise ShapeError(
                f"DistanceDependent.{name}_positions",
                got=f"{len(given)} positions",
                expected=f"one for each of {np.prod(shape)} neurons",
                fix="give an array (neurons, dimensions)",
            )
        return given

    def _lengths(self, dimensions: int) -> F64:
        if len(self.extent) not in (1, dimensions):
            raise ShapeError(
                "DistanceDependent.extent",
                got=f"{len(self.extent)} lengths",
                expected=f"1 or {dimensions}, one per dimension",
                fix="give one number for all",
            )
        return np.broadcast_to(np.array(self.extent), dimensions).copy()

    def __repr__(self) -> str:
        return f"DistanceDependent({self.kernel!r}, periodic={self.periodic}, autapses={self.autapses})"


def _distances(a: F64, b: F64, period: F64) -> F64:
    """Length of the shortest way from a[...] to b[...], of which the last axis is the dimension."""
    squared = np.zeros(np.broadcast_shapes(a.shape, b.shape)[:-1])
    for k, length in enumerate(period):
        gap = np.abs(a[..., k] - b[..., k])
        gap = np.minimum(gap, length - gap)
        squared += gap * gap
    return np.sqrt(squared)


def _read_positions(what: str, given: Any) -> F64 | None:
    """Positions as a finite float64 array (neurons, dimensions); those on a line may be given as (neurons,)."""
    if given is None:
        return None
    shape = tuple(given.shape) if isinstance(given, Tensor | np.ndarray) else np.shape(np.array(given, dtype=object))
    if len(shape) not in (1, 2) or 0 in shape:
        raise ShapeError(
            what, got=f"shape {shape}", expected="(neurons, dimensions)", fix="give one row of coordinates per neuron"
        )
    return np.ascontiguousarray(read_array(what, given, shape).reshape(shape[0], -1))
