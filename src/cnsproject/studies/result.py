"""`Result`: what every study returns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.errors import MissingExtraError

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

F64 = npt.NDArray[np.float64]


class Result(ABC):
    """The data of a study, with what one does with it: look at it, draw it, take it elsewhere."""

    @abstractmethod
    def __str__(self) -> str:
        """The result in a line or two."""

    def __repr__(self) -> str:
        return f"<{self}>"

    @abstractmethod
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the result into `ax`, or into a new figure; returns the axes that was drawn into."""

    @abstractmethod
    def columns(self) -> Mapping[str, npt.NDArray[Any]]:
        """The data as columns of one length, each named with its unit, such as "current (nA)"."""

    def to_pandas(self) -> pandas.DataFrame:
        """The data as a table, its columns named with their units. Raises MissingExtraError without pandas."""
        try:
            import pandas
        except ImportError:
            raise MissingExtraError(
                f"{type(self).__name__}.to_pandas()", got="no pandas", expected="pandas to be installed",
                fix="pip install 'cnsproject[io]', or use columns()",
            ) from None  # fmt: skip
        return pandas.DataFrame(dict(self.columns()))
