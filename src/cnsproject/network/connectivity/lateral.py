"""`LateralInhibition`: every neuron to those near it in its own population."""

from __future__ import annotations

import math
from itertools import product
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from cnsproject.checks import named_arguments, number, one_of
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.network.connectivity.base import F64, Connectivity, Ints, Shapes, Wiring, pointers_of

Metric = Literal["chebyshev", "euclidean"]
Maps = Literal["all", "within", "between"]

# So many pairs are looked at between two steps of a loop in Python.
_BLOCK = 2**20


class LateralInhibition(Connectivity):
    """Every neuron to the others of its population that stand within a radius; never to itself.

        cns.Connection(pop, pop, connectivity=cns.LateralInhibition(radius=2), synapse=cns.Delta(), weight=-5.0)

    A population of shape (n,) is a line and one of (h, w) a sheet; one of (f, h, w) has f maps of the same sheet, and
    how far two neurons are apart is told by their places on it alone. The strength is the weight of the connection, in
    the unit of its synapse: negative, or positive out of a population that `is_inhibitory`. A function of the distance
    lets it fall: weight=lambda d: -5*numpy.exp(-d/2).

    radius    in neurons, from 0 on; 0 reaches the same place in other maps only, math.inf all
    distance  "chebyshev", the larger of both differences (a square), or "euclidean" (a disc)
    maps      "all"; "within" the neuron's own map only; "between" it and the others only

    Raises ArgumentError between two populations, ParameterError when nobody has a neighbour.
    """

    autapses = False

    @named_arguments
    def __init__(self, radius: float, *, distance: Metric = "chebyshev", maps: Maps = "all") -> None:
        endless = isinstance(radius, float) and radius == math.inf
        self.radius = math.inf if endless else number("LateralInhibition.radius", radius)
        if self.radius < 0:
            raise ParameterError(
                "LateralInhibition.radius", got=f"{self.radius:g}", expected="a number >= 0 (neurons)", fix="use 1"
            )
        one_of("LateralInhibition.distance", distance, get_args(Metric))
        one_of("LateralInhibition.maps", maps, get_args(Maps))
        self.metric, self.maps = distance, maps

    def build(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Wiring:
        count, sheet = self._layout(sources, same, shapes)
        offsets, steps = self._offsets(sheet)
        # Offsets ascend, so the targets of a source do: map by map, and in each row by row.
        ahead = offsets @ np.array([math.prod(sheet[k + 1 :]) for k in range(len(sheet))])
        allowed = self._allowed(count, steps)
        size, rows = math.prod(sheet), max(1, _BLOCK // max(1, count * len(offsets)))
        counts, parts = np.zeros(sources, np.int64), [np.empty(0, np.int32)]
        for first in range(0, sources, rows):
            map_, place = np.divmod(np.arange(first, min(first + rows, sources)), size)
            reached = np.stack(np.unravel_index(place, sheet), axis=1)[:, None] + offsets
            inside = np.all((reached >= 0) & (reached < np.array(sheet)), axis=2)
            source, other, way = np.nonzero(allowed[map_] & inside[:, None])
            counts[first : first + rows] = np.bincount(source, minlength=len(place))
            parts.append((other * size + place[source] + ahead[way]).astype(np.int32))
        self._refuse_nobody(int(counts.sum()), shapes)
        return Wiring(pointers_of(counts), np.concatenate(parts))

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> int:
        """The number of pairs, counted offset by offset."""
        count, sheet = self._layout(sources, same, shapes)
        offsets, _ = self._offsets(sheet)
        near = int((np.array(sheet) - np.abs(offsets)).prod(axis=1).sum())
        own, others = count * (near - math.prod(sheet)), count * (count - 1) * near
        return own * (self.maps != "between") + others * (self.maps != "within")

    def distance(self, i: Ints, j: Ints, shapes: Shapes) -> F64:
        """Distances (neurons) between i[n] and j[n] on their sheet; 0 for the same place in two maps."""
        _, sheet = self._layout(math.prod(shapes[0]), True, shapes)
        size = math.prod(sheet)
        places = (np.stack(np.unravel_index(side % size, sheet), axis=1) for side in (i, j))
        return self._length(np.subtract(*places))

    def _layout(self, sources: int, same: bool, shapes: Shapes | None) -> tuple[int, tuple[int, ...]]:
        """Number of maps, and the shape of one."""
        if not same:
            raise ArgumentError(
                "LateralInhibition", got="two populations", expected="one that is connected with itself",
                fix="write Connection(pop, pop, ...), or use DistanceDependent between populations",
            )  # fmt: skip
        shape = (sources,) if shapes is None else shapes[0]
        if len(shape) > 3:
            raise ShapeError(
                "LateralInhibition", got=f"a population of shape {shape}", expected="(n,), (h, w) or (maps, h, w)",
                fix="give the population at most three axes",
            )  # fmt: skip
        return (shape[0], shape[1:]) if len(shape) == 3 else (1, shape)

    def _offsets(self, sheet: tuple[int, ...]) -> tuple[Ints, F64]:
        """Differences of places within the radius (differences, axes), ascending, and their lengths."""
        reach = [int(min(self.radius, size - 1)) for size in sheet]
        offsets = np.array(list(product(*(range(-r, r + 1) for r in reach))), np.int64)
        lengths = self._length(offsets)
        return offsets[lengths <= self.radius], lengths[lengths <= self.radius]

    def _length(self, differences: Ints) -> F64:
        if self.metric == "chebyshev":
            return np.asarray(np.abs(differences).max(axis=1), np.float64)
        return np.sqrt(np.asarray((differences**2).sum(axis=1), np.float64))

    def _allowed(self, count: int, steps: F64) -> npt.NDArray[np.bool_]:
        """Whether a source of a map reaches another map by an offset (map, map, offset)."""
        own = np.eye(count, dtype=bool)[:, :, None]
        return np.where(own, (steps > 0) & (self.maps != "between"), self.maps != "within")

    def _refuse_nobody(self, synapses: int, shapes: Shapes | None) -> None:
        if not synapses:
            raise ParameterError(
                "LateralInhibition.radius", got=f"{self.radius:g} with maps={self.maps!r} and shapes {shapes}",
                expected="a neighbour for somebody", fix="give a radius of 1 or more",
            )  # fmt: skip

    def __repr__(self) -> str:
        return f"LateralInhibition({self.radius:g}, distance={self.metric!r}, maps={self.maps!r})"
