"""Progress on a terminal, in a notebook, in a file and in a pipe."""

import io
import os
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from minidraw import Classifier, Draw
from minidraw.progress import make_bar, print_line

TRAIN = """
import numpy as np
from minidraw import Draw
images = np.random.default_rng(0).integers(0, 256, (40, 6, 5), np.uint8)
draw = Draw(glimpses=2, hidden=4, latent=2, read_size=2, write_size=2, batch=20, threads=1)
draw.fit(images, epochs=6, verbose={verbose});
"""
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 6, 5), np.uint8)
TINY = {"glimpses": 2, "hidden": 4, "read_size": 2, "batch": 20, "threads": 1}
MODELS = [Draw(**TINY, latent=2, write_size=2), Classifier(**TINY)]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def in_a_notebook(verbose):
    """Run the training in a notebook; return everything that its cell shows, as text."""
    cell = nbformat.v4.new_code_cell(TRAIN.format(verbose=verbose))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return "".join(output.text for output in notebook.cells[0].outputs)


@pytest.mark.parametrize("model", MODELS, ids=["draw", "classifier"])
def test_a_file_gets_a_line_per_validation(model, capfd):
    model.fit(IMAGES, np.arange(40) % 2, epochs=6)  # one step each
    out, err = capfd.readouterr()
    lines = [line for line in out.splitlines() if not line.startswith("compiling")]
    assert [line.split(": ")[0][6:] for line in lines] == [f"step {k} of 6" for k in range(1, 7)]
    name = "bound" if isinstance(model, Draw) else "error"
    assert all(f": {name} " in line for line in lines) and err == ""
    model.fit(IMAGES, np.arange(40) % 2, epochs=6, verbose=False)
    assert capfd.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_alone(monkeypatch):
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    MODELS[0].fit(IMAGES, epochs=6)
    shown = err.getvalue()
    assert out.getvalue() == "" and "6/6" in shown
    MODELS[0].fit(IMAGES, epochs=6, verbose=False)
    assert out.getvalue() == "" and err.getvalue() == shown


def test_a_file_gets_lines_while_the_terminal_shows_the_bar(monkeypatch):
    out, err = io.StringIO(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    MODELS[0].fit(IMAGES, epochs=6)
    assert out.getvalue().count("step ") == 6 and "6/6" in err.getvalue()


def test_a_notebook_shows_a_bar_and_lines():
    shown = in_a_notebook(verbose=True)
    assert "6/6" in shown and "image + " in shown
    for step in range(1, 7):
        assert f" step {step} of 6: bound " in shown
    assert in_a_notebook(verbose=False) == ""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals on this system")
def test_a_terminal_that_does_not_know_its_size_shows_the_bar():
    ours, theirs = os.openpty()  # 0 x 0, as in a container
    code = "from minidraw.progress import make_bar\nfor _ in make_bar(range(3)): pass"
    subprocess.run([sys.executable, "-c", code], stdout=theirs, stderr=theirs, check=True)
    os.close(theirs)
    assert b"3/3" in os.read(ours, 10_000)
    os.close(ours)


@pytest.mark.parametrize("stream", [None, io.StringIO()], ids=["none", "closed"])
def test_closed_streams_stop_nothing(stream, monkeypatch):
    if stream:
        stream.close()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    with make_bar(total=2) as bar:
        bar.update()
        print_line("half")


def test_a_reader_that_has_gone_stops_nothing(monkeypatch):
    end, start = os.pipe()
    os.close(end)
    with open(start, "w", buffering=1) as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        print_line("nobody reads this")
        monkeypatch.undo()
        with pytest.raises(BrokenPipeError):  # the line is still waiting
            gone.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), start)
