"""Lesson 12, T steps, there and back: a small network without window and latent vector."""

import inspect
from typing import NamedTuple

import numpy as np

from minidraw.layers import sigmoid
from minidraw.learn.exercises.exercise import Exercise
from minidraw.learn.exercises.lesson_09 import WRONG_ORDER


class StackedCache(NamedTuple):
    x: np.ndarray  # (T, n, I)


def stacked(W, b, *, x):
    """Apply one linear layer at all T steps, (T, n, O)."""
    return x @ W + b, StackedCache(x)


def stacked_backward(dout, cache):
    """Return the gradients ``dW, db``, summed over all steps and images."""
    (x,) = cache
    flat_x, flat_dout = x.reshape(-1, x.shape[2]), dout.reshape(-1, dout.shape[2])
    return flat_x.T @ flat_dout, flat_dout.sum(axis=0)


class FilmCache(NamedTuple):
    h: np.ndarray  # (T + 1, n, H)
    s: np.ndarray  # (T, n, P)  sigmoid of the canvas before each step
    err: np.ndarray  # (T, n, P)  error images
    U: np.ndarray  # (H, H)
    V: np.ndarray  # (P, H)
    W: np.ndarray  # (H, P)


def film(h_0, canvas_0, U, V, W, *, x, T):
    """Repeat T times: h = tanh(h U + (x - sigmoid(canvas)) V), then canvas = canvas + h W."""
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
    """Return the gradients ``dh_0, dcanvas_0, dU, dV, dW``."""
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


def make_stacked_inputs(rng, T, n, I, O):  # noqa: E741  the shape's letters
    normal = rng.standard_normal
    return {"W": normal((I, O)), "b": normal(O)}, {"x": normal((T, n, I))}


def make_film_inputs(rng, n, T, H, P):
    normal = rng.standard_normal
    inputs = {"h_0": normal((n, H)), "canvas_0": normal((n, P))}
    inputs |= {"U": 0.4 * normal((H, H)), "V": 0.4 * normal((P, H)), "W": 0.4 * normal((H, P))}
    return inputs, {"x": rng.random((n, P)), "T": T}


SOURCE_LINES = inspect.getsource(film_backward).splitlines(keepends=True)
# The lines of the loop.
DW_LINE, OTHER_LINES = SOURCE_LINES[5], "".join(SOURCE_LINES[6:-1])

EXERCISES = (
    Exercise(
        "12.stacked_backward",
        stacked_backward,
        make_stacked_inputs,
        "T n I O",
        3,
        (
            "W is used at every step for every image, so its gradient is a sum over both.",
            "For this sum, T steps of n images are the same as one batch of T n rows.",
        ),
        forward=stacked,
        mistakes=(
            ("flat_dout.sum(axis=0)", "dout[-1].sum(axis=0)", "only the last step is counted"),
            ("flat_dout.sum(axis=0)", "dout.sum(axis=0)", "the sum over the images is missing"),
            ("flat_x.T @ flat_dout", "x[-1].T @ dout[-1]", "only the last step is counted"),
            (
                "flat_x.T @ flat_dout",
                "x.reshape(x.shape[2], -1) @ flat_dout",
                "the reshape to (I, T n) mixes the rows; reshape to (T n, I), then transpose",
            ),
        ),
    ),
    Exercise(
        "12.film_backward",
        film_backward,
        make_film_inputs,
        "n T H P",
        9,
        (
            "Go from the last step to the first. List the forward lines of one step, and undo "
            "them from the bottom up.",
            "The canvas of a step and the next step both use h, so dh is the sum of two gradients.",
            "The canvas is used by the next canvas and by the next step's error image, so its "
            "gradient is the sum of two gradients.",
        ),
        forward=film,
        mistakes=(
            (
                "dh = dh + dcanvas @ W.T",
                "dh = dcanvas @ W.T",
                "dh, the gradient that comes from the next step, is missing",
            ),
            (
                "dh = dh + dcanvas @ W.T",
                "dh = dh",
                "the gradient that flows from the canvas into h is missing",
            ),
            (
                "dcanvas = dcanvas - (da @ V.T) * s[t] * (1 - s[t])",
                "dcanvas = dcanvas",
                "the gradient that flows through the error image is missing",
            ),
            (
                "dcanvas = dcanvas - (da",
                "dcanvas = -(da",
                "the gradient that comes from the next canvas is missing",
            ),
            (" * s[t] * (1 - s[t])", "", "the slope of the sigmoid is missing"),
            (" * (1 - h[t + 1] ** 2)", "", "the slope of the tanh is missing"),
            (
                "(1 - h[t + 1] ** 2)",
                "(1 - h[t] ** 2)",
                "the slope of the tanh uses the h before the step; it should use the h after it",
            ),
            (
                "h[t].T @ da",
                "h[t + 1].T @ da",
                "the h after the step is used for dU; U multiplied the h before it",
            ),
            (
                "h[t + 1].T @ dcanvas",
                "h[t].T @ dcanvas",
                "the h before the step is used for dW; W multiplied the h after it",
            ),
            (
                "dh = da @ U.T",
                "dh = dh + da @ U.T",
                "dh is added to the gradient through U; it should be replaced by that gradient",
            ),
            ("reversed(range(len(s)))", "range(len(s))", WRONG_ORDER),
            ("reversed(range(len(s)))", "reversed(range(1, len(s)))", "the first step is missing"),
            ("dW = dW +", "dW =", "only the first step is counted"),
            ("dU = dU +", "dU =", "only the first step is counted"),
            ("dV = dV +", "dV =", "only the first step is counted"),
            (
                "err[t].T @ da",
                "s[t].T @ da",
                "s is used for dV; V multiplied the error image, x - s",
            ),
            (
                DW_LINE + OTHER_LINES,
                OTHER_LINES + DW_LINE,
                "dW is computed after dcanvas has moved to the previous canvas; compute dW first",
            ),
        ),
    ),
)
