"""Filters against closed forms, against scipy, and against gratings."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import correlate, gaussian_filter

from cnsproject import errors
from cnsproject.encoding import DoGFilter, Filter, GaborFilter

F64 = torch.float64
GABOR: dict[str, Any] = {"size": 21, "wavelength": 7.0, "theta": 0.6, "sigma": 3.5, "gamma": 0.7, "psi": 0.4}
PICTURE = np.random.default_rng(0).random((2, 3, 19, 23)) * 255
# How scipy calls what lies beyond the edge.
SCIPY = {"replicate": "nearest", "reflect": "mirror", "zeros": "constant"}


def gabor(**changes: Any) -> torch.Tensor:
    return GaborFilter(**{**GABOR, "dtype": F64, **changes}).kernel


@given(
    size=st.integers(1, 15).map(lambda k: 2 * k + 1),
    sigma=st.floats(0.3, 4),
    ratio=st.floats(1.2, 5),
    centre=st.sampled_from(["on", "off"]),
)
def test_difference_of_gaussians(size: int, sigma: float, ratio: float, centre: Any) -> None:
    """Sums to 0, absolute values to 1; the same when turned or mirrored; a ring of the other sign about its centre."""
    k = DoGFilter(size, sigma, sigma * ratio, center=centre, dtype=F64).kernel
    assert abs(float(k.sum())) < 1e-12
    assert float(k.abs().sum()) == pytest.approx(1)
    for other in (k.rot90(), k.flip(0), k.T):
        assert torch.allclose(other, k, atol=1e-15)
    sign = 1 if centre == "on" else -1
    assert sign * k[size // 2, size // 2] == k.abs().max()
    assert sign * k[0, 0] < 1e-16
    assert (sign * k).min() < -1e-3 * k.abs().max()


def test_difference_of_gaussians_as_the_formula_has_it() -> None:
    k = DoGFilter(9, 1.0, 1.6, zero_mean=False, normalize=False, dtype=F64).kernel
    for row, column in ((4, 4), (0, 0), (3, 6)):
        r2 = (row - 4) ** 2 + (column - 4) ** 2
        expected = math.exp(-r2 / 2) / (2 * math.pi) - math.exp(-r2 / (2 * 2.56)) / (2 * math.pi * 2.56)
        assert float(k[row, column]) == pytest.approx(expected)
    # The zero crossing: r^2 = 4*s1^2*s2^2*ln(s2/s1)/(s2^2 - s1^2).
    zero = 4 * 2.56 * math.log(1.6) / 1.56
    r2 = torch.arange(-4, 5).square()[:, None] + torch.arange(-4, 5).square()
    assert ((k > 0) == (r2 < zero)).all()


def test_difference_of_gaussians_is_that_of_two_blurred_images() -> None:
    """scipy blurs with Gaussians of sum 1 on the same 21 pixels."""
    blurred = [[gaussian_filter(one, s, mode="nearest", radius=10) for one in PICTURE[0]] for s in (1.2, 2.5)]
    answers = DoGFilter(21, 1.2, 2.5, normalize=False, dtype=F64)(PICTURE[0])
    assert answers.numpy() == pytest.approx(np.array(blurred[0]) - np.array(blurred[1]))


def test_gabor_as_the_formula_has_it() -> None:
    """y runs upwards: row 0 is y = 10."""
    k = gabor(zero_mean=False, normalize=False)
    for row, column in product((0, 7, 10, 20), (0, 9, 10, 15)):
        x, y = column - 10, 10 - row
        along, across = x * math.cos(0.6) + y * math.sin(0.6), -x * math.sin(0.6) + y * math.cos(0.6)
        expected = math.exp(-(along**2 + 0.49 * across**2) / (2 * 3.5**2)) * math.cos(2 * math.pi * along / 7 + 0.4)
        assert float(k[row, column]) == pytest.approx(expected)


@pytest.mark.parametrize(("zero_mean", "normalize"), [*product((True, False), repeat=2)])
def test_gabor_symmetries(zero_mean: bool, normalize: bool) -> None:
    options = {"zero_mean": zero_mean, "normalize": normalize}
    k = gabor(**options)
    near = {"atol": 1e-12}
    assert torch.allclose(gabor(theta=0.6 + math.pi, psi=-0.4, **options), k, **near)
    assert torch.allclose(gabor(theta=0.6 + math.pi, **options), k.rot90(2), **near)
    assert torch.allclose(gabor(theta=0.6 + math.pi / 2, **options), k.rot90(1), **near)  # anticlockwise
    assert torch.allclose(gabor(theta=-0.6, **options), k.flip(0), **near)
    assert torch.allclose(gabor(psi=0.4 + math.pi, **options), -k, **near)
    assert torch.allclose(gabor(center="off", **options), -k, **near)
    even, odd = gabor(psi=0.0, **options), gabor(psi=math.pi / 2, **options)
    assert torch.allclose(even.rot90(2), even, **near)
    assert torch.allclose(odd.rot90(2), -odd, **near)
    assert abs(float(odd.sum())) < 1e-12
    assert (abs(float(even.sum())) < 1e-12) == zero_mean
    assert (abs(float(even.abs().sum()) - 1) < 1e-12) == normalize


def test_the_mean_is_taken_from_the_wave_and_not_from_the_field() -> None:
    """Far from the middle the kernel still fades: it stays within the Gaussian window."""
    plain = gabor(normalize=False, zero_mean=False, psi=0.0)
    k = gabor(normalize=False, psi=0.0)
    y, x = np.mgrid[10:-11:-1, -10:11]
    along, across = x * math.cos(0.6) + y * math.sin(0.6), -x * math.sin(0.6) + y * math.cos(0.6)
    window = np.exp(-(along**2 + 0.49 * across**2) / (2 * 3.5**2))
    offset = (plain - k).numpy() / window
    assert offset == pytest.approx(np.full_like(offset, offset[10, 10]))
    assert offset[10, 10] > 0


def grating(wavelength: float, theta: float, phase: float) -> np.ndarray:
    y, x = np.mgrid[30:-31:-1, -30:31]
    return np.asarray(np.cos(2 * math.pi * (x * math.cos(theta) + y * math.sin(theta)) / wavelength + phase))


def test_a_gabor_answers_most_to_its_own_grating() -> None:
    """Among all directions and wavelengths, at the best phase of each (two filters in quadrature find it)."""
    theta, wavelength = math.radians(30), 8.0
    pair = [GaborFilter(41, wavelength, theta, 5.0, 1.0, psi) for psi in (0.0, math.pi / 2)]

    def energy(other_wavelength: float, other_theta: float) -> float:
        image = grating(other_wavelength, other_theta, 0.3)
        return math.hypot(*(float(one(image)[30, 30]) for one in pair))

    by_angle = {degrees: energy(wavelength, math.radians(degrees)) for degrees in range(-60, 120, 10)}
    assert max(by_angle, key=by_angle.__getitem__) == 30
    assert by_angle[120 - 10] < 0.05 * by_angle[30]
    by_wavelength = {length: energy(length, theta) for length in (4, 5, 6, 7, 8, 9, 10, 12, 16)}
    assert max(by_wavelength, key=by_wavelength.__getitem__) == 8
    # An isotropic window: the Fourier transform of a Gaussian, exp(-sigma^2*|k - k0|^2/2).
    for degrees in (20, 0):
        apart = 2 * (2 * math.pi / wavelength) * math.sin(math.radians(30 - degrees) / 2)
        assert by_angle[degrees] / by_angle[30] == pytest.approx(math.exp(-((5.0 * apart) ** 2) / 2), abs=2e-3)


FILTERS = [
    DoGFilter(7, 1.0, 2.0, dtype=F64),
    GaborFilter(9, 5.0, 0.6, 2.0, psi=1.0, dtype=F64),
    DoGFilter(5, 1.0, 2.0, zero_mean=False, normalize=False, center="off", dtype=F64),
]


@pytest.mark.parametrize("field", FILTERS, ids=repr)
@pytest.mark.parametrize("padding", ["replicate", "reflect", "zeros", "valid"])
def test_answers_are_scipys_correlation(field: Any, padding: Any) -> None:
    arguments = {n: v for n, v in vars(field).items() if n != "kernel"}
    field = type(field)(**{**arguments, "padding": padding, "dtype": F64})
    answers = field(PICTURE)
    mode = SCIPY.get(padding, "constant")
    expected = np.array([[correlate(one, field.kernel.numpy(), mode=mode) for one in batch] for batch in PICTURE])
    if padding == "valid":
        edge = field.size // 2
        expected = expected[..., edge:-edge, edge:-edge]
    assert answers.shape == expected.shape
    assert answers.numpy() == pytest.approx(expected, abs=1e-9)
    assert field(PICTURE[0, 0]).numpy() == pytest.approx(expected[0, 0], abs=1e-9)


@pytest.mark.parametrize("field", FILTERS[:2], ids=repr)
def test_on_and_off(field: Filter) -> None:
    answers, on, off = field(PICTURE), field.on(PICTURE), field.off(PICTURE)
    assert torch.equal(on - off, answers)
    assert (on >= 0).all()
    assert (off >= 0).all()
    assert not (on * off).any()
    both = field.on_off(PICTURE)
    assert tuple(both.shape) == (2, 3, 2, 19, 23)
    assert torch.equal(both[..., 0, :, :], on)
    assert torch.equal(both[..., 1, :, :], off)


@pytest.mark.parametrize("padding", ["replicate", "reflect", "valid"])
def test_an_even_surface_gives_no_answer_and_the_worst_image_half_the_range(padding: Any) -> None:
    for make in (lambda p: DoGFilter(7, 1, 2, padding=p), lambda p: GaborFilter(7, 4, 1, 2, psi=1, padding=p)):
        field = make(padding)
        assert float(field(np.full((12, 12), 200, np.uint8)).abs().max()) < 1e-4
        worst = torch.where(field.kernel > 0, 255, 0)
        assert float(field(worst)[field(worst).shape[0] // 2, -1 if padding == "valid" else 3]) == pytest.approx(127.5)
        assert float(field.off(255 - worst).max()) <= 127.5 + 1e-3


def test_grey_levels_of_any_type_and_precision() -> None:
    field = DoGFilter(5, 1, 2)
    grey = np.arange(81, dtype=np.uint8).reshape(9, 9)
    answers = field(grey)
    assert answers.dtype == torch.float32
    for same in (torch.from_numpy(grey), grey.tolist(), grey.astype(np.float64), grey[::-1][::-1]):
        assert torch.equal(field(same), answers)
    fine = DoGFilter(5, 1, 2, dtype=F64)
    assert torch.equal(fine.kernel.float(), field.kernel)


def test_gradients_pass() -> None:
    image = torch.zeros(9, 9, requires_grad=True)
    field = DoGFilter(3, 1, 2)
    field(image)[4, 4].backward()
    assert image.grad is not None
    assert torch.allclose(image.grad[3:6, 3:6], field.kernel)


def test_a_filter_of_ones_own() -> None:
    class Step(Filter):
        """Light on the left, dark on the right."""

        def _values(self, x: Any, y: Any) -> Any:
            return np.where(x < 0, 1.0, 0.0) * np.where(y > 0, 2.0, 1.0)

    k = Step(3, dtype=F64).kernel
    assert abs(float(k.sum())) < 1e-15
    assert float(k.abs().sum()) == pytest.approx(1)
    assert k[0].argmax() == 0
    assert k[0, 0] > k[2, 0]
    with pytest.raises(TypeError):
        Filter(3)  # type: ignore[abstract]


MISTAKES: list[tuple[Any, type[errors.CnsError], str]] = [
    (lambda: DoGFilter(4, 1, 2), errors.ParameterError, "use 5"),
    (lambda: DoGFilter(5, 2, 1), errors.ParameterError, "swap them"),
    (lambda: DoGFilter(5, 1, 1), errors.ParameterError, "sigma1 < sigma2"),
    (lambda: DoGFilter(5, 0, 1), errors.ParameterError, r"DoGFilter\.sigma1"),
    (lambda: DoGFilter(1, 1, 2), errors.ParameterError, "larger"),
    (lambda: DoGFilter(5, 1, 2, center="of"), errors.ParameterError, "did you mean 'off'"),  # type: ignore[arg-type]
    (lambda: DoGFilter(5, 1, 2, padding="same"), errors.ParameterError, "replicate"),  # type: ignore[arg-type]
    (lambda: DoGFilter(5, 1, 2, dtype=torch.int64), errors.ParameterError, "float32"),
    (lambda: DoGFilter(5, 1, 2, normalize=1), errors.ArgumentError, "a bool"),  # type: ignore[arg-type]
    (lambda: DoGFilter(5, 1, 2, sigma3=1), errors.ArgumentError, "did you mean"),  # type: ignore[call-arg]
    (lambda: GaborFilter(5, 4, 45, 2), errors.ParameterError, r"math\.radians\(45\)"),
    (lambda: GaborFilter(5, 4, 0, 2, psi=90), errors.ParameterError, r"GaborFilter\.psi"),
    (lambda: GaborFilter(5, 0, 0, 2), errors.ParameterError, "wavelength"),
    (lambda: GaborFilter(5, 4, 0, 2, 0), errors.ParameterError, "gamma"),
    (lambda: GaborFilter(1, 4, 0, 2), errors.ParameterError, "larger"),
    (lambda: DoGFilter(5, 1, 2)([1, 2, 3]), errors.ShapeError, "rows, columns"),
    (lambda: DoGFilter(5, 1, 2, padding="valid")(np.ones((4, 9))), errors.ShapeError, "at least 5"),
    (lambda: DoGFilter(5, 1, 2, padding="reflect")(np.ones((2, 9))), errors.ShapeError, "at least 3"),
    (lambda: DoGFilter(5, 1, 2)(np.full((9, 9), np.nan)), errors.ParameterError, "nan at"),
    (lambda: DoGFilter(5, 1, 2)(np.zeros((0, 9, 9))), errors.ShapeError, "no values"),
    (lambda: DoGFilter(5, 1, 2)(np.ones((9, 9), bool)), errors.ArgumentError, "bool"),
]


@pytest.mark.parametrize(("make", "error", "says"), MISTAKES)
def test_mistakes(make: Any, error: type[errors.CnsError], says: str) -> None:
    with pytest.raises(error, match=says):
        make()
