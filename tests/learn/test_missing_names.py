"""After a restart of the kernel, a missing name says which cells to run."""

import nbformat
import pytest
from nbclient import NotebookClient

from minidraw.learn import NotYet
from tests.learn.cells import Notebook

ABOVE = "Run > Run All Above Selected Cell"


def test_a_kernel_says_below_the_error_what_to_run(tmp_path):
    sources = "import minidraw.learn", "images + 1", "bernoulli_cost(images)", "1 / 0"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(
        notebook, allow_errors=True, kernel_name="python3", timeout=120, resources=resources
    ).execute()
    first, second, third = (cell.outputs for cell in notebook.cells[1:])
    assert first[0].ename == "NameError" and f"sets images, run it first; {ABOVE}" in (
        first[1].text.replace("after a restart of the kernel, choose ", "")
    )
    assert "exercise 03.bernoulli_cost takes your function from mine.py" in second[1].text
    assert [output.output_type for output in third] == ["error"]


def test_an_exercise_that_misses_a_name_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotYet, match=f"sets one, run it first;.*{ABOVE}"):
        Notebook().run('@exercise("02.sigmoid")\ndef sigmoid(a):\n    return one / (one + a)\n')
