"""Which neurons there are: what is listed, warmed, documented and compared."""

from __future__ import annotations

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.neurons import (
    AELIF,
    ELIF,
    FITZHUGH_NAGUMO,
    GIF,
    HODGKIN_HUXLEY,
    IZHIKEVICH,
    LIF,
    POISSON,
    QIF,
)
from cnsproject.errors import EquationError


def registered(*models: Dynamics) -> tuple[Dynamics, ...]:
    """The models, if a reader can check each of them.

    Raises EquationError for a model without a title, a source, or a unit, symbol and meaning of every name.
    """
    for model in models:
        for what, missing in _gaps(model):
            if missing:
                raise EquationError(
                    f"model {model.title or model.text.splitlines()[0]!r}",
                    got=f"no {what}" + (f" of {', '.join(missing)}" if missing != [""] else ""),
                    expected="title, source, and the unit, symbol and meaning of every name",
                    fix=f"declare the {what}",
                )
    return models


def _gaps(model: Dynamics) -> list[tuple[str, list[str]]]:
    """What a declaration lacks, and for which names."""
    units = {**model.states, **model.inputs, **model.parameters, **model.arrivals}
    everything = [*units, *model.shorthands]
    return [
        ("title", [""] * (not model.title)),
        ("source", [""] * (not model.source)),
        ("unit", [name for name, unit in units.items() if not unit]),
        ("symbol", [name for name in everything if not model.symbols.get(name)]),
        ("meaning", [name for name in units if not model.meanings.get(name)]),
    ]


MODELS = registered(LIF, ELIF, AELIF, QIF, GIF, IZHIKEVICH, HODGKIN_HUXLEY, FITZHUGH_NAGUMO, POISSON)
