"""Regimes of Brunel's network (2000), model A: excitatory and inhibitory neurons are alike. Arrays in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnsproject.analysis.diffusion import Membranes, lif_response, lif_variation, siegert
from cnsproject.analysis.mean_field import FREQUENCIES, growing_modes
from cnsproject.checks import positive
from cnsproject.errors import ParameterError

F64 = npt.NDArray[np.float64]

REGULAR = 0.5
"""Coefficient of variation below which trains count as regular."""

QUIET = 0.1
"""Hz below which a network counts as quiescent."""

_RATES = 80  # on a logarithmic line, between which solutions are looked for
_ROUNDS = 40  # of halving


@dataclass(frozen=True, eq=False)
class Regimes:
    """The highest stationary state that is stable against slow changes, over g and the drive, (drives, gs) each.

    g, drive   inhibition over excitation, and rate of the drive over the one that brings u to the threshold
    rate       Hz
    mu, sigma  mV, of the input
    cv         coefficient of variation of the intervals
    modes      how many changes of the rate grow, see `StationaryState`
    frequency  of the oscillation that grows, or is damped least (Hz)
    """

    g: F64
    drive: F64
    rate: F64
    mu: F64
    sigma: F64
    cv: F64
    modes: npt.NDArray[np.int64]
    frequency: F64

    @property
    def labels(self) -> npt.NDArray[np.str_]:
        """Brunel's names: S or A, whether the stationary state is unstable, then R or I, whether trains are regular.

        "Q" (quiescent) where neurons hardly ever fire.
        """
        together = np.where(self.modes > 0, "S", "A")
        named = np.char.add(together, np.where(self.cv < REGULAR, "R", "I"))
        return np.where(self.rate < QUIET, "Q", named)


def threshold_rate(cells: Membranes, *, J: float, C_E: float, u_rest: float = 0.0) -> float:
    """nu_thr (Hz): C_E processes of this rate with jumps of J (mV) bring u to the threshold on average.

    nu_thr = (threshold - u_rest)/(J*C_E*tau).

    Brunel 2000, J. Comput. Neurosci. 8:183, section 2.
    """
    reach = float(np.asarray(cells.threshold)) - u_rest
    return 1e3 * reach / (positive("threshold_rate(J)", J, "mV") * C_E * float(np.asarray(cells.tau)))


def brunel_regimes(
    g: npt.ArrayLike,
    drive: npt.ArrayLike,
    *,
    J: float = 0.1,
    C_E: float = 1000.0,
    C_I: float | None = None,
    delay: float = 1.5,
    cells: Membranes | None = None,
) -> Regimes:
    """What theory says of Brunel's network over the ratio g (gs,) and the drive nu_ext/nu_thr (drives,).

    All neurons get C_E excitatory synapses of J (mV), C_I inhibitory ones of -g*J, and C_E Poisson processes of J
    from outside, so all fire at one rate nu:
    mu = 1e-3*tau*J*C_E*(nu_ext + nu*(1 - gamma*g)), sigma^2 = 1e-3*tau*J^2*C_E*(nu_ext + nu*(1 + gamma*g^2)),
    gamma = C_I/C_E. Excitation and inhibition are balanced at g = 1/gamma, which is 4 for a quarter of inhibitory
    synapses.

    C_I    a quarter of C_E when None        delay  of all synapses (ms)
    cells  Brunel's neurons when None: tau 20 ms, threshold 20 mV, u_reset 10 mV, refractory 2 ms; u_rest is 0

    Brunel 2000, J. Comput. Neurosci. 8:183, section 4 and figure 2; see `stationary_states` for how stability is
    told.
    """
    membranes = Membranes() if cells is None else cells
    across, up = (_ascending(name, values) for name, values in (("g", g), ("drive", drive)))
    gamma = (0.25 * C_E if C_I is None else C_I) / C_E
    strength = 1e-3 * float(np.asarray(membranes.tau)) * positive("brunel_regimes(J)", J, "mV") * C_E
    outside = up[:, None] * threshold_rate(membranes, J=J, C_E=C_E)
    mean, square = 1.0 - gamma * across, 1.0 + gamma * across**2

    def moments(nu: F64) -> tuple[F64, F64]:
        return strength * (outside + nu * mean), np.sqrt(strength * J * (outside + nu * square))

    rate = _highest(moments, (len(up), len(across)), membranes)
    mu, sigma = moments(rate)
    f = np.broadcast_to(FREQUENCIES, (*rate.shape, len(FREQUENCIES)))
    of_mu, of_variance = lif_response(f, mu[..., None], sigma[..., None], membranes)
    gain = strength * (of_mu * mean[:, None] + J * of_variance * square[:, None])
    turning = 2e-3j * math.pi * f
    loop = gain * np.exp(-turning * delay) / (1.0 + turning * np.asarray(membranes.tau_s))
    modes, frequency = growing_modes(loop[..., None, None], FREQUENCIES)
    return Regimes(across, up, rate, mu, sigma, lif_variation(mu, sigma, membranes), modes, frequency)


def _highest(moments: Callable[[F64], tuple[F64, F64]], shape: tuple[int, int], cells: Membranes) -> F64:
    """The highest rate that reproduces itself and to which rates near it return."""
    fastest = 1e3 / max(float(np.asarray(cells.refractory)), 0.5)
    line = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, _RATES)]) * fastest
    left = np.stack([siegert(*moments(np.full(shape, nu)), cells) - nu for nu in line])
    # Between two rates of which the lower one grows and the higher one falls.
    steady = (left[:-1] > 0.0) & (left[1:] <= 0.0)
    place = len(line) - 2 - np.argmax(steady[::-1], axis=0)
    low, high = line[place], line[place + 1]
    for _ in range(_ROUNDS):
        middle = 0.5 * (low + high)
        grows = siegert(*moments(middle), cells) > middle
        low, high = np.where(grows, middle, low), np.where(grows, high, middle)
    return np.asarray(0.5 * (low + high))


def _ascending(name: str, values: npt.ArrayLike) -> F64:
    array = np.asarray(values, np.float64)
    if (
        array.ndim != 1
        or not array.size
        or not np.isfinite(array).all()
        or (np.diff(array) <= 0.0).any()
        or array[0] < 0
    ):
        raise ParameterError(
            f"brunel_regimes({name})", got=str(values)[:60], expected="ascending numbers from 0 on, shape (points,)",
            fix="write numpy.linspace(0.5, 4, 30)",
        )  # fmt: skip
    return array
