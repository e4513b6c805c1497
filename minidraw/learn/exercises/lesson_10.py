"""Lesson 10, sample and pay for it: a reparameterised sample and its KL cost."""

from minidraw.layers import kl, kl_backward, sample, sample_backward
from minidraw.learn.exercises.exercise import Exercise


def make_posterior(rng, n, Z):
    return {"mu": rng.standard_normal((n, Z)), "log_sigma": 0.5 * rng.standard_normal((n, Z))}


def make_sample_inputs(rng, n, Z):
    return make_posterior(rng, n, Z), {"noise": rng.standard_normal((n, Z))}


def make_kl_inputs(rng, n, Z):
    return make_posterior(rng, n, Z), {}


def list_edges(make_inputs):
    """Return the edges of an exercise: very small and very large standard deviations."""

    def shift(amount):
        def make_shifted(rng, n, Z):
            inputs, settings = make_inputs(rng, n, Z)
            return inputs | {"log_sigma": inputs["log_sigma"] + amount}, settings

        return make_shifted

    return tuple((shift(k), f"standard deviations near e^{k}") for k in (-5, 4))


EXERCISES = (
    Exercise(
        "10.sample",
        sample,
        make_sample_inputs,
        "n Z",
        2,
        (
            "The noise is given, with standard deviation 1. Scale it to sigma, then shift it by "
            "mu. The function itself draws no random numbers.",
            "The layer emits log sigma, not sigma and not log sigma^2.",
        ),
        outputs=("z",),
        edges=list_edges(make_sample_inputs),
        mistakes=(
            ("np.exp(log_sigma)", "np.exp(0.5 * log_sigma)", "log_sigma is treated as log sigma^2"),
            ("np.exp(log_sigma)", "np.exp(2 * log_sigma)", "sigma^2 is used instead of sigma"),
            ("np.exp(log_sigma)", "log_sigma", "the exp is missing; log_sigma is used as sigma"),
            ("mu + sigma * noise", "sigma * noise", "mu is missing"),
            ("mu + sigma * noise", "mu + noise", "the factor sigma is missing"),
            (
                "mu + sigma * noise",
                "mu + sigma * noise[:1]",
                "all images use the noise of the first image",
            ),
            ("mu + sigma * noise", "mu - sigma * noise", "the noise has the wrong sign"),
        ),
    ),
    Exercise(
        "10.sample_backward",
        sample_backward,
        make_sample_inputs,
        "n Z",
        2,
        (
            "z = mu + exp(log_sigma) noise. The noise is given, so it is a constant.",
            "The derivative of exp(log_sigma) is sigma itself. Multiply it by the noise.",
        ),
        forward=sample,
        edges=list_edges(make_sample_inputs),
        mistakes=(
            (
                "dz * sigma * noise",
                "0.5 * dz * sigma * noise",
                "log_sigma is treated as log sigma^2, whose derivative has a factor 1/2",
            ),
            (
                "dz * sigma * noise",
                "0.5 * dz * np.sqrt(sigma) * noise",
                "log_sigma is treated as log sigma^2",
            ),
            ("dz * sigma * noise", "dz * noise", "the derivative of the exp is missing"),
            ("dz * sigma * noise", "dz * sigma", "the factor noise is missing"),
            (
                "dz * sigma * noise",
                "dz * np.exp(sigma) * noise",
                "the exp is taken twice; the cache holds sigma, not its logarithm",
            ),
            (
                "dz * sigma * noise",
                "dz * np.log(sigma) * noise",
                "log sigma is used instead of sigma; the derivative of the exp is the exp itself",
            ),
            ("dz * sigma * noise", "dz * sigma**2 * noise", "sigma^2 is used instead of sigma"),
        ),
    ),
    Exercise(
        "10.kl",
        kl,
        make_kl_inputs,
        "n Z",
        2,
        (
            "One entry costs (mu^2 + sigma^2 - log sigma^2 - 1) / 2, and log sigma^2 = 2 log "
            "sigma.",
            "Sum over the entries of an image. The cost of mu = 0 and sigma = 1 must be exactly 0.",
        ),
        outputs=("kl",),
        edges=list_edges(make_kl_inputs),
        mistakes=(
            (
                "sigma**2 - 2 * log_sigma",
                "sigma - log_sigma",
                "log_sigma is treated as log sigma^2",
            ),
            (" - 1)", ")", "the constant -1 is missing"),
            (
                "(mu**2 + sigma**2 - 2 * log_sigma - 1).sum(axis=1)",
                "((mu**2 + sigma**2 - 2 * log_sigma).sum(axis=1) - 1)",
                "the 1 is subtracted once per image; subtract it for every entry",
            ),
            (
                "(mu**2 + sigma**2 - 2 * log_sigma - 1).sum(axis=1)",
                "((mu**2 + sigma**2 - 2 * log_sigma).sum(axis=1) - 2)",
                "the constant is subtracted once per image; subtract it for every entry",
            ),
            (
                "2 * log_sigma",
                "log_sigma",
                "log sigma is used instead of log sigma^2 = 2 log sigma",
            ),
            ("2 * log_sigma", "log_sigma**2", "log sigma is squared; log sigma^2 is 2 log sigma"),
            ("np.exp(log_sigma)", "log_sigma", "the exp is missing; log_sigma is used as sigma"),
            ("sigma**2", "sigma", "sigma is used instead of sigma^2"),
            ("mu**2 + sigma**2", "sigma**2", "the term mu^2 is missing"),
        ),
    ),
    Exercise(
        "10.kl_backward",
        kl_backward,
        make_kl_inputs,
        "n Z",
        2,
        (
            "Differentiate an entry's cost with respect to mu. The 1/2 and the square's 2 cancel.",
            "With respect to log_sigma, the derivative of sigma^2 = exp(2 log_sigma) is 2 sigma^2.",
            "dkl has the shape (n,): one number for all entries of an image.",
        ),
        forward=kl,
        edges=list_edges(make_kl_inputs),
        mistakes=(
            (
                "(sigma**2 - 1)",
                "0.5 * (sigma - 1)",
                "log_sigma is treated as log sigma^2",
            ),
            ("(sigma**2 - 1)", "sigma**2", "the derivative of the term - log sigma is missing"),
            ("(sigma**2 - 1)", "(sigma - 1)", "sigma is used instead of sigma^2"),
            (
                "(sigma**2 - 1)",
                "(sigma - 1 / sigma)",
                "this is the gradient with respect to sigma, not log sigma",
            ),
            ("(sigma**2 - 1)", "-1", "the derivative of the term sigma^2 is missing"),
            (
                "(sigma**2 - 1)",
                "(2 * sigma**2 - 1)",
                "the factor 1/2 of eq 11 is missing for sigma^2",
            ),
            (
                "(sigma**2 - 1)",
                "(sigma**2 - 2)",
                "the factor 1/2 of eq 11 is missing for log sigma^2",
            ),
            (
                "(sigma**2 - 1)",
                "(0.5 * sigma**2 - 1)",
                "the factor 2 in the derivative of sigma^2 = exp(2 log_sigma) is missing",
            ),
            (
                "(sigma**2 - 1)",
                "(np.exp(sigma) ** 2 - 1)",
                "the exp is taken twice; the cache holds sigma, not its logarithm",
            ),
        ),
    ),
)
