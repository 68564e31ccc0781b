"""`spectral_radius`: how strong the recurrent weights of a network are, as one number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.analysis.balance import outermost_eigenvalues, predicted_radius
from cnsproject.analysis.diffusion import lif_response
from cnsproject.analysis.mean_field import stationary_states
from cnsproject.checks import named_arguments
from cnsproject.errors import ArgumentError
from cnsproject.network.network import Network
from cnsproject.network.sparse import Connection
from cnsproject.studies.account import accounted
from cnsproject.studies.batch import F64
from cnsproject.studies.result import Result, amount
from cnsproject.studies.theory import jump_of_weight, network_of, read_populations, signed_weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class SpectralRadius(Result):
    """The outermost eigenvalues of the matrix of weights between all neurons, and what theory says of them.

    names        of the populations, in the order of the matrix
    neurons      in all
    eigenvalues  the largest first: all of a small network, else a few of the outermost
    predicted    radius of the disc that holds nearly all of them
    apart        size of the largest eigenvalue that stands outside of it by theory; 0 for none
    unit         of a weight; "1" for effective weights
    """

    names: tuple[str, ...]
    neurons: int
    eigenvalues: npt.NDArray[np.complex128]
    predicted: float
    apart: float
    unit: str

    @property
    def radius(self) -> float:
        """The size of the largest eigenvalue."""
        return float(np.abs(self.eigenvalues[0]))

    def __str__(self) -> str:
        apart = f", one apart of size {amount(self.apart, self.unit, '.4g')}" if self.apart else ""
        return (
            f"spectral radius of {', '.join(self.names)} ({self.neurons} neurons): "
            f"{amount(self.radius, self.unit, '.4g')}, predicted a disc of {amount(self.predicted, self.unit, '.4g')}"
            + apart
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The eigenvalues in the plane, and the predicted circle."""
        unit = "" if self.unit == "1" else self.unit
        alone = ax is None
        ax = plotting.eigenvalues(self.eigenvalues, self.predicted, unit=unit, ax=ax)
        return plotting.legend(ax) if alone else ax

    def columns(self) -> Mapping[str, F64]:
        """Real and imaginary parts."""
        behind = "" if self.unit == "1" else f" ({self.unit})"
        return {f"real part{behind}": self.eigenvalues.real, f"imaginary part{behind}": self.eigenvalues.imag}


@named_arguments
@accounted
def spectral_radius(net: Network, *, effective: bool = False) -> SpectralRadius:
    """The spectral radius of the weights between all neurons of a network, computed, and predicted by theory.

    Row i and column j of the matrix is the weight of the synapses from neuron j to neuron i, negative where j is
    inhibitory. It is never made dense above 300 neurons; beyond, the radius is right to 1 %. The prediction is that of
    `analysis.predicted_radius`, from means and variances of the entries of every pair of populations.

    effective  whether weights are multiplied by what the rate of the target answers, tau*N_mu*J: the change of the rate
               of a neuron per change of that of another, at the stationary state of `mean_field`. Where the disc
               reaches beyond 1, small differences between neurons grow (Ostojic 2014)

    Raises ArgumentError for a network without connections between its populations, or with weights in several units.

    Rajan & Abbott 2006, Phys. Rev. Lett. 97:188104; Ostojic 2014, Nat. Neurosci. 17:594.
    """
    import scipy.sparse

    network_of("spectral_radius", net)
    between = [c for c in net.connections.values() if isinstance(c, Connection)]
    used = {id(end) for c in between for end in (c.pre, c.post)}
    names = tuple(name for name, layer in net.layers.items() if id(layer) in used)
    units = {c.arrival_unit for c in between}
    if len(units) != 1:
        raise ArgumentError(
            "spectral_radius(net)",
            got="no cns.Connection" if not units else "weights in " + " and ".join(sorted(units)),
            expected="connections between populations, with weights in one unit", fix="use one kind of synapse",
        )  # fmt: skip
    sizes = [net.layers[name].n for name in names]
    first = dict(zip((id(net.layers[name]) for name in names), np.cumsum([0, *sizes[:-1]]), strict=True))
    gains = _gains(net) if effective else {}
    matrix: Any = scipy.sparse.csr_array((sum(sizes), sum(sizes)))
    for connection in between:
        sources, targets, weights = signed_weights(connection)
        rows, columns = targets + first[id(connection.post)], sources + first[id(connection.pre)]
        scaled = weights * gains.get(id(connection), 1.0)
        matrix = matrix + scipy.sparse.csr_array(scipy.sparse.coo_array((scaled, (rows, columns)), shape=matrix.shape))
    radius, apart = predicted_radius(sizes, *_statistics(matrix, sizes))
    run = {"seed": net.seed, "dt": net.dt, "executor": asdict(net.executor)}
    return SpectralRadius(
        names, sum(sizes), outermost_eigenvalues(matrix), radius, apart, "1" if effective else units.pop(),
        provenance=run,
    )  # fmt: skip


def _statistics(matrix: Any, sizes: list[int]) -> tuple[F64, F64]:
    """Means and variances of the entries, for every pair of populations."""
    edges = np.cumsum([0, *sizes])
    means, variances = np.zeros((2, len(sizes), len(sizes)))
    for a in range(len(sizes)):
        rows = matrix[edges[a] : edges[a + 1]]
        for b in range(len(sizes)):
            block, count = rows[:, edges[b] : edges[b + 1]], sizes[a] * sizes[b]
            means[a, b] = block.sum() / count
            variances[a, b] = block.power(2).sum() / count - means[a, b] ** 2
    return means, variances


def _gains(net: Network) -> dict[int, float]:
    """What a connection's weights are multiplied by: the change of the rate of a target per rate of a source."""
    names, populations = read_populations("spectral_radius", net, {})
    states = stationary_states(populations)
    state = ([one for one in states if one.growth < 0.0] or states)[-1]
    of_mu = lif_response(0.0, state.mu, state.sigma, populations.cells)[0].real
    tau = np.asarray(populations.cells.tau)
    places = {id(net.layers[name]): k for k, name in enumerate(names)}
    gains = {}
    for name, connection in net.connections.items():
        if isinstance(connection, Connection):
            k = places[id(connection.post)]
            gains[id(connection)] = float(
                1e-3 * tau[k] * of_mu[k] * jump_of_weight("spectral_radius", name, connection)
            )
    return gains
