"""Pictures as numbers of colours: painted with numpy, seen as RGBA, written as PNG.

A pixel is a number in one table of 256 colours: greys for what matplotlib draws in black on white, the palette and two
tints of each of its colours, and a map for amounts. So a picture is a byte per pixel, a PNG or GIF of it needs no
search for colours, and everything is painted by writing a number.
"""

from __future__ import annotations

import functools
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.plotting import _style

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]

GREYS = 128
WHITE = GREYS - 1
TINTS = 3
"""Of each colour of the palette: itself, and two that are lighter."""
SCALE, LEVELS = 160, 96
"""Where the map for amounts begins, and how many colours it has."""


@functools.cache
def table() -> Pixels:
    """The colours, (256, 3)."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    colors = np.zeros((256, 3))
    colors[:GREYS] = np.linspace(0.0, 1.0, GREYS)[:, None]
    for place, color in enumerate(_style.PALETTE):
        for tint, strength in enumerate((1.0, 0.6, 0.35)):
            colors[color_of(place, tint)] = 1.0 - strength * (1.0 - np.array(to_rgb(color)))
    colors[SCALE:] = colormaps["viridis"](np.linspace(0.0, 1.0, LEVELS))[:, :3]
    return np.rint(255.0 * colors).astype(np.uint8)


def color_of(place: int, tint: int = 0) -> int:
    """The number of a colour of the palette, which begins anew when it ends."""
    return GREYS + TINTS * (place % len(_style.PALETTE)) + min(tint, TINTS - 1)


def grey_of(rgba: npt.NDArray[Any]) -> Pixels:
    """What is drawn in black on white, as numbers."""
    return ((rgba[..., 0].astype(np.uint16) * (GREYS - 1) + 127) // 255).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture: `rgba()` as an array, `png()` as the bytes of a file.

    time    model time that it shows (ms)
    pixels  (height, width) numbers of colours
    """

    time: float
    pixels: Pixels

    def rgba(self) -> Pixels:
        """(height, width, 4), 0 to 255, the first row on top."""
        colors = np.full((256, 4), 255, np.uint8)
        colors[:, :3] = table()
        whole = colors.view(np.uint32)[:, 0].take(self.pixels)  # a third of the time that it takes byte by byte
        return whole.view(np.uint8).reshape(*self.pixels.shape, 4)

    def png(self) -> bytes:
        """The bytes of a PNG file."""
        height, width = self.pixels.shape
        rows = np.zeros((height, width + 1), np.uint8)  # each begins with the number of its filter, 0 for none
        rows[:, 1:] = self.pixels
        # Runs of one color are what there is to find.
        packer = zlib.compressobj(1, strategy=zlib.Z_RLE)
        packed = packer.compress(rows.data) + packer.flush()
        parts = (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"PLTE", table().tobytes()),
            (b"IDAT", packed),
            (b"IEND", b""),
        )
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)

    def _repr_png_(self) -> bytes:
        return self.png()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def paint_ticks(area: Pixels, x: Floats, y: Floats, count: int, color: int, thick: int) -> None:
    """A tick for every spike.

    area   what is painted into, its first row on top
    x, y   where, from 0 at the left and the bottom to 1 at the right and on top
    count  how many rows of ticks have room
    thick  least height of a tick, and its width (pixels)
    """
    height, width = area.shape
    length = int(min(max(0.8 * height / count, 2 * thick), 16 * thick, height))
    left = np.clip((x * width).astype(np.int64), 0, width - thick)
    first = np.clip(np.rint((1.0 - y) * height - 0.5 * length).astype(np.int64), 0, height - length)
    for down in range(length):
        for right in range(thick):
            area[first + down, left + right] = color


def paint_line(area: Pixels, x: Floats, y: Floats, color: int, thick: float) -> None:
    """A line through points in the order of x.

    x, y   from 0 at the left and the bottom to 1 at the right and on top; what is beyond is not painted
    thick  in pixels
    """
    height, width = area.shape
    across = np.asarray(x, np.float64) * width
    first, last = max(0.0, across[0]), min(float(width), across[-1])
    if last <= first:
        return
    begin, end = int(first), int(np.ceil(last))
    inside = slice(*np.searchsorted(across, [begin, end]))
    # In each column the line goes from the lowest to the highest of its points there and where it enters and leaves.
    edges = np.clip(np.arange(begin, end + 1), first, last)
    borders = np.interp(edges, across, y)
    low, high = np.minimum(borders[:-1], borders[1:]), np.maximum(borders[:-1], borders[1:])
    points, values = across[inside].astype(np.int64), np.asarray(y, np.float64)[inside]
    if len(points):
        starts = np.concatenate([[0], 1 + np.flatnonzero(np.diff(points))])
        columns = points[starts]
        low[columns - begin] = np.minimum(low[columns - begin], np.minimum.reduceat(values, starts))
        high[columns - begin] = np.maximum(high[columns - begin], np.maximum.reduceat(values, starts))
    # The middle of a pixel counts. What is painted is listed, for a line covers little of its panel.
    above, below = height * (1.0 - high) - 0.5 * thick, height * (1.0 - low) + 0.5 * thick
    top = np.ceil(np.clip(above - 0.5, 0.0, height)).astype(np.int64)
    bottom = np.floor(np.clip(below - 0.5, -1.0, height - 1.0)).astype(np.int64)
    count = np.maximum(bottom - top + 1, 0)
    before = np.cumsum(count) - count
    down = np.arange(count.sum()) - np.repeat(before - top, count)
    area[down, np.repeat(np.arange(begin, end), count)] = color


def paint_amounts(area: Pixels, amounts: Floats, most: float) -> None:
    """Amounts (rows, columns) as fields of one colour each, from 0 to `most`."""
    levels = np.clip(np.asarray(amounts) / most * (LEVELS - 1), 0, LEVELS - 1).astype(np.uint8) + np.uint8(SCALE)
    down, right = (np.arange(n) * count // n for n, count in zip(area.shape, levels.shape, strict=True))
    area[:] = levels[down[:, None], right]


def paint_text(area: Pixels, text: str, points: float, dpi: float) -> None:
    """A line of text at the left of an area, in the vertical middle; what has no room is left out."""
    baseline = area.shape[0] // 2 + round(0.36 * points * dpi / 72.0)  # half of a capital above the middle
    left = 0
    for character in text:
        ink, bearing, rise, advance = _glyph(character, points, dpi)
        top, begin = max(0, baseline - rise), max(0, left + bearing)
        place = area[top : top + ink.shape[0], begin : begin + ink.shape[1]]
        np.minimum(place, WHITE - ink[: place.shape[0], : place.shape[1]], out=place)
        left += advance


@functools.cache
def _glyph(character: str, points: float, dpi: float) -> tuple[Pixels, int, int, int]:
    """How dark a character is where, how far right and up it begins, and where the next one does (pixels)."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    font.set_size(points, dpi)
    font.set_text(character)
    font.draw_glyphs_to_bitmap(antialiased=True)
    ink = (np.asarray(font.get_image()) >> 1).astype(np.uint8)
    glyph = font.load_char(ord(character))
    rise = int(ink.shape[0]) - round(font.get_descent() / 64.0)
    return ink, round(glyph.horiBearingX / 64.0), rise, round(glyph.linearHoriAdvance / 65536.0)
