"""The panels of a world as figures of Bokeh, without data: the page fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bokeh.embed import json_item
from bokeh.layouts import gridplot
from bokeh.models.annotations.legends import Legend, LegendItem
from bokeh.models.ranges import Range1d
from bokeh.models.sources import ColumnDataSource
from bokeh.plotting import figure

from cnsproject.explore.shown import Panel
from cnsproject.explore.worlds import World
from cnsproject.plotting import colors

_MARKERS = ("square", "triangle")
_DASHES = ("solid", [6, 3])
_HEIGHTS = {"spikes": 220, "lines": 160, "steps": 120}
_SINGLE = 70  # pixels of a raster of one neuron


def figures(sides: Mapping[str, World]) -> dict[str, Any]:
    """The figures of one world, or of two beside each other, as `Bokeh.embed.embed_item` takes them.

    A source is called side/panel/series, the range of the times side/time, that of values as the panel's `scale`
    says: panels that measure the same share it, so that what is larger looks larger.
    """
    heights: dict[str, Range1d] = {}
    columns = []
    for side, world in sides.items():
        times = Range1d(start=0.0, end=1.0, name=f"{side}/time")
        mark = f"{side}: " if len(sides) > 1 else ""
        columns.append([_figure(panel, side, mark, times, heights) for panel in world.panels])
        columns[-1][-1].xaxis.axis_label = "time (ms)"
    rows = [[column[k] if k < len(column) else None for column in columns] for k in range(max(map(len, columns)))]
    grid = gridplot(rows, sizing_mode="stretch_width", toolbar_location="above", toolbar_options={"logo": None})
    return dict(json_item(grid))


def _figure(panel: Panel, side: str, mark: str, times: Range1d, heights: dict[str, Range1d]) -> Any:
    one = panel.drawn == "spikes" and len(panel.series) == 1
    made: Any = figure(
        height=_SINGLE if one else _HEIGHTS[panel.drawn], sizing_mode="stretch_width", title=f"{mark}{panel.title}",
        x_range=times, y_range=heights.setdefault(panel.scale, Range1d(start=0.0, end=1.0, name=panel.scale)),
        tools="xbox_zoom,xpan,reset,save", y_axis_label=panel.axis, min_border_left=70,
    )  # fmt: skip
    items = []
    for place, (series, color) in enumerate(zip(panel.series, colors(len(panel.series)), strict=True)):
        source = ColumnDataSource({"x": [], "y": []}, name=f"{side}/{panel.name}/{series}")
        look = {"source": source, "color": color}
        if panel.drawn == "spikes":
            drawn = made.scatter("x", "y", size=panel.mark, marker=_MARKERS[place], line_color=None, **look)
        elif panel.drawn == "steps":
            drawn = made.step("x", "y", mode="after", line_dash=_DASHES[place], line_width=1.5, **look)
        else:
            drawn = made.line("x", "y", line_dash=_DASHES[place], line_width=1.5, **look)
        items.append(LegendItem(label=series, renderers=[drawn]))
    if len(items) > 1:
        made.add_layout(Legend(items=items, border_line_color=None, margin=4), "right")
    _dress(made, one)
    return made


def _dress(made: Any, one: bool) -> None:
    """Without a frame, with text that can be read beside the page's own."""
    made.outline_line_color = None
    made.grid.grid_line_color = None
    made.title.text_font_size = "13px"
    for axis in made.axis:
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_color = axis.major_label_text_color = "black"
    if one:
        made.yaxis.ticker = []
        made.yaxis.axis_label = None
    else:
        made.yaxis.ticker.desired_num_ticks, made.yaxis.minor_tick_line_color = 4, None
