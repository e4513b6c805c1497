"""Lesson 17, read a cluttered scene: the cost of a decision, and the gradient through T looks."""

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
from minidraw.learn.exercises.lesson_09 import WRONG_ORDER


class StepCache(NamedTuple):
    window: object  # of `linear`, which made theta
    read: object  # of `read_image_attention`
    lstm: object


class LooksCache(NamedTuple):
    steps: tuple  # one StepCache per step, in order


def looks(h_0, c_0, W_window, b_window, W, b, *, x, K, T):
    """Repeat T times: make a window from h, read a glimpse, step the LSTM.  Return the last h."""
    h, c, steps = h_0, c_0, []
    for _ in range(T):
        theta, window = linear(h, W_window, b_window)  # eq 21
        glimpse, read = read_image_attention(theta, x=x, K=K)  # eq 27
        (h, c), remembered = lstm(glimpse, h, c, W, b)
        steps.append(StepCache(window, read, remembered))
    return h, LooksCache(tuple(steps))


def looks_backward(dh, cache):
    """Return the gradients ``dh_0, dc_0, dW_window, db_window, dW, db``."""
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


def make_logits(rng, n, L):
    targets = np.eye(L)[rng.integers(0, L, n)]
    return {"logits": 2 * rng.standard_normal((n, L))}, {"targets": targets}


def make_large_logits(rng, n, L):
    inputs, settings = make_logits(rng, n, L)
    return {"logits": 1000 * np.sign(inputs["logits"])}, settings


def make_low_logits(rng, n, L):
    inputs, settings = make_logits(rng, n, L)
    return {"logits": inputs["logits"] - 900}, settings


def make_distant_logits(rng, n, L):
    inputs, settings = make_logits(rng, n, L)
    return {"logits": inputs["logits"] - 800 * np.arange(n)[:, None]}, settings


def make_middling_logits(rng, n, L):
    inputs, settings = make_logits(rng, n, L)
    return {"logits": rng.uniform(-12, 12, inputs["logits"].shape)}, settings


def make_looks_inputs(rng, n, T, H, K, B, A):
    normal = rng.standard_normal
    inputs = {"h_0": normal((n, H)), "c_0": normal((n, H))}
    inputs |= {"W_window": 0.3 * normal((H, 5)), "b_window": 0.3 * normal(5)}
    inputs |= {"W": 0.4 * normal((H + K * K, 4 * H)), "b": normal(4 * H)}
    return inputs, {"x": rng.random((n, 1, B, A)), "K": K, "T": T}


EXERCISES = (
    Exercise(
        "17.softmax_cross_entropy",
        softmax_cross_entropy,
        make_logits,
        "n L",
        3,
        (
            "Take the logarithm of the fraction first: -log (e^a_k / s) = log s - a_k, where s is "
            "the sum of all e^a_j.",
            "A softmax stays the same if one number is subtracted from all logits of a row. "
            "Subtract the largest: then no exponent is above 0, and s lies between 1 and L.",
            "targets is 1 at the correct class and 0 elsewhere. Multiply by it and sum to get a_k.",
        ),
        outputs=("nll",),
        uses=("softmax",),
        edges=(
            (make_middling_logits, "logits as large as +-12"),
            (make_large_logits, "logits of +-1000"),
            (make_low_logits, "logits near -900"),
            (make_distant_logits, "images whose logits lie far apart"),
        ),
        optional=True,
        mistakes=(
            (
                " - (targets * shifted).sum(axis=1)",
                "",
                "the term - a_k, the logit of the correct class, is missing",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.log(np.exp(logits).sum(axis=1))",
                "the term - a_k, the logit of the correct class, is missing",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "-(targets * logits).sum(axis=1)",
                "the term log s, with the sum over all classes, is missing",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "(targets * np.exp(shifted)).sum(axis=1) / np.exp(shifted).sum(axis=1)",
                "this is p of the correct class; the cost is -log p",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.log2(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "the logarithm of the sum is log2; use the natural logarithm",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.log2(np.exp(logits).sum(axis=1)) - (targets * logits).sum(axis=1)",
                "the logarithm of the sum is log2; use the natural logarithm",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "-(targets * shifted).sum(axis=1)",
                "the term log s, with the sum over all classes, is missing",
            ),
            (
                "(targets * shifted)",
                "(targets * logits)",
                "the largest logit is subtracted in only one of the two terms",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.log(np.exp(logits).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "the largest logit is subtracted in only one of the two terms",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.exp(shifted).sum(axis=1) - (targets * shifted).sum(axis=1)",
                "the logarithm of the sum is missing",
            ),
            (
                "return nll, CrossEntropyCache",
                "return nll / np.log(2), CrossEntropyCache",
                "these are bits, from log2; use the natural logarithm to get nats",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "1 - (targets * np.exp(shifted)).sum(axis=1) / np.exp(shifted).sum(axis=1)",
                "this is 1 - p of the correct class; the cost is -log p",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "shifted.shape[1] * np.log(np.exp(shifted).sum(axis=1)) - shifted.sum(axis=1)",
                "the costs of all classes are summed; only the correct class counts",
            ),
            (
                "np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)",
                "np.log(1 + np.exp(-np.abs(logits))).sum(axis=1) + (np.maximum(logits, 0) "
                "- targets * logits).sum(axis=1)",
                "this is a Bernoulli cost per class, as in lesson 03; exactly one class is correct",
            ),
        ),
    ),
    Exercise(
        "17.softmax_cross_entropy_backward",
        softmax_cross_entropy_backward,
        make_logits,
        "n L",
        2,
        (
            "The cost is log s - a_k, where s is the sum of all e^a_j. Differentiate log s with "
            "respect to one a_j: 1/s times e^a_j. You know that fraction.",
            "The term - a_k has the slope -1 at the correct class and 0 elsewhere. Use targets.",
            "Multiply each image's row of slopes by the gradient of its cost, from dnll, (n,).",
        ),
        forward=softmax_cross_entropy,
        parts=(softmax,),
        uses=("softmax",),
        edges=((make_large_logits, "logits of +-1000"),),
        optional=True,
        mistakes=(
            (
                "(softmax(logits) - targets)",
                "softmax(logits)",
                "the slope of the term - a_k is missing; it is minus targets",
            ),
            ("(softmax(logits) - targets)", "-targets", "the slope of the term log s is missing"),
            ("(softmax(logits) - targets)", "(logits - targets)", "the softmax is missing"),
            (
                "(softmax(logits) - targets)",
                "(softmax(logits) - 1)",
                "1 is subtracted from every class; subtract it only from the correct class",
            ),
            (
                "dnll[:, None] * (softmax(logits) - targets)",
                "dnll[:, None] * softmax(logits) - targets",
                "dnll multiplies only the softmax; it should multiply both terms",
            ),
            ("dnll[:, None] * ", "", "the incoming gradient dnll is missing"),
            (
                "(softmax(logits) - targets)",
                "-targets / softmax(logits)",
                "this is the gradient with respect to the probabilities, not the logits",
            ),
            (
                "(softmax(logits) - targets)",
                "(softmax(logits) * (1 - softmax(logits)) - targets)",
                "the slope of log s is the softmax itself, not the slope of the softmax",
            ),
            (
                "(softmax(logits) - targets)",
                "(1 / (1 + np.exp(-logits)) - targets)",
                "a sigmoid is used for each class; use one softmax over all classes",
            ),
            (
                "(softmax(logits) - targets)",
                "targets * (softmax(logits) - 1)",
                "right only at the correct class; the other classes have the slope of log s",
            ),
            (
                "(softmax(logits) - targets)",
                "(1 - targets) * softmax(logits)",
                "right only at the other classes; the correct class has the slope p - 1",
            ),
            (
                "(softmax(logits) - targets)",
                "(np.exp(logits) - targets)",
                "e^a is not divided by the sum over the classes",
            ),
            (
                "logits.max(axis=1, keepdims=True))\n    return weights / "
                "weights.sum(axis=1, keepdims=True)",
                "logits.max(axis=1, keepdims=True))\n    return weights / "
                "weights.sum(axis=0, keepdims=True)",
                "the softmax sums over the images instead of the classes",
            ),
        ),
    ),
    Exercise(
        "17.looks_backward",
        looks_backward,
        make_looks_inputs,
        "n T H K B A",
        7,
        (
            "Start at the last step, and undo its lines from the bottom up. Its last line is the "
            "LSTM. The LSTM's backward gives dglimpse and gradients of h_prev, c_prev, W and b.",
            "Then go from dglimpse through `read` to theta, and from theta through the linear "
            "layer. This gives a second gradient of h_prev, and the gradients of W_window and "
            "b_window.",
            "h_prev is used twice, by the LSTM and by the window, so add its two gradients. The "
            "four weights are used at every step, so add the gradients of all steps.",
        ),
        forward=looks,
        uses=("lstm_backward", "read_image_attention_backward", "linear_backward"),
        optional=True,
        mistakes=(
            (
                "dh_lstm + dh_window",
                "dh_lstm",
                "the gradient of h that flows through the window is missing",
            ),
            (
                "dh_lstm + dh_window",
                "dh_window",
                "the gradient of h that flows through the LSTM is missing",
            ),
            (
                "dh = dh_lstm + dh_window",
                "dh = dh + dh_lstm + dh_window",
                "dh is added to the two new gradients; it should be replaced by their sum",
            ),
            ("(dh, dc)", "(dc, dh)", "dh and dc are passed to lstm_backward in the wrong order"),
            (
                "dglimpse, dh_lstm, dc, dW_t",
                "dglimpse, dc, dh_lstm, dW_t",
                "dh and dc are swapped in the results of lstm_backward",
            ),
            (
                "np.zeros_like(dh), 0, 0, 0, 0",
                "dh, 0, 0, 0, 0",
                "dc starts as dh; the loss does not use the last cell, so dc starts at 0",
            ),
            (
                "    for step in reversed(cache.steps):",
                "    arriving = dh\n    for k, step in enumerate(reversed(cache.steps)):\n"
                "        dh = dh + (k > 0) * arriving",
                "the gradient of the loss is added at every step, as in lesson 09; here the loss "
                "uses only the last h",
            ),
            (
                "(dh, dc)",
                "(dh, 0 * dc)",
                "dc, the gradient of the cell that comes from the next step, is missing",
            ),
            ("reversed(cache.steps)", "cache.steps", WRONG_ORDER),
            ("reversed(cache.steps)", "cache.steps[-1:]", "only the last step is counted"),
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
                "dh is reset to the loss's gradient at every step; use it at the last step only",
            ),
        ),
    ),
)
