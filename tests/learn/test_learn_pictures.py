"""Pictures in a notebook: text alternatives reach the reader, sliders have the right steps."""

import re
import sys

import IPython.display
import ipywidgets
import numpy as np
import pytest

from minidraw.learn.notebook import pictures


@pytest.fixture
def shown(monkeypatch):
    """What was handed to the notebook."""
    found = []
    monkeypatch.setattr(IPython.display, "display", lambda *data, **more: found.append(data[0]))
    return found


@pytest.fixture(autouse=True)
def captions(monkeypatch):
    words = {"caption": "A {what}.", "alt": 'Three squares, "white" & in a row.'}
    film = words | {"caption": "A caption."}
    monkeypatch.setattr(pictures, "_read_captions", lambda: {"0.1": words, "0.2": film})


def drawn():
    figure, axes = pictures.panels()
    pictures.picture(axes, np.eye(3))
    pictures.show(figure, "0.1", what="caption")


def filmed():
    frames = [np.full((4, 4, 3), grey, np.uint8) for grey in (0, 255)]
    pictures.movie(frames, "0.2")


@pytest.mark.parametrize(("make", "kind"), [(drawn, "image/png"), (filmed, "image/gif")])
def test_a_picture_carries_its_words(make, kind, shown):
    make()
    data, caption = shown
    words = "Three squares, &quot;white&quot; &amp; in a row."
    source = re.escape(f"data:{kind};base64,{data[kind]}")
    assert re.fullmatch(f'<img src="{source}" alt="{re.escape(words)}">', data["text/html"])
    assert data["text/plain"] == 'Three squares, "white" & in a row.'
    assert caption.data == "*A caption.*"


def test_a_slider_of_whole_numbers_moves_by_one(shown):
    seen = []
    pictures.sliders(lambda a, b: seen.append((a, b)), a=(0, 8, 3, 1), b=(0, 1, 0.5))
    whole, fine, _ = shown[0].children
    assert isinstance(whole, ipywidgets.IntSlider) and whole.step == 1
    assert isinstance(fine, ipywidgets.FloatSlider) and fine.step == 1 / 40
    assert seen == [(3, 0.5)]


def test_without_ipywidgets_the_first_values_are_shown(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # as if it weren't installed
    seen = []
    pictures.sliders(
        lambda whole, fine: seen.append((whole, fine)), whole=(0, 9, 3, 1), fine=(0, 1, 0.5)
    )
    assert seen == [(3, 0.5)] and "pip install ipywidgets" in capsys.readouterr().out
