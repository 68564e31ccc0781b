"""The first figure with dials: every combination of their values, run beforehand so that the page needs nobody."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.experiments.measures import Measures, measure
from cnsproject.experiments.two_populations import Parameters, run


@dataclass(frozen=True)
class Dial:
    """A parameter that the reader of the page turns, and the values that it can have."""

    name: str
    meaning: str
    unit: str
    values: tuple[float, ...]


DIALS = (
    Dial("J1", "weight from p1 to p2", "nA", (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)),
    Dial("tau_s1", "decay of the current from p1 to p2", "ms", (2.0, 5.0, 10.0, 20.0, 50.0)),
    Dial("trace_scale1", "what a spike of p1 adds", "", (0.5, 1.0, 2.0, 3.0)),
)


def variants(parameters: Parameters, seed: int) -> dict[str, Any]:
    """What the script of the page draws, as plain numbers; the parameters themselves are among the combinations.

    dials      name, meaning, unit, values, and the place of the value that the parameters have
    runs       one for every combination, the last dial turning fastest: of each population every step with spikes,
               followed by who fired in it where it was not everyone; and what was measured
    current    of the input (nA): step at which it changes, and the value from there on
    """
    starts = [float(getattr(parameters, dial.name)) for dial in DIALS]
    values = [sorted({*dial.values, start}) for dial, start in zip(DIALS, starts, strict=True)]
    recordings = []
    for chosen in product(*values):
        settings = {dial.name: str(value) for dial, value in zip(DIALS, chosen, strict=True)}
        recordings.append(run(parameters.changed(settings), rng=seed, executor="cpu"))
    first = recordings[0]
    current = first.I1.reshape(-1)
    changes = np.flatnonzero(np.diff(current, prepend=np.nan))
    return {
        "dials": [
            {
                "name": dial.name,
                "meaning": dial.meaning,
                "unit": dial.unit,
                "values": among,
                "start": among.index(start),
            }
            for dial, among, start in zip(DIALS, values, starts, strict=True)
        ],
        "steps": parameters.time,
        "dt": parameters.dt,
        "neurons": [len(first.s1), len(first.s2)],
        "current": [[int(step), float(current[step])] for step in changes],
        "runs": [{"spikes": [_volleys(r.s1), _volleys(r.s2)], **_numbers(measure(r))} for r in recordings],
    }


def _volleys(spikes: npt.NDArray[np.bool_]) -> list[list[int]]:
    fired = [(int(step), np.flatnonzero(spikes[:, step])) for step in np.flatnonzero(spikes.any(axis=0))]
    return [[step, *([] if len(who) == len(spikes) else who.tolist())] for step, who in fired]


def _numbers(m: Measures) -> dict[str, Any]:
    names = ("first_spike", "period", "spikes_per_neuron", "mean_rate")
    return {"p1": [getattr(m.p1, n) for n in names], "p2": [getattr(m.p2, n) for n in names], "lag": m.lag}
