"""A rule between maps: every neuron is connected to a window of the maps below, as in a convolution."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnsproject.checks import named_arguments, whole
from cnsproject.errors import ParameterError, ShapeError
from cnsproject.network.connectivity.base import Connectivity, Ints, Shapes, Wiring

Pair = int | tuple[int, int]
Maps = tuple[int, int, int]
Int32 = npt.NDArray[np.int32]


class Windows(Connectivity):
    """Maps of `pre`, (channels, rows, columns), to maps of `post`: a neuron sees one window of every channel.

    The neuron in row y and column x of a map sees the rows y*stride - padding + k*dilation, k = 0 ... kernel_size - 1,
    as far as there are such, and the columns likewise.

    kernel_size, stride, padding, dilation  whole numbers, or one for rows and one for columns
    groups  channels and maps are divided into so many equal groups, and a map sees the channels of its own

    Shapes of two numbers are one channel, or one map. ShapeError for others, and for a shape of post that is not what
    the arithmetic gives. dilation, stride: Dumoulin & Visin 2016, A guide to convolution arithmetic, arXiv:1603.07285.
    """

    building = 4

    @named_arguments
    def __init__(
        self, kernel_size: Pair, *, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1
    ) -> None:
        self.kernel_size = pair("kernel_size", kernel_size, least=1)
        self.stride = pair("stride", stride, least=1)
        self.padding = pair("padding", padding, least=0)
        self.dilation = pair("dilation", dilation, least=1)
        self.groups = whole("groups", groups, least=1)

    def __repr__(self) -> str:
        """As it may be typed, without what is as usual."""
        usual = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
        told = [f"{name}={_short(value)}" for name, value in vars(self).items() if value != usual.get(name)]
        return f"{type(self).__name__}({', '.join(told)})".replace("kernel_size=", "", 1)

    def output(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Rows and columns of a map that sees maps of this shape."""
        sizes = []
        for k, axis in enumerate(("rows", "columns")):
            size, reach = maps_of(shape)[1 + k] + 2 * self.padding[k], self.dilation[k] * (self.kernel_size[k] - 1) + 1
            if reach > size:
                raise ShapeError(
                    f"kernel_size={self.kernel_size}", got=f"windows of {reach} {axis} on maps of shape {shape}",
                    expected=f"at most {size}, padding included", fix="use a smaller kernel, or more padding",
                )  # fmt: skip
            sizes.append((size - reach) // self.stride[k] + 1)
        return sizes[0], sizes[1]

    def check(self, what: str, shapes: Shapes) -> tuple[Maps, Maps]:
        """Channels and maps of both sides; ShapeError where they do not fit, with the shape that does."""
        channels, right = maps_of(shapes[0], f"{what}.pre"), self.output(shapes[0])
        found = maps_of(shapes[1], f"{what}.post")
        if found[1:] != right:
            fit = right if len(shapes[1]) == 2 else (found[0], *right)
            raise ShapeError(
                f"{what}.post", got=f"shape {shapes[1]}", expected=f"shape {fit} over {shapes[0]}",
                fix=f"make post of shape {fit}; {what}.output_shape tells it",
            )  # fmt: skip
        for side, count in (("pre", channels[0]), ("post", found[0])):
            if count % self.groups:
                raise ShapeError(
                    f"{what}.{side}", got=f"{count} maps in {self.groups} groups",
                    expected=f"a multiple of {self.groups} maps", fix="use other groups",
                )  # fmt: skip
        return channels, found

    def weight_shape(self, shapes: Shapes) -> tuple[int, int, int, int]:
        """Maps, channels that each sees, rows and columns of the kernel."""
        return maps_of(shapes[1])[0], maps_of(shapes[0])[0] // self.groups, *self.kernel_size

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> int:
        shapes = _known(shapes)
        maps, seen, *_ = self.weight_shape(shapes)
        return maps * seen * len(self._window(shapes)[0])

    def build(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Wiring:
        shapes = _known(shapes)
        channels, maps = self.check(type(self).__name__, shapes)
        pixel, answer = self._window(shapes)
        counts = np.bincount(pixel, minlength=channels[1] * channels[2])
        firsts = np.cumsum(counts) - counts
        pointers = np.concatenate([[0], np.cumsum(np.tile(counts * (maps[0] // self.groups), channels[0]))])
        found = np.empty(pointers[-1], np.int32)
        counts, together = counts[pixel], maps[0] // self.groups
        # The synapses of a pixel: those with every map of its group, one after the other.
        place = together * firsts[pixel] + np.arange(len(pixel)) - firsts[pixel]
        for channel in range(channels[0]):
            begin, group = channel * together * len(pixel), channel * self.groups // channels[0]
            for k in range(together):
                found[begin + place + k * counts] = (group * together + k) * maps[1] * maps[2] + answer
        return Wiring(pointers, found)

    def numbers(self, sources: Ints, targets: Ints, shapes: Shapes) -> Int32:
        """Which of the weights of `weight_shape` the synapses between these neurons have; -1 where there is none."""
        maps, seen, *size = self.weight_shape(shapes)
        ends = (np.unravel_index(n, maps_of(s)) for n, s in zip((sources, targets), shapes, strict=True))
        (channel, *places), (one, *answers) = ends
        number = one * seen + channel % seen
        there = channel // seen == one // (maps // self.groups)
        for k in range(2):
            tap, rest = np.divmod(places[k] + self.padding[k] - answers[k] * self.stride[k], self.dilation[k])
            there &= (rest == 0) & (tap >= 0) & (tap < size[k])
            number = number * size[k] + tap
        return np.where(there, number, -1).astype(np.int32)

    def _window(self, shapes: Shapes) -> tuple[Ints, Ints]:
        """Between one channel and one map: pixel and neuron, by pixel and then by neuron."""
        (height, width), (rows, columns) = maps_of(shapes[0])[1:], self.output(shapes[0])
        y, out_y = self._axis(0, height, rows)
        x, out_x = self._axis(1, width, columns)
        pixel = (y[:, None] * width + x).ravel()
        answer = (out_y[:, None] * columns + out_x).ravel()
        order = np.lexsort((answer, pixel))
        return pixel[order], answer[order]

    def _axis(self, k: int, size: int, answers: int) -> tuple[Ints, Ints]:
        """Along rows or columns: which place is seen, and by whom."""
        answer, tap = (part.ravel() for part in np.indices((answers, self.kernel_size[k])))
        place = answer * self.stride[k] - self.padding[k] + tap * self.dilation[k]
        there = (place >= 0) & (place < size)
        return place[there], answer[there]


def maps_of(shape: tuple[int, ...], what: str = "Windows") -> Maps:
    """(channels, rows, columns); a plane is one channel."""
    if len(shape) not in (2, 3):
        raise ShapeError(
            what, got=f"shape {tuple(shape)}", expected="(channels, rows, columns), or (rows, columns) for one channel",
            fix="give the population such a shape",
        )  # fmt: skip
    channels, rows, columns = (1, *shape) if len(shape) == 2 else shape
    return channels, rows, columns


def pair(what: str, value: object, *, least: int) -> tuple[int, int]:
    """One whole number for rows and columns, or one for each."""
    if not isinstance(value, tuple | list):
        value = (value, value)
    if len(value) != 2:
        raise ParameterError(
            what, got=f"{len(value)} numbers", expected="one, or two: for rows and columns", fix="give one of these"
        )
    rows, columns = (whole(what, size, least=least) for size in value)
    return rows, columns


def _short(value: object) -> str:
    """One number for two that are equal."""
    return str(value[0] if isinstance(value, tuple) and value[0] == value[1] else value)


def _known(shapes: Shapes | None) -> Shapes:
    assert shapes is not None, "a rule of places is told the shapes"
    return shapes
