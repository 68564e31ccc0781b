"""Diagrams of networks: what stands where, in which colour, and how broad."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from cnsproject import plotting
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, UnknownNameError
from cnsproject.plotting import Arrow, Node
from cnsproject.plotting._curves import bow, direction, freest, loop
from cnsproject.plotting._style import EXCITATORY, GUIDE, INHIBITORY

EI = [Node("exc", 4000), Node("inh", 1000, True)]


def circles(ax: plt.Axes) -> list[Circle]:
    return [patch for patch in ax.patches if isinstance(patch, Circle)]


def arrows(ax: plt.Axes) -> list[FancyArrowPatch]:
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def texts(ax: plt.Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def color(patch: FancyArrowPatch) -> str:
    return to_hex(patch.get_edgecolor()).upper()


def test_populations_are_discs_with_name_and_size() -> None:
    ax = plotting.diagram([*EI, Node("both", 7, None), Node("stimulus", 5, given=True)], [])
    assert [to_hex(c.get_edgecolor()).upper() for c in circles(ax)] == [EXCITATORY, INHIBITORY, GUIDE]
    assert len([p for p in ax.patches if isinstance(p, FancyBboxPatch)]) == 1
    assert {"exc", "4000", "inh", "1000", "both", "7", "stimulus", "5"} <= set(texts(ax))
    assert ax.get_aspect() == 1.0
    assert not ax.axison


def test_what_inhibits_ends_in_a_dot_what_excites_in_a_head() -> None:
    ax = plotting.diagram(EI, [Arrow("exc", "inh", 1.0, label="p = 0.1"), Arrow("inh", "exc", 1.0, inhibitory=True)])
    first, second = arrows(ax)
    assert [color(first), color(second)] == [EXCITATORY, INHIBITORY]
    assert type(first.get_arrowstyle()).__name__ == "CurveFilledB"
    assert type(second.get_arrowstyle()).__name__ == "Curve"
    (dot,) = ax.lines
    assert to_hex(dot.get_color()).upper() == INHIBITORY
    centre = np.array(circles(ax)[0].center)
    x, y = dot.get_xydata()[0]
    assert 0.5 <= np.hypot(x - centre[0], y - centre[1]) <= 0.65  # at the rim of its target
    assert "p = 0.1" in texts(ax)


def test_widths_follow_the_strengths_of_a_unit() -> None:
    nodes = [Node(name, 1) for name in "abcd"]
    strengths = [
        Arrow("a", "b", 10.0),
        Arrow("b", "c", 5.0),
        Arrow("c", "d", 0.0),
        Arrow("d", "a", 1.0, "mV"),
        Arrow("a", "c"),
    ]
    ax = plotting.diagram(nodes, [*strengths, Arrow(None, "a", 1000.0)])
    *inner, outside = sorted(arrows(ax), key=lambda patch: patch.get_linewidth() == 1.2)
    widths = sorted(patch.get_linewidth() for patch in inner)
    assert widths == pytest.approx([0.6, 0.6, 0.5 * (0.6 + 4.5), 4.5, 4.5])
    assert outside.get_linewidth() == 1.2  # says nothing
    assert "at most 10 nA, 1 mV" in texts(ax)[-1]


def test_few_arrows_have_labels_many_have_none() -> None:
    nodes = [Node(name, 1) for name in "abcd"]
    for count in (12, 13):
        pairs = [(a, b) for a in "abcd" for b in "abcd"][:count]
        given_arrows = [Arrow(a, b, 1.0, label=f"{a}{b}") for a, b in pairs]
        shown = texts(plotting.diagram(nodes, [*given_arrows, Arrow(None, "a", label="drive")]))
        assert sum(len(text) == 2 for text in shown) == (12 if count == 12 else 0)
        assert "drive" in shown  # there are not more of these than populations


def test_places() -> None:
    def centres(nodes: list[Node], **given_places: object) -> list[tuple[float, float]]:
        return [tuple(np.round(c.center, 6)) for c in circles(plotting.diagram(nodes, [], **given_places))]

    (left, right) = centres(EI)
    assert left[1] == right[1]
    assert left[0] < right[0]
    layers = centres([Node("2E", 1), Node("2I", 1, True), Node("4E", 1), Node("4I", 1, True)])
    assert layers[0][0] == layers[2][0] < layers[1][0] == layers[3][0]
    assert layers[0][1] == layers[1][1] > layers[2][1] == layers[3][1]
    ring = centres([Node(name, 1) for name in "abcde"])
    assert np.allclose(np.hypot(*np.array(ring).T), np.hypot(*ring[0]))
    chosen = centres(EI, places={"exc": (0, 0), "inh": (0, 1)})
    assert chosen[0][0] == chosen[1][0]
    assert chosen[0][1] > chosen[1][1]


def test_diagrams_that_cannot_be() -> None:
    with pytest.raises(ShapeError, match=r"diagram.nodes: got none"):
        plotting.diagram([], [])
    with pytest.raises(ArgumentError, match="a name of its own"):
        plotting.diagram([Node("a", 1), Node("a", 2)], [])
    with pytest.raises(UnknownNameError, match=r"diagram.arrows: got 'ex'.*exc"):
        plotting.diagram(EI, [Arrow("ex", "inh")])
    with pytest.raises(UnknownNameError, match="no place of 'inh'"):
        plotting.diagram(EI, [], places={"exc": (0, 0)})
    with pytest.raises(ParameterError, match="strength: got -1"):
        plotting.diagram(EI, [Arrow("exc", "inh", -1.0)])
    assert plt.get_fignums() == []


@given(st.floats(-179, 179), st.floats(1.5, 9.0), st.floats(-0.4, 0.4))
def test_arrows_run_from_rim_to_rim(angle: float, length: float, bend: float) -> None:
    start, end = np.zeros(2), length * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    assert direction(start, end) == pytest.approx(angle)
    curve = bow(start, end, (0.5, 0.6), bend)
    assert np.hypot(*curve[0]) == pytest.approx(0.5, abs=0.12)
    assert np.hypot(*(curve[-1] - end)) == pytest.approx(0.6, abs=0.12)
    apart = np.cross(np.append(end, 0) / length, np.column_stack([curve, np.zeros(len(curve))]))[:, 2]
    assert np.abs(apart).max() <= abs(bend) * length + 1e-9  # at most, and on its left for a positive bend
    assert (np.sign(bend) * apart >= -1e-9).all()
    around = loop(end, 0.5, angle, 0.1)
    assert np.hypot(*(around[0] - end)) == pytest.approx(0.5)
    assert np.hypot(*(around[-1] - end)) == pytest.approx(0.6)
    assert (np.hypot(*(around - end).T) >= 0.5 - 1e-9).all()


def test_a_free_direction() -> None:
    assert freest([], 30.0) == 30.0
    assert freest([180.0], 0.0) == 0.0
    assert freest([0.0], 0.0) % 360 in (75.0, 285.0)  # as near as there is room
    assert freest([90.0, -90.0, 0.0], 180.0) == 180.0
    assert freest([90.0, -90.0, 0.0], 0.0) % 360 in (165.0, 195.0)
