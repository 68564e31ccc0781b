"""`diagram`: populations and what connects them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cnsproject.errors import ArgumentError, ParameterError, ShapeError, UnknownNameError, nearest
from cnsproject.plotting import _style
from cnsproject.plotting._curves import F64, bow, direction, freest, loop, towards
from cnsproject.plotting._inputs import scalar

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RADIUS = 0.5  # of a population
_ACROSS, _DOWN = 3.2, 2.0  # from population to population
_BEND = 0.14  # of arrows, so that both directions of a pair are seen
_LABELLED = 12  # arrows, at most: the labels of more would lie on each other
_THICKEST, _THINNEST, _OUTSIDE = 4.5, 0.6, 1.2  # points
_ASIDE = 0.38  # how far a direction leans to a side for text to begin there
_DRIVE = 2.3  # how far outside names stand, in radii


@dataclass(frozen=True)
class Node:
    """A population.

    name        as it is shown
    neurons     how many
    inhibitory  None where some are and some are not
    given       whether its spikes are given to it: a box, not a disc
    """

    name: str
    neurons: int
    inhibitory: bool | None = False
    given: bool = False


@dataclass(frozen=True)
class Arrow:
    """What connects two populations, or drives one.

    source      None for what comes from outside; then the label says what it is
    target      names of nodes
    strength    0 or more, in `unit`: the summed weight of a target neuron's synapses; None where nobody knows
    inhibitory  None where some of it is and some is not
    label       lines of text
    """

    source: str | None
    target: str
    strength: float | None = None
    unit: str = "nA"
    inhibitory: bool | None = False
    label: str = ""


def diagram(
    nodes: Sequence[Node],
    arrows: Sequence[Arrow],
    *,
    places: Mapping[str, tuple[float, float]] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Populations as discs, projections as arrows: warm with a head where they excite, cold with a dot if they inhibit.

    The width of an arrow between
    them grows with its strength, up to the strongest of the same unit. Up to 12 arrows have their
    labels. Without `places` two populations stand side by side, excitatory ones that are each followed by an inhibitory
    one in rows of two, others on a ring.

    places  name: (column, row), rows counted from the top
    """
    centres = _places(nodes, places)
    _check(arrows, centres)
    ax = _style.new_panel() if ax is None else ax
    ax.set_aspect("equal")
    ax.set_axis_off()
    colors = {node.name: _style.color_of_sign(node.inhibitory) for node in nodes}
    for node in nodes:
        _draw_node(ax, node, centres[node.name], colors[node.name])
    inner = [arrow for arrow in arrows if arrow.source is not None]
    labelled = len(inner) <= _LABELLED
    taken = {name: _neighbours(name, arrows, centres) for name in centres}
    middle = np.mean(list(centres.values()), axis=0)
    strongest = _strongest(arrows)
    seen: dict[tuple[str, str], int] = {}
    # Strong ones are drawn last, and lie above.
    for arrow in sorted(arrows, key=lambda one: (one.source is None, one.strength or 0.0)):
        width = _width(arrow, strongest.get(arrow.unit, 0.0))
        centre = centres[arrow.target]
        if arrow.source in (None, arrow.target):
            angle = freest(taken[arrow.target], _outward(centre, middle))
            taken[arrow.target].append(angle)
            _outside(ax, arrow, centre, angle, width, labelled or arrow.source is None)
        else:
            assert arrow.source is not None
            pair = arrow.source, arrow.target
            seen[pair] = seen.get(pair, 0) + 1
            _between(ax, arrow, centres[arrow.source], centre, _BEND * (2 * seen[pair] - 1), width, labelled)
    _limits(ax)
    _explain(ax, arrows)
    return ax


# Where what stands


def _places(nodes: Sequence[Node], places: Mapping[str, tuple[float, float]] | None) -> dict[str, F64]:
    names = [node.name for node in nodes]
    if not names:
        raise ShapeError("diagram.nodes", got="none", expected="at least one population", fix="add a layer first")
    if len(set(names)) < len(names):
        raise ArgumentError(
            "diagram.nodes", got=", ".join(names), expected="a name of its own for each", fix="rename one of them"
        )
    if places is not None:
        missing = [name for name in names if name not in places]
        if missing:
            raise UnknownNameError(
                "diagram.places", got=f"no place of {missing[0]!r}", expected="one for each population",
                fix="write places={name: (column, row), ...}",
            )  # fmt: skip
        return {name: np.array([_ACROSS * places[name][0], -_DOWN * places[name][1]]) for name in names}
    pairs = all(
        not one.inhibitory and two.inhibitory for one, two in zip(nodes[::2], nodes[1::2], strict=False)
    ) and not len(names) % 2  # fmt: skip
    if len(names) <= 2 or pairs:
        return {name: np.array([_ACROSS * (k % 2), -_DOWN * (k // 2)]) for k, name in enumerate(names)}
    ring = 0.5 * _ACROSS / np.sin(np.pi / len(names))
    return {name: ring * towards(180.0 - 360.0 * k / len(names)) for k, name in enumerate(names)}


def _check(arrows: Sequence[Arrow], centres: Mapping[str, F64]) -> None:
    for arrow in arrows:
        for name in (arrow.source, arrow.target):
            if name is not None and name not in centres:
                raise UnknownNameError(
                    "diagram.arrows", got=repr(name), expected="one of " + ", ".join(centres),
                    fix=nearest(name, centres),
                )  # fmt: skip
        if arrow.strength is not None and scalar(arrow.strength, "diagram.arrows: strength") < 0:
            raise ParameterError(
                "diagram.arrows: strength", got=f"{arrow.strength:g}", expected="0 or more",
                fix="say by inhibitory=True what lowers",
            )  # fmt: skip


def _neighbours(name: str, arrows: Sequence[Arrow], centres: Mapping[str, F64]) -> list[float]:
    """Directions in which arrows leave a population for others."""
    ends = {end for a in arrows if a.source and name in (a.source, a.target) for end in (a.source, a.target)}
    return [direction(centres[name], centres[other]) for other in centres if other in ends and other != name]


def _outward(centre: F64, middle: F64) -> float:
    """To the side on which a population stands; up in the middle."""
    return {-1.0: 180.0, 0.0: 90.0, 1.0: 0.0}[float(np.sign(np.round(centre - middle, 6)[0]))]


def _strongest(arrows: Sequence[Arrow]) -> dict[str, float]:
    """The largest strength between populations, by unit."""
    most: dict[str, float] = {}
    for arrow in arrows:
        if arrow.source is not None and arrow.strength is not None:
            most[arrow.unit] = max(most.get(arrow.unit, 0.0), arrow.strength)
    return most


def _width(arrow: Arrow, most: float) -> float:
    """Points; those of what comes from outside say nothing."""
    if arrow.source is None:
        return _OUTSIDE
    if arrow.strength is None or not most:
        return _THINNEST
    return _THINNEST + (_THICKEST - _THINNEST) * arrow.strength / most


# Drawing


def _draw_node(ax: Axes, node: Node, centre: F64, color: str) -> None:
    from matplotlib.patches import Circle, FancyBboxPatch

    look: dict[str, Any] = {"facecolor": _style.faint(color), "edgecolor": color, "linewidth": 1.6, "zorder": 3}
    if node.given:
        half = 0.82 * _RADIUS
        corner = tuple(centre - half)
        box = FancyBboxPatch(corner, 2 * half, 2 * half, boxstyle="round,pad=0,rounding_size=0.08", **look)
        ax.add_patch(box)
    else:
        ax.add_patch(Circle(tuple(centre), _RADIUS, **look))
    size = _text_size() * min(1.0, 9.0 / max(1, len(node.name)))
    x, y = map(float, centre)
    ax.text(x, y + 0.05, node.name, ha="center", va="bottom", fontsize=size, weight="bold", zorder=4)
    ax.text(x, y - 0.05, f"{node.neurons}", ha="center", va="top", fontsize=_style.TEXT, zorder=4)


def _between(ax: Axes, arrow: Arrow, start: F64, end: F64, bend: float, width: float, labelled: bool) -> None:
    """An arrow from population to population, with its label in the middle, on the side it is bent to."""
    curve = bow(start, end, (_RADIUS, _RADIUS + _gap(arrow)), bend)
    _line(ax, curve, arrow, width, alpha=1.0 if labelled else min(1.0, 0.3 + 0.7 * width / _THICKEST * 1.5))
    if labelled and arrow.label:
        along = (end - start) / np.hypot(*(end - start))
        _text(ax, curve[len(curve) // 2], np.array([-along[1], along[0]]), arrow.label, arrow)


def _outside(ax: Axes, arrow: Arrow, centre: F64, angle: float, width: float, labelled: bool) -> None:
    """A loop, or an arrow from outside, in some direction from its population."""
    way = towards(angle)
    if arrow.source is None:
        curve = centre + np.outer(np.linspace(_DRIVE * _RADIUS, _RADIUS + _gap(arrow), 20), way)
        place = curve[0]
    else:
        curve = loop(centre, _RADIUS, angle, _gap(arrow))
        place = curve[len(curve) // 2]
    _line(ax, curve, arrow, width)
    if labelled and arrow.label:
        _text(ax, place, way, arrow.label, arrow)


def _gap(arrow: Arrow) -> float:
    """What is left free at the target, for the dot of what inhibits."""
    return 0.09 if arrow.inhibitory else 0.03


def _line(ax: Axes, curve: F64, arrow: Arrow, width: float, alpha: float = 1.0) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    color = _style.color_of_sign(arrow.inhibitory)
    dot = arrow.inhibitory is True
    look: dict[str, Any] = {"arrowstyle": "-" if dot else "-|>", "mutation_scale": 7.0 + 2.0 * width}
    patch = FancyArrowPatch(
        path=Path(curve), color=color, linewidth=width, shrinkA=0.0, shrinkB=0.0, zorder=2, capstyle="butt",
        joinstyle="miter", alpha=alpha, **look,
    )  # fmt: skip
    ax.add_patch(patch)
    ax.update_datalim(curve)
    if dot:
        ax.plot(
            *curve[-1], marker="o", markersize=4.0 + 1.2 * width, color=color, zorder=2.5, linestyle="none", alpha=alpha
        )


def _text(ax: Axes, place: F64, way: F64, text: str, arrow: Arrow) -> None:
    """Text that begins at a place and goes on in a direction."""
    sides = {-1: "right", 0: "center", 1: "left"}, {-1: "top", 0: "center", 1: "bottom"}
    horizontal, vertical = (
        names[int(np.sign(part)) if abs(part) > _ASIDE else 0] for names, part in zip(sides, way, strict=True)
    )
    ax.annotate(
        text, tuple(place), tuple(4.0 * way), textcoords="offset points", ha=horizontal, va=vertical,
        fontsize=_text_size() * 0.85, color=_style.color_of_sign(arrow.inhibitory), zorder=5, linespacing=1.05,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6},
    )  # fmt: skip


def _limits(ax: Axes) -> None:
    """Room for what stands outside of the populations."""
    ax.autoscale_view()
    for limits, set_limits, least in ((ax.get_xlim(), ax.set_xlim, 6.0), (ax.get_ylim(), ax.set_ylim, 3.0)):
        middle, half = sum(limits) / 2.0, max(least, limits[1] - limits[0] + 1.2) / 2.0
        set_limits(middle - half, middle + half)


def _explain(ax: Axes, arrows: Sequence[Arrow]) -> None:
    """What ends and widths mean."""
    most = _strongest(arrows)
    lines = ["arrow: excites, dot: inhibits"] if arrows else []
    if most:
        widest = ", ".join(f"{value:.3g} {unit.replace('uS', 'µS')}" for unit, value in most.items())
        lines.append(f"width: summed weight of a neuron's synapses, at most {widest}")
    ax.text(
        0.5, -0.01, "\n".join(lines), transform=ax.transAxes, ha="center", va="top", fontsize=0.85 * _text_size(),
        color=_style.GUIDE,
    )  # fmt: skip


def _text_size() -> float:
    """Points of the common text size."""
    from matplotlib.font_manager import FontProperties

    return float(FontProperties(size=_style.TEXT).get_size_in_points())
