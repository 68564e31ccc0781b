"""How fast a neuron fires by theory where there is an integral instead of a closed form. Arrays in, arrays out."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

_POINTS = 8001  # of an integral
_FARTHEST = 25.0  # from rest to threshold, in standard deviations times sqrt(2): the rate is 0 to 250 digits beyond it
_BETWEEN_STEPS = 0.5826  # -zeta(1/2)/sqrt(2*pi): how far a path rises unseen between steps, in standard deviations


def lif_noise_rate(
    current: npt.ArrayLike,
    *,
    sigma: float,
    tau: float,
    R: float,
    u_rest: float,
    u_reset: float,
    threshold: float,
    refractory: float = 0.0,
    dt: float = 0.0,
) -> F64:
    """Rate (Hz) of a leaky integrate-and-fire neuron under a current (nA) with white noise: the Siegert formula.

    1/(refractory + tau*sqrt(pi) * integral of exp(x^2)*(1 + erf(x)) from (u_reset - mu)/s to (threshold - mu)/s)
    with mu = u_rest + R*current and s = R*sigma/sqrt(tau), which is sqrt(2) standard deviations of u.

    current    (points,) nA, its mean
    sigma      intensity of the noise, above 0 (nA*sqrt(ms)), as that of `WhiteNoise`
    dt         length of a step (ms) of the simulation to compare with: a path that passes the threshold and returns
               within a step is not seen, as if the threshold were higher by 0.5826*R*sigma*sqrt(dt)/tau. 0: none
    tau, refractory in ms, R in MOhm, potentials in mV.

    Siegert 1951, Phys. Rev. 81:617; the integral in the form of Brunel & Hakim 1999, Neural Comput. 11:1621; the
    steps after Broadie et al. 1997, Math. Finance 7:325.
    """
    mu = np.asarray(u_rest + R * np.asarray(current, np.float64))[..., None]
    s = R * sigma / math.sqrt(tau)
    goal = threshold + _BETWEEN_STEPS * R * sigma * math.sqrt(dt) / tau
    upper, lower = (goal - mu) / s, (u_reset - mu) / s
    reached = upper[..., 0] < _FARTHEST
    upper, lower = (np.where(reached[..., None], bound, level) for bound, level in ((upper, 0.0), (lower, -1.0)))
    # Both bounds may be far on either side of 0: the variable is the logarithm of that of the formula.
    x = np.linspace(math.log(1e-16), math.log(_FARTHEST + 6.0), _POINTS)
    t = np.exp(x)
    values = np.exp(2.0 * upper * t - t * t) - np.exp(2.0 * lower * t - t * t)
    return np.asarray(np.where(reached, 1e3 / (refractory + tau * _integral(values, x)), 0.0))


def elif_rate(
    current: npt.ArrayLike,
    *,
    tau: float,
    R: float,
    u_rest: float,
    u_reset: float,
    threshold: float,
    delta_t: float,
    theta_rh: float,
    refractory: float = 0.0,
) -> F64:
    """Rate (Hz) of an exponential integrate-and-fire neuron under a constant current (nA), in continuous time.

    1/(refractory + integral of du/(du/dt) from u_reset to threshold); 0 up to the rheobase
    R*current = theta_rh - u_rest - delta_t, where the neuron comes to rest. current is (points,); tau, refractory in
    ms, R in MOhm, potentials and delta_t in mV.

    Gerstner et al. 2014, Neuronal Dynamics, ch. 5.2.
    """
    drive = np.asarray(R * np.asarray(current, np.float64))[..., None]
    above = drive > theta_rh - u_rest - delta_t
    u = np.linspace(u_reset, threshold, _POINTS)
    slope = u_rest - u + delta_t * np.exp((u - theta_rh) / delta_t) + np.where(above, drive, math.inf)
    rise = tau * _integral(1.0 / slope, u)
    return np.asarray(np.where(above[..., 0], 1e3 / (refractory + np.maximum(rise, 1e-300)), 0.0))


def _integral(values: F64, x: F64) -> F64:
    """By the trapezoidal rule over evenly spaced x, along the last axis."""
    ends = 0.5 * (values[..., 0] + values[..., -1])
    return np.asarray((values.sum(axis=-1) - ends) * (x[1] - x[0]))
