"""Lesson 03, a price in nats: the Bernoulli cost from probabilities and from logits."""

import numpy as np

from minidraw.layers import bernoulli_cost, bernoulli_cost_backward
from minidraw.learn.exercises.exercise import Exercise


def coin_cost(p, *, x):
    """Return the cost in nats of binary images x under probabilities p of a 1; both (n, P)."""
    return -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)


def make_binary_pixels(rng, n, P):
    return {"p": rng.uniform(0.1, 0.9, (n, P))}, {"x": (rng.random((n, P)) < 0.5).astype(float)}


def make_grey_pixels(rng, n, P):
    inputs, _ = make_binary_pixels(rng, n, P)
    return inputs, {"x": rng.random((n, P))}


def make_sure_pixels(rng, n, P):
    inputs, settings = make_binary_pixels(rng, n, P)
    small = 10 ** rng.uniform(-9, -1, (n, P))
    inputs["p"] = np.where(rng.random((n, P)) < 0.5, small, 1 - small)
    return inputs, settings


def make_canvas(rng, n, C, B, A):
    return {"logits": rng.standard_normal((n, C, B, A))}, {"x": rng.random((n, C, B, A))}


def make_large_logits(rng, n, C, B, A):
    inputs, settings = make_canvas(rng, n, C, B, A)
    return {"logits": 1000 * np.sign(inputs["logits"])}, settings


def make_many_pixels(rng, n, P):
    return make_binary_pixels(rng, n, 1000 * P)


def make_middling_logits(rng, n, C, B, A):
    inputs, settings = make_canvas(rng, n, C, B, A)
    return {"logits": rng.uniform(-12, 12, inputs["logits"].shape)}, settings


def make_distant_logits(rng, n, C, B, A):
    inputs, settings = make_canvas(rng, n, C, B, A)
    return {"logits": rng.uniform(-60, 60, inputs["logits"].shape)}, settings


LOGIT_EDGES = (
    (make_middling_logits, "logits as large as +-12"),
    (make_distant_logits, "logits as large as +-60"),
    (make_large_logits, "logits of +-1000"),
)

EXERCISES = (
    Exercise(
        "03.coin_cost",
        coin_cost,
        make_binary_pixels,
        "n P",
        2,
        (
            "A pixel that is 1 costs -log p, and a pixel that is 0 costs -log(1 - p).",
            "x and 1 - x select the term that applies, so no `if` is needed. Sum over the pixels.",
        ),
        outputs=("nats",),
        edges=(
            (make_sure_pixels, "probabilities close to 0 and 1"),
            (make_grey_pixels, "grey pixels between 0 and 1"),
            (make_many_pixels, "images of many pixels, whose probability is too small a number"),
        ),
        mistakes=(
            (
                " + (1 - x) * np.log(1 - p)",
                "",
                "the cost of the dark pixels, those with x = 0, is missing",
            ),
            ("x * np.log(p) + ", "", "the cost of the light pixels, those with x = 1, is missing"),
            (
                "(x * np.log(p) + (1 - x) * np.log(1 - p))",
                "((1 - x) * np.log(p) + x * np.log(1 - p))",
                "light and dark pixels are swapped",
            ),
            (
                "-(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)",
                "-(x * np.log2(p) + (1 - x) * np.log2(1 - p)).sum(axis=1)",
                "these are bits, from log2; use the natural logarithm to get nats",
            ),
            (
                "(x * np.log(p) + (1 - x) * np.log(1 - p))",
                "(x * np.log(p + 1e-8) + (1 - x) * np.log(1 - p + 1e-8))",
                "1e-8 is added inside the logarithms; leave it out",
            ),
        ),
    ),
    Exercise(
        "03.bernoulli_cost",
        bernoulli_cost,
        make_canvas,
        "n C B A",
        3,
        (
            "Insert p = sigmoid(c) and 1 - p = sigmoid(-c) into -x log p - (1 - x) log(1 - p).",
            "-log sigmoid(-c) is log(1 + e^c), called softplus. The cost is softplus(c) - x c.",
            "log(1 + e^c) overflows at c = 1000. Take max(c, 0) out of the logarithm. Then the "
            "exponent inside is never positive.",
        ),
        outputs=("nll",),
        uses=("sigmoid",),
        edges=LOGIT_EDGES,
        mistakes=(
            (
                "softplus - x * logits",
                "np.log1p(np.exp(sigmoid(logits))) - x * sigmoid(logits)",
                "the logits are squashed first; this formula includes the sigmoid already",
            ),
            (
                "softplus - x * logits",
                "x * np.logaddexp(0, logits) + (1 - x) * np.logaddexp(0, -logits)",
                "p and 1 - p are swapped",
            ),
            (
                "softplus - x * logits",
                "-sigmoid(logits) * np.log(x) - (1 - sigmoid(logits)) * np.log(1 - x)",
                "p and x are swapped; the logarithms should be of p and 1 - p",
            ),
            (" - x * logits", "", "the term - x c is missing"),
            ("softplus - x * logits", "softplus + x * logits", "the sign of x c is wrong"),
            (
                "-np.abs(logits)",
                "-np.maximum(logits, 0)",
                "right only for logits above 0; the exponent inside should be -|c|",
            ),
            (
                "-np.abs(logits)",
                "-logits",
                "right only for logits above 0; the exponent inside should be -|c|, not -c",
            ),
            (
                "-np.abs(logits)",
                "logits - np.maximum(logits, 0)",
                "right only for logits below 0; the exponent inside should be -|c|",
            ),
            (
                "-np.abs(logits)",
                "logits",
                "max(c, 0) is added, but the exponent is still c; it should be -|c|",
            ),
        ),
    ),
    Exercise(
        "03.bernoulli_cost_backward",
        bernoulli_cost_backward,
        make_canvas,
        "n C B A",
        3,
        (
            "A pixel costs softplus(c) - x c. The derivative of softplus is e^c / (1 + e^c).",
            "Multiply each pixel's slope by the gradient of its image's cost, from dnll, (n,).",
        ),
        forward=bernoulli_cost,
        uses=("sigmoid",),
        edges=LOGIT_EDGES,
        mistakes=(
            (
                "(sigmoid(logits) - x)",
                "(sigmoid(logits) - x) * sigmoid(logits) * (1 - sigmoid(logits))",
                "there is a factor s (1 - s) too many; s - x is the whole slope",
            ),
            (
                "(sigmoid(logits) - x)",
                "(sigmoid(sigmoid(logits)) - x)",
                "the sigmoid is applied twice",
            ),
            (
                "(sigmoid(logits) - x)",
                "(x - sigmoid(logits)) / (sigmoid(logits) * (1 - sigmoid(logits)))",
                "this is the slope with respect to the probability, with the wrong sign",
            ),
            (
                "(sigmoid(logits) - x)",
                "(sigmoid(logits) - x) / (sigmoid(logits) * (1 - sigmoid(logits)))",
                "this is the slope with respect to the probability; multiply by s (1 - s)",
            ),
            ("(sigmoid(logits) - x)", "sigmoid(logits)", "the term - x is missing"),
            (
                "(sigmoid(logits) - x)",
                "sigmoid(logits) - x",
                "dnll multiplies only the sigmoid: brackets around sigmoid(c) - x are missing",
            ),
            ("(sigmoid(logits) - x)", "(logits - x)", "the sigmoid is missing"),
            ("(sigmoid(logits) - x)", "-x", "the slope of softplus is missing"),
            ("dnll[:, None, None, None] * ", "", "the incoming gradient dnll is missing"),
            (
                "(sigmoid(logits) - x)",
                "(sigmoid(logits) * (1 - sigmoid(logits)) - x)",
                "the slope of softplus is the sigmoid itself, not the slope of the sigmoid",
            ),
        ),
    ),
)
