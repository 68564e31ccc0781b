"""`PoissonDrive`: many independent Poisson processes per neuron, as one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number, whole
from cnsproject.errors import ArgumentError, ParameterError
from cnsproject.network.attributes import Rng
from cnsproject.network.clock import Ready
from cnsproject.network.parameters import Given, read_array, read_value
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.synapses import Delta, Synapse
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.views import PopulationView, parent_of
from cnsproject.plan import Builder
from cnsproject.random import PoissonTable, StepWords

# Above this mean per step a count fills whole seconds of spikes; it is a mistake in the units.
_MOST = 1e5


class PoissonDrive(Synaptic):
    """Every neuron of `post` receives n independent Poisson processes of `rate` Hz each, through synapses of its own.

    In each step a neuron gets a Poisson number of spikes with mean n*rate*dt, and `weight` for each of them.

    post     the population, or a part of it such as `exc[:100]`
    n        number of processes per neuron: one number, or one per neuron, where 0 is none; neurons that have the same
             number should stand together, for every stretch of them is drawn for by itself
    rate     of each of them (Hz)
    weight   nA, mV or uS as the synapse has it: a number, or one per neuron; may be negative where it is no conductance
    synapse  what a spike does, default Delta()
    rng      what is drawn from; in a network its seed and the name of the drive

    In a network it is added by `add_connection`, in a hand loop `compute()` gives what arrives. The draws are a
    function of key, neuron and step, with probabilities that are multiples of 2^-32.
    """

    _passing = frozenset({"_tables", "_words"})

    @named_arguments
    def __init__(
        self,
        post: NeuralPopulation | PopulationView,
        n: int | Sequence[int] | npt.ArrayLike | Tensor = 1,
        rate: float = 1.0,
        *,
        weight: Given = 1.0,
        synapse: Synapse | None = None,
        dt: float | None = None,
        dtype: torch.dtype | None = None,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        self.__dict__["synapse"] = Delta() if synapse is None else synapse
        parent = parent_of(post)
        if not isinstance(self.synapse, Synapse) or not isinstance(parent, NeuralPopulation):
            raise ArgumentError(
                "PoissonDrive",
                got=f"post={type(post).__name__}, synapse={type(synapse).__name__}",
                expected="a population and a Synapse",
                fix="write PoissonDrive(population, n, rate, synapse=cns.Delta())",
            )
        self.__dict__["dynamics"] = self.synapse.dynamics
        super().__init__(parent, dt=dt, dtype=dtype, name=name, rng=rng)
        self._part = post
        self.set_parameters(self.synapse.parameters(), self.dynamics.parameters)
        self.n = self._numbers(n)
        self.rate = rate
        self._dt = self._common_dt()
        self.w = weight
        self._origin()

    @property
    def label(self) -> str:
        """How errors call this drive."""
        return f"PoissonDrive {self.name!r}" if self.name else f"PoissonDrive(-> {self.post.label})"

    def _numbers(self, given: object) -> int | npt.NDArray[np.int64]:
        """One number of processes, or one per neuron of `post`."""
        if not isinstance(given, list | tuple) and getattr(given, "ndim", 0) == 0:
            return whole("PoissonDrive.n", given, least=1)
        numbers = read_array("PoissonDrive.n", given, self._part.shape)
        wrong = numbers[(numbers < 0) | (numbers != np.round(numbers))]
        if wrong.size:
            raise ParameterError(
                "PoissonDrive.n", got=f"{wrong[0]:g}, for {len(wrong)} of {numbers.size} neurons",
                expected="whole numbers >= 0", fix="round them the way you mean it",
            )  # fmt: skip
        return numbers.astype(np.int64)

    @property
    def counted(self) -> str:
        """How many processes a neuron of `post` has, in words."""
        least, most = np.min(self.n), np.max(self.n)
        return f"{least}" if least == most else f"{least} to {most}"

    @property
    def rate(self) -> float:
        """Rate of each process (Hz); may be set at any time."""
        return self._rate

    @rate.setter
    def rate(self, value: float) -> None:
        rate = number("PoissonDrive.rate", value, "Hz")
        if rate < 0:
            raise ParameterError(
                "PoissonDrive.rate", got=f"{rate:g} Hz", expected="a rate >= 0 Hz", fix="use 0 for none"
            )
        self._rate = rate
        self._changed()

    @property
    def w(self) -> Tensor:
        """Weight: one number, or one per neuron of post."""
        return self.weight

    @w.setter
    def w(self, value: Given) -> None:
        whole_population = self._part is self.post
        read = read_value("PoissonDrive.w", value, "", self._part.shape, self._key)
        if self.arrival_unit == "uS" and np.min(read) < 0:
            self._refuse_negative(float(np.min(read)), "uS")
        if isinstance(read, float) and whole_population:
            weight = torch.tensor(read)
        else:
            spread = np.zeros(self.post.n)
            indices = np.arange(self.post.n) if whole_population else self._part.indices
            spread[indices] = np.ravel(read)
            weight = torch.as_tensor(spread).reshape(self.shape)
        self.register_buffer("weight", weight.to(dtype=self._dtype, device=self.device))
        self._changed()

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("w", "rate"):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def mean(self) -> float:
        """Spikes that a neuron receives in a step, on average, also over the neurons."""
        return self._mean(float(np.mean(self.n)))

    def _mean(self, n: float) -> float:
        return n * self.rate * float(self._dt or 0.0) * 1e-3

    @property
    def key(self) -> tuple[int, int]:
        """What the draws are a function of, beside neuron and step."""
        return self._key

    def tables(self) -> tuple[tuple[int, int, PoissonTable], ...]:
        """The laws of the count of a step: first neuron of the population, the one after the last, their table."""
        self._prepared()
        return self._tables

    def lower(self, builder: Builder, name: str, names: Mapping[int, str]) -> None:
        """Declare the drive to a plan."""
        self._prepared()
        builder.drive(name, names[id(self.post)], self.step(), tuple(self.weight.shape), self.counted)

    def _prepared(self) -> Ready:
        ready = self._ready.get("")
        if ready is not None and self._clock.stamp == (self.post._clock.version, 0, 0):
            return ready
        self._dt = self._common_dt()
        self._check_batch()
        if (most := self._mean(float(np.max(self.n)))) > _MOST:
            raise ParameterError(
                f"{self.label}.rate",
                got=f"{most:g} spikes per step and neuron",
                expected=f"at most {_MOST:g}",
                fix="give the rate of one process in Hz",
            )
        ready = self._prepare("", self.step(), {})
        self._tables = self._tables_of_parts()
        self._words = StepWords(self._key, int(np.prod(self._rows())))
        self._clock.stamp = (self.post._clock.version, 0, 0)
        return ready

    def _tables_of_parts(self) -> tuple[tuple[int, int, PoissonTable], ...]:
        if not isinstance(self.n, np.ndarray):
            return ((0, self.post.n, PoissonTable.of(self._mean(self.n))),)
        numbers = np.zeros(self.post.n, np.int64)
        numbers[slice(None) if self._part is self.post else self._part.indices] = self.n.ravel()
        laws = {n: PoissonTable.of(self._mean(n)) for n in np.unique(numbers).tolist()}
        bounds = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), self.post.n]
        return tuple((first, last, laws[int(numbers[first])]) for first, last in pairwise(bounds))

    def _arrived(self) -> Tensor | None:
        words = self._words.at(self._clock.steps).reshape(-1, self.post.n)
        counts = [table.counts(words[:, first:last]) for first, last, table in self._tables]
        arrived = np.concatenate(counts, axis=1).reshape(self._rows())
        return self.weight * torch.as_tensor(arrived, dtype=self._dtype, device=self.device)

    def _origin(self) -> None:
        self._clock.advanced_for = -1
        self._ready.clear()
