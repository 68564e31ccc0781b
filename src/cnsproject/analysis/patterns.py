"""What kind of firing a step of current calls forth: one word for a spike train."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnsproject.checks import number
from cnsproject.errors import ParameterError

Times = npt.NDArray[np.float64]

_FEWEST = 6  # intervals that make a pattern
_SAME = 0.05  # relative difference of intervals that count as equal
_LONGEST_PERIOD = 12  # intervals after which a train may repeat itself
_BURST = 4.0  # an interval so many times as long as the one before ends a burst
_CHANGE = 2.0  # a rate that changes by this factor is not tonic
_DELAY = 2.0  # so many mean intervals to the first spike are a delay


def firing_pattern(times: npt.ArrayLike, start: float, stop: float) -> str | None:
    """The pattern of one neuron under a constant current from `start` to `stop` (ms), given the times of its spikes.

    silent            no spike
    transient         some spikes, then none for longer than twice any interval, and for half of the time or more
    regular bursting  the intervals repeat after 2 to 12 of them, and the longest exceeds the shortest four times
    irregular         the intervals do not repeat at all
    initial burst     the first intervals are short, then one is more than four times the one before; regular after it
    adapting          regular in the end, with intervals more than twice the first
    accelerating      regular in the end, with intervals less than half of the first
    tonic             regular, and none of these

    "delayed" stands before it where the first spike takes more than two mean intervals of the end. The end are the
    intervals of the second half of the train; they are equal up to 5 %. Spikes outside of [start, stop) do not count.
    None where there are too few spikes to tell (fewer than 7).

    The names are those of Naud et al. 2008, Biol. Cybern. 99:335; the numbers in the criteria are ours.
    """
    begin, end = number("firing_pattern(start)", start, "ms"), number("firing_pattern(stop)", stop, "ms")
    if end <= begin:
        raise ParameterError(
            "firing_pattern(stop)", got=f"{end:g} ms", expected=f"a time after start = {begin:g} ms", fix="swap them"
        )
    spikes = np.sort(np.asarray(times, np.float64).reshape(-1))
    spikes = spikes[(spikes >= begin) & (spikes < end)]
    if not len(spikes):
        return "silent"
    intervals = np.diff(spikes)
    rest = end - spikes[-1]
    if rest >= (end - begin) / 2 and rest > 2 * intervals.max(initial=0.0):
        return "transient"
    if len(intervals) < _FEWEST:
        return None
    last = intervals[len(intervals) // 2 :]
    delayed = "delayed " if spikes[0] - begin > _DELAY * last.mean() else ""
    return delayed + _in_the_end(intervals, last)


def _in_the_end(intervals: Times, last: Times) -> str:
    """The pattern of a train that goes on to the end."""
    period = _period(last)
    if period is None:
        return "irregular"
    if period > 1 and last.max() > _BURST * last.min():
        return "regular bursting"
    if (intervals[1:] > _BURST * intervals[:-1]).any():
        return "initial burst"
    if last.mean() > _CHANGE * intervals[0]:
        return "adapting"
    return "accelerating" if intervals[0] > _CHANGE * last.mean() else "tonic"


def _period(intervals: Times) -> int | None:
    """After how many intervals a train repeats itself; None when it does not."""
    for period in range(1, min(_LONGEST_PERIOD, len(intervals) // 2) + 1):
        before, after = intervals[:-period], intervals[period:]
        if (np.abs(after - before) <= _SAME * np.maximum(before, after)).all():
            return period
    return None
