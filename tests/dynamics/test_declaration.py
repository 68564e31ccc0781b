"""Models as text: what can be read, and how errors point at what cannot."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import Dynamics
from cnsproject.dynamics import models
from cnsproject.dynamics.units import unit
from cnsproject.errors import EquationError, UnitError

LIF_NAMES = {
    "inputs": {"I": "nA"},
    "parameters": {"tau": "ms", "R": "MOhm", "u_rest": "mV", "u_reset": "mV", "threshold": "mV"},
}


@pytest.mark.parametrize("name", [name for name, model in vars(models).items() if isinstance(model, Dynamics)])
def test_our_models_are_sound_and_cite_their_source(name: str) -> None:
    model = getattr(models, name)
    model.check()
    assert model.source


def declare(equation: str, **changes: object) -> Dynamics:
    return Dynamics(**({"equations": equation, **LIF_NAMES} | changes))  # type: ignore[arg-type]


# What is wrong, the text under which the caret stands, and what the message must say.
WRONG = [
    ("du/dt = (u_rest - u + R*J) / tau : mV", "J) / tau", EquationError, "undefined name 'J'"),
    ("du/dt = (u_rest - u + R*I) / taum : mV", "taum", EquationError, "did you mean 'tau'"),
    ("du/dt = (u_rest - u + I) / tau : mV", "I) / tau", UnitError, "the unit nA, expected the unit mV"),
    ("du/dt = u_rest - u + R*I : mV", "u_rest", UnitError, "the unit mV, expected the unit mV/ms"),
    ("du/dt = (u_rest - u)/tau + R*I : mV", "R*I", UnitError, "the unit mV, expected the unit mV/ms"),
    ("du/dt = (u_rest - u + R*I) / tau : V", "u + R*I", UnitError, "the unit V, expected the unit mV"),
    ("du/dt = exp(u)/tau : mV", "u)/tau", UnitError, "the unit mV, expected the unit 1"),
    ("du/dt = expo(u)/tau : mV", "expo", EquationError, "did you mean 'exp'"),
    ("du/dt = (u_rest - * u)/tau : mV", "* u", EquationError, "an expression"),
    ("du/dt = (u_rest - u)/tau + u.real : mV", "u.real", EquationError, "arithmetic"),
    ("du/dt = maximum(u)/tau : mV", "maximum", EquationError, "1 arguments"),
    ("du/dt = u**u/tau : mV", "u/tau", UnitError, ""),
    ("du/dt = u/tau : mVolt", "", EquationError, "unknown unit 'mVolt'"),
]


@pytest.mark.parametrize(("equation", "at", "kind", "says"), WRONG, ids=[w[0] for w in WRONG])
def test_errors_point_at_the_term(equation: str, at: str, kind: type[EquationError], says: str) -> None:
    with pytest.raises(EquationError) as caught:
        declare(equation)
    message = str(caught.value)
    assert says in message
    if at:
        shown, caret = message.splitlines()[1:3]
        assert caret.index("^") == shown.index(at), message


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"equations": "u = u_rest"}, "unit"),
        ({"equations": "2u/dt = u : mV"}, "on the left"),
        ({"spike": "u + threshold"}, "condition"),
        ({"spike": "u >= tau"}, "the unit ms"),
        ({"requires": "threshold above u_reset"}, "comparison"),
        ({"requires": "threshold > u_rset"}, "did you mean 'u_re"),
        ({"requires": "threshold > u"}, "expected parameters"),
        ({"requires": "threshold > tau"}, "the unit ms"),
        ({"reset": "v = u_reset"}, "choose one of u"),
        ({"reset": "u = tau"}, "the unit ms"),
        ({"reset": "u"}, "no equals sign"),
        ({"parameters": LIF_NAMES["parameters"] | {"I": "nA"}}, "declared twice"),
        ({"parameters": LIF_NAMES["parameters"] | {"dt": "ms"}}, "meaning of its own"),
        ({"parameters": LIF_NAMES["parameters"] | {"lambda": "ms"}}, "meaning of its own"),
        ({"parameters": LIF_NAMES["parameters"] | {"_k0": "ms"}}, "underscore"),
        ({"arrivals": {"w": "mV"}, "on_arrival": "u = u + w + u_rest"}, "without an arrival"),
    ],
)
def test_other_mistakes(changes: dict[str, object], says: str) -> None:
    with pytest.raises(EquationError, match=says):
        declare(
            **(
                {"equation": "du/dt = (u_rest - u + R*I) / tau : mV"} | {}
                if "equations" not in changes
                else {"equation": ""}
            ),
            **changes,
        )


def test_plain_numbers_take_the_unit_of_what_they_meet() -> None:
    declare("du/dt = (-70 - u + R*I) / tau : mV", spike="u > -50", reset="u = -65")
    with pytest.raises(UnitError):
        declare("du/dt = 70*u*u/tau : mV")


def test_shorthands_and_assignments() -> None:
    model = declare("drive = u_rest + R*I : mV\ndu/dt = (drive - u) / tau : mV", reset="u -= 5; u *= 1.0")
    assert model.states == {"u": "mV"}
    assert Dynamics(model.equations, **LIF_NAMES).text in model.text


def test_from_sympy_gives_the_same_model() -> None:
    t, tau, u_rest, R, current = sympy.symbols("t tau u_rest R I")
    u = sympy.Function("u")
    equation = sympy.Eq(u(t).diff(t), (u_rest - u(t) + R * current) / tau)
    names = {"inputs": {"I": "nA"}, "parameters": {"tau": "ms", "R": "MOhm", "u_rest": "mV"}}
    from cnsproject.dynamics.parsing import System

    by_hand = System(Dynamics("du/dt = (u_rest - u + R*I)/tau : mV", **names))  # type: ignore[arg-type]
    built = Dynamics.from_sympy([equation], {"u": "mV"}, **names)
    assert System(built).derivatives == by_hand.derivatives
    with pytest.raises(EquationError, match="no unit"):
        Dynamics.from_sympy([equation], {}, **names)
    with pytest.raises(EquationError, match="on the left"):
        Dynamics.from_sympy([sympy.Eq(u(t), tau)], {"u": "mV"}, **names)
    with pytest.raises(UnitError):
        Dynamics.from_sympy([equation], {"u": "V"}, **names)


@given(
    st.sampled_from(["mV", "nA", "ms", "MOhm", "nF", "uS", "Hz", "1"]),
    st.sampled_from(["mV", "nA", "ms", "MOhm", "nF", "uS", "Hz", "1"]),
)
def test_units_compare_by_kind_and_scale(a: str, b: str) -> None:
    assert (sympy.simplify(unit(a) / unit(b)) == 1) == (a == b)
    assert unit(f"{a}*{b}") == unit(a) * unit(b)


def test_the_projects_units_are_consistent() -> None:
    for left, right in (("MOhm*nF", "ms"), ("MOhm*nA", "mV"), ("uS*mV", "nA"), ("nF*mV/ms", "nA"), ("1/MOhm", "uS")):
        assert sympy.simplify(unit(left) / unit(right)) == 1
    assert sympy.simplify(unit("Hz*ms")) == sympy.Rational(1, 1000)


def test_equal_declarations_are_equal() -> None:
    one, other = declare("du/dt = -u/tau : mV"), declare("du/dt = -u/tau : mV")
    assert one == other
    assert hash(one) == hash(other)
    assert one != declare("du/dt = u/tau : mV")
    assert "du/dt = -u/tau : mV" in str(one)
