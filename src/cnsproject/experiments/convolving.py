"""Phase 9 of the course: filters as the kernels of a convolution of spikes, and what pooling makes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject import plotting
from cnsproject.checks import whole
from cnsproject.encoding.encoders import AbstractEncoder, PoissonEncoder, Time2FirstSpikeEncoder
from cnsproject.encoding.filters import DoGFilter, Filter, GaborFilter
from cnsproject.experiments.base import Cell, Outcome, Progress, Table, seed_of, since_last
from cnsproject.experiments.images import ImageExperiment, trains
from cnsproject.experiments.pictures import U8, picture
from cnsproject.network.connections import ConvolutionalConnection, PoolingConnection
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import InputPopulation, LIFPopulation
from cnsproject.network.synapses import Delta, ExponentialCurrent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Counts = npt.NDArray[np.int64]
Spikes = dict[str, Tensor]
_LAYERS = "input", "convolution", "pooling"


@dataclass(frozen=True)
class Convolving(ImageExperiment):
    """One picture as spikes, convolved with filters by one layer of LIF neurons and pooled by a second one.

    picture     which one
    code        of its grey levels: "Poisson" or "first spike"
    kernel      rows and columns of the kernels (pixels)
    sigma       width of the centre of the difference of Gaussians (pixels); its surround is `ratio` times as wide
    ratio       of these widths
    wavelength  of the Gabor filters (pixels); their Gaussian is 0.4 times as wide
    gamma       the aspect ratio of these
    weight      factor on the kernels, whose absolute values sum to 1 (nA)
    stride      from one window of the convolution to the next (pixels)
    padding     of the picture (pixels)
    pool        rows and columns of the windows of the second layer (neurons); they do not overlap
    mode        what becomes of a window: its maximum, by "first spike" or by "rate", or its "average"
    shift       by how many pixels the picture is moved to the left to see what stays the same
    """

    size: int = 48
    rate: float = 400.0
    picture: str = "portrait"
    code: Literal["Poisson", "first spike"] = "Poisson"
    kernel: int = 9
    sigma: float = 1.0
    ratio: float = 1.6
    wavelength: float = 5.0
    gamma: float = 0.6
    weight: float = 150.0
    stride: int = 1
    padding: int = 0
    pool: int = 4
    mode: Literal["first spike", "rate", "average"] = "rate"
    shift: int = 1

    def filters(self) -> dict[str, Filter]:
        """The filters by what they are called."""
        found: dict[str, Filter] = {"DoG": DoGFilter(self.kernel, self.sigma, self.sigma * self.ratio)}
        for degrees in (0, 45, 90):
            found[f"Gabor {degrees}°"] = GaborFilter(
                self.kernel, self.wavelength, math.radians(degrees), 0.4 * self.wavelength, self.gamma
            )
        return found

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> MapsOutcome:
        """Encode, convolve and pool the picture and a shifted one; see `Experiment.run`."""
        rng = seed_of(rng)
        wide = picture(self.picture, self.size + whole("parameter shift", self.shift))[: self.size]
        image, moved = wide[:, : self.size], wide[:, self.shift :]
        encoder, filters = self._encoder(rng), self.filters()
        kernels = torch.stack([one.kernel for one in filters.values()])
        net = Network(dt=self.dt, seed=0)
        monitors = {side: self._pathway(net, side, kernels) for side in ("", "moved ")}
        inputs = {"input": encoder(image), "moved input": encoder(moved)}
        net.run(self.time, inputs, executor=executor or self.default_executor, progress=since_last(progress))
        spikes = {side: {name: m.get("s") for name, m in found.items()} for side, found in monitors.items()}
        return MapsOutcome(
            experiment=self, image=image, kernels={name: one.kernel.numpy() for name, one in filters.items()},
            spikes=spikes[""], moved=spikes["moved "], provenance=self.account(rng, executor),
        )  # fmt: skip

    def _encoder(self, rng: Any) -> AbstractEncoder:
        if self.code == "first spike":
            return Time2FirstSpikeEncoder(self.time, self.dt)
        return PoissonEncoder(self.time, self.dt, rate=self.rate, rng=rng)

    def _pathway(self, net: Network, side: str, kernels: Tensor) -> dict[str, Monitor]:
        """Picture, convolution and pooling, one after the other; what is recorded of them."""
        size = ConvolutionalConnection.output_shape(
            (self.size, self.size), maps=len(kernels), kernel_size=self.kernel, stride=self.stride, padding=self.padding
        )
        seen = net.add_layer(InputPopulation((self.size, self.size), spike_trace=False), f"{side}input")
        maps = net.add_layer(LIFPopulation(size, tau=10.0, spike_trace=False), f"{side}convolution")
        pooled = net.add_layer(
            LIFPopulation(PoolingConnection.output_shape(size, kernel_size=self.pool), tau=10.0, spike_trace=False),
            f"{side}pooling",
        )
        convolve = ConvolutionalConnection(
            seen, maps, weight=self.weight * kernels, stride=self.stride, padding=self.padding,
            synapse=ExponentialCurrent(tau=5.0),
        )  # fmt: skip
        net.add_connection(convolve, name=f"{side}convolve")
        # A spike that is heard is one: it takes the membrane beyond its threshold.
        pool = PoolingConnection(
            maps, pooled, kernel_size=self.pool, mode="average" if self.mode == "average" else "max",
            by={"average": None, "rate": "rate", "first spike": "first_spike"}[self.mode],
            synapse=Delta(), weight=20.0,
        )  # fmt: skip
        net.add_connection(pool, name=f"{side}pool")
        layers = dict(zip(_LAYERS, (seen, maps, pooled), strict=True))
        return {name: net.add_monitor(Monitor(layer, ["s"]), f"{side}{name}") for name, layer in layers.items()}


@dataclass(frozen=True, eq=False)
class MapsOutcome(Outcome):
    """What the layers fired.

    image    (rows, columns)
    kernels  by filter
    spikes   by layer, "input" (steps, rows, columns), "convolution" and "pooling" (steps, filters, rows, columns)
    moved    the same of the shifted picture
    """

    experiment: Convolving
    image: U8
    kernels: Mapping[str, npt.NDArray[Any]]
    spikes: Mapping[str, Tensor]
    moved: Mapping[str, Tensor]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """image, kernels, the spikes of input, convolution and pooling, and moved_input, ..."""
        found: dict[str, npt.NDArray[Any]] = {"image": self.image, "kernels": np.stack([*self.kernels.values()])}
        found |= {name: spikes.numpy() for name, spikes in self.spikes.items()}
        return found | {f"moved_{name}": spikes.numpy() for name, spikes in self.moved.items()}

    def counts(self, layer: str) -> Counts:
        """Spikes of every neuron of a layer."""
        return np.asarray(self.spikes[layer].sum(0, dtype=torch.int64).numpy())

    def alike(self, layer: str, place: int) -> float | None:
        """Correlation of a map's counts of both pictures, neuron by neuron; None where one of them is even."""
        one, other = (s[layer][:, place].sum(0).numpy().ravel() for s in (self.spikes, self.moved))
        return float(np.corrcoef(one, other)[0, 1]) if np.ptp(one) and np.ptp(other) else None

    def likeness(self, place: int) -> float | None:
        """Correlation of a map's counts with torch's conv2d of the picture where that is above zero, else zero."""
        e, kernel = self.experiment, torch.from_numpy(np.stack([*self.kernels.values()])[place]).double()
        levels = torch.from_numpy(self.image).double()[None, None]
        answer = torch.nn.functional.conv2d(levels, kernel[None, None], stride=e.stride, padding=e.padding)
        rectified, counts = answer.clamp(min=0).numpy().ravel(), self.counts("convolution")[place].ravel()
        return float(np.corrcoef(rectified, counts)[0, 1]) if np.ptp(rectified) and np.ptp(counts) else None

    def figure(self) -> Figure:
        """Picture, kernel, and what both layers fire, a row for each filter."""
        rows = [
            plotting.FeatureMap(
                title=name,
                kernel=kernel,
                layers={n: self.counts(n)[place] for n in _LAYERS[1:]},
                trains={n: trains(self.spikes[n][:, place]) for n in _LAYERS[1:]},
            )
            for place, (name, kernel) in enumerate(self.kernels.items())
        ]
        return plotting.feature_maps(self.image, self.counts("input"), rows, dt=self.experiment.dt)

    def table(self) -> Table:
        """For each filter the spikes of its maps, how many neurons fire, and how alike both pictures are in them."""
        head = ("", "r with conv2d", *(f"{layer}: {what}" for layer in _LAYERS[1:] for what in _WHAT))
        rows: list[tuple[Cell, ...]] = []
        for place, name in enumerate(self.kernels):
            cells: list[Cell] = [name, self.likeness(place)]
            for layer in _LAYERS[1:]:
                counts = self.counts(layer)[place]
                cells += [float(counts.sum()), 100 * float((counts > 0).mean()), self.alike(layer, place)]
            rows.append(tuple(cells))
        return Table(head, tuple(rows))

    def sentences(self) -> list[str]:
        """What pooling keeps, and what it makes of a shift."""
        e, found = self.experiment, []
        total = {layer: int(self.counts(layer).sum()) for layer in _LAYERS}
        n = {layer: self.counts(layer).size for layer in _LAYERS}
        found.append(
            f"{total['input']} spikes of {n['input']} pixels become {total['convolution']} of {n['convolution']} "
            f"neurons by the convolution, and {total['pooling']} of {n['pooling']} by pooling."
        )
        places = range(len(self.kernels))
        likeness = [r for r in (self.likeness(place) for place in places) if r is not None]
        if likeness:
            found.append(
                f"What the maps fire goes with conv2d of the {e.picture}, cut off below zero: r = {min(likeness):.2f} "
                f"to {max(likeness):.2f}."
            )
        alike = {layer: [self.alike(layer, place) for place in places] for layer in _LAYERS[1:]}
        known = {layer: np.mean([r for r in values if r is not None]) for layer, values in alike.items() if any(values)}
        if len(known) == 2:
            found.append(
                f"When the {e.picture} is moved by {e.shift} pixel{'s' * (e.shift != 1)}, the maps of the convolution "
                f"correlate with the former by {known['convolution']:.2f} on the average, the pooled ones by "
                f"{known['pooling']:.2f}."
            )
        return found


_WHAT = "spikes", "firing (%)", "r after shift"

PHASE9 = Convolving(
    "phase9",
    "Convolution and pooling",
    "What do layers of neurons see that convolve the spikes of an image with filters, and pool the answers?",
)
