"""Tables of a network: what they tell, that nothing is built for them, and that both forms can be read."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.network.tables import Formula, Settings, Table, typeset

THETA = cns.Dynamics(
    equations="du/dt = (u_rest - u)*(u_critical - u)*gain + I/C : mV",
    inputs={"I": "nA"},
    parameters={"u_rest": "mV", "u_critical": "mV", "gain": "1/(ms*mV)", "C": "nF", "top": "mV"},
    spike="u >= top",
    reset="u = u_rest",
)


class Theta(cns.ModelPopulation):
    """Neurons of a user."""

    dynamics = THETA


def rich() -> cns.Network:
    net = cns.Network(dt=0.1, seed=1)
    exc = net.add_layer(cns.LIFPopulation(800, tau=20, refractory=5, u=cns.Uniform(-60, -56)), "exc")
    inh = net.add_layer(cns.LIFPopulation((10, 20), tau=cns.Normal(20, 1), is_inhibitory=True), "inh")
    stim = net.add_layer(cns.InputPopulation(5, spike_trace=False), "stim")
    rule = cns.FixedProbability(0.1, autapses=False)
    net.add_connection(cns.Connection(exc, exc, connectivity=rule, weight=1.62, delay=0.1))
    net.add_connection(
        cns.Connection(
            exc[:100], inh[4:14:3], connectivity=cns.FixedInDegree(7), synapse=cns.ExponentialConductance(tau=3, E=-80),
            weight=cns.LogNormal(-3, 0.5), delay=lambda d: 1 + d,
        )
    )  # fmt: skip
    net.add_connection(cns.DenseConnection(exc, inh, J=8.0))
    net.add_connection(cns.DenseConnection(inh, exc, w=np.linspace(0, 1, 160000).reshape(10, 20, 800), delay=2.0))
    net.add_connection(cns.Connection(stim, exc, connectivity=cns.FromArrays([0, 1], [2, 3]), synapse=cns.Delta()))
    drive = cns.PoissonDrive(exc, n=7, rate=12.5, weight=0.25, synapse=cns.ExponentialCurrent(tau=4.0))
    net.add_connection(drive, name="noise")
    window = net.add_monitor(cns.Monitor(exc[[1, 5, 6]], ["u", "s"]), "some")
    window.set_time_steps(5.0, 0.1)
    net.add_monitor(cns.Monitor(exc[20:100:20], ["s"]), "all")
    return net


def rows(net: cns.Network, letter: str) -> dict[str, tuple[str, ...]]:
    table = next(table for table in net.describe().tables if table.title.startswith(letter))
    return {row[0]: row[1:] for row in table.rows}


def test_summary() -> None:
    assert rows(rich(), "A") == {
        "Populations": ("exc (800), inh (200), stim (5)",),
        "Connectivity": ("FixedProbability, FixedInDegree, AllToAll, FromArrays",),
        "Neuron model": ("LIFPopulation, InputPopulation",),
        "Synapse model": ("ExponentialCurrent, ExponentialConductance, DenseConnection, Delta",),
        "Plasticity": ("none",),
        "Input": ("PoissonDrive, current given to run, spikes given to run",),
        "Measurements": ("u, s",),
        "Simulation": ("time step 0.1 ms, float32, seed 1",),
    }


def test_populations() -> None:
    net = rich()
    net.layers["exc"].is_inhibitory = torch.arange(800) < 3
    assert rows(net, "B") == {
        "exc": ("LIFPopulation", "800", "800", "3 inhibitory, 797 excitatory"),
        "inh": ("LIFPopulation", "200", "10 x 20", "inhibitory"),
        "stim": ("InputPopulation", "5", "5", "excitatory"),
    }


def test_projections_and_that_none_is_built() -> None:
    net = rich()
    found = rows(net, "C")
    assert found["exc_to_exc"] == (
        "exc", "exc", "FixedProbability(p=0.1, autapses=False)", "ExponentialCurrent", "1.62 nA", "0.1", "about 63920",
    )  # fmt: skip
    assert found["exc_to_inh"] == (
        "exc[0:100]", "inh[40 neurons]", "FixedInDegree(k=7)", "ExponentialConductance", "LogNormal(mean=-3, sd=0.5) uS",
        "lambda(distance)", "280",
    )  # fmt: skip
    assert found["exc_to_inh_2"] == ("exc", "inh", "AllToAll()", "DenseConnection", "0.01 nA", "0", "160000")
    assert found["inh_to_exc"][4:] == ("0.5 ± 0.2887 nA (0 ... 1)", "2", "160000")
    assert found["stim_to_exc"][2:] == ("FromArrays(2 synapses)", "Delta", "1 mV", "0", "2")
    assert [c._wires for c in net.connections.values() if isinstance(c, cns.Connection)] == [None, None, None]


def test_what_was_built_is_counted() -> None:
    net = cns.Network(dt=1.0, seed=1)
    layer = net.add_layer(cns.LIFPopulation(30), "p")
    rule = cns.FixedProbability(0.5)
    made = net.add_connection(cns.Connection(layer, layer, connectivity=rule, weight=cns.Uniform(0, 2)))
    net.run(1)
    weight, _, count = rows(net, "C")["p_to_p"][4:]
    assert count == str(len(made))
    assert weight.endswith(", made from Uniform(low=0, high=2)")
    assert weight.startswith(f"{made.w.mean():.4g} ± ")
    assert "about" not in str(net.describe())


def test_neuron_models() -> None:
    net = rich()
    lif = rows(net, "D1")
    assert (lif["Equations"], lif["Spike"]) == (("du/dt = (u_rest - u + R*I) / tau",), ("u >= threshold",))
    assert lif["Parameters of exc"][0].startswith("tau = 20 ms, R = 1 MOhm, u_rest = -70 mV")
    assert lif["Parameters of inh"][0].startswith("tau = Normal(mean=20, sd=1) ms, R = 1 MOhm")
    assert lif["Refractory of exc"][0].startswith("5 ms")
    assert lif["Start of exc"] == ("u = Uniform(low=-60, high=-56) mV",)
    assert lif["Trace values"] == ("tau_s = 10 ms, trace_scale = 1",)
    assert set(rows(net, "D2")) == {"Populations", "Spikes"}
    net.layers["exc"].tau = torch.linspace(10, 30, 800)
    assert rows(net, "D1")["Parameters of exc"][0].startswith("tau = 20 ± 5.781 ms (10 ... 30), R")


def test_a_users_own_model() -> None:
    net = cns.Network(dt=0.1, seed=1)
    values = {"u_rest": -65.0, "u_critical": -50.0, "gain": 0.01, "C": 1.0, "top": 30.0}
    net.add_layer(Theta(4, parameters=values, starts={"u": -65.0}, spike_trace=False), "theta")
    found = rows(net, "D")
    assert found["Equations"] == ("du/dt = (u_rest - u)*(u_critical - u)*gain + I/C",)
    assert (
        found["Parameters"][0] == "u_rest = -65 mV, u_critical = -50 mV, gain = 0.01 1/(ms*mV), C = 1 nF, top = 30 mV"
    )
    assert "Reference" not in found


def test_synapse_models() -> None:
    net = rich()
    conductance = rows(net, "E2")
    assert conductance["Equations"] == ("dg/dt = -g / tau_s\ncurrent = g * (E - u)",)
    assert conductance["Parameters"] == ("tau_s = 3 ms, E = -80 mV",)
    assert rows(net, "E3")["On arrival"] == ("current = current + trace_scale*arrived",)
    delta = rows(net, "E4")
    assert delta["Delivers"] == ("jump (mV), which raises the membrane",)
    assert "Equations" not in delta


def test_input_and_measurements() -> None:
    table = next(table for table in rich().describe().tables if table.title.startswith("F"))
    assert table.rows == (
        ("exc", "current I (nA)", "given to run"),
        ("inh", "current I (nA)", "given to run"),
        ("stim", "spikes", "given to run"),
        ("exc", "noise: PoissonDrive", "weight = 0.25 nA, n = 7, rate = 12.5 Hz"),
    )
    assert rows(rich(), "G") == {
        "some": ("exc[3 neurons]", "u, s", "every step, the last 50 kept"),
        "all": ("exc[20:81:20]", "s", "every step"),
    }


def test_an_empty_network() -> None:
    assert str(cns.Network(dt=1.0).describe()).count("none") >= 4


def test_text_fits_a_terminal() -> None:
    description = rich().describe()
    assert repr(description) == str(description)
    assert max(map(len, str(description).splitlines())) <= 100
    assert "FixedIn" in str(description)


def test_wrapping() -> None:
    table = Table("T", ("a", "b"), (("word " * 4, "VeryLongNameOfAThing(first=1, second=2)"),), frozenset({0}))
    lines = table.text(30).splitlines()
    assert max(map(len, lines)) <= 30
    joined = re.sub(r"[\s-]", "", "".join(lines[3:]))
    assert sorted(joined) == sorted("word" * 4 + "VeryLongNameOfAThing(first=1,second=2)")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("du/dt = -u / tau", "d<i>u</i>/d<i>t</i> = −<i>u</i>&#8201;/&#8201;<i>τ</i>"),
        ("x = a*exp(-b_c)", "<i>x</i> = <i>a</i>&#8201;exp(−<i>b</i><sub>c</sub>)"),
        ("u**2 >= 1e-3", "<i>u</i><sup>2</sup> ≥ 1e-3"),
        ("where(s > 0, 1, traces)", "where(<i>s</i> &gt; 0, 1, <i>traces</i>)"),
    ],
)
def test_formulas(formula: str, expected: str) -> None:
    assert typeset(formula) == expected


class Page(HTMLParser):
    """That every tag that was opened is closed, and what was opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {"src", "href"} & {name for name, _ in attrs}
        self.seen.add(tag)
        if tag not in ("br", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_escaped_and_needs_nothing() -> None:
    net = rich()
    net.add_layer(cns.LIFPopulation(1), "<script>x & y")
    text = net.describe()._repr_html_()
    page = Page(text)
    assert page.open == []
    assert {"table", "caption", "th", "td", "i", "sub"} <= page.seen
    assert "&lt;script&gt;x &amp; y" in text
    assert "http" not in text


def test_cells_of_html() -> None:
    row = (Formula("u = u_rest"), Settings("tau_s = -1.5 MOhm, E = 1 mV"), "a-1 <b>")
    text = Table("T", ("x", "y", "z"), (row,), note="less < more").html()
    assert '<td class="formula"><i>u</i> = <i>u</i><sub>rest</sub></td>' in text
    assert '<span class="formula"><i>τ</i><sub>s</sub></span> = −1.5 MΩ, <span class="formula"><i>E</i>' in text
    assert "<td>a-1 &lt;b&gt;</td>" in text
    assert "<p>less &lt; more</p>" in text


def test_a_browser_shows_it(tmp_path: Path, need: Callable[[str], str]) -> None:
    """Nothing overflows sideways, and all tables are there."""
    found = "[document.querySelectorAll('table').length, document.documentElement.scrollWidth <= innerWidth]"
    page = tmp_path / "page.html"
    body = rich().describe()._repr_html_()
    page.write_text(
        f"<!doctype html><meta charset=utf-8>{body}<script>document.title = JSON.stringify({found})</script>"
    )
    done = subprocess.run(
        [need("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=900,1200",
         "--virtual-time-budget=5000", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title
    assert json.loads(title.group(1)) == [len(rich().describe().tables), True]
