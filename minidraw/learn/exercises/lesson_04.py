"""Lesson 04, look through a filterbank."""

import numpy as np

from minidraw.layers import filterbank, window
from minidraw.learn.exercises.exercise import Exercise


def centers(center, stride, *, K):
    """Where the K filters of one axis lie, in pixels counted from 0 (eqs 19, 20)."""
    offset = np.arange(K) - (K - 1) / 2  # i - N/2 - 1/2, from 0
    return center[:, None] + offset * stride[:, None]


def _centers(rng, n, K):
    return {"center": 3 + rng.standard_normal(n), "stride": np.exp(rng.standard_normal(n))}, {
        "K": K
    }


def _axis(rng, n, K, A):
    inputs = {"center": (A - 1) / 2 + rng.standard_normal(n), "stride": rng.uniform(0.5, 2, n)}
    return inputs | {"var": rng.uniform(0.5, 2, n)}, {"K": K, "A": A}


def _far_axis(rng, n, K, A):
    inputs, settings = _axis(rng, n, K, A)
    return inputs | {"center": inputs["center"] + 1000}, settings


def _window(rng, n, K, B, A):
    return {"theta": 0.4 * rng.standard_normal((n, 5))}, {"height": B, "width": A, "K": K}


def _tall_window(rng, n, K, B, A):
    return _window(rng, n, K, A + B, A)


def _wild_window(rng, n, K, B, A):
    inputs, settings = _window(rng, n, K, B, A)
    return {"theta": inputs["theta"] + np.array([14, -14, 20, -20, 15])}, settings


GAUSS = "divided by sqrt(2 pi sigma^2), the area under a hill, where Z_X is the sum of the row"

EXERCISES = (
    Exercise(
        "04.centers",
        centers,
        _centers,
        "n K",
        2,
        (
            "The middle of the grid is `center`. How far, in strides, is filter i from it? "
            "With K = 5 the answers are -2, -1, 0, 1, 2; with K = 4 they end in a half.",
            "One centre per image and filter, shape (n, K): give `center` and `stride` an axis "
            "of length 1 at the end, and broadcasting does the rest.",
        ),
        outputs=("mu",),
        mistakes=(
            (
                "np.arange(K)",
                "np.arange(1, K + 1)",
                "filters counted from 1 in a formula that counts from 0",
            ),
            (
                "- (K - 1) / 2",
                "- K / 2",
                "the grid lies half a stride too low: K / 2 where (K - 1) / 2 belongs",
            ),
            (
                "- (K - 1) / 2",
                "- K / 2 - 0.5",
                "the paper's i - N/2 - 1/2 with i counted from 0 instead of 1",
            ),
            ("- (K - 1) / 2", "", "the grid starts at the centre instead of lying around it"),
            (
                "- (K - 1) / 2",
                "- (K - 1) // 2",
                "(K - 1) / 2 is rounded down: a grid with an even K is off by half a stride",
            ),
        ),
    ),
    Exercise(
        "04.filterbank",
        filterbank,
        _axis,
        "n K A",
        6,
        (
            "First the distances: pixel a minus the centre of filter i, shape (n, K, A).",
            "Then the exponent of eq 25, and its exponential; the variance has the shape (n,) "
            "and needs two more axes.",
            "Last the normaliser: each row, over its pixels, sums to 1. Far outside the image "
            "every exponential is 0; subtract the row's largest exponent before you exponentiate.",
        ),
        outputs=("F",),
        edges=((_far_axis, "a window 1000 pixels outside the image"),),
        uses=("centers",),
        mistakes=(
            ("F /= F.sum(axis=2, keepdims=True)", "pass", "the rows are not normalised"),
            (
                "F.sum(axis=2, keepdims=True)",
                "(F.sum(axis=2, keepdims=True) + 1e-8)",
                "the 1e-8 in the normaliser",
            ),
            (
                "(2 * var[:, None, None])",
                "(2 * var[:, None, None] ** 2)",
                "sigma^4 where sigma^2 belongs: `var` is the variance already",
            ),
            (
                "(2 * var[:, None, None])",
                "2 * var[:, None, None]",
                "/ 2 * var divides by 2 and multiplies by var: brackets around 2 * var are missing",
            ),
            ("(2 * var[:, None, None])", "var[:, None, None]", "the 2 of 2 sigma^2 is missing"),
            (
                "(2 * var[:, None, None])",
                "(2 * np.sqrt(var[:, None, None]))",
                "sigma where sigma^2 belongs",
            ),
            (
                "-(dist**2) / (2 * var[:, None, None])",
                "-((dist / (2 * var[:, None, None])) ** 2)",
                "the whole exponent is squared, 2 sigma^2 with it",
            ),
            (
                "np.arange(A, dtype=center.dtype)",
                "np.arange(1, A + 1, dtype=center.dtype)",
                "pixels counted from 1 where the centre counts from 0",
            ),
            (
                "(np.arange(K) - (K - 1) / 2)",
                "(np.arange(K) - K / 2)",
                "the grid lies half a stride too low",
            ),
            (
                "(np.arange(K) - (K - 1) / 2)",
                "np.arange(K)",
                "the grid starts at the centre instead of lying around it",
            ),
            (
                "(np.arange(K) - (K - 1) / 2)",
                "(np.arange(K) - (K - 1) / 2 - K / 2 - 0.5)",
                "the bracket of eq 19 is applied a second time: `offset` is that bracket already",
            ),
            (
                "(np.arange(K) - (K - 1) / 2)",
                "(np.arange(K) - (K - 1))",
                "the grid ends at the centre instead of lying around it",
            ),
            (
                "F /= F.sum(axis=2, keepdims=True)",
                "F = np.exp(z) / np.sqrt(2 * np.pi * var[:, None, None])",
                GAUSS,
            ),
            (
                "F /= F.sum(axis=2, keepdims=True)",
                "F /= np.sqrt(2 * np.pi * var[:, None, None])",
                GAUSS,
            ),
        ),
    ),
    Exercise(
        "04.window",
        window,
        _window,
        "n K B A",
        5,
        (
            "Eqs 22 and 23 count pixels from 1. The same point counted from 0 has a number that "
            "is smaller by one.",
            "Three of the five numbers are logarithms: clip them to +-12, then take their exp.",
            "The stride of eq 24 belongs to the longer side, for both axes.",
        ),
        outputs=("center_x", "center_y", "stride", "var", "gamma"),
        edges=(
            (_tall_window, "an image that is higher than wide"),
            (_wild_window, "values of theta beyond +-12, of which only the logarithms are clipped"),
        ),
        mistakes=(
            (
                "(theta[:, 0] + 1) - 1",
                "(theta[:, 0] + 1)",
                "counted from 1, as the paper does; here pixels count from 0",
            ),
            (
                "(theta[:, 1] + 1) - 1",
                "(theta[:, 1] + 1)",
                "counted from 1, as the paper does; here pixels count from 0",
            ),
            (
                "(height + 1) / 2 * (theta[:, 1] + 1) - 1",
                "(height - 1) / 2 * (theta[:, 1] + 1)",
                "the 1 was taken off inside: eq 23 counted from 0 is (B + 1) / 2 (theta + 1) - 1",
            ),
            (
                "(max(height, width) - 1) / (K - 1) * stride",
                "(max(height, width) - 1) / K - 1 * stride",
                "brackets around K - 1 are missing",
            ),
            ("/ (K - 1) * stride", "// (K - 1) * stride", "// rounds the factor of eq 24 down"),
            ("theta[:, 1]", "theta[:, 0]", "theta[:, 0] where theta[:, 1] belongs"),
            (
                "theta[:, 1]",
                "np.clip(theta[:, 1], -LOG_LIMIT, LOG_LIMIT)",
                "the centre is clipped, which only the logarithms are",
            ),
            (
                "var, stride, gamma = np",
                "stride, var, gamma = np",
                "the logarithms of variance and stride are exchanged: the variance is theta[:, 2]",
            ),
            ("(width + 1) / 2", "(width - 1) / 2", "(A - 1) / 2 where eq 22 has (A + 1) / 2"),
            ("(height + 1) / 2", "(height - 1) / 2", "(B - 1) / 2 where eq 23 has (B + 1) / 2"),
            ("(width + 1) / 2", "(height + 1) / 2", "the height where the width belongs"),
            ("(height + 1) / 2", "(width + 1) / 2", "the width where the height belongs"),
            (
                "max(height, width) - 1) / (K - 1)",
                "max(height, width) - 1) / K",
                "K where eq 24 has K - 1",
            ),
            (
                "max(height, width) - 1",
                "max(height, width)",
                "eq 24 has max(A, B) - 1 pixels from edge to edge",
            ),
            (
                "max(height, width)",
                "min(height, width)",
                "the shorter side where eq 24 has the longer",
            ),
            (
                "np.exp(np.clip(theta[:, 2:], -LOG_LIMIT, LOG_LIMIT))",
                "np.clip(theta[:, 2:], -LOG_LIMIT, LOG_LIMIT)",
                "the exp of its logarithm is missing",
            ),
            (
                "np.exp(np.clip(theta[:, 2:], -LOG_LIMIT, LOG_LIMIT))",
                "np.exp(2 * theta[:, 2:])",
                "the exp is taken of twice the logarithm",
            ),
            (
                "np.exp(np.clip(theta[:, 2:], -LOG_LIMIT, LOG_LIMIT))",
                "np.exp(0.5 * theta[:, 2:])",
                "sigma where sigma^2 belongs: half the logarithm went into the exp",
            ),
        ),
    ),
)
