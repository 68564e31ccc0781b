"""`Rule`: a learning rule of the user's, in one call."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

from cnsproject.checks import named_arguments, number
from cnsproject.dynamics.plasticity import Plasticity
from cnsproject.dynamics.quantities import quantity, usual
from cnsproject.errors import ArgumentError
from cnsproject.network.learning_rule import LearningRule


class Rule(LearningRule):
    """Weights that follow equations of your own.

        cns.Rule(
            pre="dx/dt = -x/tau : 1", post="dy/dt = -y/tau : 1",
            on_pre="w = clip(w - A*y, 0, 1); x += 1", on_post="w = clip(w + A*x, 0, 1); y += 1",
            parameters={"tau": "20 ms", "A": 0.01})

    pre, post   traces of the source and of the target, one equation per line, `dx/dt = expression : unit`
    on_pre      assignments when a spike arrives at a synapse, to its weight `w` and to the traces of the source
    on_post     assignments when the target fires, to `w` and to the traces of the target
    synapse     equations of what each synapse keeps besides `w`, such as an eligibility trace, to which on_pre and
                on_post may assign, too
    each_step   assignments at the end of every step, to `w` and to these; may read `dopamine` (1/ms) and `dt`
    parameters  name: a value with its unit, "20 ms", or a plain number without one; `w` counts as one without a unit.
                Weights that synapses share are kept from w_min to w_max where there are parameters of these names
    source      paper or book, with the section

    Assignments to `w` see the traces of all spikes before; a spike that arrives in the step in which the target fires
    comes before that spike. Raises EquationError or UnitError, with a caret under the place, for what cannot be read.
    """

    bounded = False  # nobody knows: what it makes of weights is looked at

    @named_arguments
    def __init__(
        self,
        *,
        on_pre: str,
        on_post: str,
        pre: str = "",
        post: str = "",
        synapse: str = "",
        each_step: str = "",
        parameters: Mapping[str, float | str] | None = None,
        source: str = "",
    ) -> None:
        texts = {
            "on_pre": on_pre,
            "on_post": on_post,
            "pre": pre,
            "post": post,
            "synapse": synapse,
            "each_step": each_step,
        }
        for name, text in texts.items():
            if not isinstance(text, str):
                raise ArgumentError(f"Rule.{name}", got=repr(text), expected="a text", fix="write it in quotes")
        if parameters is not None and not isinstance(parameters, Mapping):
            raise ArgumentError(
                "Rule.parameters", got=repr(parameters), expected="a dict", fix="write {'tau': '20 ms'}"
            )
        self._given: dict[str, Any] = dict(parameters or {})
        units = {
            name: usual(quantity(f"Rule.parameters[{name!r}]", value)[1]) if isinstance(value, str) else "1"
            for name, value in self._given.items()
        }
        self._plasticity = Plasticity(pre, post, on_pre, on_post, units, source, synapse, each_step)

    @property
    def limits(self) -> tuple[float, float] | None:
        """The parameters w_min and w_max, where there is one of them."""
        least, most = (self._given.get(name) for name in ("w_min", "w_max"))
        if least is None and most is None:
            return None
        return (
            -math.inf if least is None else number("Rule.w_min", least),
            math.inf if most is None else number("Rule.w_max", most),
        )

    @property
    def plasticity(self) -> Plasticity:
        """The declaration."""
        return self._plasticity

    def parameters(self) -> Mapping[str, object]:
        """Values of the parameters of `plasticity`."""
        return self._given

    def with_rates(self, lr: object) -> NoReturn:
        """A rule of your own has its rates among its parameters: raises ArgumentError."""
        raise ArgumentError(
            "Rule, lr", got=repr(lr), expected="rates among the parameters of the rule", fix="leave lr out"
        )

    def __repr__(self) -> str:
        return f"Rule(on_pre={self._plasticity.on_pre!r}, on_post={self._plasticity.on_post!r})"
