"""Phase 1 of the course: the leaky integrate-and-fire neuron under steps of current and under noise, in one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy.typing as npt

from cnsproject import plotting
from cnsproject.errors import UnknownNameError
from cnsproject.experiments.base import (
    Cell,
    Experiment,
    Outcome,
    Progress,
    Table,
    account,
    refuse_settings,
    seed_of,
    unknown_parameter,
)
from cnsproject.experiments.neuron_outcome import NeuronOutcome
from cnsproject.experiments.neurons import NEURONS
from cnsproject.experiments.single_neuron import SingleNeuron

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Joined(Experiment):
    """Several experiments on single neurons as one.

    parts  the experiments by a short name; a parameter that is set is set in all that have it
    """

    parts: Mapping[str, SingleNeuron]

    default_executor = "cpu"

    @property
    def random(self) -> bool:
        return any(part.random for part in self.parts.values())

    @property
    def steps(self) -> int:
        return sum(part.steps for part in self.parts.values())

    def changed(self, settings: Mapping[str, str]) -> Self:
        """A copy with the named parameters set from text; raises UnknownNameError or ParameterError."""
        parts = dict(self.parts)
        for name, text in settings.items():
            known = {}
            for short, part in parts.items():
                try:
                    known[short] = part.changed({name: text})
                except UnknownNameError:
                    continue
            if not known:
                raise unknown_parameter(name, {key: None for part in parts.values() for key in part.values})
            parts |= known
        return dataclasses.replace(self, parts=parts)

    def settings(self) -> dict[str, Any]:
        return {short: part.settings() for short, part in self.parts.items()}

    def restored(self, settings: Mapping[str, Any]) -> Self:
        if not isinstance(settings, Mapping) or settings.keys() != self.parts.keys():
            refuse_settings(self.name, settings, "other parts")
        parts = {short: part.restored(settings[short]) for short, part in self.parts.items()}
        return dataclasses.replace(self, parts=parts)

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> JoinedOutcome:
        """All of them, with one seed; see `Experiment.run`."""
        rng = seed_of(rng)
        outcomes = {
            short: part.run(rng=rng if part.random else None, executor=executor, progress=progress)
            for short, part in self.parts.items()
        }
        dt = next(iter(self.parts.values())).protocol.dt
        chosen = executor or self.default_executor
        about = account(self.name, self.settings(), rng=rng, executor=chosen, dt=dt)
        return JoinedOutcome(outcomes, provenance=about)


@dataclass(frozen=True, eq=False)
class JoinedOutcome(Outcome):
    """What the parts gave, by their short names."""

    parts: Mapping[str, NeuronOutcome]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Those of all parts, named as in "step_I"."""
        return {f"{short}_{name}": array for short, part in self.parts.items() for name, array in part.arrays().items()}

    def figure(self) -> Figure:
        """The figures of the parts, below each other."""
        figure, places = plotting.stacked([part.size for part in self.parts.values()])
        for place, part in zip(places, self.parts.values(), strict=True):
            part.draw(place)
        return figure

    def table(self) -> Table:
        """The rows of all parts; the columns of each, those of the same name together."""
        tables = {short: part.table() for short, part in self.parts.items()}
        head = list(dict.fromkeys(name for table in tables.values() for name in table.head))
        rows: list[tuple[Cell, ...]] = []
        for short, table in tables.items():
            for row in table.rows:
                found = dict(zip(table.head, row, strict=True)) | {"": f"{short}: {row[0]}"}
                rows.append(tuple(found.get(name) for name in head))
        return Table(tuple(head), tuple(rows))

    def sentences(self) -> list[str]:
        """Those of all parts."""
        return [f"{short}: {said}" for short, part in self.parts.items() for said in part.sentences()]


PHASE1 = Joined(
    "phase1",
    "The leaky integrate-and-fire neuron",
    "When and how fast does a leaky integrate-and-fire neuron fire, under steps of current and under noise?",
    parts={"step": NEURONS["lif-step"], "noise": NEURONS["lif-noise"]},
)
