"""The encoders, each with its decoder: where a notebook imports them from."""

from cnsproject.encoding.base import AbstractEncoder
from cnsproject.encoding.latencies import LatencyEncoder, RankOrderEncoder, Time2FirstSpikeEncoder
from cnsproject.encoding.phases import PhaseEncoder
from cnsproject.encoding.positions import PositionEncoder
from cnsproject.encoding.rates import PoissonEncoder

__all__ = [
    "AbstractEncoder",
    "LatencyEncoder",
    "PhaseEncoder",
    "PoissonEncoder",
    "PositionEncoder",
    "RankOrderEncoder",
    "Time2FirstSpikeEncoder",
]
