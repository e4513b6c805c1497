"""The decorator on a stub, in cells that run twice or out of order."""

from pathlib import Path

import numpy as np
import pytest

from minidraw import layers
from minidraw.learn import NotYet, own_functions
from minidraw.learn.exercises import lesson_05
from minidraw.learn.notebook import decorator
from tests.learn.cells import Notebook

MINE = Path("mine.py")

STUB = """
@exercise("05.softmax_backward")
def softmax_backward(dF, F):
    raise NotImplementedError
"""
RIGHT = STUB.replace(
    "raise NotImplementedError", "return F * (dF - (dF * F).sum(axis=2, keepdims=True))  # so"
)
WRONG = STUB.replace("raise NotImplementedError", "return F * dF")
WHOLE = """
@exercise("05.filterbank_backward")
def filterbank_backward(dF, cache):
    F, dist, offset, var = cache
    dz = softmax_backward(dF, F)
    dmu = (dz * dist).sum(axis=2) / var[:, None]
    dvar = (dz * dist**2).sum(axis=(1, 2)) / (2 * var**2)
    return dmu.sum(axis=1), (dmu * offset).sum(axis=1), dvar
"""


@pytest.fixture
def notebook():
    return Notebook()


def test_an_unwritten_stub_is_replaced_by_the_packages_function(notebook):
    printed = notebook.run(STUB)
    goes_on = "The lesson goes on with minidraw's function."
    assert printed == f"05.softmax_backward: not written yet. {goes_on}\n"
    assert notebook.names["softmax_backward"] is lesson_05.softmax_backward
    assert not MINE.exists()


def test_a_right_answer_is_used_and_saved(notebook):
    assert notebook.run(RIGHT) == "05.softmax_backward: right. Saved to mine.py.\n"
    assert notebook.names["softmax_backward"].__module__ == "__main__"
    theirs = own_functions.load_functions()["softmax_backward"]
    dF, F = np.random.default_rng(0).random((2, 3, 5, 7))
    np.testing.assert_allclose(theirs(dF, F), lesson_05.softmax_backward(dF, F))
    assert "# so" in MINE.read_text() and "exercise(" not in MINE.read_text()


def test_a_wrong_answer_stops_and_is_not_saved(notebook):
    with pytest.raises(NotYet, match="flows through the normaliser") as stopped:
        notebook.run(WRONG)
    message = str(stopped.value)
    for part in ("du[", "the finite difference gives", "(3, 5, 7)", 'hint("05.softmax_backward")'):
        assert part in message
    assert notebook.names["softmax_backward"] is lesson_05.softmax_backward  # cells below run on
    assert not MINE.exists()


def test_our_own_traceback_is_hidden(notebook):
    with pytest.raises(NotYet) as stopped:
        notebook.run(WRONG)
    assert stopped.value._render_traceback_() == str(stopped.value).splitlines()
    assert stopped.value.__suppress_context__


@pytest.mark.parametrize("cells", [(STUB, STUB), (STUB, STUB, STUB), (WHOLE, STUB, WHOLE, STUB)])
def test_the_packages_function_never_becomes_a_pass(notebook, cells):
    """The name in the notebook is the package's function after the first run."""
    notebook.run("from minidraw.learn.exercises.lesson_05 import softmax_backward")
    for cell in cells:
        notebook.run(cell)
    assert "def softmax_backward" not in (MINE.read_text() if MINE.exists() else "")


@pytest.mark.parametrize(
    "body",
    [
        "return filterbank_backward(dF, cache)",
        "return layers.filterbank_backward(dF, cache)",
        "return tuple(layers.filterbank_backward(dF, cache))",
        "from minidraw.layers import filterbank_backward as f; return f(dF, cache)",
        "return [2 * g / 2 for g in layers.filterbank_backward(dF, cache)]",
    ],
)
def test_calling_the_package_does_not_pass(notebook, body):
    notebook.run("from minidraw import layers")
    cell = f"@exercise('05.filterbank_backward')\ndef filterbank_backward(dF, cache):\n    {body}\n"
    notebook.run(cell.replace(body, "raise NotImplementedError"))
    for _ in range(2):
        assert "calls minidraw's own filterbank_backward" in notebook.run(cell)
        assert notebook.names["filterbank_backward"] is layers.filterbank_backward
    assert not MINE.exists()


def test_calling_ones_own_earlier_version_is_not_saved(notebook):
    notebook.run(RIGHT)
    before = MINE.read_text()
    printed = notebook.run(
        STUB.replace("raise NotImplementedError", "return softmax_backward(dF, F)")
    )
    assert "Not saved" in printed and "RecursionError" in printed
    assert MINE.read_text() == before


def test_an_answer_may_use_an_earlier_one(notebook):
    """The file imports the package's function until it holds the learner's own."""
    notebook.run("from minidraw.learn.exercises.lesson_05 import softmax_backward")
    assert "Saved" in notebook.run(WHOLE)
    line = "from minidraw.learn.exercises.lesson_05 import softmax_backward\n"
    assert line in MINE.read_text()
    notebook.run(RIGHT)
    assert line not in MINE.read_text()
    assert own_functions.load_functions()["softmax_backward"].__module__ == "mine"
    assert "Saved" in notebook.run(WHOLE)


def test_what_an_earlier_answer_calls_is_no_borrowing(notebook):
    """The learner's gates may call minidraw's sigmoid, and so may the step that calls them."""
    notebook.run("from minidraw.layers import linear, sigmoid")
    gates = """
@exercise("08.lstm_gates")
def lstm_gates(a, c_prev):
    i, f, o = np.split(sigmoid(a[:, : 3 * c_prev.shape[1]]), 3, axis=1)
    c = f * c_prev + i * np.tanh(a[:, 3 * c_prev.shape[1] :])
    return (o * np.tanh(c), c), None
"""
    step = """
@exercise("08.lstm")
def lstm(x, h_prev, c_prev, W, b):
    a, _ = linear(np.hstack([h_prev, x]), W, b)
    return lstm_gates(a, c_prev)
"""
    assert "08.lstm_gates: right (" in notebook.run(gates)
    assert "08.lstm: right (" in notebook.run(step)
    borrowed = step.replace("lstm_gates(a, c_prev)", "layers.lstm(x, h_prev, c_prev, W, b)")
    notebook.run("from minidraw import layers")
    assert "calls minidraw's own lstm." in notebook.run(borrowed)


def test_a_later_version_replaces_the_saved_one(notebook):
    notebook.run(RIGHT)
    notebook.run(RIGHT.replace("# so", "# better"))
    text = MINE.read_text()
    assert text.count("def softmax_backward") == 1 and "# better" in text and "# so" not in text
    with pytest.raises(NotYet):
        notebook.run(WRONG)
    assert MINE.read_text() == text


def test_a_name_that_only_the_notebook_has_is_reported(notebook):
    notebook.run("keep = [True]")
    cell = STUB.replace(
        "raise NotImplementedError",
        "return F * (dF - (dF * F).sum(axis=2, keepdims=keep[0]))",
    )
    assert "Not saved: it uses keep, which exists only in this notebook" in notebook.run(cell)
    assert not MINE.exists()


def test_helpers_and_imports_are_saved_too(notebook):
    notebook.run("import math\ndef part(dF, F):\n    return math.fsum(dF * F)\n")
    cell = STUB.replace(
        "raise NotImplementedError",
        "return F * (dF - (dF * F).sum(axis=2, keepdims=True) + 0 * part(F[0, 0], F[0, 0]))",
    )
    assert "Saved" in notebook.run(cell)
    assert "import math\n" in MINE.read_text() and "def part" in MINE.read_text()


def test_code_that_raises_is_shown_with_its_line_and_shapes(notebook):
    cell = WHOLE.replace("var[:, None]", "var")
    notebook.run(RIGHT)
    with pytest.raises(NotYet) as stopped:
        notebook.run(cell)
    message = str(stopped.value)
    assert "dmu = (dz * dist).sum(axis=2) / var" in message
    assert "ValueError" in message and "could not be broadcast" in message
    assert "dF (3, 5, 7)" in message and "dz (3, 5, 7)" in message and "var (3,)" in message


@pytest.mark.parametrize(
    "body, words",
    [
        ("F *= dF; return F", "it changes its input F in place"),
        (
            "dF -= (dF * F).sum(axis=2, keepdims=True); return F * dF",
            "it changes its input dF in place",
        ),
        ("pass", "returns nothing"),
        ("return (F * dF,)", "it returns a tuple of length 1; it should return du"),
        ("return 'F'", "du is a single str"),
    ],
)
def test_other_ways_to_be_wrong(notebook, body, words):
    with pytest.raises(NotYet, match="not right yet") as stopped:
        notebook.run(STUB.replace("raise NotImplementedError", body))
    assert words in str(stopped.value)


def test_float32_is_right_to_its_roundoff(notebook):
    body = "return (F * (dF - (dF * F).sum(axis=2, keepdims=True))).astype(np.float32)"
    printed = notebook.run(STUB.replace("raise NotImplementedError", body))
    assert "right (its numbers are float32, and right to float32 precision)" in printed
    wrong = body.replace("F * (dF", "1.001 * F * (dF")
    with pytest.raises(NotYet):
        notebook.run(STUB.replace("raise NotImplementedError", wrong))


def test_a_backward_may_expect_the_cache_of_the_learners_own_forward(notebook):
    notebook.run("""
@exercise("04.filterbank")
def filterbank(center, stride, var, *, K, A):
    offset = np.arange(K) - (K - 1) / 2
    dist = np.arange(A) - (center[:, None] + offset * stride[:, None])[:, :, None]
    z = -dist**2 / (2 * var[:, None, None])
    e = np.exp(z - z.max(axis=2, keepdims=True))
    F = e / e.sum(axis=2, keepdims=True)
    return F, (var, F, dist, offset)
""")
    own = WHOLE.replace("F, dist, offset, var = cache", "var, F, dist, offset = cache")
    notebook.run(RIGHT)
    assert "right. Saved" in notebook.run(own)
    # A backward for the package's cache passes, but not together with that forward.
    assert (
        "right (it fits minidraw's cache, but not the cache that your own forward returns)"
        in notebook.run(WHOLE)
    )


def test_a_file_that_does_not_run_is_left_alone(notebook):
    MINE.write_text("def broken(:\n")
    printed = notebook.run(RIGHT)
    assert "mine.py doesn't run: SyntaxError" in printed and "Not saved" in printed
    assert MINE.read_text() == "def broken(:\n"


def test_the_name_must_be_the_packages(notebook):
    with pytest.raises(NotYet, match="must be named softmax_backward"):
        notebook.run(RIGHT.replace("def softmax_backward", "def mine"))


def test_an_unknown_exercise_names_the_nearest(notebook):
    with pytest.raises(ValueError, match="did you mean 05.softmax_backward"):
        notebook.run(RIGHT.replace("05.softmax_backward", "05.softmax_backwards"))


def test_hints_come_one_by_one_and_end_with_the_file(capsys, monkeypatch):
    monkeypatch.setattr(decorator, "_hints_given", {})
    for _ in range(3):
        decorator.hint("05.filterbank_backward")
    said = capsys.readouterr().out
    assert "minidraw/layers" not in said and "ask again for the file" in said
    decorator.hint("05.filterbank_backward")
    said = capsys.readouterr().out
    assert "filterbank_backward in " in said and "attention.py" in said


def test_what_stands_at_the_top_of_the_file_stays(notebook):
    notebook.run(RIGHT)
    text = MINE.read_text()
    MINE.write_text(
        text.replace("import numpy as np\n", "import numpy as np\n\nmine = 3  # kept\n")
    )
    notebook.run(RIGHT)
    assert "mine = 3  # kept" in MINE.read_text()
    assert MINE.read_text().count("import numpy as np") == 1


OWN_STEP = '''
@exercise("08.lstm")
def lstm(x, h_prev, c_prev, W, b):
    """Its cache is a dict."""
    a, linear_cache = linear(np.concatenate([h_prev, x], axis=1), W, b)
    out, gates_cache = lstm_gates(a, c_prev)
    return out, {"H": h_prev.shape[1], "linear": linear_cache, "gates": gates_cache}


@exercise("08.lstm_backward")
def lstm_backward(dout, cache):
    da, dc_prev = lstm_gates_backward(dout, cache["gates"])
    djoined, dW, db = linear_backward(da, cache["linear"])
    return djoined[:, cache["H"] :], djoined[:, : cache["H"]], dc_prev, dW, db
'''
OWN_SEQUENCE = """
from minidraw.layers import lstm_backward

@exercise("09.lstm_sequence_backward")
def lstm_sequence_backward(dhs, cache):
    dh, dc = np.zeros_like(dhs[0]), np.zeros_like(dhs[0])
    dx, dW, db = [], 0, 0
    for dh_t, step in zip(dhs[::-1], cache.steps[::-1]):
        dx_t, dh, dc, dW_t, db_t = lstm_backward((dh + dh_t, dc), step)
        dx.append(dx_t)
        dW, db = dW + dW_t, db + db_t
    return np.array(dx[::-1]), dh, dc, dW, db
"""


def test_an_earlier_function_with_a_cache_of_its_own_serves_later_ones(notebook):
    """The lesson's forward calls the learner's step, whose backward needs its own cache."""
    notebook.run("import numpy as np\nfrom minidraw.layers import linear, linear_backward")
    notebook.run("from minidraw.layers import lstm_gates, lstm_gates_backward")
    said = notebook.run(OWN_STEP)
    assert said.count("Saved to mine.py.") == 2
    assert "right (its cache differs from minidraw's, so you need your own backward too)" in said
    assert "right. Saved to mine.py." in Notebook().run(f"import numpy as np\n{OWN_SEQUENCE}")


def test_two_outputs_in_each_others_place(notebook):
    swapped = WHOLE.replace(
        "return dmu.sum(axis=1), (dmu * offset).sum(axis=1), dvar",
        "return (dmu * offset).sum(axis=1), dmu.sum(axis=1), dvar",
    )
    notebook.run("from minidraw.learn.exercises.lesson_05 import softmax_backward")
    with pytest.raises(NotYet, match="these two are swapped") as stopped:
        notebook.run(swapped)
    assert "Inputs: dF (" in str(stopped.value)


HELPED = """
def part(x):
    return {part}

@exercise("{id}")
def {name}({arguments}):
    return {value}
"""
CHAIN = {"id": "01.chain_backward", "name": "chain_backward", "arguments": "dy, x"}
TWICE = {"id": "01.twice_backward", "name": "twice_backward", "arguments": "dy, x"}


def test_helpers_of_the_same_name_are_kept_apart(notebook):
    notebook.run(HELPED.format(part="2 * x", value="dy * np.cos(x**2) * part(x)", **CHAIN))
    notebook.run(HELPED.format(part="np.exp(x)", value="dy * (1 + x) * part(x)", **TWICE))
    assert "def part(" in MINE.read_text() and "def twice_backward_part(" in MINE.read_text()
    theirs = own_functions.load_functions()
    x, dy = np.random.default_rng(0).standard_normal((2, 5))
    np.testing.assert_allclose(theirs["chain_backward"](dy, x), dy * np.cos(x**2) * 2 * x)
    np.testing.assert_allclose(theirs["twice_backward"](dy, x), dy * (1 + x) * np.exp(x))
    # Another version of the first helper stays apart too.
    notebook.run(HELPED.format(part="x + x", value="dy * part(x) * np.cos(x * x)", **CHAIN))
    theirs = own_functions.load_functions()
    np.testing.assert_allclose(theirs["twice_backward"](dy, x), dy * (1 + x) * np.exp(x))


def test_a_save_says_what_it_breaks(notebook):
    notebook.run("""
@exercise("04.filterbank")
def filterbank(center, stride, var, *, K, A):
    offset = np.arange(K) - (K - 1) / 2
    dist = np.arange(A) - (center[:, None] + offset * stride[:, None])[:, :, None]
    z = -dist**2 / (2 * var[:, None, None])
    e = np.exp(z - z.max(axis=2, keepdims=True))
    F = e / e.sum(axis=2, keepdims=True)
    return F, (F, dist, offset, var)
""")
    notebook.run(RIGHT)
    assert notebook.run(WHOLE).endswith("Saved to mine.py.\n")
    printed = notebook.run("""
@exercise("04.filterbank")
def filterbank(center, stride, var, *, K, A):
    offset = np.arange(K) - (K - 1) / 2
    dist = np.arange(A) - (center[:, None] + offset * stride[:, None])[:, :, None]
    z = -dist**2 / (2 * var[:, None, None])
    e = np.exp(z - z.max(axis=2, keepdims=True))
    F = e / e.sum(axis=2, keepdims=True)
    return F, (var, F)
""")
    assert "But 05.filterbank_backward, saved earlier, is not right together with it" in printed


def test_an_unwritten_stub_goes_on_with_the_saved_function(notebook):
    notebook.run(RIGHT)
    again = Notebook()  # after a restart
    assert "The lesson goes on with yours from mine.py" in again.run(STUB)
    assert again.names["softmax_backward"].__module__ == "mine"
