"""`Network`: populations, connections and monitors, run for thousands of steps in one call."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from cnsproject import plotting
from cnsproject.checks import named_arguments, number, positive, steps_on_grid, whole
from cnsproject.circumstances import circumstances
from cnsproject.errors import ArgumentError, ParameterError, StateError, UnknownNameError, nearest
from cnsproject.executors.base import cores
from cnsproject.network import checkpoints
from cnsproject.network.assembling import Assembly
from cnsproject.network.batch import Batch, read_members
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.describe import Description
from cnsproject.network.diagrams import arrows_of, nodes_of
from cnsproject.network.inputs import read_input
from cnsproject.network.interrupts import Interrupts
from cnsproject.network.live import Live, show
from cnsproject.network.memory import Memory, memory_of, refuse_without_room
from cnsproject.network.monitors import Monitor
from cnsproject.network.monitors.streaming import all_of
from cnsproject.network.progress import Progress, building
from cnsproject.network.provenance import of_network
from cnsproject.network.rewarding import AbstractReward, RewardGiven, check_reward, read_reward, rewards_of
from cnsproject.network.running import Choice, Run, choose, native_steps, steps_by_hand
from cnsproject.network.views import PopulationView, parent_of
from cnsproject.plan import Builder, Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Network(Assembly):
    """Populations that step together.

    In every step the layers advance in the order in which they were added. Right before a layer does, its connections
    deliver, in the order in which they were added; their currents are added to its external input. Monitors record
    when all layers have stepped. Stepping the same objects by hand in this order gives the same spikes, and both may
    alternate.

    dt    length of a step (ms), given to every object that has none
    seed  what objects without an `rng` of their own draw from, together with their name; None draws a seed, which
          `network.seed` then tells
    reward  what becomes of the rewards of `run(reward=...)`, for connections that learn from them: cns.Dopamine(),
          cns.FlatReward(), or a class derived from cns.AbstractReward

    >>> import cnsproject as cns
    >>> net = cns.Network(dt=0.1, seed=1)
    >>> cell = net.add_layer(cns.LIFPopulation(1, tau=20, R=10), "cell")
    >>> spikes = net.add_monitor(cns.Monitor(cell, ["s"]), "spikes")
    >>> net.run(100, {"cell": 2.0})
    >>> times, neurons = spikes.spikes()  # ms
    >>> [round(float(t), 1) for t in times]
    [27.6, 55.3, 83.0]
    """

    elsewhere: ClassVar[Mapping[str, str]] = {
        "decision": "give it to the population that decides: LIFPopulation(n, decision=cns.WinnerTakeAll(k=1))"
    }
    reward: AbstractReward | None = None

    @named_arguments
    def __init__(
        self, dt: float = 1.0, *, seed: int | None = None, reward: AbstractReward | type[AbstractReward] | None = None
    ) -> None:
        super().__init__(dt, seed)
        self.executor = Choice("none", "nothing was run yet")
        self.reward = check_reward(reward)
        self._run: Run | None = None  # the one that is going on, while it is to be saved

    # Looking at it

    def plan(self) -> Plan:
        """The order of a step: print it, or compare it with another."""
        return self._plan_with(self.monitors)

    def _plan_with(self, monitors: Mapping[str, Monitor]) -> Plan:
        for kind, objects in (("layer", self.layers), ("connection", self.connections)):
            for name, obj in objects.items():
                self._give_dt(obj, f"{kind} {name!r}")
        dtypes = {str(layer.dtype).removeprefix("torch.") for layer in self.layers.values()}
        builder = Builder(self.dt, min(dtypes, default="float32"))
        for name, layer in self.layers.items():
            layer.lower(builder, name)
        names = {id(layer): name for name, layer in self.layers.items()}
        for name, connection in self.connections.items():
            connection.lower(builder, name, names)
        for name, monitor in monitors.items():
            seen = parent_of(monitor.obj)
            owner = next(n for n, o in (*self.layers.items(), *self.connections.items()) if o is seen)
            part = monitor.obj.shape if isinstance(monitor.obj, PopulationView) else None
            span = monitor.span()
            for source in monitor.needed:
                fixed = source == "w" and owner in self.connections and not self._learns(owner)
                if builder.knows(f"{owner}.{source}") and not fixed:
                    builder.record(name, f"{owner}.{source}", part, (span.first, span.last), (span.every, span.phase))
        return builder.plan()

    def describe(self) -> Description:
        """Tables of what the network is made of, for a terminal, a notebook or a paper; nothing is built for them.

        Populations, projections, models with their equations and parameters, input and measurements, in the style of
        Nordlie, Gewaltig & Plesser 2009, PLoS Comput. Biol. 5:e1000456.
        """
        return Description(self)

    @named_arguments
    def plot(self, ax: Axes | None = None, *, places: Mapping[str, tuple[float, float]] | None = None) -> Axes:
        """Draw populations, connections and drives as a diagram into `ax`, or into a new figure; returns the axes.

        Nothing is built for it. Up to 12 connections are labelled: rule, weight, delay. The width of an arrow is the
        number of synapses (of a drive: processes) of a target neuron times their mean weight.

        places  layer name: (column, row), rows counted from the top; chosen by their number when None
        """
        return plotting.diagram(nodes_of(self), arrows_of(self), places=places, ax=ax)

    def provenance(self) -> dict[str, Any]:
        """Where results of this network come from, as a dict that JSON can hold; nothing is built for it.

        When, by which script, from which commit, with which versions, on which machine; seed, dt (ms), executor of the
        last run; model, equations, all parameters with units, wiring and delays of every layer and connection, and the
        monitors. Of arrays it has range, mean and a hash of the values. Exports and saved files have it in them.
        """
        return circumstances() | of_network(self._parts())

    @named_arguments
    def memory(self, time: float | None = None, *, rate: float = 0.0) -> Memory:
        """How many bytes every object holds, and will hold when it is built and after a run of `time` ms.

        Nothing is built or allocated for it: synapses that are still to be drawn count with their expected number.

        time  of the run that is planned (ms); None for none
        rate  spikes per neuron and second (Hz) that monitors are assumed to record, since nobody knows them before
        """
        steps = 0 if time is None else self._steps_of("Network.memory(time)", time)
        if number("Network.memory(rate)", rate, "Hz") < 0:
            raise ParameterError("Network.memory(rate)", got=f"{rate:g}", expected="a rate >= 0 (Hz)", fix="use 0")
        return memory_of(self, time, steps, float(rate))

    # Running it

    @named_arguments
    def run(
        self,
        time: float,
        inputs: Mapping[str, object] | None = None,
        *,
        reward: RewardGiven | None = None,
        executor: str | None = None,
        threads: int = 1,
        progress: bool | Callable[[int, int], object] = False,
        live: bool | Live = False,
        checkpoint_every: float | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        """Run for `time` ms, from where the last run or step by hand stopped.

        inputs    layer name: a number, an array of (steps,), (steps, 1) or (steps, n), a Constant (nA), or a generator
                  such as StepCurrent or WhiteNoise, in absolute time; for an InputPopulation spikes (steps, n). Row 0
                  of an array belongs to the first step of this run. None is 0.
        reward    a dict {time: reward} (ms of this run), one number per step (NaN: none), a number for all steps, or a
                  function of the network that is called before every step; with None `network.reward.compute` says
        executor  "cpu" (native), "eager" (step by step on torch), or None for the fastest that gives the spikes of the
                  hand loop bit by bit; `network.executor` says which one was taken and why
        threads   how many threads the native executor uses; the spikes are the same for any number
        progress  True for a progress bar, or a function of (steps made, steps in all). If it is an object with a method
                  `building`, this is called while synapses are made, before the first step, with what is done (as in
                  "building exc_to_inh"), for how many of them so far, and how many there are
        live      True to see, while it runs, the spikes, rates and states that monitors record, in a notebook or a
                  window; or a `cns.Live(...)` that says which and where. It changes no number; drawing takes 3 % of
                  the time at most, and 0.2 s to begin with. What no monitor records is not shown
        checkpoint_every, checkpoint
                  save the network to this file, as `save` does, after every so many ms of the run and at its end; from
                  such a file `resume`, or `cns resume`, makes the rest of the run

        An error or Ctrl-C leaves the network at the end of a step, with the recordings so far; while synapses are made,
        as it was before. MemoryExceededError when building the network and recording it would take more memory than is
        free, where the system tells how much that is (Linux with its control groups, RLIMIT_AS, most other Unixes; not
        Windows). CheckpointError before the first step for what could not be saved.
        """
        steps = self._steps_of("Network.run(time)", time)
        if inputs is not None and not isinstance(inputs, Mapping):
            raise ArgumentError(
                "Network.run(inputs)",
                got=type(inputs).__name__,
                expected="a dict of layer names",
                fix="write {'name': current}",
            )
        given = dict(inputs or {})
        for name in given:
            if name not in self.layers:
                raise UnknownNameError(
                    "Network.run(inputs)",
                    got=repr(name),
                    expected="the name of a layer",
                    fix=nearest(name, self.layers),
                )
        if (checkpoint is None) != (checkpoint_every is None):
            raise ArgumentError(
                "Network.run(checkpoint_every, checkpoint)", got="one of them", expected="both or none",
                fix="write checkpoint_every=1000, checkpoint='run.cns'",
            )  # fmt: skip
        every = None
        if checkpoint_every is not None:
            what = "Network.run(checkpoint_every)"
            every = steps_on_grid(what, positive(what, checkpoint_every, "ms"), self.dt)
        self._make(
            Run(given, steps, every=every, reward=read_reward(reward, steps, self.dt)),
            executor,
            threads,
            progress,
            live,
            checkpoint,
        )

    @named_arguments
    def resume(
        self,
        time: float | None = None,
        *,
        executor: str | None = None,
        threads: int = 1,
        progress: bool | Callable[[int, int], object] = False,
        live: bool | Live = False,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        """Make the rest of the run in which this network was saved, with the inputs of that run.

        time        how long to go on (ms), when not to the end of that run; inputs with one row per step end there
        checkpoint  file to save to at the intervals of that run, and at the end
        The other arguments are those of `run`. StateError without a time where no run was going on.
        """
        run = self._run
        if run is None and time is None:
            raise StateError(
                "Network.resume()", got="a network that was not saved during a run", expected="a run to go on with",
                fix="say how long: net.resume(1000), or call net.run",
            )  # fmt: skip
        run = Run({}, 0) if run is None else run
        if time is not None:
            steps = run.made + self._steps_of("Network.resume(time)", time)
            run = Run(run.inputs, steps, run.made, run.every, run.reward)
        self._make(run, executor, threads, progress, live, checkpoint)

    @named_arguments
    def batch(
        self,
        values: Mapping[str, Sequence[object]],
        time: float,
        inputs: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None,
        *,
        threads: int | None = None,
    ) -> Batch:
        """Run from here for `time` ms again and again, every time with other values; iterate over what is returned.

        values   "layer.attribute" or "connection.attribute": a list with a value for each member
        inputs   as for `run`, for all members, or a list of such
        threads  how many members run at once; None for as many as this process may use cores

        In the loop the network is as it is after the run of a member, its monitors have what was recorded in it; after
        the loop it is as it was before. A member finds what a run of its own would find. Where members differ in
        numbers they share compiled code, arrays and threads, and a small one takes less than a millisecond.

        >>> import cnsproject as cns
        >>> net = cns.Network(dt=0.1)
        >>> cell = net.add_layer(cns.LIFPopulation(1, tau=20, R=10), "cell")
        >>> spikes = net.add_monitor(cns.Monitor(cell, ["s"]), "spikes")
        >>> for member in net.batch({"cell.tau": [10, 20, 30]}, 100, {"cell": 2.0}):
        ...     print(float(cell.tau), len(spikes.spikes()[0]))
        10.0 7
        20.0 3
        30.0 2

        Errors name what is wrong with a member when it is its turn; MemoryExceededError as for `run`.
        """
        members, given = read_members(self, values, inputs)
        steps = self._steps_of("Network.batch(time)", time)
        for name, monitor in self.monitors.items():
            if monitor.is_stored:
                raise ArgumentError(
                    "Network.batch", got=f"the monitor {name!r} with a store", expected="monitors in memory",
                    fix="leave store= out, and write down what you need of every member",
                )  # fmt: skip
        return Batch(self, members, steps, given, cores() if threads is None else whole("threads", threads, least=1))

    def _make(
        self,
        run: Run,
        executor: str | None,
        threads: int,
        progress: bool | Callable[[int, int], object],
        live: bool | Live,
        path: str | os.PathLike[str] | None,
    ) -> None:
        """Make the steps of a run that are still to be made."""
        count, start, left = whole("Network.run(threads)", threads, least=1), run.made, run.steps - run.made
        refuse_without_room(self, left * self.dt, left)
        read = {
            name: read_input(
                layer, run.inputs.get(name), run.steps,
                first_step=layer.steps - start, dt=self.dt, key=layer._key,
            )
            for name, layer in self.layers.items()
        }  # fmt: skip
        rewards = rewards_of(self, run.reward)
        with building(progress) as told:
            for connection in self.connections.values():
                connection.make_synapses(told)
        for monitor in self.monitors.values():
            monitor.expect(left)
        look = show(live, self)
        monitors = {**self.monitors, **look.monitors}
        plan = self._plan_with(monitors)
        self.executor = choose(self, executor, count)
        self._tell_monitors()
        native = self.executor.name == "cpu"
        self._run = None if path is None else run
        if path is not None:
            checkpoints.check(self)
        begun = self._steps_made()
        try:
            with Interrupts() as interrupts, Progress(progress, left) as tell, look:
                for first, last in run.pieces():
                    # Without a name of its own: when the loop is left, a native run must hand back at once.
                    for made in (
                        native_steps(self, monitors, plan, read, rewards, (first, last), count, look.seconds)
                        if native
                        else steps_by_hand(self, monitors, read, rewards, first, last)
                    ):
                        run.made = made
                        tell(made - start)
                        look(made - start)
                        interrupts.look()
                    if path is not None and last < run.steps:
                        self.save(path)
        finally:
            run.made = start + self._steps_made() - begun
            all_of(monitor.flush for monitor in self.monitors.values())
        for connection in self.connections.values():
            if isinstance(connection, AbstractConnection):
                connection.normalize()
        self._run = None
        if path is not None:
            self.save(path)

    def _learns(self, connection: str) -> bool:
        return getattr(self.connections[connection], "learner", None) is not None

    def _steps_made(self) -> int:
        return next((layer.steps for layer in self.layers.values()), 0)

    def _steps_of(self, what: str, time: float) -> int:
        steps = steps_on_grid(what, number(what, time, "ms"), self.dt)
        if steps < 0:
            raise ParameterError(what, got=f"{time:g} ms", expected="a time >= 0", fix="give a positive time")
        return steps

    def reset_state_variables(self) -> None:
        """Every layer, connection and monitor back to its start."""
        self._run = None
        for layer in self.layers.values():
            layer.reset_state_variables()
        for connection in self.connections.values():
            connection.reset_state_variables()
        for monitor in self.monitors.values():
            monitor.reset_state_variables()
        if self.reward is not None:
            self.reward.reset_state_variables()

    # Keeping it

    @named_arguments
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to a file from which `load` makes a network that goes on as this one would, bit by bit.

        That is structure, parameters, states, spikes on their way, keys of random numbers, synapses (those that are
        still to be drawn are drawn now), and recordings. The file is safetensors with JSON in its header, holds no code
        and is hash-checked; it is there whole or not at all, and one of that name is replaced.

        CheckpointError, with the name of the object, for what a file cannot hold: a function that is still needed, or
        an object of a class that no module knows by its name. Of functions that weights, delays or wiring were drawn
        from, the result is kept.
        """
        checkpoints.save(self, Path(path))

    @classmethod
    @named_arguments
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The network of a file that `save` or `run(checkpoint=)` wrote, on the CPU.

        Classes of your own must have been imported, or defined, before. CheckpointError for a file that is missing, was
        cut off or altered, was written by a newer version, or holds no network.
        """
        return checkpoints.load(Path(path), cls)

    def state(self) -> checkpoints.State:
        """A copy of everything that changes, to go back to with `restore` as often as you like; nothing is written."""
        return checkpoints.take(self)

    @named_arguments
    def restore(self, state: checkpoints.State) -> None:
        """Bring back a state that `state()` gave: states, parameters, weights, spikes on their way, recordings.

        The objects stay the same, so that variables of yours go on meaning them. CheckpointError, with nothing changed,
        for a state of a network with other layers, connections or monitors.
        """
        checkpoints.restore(self, state)
