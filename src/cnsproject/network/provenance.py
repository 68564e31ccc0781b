"""Where a recording or a network comes from, as plain numbers and texts that JSON can hold."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from cnsproject.circumstances import circumstances
from cnsproject.network.base import Stepped
from cnsproject.network.building import given_of, synapse_count
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.connectivity import PerBlock
from cnsproject.network.drives import PoissonDrive
from cnsproject.network.learner import Learner
from cnsproject.network.monitors.readings import label_of
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.sources import SpikeSource
from cnsproject.network.sparse import Connection
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.telling import Names, is_built, rule_of, synapse_of
from cnsproject.network.values import exact, spread_counted
from cnsproject.network.views import parent_of
from cnsproject.random import Law

if TYPE_CHECKING:
    from cnsproject.network.monitors.member import Parts
    from cnsproject.network.monitors.monitor import Monitor

About = dict[str, Any]
_FEW = 4  # numbers that are told one by one


def provenance(monitor: Monitor) -> About:
    """Circumstances, seed (None where unknown), what was recorded, and the network that it was recorded in.

    Of the recorded object, as of everything in the network: model, dt (ms), equations, parameters with units.
    """
    about = circumstances() | {"seed": monitor.seed, "object": label_of(monitor.obj)}
    about |= of_object(parent_of(monitor.obj))
    return about if monitor._network is None else about | {"network": of_network(monitor._network)}


def version_of(monitor: Monitor) -> tuple[Any, ...]:
    """What changes when `provenance` does, but for the time, and costs little to ask."""
    network = monitor._network
    if network is None:
        return ()
    objects = *network.layers.values(), *network.connections.values()
    weights = ((c.weight._version, c.name) for c in network.connections.values() if is_built(c))
    learned = (c.learner.steps for c in network.connections.values() if getattr(c, "learner", None))
    versions = ((o._clock.version, o.name) for o in objects)
    return network.executor, tuple(network.monitors), *versions, *weights, *learned


def flat(about: About) -> About:
    """A provenance with lists and tables as texts of JSON, which attributes of other formats can hold."""
    plain = str | int | float
    return {n: v if isinstance(v, plain) else json.dumps(v) for n, v in about.items()}


def of_network(network: Parts) -> About:
    """Seed, dt, executor of the last run, and every layer, connection and monitor; nothing is built for it."""
    names = Names(network)
    return {
        "seed": network.seed,
        "dt": network.dt,
        "executor": asdict(network.executor),
        "layers": {name: of_object(layer) for name, layer in network.layers.items()},
        "connections": {name: names.ends_of(c) | of_object(c) for name, c in network.connections.items()},
        "monitors": {
            name: {"of": names.of(m.obj), "variables": list(m.state_variables), **_chosen(m)}
            for name, m in network.monitors.items()
        },
    }


def _chosen(monitor: Monitor) -> About:
    """Which times were asked for (ms), and how many steps are kept where that was said in steps."""
    wanted = {name: value for name, value in asdict(monitor._selection).items() if name != "owner"}
    return {name: value for name, value in {**wanted, "steps kept": monitor._window}.items() if value is not None}


def of_object(obj: object) -> About:
    """Model, equations and parameters of a population or connection; of anything else what it is called."""
    about: About = {"model": type(obj).__name__}
    if not isinstance(obj, Stepped):
        return about
    about |= {"dt": obj.dt, "dtype": str(obj.dtype).removeprefix("torch."), "shape": list(obj.shape)}
    about |= {"key": list(obj._key)} if obj._has_own_key else {}
    dynamics = getattr(obj, "dynamics", None) or getattr(obj, "declaration", None)
    about["equations"] = [line.text.strip() for line in dynamics.lines] if dynamics is not None else []
    for part in ("spike", "reset", "on_arrival"):
        about |= {part: text} if (text := getattr(dynamics, part, None)) else {}
    about["parameters"] = _parameters(obj)
    if isinstance(obj, NeuralPopulation):
        return about | _of_population(obj)
    return about | (_of_synapses(obj) if isinstance(obj, Synaptic) else {})


def told(value: Any, unit: str = "", made_from: Any = None, scale: float = 1.0) -> About:
    """A value: a number or text as it is, an array by range, mean and a hash of all values, the rest by its repr.

    made_from  the distribution or function that made an array
    scale      of which an array has multiples
    """
    behind = {"unit": unit} if unit else {}
    if isinstance(value, tuple) and len(value) <= _FEW:
        return {"stated": exact(value), **behind}
    if not isinstance(value, Tensor | np.ndarray | np.generic | list | tuple):
        if value is None or isinstance(value, bool | int | float | str):
            return {"value": _finite(value) if isinstance(value, float) else value, **behind}
        return {"stated": exact(value), **behind}
    array = np.asarray(value.detach().cpu() if isinstance(value, Tensor) else value)
    if not array.ndim:
        return told(array.item(), unit)
    about: About = behind | {"shape": list(array.shape), "stated": exact(made_from) if made_from else "an array"}
    if array.size:
        spread = {"minimum": array.min(), "maximum": array.max(), "mean": array.mean(dtype=np.float64)}
        about = {name: _finite(scale * float(number)) for name, number in spread.items()} | about
    return about | {"hash": hash_of(array) if scale == 1.0 else hash_of(array, np.array(scale))}


def _finite(number: float) -> float | str:
    """A number that JSON has, or its name."""
    return number if math.isfinite(number) else repr(number)


def hash_of(*arrays: np.ndarray[Any, Any]) -> str:
    """128 bits that differ when a type, shape or value does."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _parameters(obj: Stepped) -> dict[str, About]:
    """All parameters; of those that were drawn, from what."""
    return {name: told(value, obj._units[name], obj._laws.get(name)) for name, value in obj._values.items()}


def _of_population(layer: NeuralPopulation) -> About:
    """What a population has besides its equations."""
    units = layer.dynamics.states if layer.dynamics else {}
    about: About = {"scheme": scheme} if (scheme := getattr(layer, "scheme", "")) else {}
    about |= {
        "refractory": told(layer.refractory, "ms"),
        "start": {state: told(given, units.get(state, "")) for state, given in layer._starts.items()},
        "inhibitory": told(layer.is_inhibitory),
        "trace": [line.text.strip() for line in layer._trace.lines] if layer._trace else [],
        "trace at a spike": (layer._trace.on_arrival or "") if layer._trace else "",
    }
    if (decision := getattr(layer, "decision", None)) is not None:
        about["decision"] = exact(decision)
    if isinstance(layer, SpikeSource):
        about |= {"times": told(layer.times, "ms"), "neurons": told(layer.neurons)}
    return about


def _of_synapses(synapses: Synaptic) -> About:
    """What synapses have besides their equations."""
    about: About = {"synapse": synapse_of(synapses)}
    if isinstance(synapses, PoissonDrive):
        about |= {
            "n": synapses.n if isinstance(synapses.n, int) else told(synapses.n),
            "rate": told(synapses.rate, "Hz"),
        }
    if isinstance(synapses, AbstractConnection):
        about |= {"rule": rule_of(synapses), **_wiring(synapses), "delay": _delay(synapses)}
    about["weight"] = _weight(synapses)
    if terminals := synapses._terminals:
        model = terminals.model
        about["short_term"] = {
            "model": type(model).__name__, "start": dict(model.starts), "parameters": _parameters(terminals)
        }  # fmt: skip
    if isinstance(synapses, AbstractConnection) and (learner := synapses.learner):
        about["learning"] = _of_learner(learner)
    return about


def _of_learner(learner: Learner) -> About:
    """The texts of a learning rule, and the values of its parameters."""
    texts = {name: getattr(learner.plasticity, name) for name in ("pre", "post", "on_pre", "on_post")}
    values = {"parameters": _parameters(learner), "weight_decay": learner.weight_decay}
    values |= {"norm": learner.norm, "dendritic": told(learner.dendritic, "ms")}
    return {"model": type(learner.rule).__name__, **texts, **values, "steps": learner.steps}


def _wiring(connection: AbstractConnection) -> About:
    """Parameters of the rule, number of synapses (the expected one before they are made), and a hash of them."""
    about: About = {"synapses": synapse_count(connection), "built": is_built(connection)}
    if not isinstance(connection, Connection):
        return about
    wires, given = connection._wires, vars(connection.connectivity)
    # Arrays are what it was made from; once it is made they may be gone, and its hash tells them too.
    about["rule_parameters"] = {
        name: told(value)
        for name, value in given.items()
        if value is not None and (wires is None or isinstance(value, str | tuple) or not hasattr(value, "__len__"))
    }
    return about if wires is None else about | {"wiring": hash_of(wires.pointers, wires.targets, wires.steps)}


def _is_made(given: Any) -> bool:
    """Whether values were made from this, and are not this."""
    return isinstance(given, Law | PerBlock) or callable(given)


def _weight(synapses: Synaptic) -> About:
    given = given_of(synapses, "weight") if isinstance(synapses, Connection) else None
    if not is_built(synapses):
        return told(given, synapses.arrival_unit)
    return told(synapses.weight, synapses.arrival_unit, given if _is_made(given) else None, synapses.weight_scale)


def _delay(connection: AbstractConnection) -> About:
    """The delays; of those that are one per synapse the hash of the wiring tells which has which."""
    given = given_of(connection, "delay") if isinstance(connection, Connection) else getattr(connection, "delay", 0.0)
    if not isinstance(connection, Connection) or not is_built(connection) or isinstance(given, float):
        return told(given, "ms")
    made = {"unit": "ms", "shape": [len(connection)], "stated": exact(given) if _is_made(given) else "an array"}
    found = spread_counted(*connection.delays_with_counts())
    return {"minimum": found.low, "maximum": found.high, "mean": found.mean} | made if found.count else made
