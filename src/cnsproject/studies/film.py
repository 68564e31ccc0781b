"""`animate`: a recording as a film."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from cnsproject.checks import named_arguments, number, positive, whole
from cnsproject.errors import ArgumentError, ParameterError, UnknownNameError
from cnsproject.network.monitors.contents import Contents, Entry
from cnsproject.network.monitors.recording import Recording
from cnsproject.network.network import Network
from cnsproject.network.watched import BINS, Watched, frame_of, picture_of, rate_in_bins, within
from cnsproject.plotting import Points, color_table
from cnsproject.storage.films import ENDINGS, ffmpeg, write_film

_WHAT = "animate"


@named_arguments
def animate(
    recorded: Recording | Network,
    path: str | Path,
    *,
    fps: float = 25.0,
    speed: float = 200.0,
    window: float = 500.0,
    start: float | None = None,
    stop: float | None = None,
    states: Sequence[str] | None = None,
    neurons: int = 3,
    maps: bool = False,
    size: tuple[int, int] | None = None,
    dpi: float = 100.0,
) -> Path:
    """Write a film of what was recorded: raster, rate and states in a window of time that moves. Returns its path.

    recorded     a Monitor, what `cns.open` gives, or a Network: all its monitors
    path         ends in .gif or .mp4. A .gif grows to megabytes; an .mp4 is small and is written by ffmpeg, that of the
                 system or of `pip install 'cnsproject[film]'`. It is there whole or not at all, and one of that name is
                 replaced
    fps          frames per second of the film
    speed        ms of model time per second of the film
    window       how much of the past is seen (ms)
    start, stop  ms; None for all that was recorded. The film has (stop - start)/speed seconds
    states       names of recorded states; None for all, [] for none
    neurons      of how many neurons states are shown, 0 to 3: the first that were recorded
    maps         whether populations of two dimensions, such as (28, 28), are shown as an image too: the rate of every
                 neuron in the window
    size, dpi    (width, height) in pixels, None for what the panels need; resolution, that of text too

    Frames are made and written one by one: memory holds what was recorded once more, and one frame. Raises
    ArgumentError for another ending or where nothing was recorded that can be shown, UnknownNameError for a state that
    was not recorded, MissingExtraError without ffmpeg, RecordingError where the file cannot be written.
    """
    place, rate, step = (
        _path(path),
        positive(f"{_WHAT}(fps)", fps, "Hz"),
        positive(f"{_WHAT}(speed)", speed, "ms") / fps,
    )
    span, count = positive(f"{_WHAT}(window)", window, "ms"), whole(f"{_WHAT}(neurons)", neurons)
    if count > 3:
        raise ParameterError(f"{_WHAT}(neurons)", got=count, expected="0 to 3", fix="look at more with monitor.get")
    if place.suffix == ".mp4":
        ffmpeg()
    films = _sources(recorded, states, count, span)
    begin = min(film.begin for film in films) if start is None else number(f"{_WHAT}(start)", start, "ms")
    end = max(film.end for film in films) if stop is None else number(f"{_WHAT}(stop)", stop, "ms")
    if end <= begin:
        raise ParameterError(
            f"{_WHAT}(start, stop)", got=f"{begin:g} to {end:g} ms", expected="a time that begins before it ends",
            fix="leave them out for all that was recorded",
        )  # fmt: skip
    picture = picture_of(films, window=span, size=size, maps=maps, dpi=positive(f"{_WHAT}(dpi)", dpi))

    def frames() -> Iterator[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
        for k in range(1, math.ceil((end - begin) / step - 1e-9) + 1):
            yield frame_of(picture, films, min(begin + k * step, end)).pixels

    return write_film(place, frames(), color_table(), rate)


class Filmed(Watched):
    """A recording in a film.

    begin, end  of what was recorded (ms)
    """

    def __init__(self, name: str, recording: Recording, states: Sequence[str] | None, neurons: int, window: float):
        contents = self._contents = recording._contents()
        self.name, self.shape = name, contents.shape
        self._dt = float(contents.dt or 0.0)
        self.raster = contents.has_spikes and bool(contents.count("s"))
        self._rates = [n for n in contents.names if contents.kind(n) == "bins" and contents.count(n)]
        usual = max(1, round(window / BINS / self._dt)) * self._dt
        self.bin = contents.bin(self._rates[0]) if self._rates else usual if self.raster else None
        asked = None if states is None else [contents.aliases.get(state, state) for state in states]
        known = {n: e for n in contents.names if neurons and (e := _state(contents, n)) is not None}
        self.states = {n: entry.unit for n, entry in known.items() if asked is None or n in asked}
        self._spikes = self._load_spikes()
        self._values = {n: self._load_values(n, neurons) for n in self.states}
        axes = [axis for axis in (contents.spikes, contents.rows) if axis.count]
        edges = [axis.steps(np.array([axis.oldest, axis.count - 1])) for axis in axes]
        self.begin = min((int(edge[0]) for edge in edges), default=0) * self._dt
        self.end = (max((int(edge[1]) for edge in edges), default=-1) + 1) * self._dt

    def _load_spikes(self) -> Points:
        if not self.raster:
            return Points(np.empty(0), np.empty(0, np.int64))
        rows, places = self._contents.events()
        if self._contents.is_batch:
            rows, places = rows[places < self.n], places[places < self.n]
        return Points(self._contents.spikes.steps(rows) * self._dt, places)

    def _load_values(self, name: str, neurons: int) -> Points:
        times, values = self._contents.times(name), self._contents.values(name).cpu().numpy()
        assert times is not None
        if values.ndim > 1 + len(self.shape):  # of a batch the first row
            values = values[:, 0]
        return Points(times, values.reshape(len(values), -1)[:, :neurons].copy())

    def spikes(self, first: float, last: float) -> Points:
        """Of a batch the first row."""
        return within(self._spikes, first, last)

    def rate(self, first: float, last: float) -> Points:
        """In bins that are complete, as they were counted where that was done."""
        assert self.bin is not None
        if self._rates:
            times, values = self._contents.times(self._rates[0]), self._contents.values(self._rates[0]).numpy()
            assert times is not None
            return within(Points(times + 0.5 * self.bin, values), first, last - 0.5 * self.bin)
        steps = np.rint(self.spikes(first, last).x / self._dt).astype(np.int64)
        since, until = round(max(first, self.begin) / self._dt), round(last / self._dt)
        return rate_in_bins(steps, since, until, round(self.bin / self._dt), self._dt, self.n)

    def values(self, state: str, first: float, last: float) -> Points:
        """Of the first neurons."""
        return within(self._values[state], first, last)


def _state(contents: Contents, name: str) -> Entry | None:
    """An entry that has a value for every neuron and row."""
    if contents.kind(name) != "rows" or not contents.count(name) or not contents.shape:
        return None
    entry = contents.entry(name)
    return entry if entry.shape[-len(contents.shape) :] == contents.shape else None


def _sources(recorded: object, states: Sequence[str] | None, neurons: int, window: float) -> list[Filmed]:
    if isinstance(recorded, Network):
        found = dict(recorded.monitors)
    elif isinstance(recorded, Recording):
        found = {recorded._contents().name: recorded}  # type: ignore[dict-item]
    else:
        raise ArgumentError(
            f"{_WHAT}(recorded)", got=type(recorded).__name__, expected="a Monitor, a recording or a Network",
            fix="give what recorded, or cns.open(path)",
        )  # fmt: skip
    if isinstance(states, str):
        raise ArgumentError(f"{_WHAT}(states)", got=repr(states), expected="a list", fix=f"write [{states!r}]")
    films = [Filmed(n, one, states, neurons, window) for n, one in found.items() if one._contents().dt is not None]
    films = [film for film in films if film.bin is not None or film.states]
    if not films:
        raise ArgumentError(
            f"{_WHAT}(recorded)", got="no spikes, rates or states of a population", expected="some that were recorded",
            fix="record them in a run: cns.Monitor(population, ['s'])",
        )  # fmt: skip
    for state in states or ():
        if neurons and not any(f._contents.aliases.get(state, state) in f.states for f in films):
            raise UnknownNameError(
                f"{_WHAT}(states)", got=repr(state), expected="a state of a population that was recorded",
                fix="record it: cns.Monitor(population, ['s', '" + state + "'])",
            )  # fmt: skip
    return films


def _path(path: object) -> Path:
    if not isinstance(path, str | Path) or Path(path).suffix not in ENDINGS:
        raise ArgumentError(
            f"{_WHAT}(path)", got=repr(path), expected="a path that ends in .gif or .mp4", fix="write 'film.mp4'"
        )
    return Path(path)
