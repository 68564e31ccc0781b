"""What layers of maps fire: an image, the kernels, and the activity of one layer after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Scalar, spike_matrix, time_scale
from cnsproject.plotting.images import _panels, _plane, _raster, _same, image, kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FeatureMap:
    """A kernel (rows, columns), and by layer the spikes of its map: counts (rows, columns), trains (neurons, steps)."""

    title: str
    kernel: ArrayLike
    layers: Mapping[str, ArrayLike]
    trains: Mapping[str, ArrayLike]


def feature_maps(
    picture: ArrayLike, seen: ArrayLike, rows: Sequence[FeatureMap], *, dt: Scalar | None = None
) -> Figure:
    """Kernels, and for each layer the counts of its maps and their rasters, a row for each kernel.

    In the first column are the picture (rows, columns) and below it, where there is more than one row, the counts of
    its spikes. All maps of a layer have one scale, which is drawn below them; kernels have a scale each.

    dt  ms per step of the rasters

    Raises ShapeError without a row, and where rows do not have the same layers.
    """
    _same([[*one.layers, *one.trains] for one in rows], "feature_maps(rows)", "layers")
    planes = {f"kernel of {one.title!r}": one.kernel for one in rows}
    planes |= {f"{name} of {one.title!r}": plane for one in rows for name, plane in one.layers.items()}
    for what, plane in {"picture": picture, "seen": seen, **planes}.items():
        _plane(plane, f"feature_maps: {what}")
    for one in rows:
        for name, spikes in one.trains.items():
            spike_matrix(spikes, f"feature_maps: {name} of {one.title!r}")
    time_scale(dt, None, "feature_maps")
    figure, axes = _panels(len(rows), 2 + 2 * len(rows[0].layers), width=1.5, height=1.5)
    _first_column(figure, [row[0] for row in axes], picture, seen)
    for one, row in zip(rows, axes, strict=True):
        kernel(one.kernel, title="kernel" if one is rows[0] else "", ax=row[1])
        row[1].set_ylabel(one.title, fontsize=_style.TEXT)
    for place, name in enumerate(rows[0].layers):
        _layer(name, rows, [row[2 + 2 * place : 4 + 2 * place] for row in axes], dt)
    return figure


def _first_column(figure: Figure, axes: list[Axes], picture: ArrayLike, seen: ArrayLike) -> None:
    """What is looked at in the upper half, and how often each pixel fires in the lower one."""
    grid, middle = axes[0].get_gridspec(), (len(axes) + 1) // 2
    assert grid is not None
    for ax in axes:
        ax.remove()
    image(picture, title="image", ax=figure.add_subplot(grid[:middle, 0]))
    if middle == len(axes):  # one row, in which there is room for one
        return
    counts = _plane(seen, "feature_maps.seen")
    below = figure.add_subplot(grid[middle:, 0])
    image(counts, limits=(0.0, counts.max() or 1.0), title="its spikes", ax=below)
    _scale(below)


def _layer(name: str, rows: Sequence[FeatureMap], axes: list[list[Axes]], dt: Scalar | None) -> None:
    """Counts and rasters of one layer, from top to bottom."""
    counts = [_plane(one.layers[name], "feature_maps.layers") for one in rows]
    most = max(float(plane.max()) for plane in counts) or 1.0
    for one, plane, (left, right) in zip(rows, counts, axes, strict=False):
        image(plane, limits=(0.0, most), title=name if one is rows[0] else "", ax=left)
        _raster(one.trains[name], dt, "spikes" if one is rows[0] else "", right, bottom=one is rows[-1], left=True)
        right.set_ylabel("neuron", fontsize=_style.TEXT)
        right.invert_yaxis()  # the first rows of the map are on top here too
    _scale(axes[-1][0])


def _scale(ax: Axes) -> None:
    """The scale of counts, below the lowest panel that has it."""
    from matplotlib.ticker import MaxNLocator

    below = ax.inset_axes((0.0, -0.16, 1.0, 0.06))
    bar = ax.figure.colorbar(ax.images[0], cax=below, orientation="horizontal", label="spikes")
    bar.ax.xaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    bar.ax.tick_params(labelsize=_style.TEXT)
    bar.ax.xaxis.label.set_fontsize(_style.TEXT)
