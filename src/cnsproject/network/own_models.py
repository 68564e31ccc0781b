"""`Population`: neurons of a user's model, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from cnsproject.checks import named_arguments
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.lines import Line, assignments
from cnsproject.dynamics.quantities import quantity, usual
from cnsproject.dynamics.reading import declare, missing_unit, missing_value, split
from cnsproject.errors import ArgumentError, EquationError, nearest
from cnsproject.network.attributes import Rng
from cnsproject.network.deciding import AbstractDecision
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.parameters import Given, is_pair
from cnsproject.network.population import common

__all__ = ["Population"]


class Population(ModelPopulation):
    """Neurons that follow equations of your own.

        cns.Population(
            "dv/dt = (v_rest - v + R*I)/tau : mV", shape=100, threshold="v > -50", reset="v = v_reset", refractory=2,
            parameters={"tau": "10 ms", "R": "1 MOhm", "v_rest": "-70 mV", "v_reset": "-70 mV"})

    equations   one line each: `dv/dt = expression : unit` for a state, `x = expression : unit` for a shorthand,
                `name : unit` for a parameter. `xi` is noise (scheme "euler"); functions are exp, log, sqrt, exprel,
                clip, where, ... . The first state in `threshold` is the membrane
    threshold   condition for a spike, such as "v > -50"
    reset       assignments at a spike, such as "v = v_reset; w += b"
    refractory  how long the membrane then keeps its value (ms)
    parameters  name: value with its unit, "10 ms" or ([9, 11], "ms"), an array or distribution in the second form. For
                a parameter with a line of its own in the equations a plain number, array or distribution is in that
                unit. What has a unit is converted: "0.01 s" is 10 ms
    inputs      name: unit of what `forward` and `Network.run` give; when left out, an `I` that is defined nowhere is
                the input, in nA. One at most
    start       state: start value, as for a parameter; default of the membrane: the value its reset gives it, of
                others 0
    scheme      "euler", "exponential euler", "heun", "rk4", or "exact" for linear equations
    source      paper or book, with the section

    Parameters and states are attributes and may be set. The other arguments are those of ModelPopulation. The model
    runs by hand and on every executor as ours do.

    Raises EquationError or UnitError, with a caret under the place, for what cannot be read or does not fit together.
    """

    @named_arguments
    def __init__(
        self,
        equations: str,
        *,
        shape: int | tuple[int, ...],
        threshold: str,
        reset: str | None = None,
        refractory: float | str = 0.0,
        parameters: Mapping[str, Given] | None = None,
        inputs: Mapping[str, str] | None = None,
        start: Mapping[str, Given] | None = None,
        scheme: str = "euler",
        source: str = "",
        spike_trace: bool = True,
        additive_spike_trace: bool = True,
        tau_s: Given = 10.0,
        trace_scale: Given = 1.0,
        is_inhibitory: bool | Tensor = False,
        learning: bool = True,
        dt: float | None = None,
        dtype: torch.dtype = torch.float32,
        name: str | None = None,
        rng: Rng = None,
        surrogate_width: float = 1.0,
        decision: AbstractDecision | None = None,
    ) -> None:
        _check_kinds(equations, threshold, reset, parameters, inputs, start)
        given = dict(parameters or {})
        equations, declared = split(equations)
        self.__dict__["dynamics"] = dynamics = declare(
            equations, declared, spike=threshold, reset=reset, units=_units(given, declared), inputs=inputs,
            scheme=scheme, source=source,
        )  # fmt: skip
        for state in start or {}:
            if state not in dynamics.states:
                raise EquationError(
                    f"Population.start[{state!r}]", got="a name without an equation d.../dt", expected="a state",
                    fix=nearest(state, dynamics.states),
                )  # fmt: skip
        own: dict[str, Given | None] = {dynamics.membrane: _reset_value(dynamics), **(start or {})}
        follows = own[dynamics.membrane]
        if isinstance(follows, str) and follows in dynamics.parameters:
            # A membrane that starts at a parameter follows it when that is set or drawn anew.
            self.__dict__["follows"], own[dynamics.membrane] = {dynamics.membrane: follows}, None
        super().__init__(shape, parameters=given, starts=own, scheme=scheme, decision=decision, **common(locals()))

    @property
    def label(self) -> str:
        """How errors call this population: by its name, or by its first equation."""
        first = self.dynamics.lines[0].text.rpartition(":")[0].strip()
        return f"Population {self.name!r}" if self.name else f"Population({first}, shape={self.shape})"


def _check_kinds(equations: object, threshold: object, reset: object, *mappings: object) -> None:
    texts = {"equations": equations, "threshold": threshold, "reset": "" if reset is None else reset}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise ArgumentError(
                f"Population.{name}", got=repr(text), expected="a text", fix="write it in quotes, as in 'v > -50'"
            )
    for name, mapping in zip(("parameters", "inputs", "start"), mappings, strict=True):
        if mapping is not None and not isinstance(mapping, Mapping):
            raise ArgumentError(
                f"Population.{name}", got=repr(mapping), expected="a dict", fix=f"write {name}={{'name': ...}}"
            )


def _units(given: Mapping[str, Any], declared: tuple[Line, ...]) -> dict[str, str]:
    """The unit of every parameter: the one of its line, else the one that plain numbers of its kind are in."""
    units = {line.target: line.unit for line in declared}
    for line in declared:
        if line.target not in given:
            raise missing_value(line)
    for name, value in given.items():
        if name in units:
            continue
        what = f"Population.parameters[{name!r}]"
        if isinstance(value, str):
            units[name] = usual(quantity(what, value)[1])
        elif is_pair(value):
            units[name] = usual(Line(value[1], what, value[1], 0))
        else:
            raise missing_unit(name, value)
    return units


def _reset_value(dynamics: Dynamics) -> float | str:
    """What the reset gives to the membrane: a number, or the name of a parameter; 0 where it is another expression."""
    value: float | str = 0.0
    for line in assignments(dynamics.reset):
        if line.target == dynamics.membrane:
            text = line.expression.strip()
            try:
                value = text if text in dynamics.parameters else float(text)
            except ValueError:
                value = 0.0
    return value
