"""What there is to explore: the report's two populations, a network, and one neuron of every model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from cnsproject.explore.worlds.base import Group, World
from cnsproject.explore.worlds.network import NetworkWorld
from cnsproject.explore.worlds.neuron import NeuronWorld
from cnsproject.explore.worlds.report import TwoPopulationsWorld
from cnsproject.network.model_reference import references

__all__ = ["Group", "World", "worlds"]


@cache
def worlds() -> Mapping[str, World]:
    """All of them by name, made once: they do not change."""
    found: list[World] = [TwoPopulationsWorld(), NetworkWorld(), *map(NeuronWorld, references())]
    return {world.name: world for world in found}
