"""Small networks of all kinds, and the ways to run them that must agree bit by bit.

A layer `source` and a layer `target`; one connection is under test, others keep it company. What the native code
depends on is a `Kind`; there are few of them, since compiling one takes a second. All else is free.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from typing import Any

import numpy as np
import scipy.sparse
import torch
from covering import covering
from hypothesis import strategies as st

import cnsproject as cns

ADAPTING = cns.Dynamics(
    equations="""
        dv/dt = (v_r - v + R*(I - w)) / tau : mV
        dw/dt = (a*(v - v_r) - w) / tau_w : nA
    """,
    inputs={"I": "nA"},
    parameters={"tau": "ms", "R": "MOhm", "v_r": "mV", "v_t": "mV", "a": "nA/mV", "tau_w": "ms", "b": "nA"},
    spike="v >= v_t",
    reset="v = v_r; w += b",
)

EXPONENTIALS = cns.Dynamics(
    equations="""
        dv/dt = (v_r - v + d*exp((v - v_t)/d) + R*(I - w)*exprel((v - v_r)/slope)) / tau : mV
        dw/dt = (a*clip(v - v_r, 0, 20) - w) / tau_w : nA
    """,
    inputs={"I": "nA"},
    parameters={**ADAPTING.parameters, "d": "mV", "slope": "mV"},
    spike="v >= v_t",
    reset="v = v_r; w += b",
)


class Adapting(cns.ModelPopulation):
    """A model of a user: two states, plain arithmetic."""

    dynamics = ADAPTING

    def __init__(self, shape: tuple[int, ...], *, tau: Any, u: Any, **common: Any) -> None:
        values = {"tau": tau, "R": 4.0, "v_r": -70.0, "v_t": -55.0, "a": 0.02, "tau_w": 30.0, "b": 0.2}
        super().__init__(shape, parameters=values, starts={"v": u, "w": 0.0}, **common)


class Saturating(cns.Synapse):
    """A synapse of a user: a gate that no spike opens beyond 1, so arrivals are not simply added."""

    dynamics = cns.Dynamics(
        equations="""
            dg/dt = -g / tau_s : 1
            current = g_max * g * (E - u) : nA
        """,
        inputs={"u": "mV"},
        parameters={"tau_s": "ms", "g_max": "uS", "E": "mV"},
        arrivals={"arrived": "1"},
        on_arrival="g = g + arrived*(1 - g)",
        output="current",
    )

    def parameters(self) -> dict[str, object]:
        return {"tau_s": 6.0, "g_max": 0.2, "E": 0.0}


class Doubled(cns.Synapse):
    """A synapse of a user: a jump that is not what arrived."""

    dynamics = cns.Dynamics(
        arrivals={"arrived": "mV"}, impulses={"jump": "mV"}, on_arrival="jump = jump + 2*arrived", output="jump"
    )

    def parameters(self) -> dict[str, object]:
        return {}


SYNAPSES: dict[str, tuple[cns.Synapse, float]] = {
    "current": (cns.ExponentialCurrent(tau=4.0), 1.0),
    "alpha current": (cns.AlphaCurrent(tau=3.0), 1.0),
    "conductance": (cns.ExponentialConductance(tau=4.0, E=0.0), 0.02),
    "alpha conductance": (cns.AlphaConductance(tau=3.0, E=-80.0), 0.05),
    "delta": (cns.Delta(), 1.5),
    "saturating": (Saturating(), 0.1),
    "doubled": (Doubled(), 0.7),
}

# Our other models: class, settings, and the parameter that differs between neurons where some does.
MODELS: dict[str, tuple[type[cns.ModelPopulation], dict[str, Any], tuple[str, float, float]]] = {
    "elif": (cns.ELIFPopulation, {"R": 8.0, "theta_rh": -60.0}, ("tau", 5, 25)),
    "aelif": (cns.AELIFPopulation, {"R": 4.0, "b": 0.2, "a": 0.01}, ("b", 0.0, 0.5)),
    "qif": (cns.QIFPopulation, {"R": 4.0}, ("a", 0.05, 0.08)),
    "gif": (cns.GIFPopulation, {"R": 4.0, "b": 0.2, "scheme": "exact"}, ("delta_theta", 1, 6)),
    "izhikevich": (cns.IzhikevichPopulation, {}, ("d", 2, 8)),
    "hodgkin-huxley": (cns.HodgkinHuxleyPopulation, {"threshold": -45.0}, ("g_Na", 100, 140)),
    "fitzhugh-nagumo": (
        cns.FitzHughNagumoPopulation,
        {"R": 4.0, "scale": 30.0, "a": 21.0, "threshold": 0.0},
        ("tau_w", 10, 15),
    ),
}

KIND: dict[str, tuple[Any, ...]] = {
    "population": ("euler", "exponential euler", "exact", "adapting"),
    "synapse": ("shared", "matrix", *SYNAPSES),
    "company": ("none", "shared", "delta", "matrix and conductance"),
    "trace": ("additive", "set", "none"),
    "dtype": (torch.float32, torch.float64),
    "per_neuron": (False, True),  # the external input
    "refractory": (0, 2),
    "spread": (False, True),  # tau
}
REST: dict[str, tuple[Any, ...]] = {
    "rule": (
        *("all", "one", "probability", "in-degree", "out-degree"),
        *("total", "different", "distance", "arrays", "sparse"),
    ),
    "delay": ("none", "same", "law", "array"),
    "weight": ("number", "law", "array"),
    "pre_part": ("whole", "slice", "mask"),
    "post_part": ("whole", "slice", "mask"),
    "order": ("before", "after", "itself"),  # where the source is
    "source": ("given", "model", "poisson", "times"),
    "signs": ("no", "yes", "mask"),
    "short_term": ("none", "depression", "both", "spread"),
    "learning": ("none", "pairs", "triplets", "rewarded"),
    "drive": (0, 1, 2),
    "shapes": (((7,), (2, 3)), ((150,), (130,)), ((140,), (5, 28))),
    "dt": (0.1, 1.0),
}


@dataclass(frozen=True)
class Kind:
    """What the native code of the target layer depends on."""

    population: str
    synapse: str
    company: str
    trace: str
    dtype: torch.dtype
    per_neuron: bool
    refractory: int
    spread: bool


@dataclass(frozen=True)
class Case:
    """A network and its input."""

    kind: Kind
    rule: str
    delay: str
    weight: str
    pre_part: str
    post_part: str
    order: str
    source: str
    signs: str
    short_term: str
    learning: str
    drive: int
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    dt: float
    seed: int = 1

    def __str__(self) -> str:
        values = [v for x in (self.kind, self) for v in dataclasses.astuple(x) if not isinstance(v, tuple)]
        return "-".join(str(value).removeprefix("torch.").replace(" ", "_") for value in values)


@cache
def kinds(strength: int = 2) -> list[Kind]:
    """Kinds in which every pair of factors occurs, and one of each of our other models."""
    return [*(Kind(**row) for row in covering(KIND, strength)), *model_kinds()]


def model_kinds() -> list[Kind]:
    """The other factors take turns, so that each of their values meets some of the models."""
    turns = {factor: cycle(values) for factor, values in KIND.items() if factor != "population"}
    found = []
    for name, (model, _, _) in MODELS.items():
        row = {factor: next(values) for factor, values in turns.items()}
        found.append(Kind(population=name, **row | {"refractory": row["refractory"] * bool(model.dynamics.reset)}))
    return found


@cache
def covering_cases(strength: int = 2) -> list[Case]:
    """Cases in which every pair of factors occurs that the native code does not depend on, and every kind."""
    ready = {s: cycle([k for k in kinds(strength) if k.synapse == s]) for s in KIND["synapse"]}
    rows = covering({"synapse": KIND["synapse"], **REST}, strength)
    return [Case(next(ready[row.pop("synapse")]), **row, seed=place) for place, row in enumerate(rows)]


def cases() -> st.SearchStrategy[Case]:
    """Cases of the same kinds, everything else at random."""
    free = {name: st.sampled_from(values) for name, values in REST.items()}
    size = st.integers(1, 19) | st.integers(60, 200)
    free["shapes"] = st.tuples(size.map(lambda n: (n,)), size.map(lambda n: (n,)))
    return st.builds(Case, kind=st.sampled_from(kinds()), **free, seed=st.integers(0, 1000))


@dataclass
class Built:
    """A network with what is needed to step it by hand."""

    net: cns.Network
    tested: Any
    seeds: dict[str, int]  # of the layers

    @property
    def layers(self) -> list[Any]:
        return list(self.net.layers.values())

    @property
    def connections(self) -> list[Any]:
        return list(self.net.connections.values())


def build(case: Case) -> Built:
    """The network of a case; the same numbers every time."""
    maker = _Maker(case)
    net = cns.Network(dt=case.dt, seed=case.seed, reward=cns.Dopamine(20 * case.dt, tonic=0.03 / case.dt))
    layers = {"source": maker.source(), "target": maker.target()}
    for name in ("target", "source") if case.order == "after" else ("source", "target"):
        net.add_layer(layers[name], name)
    pre = layers["target"] if case.order == "itself" else layers["source"]
    tested = net.add_connection(maker.connection(pre, layers["target"]), name="tested")
    for name, connection in maker.company(layers["source"], layers["target"]):
        net.add_connection(connection, name=name)
    for name, layer in net.layers.items():
        net.add_monitor(cns.Monitor(layer, ["s", *layer.states]), name)
    for name, connection in net.connections.items():
        learned = ["w"] * (getattr(connection, "learner", None) is not None)
        net.add_monitor(cns.Monitor(connection, [*states(connection), connection.dynamics.output, *learned]), name)
    target = layers["target"]
    net.add_monitor(cns.Monitor(target[maker.some(target)], ["s", target.states[0]]), "part")
    return Built(net, tested, {"source": case.seed, "target": case.seed + 1})


class _Maker:
    """Makes the parts of a case, in any order."""

    def __init__(self, case: Case) -> None:
        self.case, self.kind = case, case.kind

    def random(self, what: int) -> np.random.Generator:
        return np.random.default_rng([self.case.seed, what])

    def source(self) -> Any:
        shape, common = self.case.shapes[0], {"dtype": self.kind.dtype, "rng": self.case.seed}
        common["is_inhibitory"] = self.signs(shape, 1)
        if self.case.source == "given":
            return cns.InputPopulation(shape, **common)
        if self.case.source == "poisson":
            return cns.PoissonPopulation(shape, rate=100.0 / self.case.dt, **common)
        if self.case.source == "times":
            steps, neurons = (self.random(11).random((100, int(np.prod(shape)))) < 0.1).nonzero()
            return cns.SpikeSource(shape, self.case.dt * steps, neurons=neurons, **common)
        u = self.random(2).uniform(-70, -56, shape)
        return cns.LIFPopulation(shape, R=4.0, u=u, **common)

    def target(self) -> Any:
        shape, kind = self.case.shapes[1], self.kind
        common = {
            "u": self.random(4).uniform(-70, -56, shape),
            "spike_trace": kind.trace != "none",
            "additive_spike_trace": kind.trace != "set",
            "is_inhibitory": self.signs(shape, 5),
            "dtype": kind.dtype,
            "rng": self.case.seed + 1,
        }
        if kind.refractory:
            common["refractory"] = kind.refractory * self.case.dt
        if kind.population in MODELS:
            model, settings, (name, low, high) = MODELS[kind.population]
            spread = {name: self.random(3).uniform(low, high, shape)} if kind.spread else {}
            return model(shape, **settings | spread, **common)
        common["tau"] = self.random(3).uniform(5, 25, shape) if kind.spread else 12.0
        if kind.population == "adapting":
            return Adapting(shape, **common)
        return cns.LIFPopulation(shape, R=4.0, scheme=kind.population, **common)

    def signs(self, shape: tuple[int, ...], what: int) -> Any:
        mask = torch.from_numpy(self.random(what).random(shape) < 0.4)
        return {"no": False, "yes": True, "mask": mask}[self.case.signs]

    def some(self, layer: Any) -> Any:
        """A mask of about half of a layer, at least one neuron."""
        mask = self.random(6).random(layer.shape) < 0.5
        mask.flat[0] = True
        return mask

    def part(self, layer: Any, kind: str) -> Any:
        if kind == "whole":
            return layer
        return layer[: max(1, 2 * layer.shape[0] // 3)] if kind == "slice" else layer[self.some(layer)]

    def connection(self, pre: Any, post: Any) -> Any:
        case = self.case
        if self.kind.synapse in ("shared", "matrix"):
            delay = 0.0 if case.delay == "none" else 3 * case.dt
            return self.dense(pre, post, self.kind.synapse, delay, tested=True)
        pre, post = self.part(pre, case.pre_part), self.part(post, case.post_part)
        if case.rule == "distance":
            pre, post = _flat(pre), _flat(post)
        if case.rule == "one":
            pre, post = _flat(pre), _flat(post)
            pre, post = (p if p.n == min(pre.n, post.n) else p[: min(pre.n, post.n)] for p in (pre, post))
        synapse, size = SYNAPSES[self.kind.synapse]
        rule, expected = self.rule(pre.n, post.n, size)
        size *= (1.0 if self.case.short_term == "none" else 3.0) / max(
            1.0, expected / 4
        )  # what arrives is a part of it
        common: Any = {"connectivity": rule, "synapse": synapse, "rng": case.seed, "short_term": self.short_term(pre)}
        count = len(cns.Connection(pre, post, **common))
        common |= self.learning(size)
        if case.rule == "arrays":
            return cns.Connection(pre, post, **common)
        by_distance = case.rule == "distance"
        weight: Any = {
            "number": size,
            "law": (lambda d: size * (1.5 - 0.5 * d)) if by_distance else cns.Uniform(0.5 * size, 2 * size),
            "array": size * self.random(7).uniform(0.5, 2, count),
        }[case.weight]
        delay: Any = {
            "none": 0.0,
            "same": 2 * case.dt,
            "law": (lambda d: 8 * case.dt * d) if by_distance else cns.Uniform(0.0, 4 * case.dt),
            "array": case.dt * self.random(8).integers(0, 5, count),
        }[case.delay]
        if case.rule == "sparse":
            return cns.Connection(pre, post, delay=delay, **common)
        return cns.Connection(pre, post, weight=weight, delay=delay, **common)

    def learning(self, size: float) -> dict[str, Any]:
        """A rule that changes weights of this size by much of it, and what goes with it."""
        case, tau = self.case, 10 * self.case.dt
        bounds = {"w_max": 4 * size}
        match case.learning:
            case "pairs":
                counted = case.delay == "same" and case.rule != "arrays"  # which has delays of its own
                part_of_it = 2 * case.dt if counted and self.kind.synapse not in ("shared", "matrix") else 0.0
                rule: Any = cns.STDP(0.2 * size, 0.15 * size, tau, tau, pairing="nearest", **bounds)
                return {"learning_rule": rule, "dendritic": part_of_it}
            case "triplets":
                times = {"tau_plus": tau, "tau_minus": 2 * tau, "tau_x": 3 * tau, "tau_y": tau}
                rule = cns.TripletSTDP(0.05, 0.1, 0.1, 0.02, bounds="soft", **times, **bounds)
                return {"learning_rule": rule, "weight_decay": 0.01}
            case "rewarded":
                rule = cns.RSTDP(0.2 * size, 0.1 * size, tau, tau, 3 * tau, **bounds)
                return {"learning_rule": rule}
            case _:
                return {}

    def short_term(self, pre: Any) -> cns.TsodyksMarkram | None:
        """Time constants about as long as the run, so that much is depleted and much recovers."""
        shape, dt = getattr(pre, "parent", pre).shape, self.case.dt
        U = self.random(11).uniform(0.1, 1.0, shape)
        return {
            "none": None,
            "depression": cns.TsodyksMarkram(U=0.4, tau_rec=50 * dt),
            "both": cns.TsodyksMarkram(U=0.15, tau_rec=20 * dt, tau_facil=80 * dt),
            "spread": cns.TsodyksMarkram(U=U, tau_rec=cns.Uniform(10 * dt, 90 * dt), tau_facil=30 * dt),
        }[self.case.short_term]

    def rule(self, sources: int, targets: int, size: float) -> tuple[cns.Connectivity, float]:
        """A rule, and how many synapses a target has of it, roughly."""
        draw, pairs = self.random(9), sources * targets
        count = max(1, min(3 * targets, pairs))
        match self.case.rule:
            case "all":
                return cns.AllToAll(), sources
            case "one":
                return cns.OneToOne(), 1
            case "probability":
                return cns.FixedProbability(0.1), 0.1 * sources
            case "in-degree":
                return cns.FixedInDegree(3), 3
            case "out-degree":
                return cns.FixedOutDegree(2), 2 * sources / targets
            case "total":
                return cns.FixedTotalNumber(count), 3
            case "different":
                return cns.FixedTotalNumber(count, multapses=False), 3
            case "distance":
                return cns.DistanceDependent(cns.ExponentialKernel(0.1), periodic=True), 0.2 * sources
            case "arrays":
                i, j = draw.integers(0, sources, count), draw.integers(0, targets, count)
                delay = None if self.case.delay == "none" else self.case.dt * draw.integers(0, 5, count)
                return cns.FromArrays(i, j, weight=size * draw.uniform(0.5, 2, count), delay=delay), 3
            case _:
                density = min(1.0, 4 / sources)
                matrix = scipy.sparse.random_array((sources, targets), density=density, rng=draw, format="csr")
                return cns.FromSparse(matrix * 2 * size), 4

    def dense(self, pre: Any, post: Any, kind: str, delay: float, *, tested: bool = False) -> cns.DenseConnection:
        w = 16 * self.random(10).random(pre.shape + post.shape) / pre.n if kind == "matrix" else None
        learning = self.learning(8.0 / pre.n) if tested else {}
        return cns.DenseConnection(pre, post, J=1.0 if w is not None else 8.0, w=w, tau_s=4.0, delay=delay, **learning)

    def company(self, pre: Any, post: Any) -> Iterator[tuple[str, Any]]:
        if self.kind.company == "shared":
            yield "beside", self.dense(pre, post, "shared", 0.0)
        elif self.kind.company == "delta":
            rule = cns.FixedInDegree(2)
            yield "beside", cns.Connection(pre, post, connectivity=rule, synapse=cns.Delta(), weight=0.5, rng=3)
            yield "drive", cns.PoissonDrive(post, n=10, rate=50.0 / self.case.dt, weight=0.1, rng=4)
        elif self.kind.company == "matrix and conductance":
            yield "beside", self.dense(pre, post, "matrix", self.case.dt)
            synapse = cns.ExponentialConductance(tau=3.0)
            yield "behind", cns.Connection(pre, post, connectivity=cns.FixedInDegree(1), synapse=synapse, weight=0.01)


def inputs(case: Case, steps: int) -> dict[str, Any]:
    """The input of a case for its first steps."""
    rng = torch.Generator().manual_seed(case.seed + 1)
    given: dict[str, Any] = {}
    for name, shape in zip(("source", "target"), case.shapes, strict=True):
        n = int(np.prod(shape))
        row = 10 * torch.rand(steps, n, generator=rng)
        if name == "source" and case.source == "given":
            given[name] = row > 8.8
        elif name == "source" and case.source == "poisson":
            given[name] = (20 * row / case.dt, 100.0 / case.dt, cns.ConstantCurrent(100.0 / case.dt))[case.drive]
        elif name == "source" and case.source == "times":
            continue
        elif case.kind.per_neuron or name == "source":
            constant = cns.Constant(4 + 5 * torch.rand(shape, generator=rng))
            given[name] = (row, constant, 7.0 + cns.WhiteNoise(0.0, 2.0))[case.drive]
        else:
            step = cns.StepCurrent([0.0, 10 * case.dt], [8.0, 6.0])
            given[name] = (10 * torch.rand(steps, generator=rng), 8.0 * (case.seed % 5 > 0), step)[case.drive]
    return given


def part(given: dict[str, Any], first: int, last: int) -> dict[str, Any]:
    """The rows of an input that belong to some steps."""
    return {name: value[first:last] if isinstance(value, torch.Tensor) else value for name, value in given.items()}


def states(connection: Any) -> list[str]:
    """All states of a connection, those of its sources too."""
    short_term = getattr(connection, "short_term", None)
    return [*connection.states, *(short_term.dynamics.states if short_term else ())]


def _flat(layer: Any) -> Any:
    """A layer, or all of it as a part, which has one dimension."""
    return layer[np.ones(layer.shape, bool)] if len(layer.shape) > 1 else layer


def by_hand(built: Built, given: dict[str, Any], steps: int) -> None:
    """The loop a person writes: sums in the order of the connections, one forward per layer."""
    net = built.net
    table = {name: _rows(net.layers[name], value, steps, built.seeds[name]) for name, value in given.items()}
    for step in range(steps):
        _step_by_hand(net, {name: rows[step] for name, rows in table.items()})
    for connection in _projections(net):
        connection.normalize()


def _projections(net: cns.Network) -> list[cns.AbstractConnection]:
    return [c for c in net.connections.values() if isinstance(c, cns.AbstractConnection)]


def _step_by_hand(net: cns.Network, given: dict[str, Any]) -> None:
    assert net.reward is not None
    net.reward.update(None)
    for name, layer in net.layers.items():
        total, jump = given.get(name), None
        for connection in net.connections.values():
            if connection.post is not layer:
                continue
            arrived = connection.compute()
            if connection.jumps:
                jump = arrived if jump is None else jump + arrived
            else:
                total = total + arrived
        _forward(layer, total, jump)
    for connection in _projections(net):
        connection.update(dopamine=net.reward.dopamine)
    for monitor in net.monitors.values():
        monitor.record()


def _forward(layer: Any, total: Any, jump: Any) -> None:
    if isinstance(layer, cns.SpikeSource):
        layer.forward()
    elif isinstance(layer, cns.InputPopulation | cns.PoissonPopulation):
        layer.forward(total)
    else:
        layer.forward(total, jump=jump)


def _rows(layer: Any, given: Any, steps: int, seed: int) -> Any:
    """What `forward` takes in each of the next steps."""
    if isinstance(given, cns.Generator):
        dt = layer.dt
        rows = given.values(steps * dt, dt, layer.shape, layer.steps * dt, rng=seed, dtype=layer.dtype)
        return rows.reshape(steps, *layer.shape) if rows.shape[1:].numel() == layer.n else rows.reshape(steps)
    if isinstance(given, torch.Tensor):
        rows = given if given.dtype == torch.bool else given.to(layer.dtype)
        return rows.reshape(steps, *layer.shape) if rows.ndim > 1 else rows
    return [torch.as_tensor(given.values if isinstance(given, cns.Constant) else given, dtype=layer.dtype)] * steps


def assert_same(one: Built, other: Built) -> None:
    """Recordings and states are equal, bit by bit."""
    for name, a in one.net.monitors.items():
        b = other.net.monitors[name]
        for variable in a.state_variables:
            assert torch.equal(a.get(variable), b.get(variable)), (name, variable)
        if "s" in a.state_variables:
            assert all(map(torch.equal, a.spikes(), b.spikes())), name
    assert_same_states(one, other)


def assert_same_states(one: Built, other: Built) -> None:
    """Everything that the next step depends on is equal, and what was delivered last."""
    for x, y in zip((*one.layers, *one.connections), (*other.layers, *other.connections), strict=True):
        assert x.steps == y.steps
        names = [*x.states, "s"] if x in one.layers else [*states(x), x.dynamics.output]
        assert all(torch.equal(getattr(x, name), getattr(y, name)) for name in names), x.label
        if getattr(x, "learner", None):
            assert torch.equal(x.w, y.w), x.label
            pairs = [(getattr(x.learner, name), getattr(y.learner, name)) for name in x.learner.states]
            assert all(torch.equal(*pair) for pair in pairs), x.learner.label
