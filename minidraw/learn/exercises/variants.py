"""Variants of the open exercises: a seed draws one of each, so that answers don't travel.

A variant changes a formula or the order of the gates, and the sentence that states it.  There are
two to six of each exercise: a seed for each group of students makes copying laborious, not
impossible.  Seed 0 gives the exercises of ``lessons/OPEN.md`` as they are.
"""

import re
from dataclasses import replace
from itertools import permutations

import numpy as np

from minidraw.layers import sigmoid
from minidraw.learn.exercises import open_exercises
from minidraw.learn.exercises.open_exercises import OPEN_EXERCISES
from minidraw.learn.notebook.copies import find_notebooks


def choose_variants(seed):
    """Return the open exercises by id, in this seed's variants and with its arrays."""
    answers = _draw(seed)
    return {
        id: replace(entry, seed=seed, answer=answers.get(entry.name, (entry.answer,))[0])
        for id, entry in OPEN_EXERCISES.items()
    }


def render_sheet(seed):
    """Return ``lessons/OPEN.md`` with the statements of this seed's variants."""
    text = (find_notebooks()[0].parent / "OPEN.md").read_text("utf-8")
    for name, (_, *changes) in _draw(seed).items():
        for old, new in changes:
            pattern = r"\s+".join(map(re.escape, old.split()))  # however its lines are broken
            if len(re.findall(pattern, text)) != 1:
                raise ValueError(f"{name}: {old!r} must occur once in OPEN.md")
            text = re.sub(pattern, lambda found, new=new: new, text)
    command = "minidraw lessons grade open.py"
    return text.replace(command, f"{command} --seed {seed}") if seed else text


def _draw(seed):
    """Return the changed answers: name to the function and to pairs (text, its replacement)."""
    if seed == 0:
        return {}
    rng = np.random.default_rng([seed, 24])
    makers = (_normalised, _layer_norm, _gaussian_cost, _laplace_filterbank, _read_channels)
    makers += (_write_over, _gru, _rnn, _kl_between, _fading_canvas, _painter, _adamax_update)
    drawn = (maker(rng) for maker in makers)
    return {answer.__name__: (answer, *changes) for answer, *changes in drawn if changes}


def _normalised(rng):
    p = int(rng.integers(2, 5))

    def normalised(x):
        return x / (np.abs(x) ** p).sum() ** (1 / p), None

    old = "x divided by its norm, the square root of the sum of its squares."
    new = f"x divided by (sum of |x|^{p})^(1/{p}), its {p}-norm."
    return (normalised, (old, new)) if p > 2 else (normalised,)


def _layer_norm(rng):
    if rng.random() < 0.5:
        return (open_exercises.layer_norm,)

    def layer_norm(x, gain, bias):
        return gain * x / np.sqrt((x**2).mean(axis=1, keepdims=True)) + bias, None

    old = """Subtract the mean of each row, and
divide the row by its standard deviation (`np.std`, with divisor H). Then"""
    new = """Divide each row by the square
root of the mean of its H squares (the mean itself stays). Then"""
    return layer_norm, (old, new)


def _gaussian_cost(rng):
    factor = int(rng.integers(1, 4))

    def gaussian_cost(mean, log_sigma, *, x):
        return open_exercises.gaussian_cost(mean, log_sigma / factor, x=x)

    old = "Gaussian with the given mean and log standard deviation."
    new = f"Gaussian with the given mean and a standard\ndeviation of e^(log_sigma / {factor})."
    return (gaussian_cost, (old, new)) if factor > 1 else (gaussian_cost,)


def _laplace_filterbank(rng):
    power = int(rng.integers(1, 4))

    def laplace_filterbank(center, stride, scale, *, K, A):
        middles = center[:, None] + stride[:, None] * (np.arange(K) - (K - 1) / 2)
        u = np.abs(np.arange(A) - middles[:, :, None]) / scale[:, None, None]
        F = np.exp(-u) if power == 1 else 1 / (1 + u**power)
        return F / F.sum(axis=2, keepdims=True), None

    old = r"with $e^{-|a - \mu_k| / \text{scale}}$ in"
    new = rf"with $1 / (1 + (|a - \mu_k| / \text{{scale}})^{power})$ in"
    return (laplace_filterbank, (old, new)) if power > 1 else (laplace_filterbank,)


def _read_channels(rng):
    if rng.random() < 0.5:
        return (open_exercises.read_channels,)

    def read_channels(x, F_y, F_x, gain):
        return open_exercises.read_channels(x, F_y, F_x, np.exp(gain))

    return read_channels, ("multiply it by its own gain.", "multiply it by e^gain, its own.")


def _write_over(rng):
    if rng.random() < 0.5:
        return (open_exercises.write_over,)

    def write_over(canvas, patch, cover, F_y, F_x):
        written, covered = (F_y[:, None].mT @ part @ F_x[:, None] for part in (patch, cover))
        return canvas + covered * (written - canvas), None

    return write_over, (
        "canvas (1 - written cover) + written patch.",
        "canvas + written cover (written patch - canvas).",
    )


def _gru(rng):
    order = list(permutations(range(3)))[rng.integers(6)]
    swapped = bool(rng.random() < 0.5)

    def gru(x, h_prev, W, U, b):
        W, U, b = (
            np.concatenate([np.split(p, 3, axis=-1)[order.index(k)] for k in range(3)], axis=-1)
            for p in (W, U, b)
        )
        if swapped:  # 1 - sigmoid(a) is sigmoid(-a)
            H = h_prev.shape[1]
            W, U, b = (p * np.repeat([1.0, -1.0, 1.0], H) for p in (W, U, b))
        return open_exercises.gru(x, h_prev, W, U, b)

    names = "the gate r", "the gate u", "the candidate"
    line = "the first H columns are for {}, the next H for {},\nand the last H for {}:"
    changes = [(line.format(*names), line.format(*(names[k] for k in order)))]
    if swapped:
        changes.append(("h = (1 - u) h_prev + u candidate", "h = u h_prev + (1 - u) candidate"))
    return gru, *changes


def _rnn(rng):
    if rng.random() < 0.5:
        return (open_exercises.rnn,)

    def rnn(x, h_0, W, U, b):
        h = [h_0]
        for x_t in x:
            h.append(sigmoid(x_t @ W + h[-1] @ U + b))
        return np.array(h[1:]), None

    return rnn, ("h = tanh(x_t W + h U + b)", "h = sigmoid(x_t W + h U + b)")


def _kl_between(rng):
    if rng.random() < 0.5:
        return (open_exercises.kl_between,)

    def kl_between(mu, log_sigma, mu_0, log_sigma_0):
        return open_exercises.kl_between(mu_0, log_sigma_0, mu, log_sigma)

    first, second = "mu and sigma", "mu_0 and sigma_0"
    old = "Gaussian with {} to that with {}, summed over"
    changes = [(old.format(first, second), old.format(second, first))]
    zero = "For mu_0 = 0 and sigma_0 = 1 it is `kl`."
    changes.append((zero, "For mu = 0 and sigma = 1 it is the `kl` of mu_0 and sigma_0."))
    return kl_between, *changes


def _fading_canvas(rng):
    if rng.random() < 0.5:
        return (open_exercises.fading_canvas,)

    def fading_canvas(canvas, stroke, keep, *, x):
        kept = sigmoid(keep)[:, :, None, None] * canvas
        return (kept + stroke, sigmoid(kept + stroke) - x), None

    old = """pair (kept + stroke, x - sigmoid(kept)): the canvas after, and the error image."""
    new = """pair (kept + stroke, sigmoid(kept + stroke) - x): the canvas after, and its error."""
    return fading_canvas, (old, new)


def _painter(rng):
    share = float(rng.choice([1.0, 0.9, 0.8, 0.7]))

    def painter(h_0, W, b, V, *, T):
        h, canvas = h_0, 0
        for _ in range(T):
            h = np.tanh(h @ W + b)
            canvas = share * canvas + h @ V
        return canvas, None

    old = "and h V is added to the canvas, which starts at zero."
    new = f"and the canvas, which starts at zero, becomes {share} canvas + h V."
    return (painter, (old, new)) if share < 1 else (painter,)


def _adamax_update(rng):
    if rng.random() < 0.5:
        return (open_exercises.adamax_update,)

    def adamax_update(weights, mean, largest, grad, *, rate, step, beta1, beta2):
        mean[...] = beta1 * mean + (1 - beta1) * grad
        largest[...] = np.maximum(beta2 * largest, np.abs(mean))
        weights -= rate / (1 - beta1**step) * mean / largest

    old = "the larger of beta2 largest and |grad|;"
    new = "the larger of beta2 largest and |mean|, with the mean just found;"
    return adamax_update, (old, new)
