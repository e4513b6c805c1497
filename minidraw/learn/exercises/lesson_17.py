"""Lesson 17, read a cluttered scene: the price of a decision, and the way back through T looks."""

from typing import NamedTuple

import numpy as np

from minidraw.layers import (
    linear,
    linear_backward,
    lstm,
    lstm_backward,
    read_image_attention,
    read_image_attention_backward,
    softmax_cross_entropy,
    softmax_cross_entropy_backward,
)
from minidraw.layers.likelihood import softmax
from minidraw.learn.exercises.exercise import Exercise


class StepCache(NamedTuple):
    window: object  # of `linear`, which made theta
    read: object  # of `read_image_attention`
    lstm: object


class LooksCache(NamedTuple):
    steps: tuple  # a StepCache each, the first one first


def looks(h_0, c_0, W_window, b_window, W, b, *, x, K, T):
    """T times: a window from h, a glimpse through it, a step of the LSTM.  Returns the last h."""
    h, c, steps = h_0, c_0, []
    for _ in range(T):
        theta, window = linear(h, W_window, b_window)  # eq 21
        glimpse, read = read_image_attention(theta, x=x, K=K)  # eq 27
        (h, c), remembered = lstm(glimpse, h, c, W, b)
        steps.append(StepCache(window, read, remembered))
    return h, LooksCache(tuple(steps))


def looks_backward(dh, cache):
    """Gradients ``dh_0, dc_0, dW_window, db_window, dW, db``."""
    dc, dW_window, db_window, dW, db = np.zeros_like(dh), 0, 0, 0, 0
    for step in reversed(cache.steps):
        # h, c = lstm(read(window(h)), h, c)
        dglimpse, dh_lstm, dc, dW_t, db_t = lstm_backward((dh, dc), step.lstm)
        dtheta = read_image_attention_backward(dglimpse, step.read)
        dh_window, dW_window_t, db_window_t = linear_backward(dtheta, step.window)
        dh = dh_lstm + dh_window
        dW_window, db_window = dW_window + dW_window_t, db_window + db_window_t
        dW, db = dW + dW_t, db + db_t
    return dh, dc, dW_window, db_window, dW, db


def _decisions(rng, n, L):
    targets = np.eye(L)[rng.integers(0, L, n)]
    return {"logits": 2 * rng.standard_normal((n, L))}, {"targets": targets}


def _sure(rng, n, L):
    inputs, settings = _decisions(rng, n, L)
    return {"logits": 1000 * np.sign(inputs["logits"])}, settings


def _very_unlikely(rng, n, L):
    inputs, settings = _decisions(rng, n, L)
    return {"logits": inputs["logits"] - 900}, settings


def _far_apart(rng, n, L):
    inputs, settings = _decisions(rng, n, L)
    return {"logits": inputs["logits"] - 800 * np.arange(n)[:, None]}, settings


def _looks(rng, n, T, H, K, B, A):
    normal = rng.standard_normal
    inputs = {"h_0": normal((n, H)), "c_0": normal((n, H))}
    inputs |= {"W_window": 0.3 * normal((H, 5)), "b_window": 0.3 * normal(5)}
    inputs |= {"W": 0.4 * normal((H + K * K, 4 * H)), "b": normal(4 * H)}
    return inputs, {"x": rng.random((n, 1, B, A)), "K": K, "T": T}


FORWARD = "the loop runs from the first step to the last; the way back begins at the last"

EXERCISES = (
    Exercise(
        "17.softmax_cross_entropy",
        softmax_cross_entropy,
        _decisions,
        "n L",
        3,
        (
            "Take the logarithm of the fraction first: -log (e^a_k / s) = log s - a_k, where s is "
            "the sum of all e^a_j.",
            "A softmax stays the same if one number is taken from all logits of a row. Take the "
            "largest: then no exponent is above 0, and s lies between 1 and L.",
            "targets is 1 at the right class and 0 elsewhere: multiply by it and sum over the "
            "classes, and a_k is what is left.",
        ),
        outputs=("nll",),
        uses=("softmax",),
        edges=(
            (_sure, "logits of +-1000"),
            (_very_unlikely, "logits near -900"),
            (_far_apart, "images whose logits lie far apart"),
        ),
        optional=True,
        mistakes=(
            (
                " - (targets * shifted).sum(axis=1)",
                "",
                "right except for the part - a_k, the right class's own logit",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.log(np.exp(logits).sum(axis=1))",
                "right except for the part - a_k, the right class's own logit",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "-(targets * logits).sum(axis=1)",
                "right except for the part log s, the sum over all classes",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "(targets * np.exp(shifted)).sum(axis=1) / np.exp(shifted).sum(axis=1)",
                "this is p of the right class; the price is -log p",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.log2(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "the logarithm of the sum is log2; nats take the natural one",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.log2(np.exp(logits).sum(axis=1)) - (targets * logits).sum(axis=1)",
                "the logarithm of the sum is log2; nats take the natural one",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "-(targets * shifted).sum(axis=1)",
                "right except for the part log s, the sum over all classes",
            ),
            (
                "(targets * shifted)",
                "(targets * logits)",
                "the largest was taken from one of the two parts only",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.log(np.exp(logits).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "the largest was taken from one of the two parts only",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.exp(shifted).sum(axis=1) - (targets * shifted).sum(axis=1)",
                "the logarithm of the sum is missing",
            ),
            (
                "return nll, CrossEntropyCache",
                "return nll / np.log(2), CrossEntropyCache",
                "these are bits, from log2; nats take the natural logarithm",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "1 - (targets * np.exp(shifted)).sum(axis=1) / np.exp(shifted).sum(axis=1)",
                "this is 1 - p of the right class; the price is -log p",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "shifted.shape[1] * np.log(np.exp(shifted).sum(axis=1)) - shifted.sum(axis=1)",
                "all classes are paid for; only the right one counts",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.log(1 + np.exp(-np.abs(logits))).sum(axis=1) + (np.maximum(logits, 0) "
                "- targets * logits).sum(axis=1)",
                "a coin for every class, as in lesson 03; here exactly one class is right",
            ),
        ),
    ),
    Exercise(
        "17.softmax_cross_entropy_backward",
        softmax_cross_entropy_backward,
        _decisions,
        "n L",
        2,
        (
            "The cost is log s - a_k with s the sum of all e^a_j. Differentiate log s by one a_j: "
            "1/s times e^a_j. You know that fraction.",
            "The part - a_k has the slope -1 at the right class and 0 elsewhere: that is what "
            "targets holds.",
            "An image's row of slopes belongs to the cost of that image, whose gradient is an "
            "entry of dnll, (n,).",
        ),
        forward=softmax_cross_entropy,
        parts=(softmax,),
        uses=("softmax",),
        edges=((_sure, "logits of +-1000"),),
        optional=True,
        mistakes=(
            (
                "(softmax(logits) - targets)",
                "softmax(logits)",
                "right except for the part - a_k: targets is missing",
            ),
            ("(softmax(logits) - targets)", "-targets", "right except for the part log s"),
            ("(softmax(logits) - targets)", "(logits - targets)", "the softmax is missing"),
            (
                "(softmax(logits) - targets)",
                "(softmax(logits) - 1)",
                "1 is taken from every class: only the right one has it",
            ),
            (
                "dnll[:, None] * (softmax(logits) - targets)",
                "dnll[:, None] * softmax(logits) - targets",
                "dnll must multiply both parts",
            ),
            ("dnll[:, None] * ", "", "the gradient dnll that arrives is left out"),
            (
                "(softmax(logits) - targets)",
                "-targets / softmax(logits)",
                "this is the slope by the probabilities; it must go on to the logits",
            ),
            (
                "(softmax(logits) - targets)",
                "(softmax(logits) * (1 - softmax(logits)) - targets)",
                "the slope of log s is the softmax itself, not the softmax's slope",
            ),
            (
                "(softmax(logits) - targets)",
                "(1 / (1 + np.exp(-logits)) - targets)",
                "a sigmoid for every class, where one softmax shares 1 among them",
            ),
            (
                "(softmax(logits) - targets)",
                "targets * (softmax(logits) - 1)",
                "right at the right class; the others have one too, as they are all in the sum",
            ),
            (
                "(softmax(logits) - targets)",
                "(1 - targets) * softmax(logits)",
                "right at the wrong classes; the right one has the slope p - 1",
            ),
            (
                "(softmax(logits) - targets)",
                "(np.exp(logits) - targets)",
                "e^a isn't divided by the sum over the classes",
            ),
            (
                "logits.max(axis=1, keepdims=True))\n    return weights / "
                "weights.sum(axis=1, keepdims=True)",
                "logits.max(axis=1, keepdims=True))\n    return weights / "
                "weights.sum(axis=0, keepdims=True)",
                "the softmax sums over the images, where it should over the classes",
            ),
        ),
    ),
    Exercise(
        "17.looks_backward",
        looks_backward,
        _looks,
        "n T H K B A",
        7,
        (
            "The last step first. A step's last line was the LSTM's, so that is the first to be "
            "undone: it gives dglimpse, and what h_prev, c_prev, W and b get of it.",
            "From dglimpse through `read` to theta, and from theta through the linear layer. That "
            "gives what h_prev gets by way of the window, and what W_window and b_window get.",
            "h_prev was used twice, by the LSTM and by the window: add. And the four weights were "
            "used at every step: add what each step gives.",
        ),
        forward=looks,
        uses=("lstm_backward", "read_image_attention_backward", "linear_backward"),
        optional=True,
        mistakes=(
            (
                "dh_lstm + dh_window",
                "dh_lstm",
                "right except for the part that h gets by way of the window",
            ),
            (
                "dh_lstm + dh_window",
                "dh_window",
                "right except for the part that h gets from the LSTM itself",
            ),
            (
                "dh = dh_lstm + dh_window",
                "dh = dh + dh_lstm + dh_window",
                "the loss gives nothing to an earlier h: only what its two users hand back counts",
            ),
            ("(dh, dc)", "(dc, dh)", "dh and dc have changed places on their way into the LSTM"),
            (
                "dglimpse, dh_lstm, dc, dW_t",
                "dglimpse, dc, dh_lstm, dW_t",
                "dh and dc have changed places on their way out of the LSTM",
            ),
            (
                "np.zeros_like(dh), 0, 0, 0, 0",
                "dh, 0, 0, 0, 0",
                "dc begins with dh: nothing was asked of the last cell, so it begins at 0",
            ),
            (
                "    for step in reversed(cache.steps):",
                "    arriving = dh\n    for k, step in enumerate(reversed(cache.steps)):\n"
                "        dh = dh + (k > 0) * arriving",
                "the price's gradient is added at every step, as in lesson 09: here only the last "
                "h is judged",
            ),
            ("(dh, dc)", "(dh, 0 * dc)", "right except for the part that the cell hands back"),
            ("reversed(cache.steps)", "cache.steps", FORWARD),
            ("reversed(cache.steps)", "cache.steps[-1:]", "only the last step is undone"),
            (
                "dW_window, db_window = dW_window + dW_window_t, db_window + db_window_t",
                "dW_window, db_window = dW_window_t, db_window_t",
                "only the first step is counted; the weights are used at every step",
            ),
            (
                "dW, db = dW + dW_t, db + db_t",
                "dW, db = dW_t, db_t",
                "only the first step is counted; the weights are used at every step",
            ),
            (
                "    for step in reversed(cache.steps):",
                "    arriving = dh\n    for step in reversed(cache.steps):\n        dh = arriving",
                "the loss's gradient sets out anew at every step: it arrives at the last one only",
            ),
        ),
    ),
)
