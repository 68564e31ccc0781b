"""A leaky integrate-and-fire neuron under many small jumps, in the diffusion approximation. Arrays in, arrays out.

Between spikes tau du/dt = mu - u + sigma*sqrt(tau)*xi(t). Of jumps J (mV) that arrive at a rate r (Hz)
mu is 1e-3*tau*J*r above rest and sigma^2 is 1e-3*tau*J^2*r (mV^2), twice the variance that u has without a threshold
(Brunel 2000, J. Comput. Neurosci. 8:183, section 3). All arguments may be arrays that numpy can broadcast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnsproject.errors import ParameterError

F64 = npt.NDArray[np.float64]
C128 = npt.NDArray[np.complex128]

_POINTS = 1501  # of an integral
_FARTHEST = 25.0  # from mu to threshold, in sigma: the rate is 0 to 250 digits beyond it
_RARE = 12.0  # the same: spikes are a Poisson process to 60 digits beyond it
_BETWEEN_STEPS = 0.5826  # -zeta(1/2)/sqrt(2*pi): how far a path rises unseen between steps, in standard deviations
_SMOOTH = 1.0326  # -zeta(1/2)/sqrt(2): what filtered noise adds to threshold and reset, in sigma*sqrt(tau_s/tau)
_CELLS = 250  # between threshold and reset, and as many below
_LOWEST = 5.0  # sigma below reset and mu, where hardly any neuron is
_SLOWEST = 1e-5  # of w*tau: what stands for frequency 0, where two terms vanish together


@dataclass(frozen=True)
class Membranes:
    """What theory has to know of neurons: numbers, or arrays of one shape.

    tau         time constant of the membrane (ms)
    u_reset     where it is set to after a spike (mV)
    threshold   of spikes (mV)
    refractory  period after a spike (ms)
    tau_s       time constant of the synaptic currents (ms); 0: they are jumps
    dt          length of a step (ms) of the simulation to compare with, see `lif_noise_rate`; 0: none. Only for jumps

    Raises ParameterError for a tau that is not above 0, negative times, and a threshold that is not above u_reset.
    """

    tau: npt.ArrayLike = 20.0
    u_reset: npt.ArrayLike = 10.0
    threshold: npt.ArrayLike = 20.0
    refractory: npt.ArrayLike = 2.0
    tau_s: npt.ArrayLike = 0.0
    dt: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            object.__setattr__(self, name, np.asarray(value, np.float64))
        _check("tau", self.tau, np.asarray(self.tau) > 0.0, "above 0 (ms)")
        for name in ("refractory", "tau_s", "dt"):
            _check(name, getattr(self, name), np.asarray(getattr(self, name)) >= 0.0, "from 0 on (ms)")
        above = np.asarray(self.threshold) > np.asarray(self.u_reset)
        _check("threshold", self.threshold, above, "a threshold above u_reset (mV)")

    def bounds(self, mu: npt.ArrayLike, sigma: npt.ArrayLike) -> tuple[F64, F64]:
        """(u_reset - mu)/sigma and (threshold - mu)/sigma, with what filtered noise and steps add."""
        s: F64 = np.asarray(sigma, np.float64)
        tau: F64 = np.asarray(self.tau, np.float64)
        smooth = _SMOOTH * np.sqrt(np.asarray(self.tau_s, np.float64) / tau)
        hidden = np.where(np.asarray(self.tau_s) > 0.0, 0.0, _BETWEEN_STEPS * np.sqrt(self.dt / tau))
        reset, goal, m = (np.asarray(value, np.float64) for value in (self.u_reset, self.threshold, mu))
        return np.asarray((reset - m) / s + smooth), np.asarray((goal - m) / s + smooth + hidden)


def siegert(mu: npt.ArrayLike, sigma: npt.ArrayLike, cells: Membranes) -> F64:
    """Rate (Hz) of neurons with a mean input mu (mV) and noise sigma (mV).

    1/(refractory + tau*sqrt(pi) * integral of exp(x^2)*(1 + erf(x)) from (u_reset - mu)/sigma to
    (threshold - mu)/sigma), both bounds + 1.0326*sqrt(tau_s/tau) for synaptic currents with a time constant. Where
    sigma is 0 it is the rate under a constant input.

    Raises ParameterError for a sigma below 0, and for NaN.

    Siegert 1951, Phys. Rev. 81:617; Brunel 2000. Filtered noise: Brunel & Sergi 1998, J. Theor. Biol. 195:87;
    Fourcaud & Brunel 2002, Neural Comput. 14:2057: the first order in sqrt(tau_s/tau).
    """
    mu, sigma = _read(mu, sigma)
    noisy = sigma > 0.0
    lower, upper = np.broadcast_arrays(*cells.bounds(mu, np.where(noisy, sigma, 1.0)))
    noisy = np.broadcast_to(noisy, lower.shape)
    inside = np.where(noisy, _passage(lower, upper), 0.0)
    if not noisy.all():
        inside = np.where(noisy, inside, _steady(mu, cells))
    with np.errstate(divide="ignore"):
        return np.asarray(1e3 / (np.asarray(cells.refractory, np.float64) + np.asarray(cells.tau) * inside))


def lif_variation(mu: npt.ArrayLike, sigma: npt.ArrayLike, cells: Membranes) -> F64:
    """Coefficient of variation of the intervals of neurons with a mean input mu and noise sigma (mV).

    CV^2 = 2*pi*(rate*tau)^2 * integral over x, between the bounds of `siegert`, of
    exp(x^2) * (integral of exp(y^2)*(1 + erf(y))^2 up to x). 0 for a clock, 1 for a Poisson process.

    Brunel 2000, J. Comput. Neurosci. 8:183, appendix A.1.
    """
    mu, sigma = _read(mu, sigma)
    _check("sigma", sigma, sigma > 0.0, "above 0 (mV)")
    from scipy.special import erfcx  # longer to import than all of ours

    lower, upper = np.broadcast_arrays(*cells.bounds(mu, sigma))
    rare = upper > _RARE
    last = np.where(rare, 0.0, upper)
    first = np.minimum(np.minimum(lower, last), 0.0) - _LOWEST
    cell = (last - first) / _POINTS
    inner, total = np.zeros_like(last), np.zeros_like(last)
    for k in range(_POINTS):
        # inner = exp(x^2) * integral of exp(y^2)*(1 + erf(y))^2, so d inner/dx = 2*x*inner + erfcx(-x)^2.
        x = first + (k + 0.5) * cell
        grow, before = 2.0 * x * cell, inner
        inner = inner * np.exp(grow) + erfcx(-x) ** 2 * cell * _relative(grow)
        total += np.where(x >= lower, 0.5 * (inner + before) * cell, 0.0)
    turned = 1e-3 * siegert(mu, sigma, cells) * np.asarray(cells.tau)
    return np.asarray(np.where(rare, 1.0, math.sqrt(2.0 * math.pi) * turned * np.sqrt(total)))


def lif_response(
    frequency: npt.ArrayLike, mu: npt.ArrayLike, sigma: npt.ArrayLike, cells: Membranes
) -> tuple[C128, C128]:
    """Linear response of the rate to small changes of the input at some frequencies (Hz).

    Of an input mu + eps*exp(i*w*t), w = 2*pi*frequency, the rate becomes rate + N*eps*exp(i*w*t). Returned are N for
    changes of mu (Hz/mV) and for changes of sigma^2 (Hz/mV^2); at frequency 0 they are the derivatives of `siegert`.
    Of synapses with a time constant the bounds are those of `siegert`; that their current follows the spikes with
    1/(1 + i*w*tau_s) is left to the caller. A rate too low to be told from 0 gives 0.

    Raises ParameterError for a sigma that is not above 0, and for NaN.

    By threshold integration, Richardson 2007, Phys. Rev. E 76:021919; the closed form, by confluent hypergeometric
    functions, is in Brunel & Hakim 1999, Neural Comput. 11:1621.
    """
    mu, sigma = _read(mu, sigma)
    _check("sigma", sigma, sigma > 0.0, "above 0 (mV)")
    turning = 2e-3 * math.pi * np.asarray(frequency, np.float64) * np.asarray(cells.tau)
    lower, upper = cells.bounds(mu, sigma)
    held = np.asarray(cells.refractory) / np.asarray(cells.tau)
    lower, upper, turning, held = np.broadcast_arrays(lower, upper, turning, held)
    silent = upper > _FARTHEST
    upper, lower = np.where(silent, 1.0, upper), np.where(silent, 0.0, lower)
    iw = 1j * np.where(np.abs(turning) < _SLOWEST, _SLOWEST, turning)
    flow = _Flow(iw, upper)
    flow.go_down((upper - lower) / _CELLS)
    flow.come_back(np.exp(-iw * held))
    flow.go_down((lower - np.minimum(lower, 0.0) + _LOWEST) / _CELLS)
    rate = np.where(silent, 0.0, 1e3 / np.asarray(cells.tau) / (flow.mass + held))
    of_mu, of_variance = (-rate * flux / flow.flux[0] for flux in flow.flux[1:])
    return np.asarray(of_mu / sigma), np.asarray(of_variance / sigma**2)


class _Flow:
    """The density of neurons over y = (u - mu)/sigma per rate, and what small changes make of it, from the top down.

    With time in tau the flux is j = -y*p - p'/2, and j' = -i*w*p. `changes` and `flux` are those that a change of the
    rate makes, of mu/sigma, and of sigma^2 in parts of itself.
    """

    def __init__(self, iw: C128, top: F64) -> None:
        self.iw, self.y = iw, top
        self.p, self.mass = np.zeros_like(top), np.zeros_like(top)
        self.through = 1.0  # the flux of the neurons at rest
        none = np.zeros(top.shape, np.complex128)
        self.changes = [none, none, none]
        self.flux = [none + 1.0, none, none]

    def come_back(self, delayed: C128) -> None:
        """Pass the reset, where those enter that have spiked before."""
        self.through = 0.0
        self.flux[0] = self.flux[0] - delayed

    def go_down(self, cell: F64) -> None:
        """So many cells; within one p' = -2*y*p - 2*j is solved for the y and j of its middle."""
        for _ in range(_CELLS):
            middle = self.y - 0.5 * cell
            grow = 2.0 * middle * cell
            decay, gain = np.exp(grow), 2.0 * cell * _relative(grow)
            before, self.p = self.p, self.p * decay + gain * self.through
            mean = 0.5 * (before + self.p)
            sources = (np.zeros_like(mean), -mean, -middle * mean - self.through)
            for k, source in enumerate(sources):
                # The flux in the middle of the cell: half of what the upper end gives is known.
                here = self.flux[k] + 0.5 * self.iw * cell * self.changes[k]
                after = self.changes[k] * decay + gain * (here + source)
                self.flux[k] = self.flux[k] + 0.5 * self.iw * cell * (self.changes[k] + after)
                self.changes[k] = after
            self.mass = self.mass + mean * cell
            self.y = self.y - cell


def _passage(lower: F64, upper: F64) -> F64:
    """sqrt(pi) * integral of exp(x^2)*(1 + erf(x)) between the bounds; infinite beyond what a number holds."""
    reached = upper < _FARTHEST
    high, low = np.where(reached, upper, 0.0)[..., None], np.where(reached, lower, -1.0)[..., None]
    # Both bounds may be far on either side of 0: the variable is the logarithm of that of the formula.
    x = np.linspace(math.log(1e-16), math.log(_FARTHEST + 6.0), _POINTS)
    t = np.exp(x)
    values = np.exp(2.0 * high * t - t * t) - np.exp(2.0 * low * t - t * t)
    ends = 0.5 * (values[..., 0] + values[..., -1])
    return np.asarray(np.where(reached, (values.sum(axis=-1) - ends) * (x[1] - x[0]), math.inf))


def _steady(mu: F64, cells: Membranes) -> F64:
    """The same without noise: ln((mu - u_reset)/(mu - threshold))."""
    goal, reset = np.asarray(cells.threshold), np.asarray(cells.u_reset)
    above = mu > goal
    safe = np.where(above, mu, goal + 1.0)
    return np.asarray(np.where(above, np.log((safe - reset) / (safe - goal)), math.inf))


def _relative(z: F64) -> F64:
    """(exp(z) - 1)/z."""
    small = np.abs(z) < 1e-9
    safe = np.where(small, 1.0, z)
    return np.asarray(np.where(small, 1.0, np.expm1(safe) / safe))


def _read(mu: npt.ArrayLike, sigma: npt.ArrayLike) -> tuple[F64, F64]:
    m, s = np.asarray(mu, np.float64), np.asarray(sigma, np.float64)
    _check("mu", m, np.isfinite(m), "finite numbers (mV)")
    _check("sigma", s, np.isfinite(s) & (s >= 0.0), "from 0 on (mV)")
    return m, s


def _check(name: str, value: npt.ArrayLike, good: npt.ArrayLike, expected: str) -> None:
    fine = np.asarray(good)
    if not fine.all():
        given = np.broadcast_to(np.asarray(value), fine.shape)[~fine]
        raise ParameterError(
            f"diffusion approximation, {name}", got=f"{given.flat[0]:g}", expected=expected,
            fix="check how it was computed",
        )  # fmt: skip
