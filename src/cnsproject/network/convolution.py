"""Connections between maps: `ConvolutionalConnection`, whose synapses share weights, and `LocalConnection`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number
from cnsproject.errors import ArgumentError, CheckpointError, ShapeError
from cnsproject.network.attributes import Rng
from cnsproject.network.connectivity import Wiring
from cnsproject.network.connectivity.base import Ints
from cnsproject.network.connectivity.windows import Int32, Pair, Windows, maps_of
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.parameters import Given, draw, read_array
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.sparse import Connection
from cnsproject.network.synapses import Synapse
from cnsproject.network.wired import PerSynapse
from cnsproject.plan.operations import Weights
from cnsproject.random import Law

Rates = float | tuple[float, float]
_BLOCK = 2**16  # synapses whose weights are looked up at a time


class MapConnection(Connection):
    """A connection between maps, (channels, rows, columns) or (rows, columns) for one of them (abstract)."""

    connectivity: Windows

    def _check_maps(self, pre: object, post: object, rule: Windows) -> tuple[int, int, int, int]:
        """Raise where the shapes do not fit; maps, channels that each sees, rows and columns of the kernel."""
        kind = type(self).__name__
        for side, end in (("pre", pre), ("post", post)):
            if not isinstance(end, NeuralPopulation):
                raise ArgumentError(
                    f"{kind}.{side}", got=type(end).__name__, expected="a population, whose neurons form maps",
                    fix="give the population itself, no part of it",
                )  # fmt: skip
        assert isinstance(pre, NeuralPopulation) and isinstance(post, NeuralPopulation)
        rule.check(kind, (pre.shape, post.shape))
        return rule.weight_shape((pre.shape, post.shape))

    def _numbers_of(self, sources: Ints, targets: Ints) -> Int32:
        """Which weight of a kernel these synapses have. CheckpointError for synapses that are not of these windows."""
        shapes, found = (self.pre.shape, self.post.shape), np.empty(len(targets), np.int32)
        for first in range(0, len(targets), _BLOCK):
            part = slice(first, first + _BLOCK)
            found[part] = self.connectivity.numbers(sources[part], targets[part], shapes)
        if (found < 0).any():
            raise CheckpointError(
                self.label, got="synapses that are not those of its windows",
                expected=f"those of {self.connectivity!r}", fix="load what a connection like this one has saved",
            )  # fmt: skip
        return found

    @staticmethod
    def output_shape(
        shape: tuple[int, ...], *, maps: int, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1
    ) -> tuple[int, int, int]:
        """The shape of a post with so many maps over a pre of `shape`: (maps, rows, columns)."""
        return maps, *Windows(kernel_size, stride=stride, padding=padding, dilation=dilation).output(tuple(shape))


class ConvolutionalConnection(MapConnection):
    """A kernel that is moved over the maps of `pre`: torch's conv2d of its spikes is what arrives at `post`.

    arrives at (f, y, x) = sum over c, i, j of w[f, c, i, j] * s[c, y*stride - padding + i*dilation, ... of x, j]

    pre, post    populations of shape (channels, rows, columns) and (maps, rows', columns'); of shape (rows, columns)
                 where there is one channel or map. `output_shape` tells rows' and columns'
    weight       the kernels, (maps, channels/groups, kernel rows, kernel columns), in nA, mV or uS as the synapse has
                 it: an array, a distribution, or one number. (maps, rows, columns) will do where one channel is seen,
                 (rows, columns) where there is one map, too: a filter of early vision is `weight=20 * filter.kernel`
    kernel_size  rows and columns of the kernels, one number where they are equal; needed unless `weight` is an array
    stride, padding, dilation  whole numbers, or one for rows and one for columns
    groups       channels and maps are divided into so many equal groups, and a map sees the channels of its own
    learning_rule, lr, weight_decay, norm, dendritic
                 as of a Connection; `norm` is of every map. What all synapses with the same weight ask for in one
                 step is summed up, added, and kept within the bounds of the rule
    The other arguments are those of Connection.

    `w` are the kernels. ShapeError where a shape does not fit, with the one that does.
    """

    _passing = frozenset({"_numbered"})

    @named_arguments
    def __init__(
        self,
        pre: NeuralPopulation,
        post: NeuralPopulation,
        *,
        weight: Given = 1.0,
        kernel_size: Pair | None = None,
        stride: Pair = 1,
        padding: Pair = 0,
        dilation: Pair = 1,
        groups: int = 1,
        synapse: Synapse | None = None,
        delay: PerSynapse = 0.0,
        learning_rule: LearningRule | type[LearningRule] | None = None,
        lr: Rates | None = None,
        weight_decay: float = 0.0,
        norm: float | None = None,
        dendritic: float = 0.0,
        dt: float | None = None,
        dtype: torch.dtype | None = None,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        rule = Windows(
            _size_of(weight) if kernel_size is None else kernel_size,
            stride=stride, padding=padding, dilation=dilation, groups=groups,
        )  # fmt: skip
        shape = self._check_maps(pre, post, rule)
        super().__init__(
            pre, post, connectivity=rule, synapse=synapse, weight=self._kernels(weight, shape), delay=delay,
            learning_rule=learning_rule, lr=lr, weight_decay=weight_decay, norm=norm, dendritic=dendritic, dt=dt,
            dtype=dtype, name=name, rng=rng,
        )  # fmt: skip

    def _target_of_weights(self) -> Tensor:
        maps, *kernel = self.weight_shape
        return torch.arange(maps).repeat_interleave(math.prod(kernel))

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Shape of `w`: maps, channels that each sees, rows and columns of the kernel."""
        return self.connectivity.weight_shape((self.pre.shape, self.post.shape))

    @property
    def remark(self) -> str:
        """That weights are shared."""
        return "one kernel per map and channel"

    def _kernels(self, given: Any, shape: tuple[int, int, int, int]) -> Any:
        """Weights with all four dimensions; a number or a distribution as it is."""
        what, (maps, seen, *size) = f"{type(self).__name__}.weight", shape
        if callable(given) and not isinstance(given, Tensor | Law):
            raise ArgumentError(
                what, got="a function", expected="numbers or a distribution", fix="compute the kernels first"
            )
        found = _shape_of(given)
        if isinstance(given, Law) or not found:
            return given
        if (found == (maps, *size) and seen == 1) or (found == tuple(size) and maps == seen == 1):
            return (given if isinstance(given, Tensor) else np.asarray(given)).reshape(shape)
        if found != shape:
            raise ShapeError(
                what, got=f"shape {found}", expected=f"a number or shape {shape}",
                fix="give (maps, channels/groups, rows, columns), as torch's conv2d has them",
            )  # fmt: skip
        return given

    def _values_of(self, name: str, given: Any, count: int, wiring: Wiring | None = None) -> Tensor:
        if name != "weight":
            return super()._values_of(name, given, count, wiring)
        what, shape = f"{type(self).__name__}.weight", self.weight_shape
        given = self._kernels(given, shape)
        if isinstance(given, Law):
            return torch.as_tensor(draw(given, self._key, name, shape))
        if isinstance(given, Tensor) and given.requires_grad:
            return given if given.ndim else given.expand(shape)
        if not _shape_of(given):
            return torch.full(shape, number(what, given, self.arrival_unit), dtype=torch.float64)
        return torch.as_tensor(read_array(what, given, shape))

    def _weights(self) -> Weights:
        return "kernel"

    @property
    def numbers(self) -> Tensor:
        """Which of the weights every synapse has."""
        wires, known = self._build(), self.__dict__.get("_numbered")
        if known is None or known[0] is not wires:
            found = torch.from_numpy(self._numbers_of(wires.sources, wires.ends.astype(np.int64)))
            known = self.__dict__["_numbered"] = wires, found
        numbers: Tensor = known[1]
        return numbers

    def wiring(self, threads: int = 1) -> dict[str, np.ndarray[Any, Any]]:
        """The list of synapses: pointers, targets, and the number of each one's weight."""
        return {**super().wiring(threads), "numbers": self.numbers.numpy()}

    def _fits(self, name: str, shape: tuple[int, ...]) -> bool:
        return shape == self.weight_shape if name == "weight" else super()._fits(name, shape)


class LocalConnection(MapConnection):
    """The synapses of a ConvolutionalConnection, each with a weight of its own: every neuron has kernels of its own.

    weight  a number, a distribution, an array with one per synapse in the order of `indices()`, or the kernels of all
            neurons, (maps, rows', columns', channels/groups, kernel rows, kernel columns); what of these lies beyond
            the edge of pre is ignored
    The other arguments are those of ConvolutionalConnection.

    `w` has one weight per synapse, `kernels` gives those of every neuron.
    """

    @named_arguments
    def __init__(
        self,
        pre: NeuralPopulation,
        post: NeuralPopulation,
        *,
        weight: Given = 1.0,
        kernel_size: Pair | None = None,
        stride: Pair = 1,
        padding: Pair = 0,
        dilation: Pair = 1,
        groups: int = 1,
        synapse: Synapse | None = None,
        delay: PerSynapse = 0.0,
        learning_rule: LearningRule | type[LearningRule] | None = None,
        lr: Rates | None = None,
        weight_decay: float = 0.0,
        norm: float | None = None,
        dendritic: float = 0.0,
        dt: float | None = None,
        dtype: torch.dtype | None = None,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        rule = Windows(
            _size_of(weight, least=6) if kernel_size is None else kernel_size,
            stride=stride, padding=padding, dilation=dilation, groups=groups,
        )  # fmt: skip
        self._check_maps(pre, post, rule)
        super().__init__(
            pre, post, connectivity=rule, synapse=synapse, weight=weight, delay=delay,
            learning_rule=learning_rule, lr=lr, weight_decay=weight_decay, norm=norm, dendritic=dendritic, dt=dt,
            dtype=dtype, name=name, rng=rng,
        )  # fmt: skip

    @property
    def kernels(self) -> Tensor:
        """The weights of every neuron, (maps, rows', columns', channels/groups, kernel rows, kernel columns).

        0 where its window lies beyond the edge of pre.
        """
        found = self.w.new_zeros(self._kernels_shape).reshape(-1)
        found[self._places(*self._ends(None))] = self.w.detach()
        return found.reshape(self._kernels_shape)

    @property
    def _kernels_shape(self) -> tuple[int, ...]:
        _, *kernel = self.connectivity.weight_shape((self.pre.shape, self.post.shape))
        return *maps_of(self.post.shape), *kernel

    def _places(self, sources: Ints, targets: Ints) -> Tensor:
        """Where the weights of synapses stand in `kernels`."""
        size = int(np.prod(self._kernels_shape[3:]))
        return torch.from_numpy(targets * size + self._numbers_of(sources, targets) % size)

    def _values_of(self, name: str, given: Any, count: int, wiring: Wiring | None = None) -> Tensor:
        if name == "weight" and len(_shape_of(given)) == len(self._kernels_shape):
            what, (sources, targets) = f"{type(self).__name__}.weight", self._ends(wiring)
            if not (isinstance(given, Tensor) and given.requires_grad and given.shape == self._kernels_shape):
                given = torch.from_numpy(read_array(what, given, self._kernels_shape))
            given = given.reshape(-1)[self._places(sources, targets)]
        return super()._values_of(name, given, count, wiring)

    def _ends(self, wiring: Wiring | None) -> tuple[Ints, Ints]:
        """Sources and targets, as they are built or as they are kept."""
        if wiring is not None:
            return wiring.sources, wiring.targets.astype(np.int64)
        sources, targets = self.indices()
        return sources.numpy(), targets.numpy()


def _shape_of(given: Any) -> tuple[int, ...]:
    """The shape of numbers; () of anything else."""
    if isinstance(given, Law) or (callable(given) and not isinstance(given, Tensor)):
        return ()
    return tuple(given.shape) if isinstance(given, Tensor) else np.shape(given)


def _size_of(weight: Any, least: int = 2) -> tuple[int, int]:
    """Rows and columns of the kernels that are given."""
    shape = _shape_of(weight)
    if len(shape) < least:
        raise ArgumentError(
            "kernel_size", got="none, nor kernels as weight", expected="one of them", fix="give kernel_size=5"
        )
    return shape[-2], shape[-1]
