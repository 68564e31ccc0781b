"""`EIPopulations`: what it builds, step for step what is written out by hand, saved and loaded as any other network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import cnsproject as cns
from cnsproject.errors import ArgumentError, CnsError, ParameterError


def spikes(net: cns.Network, layer: str, time: float = 8.0) -> torch.Tensor:
    monitor = net.add_monitor(cns.Monitor(net.layers[layer], ["s"]), f"of {layer}")
    net.run(time, executor="eager")
    return monitor.get("s")


def test_brunel_s_network_written_out() -> None:
    """The same names, so the same random numbers."""
    net = cns.Network(dt=0.1, seed=3)
    cns.EIPopulations(500, in_degree=(40, 10), J=1.0, g=4.5, delay=1.0, nu_ext=2.0).add_to(net)
    written = cns.Network(dt=0.1, seed=3)
    lif: dict[str, Any] = dict(
        tau=20.0, u_rest=0.0, u_reset=10.0, threshold=20.0, refractory=2.0, scheme="exact", u=cns.Uniform(0.0, 20.0)
    )
    exc, inh = cns.LIFPopulation(400, **lif), cns.LIFPopulation(100, is_inhibitory=True, **lif)
    written.add_layer(exc, "exc")
    written.add_layer(inh, "inh")
    for pre, k, weight in ((exc, 40, 1.0), (inh, 10, 4.5)):
        for post in (exc, inh):
            rule = cns.FixedInDegree(k)
            written.add_connection(
                cns.Connection(pre, post, connectivity=rule, synapse=cns.Delta(), weight=weight, delay=1.0)
            )
    for post in (exc, inh):
        # nu_thr = 20 mV/(1 mV * 40 * 20 ms) = 25 Hz
        drive = cns.PoissonDrive(post, n=40, rate=50.0, weight=1.0, synapse=cns.Delta())
        written.add_connection(drive, name=f"drive_to_{post.name}")
    assert list(net.connections) == list(written.connections)
    found, expected = spikes(net, "exc"), spikes(written, "exc")
    assert expected.any()
    assert found.equal(expected)


def test_sizes_and_rates() -> None:
    ei = cns.EIPopulations(12500)
    assert (ei.exc.n, ei.inh.n, ei.in_degrees) == (10000, 2500, (1000.0, 250.0))
    assert ei.nu_thr == pytest.approx(10.0)
    assert ei.rate == pytest.approx(20.0)
    assert ei.inh.is_inhibitory is True
    assert not ei.exc.is_inhibitory
    assert repr(ei) == (
        "<EIPopulations: 10000 excitatory and 2500 inhibitory neurons, C_E=1000, C_I=250, J=0.1, g=5, "
        "drive 20 Hz = 2 nu_thr>"
    )
    assert cns.EIPopulations(1000, in_degree=100).in_degrees == (80, 20)
    # A current: 0.5 nA * 2 MOhm * 5 ms/10 ms is a jump of 0.5 mV; 15 mV/(0.5 mV * 80 * 10 ms).
    slow = cns.EIPopulations(
        1000, p=0.1, J=0.5, synapse=cns.ExponentialCurrent(5.0), parameters={"tau": 10.0, "R": 2.0}
    )
    assert slow.nu_thr == pytest.approx(1e3 * 15.0 / (0.5 * 80 * 10.0))
    assert cns.EIPopulations(100, nu_ext="7 Hz").rate == 7.0
    undriven = cns.EIPopulations(100, nu_ext=None)
    assert undriven.rate == 0.0
    assert list(undriven.connections) == ["exc_to_exc", "exc_to_inh", "inh_to_exc", "inh_to_inh"]


def test_other_models() -> None:
    ei = cns.EIPopulations(
        50, p=0.2, J=0.1, model=cns.AELIFPopulation, synapse=cns.ExponentialCurrent(5.0), nu_ext="900 Hz",
        parameters={"tau": 15.0},
    )  # fmt: skip
    assert isinstance(ei.inh, cns.AELIFPopulation)
    assert ei.nu_thr is None
    assert "drive 900 Hz>" in repr(ei)
    conducting = cns.EIPopulations(50, synapse=cns.ExponentialConductance(5.0), nu_ext=None)
    assert conducting.nu_thr is None


def test_several_in_a_network() -> None:
    net = cns.Network(dt=0.1, seed=1)
    one = cns.EIPopulations(50).add_to(net, "V1")
    cns.EIPopulations(50).add_to(net, "V2")
    assert list(net.layers) == ["V1_exc", "V1_inh", "V2_exc", "V2_inh"]
    assert "V2_drive_to_inh" in net.connections
    assert net.layers["V1_exc"] is one.exc
    with pytest.raises(CnsError, match="V1_exc"):
        cns.EIPopulations(50).add_to(net, "V1")


def test_it_is_saved_and_loaded(tmp_path: Path) -> None:
    net = cns.Network(dt=0.1, seed=1)
    cns.EIPopulations(60, p=0.2, J=0.5).add_to(net)
    net.run(2.0, executor="eager")
    net.save(tmp_path / "net.cns")
    loaded = cns.Network.load(tmp_path / "net.cns")
    assert list(loaded.connections) == list(net.connections)
    assert spikes(loaded, "exc").equal(spikes(net, "exc"))


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"ratio": 1.0}, ParameterError, r"\(ratio\): got 1 of 100 neurons.*some neurons of either kind"),
        ({"n": 1}, ParameterError, r"\(n\)"),
        ({"p": 0.1, "in_degree": 5}, ArgumentError, r"\(p, in_degree\): got both"),
        ({"in_degree": (1, 2, 3)}, ArgumentError, r"the pair \(C_E, C_I\)"),
        ({"p": 1.5}, ParameterError, "FixedProbability"),
        ({"J": -0.1}, ParameterError, r"\(J\): got -0.1.*counts negative by itself"),
        ({"g": -5.0}, ParameterError, r"\(g\)"),
        ({"nu_ext": "5 mV"}, CnsError, "nu_ext"),
        ({"nu_ext": -1.0}, ParameterError, "a rate >= 0"),
        ({"J": 0.0}, ParameterError, r"nu_ext.*where there is no nu_thr.*Hz"),
        ({"model": cns.InputPopulation}, ArgumentError, r"\(model\).*equations"),
        ({"model": cns.LIFPopulation(1)}, ArgumentError, r"\(model\)"),
        ({"parameters": [1]}, ArgumentError, r"\(parameters\).*a dict"),
        ({"parameters": {"is_inhibitory": True}}, ArgumentError, r"\(parameters\): got is_inhibitory"),
        ({"parameters": {"tua": 10.0}}, ArgumentError, "tau"),
        ({"ration": 0.5}, ArgumentError, "did you mean 'ratio'"),
        ({"delay": -1.0}, ParameterError, "delay"),
    ],
)
def test_mistakes(given: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        cns.EIPopulations(**{"n": 100, **given})


def test_it_is_added_to_a_network() -> None:
    with pytest.raises(ArgumentError, match="a Network"):
        cns.EIPopulations(100).add_to(cns.LIFPopulation(1))  # type: ignore[arg-type]
