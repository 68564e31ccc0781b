"""Many runs: grids and samples of parameters, members on threads, processes or a cluster, results as one dataset."""

from cnsproject.sweeps.grid import LatinHypercube, Sobol
from cnsproject.sweeps.run import open_sweep, sweep

__all__ = ["LatinHypercube", "Sobol", "open_sweep", "sweep"]
