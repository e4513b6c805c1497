"""Lesson 13, train it: clipping, and Adam's update."""

import numpy as np

from minidraw.layers import adam_update
from minidraw.learn.exercises.exercise import Exercise


def clipped(grad, *, limit):
    """The gradient, shortened to the length `limit` where it is longer."""
    norm = np.sqrt((grad**2).sum())
    return grad * min(1.0, limit / norm)


def _long(rng, P):
    return {"grad": 10 * rng.standard_normal(P)}, {"limit": rng.uniform(1, 2)}


def _short(rng, P):
    return {"grad": 0.1 * rng.standard_normal(P)}, {"limit": 10.0}


def _adam(rng, P):
    inputs = {name: rng.standard_normal(P) for name in ("weights", "mean")}
    inputs |= {"square": rng.random(P), "average": rng.standard_normal(P)}
    inputs["grad"] = rng.standard_normal(P)
    constants = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-3, "decay": rng.uniform(0.5, 0.9)}
    return inputs, {"rate": rng.uniform(0.01, 0.1), "step": int(rng.integers(2, 9)), **constants}


MOVE = "w -= scale * m / (np.sqrt(v) + eps)"  # the answer's line

EXERCISES = (
    Exercise(
        "13.adam_update",
        adam_update,
        _adam,
        "P",
        7,
        (
            "Move both running means a little towards the gradient and towards its square.",
            "Both started at zero and are too small by 1 - beta^step: divide by that.",
            "Step against the mean, divided by the root of the square plus eps; then let the "
            "average of the weights follow. All four arrays change in place: use [...] or +=.",
        ),
        changed=("weights", "mean", "square", "average"),
        mistakes=(
            ("v += (1 - beta2) * g * g", "v += (1 - beta2) * g", "the gradient isn't squared"),
            ("m += (1 - beta1) * g", "m += g", "the share 1 - beta1 is missing"),
            ("w -= scale", "w += scale", "the weights move along the gradient, not against it"),
            (
                "w -= scale * m / (np.sqrt(v) + eps)",
                "w -= scale * correction * m / (v + eps * correction)",
                "the root of the square's mean is missing",
            ),
            (
                "(np.sqrt(v) + eps)",
                "np.sqrt(v + eps * correction)",
                "eps is added before the root is taken, not after",
            ),
            (
                "m *= beta1\n        m += (1 - beta1) * g",
                "m *= 1 - beta1\n        m += beta1 * g",
                "beta1 and 1 - beta1 have changed places",
            ),
            (
                "v *= beta2\n        v += (1 - beta2) * g * g",
                "v *= 1 - beta2\n        v += beta2 * g * g",
                "beta2 and 1 - beta2 have changed places",
            ),
            (
                "math.sqrt(1 - beta2**step)",
                "math.sqrt(1 - beta1**step)",
                "beta1 where the square's correction has beta2",
            ),
            (
                "math.sqrt(1 - beta2**step)",
                "1.0",
                "the square's correction, 1 - beta2^step, is missing",
            ),
            (
                "scale, eps = rate * correction / (1 - beta1**step)",
                "scale, eps = rate * correction",
                "the mean's correction, 1 - beta1^step, is missing",
            ),
            (
                "(1 - beta1**step)",
                "(1 - beta1 * step)",
                "beta1 times step, where beta1 to the power of step belongs",
            ),
            (
                "        w -= scale * m / (np.sqrt(v) + eps)\n        a += (1 - decay) * (w - a)",
                "        a += (1 - decay) * (w - a)\n        w -= scale * m / (np.sqrt(v) + eps)",
                "the average follows the old weights: let it follow the new ones",
            ),
            (
                "scale, eps = rate * correction / (1 - beta1**step), eps * correction",
                "scale = rate",
                "the corrections for the start at zero, 1 - beta^step, are missing",
            ),
            (
                "rate * correction / (1 - beta1**step), eps * correction",
                "rate * correction / (1 - beta1**step), eps",
                "eps is added to the root before its correction",
            ),
            (
                "a += (1 - decay) * (w - a)",
                "a += decay * (w - a)",
                "decay and 1 - decay have changed places",
            ),
            (
                "m += (1 - beta1) * g\n        v *= beta2\n        v += (1 - beta2) * g * g",
                "m += (1 - beta1) * g\n        v *= beta2\n        v += (1 - beta2) * m * m",
                "the square is that of the mean; it should be that of the gradient",
            ),
            (
                MOVE,
                f"{MOVE}\n        m /= 1 - beta1**step\n        v /= 1 - beta2**step",
                "it is corrected in place: correct a copy, and leave the running mean as it is",
            ),
            (
                "correction = math.sqrt(1 - beta2**step)",
                "beta1, beta2 = beta2, beta1\n    correction = math.sqrt(1 - beta2**step)",
                "beta1 and beta2 have changed places",
            ),
            (
                "correction = math.sqrt(1 - beta2**step)",
                "step += 1\n    correction = math.sqrt(1 - beta2**step)",
                "step + 1 where step belongs: it is counted from 1 already",
            ),
            (
                "correction = math.sqrt(1 - beta2**step)",
                "step -= 1\n    correction = math.sqrt(1 - beta2**step)",
                "step - 1 where step belongs: it is counted from 1",
            ),
        ),
    ),
    Exercise(
        "13.clipped",
        clipped,
        _long,
        "P",
        2,
        (
            "The length of a vector is the root of the sum of its squares.",
            "Scale the whole vector by one number, so that its direction stays.",
        ),
        outputs=("grad",),
        edges=((_short, "a gradient that is short enough already"),),
        mistakes=(
            (
                "np.sqrt((grad**2).sum())",
                "(grad**2).sum()",
                "the root of the sum of squares is missing",
            ),
            (
                "np.sqrt((grad**2).sum())",
                "np.abs(grad).sum()",
                "the length is taken for the sum of absolute values",
            ),
            (
                "np.sqrt((grad**2).sum())",
                "np.sqrt((grad**2).mean())",
                "a mean where the sum of squares belongs",
            ),
            (
                "grad * min(1.0, limit / norm)",
                "np.clip(grad, -limit, limit)",
                "each entry is clipped by itself: that turns the direction",
            ),
            (
                "min(1.0, limit / norm)",
                "max(1.0, limit / norm)",
                "a gradient that is too long isn't shortened: min of 1 and limit / norm, not max",
            ),
            (
                "min(1.0, limit / norm)",
                "min(1.0, 1 / norm)",
                "the limit is missing: the length becomes 1",
            ),
            (
                "np.sqrt((grad**2).sum())",
                "np.abs(grad).max()",
                "the largest entry is taken for the length",
            ),
            (
                "limit / norm",
                "limit / (norm + 1e-6)",
                "1e-6 is added to the length; without it the result is as long as the limit",
            ),
        ),
    ),
)
