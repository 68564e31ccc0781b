"""The order of a step: what is computed from what, before anything runs."""

from cnsproject.plan.builder import Builder
from cnsproject.plan.competition import Competition
from cnsproject.plan.operations import (
    Advance,
    Deliver,
    Drive,
    Emit,
    Gather,
    Learn,
    Operation,
    Record,
    Release,
    Synapses,
)
from cnsproject.plan.plan import Buffer, Plan

__all__ = [
    "Advance",
    "Buffer",
    "Builder",
    "Competition",
    "Deliver",
    "Drive",
    "Emit",
    "Gather",
    "Learn",
    "Operation",
    "Plan",
    "Record",
    "Release",
    "Synapses",
]
