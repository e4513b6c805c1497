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
        mistakes=(
            (
                "(places - mean)",
                "(mean - places)",
                "the difference is mean - places; log p rises as the mean moves towards the place",
            ),
            (
                "return u / spread,",
                "return u,",
                "dmean is divided by the spread once; its square is in log p",
            ),
            (
                "return u / spread,",
                "return u / spread**2,",
                "dmean is divided by the spread three times; its square is in log p",
            ),
            (
                "return u / spread,",
                "return u * spread,",
                "one division by the spread is a multiplication",
            ),
            (
                "return u / spread,",
                "return 2 * u / spread,",
                "the factor 1/2 in the exponent is missing",
            ),
            (
                "np.exp(log_spread)",
                "log_spread",
                "the exp is missing; log_spread is used as the spread",
            ),
            (
                "np.exp(log_spread)",
                "np.exp(0.5 * log_spread)",
                "log_spread is treated as the logarithm of spread^2",
            ),
            ("np.exp(log_spread)", "np.exp(2 * log_spread)", "spread^2 is used instead of spread"),
            (
                "u**2 - 1",
                "u**2",
                "the slope of the term - log spread is missing; it is -1",
            ),
            (
                "u**2 - 1",
                "(u**2 - 1) / spread",
                "this is the slope for the spread, not for its logarithm",
            ),
            ("u**2 - 1", "0.5 * u**2 - 1", "the derivative of the square u^2 lacks its factor 2"),
            ("u**2 - 1", "1 - u**2", "dlog_spread: the sign is wrong; far places want more spread"),
            (
                "u**2 - 1",
                "-(u**2) / 2 - log_spread - 0.5 * np.log(2 * np.pi)",
                "dlog_spread is log p itself; return its slope",
            ),
            (
                "return u / spread, u**2 - 1",
                "return u**2 - 1, u / spread",
                "dmean and dlog_spread are swapped",
            ),
            (
                "return u / spread, u**2 - 1",
                "p = np.exp(-(u**2) / 2) / (spread * np.sqrt(2 * np.pi))\n"
                "    return p * u / spread, p * (u**2 - 1)",
                "these are the slopes of p; the score is the slope of log p",
            ),
        ),
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
        mistakes=(
            (
                "advantage = costs - baseline",
                "advantage = costs + baseline",
                "the baseline is added; subtract it from the costs",
            ),
            (
                "advantage = costs - baseline",
                "advantage = costs - costs.mean()",
                "the mean of these costs is subtracted; subtract the baseline that is given",
            ),
            (
                "advantage = costs - baseline",
                "advantage = costs - baseline.mean()",
                "the baseline is averaged over the samples; each sample has its own",
            ),
            (
                "advantage = costs - baseline",
                "advantage = np.maximum(costs - baseline, 0)",
                "only costs above the baseline count; those below it teach as much",
            ),
            (
                "advantage = costs - baseline",
                "advantage = np.sign(costs - baseline)",
                "only the sign of cost minus baseline is used; multiply by the difference",
            ),
            (
                "advantage = costs - baseline",
                "advantage = (costs - baseline) ** 2",
                "cost minus baseline is squared; that is the baseline's own error",
            ),
            (
                "advantage = costs - baseline",
                "advantage = (costs - baseline) / costs.std()",
                "the costs are divided by their deviation; that changes the gradient's length",
            ),
            (
                "(advantage[:, None] * slopes).mean(axis=0)",
                "advantage.mean() * slopes.mean(axis=0)",
                "costs and scores are averaged separately; multiply each sample's pair first",
            ),
            (
                "(advantage[:, None] * slopes).mean(axis=0)",
                "(costs[:, None] * slopes).mean(axis=0) - baseline.mean()",
                "the baseline is subtracted from the estimate; subtract it from the costs",
            ),
            (
                "(advantage[:, None] * slopes).mean(axis=0)",
                "(costs[:, None] * slopes - baseline[:, None]).mean(axis=0)",
                "the baseline is subtracted after the product; subtract it from the costs",
            ),
            (
                "(advantage[:, None] * slopes).mean(axis=0)",
                "slopes.mean(axis=0)",
                "the costs are missing; scores alone have the mean 0",
            ),
            (
                "(advantage[:, None] * slopes).mean(axis=0)",
                "(advantage[:, None] * slopes)[0]",
                "only the first sample is used; average over all",
            ),
        ),
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
        mistakes=(
            (
                "dplaces * np.exp(log_spread) * noise",
                "dplaces * noise",
                "the factor spread is missing; the derivative of the exp is the exp itself",
            ),
            (
                "dplaces * np.exp(log_spread) * noise",
                "dplaces * np.exp(log_spread)",
                "the factor noise is missing",
            ),
            (
                "dplaces * np.exp(log_spread) * noise",
                "dplaces * log_spread * noise",
                "the exp is missing; log_spread is used as the spread",
            ),
            (
                "dplaces * np.exp(log_spread) * noise",
                "0.5 * dplaces * np.exp(0.5 * log_spread) * noise",
                "log_spread is treated as the logarithm of spread^2",
            ),
            (
                "dplaces * np.exp(log_spread) * noise",
                "dplaces * np.exp(2 * log_spread) * noise",
                "spread^2 is used instead of spread",
            ),
            (
                "dplaces * np.exp(log_spread) * noise",
                "dplaces * noise / np.exp(log_spread)",
                "it is divided by the spread, as in the score; here noise is multiplied by it",
            ),
            (
                "dplaces * np.exp(log_spread) * noise",
                "dplaces * (noise**2 - 1)",
                "the gradient is multiplied by the score; multiply it by the slope of the place",
            ),
            (
                "return dplaces.mean(axis=0),",
                "return (dplaces * noise / np.exp(log_spread)).mean(axis=0),",
                "the gradient is multiplied by the score; multiply it by the slope of the place",
            ),
            (
                "return dplaces.mean(axis=0),",
                "return (dplaces * np.exp(log_spread)).mean(axis=0),",
                "dmean has a factor spread too many; a place moves as far as its mean",
            ),
            (
                "dlog_spread.mean(axis=0)",
                "dplaces.mean(axis=0) * np.exp(log_spread) * noise.mean(axis=0)",
                "gradient and noise are averaged separately; multiply each sample's pair first",
            ),
            (
                "return dplaces.mean(axis=0), dlog_spread.mean(axis=0)",
                "return dlog_spread.mean(axis=0), dplaces.mean(axis=0)",
                "dmean and dlog_spread are swapped",
            ),
            (
                "return dplaces.mean(axis=0),",
                "return dplaces[0],",
                "dmean is that of the first sample; average over all",
            ),
        ),
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
        mistakes=(
            (
                "(error**2 *",
                "(error *",
                "the error is not squared; the scatter is a square",
            ),
            (
                "return scatter /",
                "return np.sqrt(scatter) /",
                "a square root too many; the scatter of m samples is m times smaller, not sqrt(m)",
            ),
            (
                "(gradient**2).sum(axis=1)",
                "np.sqrt((gradient**2).sum(axis=1))",
                "the gradient's length is not squared",
            ),
            (
                "(gradient**2).sum(axis=1)",
                "np.abs(gradient).sum(axis=1) ** 2",
                "the gradient's length is the root of a sum of squares, not a sum of sizes",
            ),
            (
                "((grads - gradient) ** 2)",
                "(grads**2)",
                "the gradient is not subtracted; only the distance from it is an error",
            ),
            (
                "((grads - gradient) ** 2)",
                "((grads - grads.mean(axis=0)) ** 2)",
                "the distance is from the mean of these estimates; use the gradient that is given",
            ),
            (
                "((grads - gradient) ** 2).sum(axis=2)",
                "((grads - gradient).sum(axis=2) ** 2)",
                "entries are summed before they are squared, so that they can cancel",
            ),
            (
                ".mean(axis=0)",
                ".sum(axis=0)",
                "the squared distances are summed over the estimates; average them",
            ),
            (
                ".sum(axis=2).mean(axis=0)",
                ".mean(axis=2).mean(axis=0)",
                "the squared distances are averaged over the D entries; sum them",
            ),
            (
                "scatter / (error**2 * (gradient**2).sum(axis=1))",
                "error**2 * (gradient**2).sum(axis=1) / scatter",
                "the fraction is upside down",
            ),
            (
                "scatter / (error**2 * (gradient**2).sum(axis=1))",
                "error**2 * scatter / (gradient**2).sum(axis=1)",
                "it is multiplied by error^2; a smaller error needs more samples",
            ),
            (
                "scatter / (error**2 * (gradient**2).sum(axis=1))",
                "scatter / error**2",
                "the error is relative: divide by the square of the gradient's length",
            ),
        ),
    ),
)
