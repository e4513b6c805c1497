"""Open exercises, for assessment: the package has their forwards but not their backwards.

``lessons/OPEN.md`` states them.  `judge_open` compares a forward with the one here, and a backward
with finite differences of that forward, which the learner's own must equal first.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy import stats

from minidraw.layers import sigmoid
from minidraw.learn.checking import messages
from minidraw.learn.checking.diagnosis import find_causes
from minidraw.learn.checking.judge import Verdict, call_function, judge
from minidraw.learn.exercises.exercise import Exercise, list_arrays

TOLERANCE = 1e-6  # relative to the largest entry; central differences reach about 1e-9


class OpenExercise(Exercise):
    """An open exercise; its forward returns a cache unless it works in place."""

    @property
    def returns_cache(self):
        return self.forward is None and not self.in_place


def normalised(x):
    return x / np.linalg.norm(x), None


def layer_norm(x, gain, bias):
    return gain * stats.zscore(x, axis=1) + bias, None


def gaussian_cost(mean, log_sigma, *, x):
    return -stats.norm.logpdf(x, mean, np.exp(log_sigma)).sum(axis=(1, 2)), None


def laplace_filterbank(center, stride, scale, *, K, A):
    offset = np.arange(K) - (K - 1) / 2
    middles = center[:, None] + stride[:, None] * offset
    F = stats.laplace.pdf(np.arange(A), middles[:, :, None], scale[:, None, None])
    return F / F.sum(axis=2, keepdims=True), None


def read_channels(x, F_y, F_x, gain):
    return gain[:, :, None, None] * (F_y[:, None] @ x @ F_x[:, None].mT), None


def write_over(canvas, patch, cover, F_y, F_x):
    written, covered = (F_y[:, None].mT @ part @ F_x[:, None] for part in (patch, cover))
    return canvas * (1 - covered) + written, None


def gru(x, h_prev, W, U, b):
    (W_r, W_u, W_c), (U_r, U_u, U_c), (b_r, b_u, b_c) = (np.split(p, 3, axis=-1) for p in (W, U, b))
    r, u = sigmoid(x @ W_r + h_prev @ U_r + b_r), sigmoid(x @ W_u + h_prev @ U_u + b_u)
    return (1 - u) * h_prev + u * np.tanh(x @ W_c + (r * h_prev) @ U_c + b_c), None


def rnn(x, h_0, W, U, b):
    h = [h_0]
    for x_t in x:
        h.append(np.tanh(x_t @ W + h[-1] @ U + b))
    return np.array(h[1:]), None


def kl_between(mu, log_sigma, mu_0, log_sigma_0):
    ratio, distance = np.exp(2 * (log_sigma - log_sigma_0)), (mu - mu_0) / np.exp(log_sigma_0)
    return (0.5 * (ratio + distance**2 - 1) + log_sigma_0 - log_sigma).sum(axis=1), None


def fading_canvas(canvas, stroke, keep, *, x):
    kept = sigmoid(keep)[:, :, None, None] * canvas
    return (kept + stroke, x - sigmoid(kept)), None


def painter(h_0, W, b, V, *, T):
    h, canvas = h_0, 0
    for _ in range(T):
        h = np.tanh(h @ W + b)
        canvas = canvas + h @ V
    return canvas, None


def adamax_update(weights, mean, largest, grad, *, rate, step, beta1, beta2):
    mean[...] = beta1 * mean + (1 - beta1) * grad
    largest[...] = np.maximum(beta2 * largest, np.abs(grad))
    weights -= rate / (1 - beta1**step) * mean / largest


def _sample_normals(rng, sizes, **shapes):
    """Sample normal arrays whose shapes are given in letters, such as ``W="I 3H"``; C is 2."""
    sizes = {"C": 2} | sizes
    return {
        name: rng.standard_normal([int(x[:-1] or 1) * sizes[x[-1]] for x in shape.split()])
        for name, shape in shapes.items()
    }


def _normal_inputs(**shapes):
    return lambda rng, **sizes: (_sample_normals(rng, sizes, **shapes), {})


def _laplace_inputs(rng, n, K, A):
    inputs = {"center": rng.uniform(1, A, n), "stride": rng.uniform(0.5, 2, n)}
    return inputs | {"scale": rng.uniform(0.8, 2, n)}, {"K": K, "A": A}


def _cost_inputs(rng, n, B, A):
    inputs = {"mean": rng.standard_normal((n, B, A)), "log_sigma": rng.standard_normal((B, A))}
    return inputs, {"x": rng.standard_normal((n, B, A))}


def _fading_inputs(rng, **sizes):
    inputs = _sample_normals(rng, sizes, canvas="n C B A", stroke="n C B A", keep="n C")
    return inputs, {"x": rng.random(inputs["canvas"].shape)}


def _rnn_inputs(rng, **sizes):
    inputs = _sample_normals(rng, sizes, x="T n I", h_0="n H", W="I H", U="H H", b="H")
    inputs["U"] *= 0.3  # larger weights magnify every rounding error
    return inputs, {}


def _painter_inputs(rng, **sizes):
    inputs = _sample_normals(rng, sizes, h_0="n H", W="H H", b="H", V="H P")
    inputs["W"] *= 0.3
    return inputs, {"T": sizes["T"]}


def _adamax_inputs(rng, P):
    inputs = {name: rng.standard_normal(P) for name in ("weights", "mean", "largest", "grad")}
    inputs["largest"] = np.abs(inputs["largest"])
    constants = {"beta1": rng.uniform(0.85, 0.95), "beta2": rng.uniform(0.98, 0.999)}
    return inputs, {"rate": rng.uniform(0.01, 0.1), "step": int(rng.integers(1, 9)), **constants}


def _entry(lesson, answer, make_inputs, sizes, *outputs, **others):
    id = f"{lesson}.{answer.__name__}"
    return OpenExercise(
        id, answer, make_inputs, sizes, 0, (), outputs=outputs, uses=("sigmoid",), **others
    )


_GRU = _normal_inputs(x="n I", h_prev="n H", W="I 3H", U="H 3H", b="3H")
_READ = _normal_inputs(x="n C B A", F_y="n K B", F_x="n K A", gain="n C")
_WRITE = _normal_inputs(
    canvas="n C B A", patch="n C K K", cover="n C K K", F_y="n K B", F_x="n K A"
)
_KL = _normal_inputs(mu="n Z", log_sigma="n Z", mu_0="n Z", log_sigma_0="n Z")
ADAMAX_STATE = "weights", "mean", "largest"

FORWARDS = {  # to the lesson that asks for the backward
    _entry("01", normalised, _normal_inputs(x="P"), "P", "out"): "01",
    _entry("02", layer_norm, _normal_inputs(x="n H", gain="H", bias="H"), "n H", "out"): "02",
    _entry("03", gaussian_cost, _cost_inputs, "n B A", "nll"): "03",
    _entry("04", laplace_filterbank, _laplace_inputs, "n K A", "F"): "05",
    _entry("06", read_channels, _READ, "n K B A", "glimpse"): "06",
    _entry("07", write_over, _WRITE, "n K B A", "out"): "07",
    _entry("08", gru, _GRU, "n I H", "h"): "08",
    _entry("09", rnn, _rnn_inputs, "T n I H", "h"): "09",
    _entry("10", kl_between, _KL, "n Z", "kl"): "10",
    _entry("11", fading_canvas, _fading_inputs, "n B A", "after", "x_err"): "11",
    _entry("12", painter, _painter_inputs, "n H P T", "canvas"): "12",
    _entry("13", adamax_update, _adamax_inputs, "P", in_place=ADAMAX_STATE): None,
}
BACKWARDS = {
    f"{lesson}.{entry.name}_backward": entry for entry, lesson in FORWARDS.items() if lesson
}
OPEN_EXERCISES = dict(sorted(({entry.id: entry for entry in FORWARDS} | BACKWARDS).items()))


def judge_open(id, theirs, entry=None):
    """Judge a learner's function.

    Parameters
    ----------
    id : str
        A key of `OPEN_EXERCISES`.
    theirs : dict
        The learner's functions by name.
    entry : OpenExercise, optional
        The forward's entry with another seed or in a variant; by default that of the sheet.

    Returns
    -------
    Verdict
        Its kind may also be ``missing``, or ``unjudged`` for a backward without a right forward.
    """
    entry, name = entry or OPEN_EXERCISES[id], id.partition(".")[2]
    if name not in theirs:
        return Verdict("missing")
    if id == entry.id:
        return judge(entry, theirs[name])
    if entry.name not in theirs or judge(entry, theirs[entry.name]).kind != "right":
        return Verdict("unjudged", f"it needs a right {entry.name} first")
    return _judge_backward(make_backward(id, entry), theirs[name], theirs[entry.name])


def make_backward(id, entry):
    """Return the backward's exercise; its forward is the one here, which the learner's equals."""
    return replace(entry, id=id, answer=None, forward=entry.answer, outputs=())


@np.errstate(all="ignore")  # as in `judge`
def _judge_backward(exercise, function, forward):
    found, wanted, cases = [], [], _list_cases(exercise)
    for k, case in enumerate(cases):
        outs, verdict = call_function(exercise, function, case, forward)
        if verdict:
            return verdict
        found.append(outs)
        wanted.append(_compute_gradients(exercise, k))
    if causes := find_causes(exercise, cases, found, wanted, TOLERANCE):
        right = [name for name in exercise.output_names if name not in causes]
        text = messages.describe_wrong(exercise, cases, found, wanted, causes, right, TOLERANCE)
        return Verdict("wrong", text)
    return Verdict("right")


def _list_cases(exercise):
    return (*exercise.cases, *(case for case, _ in exercise.edge_cases))


@lru_cache(maxsize=500)
def _compute_gradients(exercise, number):
    """Return a case's gradients by finite differences; a course's submissions share them."""
    case = _list_cases(exercise)[number]
    return tuple(_compute_differences(exercise, case, i) for i in range(len(case.inputs)))


def _compute_differences(exercise, case, i):
    shape = list_arrays(case.inputs)[i].shape
    differences = [case.finite_difference(exercise, i, place) for place in np.ndindex(shape)]
    return np.reshape(differences, shape)
