"""Phase 2 of the course: LIF, ELIF and AELIF neurons with the same parameters under the same currents."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.experiments.base import Cell, Experiment, Outcome, Progress, Table, account, seed_of
from cnsproject.experiments.neuron_outcome import F64, NeuronOutcome
from cnsproject.experiments.neurons import MEMBRANE, UPSWING
from cnsproject.experiments.single_neuron import INPUT, Protocol, SingleNeuron
from cnsproject.network.integrate_and_fire import AELIFPopulation, ELIFPopulation, LIFPopulation
from cnsproject.network.model_population import ModelPopulation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MODELS: dict[str, type[ModelPopulation]] = {"LIF": LIFPopulation, "ELIF": ELIFPopulation, "AELIF": AELIFPopulation}


@dataclass(frozen=True)
class ThreeModels(Experiment):
    """The sets of parameters of an AELIF neuron, and what of them the two simpler models have.

    full  the experiment on the AELIF neuron. A LIF neuron spikes where the upswing of the others begins: its threshold
          is their theta_rh
    """

    full: SingleNeuron

    default_executor = "cpu"

    @property
    def random(self) -> bool:
        return self.full.random

    @property
    def steps(self) -> int:
        return len(_MODELS) * self.full.steps

    def changed(self, settings: Mapping[str, str]) -> Self:
        return dataclasses.replace(self, full=self.full.changed(settings))

    def settings(self) -> dict[str, Any]:
        return self.full.settings()

    def restored(self, settings: Mapping[str, Any]) -> Self:
        return dataclasses.replace(self, full=self.full.restored(settings))

    def part(self, model: str) -> SingleNeuron:
        """The experiment on one of the models: its parameters, and the sets with what they change of them."""
        neuron = _MODELS[model]
        known = neuron.dynamics.parameters.keys() | INPUT.keys()

        def seen(values: Mapping[str, float]) -> dict[str, float]:
            if model == "LIF":
                names = {"theta_rh": "threshold", "threshold": "cut-off"}
                values = {names.get(name, name): value for name, value in values.items()}
            return {name: value for name, value in values.items() if name in known}

        changes = tuple(seen(change) for change in self.full.changes)
        return dataclasses.replace(self.full, neuron=neuron, values=seen(self.full.values), changes=changes)

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> ThreeOutcome:
        """All models with the same noise; see `Experiment.run`."""
        rng = seed_of(rng)
        seed = int(np.random.default_rng(rng).integers(2**31))
        parts = {name: self.part(name).run(rng=seed, executor=executor, progress=progress) for name in _MODELS}
        chosen = executor or self.default_executor
        about = account(self.name, self.settings(), rng=rng, executor=chosen, dt=self.full.protocol.dt)
        return ThreeOutcome(self, parts, provenance=about)


@dataclass(frozen=True, eq=False)
class ThreeOutcome(Outcome):
    """What the models gave, by their names."""

    experiment: ThreeModels
    parts: Mapping[str, NeuronOutcome]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Those of all models, named as in "LIF_u"."""
        return {f"{model}_{name}": a for model, part in self.parts.items() for name, a in part.arrays().items()}

    @property
    def _onsets(self) -> dict[str, F64]:
        """For each model and set the lowest current of the F-I curve that makes it fire (nA); NaN for none."""
        return {
            model: np.where(part.rates.any(axis=1), part.currents[(part.rates > 0).argmax(axis=1)], np.nan)
            for model, part in self.parts.items()
        }

    def figure(self) -> Figure:
        """A column per set: spikes, the potential of each model, w, the current, the F-I curves of all models."""
        full = self.experiment.full
        columns = {
            model: [
                dataclasses.replace(part.column(k), title=title.replace("-", "−"))
                for k, title in enumerate(full.titles)
            ]
            for model, part in self.parts.items()
        }
        caption = f"{full.titles[0]}: {full.describe(full.values)}".replace("-", "−").split(", ")
        currents = next(iter(self.parts.values())).currents
        return plotting.models_beside(columns, currents, dt=full.protocol.dt, caption=caption)

    def table(self) -> Table:
        """For each set the rates under its own current without end, that of AELIF in the first interval too, and the
        lowest currents of the F-I curves that make each model fire.
        """
        adapting, onsets = self.parts["AELIF"], self._onsets
        head = ["", *(f"{model} (Hz)" for model in self.parts), "AELIF, first interval (Hz)"]
        head += [f"{model} fires from (nA)" for model in self.parts]
        rows: list[tuple[Cell, ...]] = []
        for k, title in enumerate(self.experiment.full.titles):
            rates = [float(part.own_rates[k]) for part in self.parts.values()]
            lowest = [None if np.isnan(each[k]) else float(each[k]) for each in onsets.values()]
            rows.append((title, *rates, float(adapting.first_rates[k, -1]), *lowest))
        return Table(tuple(head), tuple(rows))

    def sentences(self) -> list[str]:
        """Which model is faster in which set, who fires first as the current grows, and how AELIF adapts."""
        lif, elif_, aelif = (self.parts[model].own_rates for model in _MODELS)
        found = [
            f"{title}: LIF fires at {a:.3g} Hz, ELIF at {b:.3g} Hz, AELIF at {c:.3g} Hz."
            for title, a, b, c in zip(self.experiment.full.titles, lif, elif_, aelif, strict=True)
        ]
        count = len(lif)
        onsets = self._onsets
        earlier = int((onsets["ELIF"] < onsets["LIF"]).sum())
        found.append(f"ELIF begins to fire at a lower current than LIF in {earlier} of {count} sets.")
        found.append(f"AELIF fires less than ELIF in {int((aelif < elif_).sum())} of {count} sets.")
        ratio = self.parts["AELIF"].first_rates[:, -1] / np.where(aelif > 0, aelif, np.nan)
        if not np.isnan(ratio).all():
            most = int(np.nanargmax(ratio))
            found.append(
                f'AELIF adapts most in "{self.experiment.full.titles[most]}": its first interval is '
                f"{ratio[most]:.3g} times shorter than those in the end."
            )
        return found


PHASE2 = ThreeModels(
    "phase2",
    "Three models under the same currents",
    "What do the upswing of the exponential model and the adaptation of AELIF change, and what does noise do to them?",
    full=SingleNeuron(
        "phase2",
        "Three models under the same currents",
        "What do the upswing of the exponential model and the adaptation of AELIF change?",
        neuron=AELIFPopulation,
        values={"I": 2.0, "sigma": 0.0, "path": 0, **MEMBRANE, **UPSWING, "a": 0.0, "b": 0.2, "tau_w": 100.0},
        changes=({"I": 1.4}, {"sigma": 1.0}, {"tau": 20.0}, {"delta_t": 5.0}, {"b": 0.6}, {"a": 0.05}),
        protocol=Protocol(dt=0.05, duration=300.0, highest=4.0, points=21, fi_time=3000.0, settle=1000.0, trials=2),
    ),
)
