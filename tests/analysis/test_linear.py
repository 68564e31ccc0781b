"""Sine fits, triggered averages and kinds of fixed points against what was put in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from cnsproject.analysis import amplitudes, kind_of_fixed_point, triggered_average
from cnsproject.errors import ParameterError, ShapeError


@given(
    size=st.floats(0.01, 100), phase=st.floats(-3.1, 3.1), offset=st.floats(-100, 100), frequency=st.floats(5, 400),
    start=st.floats(0, 1000),
)  # fmt: skip
def test_a_sine_is_found_again(size: float, phase: float, offset: float, frequency: float, start: float) -> None:
    """Whatever its offset, and whether or not the window is a number of periods."""
    t = start + 0.1 * np.arange(3000)
    u = offset + size * np.sin(2e-3 * math.pi * frequency * t + phase)
    (z,) = amplitudes(u[:, None], t, [frequency])
    assert z == pytest.approx(size * np.exp(1j * phase), rel=1e-6, abs=1e-7 * abs(offset))


def test_columns_have_frequencies_of_their_own() -> None:
    t = 0.5 * np.arange(4000)
    f = np.array([3.0, 40.0])
    u = np.array([1.0, 2.0]) * np.sin(2e-3 * math.pi * f * t[:, None])
    assert amplitudes(u, t, f) == pytest.approx([1, 2])
    # In white noise of standard deviation 1 an amplitude is uncertain by sqrt(2/steps).
    noise = np.random.default_rng(1).normal(size=u.shape)
    assert np.abs(amplitudes(u + noise, t, f) - [1, 2]).max() < 4 * math.sqrt(2 / 4000)


def test_what_cannot_be_fitted() -> None:
    t = 0.5 * np.arange(100)
    u = np.zeros((100, 1))
    for arrays in ((u, t[1:], [1.0]), (u, t, [1.0, 2.0]), (u[:, 0], t, [1.0])):
        with pytest.raises(ShapeError, match=r"amplitudes.*\(steps, n\)"):
            amplitudes(*arrays)
    for frequency in (0.0, 1000.0, 2000.0):  # at half the rate all values of the sine are 0
        with pytest.raises(ParameterError, match=rf"amplitudes\(frequencies\).*got {frequency:g} Hz at 100 times"):
            amplitudes(u, t, [frequency])
    with pytest.raises(ParameterError, match="see all phases"):
        amplitudes(u[:2], t[:2], [10.0])
    for arrays in ((u + np.nan, t, [1.0]), (u, t + np.inf, [1.0]), (u, t, [np.nan])):
        with pytest.raises(ParameterError, match="finite"):
            amplitudes(*arrays)


@given(st.integers(1, 12), st.integers(2, 40), st.integers(1, 5), st.integers(0, 10**6))
def test_triggered_average_one_by_one(window: int, spikes: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    stimulus = rng.normal(3, 2, (60, n))
    steps, neurons = rng.integers(window - 1, 60, spikes), rng.integers(0, n, spikes)
    each = [stimulus[k - window + 1 : k + 1, i] for k, i in zip(steps, neurons, strict=True)]
    mean, error = triggered_average(stimulus, steps, neurons, window)
    assert mean == pytest.approx(np.mean(each, axis=0))
    assert error == pytest.approx(np.std(each, axis=0, ddof=1) / math.sqrt(spikes), abs=1e-7)


def test_triggered_average_of_many_spikes_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    stimulus = rng.normal(size=(500, 3)).astype(np.float32)
    steps, neurons = rng.integers(9, 500, 300), rng.integers(0, 3, 300)
    at_once = triggered_average(stimulus, steps, neurons, 10)
    monkeypatch.setattr("cnsproject.analysis.linear._AT_A_TIME", 70)
    in_blocks = triggered_average(stimulus, steps, neurons, 10)
    assert in_blocks[0] == pytest.approx(at_once[0], rel=1e-12)
    assert in_blocks[1] == pytest.approx(at_once[1], rel=1e-12)


def test_one_spike_has_no_error() -> None:
    mean, error = triggered_average(np.arange(10.0)[:, None], [4], [0], 3)
    assert mean.tolist() == [2.0, 3.0, 4.0]
    assert np.isnan(error).all()


@pytest.mark.parametrize(
    ("steps", "neurons", "error", "says"),
    [
        ([], [], ParameterError, "got no spike, expected spikes from step 2 to step 9"),
        ([1, 5], [0, 0], ParameterError, "got spikes in steps 1 to 5"),
        ([5, 10], [0, 0], ParameterError, "in steps 5 to 10"),
        ([5], [2], ParameterError, r"triggered_average\(neurons\): got neurons 2 to 2, expected 0 to 1"),
        ([5], [-1], ParameterError, "neurons -1 to -1"),
        ([5, 6], [0], ShapeError, r"shapes \(10, 2\), \(2,\) and \(1,\)"),
    ],
)
def test_spikes_that_do_not_fit(steps: Any, neurons: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        triggered_average(np.zeros((10, 2)), steps, neurons, 3)


def test_windows_that_are_none() -> None:
    with pytest.raises(ShapeError):
        triggered_average(np.zeros(10), [5], [0], 3)
    for window in (0, 1.5):
        with pytest.raises(ParameterError, match="window"):
            triggered_average(np.zeros((10, 1)), [5], [0], window)  # type: ignore[arg-type]


@given(st.lists(st.floats(-3, 3), min_size=4, max_size=4))
def test_kinds_are_what_the_flow_does(entries: list[float]) -> None:
    """exp(t*A) by scipy: where a point goes, and whether it turns; trace and determinant say the same."""
    A = np.array(entries).reshape(2, 2)
    trace, det = np.trace(A), np.linalg.det(A)
    delta = trace**2 - 4 * det
    if min(abs(det), abs(delta), abs(trace)) < 0.05:
        return  # on a border
    eigenvalues = np.linalg.eigvals(A)
    kind = kind_of_fixed_point(eigenvalues)
    size = np.abs(expm(4.0 * A / abs(eigenvalues.real.max()))).max()
    assert ("focus" in kind) == (delta < 0)
    assert (kind == "saddle") == (det < 0)
    assert kind.startswith("stable") == (size < 0.5)


@pytest.mark.parametrize(
    ("eigenvalues", "kind"),
    [
        ((-1, -2), "stable node"), ((1, 2), "unstable node"), ((1, -1), "saddle"), ((-1, 1), "saddle"),
        ((-1 + 2j, -1 - 2j), "stable focus"), ((1e-3 - 2j, 1e-3 + 2j), "unstable focus"), ((2j, -2j), "center"),
        ((1e-12 + 2j, 1e-12 - 2j), "center"), ((0, -1), "degenerate"), ((0, 0), "degenerate"),
        ((1e-15, 1), "degenerate"), ((-1, -1), "stable node"),
    ],
)  # fmt: skip
def test_kinds_and_their_borders(eigenvalues: Any, kind: str) -> None:
    assert kind_of_fixed_point(eigenvalues) == kind
    assert kind_of_fixed_point(eigenvalues[::-1]) == kind


def test_what_has_no_kind() -> None:
    for wrong in ((1.0,), (1.0, 2.0, 3.0), (math.nan, 1.0), (math.inf, 1.0)):
        with pytest.raises(ParameterError, match="two finite numbers"):
            kind_of_fixed_point(wrong)
