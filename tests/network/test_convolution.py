"""ConvolutionalConnection against torch's conv2d, LocalConnection against a sum over kernels, in all ways to run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv2d, unfold

import cnsproject as cns
from cnsproject import errors

sys.path.insert(0, str(Path(__file__).parent))
from maps import advance, check_ways, network, spikes

Conv, Local = cns.ConvolutionalConnection, cns.LocalConnection
F64 = torch.float64


@st.composite
def windows(draw: st.DrawFn) -> tuple[tuple[int, int, int], int, dict[str, Any]]:
    """A shape of pre, a number of maps, and the arguments of a convolution that fit."""
    groups = draw(st.integers(1, 3))
    kernel, stride, padding, dilation = (
        tuple(draw(st.integers(least, most)) for _ in range(2)) for least, most in ((1, 4), (1, 3), (0, 3), (1, 3))
    )
    sizes = [
        draw(st.integers(max(1, d * (k - 1) + 1 - 2 * p), 11))
        for k, p, d in zip(kernel, padding, dilation, strict=True)
    ]
    given = dict(kernel_size=kernel, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return (groups * draw(st.integers(1, 2)), *sizes), groups * draw(st.integers(1, 3)), given


def between(
    kind: Callable[..., cns.Connection], shape: tuple[int, ...], maps: int, given: dict[str, Any], **more: Any
) -> Any:
    size = {name: value for name, value in given.items() if name != "groups"}
    pre = cns.InputPopulation(shape, dt=1.0, dtype=F64)
    post = cns.LIFPopulation(Conv.output_shape(shape, maps=maps, **size), dt=1.0, dtype=F64)
    return kind(pre, post, **given, **{"synapse": cns.Delta(), "weight": cns.Normal(0.0, 1.0), "rng": 3, **more})


def torchs(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "kernel_size"}


@settings(max_examples=15)
@given(windows(), st.integers(0, 1000))
def test_what_arrives_is_a_convolution(case: tuple[Any, ...], seed: int) -> None:
    shape, maps, given = case
    con = between(Conv, shape, maps, given)
    fired = spikes(shape, 0.4, 1, seed)[0]
    con.pre.forward(fired)
    expected = conv2d(fired.to(F64)[None], con.w, **torchs(given))[0]
    assert con.w.shape == (maps, shape[0] // given["groups"], *given["kernel_size"])
    torch.testing.assert_close(con.compute(), expected, rtol=0, atol=1e-12)


@settings(max_examples=15)
@given(windows(), st.integers(0, 1000))
def test_the_wiring_is_that_of_its_windows(case: tuple[Any, ...], seed: int) -> None:
    """Every synapse is where one unit kernel puts it; they are in order, and as many as was said."""
    shape, maps, given = case
    con = between(Conv, shape, maps, given)
    sources, targets = con.indices()
    expected = con.connectivity.expected(0, 0, same=False, shapes=(con.pre.shape, con.post.shape))
    assert len(con) == expected
    keys = sources * con.post.n + targets
    assert (keys.diff() > 0).all()
    ones = torch.ones(con.w.shape, dtype=F64)
    reached = conv2d(torch.eye(con.pre.n, dtype=F64).reshape(-1, *shape), ones, **torchs(given)).reshape(con.pre.n, -1)
    assert torch.equal(reached.reshape(-1).nonzero().reshape(-1), keys)


@settings(max_examples=12)
@given(windows(), st.integers(0, 1000))
def test_local_kernels(case: tuple[Any, ...], seed: int) -> None:
    """Kernels of every neuron times the patch it sees, as torch's unfold gives it."""
    shape, maps, given = case
    given = {**given, "groups": 1}
    con = between(Local, shape, maps, given)
    assert con.w.shape == (len(con),)
    fired = spikes(shape, 0.4, 1, seed)[0]
    con.pre.forward(fired)
    patches = unfold(
        fired.to(F64)[None],
        given["kernel_size"],
        padding=given["padding"],
        stride=given["stride"],
        dilation=given["dilation"],
    )[0]
    kernels = con.kernels.reshape(maps, patches.shape[1], -1)
    torch.testing.assert_close(
        con.compute().reshape(maps, -1), torch.einsum("mpk,kp->mp", kernels, patches), rtol=0, atol=1e-12
    )
    again = between(Local, shape, maps, given, weight=con.kernels + (con.kernels == 0))
    assert torch.equal(again.w, con.w)
    con.w = 2 * con.kernels
    assert torch.equal(con.w, 2 * again.w)


def test_a_local_connection_with_equal_kernels_is_a_convolution() -> None:
    case = (4, 7, 6), 6, dict(kernel_size=(3, 2), stride=(1, 2), padding=(0, 1), dilation=1, groups=2)
    con, local = between(Conv, *case), between(Local, *case)
    local.w = con.w[:, None, None].expand(local.kernels.shape)
    for one in (con, local):
        one.pre.forward(spikes((4, 7, 6), 0.5, 1)[0])
    assert torch.equal(con.compute(), local.compute())


SYNAPSES: dict[str, dict[str, Any]] = {
    "current": {},
    "delta": {"synapse": cns.Delta(), "weight": cns.Normal(2.0, 3.0)},
    "conductance": {"synapse": cns.ExponentialConductance(tau=3.0, E=0.0), "weight": cns.Uniform(0, 0.05)},
}


SLOW = pytest.mark.slow
CASES = [
    (Conv, "current", 0.0),
    (Conv, "delta", cns.Uniform(0, 4)),
    (Local, "conductance", cns.Uniform(0, 4)),
    pytest.param(Conv, "delta", 2.0, marks=SLOW),
    pytest.param(Conv, "conductance", cns.Uniform(0, 4), marks=SLOW),
    pytest.param(Local, "current", 0.0, marks=SLOW),
    pytest.param(Local, "delta", 2.0, marks=SLOW),
]


@pytest.mark.parametrize(("kind", "synapse", "delay"), CASES)
def test_all_ways_agree(kind: Any, synapse: str, delay: Any, tmp_path: Path) -> None:
    def make() -> cns.Network:
        more = {"weight": cns.Normal(1.0, 2.0), **SYNAPSES[synapse]}
        return network(
            lambda a, b: kind(a, b, kernel_size=3, padding=1, stride=(2, 1), delay=delay, **more), (3, 8, 9), (6, 4, 9)
        )

    hand = check_ways(make, tmp_path)
    assert (hand.layers["b"].u.std() > 0.05) and hand.layers["b"].traces.any()


def test_more_than_65536_targets_and_inhibitory_sources() -> None:
    def make() -> cns.Network:
        return network(
            lambda a, b: Conv(a, b, kernel_size=2, weight=cns.Uniform(0, 2)), (1, 60, 60), (20, 59, 59), inhibitory=True
        )

    given = spikes((1, 60, 60), 0.05, 5)
    one, other = advance(make(), given, "eager"), advance(make(), given, "cpu 2")
    assert torch.equal(one, other)
    net = make()
    con = net.connections["c"]
    net.layers["a"].forward(given[0])
    signed = given[0].float() * (1 - 2 * net.layers["a"].is_inhibitory.float())
    torch.testing.assert_close(con.compute(), conv2d(signed[None], con.w)[0])


def test_planes_are_one_channel_or_map() -> None:
    """Filters of early vision are given as they are."""
    image = spikes((9, 9), 0.5, 1)[0]
    bank = [cns.DoGFilter(5, 1.0, 2.0).kernel, cns.GaborFilter(5, 4.0, 0.3, 2.0, 1.0).kernel]
    expected = conv2d(image[None, None].float(), torch.stack(bank)[:, None])[0]
    for weight, post in (
        (bank[0], (5, 5)),
        (bank[0].numpy(), (1, 5, 5)),
        (torch.stack(bank), (2, 5, 5)),
        (torch.stack(bank)[:, None], (2, 5, 5)),
    ):
        con = Conv(
            cns.InputPopulation((9, 9), dt=1.0), cns.LIFPopulation(post, dt=1.0), weight=weight, synapse=cns.Delta()
        )
        con.pre.forward(image)
        torch.testing.assert_close(con.compute(), expected[: con.w.shape[0]].reshape(post), rtol=0, atol=1e-6)


def test_weights_are_set_and_written() -> None:
    con = between(Conv, (1, 5, 5), 2, dict(kernel_size=3), weight=0.5)
    assert torch.equal(con.w, torch.full((2, 1, 3, 3), 0.5, dtype=F64))
    con.w = np.arange(18.0).reshape(2, 3, 3)
    con.w[1, 0, 2, 2] = 100.0
    con.pre.forward(torch.ones(1, 5, 5))
    assert torch.equal(con.compute()[:, 0, 0], torch.tensor([36.0, 200.0], dtype=F64))
    con.w = 1
    con.pre.forward(torch.ones(1, 5, 5))
    assert (con.compute() == 9).all()
    con.update(mask=con.w.cumsum(0) > 1)
    assert torch.equal(con.w.sum((1, 2, 3)), torch.tensor([9.0, 0.0], dtype=F64))


def test_gradients_are_those_of_a_convolution() -> None:
    con = between(Conv, (2, 6, 6), 3, dict(kernel_size=3, stride=2, padding=1), rng=1)
    con.w = torch.nn.Parameter(con.w.clone())
    fired = spikes((2, 6, 6), 0.4, 1)[0]
    con.pre.forward(fired)
    out = con.compute()
    factor = torch.arange(out.numel(), dtype=F64).reshape(out.shape)
    (out * factor).sum().backward()
    weight = con.w.detach().clone().requires_grad_()
    (conv2d(fired.to(F64)[None], weight, stride=2, padding=1)[0] * factor).sum().backward()
    torch.testing.assert_close(con.weight.grad, weight.grad)


def test_a_batch() -> None:
    con = between(Conv, (2, 6, 6), 3, dict(kernel_size=3))
    for population in (con.pre, con.post):
        population.reset_state_variables(batch=4)
    con.reset_state_variables()
    fired = spikes((2, 6, 6), 0.4, 4)
    con.pre.forward(fired)
    torch.testing.assert_close(con.compute(), conv2d(fired.to(F64), con.w), rtol=0, atol=1e-12)


def test_a_state_dict_brings_the_kernels_and_fits_only_the_same_windows() -> None:
    case = dict(kernel_size=3, stride=2)
    one, other, third = (
        between(Conv, (1, 7, 7), 2, case),
        between(Conv, (1, 7, 7), 2, case, weight=1.0),
        between(Conv, (1, 7, 7), 8, dict(kernel_size=2)),
    )
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.w, other.w)
    with pytest.raises((errors.CheckpointError, RuntimeError)):
        third.load_state_dict(one.state_dict())


def test_what_is_told(tmp_path: Path) -> None:
    net = network(
        lambda a, b: Conv(a, b, weight=cns.Normal(1.0, 0.1), kernel_size=3, padding=1), (2, 20, 20), (8, 20, 20)
    )
    synapses = 8 * 2 * (3 * 20 - 2) ** 2
    before = str(net.memory(10))
    assert str(synapses) in str(net.describe())
    predicted = {(item.owner, item.what): item.then for item in net.memory(10).items}
    assert predicted["connection c", "weights"] == 8 * 2 * 9 * 4
    assert predicted["connection c", "wiring"] == synapses * (2 + 4) + 8 * (2 * 400 + 1), before
    monitor = net.add_monitor(cns.Monitor(net.connections["c"], ["w"]), "w")
    net.run(3, {"a": spikes((2, 20, 20), 0.1, 3)}, executor="eager")
    assert {(item.owner, item.what): item.now for item in net.memory(10).items}["connection c", "wiring"] == predicted[
        "connection c", "wiring"
    ]
    assert monitor.get("w").shape == (3, 8, 2, 3, 3)
    assert monitor.to_xarray()["w"].dims[1:] == ("map", "channel", "kernel row", "kernel column")
    about = net.provenance()["connections"]["c"]
    assert about["rule"] == "Windows(3, padding=1), one kernel per map and channel"
    assert (about["synapses"], about["weight"]["shape"]) == (synapses, [8, 2, 3, 3])
    assert about["rule_parameters"]["padding"] == {"stated": "(1, 1)"}


def populations(pre: Any, post: Any) -> tuple[Any, Any]:
    return cns.InputPopulation(pre, dt=1.0), cns.LIFPopulation(post, dt=1.0)


WRONG: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "post": (lambda: Conv(*populations((1, 28, 28), (30, 28, 28)), kernel_size=5), errors.ShapeError, ["ConvolutionalConnection.post", "(30, 28, 28)", "(30, 24, 24)"]),
    "post of a plane": (lambda: Conv(*populations((8, 8), (8, 8)), kernel_size=3, stride=2), errors.ShapeError, ["(8, 8)", "shape (3, 3)"]),
    "post in a row": (lambda: Conv(*populations((8, 8), 36), kernel_size=3), errors.ShapeError, ["ConvolutionalConnection.post", "(36,)", "rows, columns"]),
    "pre in a row": (lambda: Conv(*populations(64, (6, 6)), kernel_size=3), errors.ShapeError, ["(64,)", "(channels, rows, columns)"]),
    "large kernel": (lambda: Conv(*populations((8, 8), (6, 6)), kernel_size=5, dilation=2), errors.ShapeError, ["windows of 9 rows", "at most 8"]),
    "groups": (lambda: Conv(*populations((4, 8, 8), (3, 6, 6)), kernel_size=3, groups=2), errors.ShapeError, ["post", "3 maps in 2 groups"]),
    "kernels": (lambda: Conv(*populations((2, 8, 8), (3, 6, 6)), weight=np.ones((2, 3, 3, 3))), errors.ShapeError, ["ConvolutionalConnection.weight", "(2, 3, 3, 3)", "(3, 2, 3, 3)"]),
    "a plane for many": (lambda: Conv(*populations((2, 8, 8), (3, 6, 6)), weight=np.ones((3, 3))), errors.ShapeError, ["(3, 3)", "(3, 2, 3, 3)"]),
    "kernels of another size": (lambda: Conv(*populations((8, 8), (6, 6)), kernel_size=3, weight=np.ones((1, 1, 5, 5))), errors.ShapeError, ["(1, 1, 5, 5)", "(1, 1, 3, 3)"]),
    "w later": (lambda: setattr(Conv(*populations((8, 8), (6, 6)), kernel_size=3), "w", torch.ones(4)), errors.ShapeError, ["(4,)", "(1, 1, 3, 3)"]),
    "no kernel": (lambda: Conv(*populations((8, 8), (6, 6)), weight=2.0), errors.ArgumentError, ["kernel_size"]),
    "a function": (lambda: Conv(*populations((8, 8), (6, 6)), kernel_size=3, weight=lambda d: d), errors.ArgumentError, ["a function"]),
    "NaN": (lambda: Conv(*populations((8, 8), (6, 6)), weight=np.full((3, 3), np.nan)).w, errors.ParameterError, ["nan"]),
    "stride of zero": (lambda: Conv(*populations((8, 8), (6, 6)), kernel_size=3, stride=0), errors.ParameterError, ["stride", ">= 1"]),
    "three strides": (lambda: Conv(*populations((8, 8), (6, 6)), kernel_size=3, stride=(1, 1, 1)), errors.ParameterError, ["stride", "3 numbers"]),
    "a part": (lambda: Conv(populations((8, 8), 3)[0][:3], populations(3, (6, 6))[1], kernel_size=3), errors.ArgumentError, ["pre", "no part"]),
    "no population": (lambda: Conv(3, populations(3, (6, 6))[1], kernel_size=3), errors.ArgumentError, ["pre", "int"]),
    "short_term": (lambda: Conv(*populations((8, 8), (6, 6)), kernel_size=3, short_term=cns.TsodyksMarkram()), errors.ArgumentError, ["short_term"]),
    "negative conductance": (lambda: Conv(*populations((8, 8), (6, 6)), kernel_size=3, weight=-1.0, synapse=cns.ExponentialConductance(5.0)).compute(), errors.ParameterError, ["conductances >= 0"]),
    "local kernels": (lambda: Local(*populations((8, 8), (6, 6)), weight=np.ones((1, 6, 6, 1, 2, 3)), kernel_size=3).w, errors.ShapeError, ["LocalConnection.weight", "(1, 6, 6, 1, 3, 3)"]),
    "local post": (lambda: Local(*populations((8, 8), (2, 6, 5)), kernel_size=3), errors.ShapeError, ["LocalConnection.post", "(2, 6, 6)"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind, caught.value
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)
