"""Numbers and images as spikes, and back; filters of early vision."""

from cnsproject.encoding.encoders import (
    AbstractEncoder,
    LatencyEncoder,
    PhaseEncoder,
    PoissonEncoder,
    PositionEncoder,
    RankOrderEncoder,
    Time2FirstSpikeEncoder,
)
from cnsproject.encoding.filters import DoGFilter, Filter, GaborFilter

__all__ = [
    "AbstractEncoder",
    "DoGFilter",
    "Filter",
    "GaborFilter",
    "LatencyEncoder",
    "PhaseEncoder",
    "PoissonEncoder",
    "PositionEncoder",
    "RankOrderEncoder",
    "Time2FirstSpikeEncoder",
]
