"""Where to begin: the nine sections of the report, a few networks, and every model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cnsproject.experiments import REPORT3
from cnsproject.explore.controls import written
from cnsproject.explore.state import State
from cnsproject.explore.worlds import worlds


@dataclass(frozen=True)
class Preset:
    """A state to begin with: its title, and what can be seen there."""

    title: str
    question: str
    state: State


_NETWORKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Excitation and inhibition": ("What do both do together?", {}),
    "Without inhibition": (
        "What holds the excitatory neurons back?", {"inh_exc_weight": "0", "inh_inh_weight": "0"},
    ),
    "Slow inhibition": (
        "What if inhibition comes late and stays long?",
        {"inh_exc_tau": "30", "inh_exc_delay": "5", "inh_exc_weight": "12"},
    ),
}  # fmt: skip


def presets() -> dict[str, list[Preset]]:
    """By heading."""
    report = [
        Preset(e.title, e.question, State.of("report", {n: written(v) for n, v in e.settings().items()}))
        for e in REPORT3.values()
    ]
    networks = [Preset(title, text, State.of("network", given)) for title, (text, given) in _NETWORKS.items()]
    known = [world for name, world in worlds().items() if name not in ("report", "network")]
    neurons = [Preset(world.title, world.about, State.of(world.name)) for world in known]
    return {"Sections of the report": report, "Networks": networks, "Single neurons": neurons}
