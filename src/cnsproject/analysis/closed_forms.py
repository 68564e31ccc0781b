"""What theory says about neurons: solutions to compare a simulation with. Numbers or arrays in, arrays out."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

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

    The solution of the equation in Gerstner et al. 2014, Neuronal Dynamics, ch. 1.3, with a refractory period.
    """
    goal = np.asarray(u_rest, np.float64) + np.asarray(R) * np.asarray(current)
    above = goal > threshold
    safe = np.where(above, goal, np.asarray(threshold) + 1.0)
    rise = np.asarray(tau) * np.log((safe - u_reset) / (safe - threshold))
    return np.asarray(np.where(above, 1e3 / (np.asarray(refractory) + rise), 0.0))


def lif_impedance(frequency: npt.ArrayLike, *, tau: npt.ArrayLike, R: npt.ArrayLike) -> npt.NDArray[np.complex128]:
    """Impedance (MOhm, complex) of a leaky integrator below its threshold at a frequency (Hz): R/(1 + i*2*pi*f*tau).

    tau in ms, R in MOhm. Its modulus is amplitude of u over amplitude of I, its argument the phase of u after I.

    The Fourier transform of the equation in Gerstner et al. 2014, Neuronal Dynamics, ch. 1.3.
    """
    turned = 2j * math.pi * 1e-3 * np.asarray(frequency, np.float64) * np.asarray(tau)
    return np.asarray(np.asarray(R) / (1.0 + turned))
