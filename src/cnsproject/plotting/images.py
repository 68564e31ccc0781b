"""Images, kernels of filters, and what encoders and filters make of images: arrays in, axes or figures out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ParameterError, ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Floats, Scalar, spike_matrix, time_scale, to_array, whole
from cnsproject.plotting.axes import raster

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIGNED = "RdBu_r"
"""Told apart with all common forms of colour blindness; white is 0."""

_PANEL = 1.35
"""Inches of a panel with an image."""


def image(
    values: ArrayLike, *, limits: tuple[float, float] | None = None, title: str = "", ax: Axes | None = None
) -> Axes:
    """Grey levels (rows, columns), the first row on top, from black to white between `limits`, or its own extremes."""
    return _show(_plane(values, "image.values"), "gray", limits, title, ax)


def kernel(values: ArrayLike, *, limit: float | None = None, title: str = "", ax: Axes | None = None) -> Axes:
    """Weights (rows, columns), the first row on top: red above 0, blue below, white 0, full colour at +-limit.

    limit  the largest absolute value when None
    """
    plane = _plane(values, "kernel.values")
    reach = (np.abs(plane).max() or 1.0) if limit is None else limit
    return _show(plane, _SIGNED, (-reach, reach), title, ax)


def show_kernels(
    kernels: Sequence[ArrayLike] | ArrayLike, *, titles: Sequence[str] = (), columns: int | None = None
) -> Figure:
    """Kernels of filters, or the learned weights of a convolution, (n, rows, columns) or n planes, in a grid.

    All have one scale of colours, which is drawn beside them.

    titles   one for each kernel, or none
    columns  of the grid; as many as rows, or a few more, when None
    """
    planes = [_plane(one, "show_kernels.kernels") for one in _each(kernels)]
    if titles and len(titles) != len(planes):
        raise ShapeError(
            "show_kernels.titles",
            got=f"{len(titles)} titles",
            expected=f"{len(planes)}, one per kernel",
            fix="add some",
        )
    across = math.ceil(math.sqrt(len(planes))) if columns is None else whole(columns, "show_kernels.columns", least=1)
    across = min(across, len(planes))
    figure, axes = _panels(math.ceil(len(planes) / across), across)
    panels = [ax for row in axes for ax in row]
    limit = max(float(np.abs(plane).max()) for plane in planes) or 1.0
    for plane, ax, title in zip(planes, panels, titles or [""] * len(planes), strict=False):
        kernel(plane, limit=limit, title=title, ax=ax)
    for ax in panels[len(planes) :]:
        ax.set_axis_off()
    bar = figure.colorbar(panels[0].images[0], ax=panels, shrink=0.8, aspect=25, label="weight")
    bar.ax.tick_params(labelsize=_style.TEXT)
    bar.ax.yaxis.label.set_fontsize(_style.TEXT)
    return figure


@dataclass(frozen=True)
class Code:
    """What an encoder makes of an image.

    spikes   (neurons, steps)
    decoded  the image that can be read from them (rows, columns), or None
    note     what is written above that image
    """

    spikes: ArrayLike
    decoded: ArrayLike | None = None
    note: str = ""


@dataclass(frozen=True)
class EncodedImage:
    """An image (rows, columns) and its codes by name; `row` is the one that rasters are of, None if of all."""

    title: str
    image: ArrayLike
    codes: Mapping[str, Code]
    row: int | None = None


def encoded_images(rows: Sequence[EncodedImage], *, dt: Scalar, limits: tuple[float, float] = (0.0, 255.0)) -> Figure:
    """Each image beside the raster of each of its codes, and under these what is decoded from them.

    A row that the rasters are of is marked in the image, and its grey levels are drawn below.

    dt      ms per step
    limits  of the grey levels of all images

    Raises ShapeError without an image, and where images do not have the same codes.
    """
    _same([list(one.codes) for one in rows], "encoded_images(rows)", "codes")
    for one in rows:
        _check_encoded(one)
    time_scale(dt, None, "encoded_images")
    names = list(rows[0].codes)
    figure, axes = _panels(2 * len(rows), 1 + len(names), width=1.45, height=1.25)
    for place, one in enumerate(rows):
        upper, lower = axes[2 * place], axes[2 * place + 1]
        image(one.image, limits=limits, title=one.title, ax=upper[0])
        _profile(one, limits, upper[0], lower[0], bottom=one is rows[-1])
        for name, above, below in zip(names, upper[1:], lower[1:], strict=True):
            code = one.codes[name]
            fewest = min(len(np.asarray(other.spikes)) for other in one.codes.values())
            left = name == names[0] or len(np.asarray(code.spikes)) != fewest
            _raster(code.spikes, dt, name if place == 0 else "", above, bottom=one is rows[-1], left=left)
            above.set_ylabel("neuron" if name == names[0] else "", fontsize=_style.TEXT)
            if code.decoded is None:
                below.set_axis_off()
            else:
                image(code.decoded, limits=limits, title=code.note, ax=below)
    figure.align_ylabels([row[1] for row in axes[::2]])
    return figure


def _check_encoded(one: EncodedImage) -> None:
    """Raise for what cannot be drawn, before a figure is opened."""
    what = f"encoded_images: {one.title!r}"
    plane = _plane(one.image, what)
    if one.row is not None and not 0 <= one.row < len(plane):
        raise ParameterError(
            f"{what}, row", got=one.row, expected=f"a row from 0 to {len(plane) - 1}", fix="count from the top"
        )
    for name, code in one.codes.items():
        spike_matrix(code.spikes, f"{what}, {name}")
        if code.decoded is not None:
            _plane(code.decoded, f"{what}, {name}, decoded")


def _profile(one: EncodedImage, limits: tuple[float, float], picture: Axes, ax: Axes, *, bottom: bool) -> None:
    """Mark the row in the picture, and draw its grey levels."""
    if one.row is None:
        ax.set_axis_off()
        return
    levels = _plane(one.image, "encoded_images: image")[one.row]
    for side, arrow in ((-0.06, ">"), (1.06, "<")):
        picture.plot(
            side, one.row, marker=arrow, markersize=4.0, color=_style.PALETTE[1], clip_on=False,
            transform=picture.get_yaxis_transform(),
        )  # fmt: skip
    ax.plot(np.arange(len(levels)), levels, color=_style.PALETTE[1], linewidth=_style.LINE_WIDTH)
    margin = 0.03 * (limits[1] - limits[0])
    ax.set(xlim=(-0.5, len(levels) - 0.5), ylim=(limits[0] - margin, limits[1] + margin))
    _style.set_labels(ax, "pixel of the row" if bottom else "", "grey level")
    ax.tick_params(labelbottom=bottom)


@dataclass(frozen=True)
class FilteredImage:
    """An image, a filter's kernel, the on and off parts of its answers, all (rows, columns), and codes of the former.

    codes  name: spikes (neurons, steps)
    """

    title: str
    image: ArrayLike
    kernel: ArrayLike
    on: ArrayLike
    off: ArrayLike
    codes: Mapping[str, ArrayLike] = field(default_factory=dict)


def filtered_images(rows: Sequence[FilteredImage], *, dt: Scalar | None = None) -> Figure:
    """Image, filter, on-centre and off-centre answers, and the rasters of their codes, one row for each filter.

    On and off of a row have one scale of grey levels, from 0 (black) on; kernels have a scale each.

    dt  ms per step of the codes

    Raises ShapeError without a row, and where rows do not have the same codes.
    """
    _same([list(one.codes) for one in rows], "filtered_images(rows)", "codes")
    for one in rows:
        for plane in ("image", "kernel", "on", "off"):
            _plane(getattr(one, plane), f"filtered_images: {plane} of {one.title!r}")
        for name, spikes in one.codes.items():
            spike_matrix(spikes, f"filtered_images: {name} of {one.title!r}")
    time_scale(dt, None, "filtered_images")
    names = list(rows[0].codes)
    figure, axes = _panels(len(rows), 4 + len(names), width=1.45, height=1.4)
    for place, (one, panels) in enumerate(zip(rows, axes, strict=True)):
        on, off = (_plane(part, "filtered_images: on and off") for part in (one.on, one.off))
        top = float(max(on.max(), off.max())) or 1.0
        heads = ("image", "filter", "on-centre", "off-centre") if place == 0 else ("",) * 4
        image(one.image, title=heads[0], ax=panels[0])
        kernel(one.kernel, title=heads[1], ax=panels[1])
        image(on, limits=(0.0, top), title=heads[2], ax=panels[2])
        image(off, limits=(0.0, top), title=heads[3], ax=panels[3])
        panels[0].set_ylabel(one.title, fontsize=_style.TEXT)
        for name, ax in zip(names, panels[4:], strict=True):
            last = one is rows[-1]
            _raster(one.codes[name], dt, name if place == 0 else "", ax, bottom=last, left=name == names[0])
            ax.set_ylabel("pixel" if name == names[0] else "", fontsize=_style.TEXT)
            ax.invert_yaxis()  # the first rows of the image are on top here too
    return figure


def _raster(spikes: ArrayLike, dt: Scalar | None, title: str, ax: Axes, *, bottom: bool, left: bool) -> None:
    """A raster as a small panel, labelled where it is at the outside of its row or column."""
    raster(spikes, dt=dt, color=_style.INK, ax=ax)
    ax.set_title(title, fontsize=_style.TEXT)
    ax.tick_params(labelleft=left, labelbottom=bottom)
    if not bottom:
        ax.set_xlabel("")


def _panels(
    rows: int, columns: int, *, width: float = _PANEL, height: float = _PANEL
) -> tuple[Figure, list[list[Axes]]]:
    """A new figure of panels of this size (inches)."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        rows, columns, squeeze=False, layout="constrained", figsize=(0.7 + width * columns, 0.3 + height * rows)
    )
    for ax in axes.flat:
        ax.tick_params(labelsize=_style.TEXT)
        ax.spines[["top", "right"]].set_visible(False)
    grid: list[list[Axes]] = axes.tolist()
    return figure, grid


def _show(plane: Floats, colors: str, limits: tuple[float, float] | None, title: str, ax: Axes | None) -> Axes:
    ax = _style.new_panel() if ax is None else ax
    low, high = (float(plane.min()), float(plane.max())) if limits is None else limits
    # One grey level alone is shown as it would be among others.
    ax.imshow(plane, cmap=colors, vmin=low, vmax=high if high > low else low + 1.0, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.spines[:].set_linewidth(0.6)
    if title:
        ax.set_title(title, fontsize=_style.TEXT)
    return ax


def _each(kernels: Any) -> Sequence[ArrayLike]:
    """The kernels one by one."""
    if not len(kernels):
        raise ShapeError(
            "show_kernels.kernels", got="no kernel", expected="at least one", fix="give kernels (n, rows, columns)"
        )
    return [kernels[k] for k in range(len(kernels))]


def _plane(values: ArrayLike, what: str) -> Floats:
    array = to_array(values, what)
    if array.ndim != 2:
        raise ShapeError(
            what, got=f"shape {array.shape}", expected="shape (rows, columns)",
            fix="give one plane, without axes of batch or colours",
        )  # fmt: skip
    return array.astype(np.float64)


def _same(names: Sequence[Sequence[str]], what: str, kind: str) -> None:
    if not names or any(one != names[0] for one in names):
        raise ShapeError(
            what, got=f"{len(names)} rows with {kind} {[list(one) for one in names]}",
            expected=f"at least one row, and the same {kind} in all", fix=f"give every row the same {kind}",
        )  # fmt: skip
