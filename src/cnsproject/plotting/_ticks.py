"""The spikes of one population as vertical ticks. Imports matplotlib: import this module only when drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.artist import allow_rasterization
from matplotlib.lines import Line2D

if TYPE_CHECKING:
    from matplotlib.backend_bases import RendererBase

    from cnsproject.plotting._inputs import Floats

SHORTEST, LONGEST = 3.0, 24.0
"""Bounds of a tick in points: below 3 it is a dot that disappears on screen, above 24 it looks like a bar."""

THINNEST, THICKEST = 0.75, 1.2
"""Bounds of its width in points; short ticks are thin, so that they still look like ticks."""

FILL = 0.8
"""Part of the row height that a tick fills, so that neighbouring rows stay apart."""


class SpikeTicks(Line2D):
    """Ticks whose length follows the row height at the moment of drawing.

    The row height in points is known only then: figure size, limits and layout may all change after the call that
    made the ticks. `first_row` and `rows` say which rows belong to the population, spikes or not.
    """

    def __init__(self, x: Floats, y: Floats, *, first_row: int, rows: int, color: str, label: str) -> None:
        super().__init__(
            x,
            y,
            linestyle="none",
            marker="|",
            color=color,
            label=label,
            zorder=3,  # above the frame: a spike in step 0 lies on the y axis
        )
        self.first_row, self.rows = first_row, rows

    def tick_length(self) -> float:
        """Length in points that fits the rows of the axes as they are now."""
        assert self.axes is not None
        (_, low), (_, high) = self.axes.transData.transform([(0.0, 0.0), (0.0, 1.0)])
        row = abs(high - low) * 72.0 / self.axes.figure.dpi
        return float(min(max(FILL * row, SHORTEST), LONGEST))

    @allow_rasterization  # type: ignore[untyped-decorator]
    def draw(self, renderer: RendererBase) -> None:
        """Draw with the length that fits now."""
        length = self.tick_length()
        self.set_markersize(length)
        self.set_markeredgewidth(min(max(length / 4.0, THINNEST), THICKEST))
        super().draw(renderer)
