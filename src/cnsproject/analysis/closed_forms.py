"""What theory says about neurons: solutions to compare a simulation with. Numbers or arrays in, arrays out."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from cnsproject.errors import ParameterError

F64 = npt.NDArray[np.float64]


def lif_rate(
    current: npt.ArrayLike,
    *,
    tau: npt.ArrayLike,
    R: npt.ArrayLike,
    u_rest: npt.ArrayLike,
    u_reset: npt.ArrayLike,
    threshold: npt.ArrayLike,
    refractory: npt.ArrayLike = 0.0,
) -> F64:
    """Rate (Hz) of a leaky integrate-and-fire neuron under a constant current (nA), in continuous time.

    1/(refractory + tau*ln((u_rest + R*I - u_reset)/(u_rest + R*I - threshold))); 0 where u_rest + R*I <= threshold.

    tau, refractory in ms, R in MOhm, potentials in mV. A simulation with steps of dt gives periods that are longer by
    up to dt (a spike waits for the end of its step), and by what its scheme adds.

    Raises ParameterError for what is no such neuron: tau not above 0, u_reset not below the threshold, NaN.

    The solution of the equation in Gerstner et al. 2014, Neuronal Dynamics, ch. 1.3, with a refractory period.
    """
    known = {"tau": tau, "R": R, "u_rest": u_rest, "u_reset": u_reset, "threshold": threshold}
    _check("lif_rate", {"current": current, "refractory": refractory, **known})
    if np.any(np.asarray(u_reset) >= threshold):
        raise ParameterError(
            "lif_rate(u_reset)", got="a reset to the threshold or beyond", expected="u_reset below threshold (mV)",
            fix="lower u_reset",
        )  # fmt: skip
    goal = np.asarray(u_rest, np.float64) + np.asarray(R) * np.asarray(current)
    above = goal > threshold
    safe = np.where(above, goal, np.asarray(threshold) + 1.0)
    rise = np.asarray(tau) * np.log((safe - u_reset) / (safe - threshold))
    return np.asarray(np.where(above, 1e3 / (np.asarray(refractory) + rise), 0.0))


def lif_impedance(frequency: npt.ArrayLike, *, tau: npt.ArrayLike, R: npt.ArrayLike) -> npt.NDArray[np.complex128]:
    """Impedance (MOhm, complex) of a leaky integrator below its threshold at a frequency (Hz): R/(1 + i*2*pi*f*tau).

    tau in ms, R in MOhm. Its modulus is amplitude of u over amplitude of I, its argument the phase of u after I.

    Raises ParameterError for a tau or R that is not above 0, and for NaN.

    The Fourier transform of the equation in Gerstner et al. 2014, Neuronal Dynamics, ch. 1.3.
    """
    _check("lif_impedance", {"frequency": frequency, "tau": tau, "R": R})
    turned = 2j * math.pi * 1e-3 * np.asarray(frequency, np.float64) * np.asarray(tau)
    return np.asarray(np.asarray(R) / (1.0 + turned))


_FROM = {"tau": "above 0 (ms)", "R": "above 0 (MOhm)", "refractory": "from 0 on (ms)"}


def _check(what: str, given: Mapping[str, npt.ArrayLike]) -> None:
    """Raise for what is not finite, or out of its range."""
    for name, value in given.items():
        numbers = np.asarray(value, np.float64)
        wrong = ~np.isfinite(numbers)
        if name in _FROM:
            wrong |= (numbers < 0.0) if "from" in _FROM[name] else (numbers <= 0.0)
        if wrong.any():
            raise ParameterError(
                f"{what}({name})", got=f"{numbers[wrong].flat[0]:g}",
                expected="finite numbers " + _FROM.get(name, ""), fix="check how it was computed",
            )  # fmt: skip
