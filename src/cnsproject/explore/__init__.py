"""The explorer: what is set, what it shows, its link and its code; `page`, which the rest can do without, shows it."""

from cnsproject.explore.numbers import Numbers, Trains, measured
from cnsproject.explore.presets import Preset, presets
from cnsproject.explore.shown import Shown
from cnsproject.explore.state import State, compared, differences
from cnsproject.explore.worlds import World, worlds

__all__ = [
    "Numbers",
    "Preset",
    "Shown",
    "State",
    "Trains",
    "World",
    "compared",
    "differences",
    "measured",
    "presets",
    "worlds",
]
