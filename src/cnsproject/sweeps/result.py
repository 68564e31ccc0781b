"""What a sweep gives: an xarray Dataset that draws itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray
from xarray.plot.accessor import DatasetPlotAccessor

from cnsproject import plotting
from cnsproject.errors import StateError, UnknownNameError, nearest
from cnsproject.plotting import Swept
from cnsproject.sweeps.collected import DONE, FAILED, Collected, Column
from cnsproject.sweeps.grid import MEMBER, Grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ERROR = "error"


class Sweep(xarray.Dataset):  # type: ignore[no-untyped-call]
    """A Dataset over the swept parameters; `.plot()` draws it.

    Coordinates and variables have their units in `attrs["units"]`, and the dataset its origin in
    `attrs["provenance"]` (JSON). `error` tells why a member failed, "" where it did not, where any did.
    """

    __slots__ = ()

    @property
    def plot(self) -> SweepPlot:  # type: ignore[override]
        """Draw it: `found.plot("rate")`; xarray's own figures are there too: `found.plot.scatter(x="J1", y="rate")`."""
        return SweepPlot(self)


class SweepPlot(DatasetPlotAccessor):
    """`sweep.plot`."""

    def __call__(self, name: str | None = None) -> Figure:  # type: ignore[override]
        """Draw a measure over what was swept.

        Lines over one parameter, maps over two, rows of maps over three or more; points over every parameter where
        members lie on no grid. Populations are lines, or maps beside each other.

        name  of the variable; the first one when None
        """
        data: xarray.Dataset = self._ds
        swept = [dim for dim in data.attrs.get("dims", ()) if dim in data.dims]
        shown = [str(n) for n, v in data.data_vars.items() if v.dtype.kind in "biuf" and set(swept) & set(v.dims)]
        if not shown:
            raise StateError(
                "Sweep.plot()", got="no numbers over what was swept", expected="a measure", fix="look at .error"
            )
        if name is not None and name not in shown:
            raise UnknownNameError(
                "Sweep.plot(name)", got=repr(name), expected="one of " + ", ".join(shown), fix=nearest(name, shown)
            )
        variable = data[name or shown[0]]
        across = [dim for dim in swept if dim in variable.dims]
        others = [dim for dim in variable.dims if dim not in across]
        values = variable.transpose(*across, *others).values
        values = values.reshape(*values.shape[: len(across)], -1)
        names = [""] if not others else variable.isel(dict.fromkeys(across, 0)).stack(panel=others)["panel"].values
        axes = [data[each] for each in (data.attrs["parameters"] if across == [MEMBER] else across)]
        return plotting.swept(
            np.asarray(values, np.float64),
            [Swept(str(axis.name), axis.values, axis.attrs.get("units", "")) for axis in axes],
            Swept(str(variable.name), np.array([_text(each) for each in names]), variable.attrs.get("units", "")),
            scattered=across == [MEMBER],
        )


def dataset(grid: Grid, found: Collected, about: Mapping[str, Any]) -> Sweep:
    """The results of the members of a grid."""
    coords: dict[str, Any] = {
        axis.name: (MEMBER if grid.columns else axis.name, list(axis.values), _units(axis.unit)) for axis in grid.axes
    }
    for column in found.columns.values():
        coords |= {dim: (dim, list(labels)) for dim, labels in column.labels.items() if dim not in coords}
    data: dict[str, Any] = {}
    for name, column in found.columns.items():
        dims = tuple(f"{dim} of {name}" if dim in grid.dims else dim for dim in column.dims)
        shape = *grid.shape, *column.values.shape[1:]
        own = f"measured {name}" if name in (*coords, MEMBER) else name  # a parameter may be called rate too
        data[own] = ((*grid.dims, *dims), _whole(column, found).reshape(shape), _units(column.unit))
    if (found.state == FAILED).any():
        errors = [found.failures[n].error if n in found.failures else "" for n in range(len(found.state))]
        data[_ERROR] = (grid.dims, np.array(errors, dtype=object).reshape(grid.shape), {})
    attrs = {"dims": list(grid.dims), "parameters": [axis.name for axis in grid.axes], "provenance": json.dumps(about)}
    return Sweep(data, coords, attrs)


def _whole(column: Column, found: Collected) -> Any:
    """The values, where whole numbers are missing as floats with NaN."""
    values = column.values
    if values.dtype.kind in "bui" and (found.state != DONE).any() and values.ndim < 3:
        values = values.astype(np.float64)
        values[found.state != DONE] = np.nan
    return values


def _units(unit: str) -> dict[str, str]:
    return {"units": unit} if unit else {}


def _text(label: object) -> str:
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)
