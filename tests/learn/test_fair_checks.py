"""Right answers in unusual styles are accepted, wrong ones refused, and the message is true."""

import numpy as np
import pytest

from minidraw import layers
from minidraw.learn import NotYet, own_functions
from minidraw.learn.checking.judge import judge
from minidraw.learn.exercises import all_exercises
from tests.learn.cells import Notebook
from tests.learn.mutations import EXERCISES, allow_answer, alter


@pytest.fixture
def notebook():
    return Notebook()


LINEAR = """
@exercise("02.linear")
def linear(x, W, b):
    if len(x) == 1:
        return x @ W + b, (x, W)
    first, _ = linear(x[:1], W, b)
    rest, _ = linear(x[1:], W, b)
    return np.concatenate([first, rest]), (x, W)
"""


@pytest.mark.parametrize("before", ["", "from minidraw.layers import linear", "linear = None"])
def test_a_function_may_call_itself(notebook, before):
    notebook.run(before)
    assert "02.linear: right. Saved" in notebook.run(LINEAR)
    assert "linear" in own_functions.load_functions()


def test_imports_and_constants_of_other_cells_are_saved(notebook):
    notebook.run("from numpy import exp as e, tanh\nfrom math import pi\nHALF = 0.5\nAXES = (1, 2)")
    notebook.run('''
@exercise("02.sigmoid")
def sigmoid(a):
    """Return the sigmoid."""
    assert AXES and pi and e(0) == 1
    return HALF + HALF * tanh(HALF * a)
''')
    theirs = own_functions.load_functions()["sigmoid"]
    np.testing.assert_allclose(theirs(np.zeros((1, 2))), 0.5)
    assert theirs.__doc__ == "Return the sigmoid."


@pytest.mark.parametrize("id", EXERCISES)
def test_float32_is_right_in_every_exercise(id):
    entry = allow_answer(EXERCISES[id])
    for kind in (np.float32, lambda array: array.astype(np.float32).astype(float)):
        change = (lambda a: a.astype(np.float32)) if kind is np.float32 else kind
        verdict = judge(entry, alter(entry, change))
        assert verdict.kind == "right", verdict.message


@pytest.mark.parametrize("limit", [4.5, 6, 8, 10])
def test_an_approximation_for_large_logits_is_refused(limit):
    def cost(logits, *, x):
        softplus = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
        softplus = np.where(logits > limit, logits, softplus)
        return (softplus - x * logits).sum(axis=(1, 2, 3)), (logits, x)

    def cost_backward(dnll, cache):
        logits, x = cache
        s = np.where(logits > limit, 1, 1 / (1 + np.exp(-logits)))
        return dnll[:, None, None, None] * (s - x)

    def sigmoid(a):
        return np.where(a > limit, 1, 1 / (1 + np.exp(-a)))

    exercises = all_exercises()
    assert judge(exercises["03.bernoulli_cost"], cost).kind == "wrong"
    assert judge(exercises["03.bernoulli_cost_backward"], cost_backward).kind == "wrong"
    assert judge(exercises["02.sigmoid"], sigmoid).kind == "wrong"


def test_a_product_of_probabilities_underflows():
    def coin_cost(p, *, x):
        return -np.log(np.prod(p**x * (1 - p) ** (1 - x), axis=1))

    verdict = judge(all_exercises()["03.coin_cost"], coin_cost)
    assert verdict.kind == "wrong" and "images of many pixels" in verdict.message


def test_a_pair_without_a_cache_is_described_as_it_is():
    lstm_gates = alter_gates(lambda h, c: (h, c))
    message = judge(allow_answer(EXERCISES["08.lstm_gates"]), lstm_gates).message
    assert message == "it returns a single ndarray before the cache; it should return (h, c), cache"


def alter_gates(change):
    return lambda a, c_prev: change(*layers.lstm_gates(a, c_prev)[0])


def test_what_is_right_already_is_said():
    entry = allow_answer(EXERCISES["08.lstm_gates"])
    message = judge(
        entry, lambda a, c: (((out := layers.lstm_gates(a, c)[0])[0], -out[1]), c)
    ).message
    assert "h is right already." in message


def test_code_above_a_leftover_raise_is_named(notebook):
    cell = """
@exercise("02.sigmoid")
def sigmoid(a):
    s = 0.5 + 0.5 * np.tanh(a / 2)
    raise NotImplementedError
    return s
"""
    assert "right once you delete the line raise" in notebook.run(cell)
    assert "not written yet" in notebook.run(cell.replace("0.5 + 0.5 *", "0.5 *"))


def test_an_unchanged_input_is_not_blamed_on_an_assignment(notebook):
    entry = EXERCISES["13.adam_update"]
    message = judge(entry, lambda *arguments, **settings: None).message
    assert "write into the array that came in" in message and "plain =" not in message


OWN_FORWARD = """
@exercise("10.sample")
def sample(mu, log_sigma, *, noise):
    return mu + np.exp(log_sigma) * noise, [log_sigma, noise, "mine"]
"""
OWN_BACKWARD = """
@exercise("10.sample_backward")
def sample_backward(dz, cache):
    log_sigma, noise, _ = cache
    return dz.copy(), dz * np.exp(log_sigma) * noise
"""
USE = "out, cache = sample(np.ones((2, 3)), np.ones((2, 3)), noise=np.ones((2, 3)))\n"
USE += "dmu, dlog_sigma = sample_backward(out, cache)\n"


def test_an_own_cache_never_meets_minidraws_backward(notebook):
    notebook.run("from minidraw.layers import sample, sample_backward")
    assert "use minidraw's pair until your backward fits" in notebook.run(OWN_FORWARD)
    notebook.run(USE)
    assert "right. Saved" in notebook.run(OWN_BACKWARD)
    assert notebook.names["sample"].__module__ != "minidraw.layers.latent"
    notebook.run(USE)
    notebook.run(OWN_FORWARD)  # again, out of order
    notebook.run(USE)
    with pytest.raises(NotYet):
        notebook.run(OWN_BACKWARD.replace("* noise", ""))
