"""Phase 8 of the course: what difference-of-Gaussians and Gabor filters see in an image, and its spikes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject import plotting
from cnsproject.encoding.encoders import PoissonEncoder, Time2FirstSpikeEncoder
from cnsproject.encoding.filters import DoGFilter, Filter, GaborFilter
from cnsproject.experiments.base import Cell, Outcome, Progress, Table, seed_of
from cnsproject.experiments.images import ImageExperiment, trains
from cnsproject.experiments.pictures import U8, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

F64 = npt.NDArray[np.float64]
_CODES = "first spike", "Poisson"


@dataclass(frozen=True)
class Filtering(ImageExperiment):
    """One picture through filters of both kinds with different parameters; their on parts as spikes.

    picture     which one
    kernel      rows and columns of the kernels (pixels)
    sigma       width of the centre of the finer difference of Gaussians (pixels); the coarser is twice as wide
    ratio       of the widths of surround and centre
    wavelength  of the Gabor filters (pixels); their Gaussian is 0.4 times as wide
    gamma       the aspect ratio of these
    """

    size: int = 48
    picture: str = "portrait"
    kernel: int = 15
    sigma: float = 1.0
    ratio: float = 1.6
    wavelength: float = 5.0
    gamma: float = 0.6

    def filters(self) -> dict[str, Filter]:
        """The filters by what they are called."""
        found: dict[str, Filter] = {}
        for sigma in (self.sigma, 2.0 * self.sigma):
            found[f"DoG {sigma:g}, {sigma * self.ratio:g}"] = DoGFilter(self.kernel, sigma, sigma * self.ratio)
        for degrees in (0, 45, 90):
            found[f"Gabor {degrees}°"] = GaborFilter(
                self.kernel, self.wavelength, math.radians(degrees), 0.4 * self.wavelength, self.gamma
            )
        return found

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> FilterOutcome:
        """Filter, encode, show to neurons; see `Experiment.run`."""
        rng = seed_of(rng)
        image, filters = picture(self.picture, self.size), self.filters()
        answers = {name: one.on_off(image) for name, one in filters.items()}
        generator = np.random.default_rng(rng)
        codes: dict[str, Tensor] = {}
        for name, (on, off) in answers.items():
            # The strongest answer of either sign is the largest value: contrast is what the codes carry.
            top = (0.0, float(max(on.max(), off.max())) or 1.0)
            codes[f"{name}, first spike"] = Time2FirstSpikeEncoder(self.time, self.dt, range=top)(on)
            codes[f"{name}, Poisson"] = PoissonEncoder(self.time, self.dt, range=top, rate=self.rate, rng=generator)(on)
        fired = self.show(codes, executor, progress)
        return FilterOutcome(
            experiment=self,
            image=image,
            kernels={name: one.kernel.numpy() for name, one in filters.items()},
            answers={name: both.numpy() for name, both in answers.items()},
            spikes={name: {code: fired[f"{name}, {code}"] for code in _CODES} for name in filters},
            provenance=self.account(rng, executor),
        )


@dataclass(frozen=True, eq=False)
class FilterOutcome(Outcome):
    """What the filters answer.

    image    (rows, columns)
    kernels  by filter
    answers  by filter (2, rows, columns): on, off
    spikes   by filter and code (steps, rows, columns), of the on part
    """

    experiment: Filtering
    image: U8
    kernels: Mapping[str, npt.NDArray[Any]]
    answers: Mapping[str, npt.NDArray[Any]]
    spikes: Mapping[str, Mapping[str, Tensor]]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The image, and by the place of the filter in the figure kernel0, on0, off0, first_spike0, Poisson0, ..."""
        found: dict[str, npt.NDArray[Any]] = {"image": self.image}
        for place, name in enumerate(self.kernels):
            found[f"kernel{place}"] = self.kernels[name]
            found[f"on{place}"], found[f"off{place}"] = self.answers[name]
            for code, spikes in self.spikes[name].items():
                found[f"{code.replace(' ', '_')}{place}"] = spikes.numpy()
        return found

    def figure(self) -> Figure:
        """Image, filter, on and off answers, and the on answers as spikes; a row for each filter."""
        rows = [
            plotting.FilteredImage(
                title=name,
                image=self.image,
                kernel=self.kernels[name],
                on=self.answers[name][0],
                off=self.answers[name][1],
                codes={code: trains(spikes) for code, spikes in self.spikes[name].items()},
            )
            for name in self.kernels
        ]
        return plotting.filtered_images(rows, dt=self.experiment.dt)

    def table(self) -> Table:
        """For each filter its strongest and its mean answer (grey levels), and the spikes of its on part."""
        head = ("", "highest on", "highest off", "mean of both", *(f"{code}: spikes" for code in _CODES))
        rows: list[tuple[Cell, ...]] = []
        for name, (on, off) in self.answers.items():
            counts = [float(self.spikes[name][code].sum()) for code in _CODES]
            rows.append((name, float(on.max()), float(off.max()), float((on + off).mean()), *counts))
        return Table(head, tuple(rows))

    def sentences(self) -> list[str]:
        """Which filters answer most."""
        strength = {name: float(both.sum(axis=0).mean()) for name, both in self.answers.items()}
        found = []
        for kind in ("DoG", "Gabor"):
            mine = {name: value for name, value in strength.items() if name.startswith(kind)}
            best, least = max(mine, key=mine.__getitem__), min(mine, key=mine.__getitem__)
            found.append(
                f"Of the {kind} filters, {best} answers most to the {self.experiment.picture}, by {mine[best]:.3g} "
                f"grey levels on the average, and {least} least, by {mine[least]:.3g}."
            )
        on = np.mean([both[0].any() and (both[0] > 0).mean() for both in self.answers.values()])
        return [*found, f"On the average {100 * on:.3g} % of the places answer to on-centre filters."]


PHASE8 = Filtering(
    "phase8",
    "Filters of early vision",
    "What do on-centre and off-centre cells and Gabor filters see in an image, and when do they say so?",
)
