"""Lesson 20, look without a slope: the score, REINFORCE, the pathwise gradient, their scatter."""

import numpy as np

from minidraw.learn.exercises.exercise import Exercise


def score(mean, log_spread, *, places):
    """Return the slopes of log p of sampled places (S, D) with respect to mean and log_spread."""
    spread = np.exp(log_spread)
    u = (places - mean) / spread
    return u / spread, u**2 - 1


def reinforce(costs, slopes, *, baseline):
    """Return REINFORCE's estimate (D,) from costs (S,), scores (S, D) and a baseline (S,)."""
    advantage = costs - baseline
    return (advantage[:, None] * slopes).mean(axis=0)


def pathwise(dplaces, log_spread, *, noise):
    """Return the mean gradients (D,) of mean and log_spread, where place = mean + spread noise."""
    dlog_spread = dplaces * np.exp(log_spread) * noise
    return dplaces.mean(axis=0), dlog_spread.mean(axis=0)


def samples_needed(grads, gradient, *, error):
    """Return, for n scenes, the samples whose mean has this relative error."""
    scatter = ((grads - gradient) ** 2).sum(axis=2).mean(axis=0)
    return scatter / (error**2 * (gradient**2).sum(axis=1))


def make_score_inputs(rng, S, D):
    inputs = {"mean": rng.standard_normal(D), "log_spread": 0.5 * rng.standard_normal(D) - 1}
    return inputs, {"places": inputs["mean"] + rng.standard_normal((S, D))}


def make_reinforce_inputs(rng, S, D):
    inputs = {"costs": 2 + rng.standard_normal(S), "slopes": rng.standard_normal((S, D))}
    return inputs, {"baseline": 1 + rng.standard_normal(S)}


def make_pathwise_inputs(rng, S, D):
    inputs = {"dplaces": rng.standard_normal((S, D)), "log_spread": rng.standard_normal(D) - 1}
    return inputs, {"noise": rng.standard_normal((S, D))}


def make_samples_needed_inputs(rng, S, n, D):
    gradient = 1 + rng.standard_normal((n, D))
    grads = gradient + rng.standard_normal((S, n, D))
    return {"grads": grads, "gradient": gradient}, {"error": 0.1 + 0.4 * rng.random()}


EXERCISES = (
    Exercise(
        "20.score",
        score,
        make_score_inputs,
        "S D",
        3,
        (
            "log p = -(a - mean)^2 / (2 spread^2) - log spread - a constant. Differentiate it with "
            "respect to the mean first: the square's 2 cancels the 1/2.",
            "Call (a - mean) / spread by one name, u. Then log p = -u^2 / 2 - log spread - a "
            "constant, and the slope for the mean is u / spread.",
            "With respect to log spread, u has the slope -u, because spread = exp(log spread). "
            "And the term - log spread has the slope -1.",
        ),
        outputs=("dmean", "dlog_spread"),
        optional=True,
    ),
    Exercise(
        "20.reinforce",
        reinforce,
        make_reinforce_inputs,
        "S D",
        2,
        (
            "The gradient is the mean of (cost - baseline) times score, over the samples.",
            "Each sample has one cost and D scores: give the costs a second axis before you "
            "multiply. Average over the first axis only at the end.",
        ),
        outputs=("gradient",),
        optional=True,
    ),
    Exercise(
        "20.pathwise",
        pathwise,
        make_pathwise_inputs,
        "S D",
        3,
        (
            "place = mean + exp(log_spread) noise, and the noise is a constant: it is drawn first.",
            "The mean moves every place by the same amount, with slope 1. The slope of a place for "
            "log_spread is spread times noise, as in lesson 10.",
            "Multiply each sample's slope by its gradient in dplaces, then average over samples.",
        ),
        outputs=("dmean", "dlog_spread"),
        optional=True,
    ),
    Exercise(
        "20.samples_needed",
        samples_needed,
        make_samples_needed_inputs,
        "S n D",
        3,
        (
            "One estimate misses the gradient by grads - gradient. Square it, sum over the D "
            "entries, average over the S estimates: that is the scatter of one estimate.",
            "The mean of m estimates has a scatter m times smaller.",
            "Set scatter / m equal to the square of error times the gradient's length, and solve "
            "for m.",
        ),
        outputs=("samples",),
        optional=True,
    ),
)
