"""Lesson 10, sample and pay for it: a draw that gradients can pass, and its price."""

from minidraw.layers import kl, kl_backward, sample, sample_backward
from minidraw.learn.exercises.exercise import Exercise


def _latents(rng, n, Z):
    return {"mu": rng.standard_normal((n, Z)), "log_sigma": 0.5 * rng.standard_normal((n, Z))}


def _sample(rng, n, Z):
    return _latents(rng, n, Z), {"noise": rng.standard_normal((n, Z))}


def _kl(rng, n, Z):
    return _latents(rng, n, Z), {}


EXERCISES = (
    Exercise(
        "10.sample",
        sample,
        _sample,
        "n Z",
        2,
        (
            "The noise is given, with deviation 1. Stretch it to deviation sigma, then move it to "
            "mu. Nothing is drawn inside.",
            "The layer emits log sigma, not sigma and not log sigma^2.",
        ),
        outputs=("z",),
        mistakes=(
            ("np.exp(log_sigma)", "np.exp(0.5 * log_sigma)", "log sigma is taken for log sigma^2"),
            ("np.exp(log_sigma)", "np.exp(2 * log_sigma)", "sigma^2 where sigma belongs"),
            ("np.exp(log_sigma)", "log_sigma", "log sigma is taken for sigma: the exp is missing"),
            ("mu + sigma * noise", "sigma * noise", "mu is missing"),
            ("mu + sigma * noise", "mu + noise", "sigma is missing"),
            (
                "mu + sigma * noise",
                "mu + sigma * noise[:1]",
                "all images got the first one's noise",
            ),
            ("mu + sigma * noise", "mu - sigma * noise", "the noise has the wrong sign"),
        ),
    ),
    Exercise(
        "10.sample_backward",
        sample_backward,
        _sample,
        "n Z",
        2,
        (
            "z = mu + exp(log_sigma) noise, and the noise is given: a constant.",
            "By log_sigma: the derivative of the exp is sigma itself, times the noise.",
        ),
        forward=sample,
        mistakes=(
            ("dz * sigma * noise", "dz * noise", "right except for the derivative of the exp"),
            ("dz * sigma * noise", "dz * sigma", "the noise is missing"),
            (
                "dz * sigma * noise",
                "dz * np.exp(sigma) * noise",
                "the exp is taken again: the cache has sigma, not its logarithm",
            ),
            (
                "dz * sigma * noise",
                "dz * np.log(sigma) * noise",
                "log sigma where sigma belongs: the derivative of the exp is the exp itself",
            ),
            ("dz * sigma * noise", "dz * sigma**2 * noise", "sigma^2 where sigma belongs"),
        ),
    ),
    Exercise(
        "10.kl",
        kl,
        _kl,
        "n Z",
        2,
        (
            "Per entry: (mu^2 + sigma^2 - log sigma^2 - 1) / 2, and log sigma^2 = 2 log sigma.",
            "Sum over the entries of an image; mu = 0, sigma = 1 must cost exactly nothing.",
        ),
        outputs=("kl",),
        mistakes=(
            (" - 1)", ")", "the constant -1 is missing"),
            (
                "(mu**2 + sigma**2 - 2 * log_sigma - 1).sum(axis=1)",
                "((mu**2 + sigma**2 - 2 * log_sigma).sum(axis=1) - 1)",
                "the 1 is taken off once per image, and it belongs to every entry",
            ),
            (
                "(mu**2 + sigma**2 - 2 * log_sigma - 1).sum(axis=1)",
                "((mu**2 + sigma**2 - 2 * log_sigma).sum(axis=1) - 2)",
                "the constant is taken off once per image, and it belongs to every entry",
            ),
            ("2 * log_sigma", "log_sigma", "log sigma where log sigma^2 = 2 log sigma belongs"),
            (
                "2 * log_sigma",
                "log_sigma**2",
                "the square of log sigma where the logarithm of sigma^2 belongs: 2 log sigma",
            ),
            ("np.exp(log_sigma)", "log_sigma", "log sigma is taken for sigma: the exp is missing"),
            ("sigma**2", "sigma", "sigma where sigma^2 belongs"),
            ("mu**2 + sigma**2", "sigma**2", "right except for the part of mu"),
        ),
    ),
    Exercise(
        "10.kl_backward",
        kl_backward,
        _kl,
        "n Z",
        2,
        (
            "Differentiate the price of one entry by mu: the 1/2 and the square's 2 cancel.",
            "By log_sigma: sigma^2 = exp(2 log_sigma) differentiates to 2 sigma^2.",
            "dkl has the shape (n,): one number for all entries of an image.",
        ),
        forward=kl,
        mistakes=(
            ("(sigma**2 - 1)", "sigma**2", "right except for the part of - log sigma"),
            ("(sigma**2 - 1)", "(sigma - 1)", "sigma where sigma^2 belongs"),
            (
                "(sigma**2 - 1)",
                "(sigma - 1 / sigma)",
                "this is the gradient by sigma; log sigma is asked for",
            ),
            ("(sigma**2 - 1)", "-1", "right except for the part of sigma^2"),
            ("(sigma**2 - 1)", "(2 * sigma**2 - 1)", "the 1/2 of eq 11 is missing for sigma^2"),
            ("(sigma**2 - 1)", "(sigma**2 - 2)", "the 1/2 of eq 11 is missing for log sigma^2"),
            (
                "(sigma**2 - 1)",
                "(0.5 * sigma**2 - 1)",
                "sigma^2 = exp(2 log_sigma): the 2 of its derivative is missing",
            ),
            (
                "(sigma**2 - 1)",
                "(np.exp(sigma) ** 2 - 1)",
                "the exp is taken again: the cache has sigma, not its logarithm",
            ),
        ),
    ),
)
