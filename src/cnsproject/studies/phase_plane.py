"""`phase_plane`: a model with two states as a flow in the plane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.analysis import kind_of_fixed_point
from cnsproject.checks import named_arguments, number
from cnsproject.dynamics.field import Field
from cnsproject.errors import ArgumentError, UnknownNameError, nearest
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.monitors import Monitor
from cnsproject.studies.account import accounted, of_run
from cnsproject.studies.batch import F64, Subject, copies, grid, input_of, pair, recorded, run, spikes, whole_steps
from cnsproject.studies.result import Quantity, Result, amount, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 400  # of the grid in each direction
_ITERATIONS = 50  # of Newton's method
_SAME = 1e-6  # of the range: what is nearer to each other is one fixed point
_LARGE = 1e100  # derivatives beyond are drawn as this
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
    """The flow of a model with two states, here x and y, under a constant input.

    name          of the neuron
    input         what drives it, with its unit: nA, unless its equations say otherwise
    current       the constant value of the input
    states        names of x and y
    units         of x and y
    x, y          (n,), (m,): the grid
    dx, dy        (m, n): time derivatives on the grid, in the unit of the state per ms; NaN where there is none
    fixed_points  those on the grid, ordered by x
    times         (steps + 1,) ms
    trajectory    (steps + 1, 2): from the start point on
    jumps         rows of the trajectory before which a reset moved it
    dt            length of a step of the trajectory (ms)
    """

    name: str
    input: Quantity
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
        points = [
            f"{p.kind} at {x} = {amount(p.x, of_x, '.4g')}, {y} = {amount(p.y, of_y, '.4g')}" for p in self.fixed_points
        ]
        found = "; ".join(points) or "no fixed point in this part of the plane"
        return f"phase plane of {self.name} at {self.input.of(self.current)}: {found}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Flow, nullclines, fixed points and the trajectory; returns the axes.

        Dotted lines are resets of the trajectory.
        """
        if ax is None:
            ax = plotting.grid([1.0])[1][0][0]
        x, y = self.states
        plotting.vector_field(self.x, self.y, self.dx, self.dy, ax=ax)
        plotting.nullclines(self.x, self.y, self.dx, self.dy, names=[f"d{x}/dt = 0", f"d{y}/dt = 0"], ax=ax)
        plotting.trajectory(self.trajectory, self.jumps, label="trajectory", ax=ax)
        points = [(p.x, p.y) for p in self.fixed_points]
        plotting.fixed_points(points, [p.kind for p in self.fixed_points], ax=ax)
        ax.set(xlim=(self.x[0], self.x[-1]), ylim=(self.y[0], self.y[-1]))
        plotting.name_axes(ax, *(with_unit(*named) for named in zip(self.states, self.units, strict=True)))
        return plotting.legend(ax, beside=True)

    def columns(self) -> Mapping[str, F64]:
        """The trajectory."""
        names = [with_unit(name, unit) for name, unit in zip(self.states, self.units, strict=True)]
        return {"time (ms)": self.times, **dict(zip(names, self.trajectory.T, strict=True))}


@named_arguments
@accounted
def phase_plane(
    population: Subject,
    ranges: Mapping[str, npt.ArrayLike],
    current: float = 0.0,
    *,
    start: Mapping[str, float] | None = None,
    time: float = 500.0,
    dt: float | None = None,
    seed: int = 1,
) -> PhasePlane:
    """Nullclines, flow, fixed points and a trajectory of a model with exactly two states.

    The flow is computed from the declared equations, without their noise; the trajectory by the simulation itself.

    population  neurons that are alike, or one neuron: `population[3]`; it is copied and stays as it is
    ranges      both states, the horizontal one first: {"u": (-80, -40), "w": (0, 2)}
    current     constant input (nA)
    start       where the trajectory begins: {"u": -60}; a state that is left out begins at the start value of the
                population
    time        length of the trajectory (ms)
    dt          its step (ms), when not that of the population
    seed        of the noise in the equations, where there is some

    Fixed points are found where both derivatives change their sign in one cell of a grid of 400 x 400 points, then by
    Newton's method. Raises ArgumentError for a model with other than two states, UnknownNameError for names that are
    none of them.
    """
    given = number("phase_plane(current)", current, "nA")
    replica = copies("phase_plane", population, 1, dt, driven=given != 0.0)
    states, units = _two_states(replica, ranges)
    assert replica.dt is not None
    whole_steps("phase_plane(time)", time, replica.dt)
    bounds = _by_state("ranges", replica, ranges)
    x, y = (
        np.linspace(*pair(f"phase_plane(ranges[{name!r}])", bounds[name], unit), _POINTS)
        for name, unit in zip(states, units, strict=True)
    )
    field, values = Field(replica.dynamics), _values(replica, given)
    # Far away it may be too large for a number, or have none, as the root of a negative number.
    with np.errstate(all="ignore"):
        sides = field.derivatives({**values, states[0]: x[None, :], states[1]: y[:, None]})
    order = [field.states.index(name) for name in states]
    dx, dy = (np.clip(np.broadcast_to(sides[k], (_POINTS, _POINTS)), -_LARGE, _LARGE) for k in order)
    begin = {} if start is None else _by_state("start", replica, start)
    path, jumps, monitor = _trajectory(replica, states, given, begin, time, seed)
    return PhasePlane(
        name=str(replica.name), input=input_of(replica), current=given, states=states, units=units, x=x, y=y, dx=dx,
        dy=dy, fixed_points=_fixed_points(field, values, states, x, y, dx, dy), times=grid(len(path), replica.dt),
        trajectory=path, jumps=jumps, dt=replica.dt, provenance=of_run(monitor),
    )  # fmt: skip


def _by_state(which: str, replica: ModelPopulation, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given by name, by the names of the model."""
    what, states = f"phase_plane({which})", tuple(replica.dynamics.states)
    if not isinstance(given, Mapping):
        raise ArgumentError(
            what, got=repr(given), expected="values by the names of states",
            fix=f"write {which}={{{states[0]!r}: ...}}; the states are {', '.join(states)}",
        )  # fmt: skip
    named = {replica.aliases.get(name, name): value for name, value in given.items()}
    for name in named:
        if name not in states:
            raise UnknownNameError(
                what, got=repr(name), expected=" and ".join(states), fix=nearest(str(name), states)
            )  # fmt: skip
    return named


def _two_states(replica: ModelPopulation, ranges: Mapping[str, Any]) -> tuple[tuple[str, str], tuple[str, str]]:
    """The states, the horizontal one first, and their units."""
    states = replica.dynamics.states
    if len(states) != 2:
        raise ArgumentError(
            "phase_plane(population)", got=f"a model with {len(states)} state{'s' * (len(states) != 1)}"
            f" ({', '.join(states)})", expected="a model with two states, such as cns.AELIFPopulation",
            fix="look at one of its states over time: cns.step_response(...)",
        )  # fmt: skip
    order = tuple(_by_state("ranges", replica, ranges))
    if len(order) != 2:
        raise ArgumentError(
            "phase_plane(ranges)", got=f"ranges of {', '.join(order) or 'none'}", expected=" and ".join(states),
            fix="give (low, high) for both",
        )  # fmt: skip
    return (order[0], order[1]), (states[order[0]], states[order[1]])


def _values(replica: ModelPopulation, current: float) -> dict[str, Any]:
    """What the equations need to know besides the states."""
    parameters = {name: float(getattr(replica, name)) for name in replica.dynamics.parameters}
    return parameters | dict.fromkeys(replica.dynamics.inputs, current) | {"dt": replica.dt}


def _trajectory(
    replica: ModelPopulation, states: tuple[str, str], current: float, start: Mapping[str, Any], time: float, seed: int
) -> tuple[F64, npt.NDArray[np.int64], Monitor]:
    """Start point and the states after every step, the rows in which a spike has reset them, and what recorded both."""
    for name, value in start.items():
        setattr(replica, name, number(f"phase_plane(start[{name!r}])", value, replica.dynamics.states[name]))
    first = [float(getattr(replica, name)) for name in states]
    monitor = run(replica, time, current, ["s", *states], seed=seed)
    path = np.concatenate([[first], np.column_stack([recorded(monitor, name) for name in states])])
    if not replica.dynamics.reset:
        return path, np.empty(0, np.int64), monitor
    assert replica.dt is not None
    return path, np.rint(spikes(monitor)[0] / replica.dt).astype(np.int64) + 1, monitor


def _fixed_points(
    field: Field, values: Mapping[str, Any], states: tuple[str, str], x: F64, y: F64, dx: F64, dy: F64
) -> tuple[FixedPoint, ...]:
    """The common zeros of both derivatives: one search from every cell of the grid in which both change their sign."""

    def slope(at_x: float, at_y: float) -> tuple[F64, F64]:
        here = {**values, states[0]: at_x, states[1]: at_y}
        sides, slopes = np.array(field.derivatives(here), np.float64), np.array(field.jacobian(here), np.float64)
        return sides[order], slopes[np.ix_(order, order)]

    order = [field.states.index(name) for name in states]
    found: list[FixedPoint] = []
    near = np.array([np.ptp(x), np.ptp(y)]) * _SAME
    for row, column in np.argwhere(_changes(dx) & _changes(dy)):
        point = _newton(slope, x[column : column + 2].mean(), y[row : row + 2].mean())
        if point is None or not all(v[0] - e <= at <= v[-1] + e for v, e, at in zip((x, y), near, point, strict=True)):
            continue
        # Searches from neighbouring cells meet in the same point.
        if any((np.abs(np.subtract(point, (other.x, other.y))) <= near).all() for other in found):
            continue
        eigenvalues = np.linalg.eigvals(slope(*point)[1]).astype(complex)
        a, b = (complex(value) for value in eigenvalues)
        found.append(FixedPoint(*point, (a, b), kind_of_fixed_point(eigenvalues)))
    return tuple(sorted(found, key=lambda p: (p.x, p.y)))


def _changes(side: F64) -> npt.NDArray[np.bool_]:
    """Cells of the grid at whose corners a derivative has both signs."""
    corners = np.sign(np.stack([side[:-1, :-1], side[:-1, 1:], side[1:, :-1], side[1:, 1:]]))
    return np.asarray((corners.min(axis=0) <= 0) & (corners.max(axis=0) >= 0))


def _newton(slope: Slope, x: float, y: float) -> tuple[float, float] | None:
    """The zero that Newton's method finds from a point; None when it finds none."""
    point = np.array([x, y], np.float64)
    for _ in range(_ITERATIONS):
        with np.errstate(all="ignore"):
            value, matrix = slope(*point)
        if not (np.isfinite(value).all() and np.isfinite(matrix).all()) or np.linalg.det(matrix) == 0.0:
            return None
        step = np.linalg.solve(matrix, value)
        point -= step
        if (np.abs(step) <= 1e-12 * (1.0 + np.abs(point))).all():
            return float(point[0]), float(point[1])
    return None
