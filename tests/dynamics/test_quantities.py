"""Quantities: "10 ms" is read and converted, or refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.dynamics.quantities import quantity, ratio, same_unit, usual
from cnsproject.errors import CnsError, UnitError
from cnsproject.network.parameters import in_unit

# What is written; the number and the unit that it is kept in.
READ = {
    "10 ms": (10.0, "ms"),
    "0.01 s": (10.0, "ms"),
    "-70mV": (-70.0, "mV"),
    "1e-3 V": (1.0, "mV"),
    "2*mV": (2.0, "mV"),
    "100 pF": (0.1, "nF"),
    "1 kOhm": (0.001, "MOhm"),
    "20 nS": (0.02, "uS"),
    "0.02 nA/mV": (0.02, "uS"),
    "3 1": (3.0, "1"),
    "10 Hz": (10.0, "Hz"),
    "2 kHz": (2000.0, "Hz"),
    "5 /ms": (5.0, "1/ms"),
    "5 1/s": (0.005, "1/ms"),
    "4 mV**2": (4.0, "mV**2"),
    "0.1 uV/ms": (1e-4, "mV/ms"),
    "3 sqrt(ms)": (3.0, "sqrt(ms)"),
    "2 nA/s**0.5": (2 / math.sqrt(1000), "nA/ms**0.5"),
    "4 V**2/pA/s**2": (4000.0, "mV**2/nA/ms**2"),
    "5 mol/m**3": (5.0, "mol/m**3"),
    ".5 ms": (0.5, "ms"),
    "+1.e2 ms": (100.0, "ms"),
}


@pytest.mark.parametrize("text", READ)
def test_what_can_be_written(text: str) -> None:
    number, unit = quantity("here", text)
    value, kept = READ[text]
    assert usual(unit) == kept
    assert float(number * ratio("here", unit, kept)) == pytest.approx(value, rel=1e-15)


def test_decimal_fractions_are_converted_without_an_error() -> None:
    """0.3 s are 300 ms, whatever 0.3 is in binary."""
    assert in_unit("here", "0.3 s", "ms") == 300.0
    assert in_unit("here", "70.1 mV", "V") == 0.0701
    assert in_unit("here", (np.array([0.3, 0.1]), "s"), "ms").tolist() == [300.0, 100.0]


def test_what_carries_no_unit_is_left_alone() -> None:
    values = torch.ones(3)
    for given in (3.0, values, [1.0, 2.0], cns.Uniform(1, 2), None):
        assert in_unit("here", given, "ms") is given
    assert in_unit("here", (values, "ms"), "ms") is values


@pytest.mark.parametrize("text", ["10", "", "ms", "ten ms", "10 mV", "1 Hz", "10 ms**2"])
def test_what_is_refused(text: str) -> None:
    with pytest.raises(UnitError, match="here"):
        in_unit("here", text, "ms")


def test_units_of_one_size() -> None:
    assert same_unit("nA", "mV/MOhm")
    assert not same_unit("nA", "pA")
    assert not same_unit("Hz", "1/ms")


def test_built_in_populations_and_synapses_take_quantities() -> None:
    cells = cns.LIFPopulation(
        3, tau="0.02 s", R="2000 kOhm", threshold="-0.05 V", u_rest=([-70, -71, -72], "mV"), tau_s="5 ms",
        refractory="0.002 s", u=(cns.Uniform(-0.07, -0.06), "V"), rng=1,
    )  # fmt: skip
    assert (cells.tau, cells.R, cells.threshold, cells.refractory) == (20.0, 2.0, -50.0, 2.0)
    assert cells.u_rest.tolist() == [-70.0, -71.0, -72.0]
    assert ((cells.u >= -70) & (cells.u < -60)).all()
    cells.tau = "30 ms"
    assert cells.tau == 30.0
    assert cns.LIFPopulation(1, R="1 MOhm", C="500 pF").tau == 0.5
    connection = cns.Connection(cells, cells, synapse=cns.ExponentialConductance(tau="0.005 s", E="-80 mV"))
    assert (connection.tau_s, connection.E) == (5.0, -80.0)
    assert cns.PoissonPopulation(2, rate="0.02 kHz").rate == 20.0


WRONG = [
    {"tau": "10 mV"},
    {"tau": "10"},
    {"threshold": "3 ms"},
    {"refractory": "1 nA"},
    {"u": (3.0, "nA")},
    {"C": "1 ms", "R": 1},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_built_in_populations_refuse_other_kinds(wrong: dict[str, object]) -> None:
    with pytest.raises(CnsError, match=next(iter(wrong))):
        cns.LIFPopulation(3, **wrong)  # type: ignore[arg-type]
