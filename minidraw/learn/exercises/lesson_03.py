"""Lesson 03, a price in nats: coins, and the Bernoulli cost from logits."""

import numpy as np

from minidraw.layers import bernoulli_cost, bernoulli_cost_backward
from minidraw.learn.exercises.exercise import Exercise


def coin_cost(p, *, x):
    """Nats for images of zeros and ones x, from the probabilities p of a one; both (n, P)."""
    return -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)


def _coins(rng, n, P):
    return {"p": rng.uniform(0.1, 0.9, (n, P))}, {"x": (rng.random((n, P)) < 0.5).astype(float)}


def _grey_coins(rng, n, P):
    inputs, _ = _coins(rng, n, P)
    return inputs, {"x": rng.random((n, P))}


def _canvas(rng, n, C, B, A):
    return {"logits": rng.standard_normal((n, C, B, A))}, {"x": rng.random((n, C, B, A))}


def _sure(rng, n, C, B, A):
    inputs, settings = _canvas(rng, n, C, B, A)
    return {"logits": 1000 * np.sign(inputs["logits"])}, settings


EXERCISES = (
    Exercise(
        "03.coin_cost",
        coin_cost,
        _coins,
        "n P",
        2,
        (
            "A pixel that is 1 costs -log p, a pixel that is 0 costs -log(1 - p).",
            "x and 1 - x pick the one that applies, so no `if` is needed. Sum over the pixels.",
        ),
        outputs=("nats",),
        edges=((_grey_coins, "grey pixels between 0 and 1"),),
        mistakes=(
            (
                " + (1 - x) * np.log(1 - p)",
                "",
                "right except for the dark pixels, those with x = 0",
            ),
            (
                "x * np.log(p) + ",
                "",
                "right except for the light pixels, those with x = 1",
            ),
            (
                "(x * np.log(p) + (1 - x) * np.log(1 - p))",
                "((1 - x) * np.log(p) + x * np.log(1 - p))",
                "light and dark have changed places",
            ),
            (
                "-(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)",
                "-(x * np.log2(p) + (1 - x) * np.log2(1 - p)).sum(axis=1)",
                "these are bits, from log2; nats take the natural logarithm",
            ),
            (
                "(x * np.log(p) + (1 - x) * np.log(1 - p))",
                "(x * np.log(p + 1e-8) + (1 - x) * np.log(1 - p + 1e-8))",
                "the 1e-8 inside the logarithms",
            ),
        ),
    ),
    Exercise(
        "03.bernoulli_cost",
        bernoulli_cost,
        _canvas,
        "n C B A",
        3,
        (
            "Put p = sigmoid(c) into -x log p - (1 - x) log(1 - p); 1 - sigmoid(c) = sigmoid(-c).",
            "-log sigmoid(-c) is log(1 + e^c), called softplus. What is left is softplus(c) - x c.",
            "log(1 + e^c) overflows at c = 1000. Take max(c, 0) out of it: what stays inside has "
            "an exponent that is never positive.",
        ),
        outputs=("nll",),
        uses=("sigmoid",),
        edges=((_sure, "logits of +-1000"),),
        mistakes=(
            (" - x * logits", "", "right except for the part - x c"),
            ("softplus - x * logits", "softplus + x * logits", "the sign of x c is wrong"),
            (
                "-np.abs(logits)",
                "-np.maximum(logits, 0)",
                "right only for logits above 0: the exponent that stays inside is -|c|",
            ),
            (
                "-np.abs(logits)",
                "-logits",
                "right only for logits above 0: the exponent that stays inside is -|c|, not -c",
            ),
            (
                "-np.abs(logits)",
                "logits - np.maximum(logits, 0)",
                "right only for logits below 0: the exponent is the smaller of 0 and c less the "
                "larger, which is -|c|",
            ),
            (
                "-np.abs(logits)",
                "logits",
                "max(c, 0) is added, and never taken out of the exponent: it should be -|c|",
            ),
        ),
    ),
    Exercise(
        "03.bernoulli_cost_backward",
        bernoulli_cost_backward,
        _canvas,
        "n C B A",
        3,
        (
            "The cost of a pixel is softplus(c) - x c. Differentiate softplus: e^c / (1 + e^c).",
            "The pixel's slope belongs to the cost of its image, whose gradient dnll has (n,).",
        ),
        forward=bernoulli_cost,
        uses=("sigmoid",),
        edges=((_sure, "logits of +-1000"),),
        mistakes=(
            ("(sigmoid(logits) - x)", "sigmoid(logits)", "right except for the part - x"),
            (
                "(sigmoid(logits) - x)",
                "sigmoid(logits) - x",
                "dnll multiplies only the sigmoid: brackets around sigmoid(c) - x are missing",
            ),
            ("(sigmoid(logits) - x)", "(logits - x)", "the sigmoid is missing"),
            ("(sigmoid(logits) - x)", "-x", "right except for the slope of softplus"),
            (
                "dnll[:, None, None, None] * ",
                "",
                "the gradient dnll that arrives is left out",
            ),
            (
                "(sigmoid(logits) - x)",
                "(sigmoid(logits) * (1 - sigmoid(logits)) - x)",
                "the slope of softplus is the sigmoid itself, not the sigmoid's slope",
            ),
        ),
    ),
)
