"""Lesson 09, through time: the same weights at every step."""

import inspect
from typing import NamedTuple

import numpy as np

from minidraw.layers import lstm, lstm_backward
from minidraw.learn.exercises.exercise import Exercise


class RepeatCache(NamedTuple):
    h: np.ndarray  # (T + 1, n), h_0 first
    w: np.ndarray  # (n,)


def repeat(w, h_0, *, T):
    """Compute h = w h, T times, and return the last h."""
    h = [h_0]
    for _ in range(T):
        h.append(w * h[-1])
    return h[-1], RepeatCache(np.array(h), w)


def repeat_backward(dh, cache):
    """Return the gradients ``dw, dh_0``, each (n,)."""
    h, w = cache
    dw = np.zeros_like(w)
    for h_prev in h[-2::-1]:
        dw = dw + dh * h_prev  # h = w * h_prev
        dh = dh * w
    return dw, dh


class SequenceCache(NamedTuple):
    steps: tuple  # one cache of `lstm` per step
    W: np.ndarray  # (H + I, 4 H)


def lstm_sequence(x, h_0, c_0, W, b):
    """Run an LSTM over T inputs, (T, n, I), and return every h, (T, n, H)."""
    h, c, hs, caches = h_0, c_0, [], []
    for x_t in x:
        (h, c), cache = lstm(x_t, h, c, W, b)
        hs.append(h)
        caches.append(cache)
    return np.array(hs), SequenceCache(tuple(caches), W)


def lstm_sequence_backward(dhs, cache):
    """Return the gradients ``dx, dh_0, dc_0, dW, db``."""
    dh, dc = np.zeros_like(dhs[0]), np.zeros_like(dhs[0])
    dx, dW, db = [], np.zeros_like(cache.W), np.zeros(cache.W.shape[1])
    for dh_t, step in zip(dhs[::-1], cache.steps[::-1], strict=True):
        # h_t is used by the loss and by the next step
        dx_t, dh, dc, dW_t, db_t = lstm_backward((dh + dh_t, dc), step)
        dx.append(dx_t)
        dW, db = dW + dW_t, db + db_t
    return np.array(dx[::-1]), dh, dc, dW, db


def make_repeat_inputs(rng, n, T):
    return {"w": rng.uniform(0.7, 1.3, n), "h_0": rng.standard_normal(n)}, {"T": T}


def make_weight_of_zero(rng, n, T):
    inputs, settings = make_repeat_inputs(rng, n, T)
    inputs["w"][:2] = 0, -inputs["w"][1]
    return inputs, settings


def make_sequence_inputs(rng, n, T, I, H):  # noqa: E741  the shape's letter
    normal = rng.standard_normal
    states = {"x": normal((T, n, I)), "h_0": normal((n, H)), "c_0": normal((n, H))}
    return states | {"W": 0.5 * normal((H + I, 4 * H)), "b": normal(4 * H)}, {}


WRONG_ORDER = "the loop runs from the first step to the last; the backward pass starts at the last"
LOOP_SOURCE = inspect.getsource(lstm_sequence_backward).partition("    for dh_t")[2]

EXERCISES = (
    Exercise(
        "09.repeat_backward",
        repeat_backward,
        make_repeat_inputs,
        "n T",
        5,
        (
            "Go from the last step to the first. dh is the gradient of the h that a step computed.",
            "h = w h_prev: the gradient of w is dh h_prev, and the gradient of h_prev is dh w.",
            "All steps use the same w, so add the gradients of all steps.",
        ),
        forward=repeat,
        edges=((make_weight_of_zero, "a w of 0 or below"),),
        mistakes=(
            (
                "dw = dw + dh * h_prev",
                "dw = dh * h_prev",
                "only one step is counted; w is used T times",
            ),
            ("        dh = dh * w\n", "", "dh is not multiplied by w from step to step"),
            ("h[-2::-1]", "h[:-1]", WRONG_ORDER),
            (
                "h[-2::-1]",
                "h[:0:-1]",
                "each step's part has an extra factor w; either h is used instead of h_prev, or "
                "dh is multiplied by w before dw is computed",
            ),
        ),
    ),
    Exercise(
        "09.lstm_sequence_backward",
        lstm_sequence_backward,
        make_sequence_inputs,
        "n T I H",
        8,
        (
            "Start at the last step. The gradient of a step's h is its own dhs plus the dh that "
            "the next step returns.",
            "The next step also returns dc. After the last step, dh and dc are 0.",
            "W and b are used at every step, so add their gradients. Keep the gradients of x "
            "separate, in the order of time.",
        ),
        forward=lstm_sequence,
        uses=("lstm_backward",),
        mistakes=(
            (
                "(dh + dh_t, dc)",
                "(dh_t, dc)",
                "dh, the gradient that comes from the next step, is missing",
            ),
            (
                "(dh + dh_t, dc)",
                "(dh, dc)",
                "dhs, the gradient of the loss at every step, is missing",
            ),
            (
                "(dh + dh_t, dc)",
                "(dh + dh_t, 0 * dc)",
                "dc, the gradient of the cell that comes from the next step, is missing",
            ),
            (
                "(dh + dh_t, dc)",
                "(dh + dh_t * (step is cache.steps[-1]), dc)",
                "dhs is added at the last step only; the loss may use h at every step",
            ),
            (
                "(dh + dh_t, dc)",
                "(dc, dh + dh_t)",
                "dh and dc are passed to lstm_backward in the wrong order",
            ),
            (
                "dx_t, dh, dc, dW_t, db_t =",
                "dx_t, dc, dh, dW_t, db_t =",
                "dh and dc are swapped in the results of lstm_backward",
            ),
            (
                "cache.steps[::-1], strict",
                "cache.steps, strict",
                "dhs runs backward in time, but the caches run forward",
            ),
            ("zip(dhs[::-1]", "zip(dhs", "the caches run backward in time, but dhs runs forward"),
            ("np.array(dx[::-1])", "np.array(dx)", "the steps are in reverse order"),
            (
                "zip(dhs[::-1], cache.steps[::-1], strict=True)",
                "zip(dhs, cache.steps, strict=True)",
                WRONG_ORDER,
            ),
            (LOOP_SOURCE, LOOP_SOURCE.replace("[::-1]", ""), WRONG_ORDER),
            (
                "dW, db = dW + dW_t, db + db_t",
                "dW, db = dW_t, db_t",
                "only the first step is counted",
            ),
        ),
    ),
)
