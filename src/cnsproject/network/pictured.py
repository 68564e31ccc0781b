"""`Pictured`: a connection can be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject import plotting
from cnsproject.checks import named_arguments, one_of
from cnsproject.errors import ArgumentError
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.synaptic import Synaptic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["matrix", "histogram", "degrees"]
KINDS = ("matrix", "histogram", "degrees")
_PIECE = 2**20  # synapses that are looked at together

Floats = npt.NDArray[np.floating[Any]]


class Pictured(Synaptic):
    """What an `AbstractConnection` shows of its synapses; what has no place in a picture is never built."""

    pre: NeuralPopulation

    @named_arguments
    def plot(self, kind: Kind = "matrix", ax: Axes | None = None, *, log: bool = False) -> Axes:
        """Draw the synapses into `ax`, or into a new figure; returns the axes.

        matrix     weights by source and target: of more than 200 neurons a side the means of blocks of pairs
        histogram  how many synapses have which weight, by sign
        degrees    how many neurons have how many synapses, by source and by target

        log  whether the histogram counts on a logarithmic axis

        Weights that inhibit count negative; those of a conductance do so by its reversal potential. The wiring is made
        when it is not there yet. Memory is a few numbers per synapse at most, never one per pair of neurons.
        """
        chosen = one_of(f"{self.label}.plot(kind)", kind, KINDS)
        if log and chosen != "histogram":
            raise ArgumentError(
                f"{self.label}.plot(log)", got=f"kind={chosen!r}", expected="kind='histogram'", fix="leave log out"
            )
        alone = ax is None
        if chosen == "degrees":
            ax = plotting.degrees(*self._degrees(), ax=ax)
            return plotting.legend(ax) if alone else ax
        if chosen == "histogram":
            values, counts = self.weights_with_counts()
            ax = plotting.weight_histogram(values, counts=counts, unit=self.arrival_unit, log=log, ax=ax)
            return plotting.legend(ax) if alone else ax
        weights, lists = self._all_weights(), self._synapse_list()
        return plotting.weight_matrix(weights, synapses=lists, signs=self._effect(), unit=self.arrival_unit, ax=ax)

    def weights_with_counts(self) -> tuple[Floats, Floats | None]:
        """Weights, those that inhibit below 0, and how many synapses have each; None where it is one."""
        weights, lists, signs = self._all_weights(), self._synapse_list(), self._effect()
        if lists is None and not any(weights.strides):
            weights = weights.reshape(-1)[0]
        per_source = np.full(self.pre.n, self.post.n) if lists is None else np.diff(np.asarray(lists.pointers))
        if weights.ndim == 0:
            kinds = np.unique(signs)
            counts = np.array([per_source[signs == sign].sum() for sign in kinds], np.float64)
            return float(weights) * kinds[counts > 0], counts[counts > 0]
        if weights.ndim == 1:
            return weights * np.repeat(signs.astype(weights.dtype), per_source), None
        return weights * signs[:, None].astype(weights.dtype), None

    def _degrees(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Synapses onto every target and out of every source, of the parts that are connected."""
        lists = self._synapse_list()
        if lists is None:
            return np.full(self.post.n, self.pre.n), np.full(self.pre.n, self.post.n)
        targets, onto = np.asarray(lists.targets), np.zeros(self.post.n, np.int64)
        for first in range(0, len(targets), _PIECE):
            onto += np.bincount(targets[first : first + _PIECE], minlength=self.post.n)
        pre, post = self.__dict__.get("_parts", (self.pre, self.post))
        out = np.diff(np.asarray(lists.pointers))
        return onto[getattr(post, "indices", slice(None))], out[getattr(pre, "indices", slice(None))]

    def _synapse_list(self) -> plotting.SynapseList | None:
        """Where the synapses are; None where there is one for each pair of neurons."""
        return None

    def _all_weights(self) -> Floats:
        """One weight, one per synapse of the list, or (sources, targets)."""
        weights: Floats = self.w.detach().cpu().reshape(self.pre.n, self.post.n).numpy()
        return weights

    def _effect(self) -> npt.NDArray[np.float64]:
        """(sources,) 1 for those that excite by a positive weight, -1 for those that inhibit by it."""
        if self.arrival_unit == "uS":
            return np.full(self.pre.n, -1.0 if inhibits(self) else 1.0)
        inhibitory = torch.as_tensor(self.pre.is_inhibitory).expand(self.pre.shape).reshape(-1)
        return np.where(inhibitory.cpu().numpy(), -1.0, 1.0)


def inhibits(synapses: Synaptic) -> bool | None:
    """Whether positive weights lower the membrane; None where some do and some do not.

    A conductance does so when its reversal potential is below the threshold, where that is known; anything else when
    its source is inhibitory.
    """
    by_source = is_inhibitory(synapses.__dict__.get("_parts", (getattr(synapses, "pre", None),))[0])
    if synapses.arrival_unit != "uS":
        return by_source
    threshold, reversal = synapses.post._values.get("threshold"), synapses._values.get("E")
    if threshold is None or reversal is None:
        return by_source
    return bool(np.mean(numbers_of(reversal)) < np.mean(numbers_of(threshold)))


def is_inhibitory(population: Any) -> bool | None:
    """Whether its neurons are; None where some are and some are not. Where there is none (a drive) it is not."""
    flags = torch.as_tensor(getattr(population, "is_inhibitory", False))
    return bool(flags.all()) if flags.all() == flags.any() else None


def numbers_of(value: Any) -> npt.NDArray[np.float64]:
    """A number or tensor as an array."""
    return np.asarray(value.detach().cpu() if isinstance(value, Tensor) else value, np.float64)
