"""`PopulationView`: a part of a population, as source, target, input or what is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.errors import ArgumentError, NoAttributeError, ParameterError

if TYPE_CHECKING:
    from cnsproject.network.population import NeuralPopulation


class PopulationView:
    """Some neurons of a population: `exc[:100]`, `exc[mask]`, `exc[[3, 5, 8]]`.

    A part of a part is a part too. Attributes of the population are those of its part (`exc[:100].u`), and setting them
    sets this part only.

    parent   the population
    indices  of the neurons in it, ascending
    """

    parent: NeuralPopulation
    indices: npt.NDArray[np.int64]

    def __init__(self, parent: NeuralPopulation, index: Any) -> None:
        self.__dict__["parent"] = parent
        self.__dict__["indices"] = _indices(parent.label, np.arange(parent.n).reshape(parent.shape), index)

    @property
    def n(self) -> int:
        """Number of neurons."""
        return len(self.indices)

    @property
    def shape(self) -> tuple[int, ...]:
        """One dimension, whatever the population's shape is."""
        return (self.n,)

    @property
    def label(self) -> str:
        """How errors call it."""
        return f"a part ({self.n} neurons) of {self.parent.label}"

    @property
    def recordable(self) -> tuple[str, ...]:
        """Names a monitor can record."""
        return self.parent.recordable

    def __len__(self) -> int:
        return self.n

    def __repr__(self) -> str:
        return f"<{self.label}>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PopulationView):
            return other.parent is self.parent and np.array_equal(self.indices, other.indices)
        return False

    def __hash__(self) -> int:
        return hash((id(self.parent), self.indices.tobytes()))

    def __getitem__(self, index: Any) -> PopulationView:
        part = PopulationView.__new__(PopulationView)
        part.__dict__["parent"] = self.parent
        part.__dict__["indices"] = _indices(self.label, self.indices, index)
        return part

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise NoAttributeError(
                f"{type(self).__name__}.{name}", got="a private name", expected="a public one", fix="ask the population"
            )
        value = getattr(self.parent, name)
        return self.part_of(value) if isinstance(value, Tensor) else value

    def part_of(self, value: Tensor) -> Tensor:
        """The values of these neurons, of one value per neuron of the population; anything else as it is."""
        return self._flat(value)[..., torch.from_numpy(self.indices)] if self._is_per_neuron(value) else value

    def __setattr__(self, name: str, value: Any) -> None:
        whole = getattr(self.parent, name)
        if not isinstance(whole, Tensor):
            whole = torch.full(self.parent.shape, float(whole), dtype=self.parent.dtype)
        if not self._is_per_neuron(whole):
            raise ArgumentError(
                f"{self.label}.{name}", got="a new value", expected="an attribute with one value per neuron",
                fix="set it on the population",
            )  # fmt: skip
        new = self._flat(whole.clone())
        new[..., torch.from_numpy(self.indices)] = torch.as_tensor(value, dtype=new.dtype)
        setattr(self.parent, name, new.reshape(whole.shape))

    def _is_per_neuron(self, value: Tensor) -> bool:
        shape = self.parent.shape
        return tuple(value.shape[-len(shape) :]) == shape

    def _flat(self, value: Tensor) -> Tensor:
        return value.reshape(*value.shape[: value.ndim - len(self.parent.shape)], -1)


def parent_of(obj: Any) -> Any:
    """The population that a part belongs to; anything else is its own."""
    return obj.parent if isinstance(obj, PopulationView) else obj


def _plain(index: Any) -> Any:
    return index.cpu().numpy() if isinstance(index, Tensor) else index


def _indices(label: str, neurons: npt.NDArray[np.int64], index: Any) -> npt.NDArray[np.int64]:
    """Those of `neurons`, in the shape of what is indexed, that `index` chooses."""
    what = f"{label}[...]"
    try:
        found = neurons[_plain(index)]
    except (IndexError, TypeError, ValueError) as error:
        raise ArgumentError(
            what, got=repr(index), expected=f"an index into shape {neurons.shape}", fix=f"check it ({error})"
        ) from None
    indices: npt.NDArray[np.int64] = np.atleast_1d(found).reshape(-1).astype(np.int64)
    if not len(indices):
        raise ParameterError(what, got="no neuron", expected="at least one", fix="check the bounds")
    if (np.diff(indices) <= 0).any():
        raise ParameterError(
            what, got="indices that do not ascend", expected="each neuron once, in ascending order", fix="sort them"
        )
    return indices
