"""What a user may rely on: names, paths, positional orders, docstrings."""

from __future__ import annotations

import importlib
import inspect
import types

import pytest

import cnsproject

PATHS = {
    "cnsproject.network.neural_populations": [
        "NeuralPopulation",
        "LIFPopulation",
        "ELIFPopulation",
        "AELIFPopulation",
        "InputPopulation",
    ],
    "cnsproject.network.connections": ["AbstractConnection", "DenseConnection"],
    "cnsproject.network.monitors": ["Monitor"],
    "cnsproject.plotting.plotting": ["plotting"],
    "cnsproject.encoding.encoders": [
        "AbstractEncoder",
        "Time2FirstSpikeEncoder",
        "PositionEncoder",
        "PoissonEncoder",
    ],
    "cnsproject.decision.decision": ["AbstractDecision", "WinnerTakeAllDecision"],
    "cnsproject.utils": ["step_function", "two_way_step_function", "random_step_function", "random2_step_function"],
}
LEAKY = "shape spike_trace additive_spike_trace tau_s trace_scale is_inhibitory learning R C threshold dt"
ENCODERS = ["Time2FirstSpikeEncoder", "PositionEncoder", "PoissonEncoder", "RankOrderEncoder", "PhaseEncoder"]
POSITIONAL = {
    "LIFPopulation": LEAKY,
    "ELIFPopulation": LEAKY,
    "AELIFPopulation": LEAKY,
    "IzhikevichPopulation": "shape spike_trace additive_spike_trace tau_s trace_scale is_inhibitory learning dt",
    "DenseConnection": "pre post lr weight_decay J tau_s trace_scale dt",
    "Monitor": "obj state_variables device",
    **dict.fromkeys(ENCODERS, "time dt device"),
    "DoGFilter": "size sigma1 sigma2",
    "WinnerTakeAllDecision": "k",
    "LateralInhibition": "radius",
    "GaborFilter": "size wavelength theta sigma gamma psi",
}
DEFAULTS = {
    "LIFPopulation": [True, True, 10.0, 1.0, False, True, None, None, -55.0, None],
    "ELIFPopulation": [True, True, 10.0, 1.0, False, True, None, None, -30.0, None],
    "AELIFPopulation": [True, True, 10.0, 1.0, False, True, None, None, -30.0, None],
    "IzhikevichPopulation": [True, True, 10.0, 1.0, False, True, None],
    "DenseConnection": [None, 0.0, 1.0, 15.0, 1.0, None],
    "Monitor": ["cpu"],
    **{name: [1.0, "cpu"] for name in ENCODERS},
    "DoGFilter": [],
    "WinnerTakeAllDecision": [1],
    "LateralInhibition": [],
    "GaborFilter": [0.5, 0.0],
}


def test_all_is_what_is_there() -> None:
    assert len(cnsproject.__all__) == len(set(cnsproject.__all__))
    public = {
        name
        for name, value in vars(cnsproject).items()
        if not name.startswith("_") and not (isinstance(value, types.ModuleType) and name != "errors")
    }
    assert public == set(cnsproject.__all__) - {"__version__"}


@pytest.mark.parametrize("path", PATHS)
def test_paths_of_the_report(path: str) -> None:
    module = importlib.import_module(path)
    assert all(hasattr(module, name) for name in PATHS[path])


@pytest.mark.parametrize("name", POSITIONAL)
def test_positional_order_and_defaults(name: str) -> None:
    parameters = [
        p for p in inspect.signature(getattr(cnsproject, name)).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    assert " ".join(p.name for p in parameters) == POSITIONAL[name]
    assert [p.default for p in parameters if p.default is not p.empty] == DEFAULTS[name]


def members() -> list[tuple[str, object]]:
    found = []
    for name in cnsproject.__all__:
        value = getattr(cnsproject, name)
        found.append((name, value))
        if inspect.isclass(value):
            own = [(f"{name}.{n}", v) for n, v in vars(value).items() if not n.startswith("_") and callable(v)]
            found += own
    return found


def test_everything_public_is_explained() -> None:
    silent = [name for name, value in members() if callable(value) and not inspect.getdoc(value)]
    assert silent == []


def test_abstract_classes_cannot_be_made() -> None:
    for name in (
        "NeuralPopulation",
        "ModelPopulation",
        "AbstractConnection",
        "Law",
        "AbstractEncoder",
        "Filter",
        "AbstractDecision",
    ):
        with pytest.raises(TypeError):
            getattr(cnsproject, name)()
