"""How a network runs: which executor takes it, and the steps that it makes by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from cnsproject.errors import ArgumentError, UnknownNameError, nearest
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.inputs import Input
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.monitors import Monitor
from cnsproject.network.monitors.streaming import all_of
from cnsproject.network.native import NativeRun
from cnsproject.network.rewarding import Rewards
from cnsproject.network.sources import SpikeSource
from cnsproject.network.synaptic import Synaptic
from cnsproject.plan import Plan

if TYPE_CHECKING:
    from cnsproject.network.network import Network

EXECUTORS = ("eager", "cpu")


@dataclass(frozen=True)
class Choice:
    """Which executor runs, why, and on how many threads: torch's own number where it is torch that runs."""

    name: str
    reason: str
    threads: int = 0


@dataclass
class Run:
    """A call of `Network.run`: its inputs, its steps, how many are made, and after how many the network is saved."""

    inputs: dict[str, object]
    steps: int
    made: int = 0
    every: int | None = None
    reward: object = None
    label: ClassVar[str] = "Network.run"  # how errors call what is wrong with its inputs

    def pieces(self) -> Iterator[tuple[int, int]]:
        """First and last+1 of the steps that are still to be made, up to each one after which the network is saved."""
        first = self.made
        while first < self.steps:
            last = min(self.steps, (first // self.every + 1) * self.every if self.every else self.steps)
            yield first, last
            first = last


def choose(net: Network, wanted: str | None, threads: int) -> Choice:
    """The executor that was asked for, or the fastest that gives the spikes of the hand loop bit by bit.

    Raises UnknownNameError for an unknown one, ArgumentError for the native one where it cannot run this network.
    """
    if wanted is not None and wanted not in EXECUTORS:
        raise UnknownNameError(
            "Network.run(executor)",
            got=repr(wanted),
            expected="one of " + ", ".join(EXECUTORS),
            fix=nearest(wanted, EXECUTORS),
        )
    obstacle = _obstacle(net)
    if not obstacle and wanted is None and not all(c.same_by_hand for c in net.connections.values()):
        obstacle = "a synapse with a function such as exp, whose last bit differs between torch and native code"
    if wanted == "cpu" and obstacle:
        raise ArgumentError(
            "Network.run(executor='cpu')",
            got=obstacle,
            expected="unbatched states on the CPU, one dtype, no gradients",
            fix="use executor='eager'",
        )
    plain = "all states are on the CPU, unbatched, of one dtype, without gradients"
    name, reason = (wanted, "asked for") if wanted else ("eager", obstacle) if obstacle else ("cpu", plain)
    return Choice(name, reason, threads if name == "cpu" else torch.get_num_threads())


def _obstacle(net: Network) -> str:
    """Why the native executor cannot run this network; empty when it can."""
    objects = [*net.layers.values(), *net.connections.values()]
    tensors = [tensor for obj in objects for tensor in (*obj.buffers(), *obj.parameters())]
    if any(tensor.device.type != "cpu" for tensor in tensors):
        return "a state that is not on the CPU"
    if len({obj.dtype for obj in objects}) > 1:
        return "objects of different dtype"
    if any(layer._batch is not None for layer in net.layers.values()):
        return "a batch"
    if not all(connection.in_step for connection in net.connections.values()):
        return "a delayed connection whose populations were stepped apart"
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        return "a tensor that asks for gradients"
    return ""


def native_steps(
    net: Network, monitors: Mapping[str, Monitor], plan: Plan, inputs: Mapping[str, Input], rewards: Rewards | None,
    span: tuple[int, int], threads: int, seconds: float | None,
) -> Iterator[int]:  # fmt: skip
    """Make the steps from the first to before the last of `span` natively; yields how many are made.

    seconds  after about which it yields; None for the usual
    """
    done, steps = span
    while done < steps and not all(c.in_phase(is_late(net, c)) for c in net.connections.values()):
        # A hand loop may have advanced a connection already, or left spikes undelivered.
        _step(net, monitors, inputs, rewards, done)
        done += 1
        yield done
    if done < steps:
        span = done, steps
        native = NativeRun(plan, net.layers, net.connections, monitors, inputs, rewards, span, threads, seconds)
        for reached in native.steps():
            done = reached
            yield done
        for step in range(done, steps):
            # The native run stopped before a step in which a state is not finite: by hand it says which.
            _step(net, monitors, inputs, rewards, step)
            yield step + 1


def is_late(net: Network, connection: Synaptic) -> bool:
    """Whether post steps before pre, or is pre."""
    if not isinstance(connection, AbstractConnection):
        return False
    order = list(net.layers.values())
    places = [next(i for i, layer in enumerate(order) if layer is end) for end in (connection.post, connection.pre)]
    return places[0] <= places[1]


def steps_by_hand(
    net: Network, monitors: Mapping[str, Monitor], inputs: Mapping[str, Input], rewards: Rewards | None,
    first: int, steps: int,
) -> Iterator[int]:  # fmt: skip
    """Make the steps first ... steps-1 one by one, by `compute` and `forward`; yields how many are made."""
    for step in range(first, steps):
        _step(net, monitors, inputs, rewards, step)
        yield step + 1


def _step(
    net: Network, monitors: Mapping[str, Monitor], inputs: Mapping[str, Input], rewards: Rewards | None, step: int
) -> None:
    """One step by hand, in the order of the plan; an error leaves everything as it was before."""
    objects = (*net.layers.values(), *net.connections.values())
    before = [obj.before_step() for obj in objects]
    dopamine = float(rewards.block(step, 1)[0]) if rewards else None
    try:
        _advance(net, inputs, step)
    except BaseException:
        if rewards:
            rewards.back_to(step)
        for obj, state in zip(objects, before, strict=True):
            obj.undo(state)
        raise
    for connection in net.connections.values():
        if isinstance(connection, AbstractConnection):
            connection.update(dopamine=dopamine)
    all_of(monitor.record for monitor in monitors.values())


def _advance(net: Network, inputs: Mapping[str, Input], step: int) -> None:
    """What the connections of a layer deliver, and then the layer itself; one after the other."""
    for name, layer in net.layers.items():
        total, jump = inputs[name].at(step), None
        for connection in net.connections.values():
            if connection.post is not layer:
                continue
            delivered = connection.delivered()
            if not connection.jumps:
                total = total + delivered
            else:
                jump = delivered if jump is None else jump + delivered
        if isinstance(layer, ModelPopulation):
            layer.forward(total, jump)
        elif isinstance(layer, SpikeSource):
            layer.forward()
        else:
            layer.forward(inputs[name].at(step))
