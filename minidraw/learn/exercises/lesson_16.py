"""Lesson 16, measure it honestly: a bound from many samples."""

import numpy as np

from minidraw.learn.exercises.exercise import Exercise


def importance_bound(log_weights):
    """Nats per image from S log weights each, (S, n): minus the log of their mean exponential."""
    largest = log_weights.max(axis=0)
    return -largest - np.log(np.exp(log_weights - largest).mean(axis=0))


def _weights(rng, S, n):
    return {"log_weights": rng.standard_normal((S, n))}, {}


def _real_weights(rng, S, n):
    return {"log_weights": -900 + 5 * rng.standard_normal((S, n))}, {}


def _far_apart(rng, S, n):
    return {"log_weights": -800 * np.arange(n) + rng.standard_normal((S, n))}, {}


EXERCISES = (
    Exercise(
        "16.importance_bound",
        importance_bound,
        _weights,
        "S n",
        2,
        (
            "p(x) is the mean of exp(log_weights) over the samples; a cost is -log p(x).",
            "exp(-900) is 0 in a computer. Take the largest log weight out of the mean first.",
        ),
        outputs=("nats",),
        edges=(
            (_real_weights, "log weights near -900"),
            (_far_apart, "images whose log weights lie far apart"),
        ),
        optional=True,
        mistakes=(
            (".mean(axis=0)", ".sum(axis=0)", "a sum where the mean belongs: off by log S"),
            (
                "-largest - np.log(np.exp(log_weights - largest).mean(axis=0))",
                "-log_weights.mean(axis=0)",
                "the mean of the logs, which is the plain bound",
            ),
            (
                "-largest - np.log(",
                "-np.log(",
                "the largest was taken out of the mean and isn't put back",
            ),
            (
                "-largest - np.log(np.exp(log_weights - largest).mean(axis=0))",
                "-np.log(np.exp(log_weights).mean(axis=1))",
                "the mean runs over the images, not over the samples",
            ),
        ),
    ),
)
