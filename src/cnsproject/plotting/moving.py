"""`MovingPicture`: spikes, rates and states in a window of time that moves, made anew many times a second.

What stays the same is drawn by matplotlib, once; what changes is painted into the pixels. A picture takes about a
hundredth of the time that matplotlib needs for one.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from cnsproject.errors import ParameterError
from cnsproject.plotting import _pixels
from cnsproject.plotting._pixels import Floats, Frame, Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINTS = 8.5
"""Size of all text."""

MARGINS = (84, 16, 40, 30)
"""Left, right, below, above (pixels at 100 dpi)."""

GAP, WIDTH, ROW, TALLEST = 14, 800, 140, 1000
"""Between panels; of a picture; of a panel of height 1; of a picture, at most (pixels at 100 dpi)."""

FIELD = 200
"""Width of the column of maps (pixels at 100 dpi)."""

ROOMY = 4.0
"""So many times as much room as the values take is too much, and limits are chosen anew."""


Limits = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Points:
    """What a panel shows: `x` (points,) in ms and `y`, the neuron of each spike, or values (points,) or (points, n)."""

    x: Floats
    y: npt.NDArray[Any]


@dataclass(frozen=True)
class Panel(ABC):
    """A row of the picture (abstract).

    label  of the y axis, with its unit
    """

    label: str
    height: ClassVar[float]

    @abstractmethod
    def limits(self, present: Limits | None, shown: Sequence[Points]) -> Limits | None:
        """Lowest and highest value that has room; the present ones as long as they will do."""

    @abstractmethod
    def paint(self, area: Pixels, shown: Sequence[Points], limits: Limits, thick: int) -> None:
        """Paint points whose x goes from 0 to 1 over the area, and their values over its limits."""


@dataclass(frozen=True)
class Raster(Panel):
    """A tick for every spike of a population.

    neurons  how many there are
    color    its place in the palette
    """

    neurons: int
    color: int
    height: ClassVar[float] = 1.0

    def limits(self, present: Limits | None, shown: Sequence[Points]) -> Limits:  # noqa: ARG002 - they are known
        """Half a row below the first neuron and above the last."""
        return -0.5, self.neurons - 0.5

    def paint(self, area: Pixels, shown: Sequence[Points], limits: Limits, thick: int) -> None:
        """Paint the spikes."""
        low, high = limits
        for spikes in shown:
            height = (spikes.y - low) / (high - low)
            _pixels.paint_ticks(area, spikes.x, height, self.neurons, _pixels.color_of(self.color), thick)


@dataclass(frozen=True)
class Lines(Panel):
    """Values over time: a set of lines for each colour, its first in the colour itself, the others lighter.

    colors     places in the palette
    from_zero  for what cannot be negative
    """

    colors: tuple[int, ...]
    from_zero: bool = False
    height: ClassVar[float] = 0.75

    def limits(self, present: Limits | None, shown: Sequence[Points]) -> Limits | None:
        """With room for all values."""
        values = [points.y for points in shown if points.y.size]
        if not values:
            return present
        low, high = min(float(y.min()) for y in values), max(float(y.max()) for y in values)
        return _roomy(present, 0.0 if self.from_zero else low, high, from_zero=self.from_zero)

    def paint(self, area: Pixels, shown: Sequence[Points], limits: Limits, thick: int) -> None:
        """Paint the lines, the first of each set last."""
        low, high = limits
        for place, points in zip(self.colors, shown, strict=True):
            if not points.y.size:
                continue
            columns = (points.y.reshape(len(points.y), -1) - low) / (high - low)
            for tint in reversed(range(columns.shape[1])):
                _pixels.paint_line(area, points.x, columns[:, tint], _pixels.color_of(place, tint), 1.5 * thick)


@dataclass(frozen=True)
class Field:
    """A map at the side: an amount for every place of (rows, columns).

    title  above it
    label  of its scale, with the unit
    """

    title: str
    shape: tuple[int, int]
    label: str


@dataclass
class _Place:
    """Where a panel is: its axes, its pixels (rows, columns), and its limits, once there are some."""

    axes: Axes
    rows: slice
    columns: slice
    limits: Limits | None = None


class MovingPicture:
    """Panels over one axis of time that ends now.

    panels  from the top
    fields  maps in a column on the right
    names   of what has the colours of the palette, in their order
    window  length of the time axis (ms)
    size    (width, height) in pixels; None for 800 and what the panels need
    dpi     of the text; 100 for pictures of a usual size
    """

    def __init__(
        self, panels: Sequence[Panel], fields: Sequence[Field] = (), *, names: Sequence[str] = (), window: float,
        size: tuple[int, int] | None = None, dpi: float = 100.0,
    ) -> None:  # fmt: skip
        self.panels, self.fields, self.names = tuple(panels), tuple(fields), tuple(names)
        self.window, self.dpi, self._scale = window, dpi, dpi / 100.0
        wanted = sum(panel.height for panel in panels) * ROW + GAP * (len(panels) - 1)
        wanted = max(wanted, len(fields) * (FIELD + 40.0)) + MARGINS[2] + MARGINS[3]
        usual = WIDTH + (FIELD + 60 if fields else 0), min(round(wanted), TALLEST)
        self.width, self.height = size or (round(usual[0] * self._scale), round(usual[1] * self._scale))
        self.thick = max(1, round(self._scale))
        self._figure = self._open()
        self._places = self._place_panels()
        self._maps = self._place_fields()
        self._background: Pixels | None = None

    # What stays

    def _open(self) -> Figure:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure((self.width / self.dpi, self.height / self.dpi), dpi=self.dpi)
        FigureCanvasAgg(figure)
        return figure

    def _axes(self, left: int, top: int, width: int, height: int) -> _Place:
        """Axes at some pixels. Raises ParameterError where they have no room."""
        if width < 20 or height < 20:
            raise ParameterError(
                "size", got=f"{self.width} x {self.height} pixels", expected="room for every panel",
                fix="make it larger, or show less",
            )  # fmt: skip
        bottom = self.height - top - height
        box = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        ax = self._figure.add_axes(box)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=POINTS)
        return _Place(ax, slice(top, top + height), slice(left, left + width))

    def _place_panels(self) -> list[_Place]:
        from matplotlib.ticker import MaxNLocator

        left, right, below, above = (round(margin * self._scale) for margin in MARGINS)
        gap, side = round(GAP * self._scale), round((FIELD + 60) * self._scale) if self.fields else 0
        free = self.height - above - below - gap * (len(self.panels) - 1)
        shares = np.cumsum([0.0, *(panel.height for panel in self.panels)])
        edges = np.rint(free * shares / shares[-1]).astype(int)
        places = []
        for k, panel in enumerate(self.panels):
            top, height = above + int(edges[k]) + k * gap, int(edges[k + 1] - edges[k])
            place = self._axes(left, top, self.width - left - right - side, height)
            place.axes.set_xlim(-self.window, 0.0)
            place.axes.set_ylabel(panel.label, fontsize=POINTS)
            place.axes.yaxis.set_label_coords(-44 * self._scale / (self.width - left - right - side), 0.5)
            whole = isinstance(panel, Raster)
            steps = [1, 2, 5, 10]
            place.axes.yaxis.set_major_locator(MaxNLocator(4, integer=whole, steps=steps, min_n_ticks=1))
            place.axes.tick_params(labelbottom=k == len(self.panels) - 1)
            places.append(place)
        places[-1].axes.set_xlabel("time from now (ms)", fontsize=POINTS)
        return places

    def _place_fields(self) -> list[_Place]:
        """Squares on the right, each with a scale below."""
        _, right, below, above = (round(margin * self._scale) for margin in MARGINS)
        places = []
        for k, field in enumerate(self.fields):
            room = (self.height - above) // len(self.fields) - below - round(24 * self._scale)
            rows, columns = field.shape
            pixel = min(room / rows, FIELD * self._scale / columns)
            height, width = round(rows * pixel), round(columns * pixel)
            left = self.width - right - round(0.5 * (FIELD * self._scale + width))
            top = above + k * (self.height - above) // len(self.fields) + round(10 * self._scale)
            place = self._axes(left, top, width, height)
            place.axes.spines[:].set_visible(False)
            place.axes.set_xticks([])
            place.axes.set_yticks([])
            place.axes.set_title(field.title, fontsize=POINTS)
            scale = self._axes(left, top + height + round(8 * self._scale), width, round(20 * self._scale))
            scale.axes.spines[["left", "bottom"]].set_visible(False)
            scale.axes.set_yticks([])
            scale.axes.set_xlabel(field.label, fontsize=POINTS)
            places += [place, scale]
        return places

    def _draw(self) -> Pixels:
        """Everything that does not move, with the present limits."""
        for place in self._places:
            place.axes.set_ylim(place.limits or (0.0, 1.0))
        for scale in self._maps[1::2]:
            scale.axes.set_xlim(scale.limits or (0.0, 1.0))
        canvas: Any = self._figure.canvas
        canvas.draw()
        pixels = _pixels.grey_of(np.asarray(canvas.buffer_rgba()))
        self._name_colors(pixels)
        for scale in self._maps[1::2]:
            _pixels.paint_amounts(pixels[scale.rows, scale.columns], np.arange(256.0)[None], 255.0)
        return pixels

    def _name_colors(self, pixels: Pixels) -> None:
        """A patch of every colour and what it stands for, above the panels, from the right."""
        band, patch = slice(0, round(MARGINS[3] * self._scale)), round(10 * self._scale)
        each = [round((18 + 7 * len(name)) * self._scale) for name in self.names]
        left = self._places[0].columns.stop - sum(each)
        for place, (name, width) in enumerate(zip(self.names, each, strict=True)):
            middle = band.stop // 2
            pixels[middle - patch // 2 : middle + patch // 2, left : left + patch] = _pixels.color_of(place)
            begin = left + patch + round(4 * self._scale)
            _pixels.paint_text(pixels[band, begin : begin + width], name, POINTS, self.dpi)
            left += width

    # What moves

    def frame(self, now: float, shown: Sequence[Sequence[Points]], amounts: Sequence[npt.NDArray[Any]] = ()) -> Frame:
        """The picture at a time (ms): what each panel shows, and what each map; times after `now` must not be there."""
        limits = [panel.limits(p.limits, x) for panel, p, x in zip(self.panels, self._places, shown, strict=True)]
        scales = self._maps[1::2]
        limits += [_roomy(s.limits, 0.0, float(x.max()), from_zero=True) for s, x in zip(scales, amounts, strict=True)]
        places = [*self._places, *scales]
        if self._background is None or limits != [place.limits for place in places]:
            for place, chosen in zip(places, limits, strict=True):
                place.limits = chosen
            self._background = self._draw()
        pixels = self._background.copy()
        for panel, place, points in zip(self.panels, self._places, shown, strict=True):
            area = pixels[place.rows, place.columns]
            if place.limits:
                panel.paint(area, [self._within(p, now) for p in points], place.limits, self.thick)
        for place, scale, values in zip(self._maps[::2], scales, amounts, strict=True):
            _pixels.paint_amounts(pixels[place.rows, place.columns], values, (scale.limits or (0.0, 1.0))[1])
        band = pixels[: round(MARGINS[3] * self._scale), self._places[0].columns.start :]
        digits = max(0, 2 - math.floor(math.log10(self.window)))
        _pixels.paint_text(band, f"t = {now:.{digits}f} ms", POINTS, self.dpi)
        return Frame(now, pixels)

    def _within(self, points: Points, now: float) -> Points:
        return Points((np.asarray(points.x) - (now - self.window)) / self.window, points.y)


def _roomy(present: Limits | None, low: float, high: float, *, from_zero: bool) -> Limits:
    """Limits with room for values: the present ones, unless something is outside or far too much is empty."""
    span = high - low
    if present and present[0] <= low and high <= present[1] and (not span or present[1] - present[0] <= ROOMY * span):
        return present
    # Generous, for axes that are drawn anew take as long as ten frames.
    margin = (0.5 if from_zero else 0.25) * span if span else max(1.0, 0.05 * abs(high))
    return (0.0 if from_zero else low - margin), high + margin
