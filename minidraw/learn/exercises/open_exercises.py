"""Open exercises, for assessment: their answers are not in the package.

``lessons/OPEN.md`` has the texts.  A forward is held against what it must give; a backward only
against finite differences of that very forward, for there is nothing else to hold it against.
"""

from dataclasses import replace

import numpy as np
from scipy import stats

from minidraw.layers import sigmoid
from minidraw.learn.checking import messages
from minidraw.learn.checking.diagnosis import causes
from minidraw.learn.checking.judge import Verdict, judge, tried
from minidraw.learn.exercises.exercise import Exercise

TOLERANCE = 1e-6  # of the largest entry; central differences are good to about 1e-9


class Open(Exercise):
    """A forward; where its backward is asked for too, the learner's returns a cache."""

    @property
    def cached(self):
        return self.forward is None and not self.changed


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
    return np.einsum("nc,nkb,ncba,nla->nckl", gain, F_y, x, F_x), None


def write_over(canvas, patch, cover, F_y, F_x):
    covered = np.einsum("nkb,nckl,nla->ncba", F_y, cover, F_x)
    return canvas * (1 - covered) + np.einsum("nkb,nckl,nla->ncba", F_y, patch, F_x), None


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


def _normals(rng, sizes, **shapes):
    """Arrays by name, their shapes given in letters: ``W="I 3H"``; C, the channels, is 2."""
    sizes = {"C": 2} | sizes
    read = {name: shape.split() for name, shape in shapes.items()}
    lengths = {n: [int(x[:-1] or 1) * sizes[x[-1]] for x in shape] for n, shape in read.items()}
    return {name: rng.standard_normal(shape) for name, shape in lengths.items()}


def _drawn(**shapes):
    return lambda rng, **sizes: (_normals(rng, sizes, **shapes), {})


def _filters(rng, n, K, A):
    inputs = {"center": rng.uniform(1, A, n), "stride": rng.uniform(0.5, 2, n)}
    return inputs | {"scale": rng.uniform(0.8, 2, n)}, {"K": K, "A": A}


def _cost(rng, n, B, A):
    inputs = {"mean": rng.standard_normal((n, B, A)), "log_sigma": rng.standard_normal((B, A))}
    return inputs, {"x": rng.standard_normal((n, B, A))}


def _fading(rng, **sizes):
    inputs = _normals(rng, sizes, canvas="n C B A", stroke="n C B A", keep="n C")
    return inputs, {"x": rng.random(inputs["canvas"].shape)}


def _painter(rng, **sizes):
    inputs = _normals(rng, sizes, h_0="n H", W="H H", b="H", V="H P")
    inputs["W"] *= 0.3  # larger ones make a painter too wild for finite differences
    return inputs, {"T": sizes["T"]}


def _update(rng, P):
    inputs = {name: rng.standard_normal(P) for name in ("weights", "mean", "largest", "grad")}
    inputs["largest"] = np.abs(inputs["largest"])
    return inputs, {"rate": 0.01, "step": 3, "beta1": 0.9, "beta2": 0.99}


def _entry(lesson, answer, draw, sizes, *outputs, **others):
    id = f"{lesson}.{answer.__name__}"
    return Open(id, answer, draw, sizes, 0, (), outputs=outputs, uses=("sigmoid",), **others)


_GRU = _drawn(x="n I", h_prev="n H", W="I 3H", U="H 3H", b="3H")
_RNN = _drawn(x="T n I", h_0="n H", W="I H", U="H H", b="H")
_LOOK = _drawn(x="n C B A", F_y="n K B", F_x="n K A", gain="n C")
_OVER = _drawn(canvas="n C B A", patch="n C K K", cover="n C K K", F_y="n K B", F_x="n K A")
_KL = _drawn(mu="n Z", log_sigma="n Z", mu_0="n Z", log_sigma_0="n Z")
CHANGED = "weights", "mean", "largest"

ENTRIES = {  # to the lesson that the backward belongs to
    _entry("01", normalised, _drawn(x="n"), "n", "out"): "01",
    _entry("02", layer_norm, _drawn(x="n H", gain="H", bias="H"), "n H", "out"): "02",
    _entry("03", gaussian_cost, _cost, "n B A", "nll"): "03",
    _entry("04", laplace_filterbank, _filters, "n K A", "F"): "05",
    _entry("06", read_channels, _LOOK, "n K B A", "glimpse"): "06",
    _entry("07", write_over, _OVER, "n K B A", "out"): "07",
    _entry("08", gru, _GRU, "n I H", "h"): "08",
    _entry("09", rnn, _RNN, "T n I H", "h"): "09",
    _entry("10", kl_between, _KL, "n Z", "kl"): "10",
    _entry("11", fading_canvas, _fading, "n B A", "after", "x_err"): "11",
    _entry("12", painter, _painter, "n H P T", "canvas"): "12",
    _entry("13", adamax_update, _update, "P", changed=CHANGED): None,
}
BACKWARDS = {
    f"{lesson}.{entry.name}_backward": entry for entry, lesson in ENTRIES.items() if lesson
}
OPEN = dict(sorted(({entry.id: entry for entry in ENTRIES} | BACKWARDS).items()))


def judge_open(id, theirs):
    """What a learner's function comes to.

    Parameters
    ----------
    id : str
        A key of `OPEN`.
    theirs : dict
        Their functions by name.

    Returns
    -------
    Verdict
        Of kind ``unjudged`` where a backward has no right forward.
    """
    entry, name = OPEN[id], id.partition(".")[2]
    if name not in theirs:
        return Verdict("missing")
    if id == entry.id:
        return judge(entry, theirs[name])
    if entry.name not in theirs or judge(entry, theirs[entry.name]).kind != "right":
        return Verdict("unjudged", f"it needs a right {entry.name}")
    forward = theirs[entry.name]
    return _judge_backward(
        replace(entry, id=id, answer=None, forward=forward, outputs=()), theirs[name]
    )


def _judge_backward(exercise, backward):
    found, wanted = [], []
    for case in exercise.cases:
        outs, verdict = tried(exercise, backward, case, None)
        if verdict:
            return verdict
        found.append(outs)
        wanted.append(tuple(_slopes(exercise, case, name) for name in case.inputs))
    if words := causes(exercise, exercise.cases, found, wanted, TOLERANCE):
        text = messages.wrong(exercise, exercise.cases, found, wanted, words, TOLERANCE)
        return Verdict("wrong", text)
    return Verdict("right")


def _slopes(exercise, case, name):
    shape = case.inputs[name].shape
    slopes = [case.slope(exercise, name, place) for place in np.ndindex(shape)]
    return np.reshape(slopes, shape)
