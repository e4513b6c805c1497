"""Answers that are right, or wrong, only at the edges: one image, zeros, other shapes and types."""

import re

import numpy as np
import pytest

from minidraw import layers
from minidraw.learn import NotYet, own_functions, use_earlier
from minidraw.learn.checking.diagnosis import compute_outputs
from minidraw.learn.checking.judge import judge
from minidraw.learn.exercises import all_exercises
from minidraw.learn.exercises.open_exercises import judge_open
from minidraw.learn.grading import grade
from minidraw.learn.notebook.copies import find_lessons
from minidraw.learn.sources import get_source
from tests.learn.cells import Notebook
from tests.learn.mutations import EXERCISES, allow_answer, alter
from tests.learn.styles import STYLES


@pytest.fixture
def notebook():
    return Notebook()


def squeeze(entry):
    return alter(entry, lambda array: np.squeeze(array))


@pytest.mark.parametrize("id", [id for id, e in EXERCISES.items() if "n" in e.cases[0].sizes])
def test_a_batch_of_one_image_is_tried(id):
    entry = allow_answer(EXERCISES[id])
    single = [case for case, where in entry.edge_cases if where.split(" and ")[0] == "n = 1"]
    (outs,) = compute_outputs(entry, entry.answer, single)
    if entry.in_place or entry.returns_dict or not any(1 in np.shape(part) for part in outs):
        pytest.skip("its results have no axis of images")
    assert "the shape is wrong" in judge(entry, squeeze(entry)).message


@pytest.mark.parametrize("id", [id for id, e in EXERCISES.items() if not e.returns_dict])
def test_a_dict_is_no_tuple(id):
    entry = allow_answer(EXERCISES[id])
    if entry.in_place:
        pytest.skip("it returns nothing")

    names, returns_cache = entry.output_names, entry.returns_cache  # computed outside

    def function(*arguments, **settings):
        value = entry.answer(*arguments, **settings)
        out, *cache = value if returns_cache else (value,)
        parts = out if isinstance(out, tuple) else (out,)
        out = dict(zip(names, parts, strict=True))
        return (out, *cache) if cache else out

    assert "it returns a dict" in judge(entry, function).message


def test_adams_constants_are_those_that_are_given():
    entry = allow_answer(EXERCISES["13.adam_update"])
    for fixed in ({"beta1": 0.9}, {"beta2": 0.999}, {"eps": 1e-3}):

        def adam_update(*arrays, fixed=fixed, **settings):
            entry.answer(*arrays, **settings | fixed)

        assert judge(entry, adam_update).kind == "wrong"


def test_adams_first_step_is_tried():
    entry = allow_answer(EXERCISES["13.adam_update"])

    def adam_update(*arrays, step, **settings):
        if step > 1:
            entry.answer(*arrays, step=step, **settings)

    assert "for the first step" in judge(entry, adam_update).message


def test_a_gradient_of_zeros_stays_zero():
    def clipped(grad, *, limit):
        length = np.sqrt((grad**2).sum())
        return grad / length * min(length, limit)

    message = judge(EXERCISES["13.clipped"], clipped).message
    assert "not for a gradient of zeros: contains nan" in message


def test_slope_takes_numbers_and_tables():
    slope = EXERCISES["01.slope"]

    def of_rows(f, x, *, eps):
        return np.array([(f(v + eps) - f(v - eps)) / (2 * eps) for v in x])

    def flat(f, x, *, eps):
        return np.ravel((f(x + eps) - f(x - eps)) / (2 * eps))

    def with_lists(f, x, *, eps):
        steps = np.asarray(x)[..., None] + [-eps, eps]
        return np.diff(f(steps), axis=-1)[..., 0] / (2 * eps)

    assert "for an x that is a single number" in judge(slope, of_rows).message
    assert judge(slope, flat).kind == "wrong"
    assert judge(slope, with_lists).kind == "right"


def test_sigmoid_takes_any_number_of_axes():
    sigmoid = EXERCISES["02.sigmoid"]

    def of_tables(a):
        return np.array([[1 / (1 + np.exp(-v)) for v in row] for row in a])

    def by_masks(a):
        s, positive = np.empty(a.shape), a >= 0
        s[positive] = 1 / (1 + np.exp(-a[positive]))
        s[~positive] = np.exp(a[~positive]) / (1 + np.exp(a[~positive]))
        return s

    assert "for an array of one axis" in judge(sigmoid, of_tables).message
    assert judge(sigmoid, by_masks).kind == "right"


def test_a_sigmoid_of_arrays_serves_cells_that_pass_a_number(notebook):
    notebook.run("""
@exercise("02.sigmoid")
def sigmoid(a):
    s = np.empty(a.shape)
    s[...] = 1 / (1 + np.exp(-a))
    return s
""")
    assert use_earlier("03").sigmoid(0.0) == 0.5


@pytest.mark.parametrize(
    "id, change",
    [
        ("04.filterbank", lambda center, stride, var: (np.abs(center), stride, var)),
        ("04.filterbank", lambda center, stride, var: (center, stride, np.maximum(var, 0.1))),
        ("04.centers", lambda center, stride: (np.abs(center), stride)),
    ],
)
def test_windows_to_the_left_and_narrow_ones_are_tried(id, change):
    entry = allow_answer(EXERCISES[id])
    assert judge(entry, lambda *arrays, **s: entry.answer(*change(*arrays), **s)).kind == "wrong"


def window_with(change):
    def window(theta, *, height, width, K):
        (x, y, *_), cache = layers.window(theta, height=height, width=width, K=K)
        var, stride, gamma = np.exp(change(theta[:, 2:])).T
        return (x, y, (max(height, width) - 1) / (K - 1) * stride, var, gamma), cache

    return window


@pytest.mark.parametrize("column", [0, 1, 2])
@pytest.mark.parametrize("side", [-1, 1])
def test_each_logarithm_is_clipped_on_both_sides(column, side):
    def clip(logarithms):
        clipped = np.clip(logarithms, -12, 12)
        free = side * logarithms[:, column] > 12
        clipped[free, column] = logarithms[free, column]
        return clipped

    entry = allow_answer(EXERCISES["04.window"])
    assert judge(entry, window_with(lambda a: np.clip(a, -12, 12))).kind == "right"
    assert judge(entry, window_with(clip)).kind == "wrong"


@pytest.mark.parametrize(
    "mask",
    [
        lambda a: np.abs(a) <= 11,
        lambda a: (np.abs(a) <= 12).all(axis=1, keepdims=True),
        lambda a: a <= 12,
        lambda a: np.where([True, False, False], a, np.abs(a)) <= 12,
        lambda a: np.where([False, False, True], a, np.abs(a)) <= 12,
    ],
)
def test_each_logarithm_has_its_own_mask(mask):
    def window_backward(dout, cache):
        dcenter_x, dcenter_y, dstride, dvar, dgamma = dout
        theta, stride, var, gamma, height, width = cache
        centers = (width + 1) / 2 * dcenter_x, (height + 1) / 2 * dcenter_y
        dtheta = np.array([*centers, var * dvar, stride * dstride, gamma * dgamma]).T
        dtheta[:, 2:] *= mask(theta[:, 2:])
        return dtheta

    message = judge(EXERCISES["05.window_backward"], window_backward).message
    assert message and "wrong columns" not in message


@pytest.mark.parametrize("id", ["03.bernoulli_cost", "04.filterbank", "11.step"])
def test_checks_ignore_the_notebooks_floating_point_settings(id):
    entry = allow_answer(EXERCISES[id])  # a copy, whose cases aren't made yet
    with np.errstate(all="raise"):
        assert judge(entry, entry.answer).kind == "right"


PLAIN_READ = """
@exercise("06.read")
def read(x_err, F_y, F_x, gamma, *, x):
    pictures = np.concatenate([x, x_err], axis=1)
    glimpse = gamma[:, None, None, None] * (F_y[:, None] @ pictures @ F_x[:, None].mT)
    return glimpse, (pictures, F_y, F_x, gamma)
"""


def test_minidraws_backward_takes_the_plain_tuple_of_the_stub(notebook):
    notebook.run(PLAIN_READ)
    notebook.run(
        '@exercise("06.read_backward")\ndef read_backward(d, cache): raise NotImplementedError'
    )
    notebook.run("""
ones = np.ones
glimpse, cache = read(ones((2, 1, 4, 5)), ones((2, 3, 4)), ones((2, 3, 5)), ones(2),
                      x=ones((2, 1, 4, 5)))
dx_err, *_ = read_backward(glimpse, cache)
""")
    assert notebook.names["dx_err"].shape == (2, 1, 4, 5)


@pytest.mark.parametrize("id", [id for id, e in all_exercises().items() if e.returns_cache])
def test_every_backward_takes_a_plain_tuple(id):
    entry = all_exercises()[id]
    backward = next((e for e in all_exercises().values() if e.forward is entry.answer), None)
    if backward is None:
        pytest.skip("its backward is no exercise")
    (dout, cache), _ = backward.cases[0].make_arguments(backward)
    backward.answer(dout, tuple(cache))


UNSAVED = """
square = lambda a: a * a

@exercise("10.kl")
def kl(mu, log_sigma):
    sigma = np.exp(log_sigma)
    parts = (square(mu) + square(sigma) - 1) / 2 - log_sigma
    return parts.sum(axis=1), {"mu": mu, "sigma": sigma}
"""
BACKWARD = """
@exercise("10.kl_backward")
def kl_backward(dkl, cache):
    dkl = dkl[:, None]
    return dkl * cache["mu"], dkl * (cache["sigma"] ** 2 - 1)
"""


def test_a_backward_fits_a_right_forward_that_is_not_saved(notebook):
    assert "Not saved: its helper square" in notebook.run(UNSAVED)
    said = notebook.run(BACKWARD)
    assert "10.kl_backward: right. Not saved: it goes with your kl, which isn't saved." in said
    notebook.run("out, cache = kl(np.ones((2, 3)), np.ones((2, 3)))\nkl_backward(out, cache)")
    with pytest.raises(NotYet):  # another notebook knows nothing of it
        Notebook().run(BACKWARD)
    saved = UNSAVED.replace("square(mu) + square(sigma)", "mu * mu + sigma * sigma")
    assert "Saved to" in notebook.run(saved)
    assert "right. Saved to" in notebook.run(BACKWARD)
    assert "kl_backward" in own_functions.load_functions()


def test_a_function_under_another_name_is_told(notebook):
    said = notebook.run("""
def plain(a):
    return 1 / (1 + np.exp(-a))

plain.__name__ = "sigmoid"
sigmoid = exercise("02.sigmoid")(plain)
""")
    assert "right. Not saved: it isn't defined with def sigmoid" in said


OWN_GATES = """
@exercise("08.lstm_gates")
def lstm_gates(a, c_prev):
    H = c_prev.shape[1]
    i, f, o = (1 / (1 + np.exp(-a[:, k * H : (k + 1) * H])) for k in range(3))
    g = np.tanh(a[:, 3 * H :])
    c = f * c_prev + i * g
    return (o * np.tanh(c), c), {"gates": [i, f, o, g], "c_prev": c_prev, "c": c}
"""
OWN_GATES_BACKWARD = """
@exercise("08.lstm_gates_backward")
def lstm_gates_backward(dout, cache):
    (dh, dc), (i, f, o, g), t = dout, cache["gates"], np.tanh(cache["c"])
    dc = dc + dh * o * (1 - t**2)
    da = dc * g * i * (1 - i), dc * cache["c_prev"] * f * (1 - f), dh * t * o * (1 - o)
    return np.concatenate([*da, dc * i * (1 - g**2)], axis=1), dc * f
"""


def test_own_gates_go_with_an_unwritten_backward_further_up(notebook):
    """The lesson's forward calls the learner's gates, and so must minidraw's backward."""
    notebook.run(OWN_GATES)
    notebook.run(OWN_GATES_BACKWARD)
    notebook.run("from minidraw.learn import use_earlier\nlayers = use_earlier('09')")
    notebook.run("""
@exercise("09.lstm_sequence_backward")
def lstm_sequence_backward(dhs, cache):
    raise NotImplementedError

from minidraw.learn.exercises.lesson_09 import SequenceCache
(h, c), cache = layers.lstm(*np.ones((3, 1, 2)), np.ones((4, 8)), np.ones(8))
dx, *_ = lstm_sequence_backward(np.ones((1, 1, 2)), SequenceCache((cache,), np.ones((4, 8))))
""")
    assert notebook.names["dx"].shape == (1, 1, 2)


def test_a_weight_of_zero_is_tried():
    def repeat_backward(dh, cache):
        h, w = cache
        T = len(h) - 1
        return T * h[-1] / w * dh, dh * w**T

    assert (
        "not for a w of 0 or below"
        in judge(EXERCISES["09.repeat_backward"], repeat_backward).message
    )


def test_an_excess_at_large_logits_is_tried():
    entry = allow_answer(EXERCISES["18.floor_and_excess"])

    def floor_and_excess(logits, *, x):
        floor, _ = entry.answer(logits, x=x)
        p = 1 / (1 + np.exp(-logits))
        cost = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=(1, 2, 3))
        return floor, cost - floor

    assert "excess: right in general, but not for logits" in judge(entry, floor_and_excess).message


def laplace_filterbank(center, stride, scale, *, K, A):
    offset = np.arange(K) - (K - 1) / 2
    dist = np.arange(A) - (center[:, None] + stride[:, None] * offset)[:, :, None]
    F = np.exp(-np.abs(dist) / scale[:, None, None])
    F /= F.sum(axis=2, keepdims=True)
    return F, (F, dist, offset, scale)


def laplace_filterbank_backward(dF, cache):
    F, dist, offset, scale = cache
    du = F * (dF - (dF * F).sum(axis=2, keepdims=True))
    dmu = (du * np.sign(dist)).sum(axis=2) / scale[:, None]
    dscale = (du * np.abs(dist)).sum(axis=(1, 2)) / scale**2
    return dmu.sum(axis=1), dmu @ offset, dscale


def with_half_of_K(dF, cache):
    _, dist, _, scale = cache
    K = dF.shape[1]
    return laplace_filterbank_backward(dF, (cache[0], dist, np.arange(K) - K // 2, scale))


def with_squeeze(dF, cache):
    return tuple(map(np.squeeze, laplace_filterbank_backward(dF, cache)))


@pytest.mark.parametrize("backward", [with_half_of_K, with_squeeze])
def test_open_backwards_are_tried_at_even_sizes_and_with_one_image(backward):
    id, theirs = "05.laplace_filterbank_backward", {"laplace_filterbank": laplace_filterbank}
    right = theirs | {"laplace_filterbank_backward": laplace_filterbank_backward}
    assert judge_open(id, right).kind == "right"
    wrong = theirs | {"laplace_filterbank_backward": backward}
    assert judge_open(id, wrong).kind == "wrong"


def test_adamaxs_constants_are_those_that_are_given():
    def adamax_update(weights, mean, largest, grad, *, rate, step, beta1, beta2):
        mean[...] = 0.9 * mean + 0.1 * grad
        largest[...] = np.maximum(0.99 * largest, np.abs(grad))
        weights -= rate / (1 - 0.9**step) * mean / largest

    assert judge_open("13.adamax_update", {"adamax_update": adamax_update}).kind == "wrong"


def test_lesson_09_measures_own_gates_with_their_own_cache(notebook):
    notebook.run(OWN_GATES)
    notebook.run(OWN_GATES_BACKWARD)
    notebook.run("""
from minidraw.learn import use_earlier
from minidraw.learn.exercises import lesson_09 as package
layers, rng = use_earlier("09"), np.random.default_rng(0)
lstm_backward = layers.lstm_backward
""")
    lesson = (find_lessons() / "09_through_time.py").read_text("utf-8")
    for name in ("start", "arriving", "lstm_sequence"):
        (cell,) = re.findall(rf"^# %%[^\n]*\n(def {name}\(.*?)^# %%", lesson, flags=re.M | re.S)
        notebook.run(cell)
    notebook.run("""
@exercise("09.lstm_sequence_backward")
def lstm_sequence_backward(dhs, cache):
    raise NotImplementedError

found = arriving(*start(0), rng.random((3, 1, 2)), lstm_sequence, lstm_sequence_backward)
""")
    assert notebook.names["found"].shape == (3, 2) and (notebook.names["found"] > 0).any()


def test_a_wrong_backward_is_told_what_is_wrong_with_its_own_cache(notebook):
    """With minidraw's cache, which holds sigma, the mistake would be another one."""
    notebook.run("""
@exercise("10.kl")
def kl(mu, log_sigma):
    var = np.exp(2 * log_sigma)
    return 0.5 * (mu**2 + var - 2 * log_sigma - 1).sum(axis=1), (mu, var)
""")
    with pytest.raises(NotYet, match="half of what it should be"):
        notebook.run("""
@exercise("10.kl_backward")
def kl_backward(dkl, cache):
    mu, var = cache
    return dkl[:, None] * mu, dkl[:, None] * 0.5 * (var - 1)
""")


DECORATED = {  # how a right sigmoid may be decorated: lines above it, its body
    "vectorize": ("import math", "@np.vectorize", "1 / (1 + math.exp(-a)) if a > -700 else 0.0"),
    "otypes": ("import math", "@np.vectorize(otypes=[float])", "(1 + math.tanh(a / 2)) / 2"),
    "numba.vectorize": ("import numba", "@numba.vectorize", "(1 + np.tanh(a / 2)) / 2"),
    "njit": ("from numba import njit", "@njit", "(1 + np.tanh(a / 2)) / 2"),
    "lru_cache": ("import functools", "@functools.lru_cache", "(1 + np.tanh(a / 2)) / 2"),
    "errstate": ("", '@np.errstate(over="ignore")', "1 / (1 + np.exp(-a))"),
}
OWN_DECORATOR = """
import functools, math

def elementwise(function):
    @functools.wraps(function)
    def applied(a):
        return np.array([function(v) for v in a.ravel()]).reshape(a.shape)

    return applied
"""
DECORATED["own"] = OWN_DECORATOR, "@elementwise", "(1 + math.tanh(a / 2)) / 2"


@pytest.mark.parametrize("kind", DECORATED)
@pytest.mark.parametrize("helper", [False, True])
def test_a_decorated_function_is_judged_saved_and_used(notebook, kind, helper):
    above, decorator, body = DECORATED[kind]
    if helper and kind == "lru_cache":
        pytest.skip("an array is no key")
    name = "squash" if helper else "sigmoid"
    definition = f"{decorator}\ndef {name}(a):\n    return {body}\n"
    exercise = '@exercise("02.sigmoid")\n'
    notebook.run(above)
    if helper:
        notebook.run(definition)
        definition = "def sigmoid(a):\n    return squash(a)\n"
    assert "02.sigmoid: right. Saved" in notebook.run(exercise + definition)
    a = np.linspace(-3, 3, 7)
    for used in (notebook.names, own_functions.load_functions(), vars(use_earlier("03"))):
        np.testing.assert_allclose(used["sigmoid"](a), layers.sigmoid(a))
    if kind != "lru_cache":  # its object stays in the file
        result = grade("mine.py")["02.sigmoid"]
        assert result == {"verdict": "right", "message": ""}


def test_a_wrong_decorated_function_is_told_why_and_where(notebook):
    with pytest.raises(NotYet, match="this is sigmoid\\(-a\\)"):
        notebook.run(
            '@exercise("02.sigmoid")\n@np.vectorize\ndef sigmoid(a):\n    '
            "return 1 / (1 + np.exp(a))"
        )
    with pytest.raises(NotYet, match="on this line of your code:  return 1 / nothing"):
        notebook.run(
            '@exercise("02.sigmoid")\n@np.vectorize\ndef sigmoid(a):\n    return 1 / nothing'
        )
    with pytest.raises(NotYet, match="this is a int; the check needs the plain function"):
        notebook.names["exercise"]("02.sigmoid")(3)


def test_a_compiled_loop_can_be_compiled_again_below(notebook):
    """Lesson 14 compiles the loop itself."""
    function, *_ = STYLES["14.gates_backward_loop"]
    source = get_source(function).replace(function.__name__, "gates_backward_loop")
    notebook.run("import numba")
    assert "right. Saved" in notebook.run(
        f'@exercise("14.gates_backward_loop")\n@numba.njit\n{source}'
    )
    notebook.run("compiled = numba.njit(nogil=True)(gates_backward_loop)")


UNPACKABLE = {
    "array": lambda parts: np.array(parts),
    "generator": lambda parts: (part for part in parts),
    "map": lambda parts: map(np.copy, parts),
    "values": lambda parts: dict(enumerate(parts)).values(),
}


@pytest.mark.parametrize("id", ["05.filterbank_backward", "08.lstm_gates", "10.kl_backward"])
@pytest.mark.parametrize("kind", UNPACKABLE)
def test_results_may_be_anything_that_unpacks_into_them(id, kind):
    entry = allow_answer(EXERCISES[id])

    def changed(change):
        def function(*arguments, **settings):
            value = entry.answer(*arguments, **settings)
            out, *cache = value if entry.returns_cache else (value,)
            out = UNPACKABLE[kind]([change(part) for part in out])
            return (out, *cache) if cache else out

        return function

    assert entry.cases and entry.returns_cache in (True, False)  # computed before calls are watched
    assert judge(entry, changed(lambda part: part)).kind == "right"
    assert "twice what it should be" in judge(entry, changed(lambda part: 2 * part)).message


def test_one_array_is_not_several_results():
    entry = allow_answer(EXERCISES["02.linear_backward"])  # n is 3 in a case, as many as gradients
    verdict = judge(entry, lambda dout, cache: dout @ cache[1].T)
    assert "it returns a single ndarray; it should return dx, dW, db" in verdict.message


def test_generated_gradients_serve_the_lessons_below(notebook):
    notebook.run("""
@exercise("02.linear_backward")
def linear_backward(dout, cache):
    x, W = cache
    yield dout @ W.T
    yield x.T @ dout
    yield dout.sum(axis=0)
""")
    notebook.run(
        '@exercise("02.linear")\ndef linear(x, W, b):\n    return np.c_[x, np.ones(len(x))] @ '
        "np.vstack([W, b]), (x, W)"
    )
    below = use_earlier("03")
    dx, dW, db = below.linear_backward(np.ones((2, 3)), (np.ones((2, 4)), np.ones((4, 3))))
    assert dx.shape == (2, 4) and dW.shape == (4, 3) and db.shape == (3,)
    assert below.linear_backward_input(np.ones((2, 3)), np.ones((4, 3))).shape == (2, 4)
    assert grade("mine.py")["02.linear_backward"]["verdict"] == "right"


@pytest.mark.parametrize("floor", [1e-2, 1e-3, 1e-4, 1e-5])
def test_a_small_variance_counts(floor):
    entry = allow_answer(EXERCISES["04.filterbank"])

    def filterbank(center, stride, var, **sizes):
        return entry.answer(center, stride, np.maximum(var, floor), **sizes)

    assert "not for variances" in judge(entry, filterbank).message


def test_float32_is_right_for_small_variances_too():
    def filterbank(center, stride, var, *, K, A):
        center, stride, var = (v.astype(np.float32) for v in (center, stride, var))
        (F, cache) = layers.filterbank(center, stride, var, K=K, A=A)
        return F, cache

    assert judge(allow_answer(EXERCISES["04.filterbank"]), filterbank).kind == "right"


def test_an_empty_shard_is_tried():
    def by_means(x, dout, *, start, stop):
        part, count = slice(start, stop), stop - start
        dW, db = x[part].T @ dout[part] / count, dout[part].sum(axis=0) / count
        return dW * count / len(x), db * count / len(x)

    def in_a_loop(x, dout, *, start, stop):
        dW, db = 0, 0
        for k in range(start, stop):
            dW, db = dW + np.outer(x[k], dout[k]) / len(x), db + dout[k] / len(x)
        return dW, db

    entry = EXERCISES["14.shard_share"]
    assert "an empty shard: contains nan or inf" in judge(entry, by_means).message
    assert judge(entry, in_a_loop).kind == "right"
    assert judge(entry, lambda x, dout, *, start, stop: (0, 0)).kind == "wrong"


LIMITS = {  # to change an input a little at the edges, as some do to be safe
    "floor": lambda array: np.maximum(array, 0.02),
    "ceiling": lambda array: np.minimum(array, 20),
}
LIMITED = [
    ("04.centers", "stride", "floor"),
    ("04.centers", "stride", "ceiling"),
    ("04.filterbank", "stride", "floor"),
    ("04.filterbank", "stride", "ceiling"),
    ("06.read", "gamma", "floor"),
    ("06.read", "gamma", "ceiling"),
    ("07.write", "gamma", "floor"),
    ("07.write", "gamma", "ceiling"),
    ("08.lstm_gates", "a", "ceiling"),
    ("08.lstm_gates", "c_prev", "ceiling"),
]


@pytest.mark.parametrize("id, name, limit", LIMITED)
def test_inputs_are_used_as_they_are(id, name, limit):
    entry = allow_answer(EXERCISES[id])
    place = list(entry.cases[0].inputs).index(name)

    def function(*arguments, **settings):
        arguments = list(arguments)
        arguments[place] = LIMITS[limit](arguments[place])
        return entry.answer(*arguments, **settings)

    assert "right in general, but not for" in judge(entry, function).message


LIMITED_CACHES = [  # field of the cache
    ("05.exponent_backward", "var", "floor"),
    ("05.filterbank_backward", "var", "floor"),
    ("05.window_backward", "var", "floor"),
    ("05.window_backward", "stride", "floor"),
    ("05.window_backward", "gamma", "floor"),
    ("06.read_backward", "gamma", "floor"),
    ("06.read_backward", "gamma", "ceiling"),
    ("07.write_backward", "gamma", "floor"),
    ("07.write_backward", "gamma", "ceiling"),
    ("09.repeat_backward", "w", "floor"),
    ("10.sample_backward", "sigma", "floor"),
    ("10.sample_backward", "sigma", "ceiling"),
    ("10.kl_backward", "sigma", "floor"),
    ("10.kl_backward", "sigma", "ceiling"),
]


@pytest.mark.parametrize("id, name, limit", LIMITED_CACHES)
def test_cached_numbers_are_used_as_they_are(id, name, limit):
    entry = allow_answer(EXERCISES[id])

    def function(dout, cache):
        limited = cache._replace(**{name: LIMITS[limit](getattr(cache, name))})
        return entry.answer(dout, limited)

    assert "right in general, but not for" in judge(entry, function).message


@pytest.mark.parametrize("id", [id for id, e in EXERCISES.items() if e.forward is not None])
@pytest.mark.parametrize("change", [lambda d: np.clip(d, -10, 10), lambda d: d * (abs(d) > 1e-3)])
def test_a_gradient_is_used_as_it_arrives(id, change):
    """Some clip what arrives, or drop what is small."""
    entry = allow_answer(EXERCISES[id])

    def function(dout, cache):
        changed = tuple(map(change, dout)) if isinstance(dout, tuple) else change(dout)
        return entry.answer(changed, cache)

    assert judge(entry, function).kind == "wrong"


@pytest.mark.parametrize("limit", [1e-2, 5])
def test_small_and_large_deviations_are_tried(limit):
    for id in ("10.sample", "10.kl"):
        entry = allow_answer(EXERCISES[id])

        def function(mu, log_sigma, entry=entry, **settings):
            ends = (np.log(limit), np.inf) if limit < 1 else (-np.inf, np.log(limit))
            return entry.answer(mu, np.clip(log_sigma, *ends), **settings)

        assert "standard deviations near" in judge(entry, function).message


def test_a_strength_that_overflows_is_tried():
    def address_by_content(key, strength, memory):
        lengths = np.linalg.norm(memory, axis=2) * np.linalg.norm(key, axis=1, keepdims=True)
        e = np.exp(strength * np.einsum("nkm,nm->nk", memory, key) / lengths)
        return e / e.sum(axis=1, keepdims=True)

    message = judge(EXERCISES["21.address_by_content"], address_by_content).message
    assert "not for a strength of 1000: contains nan" in message


def test_a_compiled_function_of_scipy_is_saved_with_its_import(notebook):
    notebook.run("from scipy.special import expit as squash, log1p")
    said = notebook.run("""
@exercise("02.sigmoid")
def sigmoid(a):
    return squash(a) + 0 * log1p(0.0)
""")
    assert "right. Saved" in said
    assert "from scipy.special import expit as squash\n" in open("mine.py").read()
