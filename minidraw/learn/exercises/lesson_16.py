"""Lesson 16, measure it honestly: a bound from many samples."""

import numpy as np

from minidraw.learn.exercises.exercise import Exercise


def importance_bound(log_weights):
    """Return -log of the mean of exp(log weights), (S, n), over the S samples of each image."""
    largest = log_weights.max(axis=0)
    return -largest - np.log(np.exp(log_weights - largest).mean(axis=0))


def make_log_weights(rng, S, n):
    return {"log_weights": rng.standard_normal((S, n))}, {}


def make_realistic_log_weights(rng, S, n):
    return {"log_weights": -900 + 5 * rng.standard_normal((S, n))}, {}


def make_distant_log_weights(rng, S, n):
    return {"log_weights": -800 * np.arange(n) + rng.standard_normal((S, n))}, {}


def make_spread_log_weights(rng, S, n):
    return {"log_weights": 1000 * rng.standard_normal((S, n))}, {}


EXERCISES = (
    Exercise(
        "16.importance_bound",
        importance_bound,
        make_log_weights,
        "S n",
        2,
        (
            "p(x) is the mean of exp(log_weights) over the samples; a cost is -log p(x).",
            "On a computer exp(-900) is 0. Take the largest log weight out of the mean first.",
        ),
        outputs=("nats",),
        edges=(
            (make_realistic_log_weights, "log weights near -900"),
            (make_spread_log_weights, "an image whose log weights lie far apart"),
            (make_distant_log_weights, "images whose log weights lie far apart"),
        ),
        optional=True,
        mistakes=(
            (
                ".mean(axis=0)",
                ".sum(axis=0)",
                "the weights are summed instead of averaged; the result is off by log S",
            ),
            (
                "-largest - np.log(np.exp(log_weights - largest).mean(axis=0))",
                "-log_weights.mean(axis=0)",
                "this is the variational bound, from the mean of the logs",
            ),
            (
                "-largest - np.log(",
                "-np.log(",
                "the largest log weight is taken out of the mean but not put back",
            ),
            (
                "-largest - np.log(np.exp(log_weights - largest).mean(axis=0))",
                "-np.log(np.exp(log_weights).mean(axis=1))",
                "the mean is over the images instead of the samples",
            ),
        ),
    ),
)
