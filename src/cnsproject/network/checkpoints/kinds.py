"""Which classes may occur in a checkpoint, and the names by which it calls them."""

from __future__ import annotations

import sys
from functools import reduce
from typing import Any

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.plasticity import Plasticity
from cnsproject.errors import CheckpointError
from cnsproject.network.assembling import Assembly
from cnsproject.network.attributes import Attributes
from cnsproject.network.checkpoints.dropped import DroppedArray, DroppedFunction
from cnsproject.network.clock import Clock
from cnsproject.network.connectivity import Connectivity, ExponentialKernel, GaussianKernel, PerBlock
from cnsproject.network.deciding import AbstractDecision
from cnsproject.network.inputs import Constant, Generator
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.monitors import Monitor
from cnsproject.network.monitors.axis import Axis
from cnsproject.network.monitors.events import Events
from cnsproject.network.monitors.reducers import Reducer
from cnsproject.network.monitors.selection import Selection, Span
from cnsproject.network.monitors.series import Series
from cnsproject.network.monitors.streaming import Store
from cnsproject.network.rewarding import AbstractReward
from cnsproject.network.running import Choice, Run
from cnsproject.network.short_term import ShortTermPlasticity
from cnsproject.network.synapses import Synapse
from cnsproject.network.views import PopulationView
from cnsproject.network.wires import Wires
from cnsproject.random import Law

# These, and what a user derives from them.
KINDS: tuple[type, ...] = (
    Assembly, Attributes, Monitor, Selection, Span, Series, Events, Axis, Reducer, Store, Clock, PopulationView,
    Synapse, Connectivity, PerBlock, GaussianKernel, ExponentialKernel, ShortTermPlasticity, Law, Generator, Constant,
    Dynamics, Wires, LearningRule, Plasticity, AbstractReward, AbstractDecision, Choice, Run, DroppedArray,
    DroppedFunction,
)  # fmt: skip
_OURS = "cnsproject"


def name_of(kind: type, what: str) -> str:
    """`cnsproject:LIFPopulation`, or module and name of a user's class. CheckpointError where it cannot be found so."""
    public = f"{_OURS}:{kind.__name__}"
    if _found(public) is kind:
        return public
    name = f"{kind.__module__}:{kind.__qualname__}"
    if _found(name) is not kind:
        raise CheckpointError(
            what, got=f"an object of {name}", expected="a class that its module knows by this name",
            fix="define the class at the top level of a module, or take net.state() and restore() in one process",
        )  # fmt: skip
    return name


def class_named(name: str, what: str) -> type:
    """The class of a name. It must have been imported: reading a file runs nothing that the file asks for."""
    found = _found(name)
    if not isinstance(found, type):
        module = name.partition(":")[0]
        where = "run the code that defines it" if module == "__main__" else f"import {module}"
        raise CheckpointError(
            what, got=f"an object of {name}, which is not there", expected="its class to be known before the file",
            fix=f"{where} first (cns resume: --import {module})",
        )  # fmt: skip
    if not issubclass(found, KINDS):
        raise CheckpointError(what, got=f"an object of {name}", expected="a class of networks", fix="use another file")
    return found


def _found(name: str) -> Any:
    module, _, path = name.partition(":")
    return reduce(lambda obj, part: getattr(obj, part, None), path.split("."), sys.modules.get(module))
