"""`PoolingConnection`: what happens in a window becomes the input of one neuron."""

from __future__ import annotations

from typing import Any, Literal, get_args

import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.executors.eager import kernels
from cnsproject.network.attributes import Rng
from cnsproject.network.connectivity import Wiring
from cnsproject.network.connectivity.windows import Pair, Windows, maps_of
from cnsproject.network.convolution import MapConnection
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.synapses import Synapse

Mode = Literal["max", "average"]
By = Literal["first_spike", "rate"]


class PoolingConnection(MapConnection):
    """Windows of every map of `pre` become one neuron each of the same map of `post`; nothing is learned.

    pre, post    populations of shape (channels, rows, columns), or (rows, columns), with the same channels;
                 `output_shape` tells the shape of post
    kernel_size  rows and columns of a window, one number where they are equal
    stride       from window to window; kernel_size when None
    padding      rows and columns of silence around the maps
    mode         "average": every spike counts weight/(rows*columns), so that what arrives is torch's avg_pool2d of the
                 spikes; "max": one neuron of the window is heard, and its spikes count `weight`
    by           which neuron that is. "first_spike" (None means it): the one that fired first since the last reset.
                 "rate": the one with the most spikes so far, those of the step that arrives included, as torch's
                 max_pool2d of the counts chooses it. The lowest index of several
    weight       a number, in nA, mV or uS as the synapse has it
    delay        transmission delay (ms), one for all; spikes are counted as they arrive
    The other arguments are those of Connection.

    `chosen` is the neuron of pre that each neuron of post hears, as a flat index, -1 while there is none; `counts` are
    the spikes of each neuron of pre so far, where they matter.
    Riesenhuber & Poggio 1999, Nature Neuroscience 2, 1019. By first spike: Masquelier & Thorpe 2007, PLoS Comput. Biol.
    3:e31.
    """

    fixed = MapConnection.fixed | {"mode", "by"}

    @named_arguments
    def __init__(
        self,
        pre: NeuralPopulation,
        post: NeuralPopulation,
        *,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        mode: Mode = "max",
        by: By | None = None,
        synapse: Synapse | None = None,
        weight: float = 1.0,
        delay: float = 0.0,
        dt: float | None = None,
        dtype: torch.dtype | None = None,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        kind = type(self).__name__
        _check_mode(kind, mode, by)
        channels = maps_of(pre.shape, f"{kind}.pre")[0] if isinstance(pre, NeuralPopulation) else 1
        rule = Windows(
            kernel_size, stride=kernel_size if stride is None else stride, padding=padding, groups=channels
        )  # fmt: skip
        self._check_maps(pre, post, rule)
        if maps_of(post.shape)[0] != channels:
            right = (channels, *rule.output(pre.shape))
            raise ShapeError(
                f"{kind}.post", got=f"shape {post.shape}", expected=f"shape {right}, the channels of {pre.shape}",
                fix=f"make post of shape {right}",
            )  # fmt: skip
        self.__dict__["mode"], self.__dict__["by"] = mode, by or ("first_spike" if mode == "max" else None)
        rows, columns = rule.kernel_size
        each = number(f"{kind}.weight", weight) / (rows * columns if mode == "average" else 1)
        super().__init__(
            pre, post, connectivity=rule, synapse=synapse, weight=each, delay=number(f"{kind}.delay", delay, "ms"),
            dt=dt, dtype=dtype, name=name, rng=rng,
        )  # fmt: skip
        if mode == "max":
            self.__dict__["choice"] = ("chosen", "counts") if by == "rate" else ("chosen",)
            for part in self.choice:
                self.register_buffer(part, None)
            self._forget()

    mode: Mode
    by: By | None

    @staticmethod
    def output_shape(  # type: ignore[override]
        shape: tuple[int, ...], *, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0
    ) -> tuple[int, ...]:
        """The shape of post over a pre of `shape`."""
        rule = Windows(kernel_size, stride=kernel_size if stride is None else stride, padding=padding)
        return *shape[:-2], *rule.output(tuple(shape))

    def _values_of(self, name: str, given: Any, count: int, wiring: Wiring | None = None) -> Tensor:
        if name == "weight":
            given = number(f"{type(self).__name__}.weight", given, self.arrival_unit)
        return super()._values_of(name, given, count, wiring)

    @property
    def remark(self) -> str:
        """What becomes of a window."""
        return {None: "average", "rate": "maximum by rate", "first_spike": "maximum by first spike"}[self.by]

    @property
    def recordable(self) -> tuple[str, ...]:
        """Names a monitor can record."""
        return tuple(name for name in super().recordable if name not in self.choice)

    # Which neuron is heard

    def _silence(self) -> None:
        super()._silence()
        self._forget()

    def _forget(self) -> None:
        """Nobody has fired."""
        batch = () if self.post._batch is None else (self.post._batch,)
        for part in self.choice:
            shape, start = (self.shape, -1) if part == "chosen" else (self.pre.shape, 0)
            self._buffers[part] = torch.full((*batch, *shape), start, dtype=torch.int64, device=self.device)

    def _write_state(self, name: str, value: Any) -> None:
        if name in self.choice:
            raise ArgumentError(
                f"{self.label}.{name}", got="new values", expected="what the spikes have decided",
                fix="call reset_state_variables() to begin anew",
            )  # fmt: skip
        super()._write_state(name, value)

    def _fits(self, name: str, shape: tuple[int, ...]) -> bool:
        return self.pre.shape in (shape, shape[1:]) if name == "counts" else super()._fits(name, shape)

    def _add_to(self, total: Tensor, weight: Tensor) -> bool:
        if not self.choice:
            return super()._add_to(total, weight)
        rows, due = total.reshape(-1, self.post.n), self._due()
        for _, spikes in due:
            flat = spikes.reshape(-1, self.pre.n)
            chosen = self._choose(flat != 0)
            heard = torch.where(chosen < 0, 0, flat.to(self._dtype).gather(1, chosen.clamp(min=0)))
            value = weight if self._sign is None else weight * self._sign.reshape(-1)[chosen]
            if torch.is_grad_enabled() and spikes.requires_grad:
                rows += value * heard
            else:
                there = heard != 0
                rows[there] += value.expand_as(heard)[there]
        return bool(due)

    def _choose(self, fired: Tensor) -> Tensor:
        """Take the spikes (batch, sources) of a step; what every neuron of post hears (batch, targets)."""
        old = [self._buffers[part].reshape(len(fired), -1) for part in self.choice]  # type: ignore[union-attr]
        counts = old[1] if len(old) > 1 else [None] * len(fired)
        *segments, targets = self._listed()
        new = [
            kernels.choose(*each, (segments[0], segments[1]), targets)
            for each in zip(old[0], counts, fired, strict=True)
        ]  # fmt: skip
        for part, values in zip(self.choice, zip(*new, strict=True), strict=False):
            before = self._buffers[part]
            assert before is not None
            self._buffers[part] = torch.stack(values).reshape(before.shape)
        return torch.stack([chosen for chosen, _ in new])


def _check_mode(kind: str, mode: object, by: object) -> None:
    """Raise for what is none of the ways of pooling."""
    for what, value, choices in (("mode", mode, get_args(Mode)), ("by", by, (*get_args(By), None))):
        if value not in choices:
            raise ParameterError(
                f"{kind}.{what}", got=repr(value), expected=" or ".join(map(repr, choices)), fix="choose one of them"
            )
    if mode == "average" and by is not None:
        raise ArgumentError(
            f"{kind}.by", got=f"{by!r} with mode='average'", expected="by with mode='max' only", fix="leave it out"
        )
