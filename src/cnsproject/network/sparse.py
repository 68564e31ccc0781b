"""`Connection`: synapses made by a rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number
from cnsproject.errors import ArgumentError
from cnsproject.executors.eager import kernels
from cnsproject.network.base import Rng
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.connectivity import AllToAll, Connectivity, Wiring
from cnsproject.network.parameters import Given, draw, read_array
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.synapses import ExponentialCurrent, Synapse
from cnsproject.plan.operations import Weights
from cnsproject.random import Law


class Connection(AbstractConnection):
    """Synapses between two populations, made by a rule and kept as a list per source neuron.

    connectivity  which neurons are connected: FixedProbability(p), FixedInDegree(k), FromArrays(i, j), ...
    synapse       what a spike does: ExponentialCurrent(tau)
    weight        a number for all synapses, an array with one per synapse, or a distribution (nA); counts negative out
                  of an inhibitory neuron and must not be negative itself there
    delay         transmission delay (ms), a whole number of steps
    rng           what wiring and weights are drawn from; in a network its seed and the connection's name otherwise

    The wiring is made when it is first needed. `w` are the weights, one number or one per synapse; `indices()` gives
    source and target of every synapse, in ascending order of both. What arrives is summed in this order.
    """

    @named_arguments
    def __init__(
        self,
        pre: NeuralPopulation,
        post: NeuralPopulation,
        *,
        connectivity: Connectivity | None = None,
        synapse: Synapse | None = None,
        weight: Given = 1.0,
        delay: float = 0.0,
        dt: float | None = None,
        dtype: torch.dtype | None = None,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        self.__dict__["synapse"] = ExponentialCurrent() if synapse is None else synapse
        self.__dict__["connectivity"] = AllToAll() if connectivity is None else connectivity
        for argument, value, kind, example in (
            ("connectivity", self.connectivity, Connectivity, "cns.FixedProbability(0.1)"),
            ("synapse", self.synapse, Synapse, "cns.ExponentialCurrent(tau=5)"),
        ):
            if not isinstance(value, kind):
                raise ArgumentError(
                    f"Connection.{argument}", got=repr(value), expected=f"a {kind.__name__}", fix=f"make one: {example}"
                )
        self.__dict__["dynamics"] = self.synapse.dynamics
        super().__init__(pre, post, delay=delay, dt=dt, dtype=dtype, name=name, rng=rng)
        self.set_parameters(self.synapse.parameters(), self.dynamics.parameters)
        self._given_weight = (
            weight
            if isinstance(weight, Law | Tensor | np.ndarray | list)
            else number("Connection.weight", weight, "nA")
        )
        self._wiring: Wiring | None = None

    def take_key(self, key: tuple[int, int]) -> None:
        """Draw wiring and weights anew from `key`; nothing when `rng` was given at construction."""
        if not self._has_own_key and not self.steps:
            self._wiring = None
            self._buffers.pop("weight", None)
        super().take_key(key)

    @property
    def w(self) -> Tensor:
        """Weights (nA): one number, or one per synapse in the order of `indices()`."""
        self._build()
        return self.weight

    @w.setter
    def w(self, value: Given) -> None:
        self._build()
        self._set_weight(value, None)
        self._check_weight()
        self._changed()

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "w":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def indices(self) -> tuple[Tensor, Tensor]:
        """Source and target neuron of every synapse."""
        wiring = self._build()
        return torch.from_numpy(wiring.sources), torch.from_numpy(wiring.targets.astype(np.int64))

    def __len__(self) -> int:
        return len(self._build().targets)

    @property
    def recordable(self) -> tuple[str, ...]:
        """Names a monitor can record."""
        return ("w", *(n for n in super().recordable if n != "weight"))

    def wiring(self) -> dict[str, np.ndarray[Any, Any]]:
        """The list of synapses: pointers and targets."""
        wiring = self._build()
        return {"pointers": wiring.pointers, "targets": wiring.targets}

    def _build(self) -> Wiring:
        if self._wiring is None:
            same = self.pre is self.post
            self._wiring = self.connectivity.build(self.pre.n, self.post.n, self._key, same=same)
            self._pointers = torch.from_numpy(self._wiring.pointers)
            self._targets = torch.from_numpy(self._wiring.targets)
            self._set_weight(self._given_weight, self._wiring.order)
        return self._wiring

    def _set_weight(self, given: Given, order: np.ndarray[Any, Any] | None) -> None:
        assert self._wiring is not None
        count = (len(self._wiring.targets),)
        if isinstance(given, Law):
            weight = torch.as_tensor(draw(given, self._key, "weight", count))
        elif isinstance(given, Tensor) and given.requires_grad:
            weight = given
        elif np.ndim(given.detach() if isinstance(given, Tensor) else given) == 0:
            weight = torch.tensor(number("Connection.weight", given, "nA"))
        else:
            values = read_array("Connection.weight", given, count)
            weight = torch.as_tensor(values if order is None else values[order])
        for store in (self._buffers, self._parameters):
            store.pop("weight", None)
        if isinstance(weight, torch.nn.Parameter):
            self.register_parameter("weight", weight)
        else:
            self.register_buffer("weight", weight.to(dtype=self._dtype, device=self.device).clone())

    def _prepare_delivery(self) -> Any:
        self._build()
        return super()._prepare_delivery()

    def _weights(self) -> Weights:
        return "synapses"

    def _fits(self, name: str, shape: tuple[int, ...]) -> bool:
        return shape in ((), (len(self),)) if name == "weight" else super()._fits(name, shape)

    def _save_to_state_dict(self, *args: Any) -> None:
        self._build()
        super()._save_to_state_dict(*args)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        saved = state_dict.get(f"{prefix}_extra_state")
        if saved is not None:
            self._wiring = Wiring(saved["pointers"].numpy(), saved["targets"].numpy())
            self._pointers, self._targets = saved["pointers"], saved["targets"]
            self._set_weight(0.0, None)
        self._build()
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def get_extra_state(self) -> dict[str, Any]:
        """What `state_dict` keeps besides tensors: the wiring too."""
        self._build()
        return {**super().get_extra_state(), "pointers": self._pointers, "targets": self._targets}

    def _weight_version(self) -> int:
        self._build()
        return self.weight._version

    def _inhibitory_weights(self) -> Tensor:
        weight, mask = self.weight.detach(), self._inhibitory_sources().reshape(-1)
        if weight.ndim == 0:
            return weight.expand(int(mask.any()))
        return weight[torch.repeat_interleave(mask, self._pointers[1:] - self._pointers[:-1])]

    def _deliver(self, spikes: Tensor) -> Tensor:
        batched = spikes.ndim > len(self.pre.shape)
        flat, weight = spikes.reshape(-1, self.pre.n), self.weight
        sign = None if self._sign is None else self._sign.reshape(-1)
        if torch.is_grad_enabled() and (weight.requires_grad or spikes.requires_grad):
            source, target = self.indices()
            signed = flat.to(self._dtype) if sign is None else flat * sign
            summed = signed.new_zeros(len(flat), self.post.n).index_add(1, target, signed[:, source] * weight)
        else:
            summed = kernels.add_synapses(flat, self._pointers, self._targets, weight, sign, self.post.n)
        return summed.reshape(-1, *self.shape) if batched else summed.reshape(self.shape)
