"""Where a recording comes from: versions, seed, time step, model and parameters, as plain numbers and texts."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from cnsproject.network.base import Stepped
from cnsproject.network.monitors.readings import label_of
from cnsproject.network.values import stated
from cnsproject.network.views import parent_of

if TYPE_CHECKING:
    from cnsproject.network.monitors.monitor import Monitor


def provenance(monitor: Monitor) -> dict[str, Any]:
    """What JSON can hold: versions, seed (None where unknown), dt (ms), model, equations, parameters with units."""
    from cnsproject import __version__

    obj = monitor.obj
    owner = parent_of(obj)
    about: dict[str, Any] = {
        "versions": {
            "cnsproject": __version__, "torch": str(torch.__version__), "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "seed": monitor.seed,
        "object": label_of(obj),
        "model": type(owner).__name__,
    }  # fmt: skip
    if isinstance(owner, Stepped):
        about |= {"dt": owner.dt, "dtype": str(owner.dtype).removeprefix("torch."), "shape": list(owner.shape)}
        dynamics = getattr(owner, "dynamics", None)
        about["equations"] = [line.text.strip() for line in dynamics.lines] if dynamics is not None else []
        about["parameters"] = _parameters(owner)
    return about


def flat(about: dict[str, Any]) -> dict[str, Any]:
    """A provenance with lists and tables as texts of JSON, which attributes of other formats can hold."""
    plain = str | int | float
    return {n: v if isinstance(v, plain) else json.dumps(v) for n, v in about.items()}


def _parameters(owner: Stepped) -> dict[str, dict[str, Any]]:
    """Numbers as they are; of those that differ from neuron to neuron the range, and how they were drawn."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in owner._values.items():
        unit = owner._units[name]
        if isinstance(value, float):
            found[name] = {"value": value, "unit": unit}
            continue
        spread = {"minimum": float(value.min()), "maximum": float(value.max()), "mean": float(value.mean())}
        found[name] = {**spread, "unit": unit, "stated": stated(owner._laws.get(name, value), unit)}
    return found
