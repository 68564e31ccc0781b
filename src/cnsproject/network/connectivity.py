"""Which neuron of `pre` is connected to which of `post`: rules that a `Connection` builds its synapses from."""

from cnsproject.network.connectivity_base import Connectivity, Wiring
from cnsproject.network.connectivity_base import compiled as _compiled
from cnsproject.network.connectivity_distance import DistanceDependent, ExponentialKernel, GaussianKernel
from cnsproject.network.connectivity_given import FromArrays, FromSparse
from cnsproject.network.connectivity_rules import (
    AllToAll,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotalNumber,
    OneToOne,
)

__all__ = [
    "AllToAll",
    "Connectivity",
    "DistanceDependent",
    "ExponentialKernel",
    "FixedInDegree",
    "FixedOutDegree",
    "FixedProbability",
    "FixedTotalNumber",
    "FromArrays",
    "FromSparse",
    "GaussianKernel",
    "OneToOne",
    "Wiring",
    "_compiled",
]
