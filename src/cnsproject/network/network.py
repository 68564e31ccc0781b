"""`Network`: populations, connections and monitors, run for thousands of steps in one call."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import TypeVar

import torch

from cnsproject.checks import named_arguments, number, positive, steps_on_grid, whole
from cnsproject.errors import ArgumentError, ParameterError, TimeGridError, UnknownNameError, nearest
from cnsproject.network.describe import Description
from cnsproject.network.inputs import read_input
from cnsproject.network.interrupts import Interrupts
from cnsproject.network.memory import Memory, memory_of, refuse_without_room
from cnsproject.network.monitors import Monitor
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.running import Choice, Progress, choose, native_steps, steps_by_hand
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.views import PopulationView, parent_of
from cnsproject.plan import Builder, Plan

Joined = TypeVar("Joined", bound=Synaptic)


class Network(torch.nn.Module):
    """Populations that step together.

    In every step the layers advance in the order in which they were added. Right before a layer does, its connections
    deliver, in the order in which they were added; their currents are added to its external input. Monitors record
    when all layers have stepped. Stepping the same objects by hand in this order gives the same spikes, and both may
    alternate.

    dt    length of a step (ms), given to every object that has none
    seed  what objects without an `rng` of their own draw from, together with their name; None draws a seed, which
          `network.seed` then tells
    """

    @named_arguments
    def __init__(self, dt: float = 1.0, *, seed: int | None = None) -> None:
        super().__init__()
        self.dt = positive("Network.dt", dt, "ms")
        self.seed = secrets.randbelow(2**63) if seed is None else whole("Network.seed", seed)
        self.layers: dict[str, NeuralPopulation] = {}
        self.connections: dict[str, Synaptic] = {}
        self.monitors: dict[str, Monitor] = {}
        self.executor = Choice("none", "nothing was run yet")

    # Putting it together

    @named_arguments
    def add_layer(self, layer: NeuralPopulation, name: str) -> NeuralPopulation:
        """Add a population under a name; returns it."""
        if not isinstance(layer, NeuralPopulation):
            raise ArgumentError(
                "Network.add_layer(layer)",
                got=type(layer).__name__,
                expected="a NeuralPopulation",
                fix="pass the population",
            )
        self._new_name("layer", name, self.layers)
        if layer in self.layers.values():
            raise ArgumentError(
                f"Network.add_layer({name!r})",
                got=f"{layer.label} a second time",
                expected="a population of its own",
                fix="make another one",
            )
        self._give_dt(layer, f"layer {name!r}")
        layer.name = layer.name or name
        layer.take_key(self._key_of(name))
        self.layers[name] = layer
        self.add_module(f"layer_{name}", layer)
        return layer

    @named_arguments
    def add_connection(
        self,
        connection: Joined,
        pre: str | None = None,
        post: str | None = None,
        *,
        name: str | None = None,
    ) -> Joined:
        """Add a connection between two layers, or a drive of one; several between one pair are allowed; returns it.

        pre, post  names of the layers, if you want them checked
        name       "pre_to_post" when not given, with a number behind when that is taken
        """
        if not isinstance(connection, Synaptic):
            raise ArgumentError(
                "Network.add_connection(connection)",
                got=type(connection).__name__,
                expected="a connection",
                fix="pass the connection",
            )
        ends = {side: self._layer_name(connection, side) for side in ("pre", "post") if hasattr(connection, side)}
        for side, given in (("pre", pre), ("post", post)):
            found = ends.get(side)
            if given is not None and given != found:
                raise ArgumentError(
                    f"Network.add_connection({side})",
                    got=repr(given),
                    expected=f"{found!r}, which the connection was made with",
                    fix=f"leave {side} out",
                )
        self._give_dt(connection, f"connection {' to '.join(ends.values())}")
        default = "{pre}_to_{post}".format(**{"pre": "drive", **ends})
        count = sum(key == default or key.startswith(f"{default}_") for key in self.connections)
        name = name or (f"{default}_{count + 1}" if count else default)
        self._new_name("connection", name, self.connections)
        connection.name = connection.name or name
        connection.take_key(self._key_of(name))
        self.connections[name] = connection
        self.add_module(f"connection_{name}", connection)
        return connection

    @named_arguments
    def add_monitor(self, monitor: Monitor, name: str) -> Monitor:
        """Add a monitor of a layer or connection of this network; returns it."""
        if not isinstance(monitor, Monitor):
            raise ArgumentError(
                "Network.add_monitor(monitor)",
                got=type(monitor).__name__,
                expected="a Monitor",
                fix="wrap it: Monitor(obj, [...])",
            )
        if not any(parent_of(monitor.obj) is known for known in (*self.layers.values(), *self.connections.values())):
            raise ArgumentError(
                f"Network.add_monitor({name!r})",
                got=f"a monitor of {monitor!r}",
                expected="one of a layer or connection of this network",
                fix="add that first",
            )
        self._new_name("monitor", name, self.monitors)
        self.monitors[name] = monitor
        monitor.seed = self.seed
        return monitor

    def _new_name(self, kind: str, name: object, known: Mapping[str, object]) -> None:
        what = f"Network.add_{kind}(name)"
        if not isinstance(name, str) or not name or "." in name:
            raise ArgumentError(what, got=repr(name), expected="a name without a dot", fix="give a short text")
        others = () if kind == "monitor" else (*self.layers, *self.connections)
        if name in known or name in others:
            raise ParameterError(
                what,
                got=f"{name!r} a second time",
                expected=f"a name that no other {kind if kind == 'monitor' else 'layer or connection'} has",
                fix="choose another name",
            )

    def _key_of(self, name: str) -> tuple[int, int]:
        """The key of an object: the seed of the network and the name decide it."""
        digest = hashlib.blake2b(f"{self.seed} {name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little")

    def _layer_name(self, connection: Synaptic, side: str) -> str:
        population = getattr(connection, side)
        for name, layer in self.layers.items():
            if layer is population:
                return name
        raise ArgumentError(
            f"Network.add_connection: {side} of {connection.label}", got="a population of another network",
            expected="one of " + ", ".join(self.layers), fix="call add_layer for it first",
        )  # fmt: skip

    def _give_dt(self, obj: NeuralPopulation | Synaptic, what: str) -> None:
        if obj.dt is None:
            obj.dt = self.dt
        if obj.dt != self.dt:
            raise TimeGridError(
                f"Network, {what}",
                got=f"dt={obj.dt:g} ms",
                expected=f"dt={self.dt:g} ms of the network",
                fix="give all of them the same dt",
            )

    # Looking at it

    def plan(self) -> Plan:
        """The order of a step: print it, or compare it with another."""
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
        for name, monitor in self.monitors.items():
            seen = parent_of(monitor.obj)
            owner = next(n for n, o in (*self.layers.items(), *self.connections.items()) if o is seen)
            part = monitor.obj.shape if isinstance(monitor.obj, PopulationView) else None
            span = monitor.span()
            for source in monitor.needed:
                if builder.knows(f"{owner}.{source}") and not (source == "w" and owner in self.connections):
                    builder.record(name, f"{owner}.{source}", part, (span.first, span.last), (span.every, span.phase))
        return builder.plan()

    def describe(self) -> Description:
        """Tables of what the network is made of, for a terminal, a notebook or a paper; nothing is built for them.

        Populations, projections, models with their equations and parameters, input and measurements, in the style of
        Nordlie, Gewaltig & Plesser 2009, PLoS Comput. Biol. 5:e1000456.
        """
        return Description(self)

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
        executor: str | None = None,
        threads: int = 1,
        progress: bool | Callable[[int, int], object] = False,
    ) -> None:
        """Run for `time` ms, from where the last run or step by hand stopped.

        inputs    layer name: a number, an array of (steps,), (steps, 1) or (steps, n), a Constant (nA), or a generator
                  such as StepCurrent or WhiteNoise, in absolute time; for an InputPopulation spikes (steps, n). Row 0
                  of an array belongs to the first step of this run. None is 0.
        executor  "cpu" (native), "eager" (step by step on torch), or None for the fastest that gives the spikes of the
                  hand loop bit by bit; `network.executor` says which one was taken and why
        threads   how many threads the native executor uses; the spikes are the same for any number
        progress  True for a progress bar, or a function of (steps made, steps in all)

        An error or Ctrl-C leaves the network at the end of a step, with the recordings so far. MemoryExceededError when
        building the network and recording it would take more memory than is free, where the system tells how much
        that is (Linux with its control groups, RLIMIT_AS, most other Unixes; not Windows).
        """
        steps = self._steps_of("Network.run(time)", time)
        if inputs is not None and not isinstance(inputs, Mapping):
            raise ArgumentError(
                "Network.run(inputs)",
                got=type(inputs).__name__,
                expected="a dict of layer names",
                fix="write {'name': current}",
            )
        count = whole("Network.run(threads)", threads, least=1)
        given = dict(inputs or {})
        for name in given:
            if name not in self.layers:
                raise UnknownNameError(
                    "Network.run(inputs)",
                    got=repr(name),
                    expected="the name of a layer",
                    fix=nearest(name, self.layers),
                )
        refuse_without_room(self, time, steps)
        for monitor in self.monitors.values():
            monitor.expect(steps)
        read = {
            name: read_input(
                layer, given.get(name), steps,
                first_step=layer.steps, dt=self.dt, key=layer._key,
            )
            for name, layer in self.layers.items()
        }  # fmt: skip
        plan = self.plan()
        self.executor = choose(self, executor)
        with Interrupts() as interrupts, Progress(progress, steps) as tell:
            native = self.executor.name == "cpu"
            for made in native_steps(self, plan, read, steps, count) if native else steps_by_hand(self, read, steps):
                tell(made)
                interrupts.look()

    def _steps_of(self, what: str, time: float) -> int:
        steps = steps_on_grid(what, number(what, time, "ms"), self.dt)
        if steps < 0:
            raise ParameterError(what, got=f"{time:g} ms", expected="a time >= 0", fix="give a positive time")
        return steps

    def reset_state_variables(self) -> None:
        """Every layer, connection and monitor back to its start."""
        for layer in self.layers.values():
            layer.reset_state_variables()
        for connection in self.connections.values():
            connection.reset_state_variables()
        for monitor in self.monitors.values():
            monitor.reset_state_variables()
