"""Mean-field theory of populations of leaky integrate-and-fire neurons that drive each other. Arrays in, numbers out.

The input of a neuron is a sum of many small jumps, so it is its mean and variance that count; both follow from the
rates of all populations, and the rates follow from both (`diffusion.siegert`). Where that closes are the stationary
states.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnsproject.analysis.diffusion import Membranes, lif_response, lif_variation, siegert
from cnsproject.errors import ParameterError, ShapeError

F64 = npt.NDArray[np.float64]
C128 = npt.NDArray[np.complex128]

_FASTEST = 2000.0  # Hz, that a neuron without a refractory period is taken to be able to
_STARTS = 144  # where solutions are looked for, at most
_ROUNDS = 60  # of Newton's method
_EXACT = 1e-8  # of a rate, in parts of it or in Hz
_NODES = 15  # for neurons that differ within a population
FREQUENCIES = np.concatenate(
    [np.geomspace(0.05, 1.0, 5)[:-1], np.geomspace(1.0, 30.0, 25)[:-1], np.geomspace(30.0, 4000.0, 250)]
)
"""Where linear responses are looked at (Hz): close enough for the resonances of neurons that fire regularly."""


@dataclass(frozen=True)
class Populations:
    """So many populations, and what their spikes do: in [a, b] to a neuron of population a, by all of population b.

    cells     membranes of the populations
    level     (n,) mV: where u comes to rest without spikes, currents from outside included
    jumps     (n, n) mV: sum of the jumps when all synapses from b are active once; negative where b inhibits
    squares   (n, n) mV^2: sum of their squares
    delay     (n, n) ms
    outside   (2, n): mean (mV) and variance sigma^2 (mV^2) of what Poisson processes outside add; 0 when None
    spread    (n, n) mV^2: variance of `jumps` over the neurons of a, where they differ; 0 when None

    Synapses with a time constant count by the jump R*weight*tau_s/tau that one spike comes to. Raises ShapeError for
    arrays that do not fit, ParameterError for negative squares, spreads, delays and variances.
    """

    cells: Membranes
    level: npt.ArrayLike
    jumps: npt.ArrayLike
    squares: npt.ArrayLike
    delay: npt.ArrayLike = 0.0
    outside: npt.ArrayLike | None = None
    spread: npt.ArrayLike | None = None

    def __post_init__(self) -> None:
        n = np.asarray(self.level).size
        shapes = {"level": (n,), **dict.fromkeys(("jumps", "squares", "delay", "spread"), (n, n)), "outside": (2, n)}
        for name, shape in shapes.items():
            given = 0.0 if getattr(self, name) is None else getattr(self, name)
            try:
                array = np.broadcast_to(np.asarray(given, np.float64), shape)
            except ValueError:
                raise ShapeError(
                    f"Populations.{name}", got=f"shape {np.shape(given)}", expected=f"{shape} for {n} populations",
                    fix="give a row for each population that receives, a column for each that sends",
                ) from None  # fmt: skip
            if not np.isfinite(array).all() or (name in ("squares", "delay", "spread") and (array < 0.0).any()):
                raise ParameterError(
                    f"Populations.{name}", got=f"{array.flat[int(np.argmin(array))]:g}",
                    expected="finite numbers" + ("" if name in ("level", "jumps", "outside") else " from 0 on"),
                    fix="check how they were computed",
                )  # fmt: skip
            object.__setattr__(self, name, array)
        if (np.asarray(self.outside)[1] < 0.0).any():
            raise ParameterError(
                "Populations.outside", got=f"a variance of {np.asarray(self.outside)[1].min():g} mV^2",
                expected="variances from 0 on", fix="give sigma^2 = 1e-3*tau*J^2*rate",
            )  # fmt: skip

    def input(self, rates: npt.ArrayLike) -> tuple[F64, F64]:
        """Mean mu and noise sigma (mV) of the input, (..., n), while the populations fire at `rates` (..., n) Hz."""
        nu = np.asarray(rates, np.float64)
        tau, outside = 1e-3 * np.asarray(self.cells.tau), np.asarray(self.outside)
        mu = self.level + outside[0] + tau * (nu @ np.asarray(self.jumps).T)
        return mu, np.sqrt(outside[1] + tau * (nu @ np.asarray(self.squares).T))

    def answer(self, rates: npt.ArrayLike) -> F64:
        """The rates (Hz) of neurons whose input comes from populations that fire at `rates`, both (..., n)."""
        mu, sigma = self.input(rates)
        if not np.any(self.spread):
            return siegert(mu, sigma, self.cells)
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        nu = np.asarray(rates, np.float64)
        deviation = 1e-3 * np.asarray(self.cells.tau) * np.sqrt(nu**2 @ np.asarray(self.spread).T)
        several = [siegert(mu + node * deviation, sigma, self.cells) for node in nodes]
        return np.asarray(np.tensordot(weights / weights.sum(), several, axes=1))

    def slopes(self, rates: npt.ArrayLike) -> F64:
        """d answer/d rates, (..., n, n), by central differences."""
        nu = np.asarray(rates, np.float64)
        columns = []
        for b in range(nu.shape[-1]):
            step = np.zeros_like(nu)
            step[..., b] = 1e-4 * nu[..., b] + 1e-5
            low = np.maximum(nu - step, 0.0)
            columns.append((self.answer(nu + step) - self.answer(low)) / (nu + step - low)[..., b : b + 1])
        return np.stack(columns, axis=-1)


@dataclass(frozen=True)
class StationaryState:
    """Rates that reproduce themselves.

    rates      (n,) Hz
    mu, sigma  (n,) mV, of the input
    cv         (n,) coefficient of variation of the intervals
    growth     largest real part of the eigenvalues of d answer/d rates - 1: above 0 a small change of the rates grows,
               even a slow one
    modes      how many changes of the rates grow on the time scale of the neurons: zeros with a positive real part of
               det(1 - M(lambda)), see `stationary_states`; those of an oscillation come in pairs
    frequency  of the oscillation that grows, or is damped least (Hz); 0 where what grows does not oscillate
    """

    rates: F64
    mu: F64
    sigma: F64
    cv: F64
    growth: float
    modes: int
    frequency: float

    @property
    def stable(self) -> bool:
        """Whether no small change of the rates grows."""
        return self.growth < 0.0 and self.modes == 0


def stationary_states(populations: Populations) -> list[StationaryState]:
    """All stationary states, by their rates; those that are not stable too.

    Solutions of rates = answer(rates) are looked for by Newton's method from a grid of starts. Whether one is stable
    tells the linear response of the neurons (`lif_response`): with M_ab(lambda) = exp(-lambda*delay)/(1 +
    lambda*tau_s) * tau*(N_mu*jumps_ab + N_sigma*squares_ab) a change of the rates grows like exp(lambda*t) where
    det(1 - M(lambda)) = 0. Zeros with a positive real part are counted by Nyquist's criterion, from frequencies up to
    4000 Hz.

    Brunel 2000, J. Comput. Neurosci. 8:183, sections 3 and 4; Amit & Brunel 1997, Cereb. Cortex 7:237.
    """
    found = [_state(populations, rates) for rates in _solutions(populations)]
    return sorted(found, key=lambda state: float(state.rates.sum()))


def closed_loop(populations: Populations, rates: npt.ArrayLike, frequency: npt.ArrayLike) -> C128:
    """M (points, n, n): what comes back of small changes of the rates at some frequencies (points,) (Hz)."""
    mu, sigma = populations.input(np.asarray(rates, np.float64))
    f, cells = np.asarray(frequency, np.float64), populations.cells
    of_mu, of_variance = lif_response(f[:, None], mu, sigma, cells)
    jumps, squares = np.asarray(populations.jumps), np.asarray(populations.squares)
    iw = 2e-3j * math.pi * f[:, None, None]
    # Both are (points, a); rates in Hz and tau in ms make the factor 1e-3.
    gain = of_mu[..., None] * jumps + of_variance[..., None] * squares
    tau = np.broadcast_to(np.asarray(cells.tau), mu.shape)[:, None]
    tau_s = np.broadcast_to(np.asarray(cells.tau_s), mu.shape)[:, None]
    return np.asarray(1e-3 * tau * gain * np.exp(-iw * np.asarray(populations.delay)) / (1.0 + iw * tau_s))


def growing_modes(loop: npt.ArrayLike, frequency: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], F64]:
    """How many solutions of det(1 - M(lambda)) = 0 have a positive real part, and the frequency of the foremost (Hz).

    loop       (..., points, n, n): M at ascending frequencies (points,) (Hz) from nearly 0 on to where it has faded

    det(1 - M(i*w)) turns around 0 once for each of them (Nyquist). The frequency is the one at which an eigenvalue of
    M comes furthest beyond 1, or nearest to it, with the phase of 0.
    """
    m, f = np.asarray(loop, np.complex128), np.asarray(frequency, np.float64)
    values = np.asarray(np.linalg.eigvals(m) if m.shape[-1] > 1 else m[..., 0], np.complex128)
    left = np.prod(1.0 - values, axis=-1)
    # Half of the way, from frequency 0 to infinity, where the determinant is 1; the other half mirrors it.
    ends = np.concatenate([left, np.ones_like(left[..., :1])], axis=-1)
    start = np.where(ends[..., 0].real < 0.0, math.pi, 0.0)  # at frequency 0 it is real
    turn = np.angle(ends[..., 1:] / ends[..., :-1]).sum(axis=-1) + np.angle(ends[..., 0]) - np.where(
        np.angle(ends[..., 0]) < 0.0, -start, start
    )  # fmt: skip
    count = np.round(-turn / math.pi).astype(np.int64)
    return np.maximum(count, 0), _foremost(values, f)


def _foremost(values: C128, f: F64) -> F64:
    """Where an eigenvalue crosses the positive real axis furthest out (Hz); 0 where that is no oscillation."""
    ordered = values if values.shape[-1] == 1 else _followed(values)
    a, b = ordered[..., :-1, :], ordered[..., 1:, :]
    crosses = (a.imag * b.imag <= 0.0) & (a.real + b.real > 0.0)
    share = np.abs(a.imag) / np.maximum(np.abs(a.imag) + np.abs(b.imag), 1e-300)
    height = np.where(crosses, a.real + share * (b.real - a.real), 0.0)
    where = f[:-1, None] + share * np.diff(f)[:, None]
    slow = np.where(ordered[..., :1, :].real > 0.0, ordered[..., :1, :].real, 0.0)
    height, where = (
        np.concatenate([first, rest], axis=-2).reshape(*height.shape[:-2], -1)
        for first, rest in ((slow, height), (np.zeros_like(slow), where))
    )
    return np.take_along_axis(where, height.argmax(axis=-1)[..., None], axis=-1)[..., 0]


def _followed(values: C128) -> C128:
    """Eigenvalues (..., points, n) in an order in which each goes on where it was, nearest first."""
    result = values.copy()
    for k in range(1, values.shape[-2]):
        left = result[..., k, :].copy()
        for place in range(values.shape[-1]):
            far = np.abs(left - result[..., k - 1, place, None])
            best = np.where(np.isnan(far), math.inf, far).argmin(axis=-1)[..., None]
            result[..., k, place] = np.take_along_axis(left, best, axis=-1)[..., 0]
            np.put_along_axis(left, best, np.nan, axis=-1)
    return result


def _state(populations: Populations, rates: F64) -> StationaryState:
    mu, sigma = populations.input(rates)
    growth = float((np.linalg.eigvals(populations.slopes(rates)) - 1.0).real.max())
    noisy = sigma > 0.0
    cv = np.where(noisy, lif_variation(mu, np.where(noisy, sigma, 1.0), populations.cells), 0.0)
    modes, frequency = int(growth > 0.0), 0.0
    if noisy.all():
        loop = closed_loop(populations, rates, FREQUENCIES)
        counted, foremost = growing_modes(loop, FREQUENCIES)
        modes, frequency = int(counted), float(foremost)
    return StationaryState(rates, mu, sigma, cv, growth, modes, frequency)


def _solutions(populations: Populations) -> list[F64]:
    """Different rates (n,) with answer(rates) = rates."""
    n = np.asarray(populations.level).size
    refractory = np.broadcast_to(np.asarray(populations.cells.refractory), (n,))
    highest = np.where(refractory > 0.0, 1e3 / np.maximum(refractory, 1e-9), _FASTEST)
    # Few starts on each side where there are many populations, and then both ends.
    side = np.concatenate([[0.0], np.geomspace(1e-3, 0.99, max(1, int(_STARTS ** (1.0 / n)) - 1))[::-1]])
    grid = np.stack(np.meshgrid(*[side] * n, indexing="ij"), axis=-1).reshape(-1, n) * highest
    nu, error = grid, populations.answer(grid) - grid
    stuck = np.zeros(len(nu), bool)
    for _ in range(_ROUNDS):
        going = (_size(error, nu) > _EXACT) & ~stuck
        if not going.any():
            break
        at = nu[going]
        away = populations.slopes(at) - (1.0 - 1e-12) * np.eye(n)
        step = -np.linalg.solve(away, error[going][..., None])[..., 0]
        nu[going], error[going] = _improved(populations, at, error[going], step, highest)
        stuck[going] = (nu[going] == at).all(axis=-1)
    done = nu[_size(error, nu) <= 1e-6]
    different: list[F64] = []
    for one in done:
        if not any(np.allclose(one, other, rtol=1e-4, atol=1e-6) for other in different):
            different.append(one)
    if not different:
        raise ParameterError(
            "stationary_states(populations)", got="no rates that reproduce themselves", expected="a stationary state",
            fix="give the neurons a refractory period, or weaken the excitation",
        )  # fmt: skip
    return different


def _improved(populations: Populations, nu: F64, error: F64, step: F64, highest: F64) -> tuple[F64, F64]:
    """Newton's step, or as large a part of it as makes the error smaller."""
    best, best_error = nu.copy(), error.copy()
    left = np.ones(len(nu), bool)
    for part in (1.0, 0.5, 0.2, 0.05, 0.01):
        tried = np.clip(nu[left] + part * step[left], 0.0, highest)
        new = populations.answer(tried) - tried
        better = np.linalg.norm(new, axis=-1) < np.linalg.norm(error[left], axis=-1)
        rows = np.flatnonzero(left)[better]
        best[rows], best_error[rows] = tried[better], new[better]
        left[rows] = False
        if not left.any():
            break
    return best, best_error


def _size(error: F64, nu: F64) -> F64:
    return np.asarray((np.abs(error) / (1.0 + nu)).max(axis=-1))
