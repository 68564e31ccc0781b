"""`Live`: what is seen of a run while it runs."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cnsproject.checks import named_arguments, one_of, positive, whole
from cnsproject.errors import ArgumentError, ParameterError, UnknownNameError, nearest
from cnsproject.network.monitors import Monitor
from cnsproject.network.monitors.contents import Contents
from cnsproject.network.monitors.readings import label_of, own_name, unit_of
from cnsproject.network.monitors.spike_reducers import PopulationRate
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.views import PopulationView, parent_of
from cnsproject.network.watched import BINS, Watched, frame_of, picture_of, rate_in_bins, within
from cnsproject.plotting import Frame, Points
from cnsproject.plotting.screens import PLACES, Screen, find_screen

if TYPE_CHECKING:
    from cnsproject.network.network import Network

SHARE = 0.03  # of the time of a run that is spent on its picture, at most, and
ALLOWED = 0.1  # seconds beyond it, for axes that are drawn anew
ROWS = 1500  # of states in a window: about two for every pixel
_WHAT = "Network.run(live)"
_FIX = "On a server write live=False, or cns.Live(where=function)"


class Live:
    """What `Network.run(live=...)` shows, and where: spikes, the rate of every population, and states of some neurons.

    monitors  names of the monitors whose populations are shown; None for all. Of a monitor with "s" the raster and the
              rate are shown, with a PopulationRate the rate, and of the states that it records the first neurons.
              What no monitor records is not shown, and of connections nothing is
    states    names of the recorded states that are shown, such as ["u"]; None for all, [] for none
    neurons   of how many neurons states are shown, 0 to 3 for each monitor: the first that it records
    maps      whether populations of two dimensions, such as (28, 28), are shown as an image too: each neuron's rate
    window    how much of the past is seen (ms)
    fps       frames per second, at most; fewer where drawing would take more than 3 % of the time
    size      (width, height) in pixels; None for what the panels need
    where     "notebook", "window", a function that gets every `Frame` (`.rgba()` is an array (height, width, 4),
              `.png()` the bytes of a file, `.time` in ms), or "auto": the notebook if there is one, else a window. With
              "auto" and neither of them there is a warning, and the run goes on unseen

    An object that is given to several runs shows them in one picture, for a loop over runs in one cell; of short ones
    not each has a frame. Closing the window ends the picture and not the run.
    """

    @named_arguments
    def __init__(
        self,
        *,
        monitors: Sequence[str] | None = None,
        states: Sequence[str] | None = None,
        neurons: int = 3,
        maps: bool = False,
        window: float = 500.0,
        fps: float = 10.0,
        size: tuple[int, int] | None = None,
        where: str | Callable[[Frame], object] = "auto",
    ) -> None:
        self.monitors = _names("Live.monitors", monitors)
        self.states = _names("Live.states", states)
        self.neurons, self.maps = whole("Live.neurons", neurons), bool(maps)
        if self.neurons > 3:
            raise ParameterError(
                "Live.neurons", got=self.neurons, expected="0 to 3", fix="look at more of them with monitor.get"
            )
        self.window, self.fps = positive("Live.window", window, "ms"), positive("Live.fps", fps, "Hz")
        self.size = None if size is None else _size(size)
        self.where = where if callable(where) else one_of("Live.where", where, PLACES)
        self.screen: Screen | None = None  # and run, the last ones
        self.last: Show | None = None

    def __repr__(self) -> str:
        return f"Live(window={self.window:g}, fps={self.fps:g}, where={self.where!r})"


class Show:
    """One run on a screen. Called with the steps that are made; its `monitors` record the window, beside the user's.

    seconds  after about which it wants to be called
    """

    def __init__(self, live: Live, net: Network) -> None:
        # Of the options only what is needed: they hold this show, and a cycle would keep the network alive.
        self._net, self._chosen, self._period = net, _chosen(live, net), 1.0 / live.fps
        self._sources = [seen for name, monitor in self._chosen.items() if (seen := _see(name, monitor, live))]
        if not self._sources:
            raise ArgumentError(
                _WHAT, got="a network of which no monitor records spikes, a rate or states of a population",
                expected="at least one that does", fix="net.add_monitor(cns.Monitor(population, ['s']), 'spikes')",
            )  # fmt: skip
        _check_states(live, self._sources)
        if live.screen is None or not live.screen.lasting:
            live.screen = find_screen(live.where, "Live.where")
        self._screen: Screen | None = live.screen
        if self._screen is None:
            warnings.warn(f"{_WHAT}: there is no notebook and no display, so nothing is shown. {_FIX}", stacklevel=6)
        # A monitor of the user has no dot in its name.
        recorders = [monitor for seen in self._sources for monitor in seen.recorders if self._screen]
        self.monitors = {f"live.{k}": monitor for k, monitor in enumerate(recorders)}
        self._picture = picture_of(self._sources, window=live.window, size=live.size, maps=live.maps)
        self.seconds = self._period
        self._start = self._shown = self._ended = 0  # steps of the populations
        self._runs, self._begun, self._due, self._spent = 0, 0.0, 0.0, 0.0

    def continues(self, live: Live, net: Network) -> bool:
        """Whether a run begins where the last one ended, and shows the same."""
        same = [*map(id, _chosen(live, net).values())] == [*map(id, self._chosen.values())]
        at_end = all(source.monitor.steps_made == self._ended for source in self._sources)
        return self._net is net and same and at_end and self._screen is not None and self._screen.lasting

    def __enter__(self) -> Show:
        self._start, self._runs = self._steps(), self._runs + 1
        if self._runs == 1:
            self._begun = time.perf_counter()
            self._due = self._begun + self._period
        return self

    def __call__(self, made: int) -> None:
        """Show a frame after so many steps, if it is time."""
        now = time.perf_counter()
        if now >= self._due and self._spent <= ALLOWED + SHARE * (now - self._begun):
            self._show(self._start + made)

    def _show(self, steps: int) -> None:
        if self._screen is None:
            return
        begun, self._shown = time.perf_counter(), steps
        try:
            frame = frame_of(self._picture, self._sources, steps * float(self._net.dt))
            if not self._screen.show(frame):
                self._screen = None
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in a picture, the run goes on
            self._screen = None
            warnings.warn(f"{_WHAT}: nothing more is shown, since drawing failed: {error!r}", stacklevel=2)
        self._spent += time.perf_counter() - begun
        # On a grid, so that a run which looks a little too early every time does not lose every second frame.
        self._due = max(self._due + self._period, begun + 0.5 * self._period)

    def _steps(self) -> int:
        return max(source.monitor.steps_made for source in self._sources)

    def __exit__(self, kind: object, *_: object) -> None:
        self._ended = self._steps()
        # Of many short runs in one picture not each has a frame.
        wanted = self._runs == 1 or kind is not None or time.perf_counter() >= self._due
        if wanted and self._ended != self._shown:
            self._show(self._ended)


class Nothing:
    """In place of a Show where nothing is to be seen."""

    monitors: Mapping[str, Monitor] = {}
    seconds = None

    def __enter__(self) -> Nothing:
        return self

    def __call__(self, made: int) -> None:
        """Nothing."""

    def __exit__(self, *_: object) -> None:
        """Nothing."""


def show(live: bool | Live, net: Network) -> Show | Nothing:
    """What `run(live=...)` asks for. Raises what `Live` says, before the first step."""
    if not isinstance(live, bool | Live):
        raise ArgumentError(
            _WHAT, got=repr(live), expected="True, False or a cns.Live", fix="write live=cns.Live(window=200)"
        )
    if not live:
        return Nothing()
    options = Live() if live is True else live
    if options.last is None or not options.last.continues(options, net):
        options.last = Show(options, net)
    return options.last


class Seen(Watched):
    """A population during a run, as monitors of our own see it: they keep the window, in all that the user's records.

    monitor  the user's
    """

    def __init__(self, name: str, monitor: Monitor, live: Live) -> None:
        self.name, self.monitor = name, monitor
        obj, self._dt = monitor.obj, float(monitor.obj.dt)
        self.shape = tuple(obj.shape)
        self.raster = monitor._stores_spikes
        bins = [r.bin for r in monitor._reducers.values() if isinstance(r, PopulationRate)]
        usual = max(1, round(live.window / BINS / self._dt)) * self._dt
        self.bin = bins[0] if bins else usual if self.raster else None
        asked = None if live.states is None else [own_name(obj, name) for name in live.states]
        own = [name for name in monitor._names if name in parent_of(obj).states and live.neurons]
        self.states = {name: unit_of(obj, name) for name in own if asked is None or name in asked}
        self._spikes = self._record(obj, ["s"], live.window) if self.bin is not None else None
        self._states = self._record(_first(obj, live.neurons), list(self.states), live.window) if self.states else None
        self._known: tuple[tuple[float, float, int], Points] | None = None  # raster and rate are of the same spikes
        self.recorders = [m for m in (self._spikes, self._states) if m is not None]

    def _record(self, obj: Any, names: list[str], window: float) -> Monitor:
        """A monitor of the same times that keeps a window, of states as many rows as can be seen."""
        told = self.monitor._selection
        every = told.every or self._dt
        every *= max(1, int(window / every / ROWS))
        return Monitor(
            obj, names, self.monitor.device, every=every, start=told.start, stop=told.stop,
            window=max(1.0, np.ceil(window / every - 1e-9)) * every,
        )  # fmt: skip

    def spikes(self, first: float, last: float) -> Points:
        """Of a batch the first row."""
        contents = self._spikes._contents() if self._spikes else None
        if contents is None:
            return Points(np.empty(0), np.empty(0, np.int64))
        asked = (first, last, contents.spikes.count)
        if self._known is None or self._known[0] != asked:
            self._known = asked, self._spikes_now(contents, first, last)
        return self._known[1]

    def _spikes_now(self, contents: Contents, first: float, last: float) -> Points:
        rows, neurons = contents.events()
        if contents.is_batch:
            rows, neurons = rows[neurons < self.n], neurons[neurons < self.n]
        return within(Points(contents.spikes.steps(rows) * self._dt, neurons), first, last)

    def rate(self, first: float, last: float) -> Points:
        """In bins that are complete."""
        assert self._spikes is not None and self.bin is not None
        kept = self._spikes._steps.all_steps()[[0, -1]] if len(self._spikes._steps) else (0, -1)
        steps = np.rint(self.spikes(first, last).x / self._dt).astype(np.int64)
        since = max(int(kept[0]), round(first / self._dt))
        return rate_in_bins(steps, since, int(kept[1]) + 1, round(self.bin / self._dt), self._dt, self.n)

    def values(self, state: str, first: float, last: float) -> Points:
        """Of the first neurons."""
        contents = self._states._contents() if self._states else None
        if contents is None or not contents.count(state):
            return Points(np.empty(0), np.empty((0, 1)))
        times, values = contents.times(state), contents.values(state).cpu().numpy()
        assert times is not None
        if values.ndim > 2:
            values = values[:, 0]
        return within(Points(times, values), first, last)


def _see(name: str, monitor: Monitor, live: Live) -> Seen | None:
    """A monitor of a population of which there is something to show."""
    if not isinstance(parent_of(monitor.obj), NeuralPopulation):
        return None
    seen = Seen(name, monitor, live)
    return seen if seen.recorders else None


def _first(obj: NeuralPopulation | PopulationView, count: int) -> PopulationView:
    mask = np.zeros(obj.n, bool)
    mask[:count] = True
    return obj[mask.reshape(obj.shape)]


def _chosen(live: Live, net: Network) -> dict[str, Monitor]:
    """The monitors that were asked for."""
    if live.monitors is None:
        return dict(net.monitors)
    for name in live.monitors:
        if name not in net.monitors:
            raise UnknownNameError(
                "Live.monitors", got=repr(name), expected="the name of a monitor of the network",
                fix=nearest(name, net.monitors),
            )  # fmt: skip
    return {name: net.monitors[name] for name in live.monitors}


def _check_states(live: Live, sources: Sequence[Seen]) -> None:
    for name in live.states or ():
        if live.neurons and not any(own_name(s.monitor.obj, name) in s.states for s in sources):
            raise UnknownNameError(
                "Live.states", got=repr(name), expected="a state of a population that one of the monitors records",
                fix=f"record it: cns.Monitor({label_of(sources[0].monitor.obj)}, ['s', {name!r}])",
            )  # fmt: skip


def _names(what: str, given: object) -> tuple[str, ...] | None:
    if given is None:
        return None
    if isinstance(given, str) or not isinstance(given, Sequence) or not all(isinstance(name, str) for name in given):
        raise ArgumentError(what, got=repr(given), expected="a list of names", fix=f"write [{given!r}]")
    return tuple(given)


def _size(given: Any) -> tuple[int, int]:
    if not isinstance(given, Sequence) or len(given) != 2:
        raise ArgumentError("Live.size", got=repr(given), expected="(width, height) in pixels", fix="write (800, 500)")
    width, height = (whole("Live.size", side, least=100) for side in given)
    return width, height
