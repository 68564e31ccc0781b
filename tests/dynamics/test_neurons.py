"""Our neurons as declarations: sound, complete, typeset as they stand."""

from __future__ import annotations

import dataclasses
import math
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import sympy
from hypothesis import example, given
from hypothesis import strategies as st

from cnsproject import Dynamics
from cnsproject.dynamics import neurons
from cnsproject.dynamics.parsing import System
from cnsproject.dynamics.registry import MODELS, registered
from cnsproject.dynamics.step import Step
from cnsproject.dynamics.typesetting import Typesetter
from cnsproject.errors import EquationError
from cnsproject.executors.special import exprel

sys.path.insert(0, str(Path(__file__).parent))
from test_update import carry_out

every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.title.split(" neuron")[0])


@every_model
def test_our_neurons_are_sound(model: Dynamics) -> None:
    model.check()
    assert re.search(r"\b(19|20)\d\d\b", model.source)
    assert Step(model).update().spikes


def test_every_declared_neuron_is_registered() -> None:
    declared = [value for value in vars(neurons).values() if isinstance(value, Dynamics)]
    assert declared == list(MODELS)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"title": ""}, "no title,"),
        ({"source": ""}, "no source,"),
        ({"parameters": neurons.LIF.parameters | {"R": ""}}, "no unit of R"),
        ({"symbols": {"u": "u"}}, "no symbol of I, tau, R"),
        ({"symbols": neurons.LIF.symbols | {"u": ""}}, "no symbol of u"),
        ({"meanings": {}}, "no meaning of u, I, tau"),
    ],
)
def test_what_a_reader_cannot_check_is_not_registered(changes: dict[str, Any], says: str) -> None:
    assert registered(neurons.LIF) == (neurons.LIF,)
    with pytest.raises(EquationError, match=says):
        registered(dataclasses.replace(neurons.LIF, verify=False, **changes))


def test_a_shorthand_needs_a_symbol_too() -> None:
    model = dataclasses.replace(
        neurons.LIF, equations="drive = R*I : mV\ndu/dt = (u_rest - u + drive)/tau : mV", verify=False
    )
    with pytest.raises(EquationError, match="no symbol of drive"):
        registered(model)


@every_model
def test_formulas_can_be_set_by_a_browser(model: Dynamics) -> None:
    """Braces and brackets match, every letter is a known symbol, and Markdown finds nothing to escape."""
    typesetter = Typesetter(model)
    for formula in (*typesetter.equations(), typesetter.spike(), *typesetter.reset()):
        assert formula.count("{") == formula.count("}")
        assert formula.count(r"\left(") == formula.count(r"\right)")
        assert not re.search(r"\\[^A-Za-z]", formula)
        assert not re.search(r"\*|/|\b(u_rest|tau|theta_rh|n_K|threshold)\b", formula)


@pytest.mark.parametrize(
    ("equation", "latex"),
    [
        ("a*(x - y)/tau", r"\frac{a\left(x - y\right)}{\tau}"),
        ("(x - (y - a))/tau", r"\frac{x - \left(y - a\right)}{\tau}"),
        ("-x/tau", r"-\frac{x}{\tau}"),
        ("(-x)**2/a/tau", r"\frac{\frac{\left(-x\right)^{2}}{a}}{\tau}"),
        ("x*exp(-y/a)/tau", r"\frac{x\thinspace \exp\left(-\frac{y}{a}\right)}{\tau}"),
        ("abs(x)*sqrt(y/a)/tau", r"\frac{\lvert x \rvert\thinspace \sqrt{\frac{y}{a}}}{\tau}"),
        ("maximum(x, y)/tau", r"\frac{\max\left(x, y\right)}{\tau}"),
        (
            "where(x > 1 and not y > 2, x, y)/tau",
            r"\frac{\begin{cases} x & x > 1 \wedge \neg \left(y > 2\right) \cr y & \text{else} \end{cases}}{\tau}",
        ),
        ("(1.5*x + dt)/tau", r"\frac{1.5\thinspace x + \Delta t}{\tau}"),
    ],
)
def test_typesetting(equation: str, latex: str) -> None:
    """Brackets where they are needed; names without a symbol as sympy would set them."""
    model = Dynamics(
        f"dx/dt = {equation} : 1\ndy/dt = 0*y/tau : 1",
        parameters={"tau": "ms", "a": "1"},
        symbols={"a": "a"},
        verify=False,
    )
    assert next(Typesetter(model).equations()) == rf"\frac{{dx}}{{dt}} = {latex}"


@given(x=st.floats(-30, 30) | st.floats(-0.1, 0.1))
@example(x=0.0)
@example(x=0.0199)
@example(x=-0.0201)
def test_the_rates_of_hodgkin_and_huxley_have_no_hole(x: float) -> None:
    """alpha_m and alpha_n are x/(1 - exp(-x)) times a rate: to the last digits but a few, and finite at 0."""
    system, special = System(neurons.HODGKIN_HUXLEY), {"exprel": exprel}
    for name, middle, factor in (("alpha_m", -40, 1.0), ("alpha_n", -55, 0.1)):
        rate = sympy.lambdify([sympy.Symbol("u", real=True)], system._shorthands[name], [special, "math"])
        u = 10 * x + middle
        y = (u - middle) / 10  # what is left of x after rounding
        exact = y / -math.expm1(-y) if y else 1.0
        assert rate(u) == pytest.approx(factor * exact, rel=3e-14, abs=1e-13)


CLIMBING = Dynamics(
    equations="du/dt = I/C : mV", inputs={"I": "nA"}, parameters={"C": "nF", "top": "mV"}, spike="u >= top"
)


def test_without_a_reset_a_spike_is_where_the_condition_becomes_true() -> None:
    update, u, spikes = Step(CLIMBING).update(), 0.0, []
    for current in (1.0, 1.0, 1.0, 1.0, -3.0, 1.0, 3.0, 0.0, 0.0):
        result = carry_out(update, u=u, I=current, C=1.0, top=2.0, dt=1.0)
        u = result["u"]
        spikes.append((u, bool(result["s"])))
    assert spikes == [
        (1, False), (2, True), (3, False), (4, False), (1, False), (2, True), (5, False), (5, False), (5, False)
    ]  # fmt: skip


def test_a_jump_belongs_to_the_step_that_it_begins() -> None:
    """What was true before the step is asked of the state before the jump."""
    update = Step(CLIMBING, jump=True).update()
    result = carry_out(update, u=0.0, I=0.0, C=1.0, top=2.0, dt=1.0, jump=5.0)
    assert result["s"]
    assert not carry_out(update, u=5.0, I=0.0, C=1.0, top=2.0, dt=1.0, jump=1.0)["s"]
