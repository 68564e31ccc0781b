"""The figure of a recording: its spikes, and below them what else was recorded over time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.analysis import split_by_neuron
from cnsproject.checks import number, whole
from cnsproject.errors import ParameterError, StateError
from cnsproject.network.monitors.contents import Array, Contents
from cnsproject.network.monitors.exports import refuse_order

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.floating[Any]]


def picture(
    contents: Contents,
    *,
    start: float | None,
    stop: float | None,
    neurons: int,
    sort: str,
    bin: float,
    kernel: str | None,
    width: float | None,
) -> Figure:
    """What `Recording.plot` draws."""
    what = f"{contents.owner}.plot"
    shown = whole(f"{what}(neurons)", neurons, least=1)
    names = [n for n in contents.names if contents.kind(n) in ("rows", "bins") and contents.count(n)]
    if contents.dt is None or not (names or (contents.has_spikes and contents.spikes.count)):
        raise StateError(
            what, got="nothing over time", expected="recorded spikes, states or rates, of something with a dt",
            fix="record them first: Monitor(layer, ['s', 'u']), then run",
        )  # fmt: skip
    begin, end = _window(contents, what, names, start, stop)
    data = events = None
    if contents.has_spikes and contents.spikes.count:
        rows, places = contents.events()
        if contents.is_batch:
            raise StateError(
                what, got="the spikes of a batch", expected="a population without one", fix="use get('s')"
            )  # fmt: skip
        events = contents.spikes.steps(rows) * contents.dt, places
        data = (*events, int(np.prod(contents.shape)))
    panels = [_panel(contents, name, shown, events, begin, end) for name in names]
    return plotting.recorded_activity(
        data, panels, start=begin, stop=end, bin=bin, kernel=kernel, width=width, sort=sort, title=contents.label
    )


def _window(
    contents: Contents, what: str, names: list[str], start: float | None, stop: float | None
) -> tuple[float, float]:
    """From when to when there is something, or what was asked for of it (ms)."""
    dt = float(contents.dt or 0.0)
    spikes = [name for name in contents.names if contents.kind(name) == "spikes" and contents.spikes.count]
    edges: list[float] = []
    for name in (*spikes, *names):
        steps = contents.steps(name)
        if steps is None or not len(steps):
            continue
        if (np.diff(steps) <= 0).any():
            refuse_order(contents, "plot")
        last = contents.steps_of_bin(name) if contents.kind(name) == "bins" else 1
        edges += [float(steps[0] * dt), float((steps[-1] + last) * dt)]
    if not edges:
        raise StateError(what, got="no complete bin", expected="one at least", fix="run for longer")
    begin = min(edges) if start is None else number(f"{what}(start)", start, "ms")
    end = max(edges) if stop is None else number(f"{what}(stop)", stop, "ms")
    if not begin < end or begin >= max(edges) or end <= min(edges):
        raise ParameterError(
            f"{what}(start, stop)", got=f"{begin:g} to {end:g} ms", expected=f"a part of {min(edges):g} to "
            f"{max(edges):g} ms", fix="choose times that were recorded",
        )  # fmt: skip
    return begin, end


def _panel(
    contents: Contents, name: str, shown: int, events: tuple[Floats, Array] | None, begin: float, end: float
) -> plotting.RecordedState:
    """A state of some neurons, or a rate that was counted during the run."""
    times, unit, kind = contents.times(name), contents.unit(name), contents.kind(name)
    assert times is not None
    values = contents.values(name).cpu().numpy()
    inside = (times >= begin) & (times < end)
    if not inside.any():
        raise ParameterError(
            f"{contents.owner}.plot(start, stop)", got=f"{begin:g} to {end:g} ms, in which no {name} was recorded",
            expected="times of everything that was recorded", fix="choose a longer part",
        )  # fmt: skip
    label = name if unit == "1" else f"{name} ({unit})"
    if kind == "bins":
        return plotting.RecordedState(label, times[inside] + 0.5 * contents.bin(name), values[inside])
    flat = values.reshape(len(values), -1)[inside, :shown].astype(np.float64)
    if contents.entry(name).dims != ("time", "neuron"):
        what = contents.entry(name).dims[-1]
        return plotting.RecordedState(label, times[inside], flat, [f"{what} {k}" for k in range(flat.shape[1])])
    which = contents.coordinates()["neuron"].values[: flat.shape[1]]
    condition, level = _threshold(contents, name)
    strokes = None
    if events is not None and condition:
        trains = split_by_neuron(*events, int(np.prod(contents.shape)))[: flat.shape[1]]
        strokes = [train[(train >= begin) & (train < end)] for train in trains]
    return plotting.RecordedState(label, times[inside], flat, [f"neuron {k}" for k in which], strokes, level)


def _threshold(contents: Contents, name: str) -> tuple[bool, dict[str, float]]:
    """Whether a spike resets a state when it reaches a level; and that level, where all neurons have the same."""
    model = contents.model()
    found = re.fullmatch(rf"{re.escape(name)}\s*>=?\s*(\w+)", str(model.get("spike", "")))
    if found is None:
        return False, {}
    level = model["parameters"].get(found[1], {}).get("value")
    resets = bool(model.get("reset"))
    return resets, {found[1]: float(level)} if isinstance(level, int | float) else {}
