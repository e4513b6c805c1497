"""Lesson 09, through time: the same weights at every step."""

import inspect
from typing import NamedTuple

import numpy as np

from minidraw.layers import lstm, lstm_backward
from minidraw.learn.exercises.exercise import Exercise


class RepeatCache(NamedTuple):
    h: np.ndarray  # (T + 1, n), the start first
    w: np.ndarray  # (n,)


def repeat(w, h_0, *, T):
    """h = w h, T times over; returns the last."""
    h = [h_0]
    for _ in range(T):
        h.append(w * h[-1])
    return h[-1], RepeatCache(np.array(h), w)


def repeat_backward(dh, cache):
    """Gradients ``dw, dh_0``, each (n,)."""
    h, w = cache
    dw = np.zeros_like(w)
    for h_prev in h[-2::-1]:
        dw = dw + dh * h_prev  # h = w * h_prev
        dh = dh * w
    return dw, dh


class SequenceCache(NamedTuple):
    steps: tuple  # caches of `lstm`, a step each
    W: np.ndarray  # (H + I, 4 H)


def lstm_sequence(x, h_0, c_0, W, b):
    """An LSTM over T inputs (T, n, I): every h, (T, n, H)."""
    h, c, hs, caches = h_0, c_0, [], []
    for x_t in x:
        (h, c), cache = lstm(x_t, h, c, W, b)
        hs.append(h)
        caches.append(cache)
    return np.array(hs), SequenceCache(tuple(caches), W)


def lstm_sequence_backward(dhs, cache):
    """Gradients ``dx, dh_0, dc_0, dW, db``."""
    dh, dc = np.zeros_like(dhs[0]), np.zeros_like(dhs[0])
    dx, dW, db = [], np.zeros_like(cache.W), np.zeros(cache.W.shape[1])
    for dh_t, step in zip(dhs[::-1], cache.steps[::-1], strict=True):
        # h_t is used by the loss and by the step that follows
        dx_t, dh, dc, dW_t, db_t = lstm_backward((dh + dh_t, dc), step)
        dx.append(dx_t)
        dW, db = dW + dW_t, db + db_t
    return np.array(dx[::-1]), dh, dc, dW, db


def _repeat(rng, n, T):
    return {"w": rng.uniform(0.7, 1.3, n), "h_0": rng.standard_normal(n)}, {"T": T}


def _sequence(rng, n, T, I, H):  # noqa: E741  the shape's letter
    normal = rng.standard_normal
    states = {"x": normal((T, n, I)), "h_0": normal((n, H)), "c_0": normal((n, H))}
    return states | {"W": 0.5 * normal((H + I, 4 * H)), "b": normal(4 * H)}, {}


FORWARD = "the loop runs from the first step to the last; the way back begins at the last"
_LOOP = inspect.getsource(lstm_sequence_backward).partition("    for dh_t")[2]

EXERCISES = (
    Exercise(
        "09.repeat_backward",
        repeat_backward,
        _repeat,
        "n T",
        5,
        (
            "Go through the steps from the last to the first; dh is the gradient of the h that "
            "the step made.",
            "At every step h = w h_prev: w gets dh h_prev, and h_prev gets dh w.",
            "w is the same at all steps: add what each gives.",
        ),
        forward=repeat,
        mistakes=(
            (
                "dw = dw + dh * h_prev",
                "dw = dh * h_prev",
                "only one step is counted; w is used T times",
            ),
            ("        dh = dh * w\n", "", "dh isn't carried on through w from step to step"),
            (
                "h[-2::-1]",
                "h[:-1]",
                FORWARD,
            ),
            (
                "h[-2::-1]",
                "h[:0:-1]",
                "each share is w times what it should be: h stands where h_prev belongs, or dh was "
                "handed back before w had its share",
            ),
        ),
    ),
    Exercise(
        "09.lstm_sequence_backward",
        lstm_sequence_backward,
        _sequence,
        "n T I H",
        8,
        (
            "The last step first. What arrives at h of a step is its own dhs and what the step "
            "after it hands back.",
            "The cell hands back a gradient too; behind the last step both are zero.",
            "W and b are used at every step: add their gradients. Those of x stay apart, in the "
            "order of time.",
        ),
        forward=lstm_sequence,
        uses=("lstm_backward",),
        mistakes=(
            (
                "(dh + dh_t, dc)",
                "(dh_t, dc)",
                "right except for the part that h hands back from the step that follows",
            ),
            (
                "(dh + dh_t, dc)",
                "(dh, dc)",
                "right except for the part that the loss gives to h at every step",
            ),
            (
                "(dh + dh_t, dc)",
                "(dh + dh_t, 0 * dc)",
                "right except for the part that the cell hands back",
            ),
            (
                "(dh + dh_t, dc)",
                "(dh + dh_t * (step is cache.steps[-1]), dc)",
                "dhs is added at the last step only; the loss may look at h at every step",
            ),
            (
                "(dh + dh_t, dc)",
                "(dc, dh + dh_t)",
                "dh and dc are handed to lstm_backward in the wrong order",
            ),
            (
                "dx_t, dh, dc, dW_t, db_t =",
                "dx_t, dc, dh, dW_t, db_t =",
                "dh and dc have changed places on the way to the step before",
            ),
            (
                "cache.steps[::-1], strict",
                "cache.steps, strict",
                "dhs is taken from its end and the caches from their beginning",
            ),
            (
                "zip(dhs[::-1]",
                "zip(dhs",
                "the caches are taken from their end and dhs from its beginning",
            ),
            ("np.array(dx[::-1])", "np.array(dx)", "the steps are in backward order"),
            (
                "zip(dhs[::-1], cache.steps[::-1], strict=True)",
                "zip(dhs, cache.steps, strict=True)",
                FORWARD,
            ),
            (_LOOP, _LOOP.replace("[::-1]", ""), FORWARD),
            (
                "dW, db = dW + dW_t, db + db_t",
                "dW, db = dW_t, db_t",
                "only the first step is counted",
            ),
        ),
    ),
)
