"""What a study says about how its result was made."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from cnsproject.circumstances import circumstances
from cnsproject.network.inputs import Constant, Generator
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.provenance import of_network, of_object, provenance, told
from cnsproject.network.views import PopulationView
from cnsproject.studies.result import Result

P = ParamSpec("P")
R = TypeVar("R", bound=Result)


def of_run(monitor: Monitor) -> dict[str, Any]:
    """Seed, dt and executor of the run that a study was recorded in."""
    network = provenance(monitor)["network"]
    return {name: network[name] for name in ("seed", "dt", "executor")}


def accounted(study: Callable[P, R]) -> Callable[P, R]:
    """Give the result the circumstances, the name of the study and all its arguments, beside what it has of the run."""
    signature = inspect.signature(study)

    @wraps(study)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        result = study(*args, **kwargs)
        return replace(result, provenance=account(study.__name__, signature.bind(*args, **kwargs), result.provenance))

    return wrapper


def account(study: str, given: inspect.BoundArguments, run: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance of a study: `run` is what there is to say about its run."""
    given.apply_defaults()
    arguments = {name: argument(value) for name, value in given.arguments.items()}
    return {**circumstances(), "study": study, **run, "arguments": arguments}


def argument(value: Any) -> Any:
    """An argument of a study: a number, array or generator, or neurons with all their parameters."""
    if isinstance(value, PopulationView):
        return of_object(value.parent) | {"neurons": value.indices.tolist()}
    if isinstance(value, NeuralPopulation):
        return of_object(value)
    if isinstance(value, Network):
        return of_network(value._parts())
    if isinstance(value, Generator | Constant):
        parts = {name: argument(part) for name, part in vars(value).items() if not name.startswith("_")}
        return {"model": type(value).__name__, **parts}
    if isinstance(value, Mapping):
        return {str(name): argument(part) for name, part in value.items()}
    if isinstance(value, list | tuple) and any(not isinstance(part, int | float) for part in value):
        return [argument(part) for part in value]
    return told(value)
