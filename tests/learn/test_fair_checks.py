"""Right answers in unusual styles are accepted, wrong ones refused, and the message is true."""

import numpy as np
import pytest

from minidraw import layers
from minidraw.learn import NotYet, own_functions
from minidraw.learn.checking import messages
from minidraw.learn.checking.comparisons import is_close
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


def test_an_infinite_mutant_explains_nothing():
    """A division by zero, which is infinite, is not close to every number."""
    assert not is_close(np.ones(3), np.array([1, np.inf, 2]))
    cost = judge(all_exercises()["03.coin_cost"], lambda p, *, x: (np.abs(x - p) ** 3).sum(axis=1))
    assert messages.UNKNOWN in cost.message


def test_a_mistake_that_would_spoil_what_is_right_is_not_named():
    entry = allow_answer(EXERCISES["08.lstm_gates_backward"])

    def lstm_gates_backward(dout, cache):
        da, dc_prev = entry.answer(dout, cache)
        i, f, _, _ = np.split(cache.gates, 4, axis=1)
        return da, dc_prev / f * i

    message = judge(entry, lstm_gates_backward).message
    assert "da is right already" in message and "the cache is read" not in message
    assert "i is used for dc_prev" in message


def test_two_mistakes_with_the_same_numbers_are_both_named():
    entry = allow_answer(EXERCISES["09.repeat_backward"])

    def repeat_backward(dh, cache):
        dw, dh_0 = entry.answer(dh, cache)
        return dw / (len(cache.h) - 1), dh_0

    message = judge(entry, repeat_backward).message
    assert "only one step is counted" in message and "; or: the steps are averaged" in message


def test_two_mistakes_at_once_do_not_make_a_third():
    """Neither the look nor the next step flows back; the stroke does."""

    def film_backward(dcanvas, cache):
        h, s, err, U, V, W = cache
        dh_0, dU, dV, dW = 0, np.zeros_like(U), np.zeros_like(V), np.zeros_like(W)
        for t in reversed(range(len(s))):
            dW = dW + h[t + 1].T @ dcanvas
            da = dcanvas @ W.T * (1 - h[t + 1] ** 2)
            dU, dV = dU + h[t].T @ da, dV + err[t].T @ da
            dh_0 = da @ U.T
        return dh_0, dcanvas.copy(), dU, dV, dW

    message = judge(all_exercises()["12.film_backward"], film_backward).message
    assert "canvas into h is missing; or: the gradient that flows through the error" in message


def test_three_pairs_of_results_are_not_two():
    entry = allow_answer(EXERCISES["17.looks_backward"])

    def looks_backward(dh, cache):
        dh_0, dc_0, dW_window, db_window, dW, db = entry.answer(dh, cache)
        return dh_0, dc_0, dW, db, dW_window, db_window

    message = judge(entry, looks_backward).message
    assert "these two" not in message and "dW: these are the numbers of dW_window" in message


def test_random_numbers_of_its_own_are_seen():
    def sample(mu, log_sigma, *, noise):
        return mu + np.exp(log_sigma) * np.random.default_rng().normal(size=mu.shape), None

    assert "other numbers each time" in judge(all_exercises()["10.sample"], sample).message


def test_an_edge_case_says_why():
    exercises = all_exercises()
    message = judge(exercises["02.sigmoid"], lambda a: np.exp(a) / (1 + np.exp(a))).message
    assert "not for inputs of +-1000: contains nan or inf" in message

    def centers(center, stride, *, K):
        return center[:, None] + stride[:, None] * (np.arange(K) - (K - 1) // 2)

    message = judge(exercises["04.centers"], centers).message
    assert "K = 12 (even sizes): (K - 1) / 2 is rounded down" in message


def test_clipped_probabilities_and_logarithms_are_seen():
    def coin_cost(p, *, x):
        p = np.clip(p, 0.01, 0.99)
        return -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)

    assert "close to 0 and 1" in judge(all_exercises()["03.coin_cost"], coin_cost).message

    def window(theta, *, height, width, K):
        low = np.exp(np.minimum(theta[:, 2:], 12)) / np.exp(np.clip(theta[:, 2:], -12, 12))
        (*centers, stride, var, gamma), cache = layers.window(
            theta, height=height, width=width, K=K
        )
        return (*centers, stride * low[:, 1], var * low[:, 0], gamma * low[:, 2]), cache

    message = judge(allow_answer(EXERCISES["04.window"]), window).message
    assert "a logarithm below -12" in message and "gamma are right" not in message


@pytest.mark.parametrize("part", ["dtype=object", "dtype=complex", "dtype=int"])
def test_numbers_of_another_kind_are_told(part):
    names = {"np": np}
    exec(f"def sigmoid(a): return np.array(1 / (1 + np.exp(-a)), {part})", names)
    message = judge(all_exercises()["02.sigmoid"], names["sigmoid"]).message
    assert "it should hold real numbers" in message or "whole numbers only" in message


def test_a_mistake_above_a_leftover_raise_is_told_too(notebook):
    said = notebook.run("""
@exercise("02.sigmoid")
def sigmoid(a):
    raise NotImplementedError
    return np.exp(a)
""")
    assert "delete the line raise NotImplementedError" in said


LSTM = """
@exercise("08.lstm")
def lstm(x, h_prev, c_prev, W, b):
    a, first = layers.linear(np.concatenate([h_prev, x], axis=1), W, b)
    (h, c), second = layers.lstm_gates(a, c_prev)
    return (h, c), (first, second, h.shape[1])
"""


def test_calls_of_the_lessons_layers_are_saved(notebook):
    notebook.run("from minidraw.learn import use_earlier\nlayers = use_earlier('08')")
    assert "Saved to" in notebook.run(LSTM)
    assert "lstm" in own_functions.load_functions()
    with_variable = LSTM.replace("a, first", "linear, first").replace(
        "(a, c_prev)", "(linear, c_prev)"
    )
    assert "give your variable linear another name" in notebook.run(with_variable)


def test_a_helper_is_saved_with_its_defaults_and_a_lambda_is_named(notebook):
    notebook.run("HALF = 0.5\ndef scale(a, by=HALF):\n    return by * a\nsquare = lambda a: a * a")
    cell = '@exercise("02.sigmoid")\ndef sigmoid(a):\n    return scale(1 + np.tanh(scale(a)))\n'
    assert "Saved to" in notebook.run(cell)
    np.testing.assert_allclose(own_functions.load_functions()["sigmoid"](np.zeros(2)), 0.5)
    with_lambda = cell.replace("return scale(1", "square(a)\n    return scale(1")
    assert "its helper square isn't defined with def" in notebook.run(with_lambda)


def test_a_cache_with_the_stubs_order_of_names_is_minidraws():
    entry = allow_answer(EXERCISES["11.step"])

    def step(*state, **settings):
        out, cache = entry.answer(*state, **settings)
        return out, cache._replace(inputs=dict(reversed(cache.inputs.items())))

    assert judge(entry, step) == ("right", "")


@pytest.mark.parametrize("wrapper", ["property", "functools.partial"])
def test_what_is_no_function_is_told_in_one_line(notebook, wrapper):
    notebook.run("import functools")
    cell = (
        f'@exercise("02.sigmoid")\n@{wrapper}\ndef sigmoid(a):\n    return 1 / (1 + np.exp(-a))\n'
    )
    with pytest.raises(NotYet) as caught:
        notebook.run(cell)
    assert "the check needs the plain function after def" in str(caught.value)


def test_an_own_cache_far_down_reaches_the_backward_of_a_sequence(notebook):
    """`lstm_sequence` calls minidraw's `lstm`, and that calls the learner's `lstm_gates`."""
    plain = layers.lstm_gates, layers.lstm_gates_backward

    def lstm_gates(a, c_prev):
        out, cache = plain[0](a, c_prev)
        return out, {"values": cache}

    def lstm_gates_backward(dout, cache):
        return plain[1](dout, cache["values"])

    entry = all_exercises()["09.lstm_sequence_backward"]
    theirs = {"lstm_gates": lstm_gates, "lstm_gates_backward": lstm_gates_backward}
    forward = entry.choose_forward(theirs)
    case = entry.cases[0]
    arguments, settings = case.make_arguments(entry, forward)
    cache = arguments[1]
    assert "values" in repr(cache)
