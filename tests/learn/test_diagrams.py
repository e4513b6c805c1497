"""Boxes and wires: the coloured line lies over the wire and has the given width."""

import pytest

from minidraw.learn.notebook import VERMILION, panels
from minidraw.learn.notebook.diagrams import box, paper, wire


@pytest.fixture
def axes():
    _, axes = panels()
    paper(axes, 4, 2)
    return axes


def test_a_wire_is_grey_and_what_flows_lies_over_it(axes):
    wire(axes, (0, 1), (1, 1), (1, 0), lit=7, text="dh")
    grey, flow = axes.lines
    assert flow.get_linewidth() == 7 and tuple(flow.get_color()) == tuple(VERMILION)
    assert flow.get_zorder() > grey.get_zorder()
    assert "dh" in [text.get_text() for text in axes.texts]


def test_nothing_flows_unless_said(axes):
    wire(axes, (0, 1), (1, 1))
    assert len(axes.lines) == 1


def test_a_lit_box_has_a_thick_border(axes):
    box(axes, 1, 1, "encoder")
    box(axes, 3, 1, "decoder", lit=True)
    dark, lit = axes.patches
    assert lit.get_linewidth() > dark.get_linewidth()
