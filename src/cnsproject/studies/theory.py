"""A network object as theory sees it: what `cns.mean_field` and `cns.spectral_radius` read from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from cnsproject.analysis.diffusion import Membranes
from cnsproject.analysis.mean_field import Populations
from cnsproject.dynamics.neurons import LIF
from cnsproject.errors import ArgumentError, ParameterError
from cnsproject.network.drives import PoissonDrive
from cnsproject.network.integrate_and_fire import LIFPopulation
from cnsproject.network.network import Network
from cnsproject.network.sources import PoissonPopulation
from cnsproject.network.sparse import Connection
from cnsproject.network.synapses import Delta, ExponentialCurrent
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.views import PopulationView

F64 = npt.NDArray[np.float64]

_MEMBRANE = ("tau", "R", "u_rest", "u_reset", "threshold")
# What one step leaves of u, as a function of dt/tau.
_LEFT = {
    "euler": lambda x: 1.0 - x,
    "heun": lambda x: 1.0 - x + x**2 / 2.0,
    "rk4": lambda x: 1.0 - x + x**2 / 2.0 - x**3 / 6.0 + x**4 / 24.0,
}


@dataclass(frozen=True)
class Sums:
    """What the synapses of a connection come to at a neuron of post: means over the neurons, and how the sum varies.

    total, squares, spread, and how many synapses a neuron has; in the units of the weight
    """

    total: float
    squares: float
    spread: float
    synapses: float


def network_of(what: str, net: object) -> Network:
    """`net`, which must be a Network with layers."""
    if not isinstance(net, Network) or not net.layers:
        raise ArgumentError(
            f"{what}(net)", got="a Network without layers" if isinstance(net, Network) else type(net).__name__,
            expected="a Network with layers", fix="add the populations to a network first",
        )  # fmt: skip
    return net


def signed_weights(connection: Connection) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], F64]:
    """Source, target and weight of every synapse; weights of inhibitory neurons are negative."""
    sources, targets = (index.numpy() for index in connection.indices())
    weights = connection._of_every_synapse(connection.w.detach()) if connection.w.ndim else connection.w.detach()
    values = np.broadcast_to(weights.cpu().numpy().astype(np.float64), sources.shape)
    signs = connection.signs
    return sources, targets, values if signs is None else values * signs.reshape(-1).cpu().numpy()[sources]


def read_populations(what: str, net: Network, currents: dict[str, float]) -> tuple[list[str], Populations]:
    """The LIF populations of a network and what they do to each other; raises for what theory does not cover."""
    names = [name for name, layer in net.layers.items() if not isinstance(layer, PoissonPopulation)]
    for name in names:
        _check_layer(what, name, net.layers[name])
    cells, kept = _membranes(what, net, names)
    n = len(names)
    jumps, squares, spread, outside = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n)), np.zeros((2, n))
    delay = np.full((n, n), np.nan)
    places = {id(net.layers[name]): k for k, name in enumerate(names)}
    tau = np.asarray(cells.tau)
    for name, connection in net.connections.items():
        a = places.get(id(connection.post))
        if a is None:
            _refuse(what, name, "synapses onto Poisson neurons, which do not feel them", "leave that connection out")
        per_weight = jump_of_weight(what, name, connection)
        of_mean, of_square = _in_steps(connection, net.dt / float(tau[a]))
        if isinstance(connection, PoissonDrive):
            w, rate = _drive(what, name, connection)
            outside[:, a] += (
                1e-3 * tau[a] * rate * np.array([of_mean * per_weight * w, of_square * (per_weight * w) ** 2])
            )
            continue
        assert isinstance(connection, Connection)
        sums, lag = _sums(what, name, connection)
        row = of_mean * per_weight * sums.total, of_square * per_weight**2 * sums.squares
        b = places.get(id(connection.pre))
        if b is None:
            rate = float(np.mean(np.asarray(connection.pre.rate)))
            outside[:, a] += 1e-3 * tau[a] * rate * np.array(row)
            continue
        if not math.isnan(delay[a, b]) and delay[a, b] != lag:
            _refuse(what, name, "a second delay between two populations", "give all connections of a pair one delay")
        delay[a, b] = lag
        jumps[a, b] += row[0]
        squares[a, b] += row[1]
        spread[a, b] += (of_mean * per_weight) ** 2 * sums.spread
    level = np.array([k["u_rest"] + k["R"] * currents.get(name, 0.0) for name, k in kept.items()])
    return names, Populations(cells, level, jumps, squares, np.nan_to_num(delay), outside, spread)


def _refuse(what: str, name: str, got: str, fix: str) -> NoReturn:
    raise ParameterError(
        f"{what}: {name!r}", got=got,
        expected="what theory covers: LIF neurons, Poisson drives and neurons, jumps or exponential currents",
        fix=fix,
    )  # fmt: skip


def _check_layer(what: str, name: str, layer: Any) -> None:
    if not isinstance(layer, LIFPopulation) or layer.dynamics.text != LIF.text:
        _refuse(what, name, f"a {type(layer).__name__}", "use LIFPopulation, or measure the rates")
    if getattr(layer, "decision", None) is not None:
        _refuse(what, name, "neurons that compete by a decision", "leave decision= out")
    for parameter in _MEMBRANE:
        if np.ptp(np.asarray(getattr(layer, parameter))) > 0:
            _refuse(what, name, f"neurons that differ in {parameter}", "make a population for each value")


def _membranes(what: str, net: Network, names: list[str]) -> tuple[Membranes, dict[str, dict[str, Any]]]:
    """Membranes of the populations, with the time constant that their scheme gives them, and their values by name."""
    kept: dict[str, dict[str, Any]] = {}
    tau_s = []
    for name in names:
        layer: Any = net.layers[name]
        values = {p: float(np.mean(np.asarray(getattr(layer, p)))) for p in _MEMBRANE}
        kept[name] = {**values, "tau_in_steps": _tau_in_steps(layer), "refractory": layer.refractory}
        onto = [c.synapse for c in net.connections.values() if c.post is layer and hasattr(c, "synapse")]
        times = {float(np.mean(np.asarray(s.tau))) if isinstance(s, ExponentialCurrent) else 0.0 for s in onto}
        if len(times) > 1:
            got = "synapses with the time constants " + " and ".join(f"{t:g} ms" for t in sorted(times))
            _refuse(what, name, got + " (0: jumps)", "give all synapses onto one population one time constant")
        tau_s.append(times.pop() if times else 0.0)
    columns = (
        {key: np.array([one[key] for one in kept.values()], float) for key in next(iter(kept.values()))} if kept else {}
    )
    if not kept:
        raise ParameterError(
            f"{what}(net)", got="no LIF population", expected="at least one", fix="use cns.LIFPopulation"
        )
    cells = Membranes(
        columns["tau_in_steps"],
        columns["u_reset"],
        columns["threshold"],
        columns["refractory"],
        np.array(tau_s),
        net.dt,
    )
    return cells, kept


def jump_of_weight(what: str, name: str, connection: Synaptic) -> float:
    """By how much (mV) a spike through a synapse of weight 1 moves the membrane in all."""
    synapse, post = getattr(connection, "synapse", None), connection.post
    if not isinstance(connection, Connection | PoissonDrive):
        _refuse(what, name, f"a {type(connection).__name__}", "use cns.Connection or cns.PoissonDrive")
    if getattr(connection, "learner", None) is not None or getattr(connection, "short_term", None) is not None:
        _refuse(what, name, "weights that change", "leave learning_rule= and short_term= out")
    if isinstance(synapse, Delta):
        return 1.0
    if not isinstance(synapse, ExponentialCurrent) or np.ptp(np.asarray(synapse.tau)) > 0:
        _refuse(what, name, f"the synapse {synapse!r}", "use Delta() or ExponentialCurrent(tau)")
    assert isinstance(post, LIFPopulation)
    R, tau, tau_s = (float(np.mean(np.asarray(value))) for value in (post.R, _tau_in_steps(post), synapse.tau))
    assert post.dt is not None
    # Held during a step, a current that decays from step to step carries more than one that decays within.
    charge = tau_s if connection._within else post.dt / -math.expm1(-post.dt / tau_s)
    return R * charge / tau


def _tau_in_steps(layer: LIFPopulation) -> float:
    """The time constant (ms) with which u decays from step to step; another scheme has another one."""
    assert layer.dt is not None
    x = layer.dt / float(np.mean(np.asarray(layer.tau)))
    left = _LEFT[layer.scheme](x) if layer.scheme in _LEFT else math.exp(-x)
    if not 0.0 < left < 1.0:
        _refuse(
            "mean field", layer.label, f"a step of {layer.dt:g} ms for tau = {layer.dt / x:g} ms", "use a smaller dt"
        )
    return -layer.dt / math.log(left)


def _in_steps(connection: Synaptic, x: float) -> tuple[float, float]:
    """What mean and variance of u are in steps of x = dt/tau, in parts of those in continuous time.

    Jumps come at the beginning of a step, before the decay that its end sees.
    """
    if not isinstance(getattr(connection, "synapse", None), Delta):
        return 1.0, 1.0
    left = math.exp(-x)
    return x * left / (1.0 - left), 2.0 * x * left**2 / (1.0 - left**2)


def _drive(what: str, name: str, drive: PoissonDrive) -> tuple[float, float]:
    """Weight, and rate of all processes of a neuron (Hz)."""
    w = drive.w.detach().cpu().numpy()
    if np.ptp(w) > 0:
        _refuse(what, name, "a drive with a weight for each neuron", "give it one weight")
    if np.ptp(drive.n) > 0:
        _refuse(what, name, "a drive with a number of processes for each neuron", "make a population of each part")
    return float(np.mean(w)), float(np.mean(drive.n)) * drive.rate


def _sums(what: str, name: str, connection: Connection) -> tuple[Sums, float]:
    """What the synapses come to, and their delay (ms)."""
    if isinstance(connection._parts[1], PopulationView):
        _refuse(what, name, "synapses onto a part of a population", "make a population of that part")
    if isinstance(connection.pre, PoissonPopulation) and np.ptp(np.asarray(connection.pre.rate)) > 0:
        _refuse(what, name, "Poisson neurons that differ in their rate", "make a population for each rate")
    delays = connection.delays.numpy()
    _, targets, w = signed_weights(connection)
    count = connection.post.n
    total = np.bincount(targets, weights=w, minlength=count)
    squares = np.bincount(targets, weights=w * w, minlength=count)
    lag = float(delays.mean()) if len(delays) else 0.0
    return Sums(float(total.mean()), float(squares.mean()), float(total.var()), len(w) / count), lag
