"""`Wanted`: what a monitor was asked to record, and of which object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cnsproject.errors import ArgumentError, CnsError, ParameterError
from cnsproject.network.clock import Clock
from cnsproject.network.monitors.readings import check_name, label_of
from cnsproject.network.monitors.reducers import Reducer
from cnsproject.network.monitors.spike_reducers import SpikeReducer
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.views import PopulationView, parent_of


@dataclass(frozen=True)
class Wanted:
    """Names that `get` knows, in order; of these the states; results by their labels; and whether spikes are stored."""

    all: tuple[str, ...]
    states: tuple[str, ...]
    reducers: dict[str, Reducer]
    spikes: bool


def read(obj: Any, wanted: Sequence[str | Reducer]) -> Wanted:
    """Sort what is to be recorded. Raises ArgumentError, ParameterError or UnknownNameError for what cannot be."""
    what = "Monitor.state_variables"
    if isinstance(wanted, str | Reducer):
        raise ArgumentError(what, got=repr(wanted), expected="a list of names", fix=f"write [{wanted!r}]")
    if not len(wanted):
        raise ArgumentError(what, got="no name", expected="at least one", fix="name what to record")
    fires = isinstance(parent_of(obj), NeuralPopulation)
    names: dict[str, bool] = {}  # whether it is a state
    reducers: dict[str, Reducer] = {}
    for one in wanted:
        variable = check_name(obj, one.variable if isinstance(one, Reducer) else one)
        if not isinstance(one, Reducer):
            names[variable] = variable != "s" or not fires
            continue
        reducer = _fitting(obj, one.of(variable), fires)
        if reducer.label in reducers:
            raise ParameterError(
                f"Monitor of {label_of(obj)}", got=f"{reducer.label!r} twice", expected="each once",
                fix="use another monitor for the second",
            )  # fmt: skip
        reducers[reducer.label], names[reducer.label] = reducer, False
    spikes = fires and "s" in names
    return Wanted(tuple(names), tuple(name for name, is_state in names.items() if is_state), reducers, spikes)


def _fitting(obj: Any, reducer: Reducer, fires: bool) -> Reducer:
    of_spikes = isinstance(reducer, SpikeReducer)
    if of_spikes != (reducer.variable == "s" and fires):
        raise ArgumentError(
            f"Monitor of {label_of(obj)}",
            got=f"{reducer!r} of {reducer.variable!r}",
            expected="a population, whose spikes are counted" if of_spikes else "a state, parameter or weight",
            fix="record a population" if of_spikes else "use SpikeCount() or PopulationRate(bin) for spikes",
        )
    return reducer


def clock_of(obj: Any) -> Clock | None:
    """What tells the steps of an object: of synapses it is the population they act on."""
    owner = parent_of(obj)
    if isinstance(owner, Synaptic):
        owner = owner.post
    return owner._clock if isinstance(owner, NeuralPopulation) else None


def part_of(obj: Any, neurons: Any) -> PopulationView:
    """Some neurons of a population."""
    if not isinstance(obj, NeuralPopulation | PopulationView):
        raise ArgumentError(
            f"Monitor of {label_of(obj)}.neurons", got="neurons of something that is no population",
            expected="a population", fix="leave neurons out",
        )  # fmt: skip
    try:
        return obj[neurons]
    except CnsError as error:
        raise type(error)(
            f"Monitor of {label_of(obj)}.neurons", got=error.got, expected=error.expected, fix=error.fix
        ) from None
