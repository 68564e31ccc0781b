"""Filters of early vision: difference of Gaussians and Gabor functions, on and off, applied to images."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from cnsproject import plotting
from cnsproject.checks import named_arguments, number, positive, whole
from cnsproject.encoding.reading import Data, read_data
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, nearest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

F64 = npt.NDArray[np.float64]
Centre = Literal["on", "off"]
Padding = Literal["replicate", "reflect", "zeros", "valid"]
_PAD = {"replicate": "replicate", "reflect": "reflect", "zeros": "constant"}  # as torch calls them
_TURN = 2.0 * math.pi


@dataclass(frozen=True, eq=False)
class Filter(ABC):
    """A receptive field on a square grid, and what it answers to images.

    response(p) = sum over q of kernel(q) * image(p + q): a correlation, the kernel is not turned round. x runs to the
    right and y upwards, both from the middle pixel and in pixels.

    size       rows and columns of the kernel, odd
    center     "on", or "off": the kernel times -1
    zero_mean  whether the kernel sums to 0 (to rounding), so that an even surface gives no answer
    normalize  whether its absolute values sum to 1. With zero_mean the answers to images in 0 ... R then lie in
               -R/2 ... R/2, without it in -R ... R
    padding    what lies beyond the edge of an image: "replicate" (its last pixel), "reflect" (its mirror image),
               "zeros"; or "valid": only places where the kernel lies within the image are answered, size - 1 rows and
               columns fewer
    dtype      of kernel and answers; the kernel is computed in double precision and rounded once

    A filter of your own is a subclass with `_values`. Raises ParameterError for values out of range, ArgumentError for
    what are no numbers, ShapeError for images that have no rows and columns, or too few for the kernel.
    """

    size: int
    center: Centre
    zero_mean: bool
    normalize: bool
    padding: Padding
    kernel: Tensor

    @named_arguments
    def __init__(
        self,
        size: int,
        *,
        center: Centre = "on",
        zero_mean: bool = True,
        normalize: bool = True,
        padding: Padding = "replicate",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        name = type(self).__name__
        size = whole(f"{name}.size", size, least=1)
        if size % 2 == 0:
            raise ParameterError(
                f"{name}.size", got=size, expected="an odd number, so that there is a middle", fix=f"use {size + 1}"
            )
        for argument, value, choices in (("center", center, Centre), ("padding", padding, Padding)):
            if value not in get_args(choices):
                raise ParameterError(
                    f"{name}.{argument}", got=repr(value), expected=" or ".join(map(repr, get_args(choices))),
                    fix=nearest(str(value), get_args(choices)),
                )  # fmt: skip
        if dtype not in (torch.float32, torch.float64):
            raise ParameterError(
                f"{name}.dtype", got=dtype, expected="torch.float32 or torch.float64", fix="choose one of them"
            )
        for argument, flag in (("zero_mean", zero_mean), ("normalize", normalize)):
            if not isinstance(flag, bool):
                raise ArgumentError(f"{name}.{argument}", got=repr(flag), expected="a bool", fix="use True or False")
        vars(self).update(size=size, center=center, zero_mean=zero_mean, normalize=normalize, padding=padding)
        vars(self)["kernel"] = torch.from_numpy(self._kernel()).to(dtype)

    @abstractmethod
    def _values(self, x: F64, y: F64) -> F64:
        """The on-centre kernel at the pixels (x, y), both (size, size); a mean that must not be there is taken out."""

    def _kernel(self) -> F64:
        reach = np.arange(self.size, dtype=np.float64) - self.size // 2
        values = self._values(np.broadcast_to(reach, (self.size, self.size)), np.repeat(-reach[:, None], self.size, 1))
        values = values - values.mean() if self.zero_mean else values
        total = float(np.abs(values).sum())
        # What is left of rounding, as with a single pixel whose mean is taken out, is no kernel.
        if not total > 1e-12:
            raise ParameterError(
                type(self).__name__, got="a kernel without any value above rounding", expected="a kernel that is not 0",
                fix="make it larger, or its Gaussians wider",
            )  # fmt: skip
        values = values / total if self.normalize else values
        return values if self.center == "on" else -values

    def __call__(self, images: Data) -> Tensor:
        """The answers to images (..., rows, columns) of any number type: the same shape, but for "valid"."""
        what = f"{type(self).__name__}(images)"
        given = read_data(what, images).to(self.kernel.dtype)
        reach = self.size // 2
        least = {"valid": self.size, "reflect": reach + 1}.get(self.padding, 1)
        if given.ndim < 2 or min(given.shape[-2:]) < least:
            raise ShapeError(
                what, got=f"shape {tuple(given.shape)}",
                expected=f"shape (..., rows, columns) of at least {least} each",
                fix="give images of grey levels, without an axis of colours at the end",
            )  # fmt: skip
        flat = given.reshape(-1, 1, *given.shape[-2:])
        if self.padding != "valid":
            flat = pad(flat, (reach, reach, reach, reach), mode=_PAD[self.padding])
        answers = conv2d(flat, self.kernel.to(flat.device)[None, None])
        return answers.reshape(*given.shape[:-2], *answers.shape[-2:])

    def on(self, images: Data) -> Tensor:
        """The positive part of the answers: cells whose field is the kernel."""
        return self(images).clamp(min=0.0)

    def off(self, images: Data) -> Tensor:
        """The negative part of the answers, as positive numbers: cells whose field is the kernel times -1."""
        return (-self(images)).clamp(min=0.0)

    def on_off(self, images: Data) -> Tensor:
        """Both parts as two channels: (..., 2, rows, columns)."""
        answers = self(images)
        return torch.stack([answers, -answers], dim=-3).clamp(min=0.0)

    @named_arguments
    def plot(self, ax: Axes | None = None) -> Axes:
        """The kernel as a picture, positive values red and negative ones blue."""
        return plotting.kernel(self.kernel, ax=ax)


@dataclass(frozen=True, eq=False)
class DoGFilter(Filter):
    """Difference of Gaussians: a centre and a wider surround of the other sign, as of retinal ganglion cells.

    k(x, y) = G(sigma1) - G(sigma2), G(s) = exp(-(x^2 + y^2)/(2*s^2))/(2*pi*s^2).

    sigma1  width of the centre (pixels)
    sigma2  width of the surround (pixels), larger
    With `zero_mean` each Gaussian is scaled to sum to 1 on the grid, as it does on the plane, so that they cancel. The
    other arguments are those of Filter.

    Source: Marr & Hildreth 1980, Theory of edge detection, Proc. R. Soc. Lond. B 207, 187, by whom sigma2/sigma1 = 1.6
    comes closest to the Laplacian of a Gaussian; Rodieck 1965, Vision Research 5, 583, for ganglion cells.
    """

    sigma1: float
    sigma2: float

    @named_arguments
    def __init__(
        self,
        size: int,
        sigma1: float,
        sigma2: float,
        *,
        center: Centre = "on",
        zero_mean: bool = True,
        normalize: bool = True,
        padding: Padding = "replicate",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        vars(self).update(
            sigma1=positive("DoGFilter.sigma1", sigma1, "pixels"),
            sigma2=positive("DoGFilter.sigma2", sigma2, "pixels"),
        )
        if not self.sigma1 < self.sigma2:
            raise ParameterError(
                "DoGFilter(sigma1, sigma2)", got=f"{self.sigma1:g} and {self.sigma2:g}", expected="sigma1 < sigma2",
                fix='swap them; for the opposite sign write center="off"',
            )  # fmt: skip
        super().__init__(size, center=center, zero_mean=zero_mean, normalize=normalize, padding=padding, dtype=dtype)

    def _values(self, x: F64, y: F64) -> F64:
        narrow, wide = (np.exp(-(x**2 + y**2) / (2.0 * s**2)) / (_TURN * s**2) for s in (self.sigma1, self.sigma2))
        if self.zero_mean:
            narrow, wide = narrow / narrow.sum(), wide / wide.sum()
        return np.asarray(narrow - wide)


@dataclass(frozen=True, eq=False)
class GaborFilter(Filter):
    """A wave under a Gaussian: it answers to edges and gratings of one orientation, as simple cells of V1.

    k(x, y) = exp(-(x'^2 + gamma^2*y'^2)/(2*sigma^2)) * cos(2*pi*x'/wavelength + psi),
    x' = x*cos(theta) + y*sin(theta), y' = -x*sin(theta) + y*cos(theta).

    wavelength  of the wave (pixels)
    theta       direction in which the wave runs (radians, anticlockwise from the right): its bars stand across it, so
                0 gives upright bars and pi/2 level ones
    sigma       width of the Gaussian along x' (pixels)
    gamma       aspect ratio: along the bars it is sigma/gamma wide
    psi         phase of the wave in the middle (radians): 0 a bright bar, pi a dark one, -pi/2 or pi/2 an edge
    With `zero_mean` the mean of the wave under the Gaussian is taken from the wave. The other arguments are those of
    Filter.

    Source: Daugman 1985, Uncertainty relation for resolution in space, spatial frequency, and orientation, J. Opt. Soc.
    Am. A 2, 1160; Jones & Palmer 1987, J. Neurophysiol. 58, 1233, who fit it to simple cells of the cat.
    """

    wavelength: float
    theta: float
    sigma: float
    gamma: float
    psi: float

    @named_arguments
    def __init__(
        self,
        size: int,
        wavelength: float,
        theta: float,
        sigma: float,
        gamma: float = 0.5,
        psi: float = 0.0,
        *,
        center: Centre = "on",
        zero_mean: bool = True,
        normalize: bool = True,
        padding: Padding = "replicate",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        given: dict[str, Any] = {"wavelength": wavelength, "sigma": sigma}
        vars(self).update({name: positive(f"GaborFilter.{name}", given[name], "pixels") for name in given})
        vars(self).update(
            gamma=positive("GaborFilter.gamma", gamma), theta=_angle("theta", theta), psi=_angle("psi", psi)
        )
        super().__init__(size, center=center, zero_mean=zero_mean, normalize=normalize, padding=padding, dtype=dtype)

    def _values(self, x: F64, y: F64) -> F64:
        along = x * math.cos(self.theta) + y * math.sin(self.theta)
        across = -x * math.sin(self.theta) + y * math.cos(self.theta)
        window = np.exp(-(along**2 + (self.gamma * across) ** 2) / (2.0 * self.sigma**2))
        wave = np.cos(_TURN * along / self.wavelength + self.psi)
        if self.zero_mean:
            wave = wave - (window * wave).sum() / window.sum()
        return np.asarray(window * wave)


def _angle(name: str, value: float) -> float:
    """An angle of at most one turn; larger numbers are degrees that were taken for radians."""
    angle = number(f"GaborFilter.{name}", value, "radians")
    if abs(angle) > _TURN + 1e-9:
        raise ParameterError(
            f"GaborFilter.{name}", got=f"{angle:g}", expected="radians from -2*pi to 2*pi",
            fix=f"write math.radians({angle:g}) if these are degrees",
        )  # fmt: skip
    return angle
