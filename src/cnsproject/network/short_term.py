"""Short-term plasticity: what a spike releases depends on the spikes before it."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from cnsproject.checks import named_arguments
from cnsproject.dynamics import models
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.errors import ParameterError
from cnsproject.network.parameters import Given


class ShortTermPlasticity(ABC):
    """A kind of short-term plasticity: declared dynamics and the values of their parameters.

    The dynamics are those of one source neuron: its spikes arrive as `s`, and what a spike releases is the impulse
    `release` (unit 1).

    starts  where states start that do not start at 0
    shares  names of parameters that are above 0 and at most 1
    """

    starts: ClassVar[Mapping[str, float]] = MappingProxyType({})
    shares: ClassVar[frozenset[str]] = frozenset()

    @property
    @abstractmethod
    def dynamics(self) -> Dynamics:
        """The declaration."""

    @abstractmethod
    def parameters(self) -> Mapping[str, object]:
        """Values of the parameters of `dynamics`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class TsodyksMarkram(ShortTermPlasticity):
    """Short-term depression and facilitation: a spike carries weight * release.

    Between spikes  du/dt = -u/tau_facil, dx/dt = (1 - x)/tau_rec, integrated exactly
    At a spike      u += U*(1 - u), then release = u*x, then x -= release; without facilitation release = U*x

    U          what a spike adds to u, as a share of what is missing to 1 (0 < U <= 1): the release of a rested synapse
    tau_rec    time constant in which resources recover (ms)
    tau_facil  time constant in which facilitation decays (ms); 0 for depression alone

    Each is a number, an array of pre's shape (of the whole population where pre is a part of one) or a distribution: u
    and x belong to a source neuron and are shared by all its synapses of the connection, which see the same spikes. On
    the connection u is `facilitation` (starts at 0), x is `resources` (starts at 1), and `release` is that of the last
    step. What is on its way keeps the release it set out with.

    Raises ParameterError for a U outside (0, 1] or a time constant that is not positive, ShapeError for arrays of
    another shape than pre's. Tsodyks, Pawelzik & Markram 1998, Neural Comput. 10; Tsodyks, Uziel & Markram 2000,
    J. Neurosci. 20, eq. 3 and 4, with a release that is over at once.
    """

    starts = MappingProxyType({"resources": 1.0})
    shares = frozenset({"U"})

    @named_arguments
    def __init__(self, U: Given = 0.5, tau_rec: Given = 800.0, tau_facil: Given = 0.0) -> None:
        self.U, self.tau_rec, self.tau_facil = U, tau_rec, tau_facil
        if isinstance(tau_facil, numbers.Real) and tau_facil < 0:
            raise ParameterError(
                "TsodyksMarkram.tau_facil",
                got=f"{tau_facil:g} ms",
                expected="a time constant >= 0 ms",
                fix="give 0 for depression alone",
            )

    @property
    def dynamics(self) -> Dynamics:
        """The equations, without those of the facilitation where there is none."""
        given: Any = self.tau_facil
        one_zero = not isinstance(given, bool) and np.ndim(given) == 0 and bool(given == 0)
        return models.DEPRESSION if one_zero else models.TSODYKS_MARKRAM

    def parameters(self) -> Mapping[str, object]:
        return {name: getattr(self, name) for name in self.dynamics.parameters}
