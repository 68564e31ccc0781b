"""Parameters of Brian2 and NEST as ours, so that both make the same steps; `tests/peers` holds each spike by spike.

A spike of step k is stamped k*dt by Brian2 and by us, (k+1)*dt by NEST. Times in ms.
"""

from __future__ import annotations

import math


def delay(theirs: float, dt: float) -> float:
    """Brian2's delay d, and that of NEST's exponential synapses: both feel a spike of step k in step k + 1 + d/dt."""
    return theirs + dt


def refractory(brian2: float, dt: float) -> float:
    """Brian2's refractory period r > 0: it integrates again in step k + r/dt. NEST's is ours as it is."""
    return brian2 - dt


def refractory_with_jumps(brian2: float, dt: float) -> float:
    """Brian2's r where delta synapses jump u: what arrives during r, and in the step of the spike itself, is lost.

    It takes jumps again one step later than it integrates, so `reset_with_jumps` makes that step in advance.
    """
    return max(brian2, dt)


def reset_with_jumps(u_reset: float, u_inf: float, tau_membrane: float, dt: float) -> float:
    """u_reset after one step of exact integration towards u_inf = u_rest + R*I (mV)."""
    return u_inf + (u_reset - u_inf) * math.exp(-dt / tau_membrane)


def euler_decay(tau: float, dt: float) -> float:
    """Time constant whose exact decay is the Euler step x - dt/tau*x."""
    return -dt / math.log1p(-dt / tau)


def decaying_within_step(tau: float, tau_membrane: float, dt: float) -> float:
    """Factor on the weight of an exponential current that Brian2's "exact" and NEST let decay within the step.

    They move u by the integral of the decaying current; "exponential euler" holds the current during the step.
    """
    decay, leak = math.exp(-dt / tau), math.exp(-dt / tau_membrane)
    return tau / (tau_membrane - tau) * (leak - decay) / (1 - leak)


def jump_after_integration(tau_membrane: float, dt: float) -> float:
    """Factor on the weight of NEST's delta synapses: they jump after the integration of step k + d/dt, we before."""
    return math.exp(dt / tau_membrane)
