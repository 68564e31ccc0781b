"""`Assembly`: layers, connections and monitors under their names, with one dt and one seed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

import torch

from cnsproject.checks import named_arguments, positive, whole
from cnsproject.errors import ArgumentError, ParameterError, TimeGridError
from cnsproject.network.monitors import Monitor
from cnsproject.network.monitors.member import Parts
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.views import parent_of

if TYPE_CHECKING:
    from cnsproject.network.running import Choice

Joined = TypeVar("Joined", bound=Synaptic)


class Assembly(torch.nn.Module):
    """What a network is made of; `Network` says what is done with it."""

    executor: Choice  # that made the last run

    def __init__(self, dt: float, seed: int | None) -> None:
        super().__init__()
        self.dt = positive("Network.dt", dt, "ms")
        self.seed = secrets.randbelow(2**63) if seed is None else whole("Network.seed", seed)
        self.layers: dict[str, NeuralPopulation] = {}
        self.connections: dict[str, Synaptic] = {}
        self.monitors: dict[str, Monitor] = {}

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
        self._tell_monitors()
        return monitor

    def _tell_monitors(self) -> None:
        """Tell the monitors whose they are: what they export has the provenance of the network."""
        for monitor in self.monitors.values():
            monitor._network = self._parts()

    def _parts(self) -> Parts:
        monitors = WeakValueDictionary(self.monitors)
        return Parts(self.seed, self.dt, self.executor, self.layers, self.connections, monitors)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._tell_monitors()

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
