"""Plans: read, compared, and checked."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnsproject as cns
from cnsproject.dynamics.step import Step
from cnsproject.plan import Advance, Buffer, Builder, Deliver, Gather, Plan, Release


def test_the_listing_of_the_readme_is_the_real_one() -> None:
    text = (Path(cns.__file__).parent / "plan" / "README.md").read_text()
    shown = [line[4:] for line in text.splitlines() if line.startswith("    ")]
    net = cns.Network(dt=1.0)
    p1, p2 = (net.add_layer(cns.LIFPopulation(n, is_inhibitory=True), name) for n, name in ((16, "p1"), (4, "p2")))
    net.add_connection(cns.DenseConnection(p1, p2))
    net.add_connection(cns.DenseConnection(p2, p1))
    net.add_monitor(cns.Monitor(p1, ["s"]), "m1")
    assert str(net.plan()).endswith("\n".join(shown))


def test_an_operation_cannot_set_what_is_set_or_use_what_is_not_there() -> None:
    buffers = (Buffer("a.input", (2,), "float32"), Buffer("a.external", (2,), "float32"))
    gather = Gather("a", "a.input", "a.external", ())
    assert Plan(1.0, "float32", buffers, (gather,)).operations == (gather,)
    with pytest.raises(AssertionError, match="twice"):
        Plan(1.0, "float32", buffers, (gather, gather))
    with pytest.raises(AssertionError, match="undeclared"):
        Plan(1.0, "float32", buffers[:1], (gather,))
    with pytest.raises(AssertionError, match="declared twice"):
        Plan(1.0, "float32", (*buffers, buffers[0]), ())


def test_what_is_released_is_decided_right_before_it_is_delivered() -> None:
    """The line of the readme, and how far back its spikes and releases were made."""
    text = " ".join((Path(cns.__file__).parent / "plan" / "README.md").read_text().split())
    net = cns.Network(dt=1.0)
    layers = [net.add_layer(cns.LIFPopulation(n), name) for n, name in ((16, "p1"), (4, "p2"))]
    for k, (pre, post) in enumerate((layers[::-1], layers)):
        model = cns.TsodyksMarkram(tau_facil=3.0 * k)
        net.add_connection(cns.Connection(pre, post, delay=2.0 * k, short_term=model), name="cd"[k])
    plan = net.plan()
    releases = [(k, o) for k, o in enumerate(plan.operations) if isinstance(o, Release)]
    assert f"`{releases[0][1]}`" in text
    assert str(releases[1][1]) == "d.facilitation, d.resources, d.release <- step(p1.s)"
    for (place, release), lags, ages in zip(releases, ((1,), (2,)), ((0,), (2,)), strict=True):
        deliver = plan.operations[place + 1]
        assert isinstance(deliver, Deliver)
        assert (deliver.owner, deliver.lags, deliver.ages) == (release.owner, lags, ages)
        assert {release.spikes, release.release} <= {*deliver.reads}
        assert release.release in release.updates
    assert "c.current <- decay, + c.w * c.release of p2.s[1 step ago]" in str(plan)


def test_layers_step_in_the_order_in_which_they_were_added() -> None:
    """A connection is late exactly when its post neurons step before its pre neurons, or are the same."""
    builder = Builder(1.0, "float32")
    step = Step(cns.LIF)
    for name in ("a", "b"):
        builder.layer(name, (2,), step, ("u",))
    for pre, post in (("a", "b"), ("b", "a"), ("a", "a")):
        builder.connection(f"{pre}{post}", pre, post, Step(cns.EXPONENTIAL_CURRENT), "shared", (), (0,))
    plan = builder.plan()
    assert [operation.owner for operation in plan.operations] == ["ba", "aa", "a", "a", "ab", "b", "b"]
    assert {operation.owner: operation.lags for operation in plan.operations if hasattr(operation, "lags")} == {
        "ab": (0,),
        "ba": (1,),
        "aa": (1,),
    }
    advance = plan.operations[3]
    assert isinstance(advance, Advance)
    assert (advance.reads, advance.updates, advance.sets) == (("a.input",), ("a.u",), ("a.s",))
