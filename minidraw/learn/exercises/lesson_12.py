"""Lesson 12, T steps, there and back: a film in miniature, without window and latent vector."""

import inspect
from typing import NamedTuple

import numpy as np

from minidraw.layers import sigmoid
from minidraw.learn.exercises.exercise import Exercise


class StackedCache(NamedTuple):
    x: np.ndarray  # (T, n, I)


def stacked(W, b, *, x):
    """One linear layer at all T steps, (T, n, O)."""
    return x @ W + b, StackedCache(x)


def stacked_backward(dout, cache):
    """Gradients ``dW, db``, over all steps and images at once."""
    (x,) = cache
    flat_x, flat_dout = x.reshape(-1, x.shape[2]), dout.reshape(-1, dout.shape[2])
    return flat_x.T @ flat_dout, flat_dout.sum(axis=0)


class FilmCache(NamedTuple):
    h: np.ndarray  # (T + 1, n, H)
    s: np.ndarray  # (T, n, P)  the canvas that each step saw, after its sigmoid
    err: np.ndarray  # (T, n, P)  error images
    U: np.ndarray  # (H, H)
    V: np.ndarray  # (P, H)
    W: np.ndarray  # (H, P)


def film(h_0, canvas_0, U, V, W, *, x, T):
    """h = tanh(h U + (x - sigmoid(canvas)) V), canvas = canvas + h W, T times."""
    h, canvas, hs, ss, errs = h_0, canvas_0, [h_0], [], []
    for _ in range(T):
        s = sigmoid(canvas)
        err = x - s
        h = np.tanh(h @ U + err @ V)
        canvas = canvas + h @ W
        hs.append(h)
        ss.append(s)
        errs.append(err)
    return canvas, FilmCache(*map(np.array, (hs, ss, errs)), U, V, W)


def film_backward(dcanvas, cache):
    """Gradients ``dh_0, dcanvas_0, dU, dV, dW``."""
    h, s, err, U, V, W = cache
    dh, dU, dV, dW = np.zeros_like(h[0]), np.zeros_like(U), np.zeros_like(V), np.zeros_like(W)
    for t in reversed(range(len(s))):
        dW = dW + h[t + 1].T @ dcanvas  # canvas = canvas + h W
        dh = dh + dcanvas @ W.T
        da = dh * (1 - h[t + 1] ** 2)  # h = tanh(a), a = h U + err V
        dU = dU + h[t].T @ da
        dV = dV + err[t].T @ da
        dh = da @ U.T
        dcanvas = dcanvas - (da @ V.T) * s[t] * (1 - s[t])  # err = x - sigmoid(canvas)
    return dh, dcanvas, dU, dV, dW


def _stacked(rng, T, n, I, O):  # noqa: E741  the shape's letters
    normal = rng.standard_normal
    return {"W": normal((I, O)), "b": normal(O)}, {"x": normal((T, n, I))}


def _film(rng, n, T, H, P):
    normal = rng.standard_normal
    inputs = {"h_0": normal((n, H)), "canvas_0": normal((n, P))}
    inputs |= {"U": 0.4 * normal((H, H)), "V": 0.4 * normal((P, H)), "W": 0.4 * normal((H, P))}
    return inputs, {"x": rng.random((n, P)), "T": T}


_LINES = inspect.getsource(film_backward).splitlines(keepends=True)
_FIRST, _REST = _LINES[5], "".join(_LINES[6:-1])  # of the loop: dW's line, and the others

EXERCISES = (
    Exercise(
        "12.stacked_backward",
        stacked_backward,
        _stacked,
        "T n I O",
        3,
        (
            "W is used at every step for every image: its gradient is a sum over both.",
            "To a sum, T steps of n images are as good as one batch of T n rows.",
        ),
        forward=stacked,
        mistakes=(
            ("flat_dout.sum(axis=0)", "dout[-1].sum(axis=0)", "only the last step is counted"),
            ("flat_dout.sum(axis=0)", "dout.sum(axis=0)", "it isn't summed over the images"),
            ("flat_x.T @ flat_dout", "x[-1].T @ dout[-1]", "only the last step is counted"),
            (
                "flat_x.T @ flat_dout",
                "x.reshape(x.shape[2], -1) @ flat_dout",
                "the reshape to (I, T n) doesn't transpose, it mixes the rows: reshape, then .T",
            ),
        ),
    ),
    Exercise(
        "12.film_backward",
        film_backward,
        _film,
        "n T H P",
        9,
        (
            "From the last step to the first. Write the forward lines of a step in a column, and "
            "undo them from the bottom up.",
            "h of a step is used by the canvas of that step and by the step that follows: dh "
            "arrives from both.",
            "The canvas is carried on, and the next step looks at it: what comes through the error "
            "image is added to what is carried.",
        ),
        forward=film,
        mistakes=(
            (
                "dh = dh + dcanvas @ W.T",
                "dh = dcanvas @ W.T",
                "right except for the part that h hands back from the step that follows",
            ),
            (
                "dh = dh + dcanvas @ W.T",
                "dh = dh",
                "right except for the part that flows from the canvas into h",
            ),
            (
                "dcanvas = dcanvas - (da @ V.T) * s[t] * (1 - s[t])",
                "dcanvas = dcanvas",
                "right except for the part that flows through the error image",
            ),
            (
                "dcanvas = dcanvas - (da",
                "dcanvas = -(da",
                "right except for the part that the canvas carries on",
            ),
            (" * s[t] * (1 - s[t])", "", "the sigmoid's slope is missing"),
            (" * (1 - h[t + 1] ** 2)", "", "the slope of the tanh is missing"),
            (
                "(1 - h[t + 1] ** 2)",
                "(1 - h[t] ** 2)",
                "the slope of the tanh is taken at the step before",
            ),
            (
                "h[t].T @ da",
                "h[t + 1].T @ da",
                "U multiplied the h before the step, not the one behind it",
            ),
            (
                "h[t + 1].T @ dcanvas",
                "h[t].T @ dcanvas",
                "W multiplied the h behind the step, not the one before it",
            ),
            (
                "dh = da @ U.T",
                "dh = dh + da @ U.T",
                "dh of a step isn't dh of the step before: only what comes through U goes on",
            ),
            (
                "reversed(range(len(s)))",
                "range(len(s))",
                "the steps run from the first to the last; the backward pass begins with the last",
            ),
            (
                "reversed(range(len(s)))",
                "reversed(range(1, len(s)))",
                "the first step is left out",
            ),
            ("dW = dW +", "dW =", "only the first step is counted"),
            ("dU = dU +", "dU =", "only the first step is counted"),
            ("dV = dV +", "dV =", "only the first step is counted"),
            (
                "err[t].T @ da",
                "s[t].T @ da",
                "V multiplied the error image, not s, the canvas after its sigmoid",
            ),
            (
                _FIRST + _REST,
                _REST + _FIRST,
                "dW is taken when dcanvas is that of the canvas before already: take it first",
            ),
        ),
    ),
)
