"""From equations to ordered operations."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import LIF, SPIKE_TRACE, Dynamics
from cnsproject.dynamics.lowering import Lowering
from cnsproject.dynamics.models import SCALED_CURRENT
from cnsproject.dynamics.step import Step
from cnsproject.dynamics.update import Op, Update
from cnsproject.errors import EquationError, UnknownNameError

NUMPY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "neg": np.negative,
    "copy": lambda a: a,
    "select": np.where,
    "as_number": float,
    "check": np.isfinite,
    "surrogate": lambda m, s: float(s),
    "ge": np.greater_equal,
    "gt": np.greater,
    "le": np.less_equal,
    "lt": np.less,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
}


def compute(ops: tuple[Op, ...] | list[Op], names: dict[str, float]) -> dict[str, float]:
    """Carry out operations one by one, in double precision."""
    for op in ops:
        args = [names[a] if a in names else float(a) for a in op.args]
        names[op.target] = NUMPY.get(op.function, getattr(np, op.function, None))(*args)
    return names


def carry_out(update: Update, **names: float) -> dict[str, float]:
    return compute(update.body, compute(update.constants, dict(names)))


def test_the_listing_of_the_report_neuron() -> None:
    """The one listing kept in full: what runs in every step, and nothing else."""
    listing = str(Step(LIF, trace=SPIKE_TRACE).update()).split("every step:\n")[1].replace("    ", "")
    assert listing.splitlines() == [
        "_t0 = R * I",
        "_t1 = u_rest + _t0",
        "_t2 = _t1 - u",
        "_t3 = _k0 * _t2",
        "u = u + _t3",
        "_finite_u = check(u)",
        "s = u >= threshold",
        "_t6 = u - threshold   [only if gradients]",
        "_s_value = surrogate(_t6, s)   [only if gradients]",
        "u = select(s, u_reset, u)   [only if s]",
        "traces = _k3 * traces",
        "_s_value = as_number(s)   [only if s]",
        "_t8 = trace_scale * _s_value   [only if s]",
        "traces = traces + _t8   [only if s]",
    ]


VALUES = {"tau": 7.0, "R": 3.0, "u_rest": -70.0, "u_reset": -68.0, "threshold": -55.0, "dt": 0.5}


@given(u=st.floats(-80, -40), current=st.floats(-5, 20))
def test_euler(u: float, current: float) -> None:
    result = carry_out(Step(LIF).update(), u=u, I=current, **VALUES)
    v = u + 0.5 / 7.0 * (-70.0 - u + 3.0 * current)
    assert result["u"] == pytest.approx(-68.0 if v >= -55.0 else v, rel=1e-12)
    assert result["s"] == (v >= -55.0)


@given(u=st.floats(-80, -56), current=st.floats(-5, 4))
def test_exponential_euler_is_exact_for_a_linear_model(u: float, current: float) -> None:
    result = carry_out(Step(LIF, "exponential euler").update(), u=u, I=current, **VALUES)
    u_inf = -70.0 + 3.0 * current
    v = u_inf + (u - u_inf) * math.exp(-0.5 / 7.0)
    assert result["u"] == pytest.approx(-68.0 if v >= -55.0 else v, rel=1e-12)


def test_the_current_decays_and_jumps() -> None:
    result = carry_out(
        Step(SCALED_CURRENT, "exponential euler").update(),
        current=2.0,
        arrived=0.5,
        tau_s=5.0,
        trace_scale=3.0,
        dt=1.0,
    )
    assert result["current"] == pytest.approx(2.0 * math.exp(-0.2) + 1.5)


def test_states_are_updated_together() -> None:
    """dx/dt = y, dy/dt = -x: y must use the old x."""
    model = Dynamics("dx/dt = y/tau : 1\ndy/dt = -x/tau : 1", parameters={"tau": "ms"})
    result = carry_out(Step(model).update(), x=1.0, y=0.0, tau=2.0, dt=1.0)
    assert (result["x"], result["y"]) == (1.0, -0.5)


def test_resets_are_carried_out_in_order() -> None:
    model = Dynamics(
        "du/dt = u/tau : 1\ndw/dt = 0*w/tau : 1", parameters={"tau": "ms"}, spike="u > 1", reset="w = w + u; u = 0"
    )
    result = carry_out(Step(model).update(), u=2.0, w=1.0, tau=1.0, dt=1.0)
    assert (result["u"], result["w"]) == (0.0, 5.0)


def test_exponential_euler_names_the_term_that_is_not_linear() -> None:
    model = Dynamics("du/dt = (u**2 - u)/tau : 1", parameters={"tau": "ms"})
    with pytest.raises(EquationError, match=r"u\*\*2/tau"):
        Step(model, "exponential euler").update()
    with pytest.raises(UnknownNameError, match="'euler'"):
        Step(model, "eulr").update()


x, y, a, b = sympy.symbols("x y a b", real=True)
LEAVES = st.sampled_from([x, y, a, b, sympy.Integer(2), sympy.Rational(1, 2), sympy.Float("0.7")])
UNARY = [
    sympy.exp,
    sympy.tanh,
    sympy.Abs,
    sympy.cos,
    lambda e: -e,
    lambda e: e**2,
    lambda e: e**3,
    lambda e: 1 / (2 + sympy.cos(e)),
]
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(st.sampled_from(["+", "-", "*", "/", "max", "where"]), inner, inner).map(
            lambda t: {
                "+": lambda p, q: p + q,
                "-": lambda p, q: p - q,
                "*": lambda p, q: p * q,
                "/": lambda p, q: p / (2 + sympy.cos(q)),
                "max": sympy.Max,
                "where": lambda p, q: sympy.Piecewise((p, p > q), (q, True)),
            }[t[0]](t[1], t[2])
        )
        | st.tuples(st.sampled_from(UNARY), inner).map(lambda t: t[0](t[1]))
    ),
    max_leaves=8,
)


@given(expression=EXPRESSIONS, values=st.tuples(*[st.floats(-1.5, 1.5)] * 4))
def test_lowering_keeps_the_value(expression: sympy.Expr, values: tuple[float, ...]) -> None:
    """Whatever is hoisted, shared or ordered: the operations compute the expression."""
    code = Lowering(fixed=["a", "b"])
    name = code.name(expression)
    names = dict(zip("xyab", values, strict=True))
    with np.errstate(all="ignore"):
        result = compute(code.body, compute(code.constants, dict(names)))[name]
        expected = complex(expression.subs({sympy.Symbol(n, real=True): v for n, v in names.items()}).evalf())
    if math.isfinite(expected.real) and abs(expected) < 1e6:
        assert result == pytest.approx(expected.real, rel=1e-7, abs=1e-7)
    assert not any(set(op.args) & {"x", "y"} for op in code.constants)


def test_lowering_shares_and_hoists() -> None:
    code = Lowering(fixed=["a", "b"])
    code.name(sympy.tanh(x * y) + sympy.tanh(x * y) ** 2 + sympy.tanh(a / b))
    assert [op.function for op in code.body].count("tanh") == 1
    assert [op.function for op in code.constants].count("tanh") == 1


def test_what_was_computed_from_an_old_value_is_forgotten() -> None:
    code = Lowering(fixed=[])
    first = code.name(x * y)
    code.assign("x", code.name(x + y))
    assert code.name(x * y) != first
