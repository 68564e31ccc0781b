"""The connections a notebook makes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number, steps_on_grid
from cnsproject.dynamics.models import SCALED_CURRENT
from cnsproject.errors import ArgumentError, ShapeError
from cnsproject.executors.eager import kernels
from cnsproject.network.attributes import Rng
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.connectivity import FixedProbability, FromArrays, FromSparse
from cnsproject.network.convolution import ConvolutionalConnection, LocalConnection
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.parameters import Given, read_array
from cnsproject.network.pooling import PoolingConnection
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.short_term import ShortTermPlasticity
from cnsproject.network.sparse import Connection
from cnsproject.network.synapse_lists import SynapseLists
from cnsproject.network.synapses import Synapse
from cnsproject.network.views import PopulationView
from cnsproject.network.wired import PerSynapse
from cnsproject.plan.operations import Weights

__all__ = [
    "AbstractConnection",
    "Connection",
    "ConvolutionalConnection",
    "DenseConnection",
    "LocalConnection",
    "PoolingConnection",
    "RandomConnection",
    "SparseConnection",
]

Part = NeuralPopulation | PopulationView


class DenseConnection(AbstractConnection):
    """Every neuron of `pre` to every neuron of `post`, through an exponentially decaying current.

    x = x*exp(-dt/tau_s) + trace_scale * sum over pre of w*s, kept per post neuron; `current` is x (nA).

    J            total weight: w = J / (number of pre neurons), one number for all pairs
    w            instead of J, a number or an array of shape (*pre.shape, *post.shape) (nA); a torch Parameter learns
    tau_s        time constant of the current (ms), a number or an array of post's shape
    trace_scale  factor on what arrives
    delay        transmission delay (ms), a whole number of steps
    learning_rule     how weights change in `update()`, such as cns.STDP(); each pair of neurons then has its own
    lr           learning rates of the rule instead of its own: one, or a pair (potentiation, depression)
    weight_decay      share of every weight that is lost in every step, only with a learning rule
    norm, dendritic   as of a Connection

    A weight out of an inhibitory neuron counts negative and must not be negative itself.
    Gerstner et al. 2014, Neuronal Dynamics, ch. 3.1 (current) and 12.3 (scaling of w with 1/N).
    """

    dynamics = SCALED_CURRENT

    @named_arguments
    def __init__(
        self,
        pre: NeuralPopulation,
        post: NeuralPopulation,
        lr: float | tuple[float, float] | None = None,
        weight_decay: float = 0.0,
        J: float = 1.0,
        tau_s: Given = 15.0,
        trace_scale: Given = 1.0,
        dt: float | None = None,
        *,
        w: Given | None = None,
        delay: float = 0.0,
        learning_rule: LearningRule | type[LearningRule] | None = None,
        norm: float | None = None,
        dendritic: float = 0.0,
        dtype: torch.dtype | None = None,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        kind = type(self).__name__
        super().__init__(pre, post, dt=dt, dtype=dtype, name=name, rng=rng)
        self.delay = self._read_delay(delay)
        self._start_counting()
        self.set_parameters({"tau_s": tau_s, "trace_scale": trace_scale}, self.dynamics.parameters)
        self._shared: float | None = None
        self.J = J
        if w is not None:
            if self.J != 1.0:
                raise ArgumentError(f"{kind}(J=..., w=...)", got="both", expected="J or w", fix="leave one of them out")
            self.w = w
        self._add_learner(learning_rule, lr, weight_decay, norm, dendritic)
        if self.learner and not self.weight.ndim:
            self.w = self.w.clone()  # each learns by itself

    @property
    def J(self) -> float:
        """Total weight that was given last (nA); setting it sets w = J / (number of pre neurons) for all pairs."""
        return self._J

    @J.setter
    def J(self, value: float) -> None:
        self._J = number(f"{type(self).__name__}.J", value, "nA")
        self.w = self._J / self.pre.n

    @property
    def w(self) -> Tensor:
        """Weights, shape (*pre.shape, *post.shape); one number shown in that shape while all are equal."""
        weight = self.weight
        return weight.expand(self.pre.shape + self.post.shape) if weight.ndim == 0 else weight

    @w.setter
    def w(self, value: Given) -> None:
        what, shape = f"{type(self).__name__}.w", self.pre.shape + self.post.shape
        if isinstance(value, Tensor) and (value.ndim or value.requires_grad):
            if value.is_complex() or (isinstance(value, torch.nn.Parameter) and value.dtype != self._dtype):
                raise ArgumentError(what, got=f"{value.dtype}", expected=f"{self._dtype}", fix="convert it with .to()")
            weight = value
        elif isinstance(value, np.ndarray | list):
            weight = torch.as_tensor(read_array(what, value, shape))
        else:
            weight = torch.tensor(number(what, value, "nA"), dtype=self._dtype)
            weight = weight.expand(shape) if self.learner else weight  # each learns by itself
        if weight.ndim and tuple(weight.shape) != shape:
            raise ShapeError(
                what,
                got=f"shape {tuple(weight.shape)}",
                expected=f"a number or shape {shape}",
                fix="give one weight per pair of neurons",
            )
        for store in (self._buffers, self._parameters):
            store.pop("weight", None)
        if isinstance(weight, torch.nn.Parameter):
            self.register_parameter("weight", weight)
        else:
            self.register_buffer("weight", weight.to(dtype=self._dtype, device=self.device).clone())
        self._check_weight()
        self._changed()

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("w", "J"):
            # torch would register a Parameter under this name, past the checks of the property.
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def _fits(self, name: str, shape: tuple[int, ...]) -> bool:
        return shape in ((), self.pre.shape + self.post.shape) if name == "weight" else super()._fits(name, shape)

    def _weights(self) -> Weights:
        return "matrix" if self.weight.ndim else "shared"

    def _weight_version(self) -> int:
        weight = self._buffers.get("weight")
        return (self.weight if weight is None else weight)._version

    def _check_weight(self) -> None:
        weight = self.weight.detach()
        if weight.ndim == 0 and not self.weight.requires_grad:
            # A copy counts as a write too, so a written number is an error only when it is another one.
            if self.weight._version and weight.item() != self._shared:
                raise ArgumentError(
                    f"{self.label}.w[...]",
                    got="a write into one weight shared by all pairs",
                    expected="a matrix to write into",
                    fix="assign con.w = con.w.clone() first",
                )
            self._shared = weight.item()
        super()._check_weight()

    def _inhibitory_weights(self) -> Tensor:
        weight, mask = self.weight.detach(), self._inhibitory_sources()
        return weight[mask] if weight.ndim else weight.expand(int(mask.any()))

    def _find_delays(self, dt: float) -> tuple[int, ...]:
        return (steps_on_grid(f"{self.label}.delay", self.delay, dt),)

    def synapse_lists(self) -> SynapseLists:
        """Which synapses leave a neuron, and which end at one: all pairs, those of a source in a row."""
        return SynapseLists.of_matrix(self.pre.n, self.post.n)

    def _arrived(self) -> Tensor | None:
        total = None
        for _, spikes in self._due():
            arrived = self._deliver(spikes)
            total = arrived if total is None else total + arrived
        return total

    def _deliver(self, spikes: Tensor) -> Tensor:
        weight, dims = self.weight, len(self.pre.shape)
        batched = spikes.ndim > dims
        if weight.ndim == 0:
            count = kernels.count_spikes(spikes, self._sign, dims, self._dtype)
            total = weight * count
            return total.reshape(-1, *(1 for _ in self.shape)) if batched else total
        rows, sign = weight.reshape(self.pre.n, -1), None if self._sign is None else self._sign.reshape(-1)
        flat = spikes.reshape(-1, self.pre.n)
        if torch.is_grad_enabled() and (weight.requires_grad or spikes.requires_grad):
            signed = flat.to(self._dtype) if sign is None else flat * sign
            summed = signed @ rows
        else:
            summed = kernels.add_rows(flat, rows, sign)
        return summed.reshape(-1, *self.shape) if batched else summed.reshape(self.shape)


class RandomConnection(Connection):
    """Every pair with probability p, independently: a Connection with `FixedProbability(p)`.

    p         probability of a synapse
    autapses  whether a neuron may connect to itself
    The other arguments are those of Connection. Raises what that raises, and ParameterError for a p outside [0, 1].
    """

    @named_arguments
    def __init__(
        self,
        pre: Part,
        post: Part,
        *,
        p: float,
        autapses: bool = True,
        synapse: Synapse | None = None,
        weight: PerSynapse = 1.0,
        delay: PerSynapse = 0.0,
        short_term: ShortTermPlasticity | None = None,
        dt: float | None = None,
        dtype: torch.dtype | None = None,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__(
            pre,
            post,
            connectivity=FixedProbability(p, autapses=autapses),
            synapse=synapse,
            weight=weight,
            delay=delay,
            short_term=short_term,
            dt=dt,
            dtype=dtype,
            name=name,
            rng=rng,
        )


class SparseConnection(Connection):
    """Synapses that are given: a Connection with `FromArrays(i, j)`, or with `FromSparse(matrix)`.

    i, j    source and target of every synapse; repeated pairs are several synapses
    matrix  instead of them a `scipy.sparse` matrix, (pre, post); what it stores are the weights, unless it is boolean
    weight  1 when not given, unless the matrix stores weights; arrays are in the order of i and j
    The other arguments are those of Connection. Raises what that raises, and ArgumentError for both or neither of
    pairs and matrix, and for weights that are given twice.
    """

    @named_arguments
    def __init__(
        self,
        pre: Part,
        post: Part,
        *,
        i: npt.ArrayLike | None = None,
        j: npt.ArrayLike | None = None,
        matrix: Any = None,
        synapse: Synapse | None = None,
        weight: PerSynapse | None = None,
        delay: PerSynapse = 0.0,
        short_term: ShortTermPlasticity | None = None,
        dt: float | None = None,
        dtype: torch.dtype | None = None,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        given = ", ".join(n for n, value in (("i", i), ("j", j), ("matrix", matrix)) if value is not None)
        if given not in ("i, j", "matrix"):
            raise ArgumentError(
                "SparseConnection", got=given or "neither", expected="i and j, or a matrix", fix="give one of these"
            )
        rule = FromSparse(matrix) if i is None or j is None else FromArrays(i, j)
        if rule.weight is not None and weight is not None:
            raise ArgumentError(
                "SparseConnection.weight",
                got="weights beside those that the matrix stores",
                expected="one of them",
                fix="leave weight out, or give matrix.astype(bool)",
            )
        super().__init__(
            pre,
            post,
            connectivity=rule,
            synapse=synapse,
            weight=1.0 if weight is None else weight,
            delay=delay,
            short_term=short_term,
            dt=dt,
            dtype=dtype,
            name=name,
            rng=rng,
        )
