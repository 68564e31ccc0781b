"""`Monitor`: keeps the values of state variables, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, positive
from cnsproject.errors import ArgumentError, ShapeError, StateError, TimeGridError
from cnsproject.network.monitors.axis import Axis
from cnsproject.network.monitors.contents import Contents
from cnsproject.network.monitors.events import Events, Starts, in_full
from cnsproject.network.monitors.live import LiveContents
from cnsproject.network.monitors.member import Member
from cnsproject.network.monitors.readings import label_of
from cnsproject.network.monitors.recording import Recording
from cnsproject.network.monitors.reducers import Reducer, StateReducer
from cnsproject.network.monitors.selection import Selection, Span
from cnsproject.network.monitors.series import Blocks, Series, Staging
from cnsproject.network.monitors.spike_reducers import SpikeReducer
from cnsproject.network.monitors.streaming import Store
from cnsproject.network.monitors.wanted import clock_of, part_of, read
from cnsproject.network.views import parent_of

Ints = np.ndarray[Any, np.dtype[np.int64]]


class Monitor(Member, Recording):
    """Records attributes of a population or connection: `record()` once per step, `get(name)` afterwards.

    obj              population, a part of one, or connection
    state_variables  what to record: names of states, parameters, or `w` and `current` of a connection, and reducers
                     such as Mean("u"), Histogram("w", edges) or PopulationRate(5), which are computed as the
                     simulation runs so that no series is stored
    device           where the recording is kept
    every            states, parameters and weights every so many ms, from `start` on; spikes are always recorded whole
    neurons          which ones: an index, list, slice or mask, as in `population[...]`
    start, stop      record what happens at start <= time < stop (ms), the time of the population since its reset;
                     of a connection that of its post
    window           keep the last so many ms
    store            a new folder, such as "run.zarr" (Zarr 3), to which everything is written while recording: memory
                     holds no more than the last second of work, and `cns.open(store)` finds what was recorded also
                     where the process was killed. `Network.run` writes all at its end, a loop by hand by `flush()`

    Times are whole numbers of steps, the window also a multiple of `every`. Without a window everything is kept and
    the storage grows. Spikes are kept as events: `spikes()` gives their times and neurons. Recorded values carry no
    gradient. A name may be another spelling of one (`v` of `u`). Raises UnknownNameError for a name that `obj` does
    not have, TimeGridError for a time off the grid, ParameterError or ArgumentError for what cannot be, RecordingError
    for a store that exists, or that cannot be written: on a full disk what is there stays, and what is not there yet
    stays in memory, to be written by `flush()` when there is room.

    >>> import cnsproject as cns
    >>> cell = cns.LIFPopulation(2, tau=10, R=10, dt=1.0)
    >>> monitor = cns.Monitor(cell, ["s", "u"])
    >>> for _ in range(12):
    ...     cell.forward(4.0)
    ...     monitor.record()
    >>> tuple(monitor.get("u").shape)  # steps, neurons
    (12, 2)
    >>> times, neurons = monitor.spikes()
    >>> times.tolist(), neurons.tolist()  # ms
    ([4.0, 4.0, 9.0, 9.0], [0, 1, 0, 1])
    """

    @named_arguments
    def __init__(
        self,
        obj: Any,
        state_variables: Sequence[str | Reducer],
        device: str | torch.device = "cpu",
        *,
        every: float | None = None,
        neurons: Any = None,
        start: float | None = None,
        stop: float | None = None,
        window: float | None = None,
        store: str | Path | None = None,
    ) -> None:
        self.obj = obj if neurons is None else part_of(obj, neurons)
        self.device = torch.device(device)
        self.seed: int | None = None  # of the network that it is added to
        self._owner, self._clock = parent_of(self.obj), clock_of(self.obj)
        wanted = read(self.obj, state_variables)
        self.state_variables, self._names, self._reducers = wanted.all, wanted.states, wanted.reducers
        self._stores_spikes = wanted.spikes
        self._selection = Selection(f"Monitor of {label_of(self.obj)}", every, start, stop, window)
        self._selection.check()
        if not self._selection.is_plain and self._clock is None:
            raise ArgumentError(
                self._selection.owner, got="times in ms for an object without time steps",
                expected="a population or connection", fix="leave every, start, stop and window out",
            )  # fmt: skip
        if store is not None and window is not None:
            raise self._no_window()
        self._store = None if store is None else Store(self._selection.owner, store)
        self._window: int | None = None  # steps, as set_time_steps wants it
        self._dt: float | None = None  # for which the times were counted in steps
        self._span: Span | None = None
        self._fires = False  # whether spikes are looked at
        self._chooses = True  # whether not every step is recorded, or nobody knows yet
        self.reset_state_variables()
        if self._selection.is_plain or self.obj.dt is not None:
            self._begin()

    def set_time_steps(self, time: float, dt: float) -> None:
        """Keep the last round(time/dt) steps (both in ms), allocated at the first record.

        Raises TimeGridError when that is less than one step. What was recorded before stays.
        """
        steps = round(
            positive("Monitor.set_time_steps(time)", time, "ms") / positive("Monitor.set_time_steps(dt)", dt, "ms")
        )
        if steps < 1:
            raise TimeGridError(
                "Monitor.set_time_steps",
                got=f"time={time:g} ms, dt={dt:g} ms",
                expected="at least one step",
                fix="use time >= dt",
            )
        if self._store is not None:
            raise self._no_window()
        self._window = steps
        if self._span is not None:
            self._steps.keep(steps)
            if self._series is not None:
                self._series.keep(-(-steps // self._span.every))

    def reset_state_variables(self) -> None:
        """Forget what was recorded. Tensors that `get` returned are not touched."""
        for reducer in self._reducers.values():
            reducer.reset()
        self._series: Series | None = None
        self._staging: Staging | None = None
        self._events: Events | None = None  # from the first record on
        self._steps = Axis()  # of the spikes
        self._made = 0  # records of an object without steps
        if self._store is not None:
            self._store.clear()
        if self._span is not None:
            self._begin()

    def _no_window(self) -> ArgumentError:
        return ArgumentError(
            self._selection.owner, got="a window and a store", expected="one of them: a store keeps everything",
            fix="leave the window out, and read the last part of the store",
        )  # fmt: skip

    def _begin(self) -> None:
        """Make what records; the times that were asked for are counted in steps of the present dt."""
        self._dt = self.obj.dt if self._clock is not None else None
        span = self._span = self._selection.span(self._dt)
        window = self._window or span.window
        self._steps = Axis(1, window)
        axis = Axis(span.every, None if window is None else -(-window // span.every))
        self._series = Series(self.obj, self._names, axis, self.device) if self._names else None
        staged = [reducer for reducer in self._reducers.values() if isinstance(reducer, StateReducer)]
        self._staging = Staging(self.obj, staged, Axis(span.every)) if staged else None
        self._fires = self._stores_spikes or len(staged) < len(self._reducers)
        self._chooses = not span.plain

    def span(self) -> Span:
        """Which steps are recorded. Raises StateError while dt is not known, or when it changed in between."""
        if self._span is None or (not self._selection.is_plain and self._dt != self.obj.dt):
            if self._span is not None and (self._made or self._steps.count or len(self)):
                raise StateError(
                    self._selection.owner, got=f"dt = {self.obj.dt:g} ms after recording in steps of {self._dt:g} ms",
                    expected="one dt", fix="call reset_state_variables() of the monitor",
                )  # fmt: skip
            self._span = None
            self._begin()
            assert self._span is not None
        return self._span

    # What a network asks

    @property
    def needed(self) -> tuple[str, ...]:
        """Names of the object's variables that have to be seen: those that are stored and those of reducers."""
        spikes = ("s",) if self._stores_spikes else ()
        return tuple(dict.fromkeys((*spikes, *self._names, *(r.variable for r in self._reducers.values()))))

    @property
    def sees_all(self) -> bool:
        """Whether every step is recorded, and kept."""
        return self._selection.is_plain and self._window is None

    @property
    def is_stored(self) -> bool:
        """Whether a store holds what is recorded."""
        return self._store is not None

    @property
    def has_recorded(self) -> bool:
        """Whether anything was recorded since the last reset."""
        return bool(self._events or self._made or len(self))

    @property
    def steps_made(self) -> int:
        """Steps that the object has made since its reset."""
        return 0 if self._clock is None else self._clock.steps

    def expect(self, steps: int) -> None:
        """Announce a run of so many steps, for which storage is then made at once and not by doubling."""
        rows = self.rows_in(steps)
        if self._store is not None:
            self._store.open(self)
        elif self._series is not None:
            self._series.expect(rows)

    def rows_in(self, steps: int) -> int:
        """Rows that the next so many steps add to what is stored of states."""
        first, last = self.span().due(self.steps_made, self.steps_made + steps)
        return last - first

    def room_of(self, name: str, rows: int) -> np.ndarray[Any, Any] | None:
        """Where a run may write the next rows of a state, before it hands them over; None where it may not."""
        if self._series is None or self._store is not None or (self._staging and name in self._staging.names):
            return None
        return self._series.room_of(name, rows)

    def record(self) -> None:
        """Append the present values; constant time per step, nothing is shifted."""
        clock, series = self._clock, self._series
        step = self._made if clock is None else clock.steps - 1
        if self._chooses:
            span = self.span()
            if not span.covers(step):
                return
            series = self._series if span.is_due(step) else None
            staging = self._staging if span.is_due(step) else None
        else:
            staging = self._staging
        if series is not None:
            series.put(step)
        if staging is not None:
            staging.put(step)
        if self._fires:
            self._put_spikes(step)
        elif clock is None:
            self._made += 1
        if self._store is not None:
            self._write_when_due(self._store)

    def _put_spikes(self, step: int) -> None:
        events, clock = self._events or self._first_events(), self._clock
        assert clock is not None
        if clock.silent:
            events.put(step, None)
            return
        # Where the last step was not silent, asking the population for `s` does no more, and takes longer.
        spikes = self._owner._buffers["s"]
        if self.obj is not self._owner:
            spikes = self.obj.part_of(spikes)
        if events.shape != spikes.shape:
            self._refuse_spikes(events.shape, spikes)
        events.put(step, spikes.detach() if spikes.requires_grad else spikes)

    def extend(
        self, steps: int, blocks: Blocks, spikes: tuple[Ints | Starts, Ints] | None = None, first: int = 0
    ) -> None:
        """Append many steps at once, the first of which is the population's step `first`.

        blocks  (rows, n) for every name that changed, of the steps in which states are recorded, or None where they
                were written to `room_of`; the others are repeated
        spikes  step, counted from `first`, and neuron of every spike: arrays that are kept, and changed
        """
        span = self.span()
        row, last_row = span.due(first, first + steps)
        if last_row > row:
            for part in (self._series, self._staging):
                if part is not None:
                    part.extend(last_row - row, blocks, span.step_of(row))
        begin, end = span.within(first, first + steps)
        if self._fires and spikes is not None and end > begin:
            step, neuron = spikes
            if end - begin < steps:
                step = in_full(step)
                a, b = np.searchsorted(step, [begin - first, end - first])
                step, neuron = step[a:b] - (begin - first), neuron[a:b]
            (self._events or self._first_events()).extend(end - begin, step, neuron, begin)
        if self._store is not None:
            self._write_when_due(self._store)

    def _write_when_due(self, store: Store) -> None:
        held = (self._series.held if self._series else 0) + (self._events.nbytes if self._events else 0)
        if store.is_due(held):
            store.write(self)
        else:
            store.remember(self)

    def flush(self) -> None:
        """Write what is still in memory to the store; nothing without one. Raises RecordingError where it cannot be."""
        if self._store is not None and self._span is not None:
            self._store.write(self)

    def forget_written(self) -> None:
        """All that was recorded is in the store, and leaves memory."""
        if self._series is not None:
            self._series.forget()
        if self._events is not None:
            self._events.forget()

    def _contents(self) -> Contents:
        return LiveContents(self)

    def _is_spikes(self, name: str) -> bool:
        return name == "s" and self._stores_spikes

    def _first_events(self) -> Events:
        """The place of the spikes, once their shape is known."""
        reducers = [reducer for reducer in self._reducers.values() if isinstance(reducer, SpikeReducer)]
        self._events = Events(self.obj.s, self._steps, reducers, kept=self._stores_spikes)
        for reducer in reducers:
            reducer.begin(self._events.shape, self.obj.dt)
        return self._events

    def __len__(self) -> int:
        """Rows of what `get` gives: of states where there are any, else of the raster of spikes."""
        if self._series is not None:
            return len(self._series.axis)
        return len(self._steps) if self._fires else self._staging.axis.count if self._staging else 0

    def __repr__(self) -> str:
        rows = "steps" if self._selection.every is None else "rows"
        return f"Monitor({label_of(self.obj)}, {list(self.state_variables)}, {len(self)} {rows})"

    def _refuse_spikes(self, shape: tuple[int, ...], spikes: Tensor) -> None:
        raise ShapeError(
            f"Monitor of {label_of(self.obj)}.record (s)",
            got=f"shape {tuple(spikes.shape)}",
            expected=f"{shape} as recorded before",
            fix="call reset_state_variables() of the monitor after changing the batch",
        )
