"""Random small networks, and the ways to run them that must agree bit by bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st

import cnsproject as cns

RULES: dict[str, cns.Connectivity] = {
    "probability": cns.FixedProbability(0.3),
    "in-degree": cns.FixedInDegree(3),
    "total": cns.FixedTotalNumber(7),
}


@dataclass(frozen=True)
class Case:
    """What hypothesis draws: sizes, parameters, connections and input of a network."""

    dtype: torch.dtype
    dt: float
    sizes: tuple[int, ...]
    refractory: tuple[float, ...]
    additive: tuple[bool, ...]
    inhibitory: tuple[str, ...]
    scheme: str
    links: tuple[tuple[int, int, int, str], ...]  # pre, post, delay in steps, kind of weight
    drive: str
    seed: int


def cases() -> st.SearchStrategy[Case]:
    """Networks of one to three layers with up to five connections."""

    def build(layers: int) -> st.SearchStrategy[Case]:
        each = lambda s: st.tuples(*[s] * layers)  # noqa: E731
        index = st.integers(0, layers - 1)
        link = st.tuples(index, index, st.integers(0, 4), st.sampled_from(["shared", "matrix", *RULES]))
        return st.builds(
            Case,
            dtype=st.sampled_from([torch.float32, torch.float64]),
            dt=st.sampled_from([0.1, 1.0]),
            sizes=each(st.integers(1, 19)),
            refractory=each(st.sampled_from([0.0, 2.0])),
            additive=each(st.booleans()),
            inhibitory=each(st.sampled_from(["no", "yes", "mask"])),
            scheme=st.sampled_from(["euler", "exponential euler"]),
            links=st.lists(link, max_size=5).map(tuple),
            drive=st.sampled_from(["number", "step", "row", "constant", "none"]),
            seed=st.integers(0, 1000),
        )

    return st.integers(1, 3).flatmap(build)


@dataclass
class Built:
    """A network with what is needed to step it by hand."""

    net: cns.Network
    layers: list[cns.LIFPopulation]
    connections: list[Any]
    monitors: list[cns.Monitor]


def build(case: Case) -> Built:
    """The network of a case; the same numbers every time."""
    rng = torch.Generator().manual_seed(case.seed)
    net = cns.Network(dt=case.dt)
    layers, connections = [], []
    for k, size in enumerate(case.sizes):
        mask = torch.rand(size, generator=rng) < 0.5
        layer = cns.LIFPopulation(
            size,
            tau=5.0 + 20 * torch.rand(size, generator=rng),
            R=4.0,
            u=-70 + 14 * torch.rand(size, generator=rng),
            refractory=case.refractory[k] * case.dt,
            additive_spike_trace=case.additive[k],
            is_inhibitory={"no": False, "yes": True, "mask": mask}[case.inhibitory[k]],
            scheme=case.scheme,
            dtype=case.dtype,
        )
        net.add_layer(layer, f"layer{k}")
        layers.append(layer)
    for pre, post, delay, kind in case.links:
        if kind in RULES:
            weight = 4.0 if kind == "probability" else cns.Uniform(0.0, 6.0)
            connection: Any = cns.Connection(
                layers[pre],
                layers[post],
                connectivity=RULES[kind],
                synapse=cns.ExponentialCurrent(tau=4.0),
                weight=weight,
                delay=delay * case.dt,
                rng=case.seed + len(connections),
            )
            net.add_connection(connection)
            connections.append(connection)
            continue
        w: Any = None if kind == "shared" else 3 * torch.rand(case.sizes[pre], case.sizes[post], generator=rng)
        connection = cns.DenseConnection(
            layers[pre], layers[post], J=1.0 if w is not None else 4.0, w=w, tau_s=4.0, delay=delay * case.dt
        )
        net.add_connection(connection)
        connections.append(connection)
    monitors = [net.add_monitor(cns.Monitor(x, ["s", "u", "traces"]), f"m{k}") for k, x in enumerate(layers)]
    monitors += [net.add_monitor(cns.Monitor(x, ["current", "w"]), f"c{k}") for k, x in enumerate(connections)]
    return Built(net, layers, connections, monitors)


def inputs(case: Case, steps: int) -> dict[str, Any]:
    """The input of a case for some steps."""
    rng = torch.Generator().manual_seed(case.seed + 1)
    given: dict[str, Any] = {}
    for k, size in enumerate(case.sizes):
        given[f"layer{k}"] = {
            "number": 6.0,
            "step": 8 * torch.rand(steps, generator=rng),
            "row": 8 * torch.rand(steps, size, generator=rng),
            "constant": cns.Constant(3 + 4 * torch.rand(size, generator=rng)),
            "none": 0.0,
        }[case.drive]
    return given


def part(given: dict[str, Any], first: int, last: int) -> dict[str, Any]:
    """The rows of an input that belong to some steps."""
    return {name: value[first:last] if isinstance(value, torch.Tensor) else value for name, value in given.items()}


def by_hand(built: Built, given: dict[str, Any], steps: int) -> None:
    """The loop a person writes: sums of currents in the order of the connections, one forward per layer."""
    for step in range(steps):
        for k, layer in enumerate(built.layers):
            value = given[f"layer{k}"]
            if isinstance(value, torch.Tensor):
                total = value[step].to(layer.dtype)
            else:
                values = value.values if isinstance(value, cns.Constant) else value
                total = torch.as_tensor(values, dtype=layer.dtype)
            for connection in built.connections:
                if connection.post is layer:
                    total = total + connection.compute()
            layer.forward(total)
        for monitor in built.monitors:
            monitor.record()


def assert_same(one: Built, other: Built) -> None:
    """Recordings and states are equal, bit by bit."""
    for a, b in zip(one.monitors, other.monitors, strict=True):
        for name in a.state_variables:
            assert torch.equal(a.get(name), b.get(name)), name
    for x, y in zip((*one.layers, *one.connections), (*other.layers, *other.connections), strict=True):
        assert x.steps == y.steps
        for name in x.states:
            assert torch.equal(getattr(x, name), getattr(y, name)), name
