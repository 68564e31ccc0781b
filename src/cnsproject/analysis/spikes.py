"""What a spike raster tells: times in steps, rates in Hz.

Spikes are arrays of shape (neurons, steps), bool or 0/1. A volley is a step in which at least one neuron fires. What
is not defined for the raster at hand (the period of a silent population) is None, never a number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnsproject.checks import positive
from cnsproject.errors import ShapeError

Ints = npt.NDArray[np.int64]


def _raster(spikes: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    array = np.asarray(spikes)
    if array.ndim != 2 or 0 in array.shape:
        raise ShapeError(
            "spikes",
            got=f"shape {array.shape}",
            expected="(neurons, steps)",
            fix="transpose what Monitor.get('s') returns",
        )
    return array.astype(bool)


def volleys(spikes: npt.ArrayLike) -> Ints:
    """Steps in which at least one neuron fires."""
    return np.flatnonzero(_raster(spikes).any(axis=0))


def first_spike(spikes: npt.ArrayLike) -> int | None:
    """Step of the first spike; None when there is none."""
    steps = volleys(spikes)
    return int(steps[0]) if len(steps) else None


def intervals(spikes: npt.ArrayLike) -> Ints:
    """All intervals between successive spikes of a neuron, in steps, of all neurons one after the other."""
    neuron, step = np.nonzero(_raster(spikes))
    return np.asarray(np.diff(step)[np.diff(neuron) == 0], dtype=np.int64)


def period(spikes: npt.ArrayLike) -> float | None:
    """Mean interval between successive spikes of a neuron, in steps; None when no neuron fires twice."""
    found = intervals(spikes)
    return float(found.mean()) if len(found) else None


def spikes_per_neuron(spikes: npt.ArrayLike) -> float:
    """Mean number of spikes of a neuron."""
    return float(_raster(spikes).sum(axis=1).mean())


def mean_rate(spikes: npt.ArrayLike, dt: float) -> float:
    """Mean firing rate of a neuron over the whole raster (Hz); dt is the length of a step (ms)."""
    raster = _raster(spikes)
    seconds: float = raster.shape[1] * positive("mean_rate(dt)", dt, "ms") * 1e-3
    return spikes_per_neuron(raster) / seconds


def lags(leader: npt.ArrayLike, follower: npt.ArrayLike) -> Ints:
    """From every volley of `leader` to the next of `follower`, in steps; 0 when they coincide.

    A volley of the leader that is followed by its own next volley first has no answer and is left out.
    """
    lead, follow = volleys(leader), volleys(follower)
    answer = np.searchsorted(follow, lead)
    answered = answer < len(follow)
    lead, reply = lead[answered], follow[answer[answered]]
    in_time = np.append(reply[:-1] < lead[1:], True) if len(lead) else np.empty(0, bool)
    return np.asarray((reply - lead)[in_time], dtype=np.int64)
