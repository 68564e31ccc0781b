"""Noise in declarations: what is refused, and where the message points."""

from __future__ import annotations

import pytest

from cnsproject import Dynamics
from cnsproject.dynamics.step import Step
from cnsproject.errors import EquationError, UnitError

NAMES = {"parameters": {"tau": "ms", "sigma": "mV"}, "spike": "u > 5", "reset": "u = 0"}
NOISE = "sigma*sqrt(2/tau)*xi"


def test_noise_is_found_and_enters_with_sqrt_of_dt() -> None:
    model = Dynamics(f"du/dt = -u/tau + {NOISE} + sigma/tau*sqrt(tau)*xi_slow : mV", **NAMES)  # type: ignore[arg-type]
    assert model.noises == ("xi", "xi_slow")
    update = Step(model, jump=True).update()
    assert update.inputs == ("jump", "xi", "xi_slow")
    assert "sqrt(dt)" in str(update).split("every step")[0]


def test_a_shorthand_may_hold_noise() -> None:
    model = Dynamics(f"drive = {NOISE} : mV/ms\ndu/dt = drive - u/tau : mV", **NAMES)  # type: ignore[arg-type]
    assert Step(model).update().inputs == ("xi",)


@pytest.mark.parametrize(
    ("equation", "at", "kind", "says"),
    [
        ("du/dt = -u/tau + sigma*xi : mV", "sigma*xi", UnitError, "expected the unit mV/ms"),
        ("du/dt = -u/tau + sigma*rand()/tau : mV", "rand", EquationError, "xi"),
        ("du/dt = -u/tau + randn*sigma/tau : mV", "randn", EquationError, "cns.WhiteNoise"),
        ("du/dt = -u/tau + normal(0, 1)*sigma/tau : mV", "normal", EquationError, "xi"),
        ("du/dt = -u/tau + random(1)*sigma/tau : mV", "random", EquationError, "cns.OrnsteinUhlenbeck"),
        ("du/dt = -u/tau + nxi*sigma/tau : mV", "nxi", EquationError, "undefined name"),
    ],
)  # fmt: skip
def test_errors_point_at_the_term(equation: str, at: str, kind: type[EquationError], says: str) -> None:
    with pytest.raises(kind) as caught:
        Dynamics(equation, **NAMES)  # type: ignore[arg-type]
    message = str(caught.value)
    assert says in message
    shown, caret = message.splitlines()[1:3]
    assert caret.index("^") == shown.index(at), message


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"spike": "u > sigma*xi*sqrt(tau)"}, "the equation of a state only"),
        ({"reset": "u = sigma*xi*sqrt(tau)"}, "the equation of a state only"),
        ({"parameters": {**NAMES["parameters"], "xi": "1"}}, "meaning of its own"),
        ({"parameters": {**NAMES["parameters"], "xi_2": "1"}}, "meaning of its own"),
    ],
)
def test_noise_has_its_place(changes: dict[str, object], says: str) -> None:
    with pytest.raises(EquationError, match=says):
        Dynamics(f"du/dt = -u/tau + {NOISE} : mV", **{**NAMES, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", ["exponential euler", "heun", "rk4", "exact"])
def test_only_euler_integrates_noise(scheme: str) -> None:
    model = Dynamics(f"du/dt = -u/tau + {NOISE} : mV", **NAMES)  # type: ignore[arg-type]
    with pytest.raises(EquationError, match="scheme='euler'"):
        Step(model, scheme).update()


@pytest.mark.parametrize("noise", ["xi*xi", "xi*xi_1", "exp(xi*sqrt(tau))/tau", "where(xi > 0, xi, 0)*xi"])
def test_noise_must_be_added(noise: str) -> None:
    model = Dynamics(f"dx/dt = -x/tau + {noise} : 1", parameters={"tau": "ms"}, spike="x > 5", verify=False)
    with pytest.raises(EquationError, match="without noise"):
        Step(model).update()


def test_noise_in_a_synapse_belongs_to_the_neuron() -> None:
    model = Dynamics(
        "di/dt = -i/tau + a*xi : nA", parameters={"tau": "ms", "a": "nA/sqrt(ms)"}, arrivals={"hit": "nA"},
        on_arrival="i = i + hit", output="i",
    )  # fmt: skip
    with pytest.raises(EquationError, match="to the neuron"):
        Step(model, "exact").update()
