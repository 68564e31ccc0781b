"""Phase 5 of the course: images as spikes in five codes, and how much of the images is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject import plotting
from cnsproject.encoding.encoders import (
    AbstractEncoder,
    PhaseEncoder,
    PoissonEncoder,
    PositionEncoder,
    RankOrderEncoder,
    Time2FirstSpikeEncoder,
)
from cnsproject.encoding.latencies import Law
from cnsproject.experiments.base import Cell, Outcome, Progress, Table, seed_of
from cnsproject.experiments.images import ImageExperiment, trains
from cnsproject.experiments.pictures import PICTURES, U8, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Encoding(ImageExperiment):
    """Every picture in every code.

    law     of the latencies: "linear" or "exponential"
    fields  receptive fields of the position code
    bits    steps of a cycle of the phase code
    """

    law: Law = "linear"
    fields: int = 8
    bits: int = 8

    def encoders(self, rng: Any) -> dict[str, AbstractEncoder]:
        """The five encoders by name."""
        time, dt = self.time, self.dt
        return {
            "Poisson": PoissonEncoder(time, dt, rate=self.rate, rng=rng),
            "first spike": Time2FirstSpikeEncoder(time, dt, law=self.law),
            "rank order": RankOrderEncoder(time, dt),
            "position": PositionEncoder(time, dt, fields=self.fields),
            "phase": PhaseEncoder(time, dt, bits=self.bits),
        }

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> EncodingOutcome:
        """Encode, show to neurons, decode what they fire; see `Experiment.run`."""
        rng = seed_of(rng)
        encoders = self.encoders(rng)
        images = {name: picture(name, self.size) for name in PICTURES}
        codes = {f"{p}, {c}": encoder(image) for p, image in images.items() for c, encoder in encoders.items()}
        fired = self.show(codes, executor, progress)
        found = {p: {c: fired[f"{p}, {c}"] for c in encoders} for p in images}
        decoded = {p: {c: encoder.decode(found[p][c]).numpy() for c, encoder in encoders.items()} for p in images}
        return EncodingOutcome(self, images, found, decoded, provenance=self.account(rng, executor))


@dataclass(frozen=True, eq=False)
class EncodingOutcome(Outcome):
    """What was fired and read.

    images   by name (rows, columns)
    spikes   by image and code (steps, rows, columns), those of the position code (steps, rows, columns, fields)
    decoded  by image and code (rows, columns), grey levels
    """

    experiment: Encoding
    images: Mapping[str, U8]
    spikes: Mapping[str, Mapping[str, Tensor]]
    decoded: Mapping[str, Mapping[str, F64]]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Images, spikes and decoded images, named as in "disc", "disc_first_spike", "disc_first_spike_decoded"."""
        found: dict[str, npt.NDArray[Any]] = dict(self.images)
        for image, codes in self.spikes.items():
            for code, spikes in codes.items():
                name = f"{image}_{code.replace(' ', '_')}"
                found[name], found[f"{name}_decoded"] = spikes.numpy(), self.decoded[image][code]
        return found

    def error(self, image: str, code: str) -> float:
        """Root mean square of decoded minus image, in grey levels."""
        return float(np.sqrt(np.square(self.decoded[image][code] - self.images[image]).mean()))

    def figure(self) -> Figure:
        """Every image beside its rasters, and under these what was decoded."""
        rows = [
            plotting.EncodedImage(name, image, {code: self._code(name, code) for code in self.spikes[name]}, self._row)
            for name, image in self.images.items()
        ]
        return plotting.encoded_images(rows, dt=self.experiment.dt)

    @property
    def _row(self) -> int:
        """The row of pixels that the rasters are of: all of them would be a black area."""
        return self.experiment.size // 2

    def _code(self, image: str, code: str) -> plotting.Code:
        spikes = self.spikes[image][code][:, self._row]
        # Field by field, and not pixel by pixel, a raster shows which fields fire when.
        ordered = spikes.movedim(-1, 1) if spikes.ndim > 2 else spikes
        return plotting.Code(trains(ordered), self.decoded[image][code], f"decoded, RMS {self.error(image, code):.2g}")

    def table(self) -> Table:
        """For each image and code: spikes per pixel, the mean time of the first spike, the error of the decoded."""
        rows: list[tuple[Cell, ...]] = []
        for image, codes in self.spikes.items():
            for code, spikes in codes.items():
                fired = spikes.flatten(1)
                first = fired.int().argmax(0)[fired.any(0)].double().mean() * self.experiment.dt
                per_pixel = float(fired.sum()) / self.images[image].size
                rows.append((f"{image}, {code}", per_pixel, float(first), self.error(image, code)))
        return Table(("", "spikes per pixel", "first spikes at (ms)", "RMS error (grey levels)"), tuple(rows))

    def sentences(self) -> list[str]:
        """Which code tells most of each image, and which does with the fewest spikes."""
        found = []
        for image, codes in self.spikes.items():
            errors = {code: self.error(image, code) for code in codes}
            counts = {code: int(spikes.sum()) for code, spikes in codes.items()}
            best, worst = min(errors, key=errors.__getitem__), max(errors, key=errors.__getitem__)
            fewest = min(counts, key=lambda code: (counts[code], errors[code]))
            found.append(
                f"{image}: the code by {best} is off by {errors[best]:.3g} grey levels, that by {worst} by "
                f"{errors[worst]:.3g}; {fewest} needs the fewest spikes, {counts[fewest]}, and is off by "
                f"{errors[fewest]:.3g}."
            )
        return found


PHASE5 = Encoding(
    "phase5",
    "Images as spikes",
    "How much of an image is in its spikes, when rate, latency, order, place or phase carry it?",
)
