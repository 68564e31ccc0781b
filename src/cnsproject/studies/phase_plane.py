"""`phase_plane`: a model with two states as a flow in the plane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from cnsproject import plotting
from cnsproject.analysis import kind_of_fixed_point
from cnsproject.checks import named_arguments, number
from cnsproject.dynamics.field import Field
from cnsproject.errors import ArgumentError, ShapeError
from cnsproject.network.model_population import ModelPopulation
from cnsproject.studies.batch import F64, Subject, copies, grid, pair, recorded, run, series, spikes, whole_steps
from cnsproject.studies.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 400  # of the grid in each direction
_ITERATIONS = 50  # of Newton's method
Slope = Callable[[float, float], tuple[F64, F64]]  # derivatives at a point, and their derivatives


@dataclass(frozen=True)
class FixedPoint:
    """Where both derivatives are 0.

    x, y         the two states, in their units
    eigenvalues  of the linearisation there (1/ms)
    kind         what they say, as `analysis.kind_of_fixed_point` calls it
    """

    x: float
    y: float
    eigenvalues: tuple[complex, complex]
    kind: str


@dataclass(frozen=True, eq=False, repr=False)
class PhasePlane(Result):
    """The flow of a model with two states, here x and y, under a constant current.

    name          of the neuron
    current       nA
    states        names of x and y
    units         of x and y
    x, y          (n,), (m,): the grid
    dx, dy        (m, n): time derivatives on the grid, in the unit of the state per ms
    fixed_points  those on the grid, ordered by x
    times         (steps + 1,) ms
    trajectory    (steps + 1, 2): from the start point on
    jumps         rows of the trajectory before which a reset moved it
    dt            length of a step of the trajectory (ms)
    """

    name: str
    current: float
    states: tuple[str, str]
    units: tuple[str, str]
    x: F64
    y: F64
    dx: F64
    dy: F64
    fixed_points: tuple[FixedPoint, ...]
    times: F64
    trajectory: F64
    jumps: npt.NDArray[np.int64]
    dt: float

    def __str__(self) -> str:
        (x, y), (of_x, of_y) = self.states, self.units
        points = [f"{p.kind} at {x} = {p.x:.4g} {of_x}, {y} = {p.y:.4g} {of_y}" for p in self.fixed_points]
        found = "; ".join(points) or "no fixed point in this part of the plane"
        return f"phase plane of {self.name} at {self.current:g} nA: {found}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Flow, nullclines, fixed points and the trajectory; returns the axes.

        A square is the start of the trajectory, dotted lines are its resets.
        """
        if ax is None:
            ax = plotting.grid([1.0])[1][0][0]
        (x, y), (of_x, of_y) = self.states, self.units
        plotting.vector_field(self.x, self.y, self.dx, self.dy, ax=ax)
        plotting.nullclines(self.x, self.y, self.dx, self.dy, names=[f"d{x}/dt = 0", f"d{y}/dt = 0"], ax=ax)
        plotting.trajectory(self.trajectory, self.jumps, label="trajectory", ax=ax)
        points = [(p.x, p.y) for p in self.fixed_points]
        plotting.fixed_points(points, [p.kind for p in self.fixed_points], ax=ax)
        ax.set(xlim=(self.x[0], self.x[-1]), ylim=(self.y[0], self.y[-1]))
        ax.set_xlabel(f"{x} ({of_x})", fontsize="small")
        ax.set_ylabel(f"{y} ({of_y})", fontsize="small")
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize="small")
        return ax

    def columns(self) -> Mapping[str, F64]:
        """The trajectory."""
        names = [f"{name} ({unit})" for name, unit in zip(self.states, self.units, strict=True)]
        return {"time (ms)": self.times, **dict(zip(names, self.trajectory.T, strict=True))}


@named_arguments
def phase_plane(
    population: Subject,
    current: float = 0.0,
    *,
    u: npt.ArrayLike,
    w: npt.ArrayLike,
    start: npt.ArrayLike | None = None,
    time: float = 500.0,
    dt: float | None = None,
) -> PhasePlane:
    """Nullclines, flow, fixed points and a trajectory of a model with exactly two states, as u and w.

    The flow is computed from the declared equations, the trajectory by the simulation itself.

    population  neurons that are alike, or one neuron: `population[3]`; it is copied and stays as it is
    current     constant input (nA)
    u, w        (low, high): the part of the plane, for the first state of the model and for the second
    start       (u, w) where the trajectory begins; None for the start values of the population
    time        length of the trajectory (ms)
    dt          its step (ms), when not that of the population

    Fixed points are found where both derivatives change their sign in one cell of a grid of 400 x 400 points, then by
    Newton's method. Raises ArgumentError for a model with other than two states.
    """
    replica = copies("phase_plane", population, 1, dt)
    states = _two_states(replica)
    given = number("phase_plane(current)", current, "nA")
    whole_steps("phase_plane(time)", time, float(replica.dt or 0.0))
    units = replica.dynamics.states[states[0]], replica.dynamics.states[states[1]]
    bounds = pair("phase_plane(u)", u, units[0]), pair("phase_plane(w)", w, units[1])
    x, y = (np.linspace(low, high, _POINTS) for low, high in bounds)
    field, values = Field(replica.dynamics), _values(replica, given)
    with np.errstate(over="ignore"):  # far beyond the threshold; seen as very large
        sides = field.derivatives({**values, states[0]: x[None, :], states[1]: y[:, None]})
    dx, dy = (np.nan_to_num(np.broadcast_to(side, (_POINTS, _POINTS)).astype(np.float64)) for side in sides)
    path, jumps = _trajectory(replica, states, given, start, time)
    assert replica.dt is not None
    return PhasePlane(
        name=str(replica.name), current=given, states=states, units=units, x=x, y=y, dx=dx, dy=dy,
        fixed_points=_fixed_points(field, values, states, x, y, dx, dy),
        times=grid(len(path), replica.dt), trajectory=path, jumps=jumps, dt=replica.dt,
    )  # fmt: skip


def _two_states(replica: ModelPopulation) -> tuple[str, str]:
    states = tuple(replica.dynamics.states)
    if len(states) != 2:
        raise ArgumentError(
            f"phase_plane({replica.name})", got=f"a model with {len(states)} state{'s' * (len(states) != 1)}"
            f" ({', '.join(states)})", expected="a model with two states, such as cns.AELIFPopulation",
            fix="look at one of its states over time: cns.step_response(...)",
        )  # fmt: skip
    return states[0], states[1]


def _values(replica: ModelPopulation, current: float) -> dict[str, Any]:
    """What the equations need to know besides the states."""
    parameters = {name: float(getattr(replica, name)) for name in replica.dynamics.parameters}
    return parameters | dict.fromkeys(replica.dynamics.inputs, current) | {"dt": replica.dt}


def _trajectory(
    replica: ModelPopulation, states: tuple[str, str], current: float, start: object, time: float
) -> tuple[F64, npt.NDArray[np.int64]]:
    """Start point and the states after every step, and the rows in which a spike has reset them."""
    if start is not None:
        point = series("phase_plane(start)", start, "units of the states")
        if len(point) != 2:
            raise ShapeError(
                "phase_plane(start)", got=f"{len(point)} numbers", expected="two, one for each state", fix="give a pair"
            )
        for name, value in zip(states, point, strict=True):
            setattr(replica, name, torch.tensor([value], dtype=replica.dtype))
    first = [float(getattr(replica, name)) for name in states]
    monitor = run(replica, time, current, ["s", *states])
    path = np.concatenate([[first], np.column_stack([recorded(monitor, name) for name in states])])
    if not replica.dynamics.reset:
        return path, np.empty(0, np.int64)
    assert replica.dt is not None
    return path, np.rint(spikes(monitor)[0] / replica.dt).astype(np.int64) + 1


def _fixed_points(
    field: Field, values: Mapping[str, Any], states: tuple[str, str], x: F64, y: F64, dx: F64, dy: F64
) -> tuple[FixedPoint, ...]:
    """The common zeros of both derivatives: one search from every cell of the grid in which both change their sign."""

    def slope(at_x: float, at_y: float) -> tuple[F64, F64]:
        here = {**values, states[0]: at_x, states[1]: at_y}
        return np.array(field.derivatives(here), np.float64), np.array(field.jacobian(here), np.float64)

    found: dict[tuple[int, int], FixedPoint] = {}
    for row, column in np.argwhere(_changes(dx) & _changes(dy)):
        point = _newton(slope, x[column : column + 2].mean(), y[row : row + 2].mean())
        if point is None or not (x[0] <= point[0] <= x[-1] and y[0] <= point[1] <= y[-1]):
            continue
        eigenvalues = np.linalg.eigvals(slope(*point)[1]).astype(complex)
        a, b = (complex(value) for value in eigenvalues)
        # Searches from neighbouring cells meet in the same point.
        place = round(point[0] / (x[1] - x[0])), round(point[1] / (y[1] - y[0]))
        found.setdefault(place, FixedPoint(*point, (a, b), kind_of_fixed_point(eigenvalues)))
    return tuple(sorted(found.values(), key=lambda p: (p.x, p.y)))


def _changes(side: F64) -> npt.NDArray[np.bool_]:
    """Cells of the grid at whose corners a derivative has both signs."""
    corners = np.sign(np.stack([side[:-1, :-1], side[:-1, 1:], side[1:, :-1], side[1:, 1:]]))
    return np.asarray((corners.min(axis=0) <= 0) & (corners.max(axis=0) >= 0))


def _newton(slope: Slope, x: float, y: float) -> tuple[float, float] | None:
    """The zero that Newton's method finds from a point; None when it finds none."""
    point = np.array([x, y], np.float64)
    for _ in range(_ITERATIONS):
        with np.errstate(over="ignore", invalid="ignore"):
            value, matrix = slope(*point)
        if not (np.isfinite(value).all() and np.isfinite(matrix).all()) or np.linalg.det(matrix) == 0.0:
            return None
        step = np.linalg.solve(matrix, value)
        point -= step
        if (np.abs(step) <= 1e-12 * (1.0 + np.abs(point))).all():
            return float(point[0]), float(point[1])
    return None
