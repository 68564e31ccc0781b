"""What was learned of natural images: measured, told and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import conv2d

from cnsproject import analysis, plotting
from cnsproject.experiments.base import Cell, Outcome, Table
from cnsproject.experiments.feature_network import F64, FeatureNetwork

if TYPE_CHECKING:
    from matplotlib.figure import Figure

F32 = npt.NDArray[np.float32]
BEFORE, NATURAL, SHUFFLED = "before learning", "natural patches", "shuffled pixels"
PUBLISHED = (
    "Masquelier & Thorpe (2007, PLoS Comput. Biol. 3:e31) and Kheradpisheh et al. (2018, Neural Netw. 99:56) find "
    "oriented edges and bars by the same rule, in larger networks and images."
)


@dataclass(frozen=True)
class Example:
    """A patch (side, side) in grey levels, and the ranks of its on- and off-centre cells (2, size, size)."""

    patch: F64
    ranks: F64


@dataclass(frozen=True, eq=False)
class LearnedKernels:
    """What one training gave.

    first, last  weights before and after (maps, 2, kernel, kernel), of on- and of off-centre cells
    shown        patches that were shown until the weights were looked at (records,)
    unsettled    mean of 4*w*(1 - w) then (records,): 0 where all weights are 0 or 1
    counts       spikes of each map (maps,)
    """

    first: F32
    last: F32
    shown: npt.NDArray[np.int64]
    unsettled: F64
    counts: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Measured:
    """Of kernels, one value for each.

    orientation  from 0, round, to 1, a grating: of on minus off
    angle        of the wave (radians)
    explained    share of the receptive field in the image that a Gabor function accounts for
    """

    orientation: F64
    angle: F64
    explained: F64


@dataclass(frozen=True, eq=False)
class FeaturesOutcome(Outcome):
    """What was learned from natural patches ("natural"), and from the same with shuffled pixels ("shuffled")."""

    experiment: FeatureNetwork
    examples: tuple[Example, ...]
    learned: Mapping[str, LearnedKernels]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """patch0, ranks0, ..., and natural_first, natural_last, ..., shuffled_first, ..."""
        found: dict[str, npt.NDArray[Any]] = {}
        for place, one in enumerate(self.examples):
            found |= {f"patch{place}": one.patch, f"ranks{place}": one.ranks}
        for name, kernels in self.learned.items():
            found |= {f"{name}_{what}": array for what, array in vars(kernels).items()}
        return found

    @property
    def kernels(self) -> dict[str, F64]:
        """On minus off (maps, kernel, kernel): before learning, after natural patches, after shuffled ones."""
        natural, mixed = self.learned["natural"], self.learned["shuffled"]
        weights = {BEFORE: natural.first, NATURAL: natural.last, SHUFFLED: mixed.last}
        return {name: w[:, 0].astype(np.float64) - w[:, 1] for name, w in weights.items()}

    def fields(self, kernels: F64) -> F64:
        """Receptive fields in the image: the answer of a linear neuron with these weights to a point of light."""
        centre = self.experiment.filter().kernel.flip(0, 1)  # conv2d is a correlation
        full = conv2d(torch.from_numpy(kernels)[:, None], centre[None, None], padding=len(centre) - 1)
        return np.asarray(full[:, 0].numpy())

    @cached_property
    def measured(self) -> dict[str, Measured]:
        """Orientation and Gabor functions of the kernels of all three."""
        found = {}
        for name, kernels in self.kernels.items():
            index, angle = analysis.orientation(kernels)
            explained = [analysis.fit_gabor(field).explained for field in self.fields(kernels)]
            found[name] = Measured(index, angle, np.array(explained))
        return found

    def figure(self) -> Figure:
        """Patches and their codes, kernels and receptive fields, sorted by their angle, and how oriented they are."""
        kernels, sets = self.kernels, {}
        for name, one in self.measured.items():
            order = np.argsort(one.angle, kind="stable")
            sets[name] = plotting.FeatureSet(
                kernels[name][order], self.fields(kernels[name])[order], one.orientation[order], one.explained[order]
            )
        return plotting.learned_features(
            [(one.patch, one.ranks[0] - one.ranks[1]) for one in self.examples],
            sets,
            self.learned["natural"].shown,
            {name: self.learned[key].unsettled for name, key in ((NATURAL, "natural"), (SHUFFLED, "shuffled"))},
        )

    def table(self) -> Table:
        """Of the kernels before learning and after both trainings: orientation, Gabor functions, weights, spikes."""
        head = ("", "orientation", "least", "most", "explained by Gabor (%)", "weights undecided (%)", "spikes per map")
        ends = {NATURAL: self.learned["natural"], SHUFFLED: self.learned["shuffled"]}
        rows: list[tuple[Cell, ...]] = []
        for name, one in self.measured.items():
            index, end = one.orientation, ends.get(name)
            unsettled = float(self.learned["natural"].unsettled[0] if end is None else end.unsettled[-1])
            rows.append((
                name, float(index.mean()), float(index.min()), float(index.max()), 100 * float(one.explained.mean()),
                100 * unsettled, None if end is None else float(end.counts.mean()),
            ))  # fmt: skip
        return Table(head, tuple(rows))

    def sentences(self) -> list[str]:
        """How oriented the features are, whether they are Gabor functions, and where they stand."""
        index = {name: one.orientation for name, one in self.measured.items()}
        explained = {name: 100 * float(one.explained.mean()) for name, one in self.measured.items()}
        n, angles = len(index[NATURAL]), self.measured[NATURAL].angle
        # Waves that run to the right have upright bars.
        upright = int((np.abs(np.cos(angles)) > np.cos(np.pi / 8)).sum())
        level = int((np.abs(np.sin(angles)) > np.cos(np.pi / 8)).sum())
        silent = int((self.learned["natural"].counts == 0).sum())
        more = int((index[NATURAL] > index[SHUFFLED].max()).sum())
        return [
            f"Orientation of the {n} kernels learned from natural patches: {index[NATURAL].mean():.2f} on average (0: "
            f"round, 1: a grating); {index[BEFORE].mean():.2f} before learning, {index[SHUFFLED].mean():.2f} where the "
            f"pixels of each patch were shuffled. {more} of {n} are more "
            "oriented than all that shuffled pixels give.",
            f"Gabor functions account for {explained[NATURAL]:.0f} % of the learned receptive fields, for "
            f"{explained[BEFORE]:.0f} % before learning and {explained[SHUFFLED]:.0f} % after shuffled pixels.",
            f"The bars of {upright} features stand within 22.5° of upright, those of {level} within 22.5° of level; a "
            "quarter each if all orientations were equally many.",
            *([f"{silent} of {n} maps never fired and learned nothing."] if silent else []),
            PUBLISHED,
        ]
