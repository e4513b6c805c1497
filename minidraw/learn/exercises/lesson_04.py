"""Lesson 04, look through a filterbank: filter centres, filterbank and window."""

import numpy as np

from minidraw.layers import filterbank, window
from minidraw.learn.exercises.exercise import Exercise


def centers(center, stride, *, K):
    """Return the centres of one axis's K filters, in pixels counted from 0 (eqs 19, 20)."""
    offset = np.arange(K) - (K - 1) / 2  # i - N/2 - 1/2, from 0
    return center[:, None] + offset * stride[:, None]


def make_grid(rng, n, K):
    return {"center": 5 * rng.standard_normal(n), "stride": np.exp(rng.standard_normal(n))}, {
        "K": K
    }


def make_filterbank_inputs(rng, n, K, A):
    inputs = {"center": (A - 1) / 2 + rng.standard_normal(n), "stride": rng.uniform(0.5, 2, n)}
    return inputs | {"var": rng.uniform(0.5, 2, n)}, {"K": K, "A": A}


def make_distant_filterbank(rng, n, K, A):
    inputs, settings = make_filterbank_inputs(rng, n, K, A)
    return inputs | {
        "center": inputs["center"] + rng.permutation(np.resize([1000, -1000], n))
    }, settings


def make_narrow_filterbank(rng, n, K, A, lowest=-12):
    """Make filters as narrow as a window can have, with their centres about halfway between pixels.

    Each then has two pixels that differ by an amount that depends on the variance.
    """
    var = np.exp(np.linspace(lowest, -2, n))
    middle = (A - 1) // 2 + 0.5 + var * rng.uniform(0.5, 1, n) * rng.choice([-1, 1], n)
    return {"center": middle, "stride": np.full(n, 2.0), "var": var}, {"K": K, "A": A}


def make_extreme_strides(rng, n, K, A=None):
    """Make grids, or filterbanks on A pixels, with strides from 0.001 to 50."""
    inputs, settings = make_filterbank_inputs(rng, n, K, A) if A else make_grid(rng, n, K)
    return inputs | {"stride": np.exp(np.linspace(-7, 4, n))}, settings


def make_window_inputs(rng, n, K, B, A):
    return {"theta": 0.4 * rng.standard_normal((n, 5))}, {"height": B, "width": A, "K": K}


def make_tall_image_inputs(rng, n, K, B, A):
    return make_window_inputs(rng, n, K, A + B, A)


def make_extreme_theta(rng, n, K, B, A):
    inputs, settings = make_window_inputs(rng, n, K, B, A)
    return {"theta": inputs["theta"] + np.array([14, -14, 20, -20, 15])}, settings


def make_high_theta(rng, n, K, B, A):
    """Raise one logarithm of each image above 12."""
    inputs, settings = make_window_inputs(rng, n, K, B, A)
    inputs["theta"][np.arange(n), 2 + np.arange(n) % 3] = rng.uniform(12.5, 15, n)
    return inputs, settings


def make_low_theta(rng, n, K, B, A):
    """Lower one logarithm of each image below -12."""
    inputs, settings = make_high_theta(rng, n, K, B, A)
    inputs["theta"][:, 2:][inputs["theta"][:, 2:] > 12] *= -1
    return inputs, settings


def make_theta_near_the_lower_limit(rng, n, K, B, A):
    inputs, settings = make_window_inputs(rng, n, K, B, A)
    inputs["theta"][:, 2:] = -11.5
    return inputs, settings


def make_theta_near_the_limit(rng, n, K, B, A):
    inputs, settings = make_window_inputs(rng, n, K, B, A)
    inputs["theta"][:, 2:] = 11.5
    return inputs, settings


GAUSSIAN_AREA = "it is divided by the area under a Gaussian, not by the sum of the row"

EXERCISES = (
    Exercise(
        "04.centers",
        centers,
        make_grid,
        "n K",
        2,
        (
            "The middle of the grid is `center`. How far, in strides, is filter i from it? With K "
            "= 5 the answers are -2, -1, 0, 1, 2. With K = 4 they are -1.5, -0.5, 0.5, 1.5.",
            "The result has one centre per image and filter, shape (n, K). Give `center` and "
            "`stride` a last axis of length 1, and broadcasting does the rest.",
        ),
        outputs=("mu",),
        edges=((make_extreme_strides, "strides from 0.001 to 50"),),
        mistakes=(
            (
                "np.arange(K)",
                "np.arange(1, K + 1)",
                "the filters are counted from 1; they should be counted from 0",
            ),
            (
                "- (K - 1) / 2",
                "- K / 2",
                "the grid lies half a stride too low; subtract (K - 1) / 2, not K / 2",
            ),
            (
                "- (K - 1) / 2",
                "- K / 2 - 0.5",
                "the paper's i - N/2 - 1/2 is used with i counted from 0 instead of 1",
            ),
            (
                "- (K - 1) / 2",
                "",
                "the grid starts at the centre; it should extend to both sides of it",
            ),
            (
                "- (K - 1) / 2",
                "- (K - 1) // 2",
                "(K - 1) / 2 is rounded down, so a grid with an even K is off by half a stride",
            ),
        ),
    ),
    Exercise(
        "04.filterbank",
        filterbank,
        make_filterbank_inputs,
        "n K A",
        6,
        (
            "First compute the distances: pixel a minus the centre of filter i, shape (n, K, A).",
            "Then compute the exponent of eq 25 and its exponential. The variance has the shape "
            "(n,) and needs two more axes.",
            "Finally normalise, so that each row sums to 1 over its pixels. Far outside the image "
            "every exponential is 0, so subtract the row's largest exponent before you "
            "exponentiate.",
        ),
        outputs=("F",),
        edges=(
            (make_distant_filterbank, "a window 1000 pixels outside the image"),
            (make_extreme_strides, "strides from 0.001 to 50"),
            (make_narrow_filterbank, "variances from 0.1 down to e^-12"),
        ),
        uses=("centers",),
        mistakes=(
            (
                "F /= F.sum(axis=2, keepdims=True)",
                "F = np.exp(u) / np.exp(u).sum(axis=1, keepdims=True)",
                "it is normalised over the K filters; each row should sum to 1 over its pixels",
            ),
            (
                "F /= F.sum(axis=2, keepdims=True)",
                "F /= F.sum(axis=1, keepdims=True)",
                "it is normalised over the K filters; each row should sum to 1 over its pixels",
            ),
            (
                "F /= F.sum(axis=2, keepdims=True)",
                "F = np.exp(u) / np.exp(u).sum(axis=(1, 2), keepdims=True)",
                "all filters of an image are normalised together; each row should sum to 1",
            ),
            (
                "F /= F.sum(axis=2, keepdims=True)",
                "F = np.exp(u) / (np.exp(u).sum(axis=2, keepdims=True) + 1e-8)",
                "1e-8 is added to the normaliser; leave it out",
            ),
            (
                "F /= F.sum(axis=2, keepdims=True)",
                "pass",
                "the rows are not normalised; each should sum to 1",
            ),
            (
                "F.sum(axis=2, keepdims=True)",
                "(F.sum(axis=2, keepdims=True) + 1e-8)",
                "1e-8 is added to the normaliser; leave it out",
            ),
            (
                "(2 * var[:, None, None])",
                "(2 * var[:, None, None] ** 2)",
                "sigma^4 is used instead of sigma^2; `var` is already the variance",
            ),
            (
                "(2 * var[:, None, None])",
                "2 * var[:, None, None]",
                "/ 2 * var divides by 2 and multiplies by var: brackets around 2 * var are missing",
            ),
            (
                "(2 * var[:, None, None])",
                "var[:, None, None]",
                "the factor 2 of 2 sigma^2 is missing",
            ),
            (
                "(2 * var[:, None, None])",
                "(2 * np.sqrt(var[:, None, None]))",
                "sigma is used instead of sigma^2",
            ),
            (
                "-(dist**2) / (2 * var[:, None, None])",
                "-((dist / (2 * var[:, None, None])) ** 2)",
                "2 sigma^2 is squared too; only the distance should be squared",
            ),
            (
                "np.arange(A, dtype=center.dtype, like=center)",
                "np.arange(1, A + 1, dtype=center.dtype, like=center)",
                "the pixels are counted from 1; they should be counted from 0, as the centre is",
            ),
            (
                "(np.arange(K, like=center) - (K - 1) / 2)",
                "(np.arange(K, like=center) - K / 2)",
                "the grid lies half a stride too low",
            ),
            (
                "(np.arange(K, like=center) - (K - 1) / 2)",
                "np.arange(K)",
                "the grid starts at the centre; it should extend to both sides of it",
            ),
            (
                "(np.arange(K, like=center) - (K - 1) / 2)",
                "(np.arange(K, like=center) - (K - 1) / 2 - K / 2 - 0.5)",
                "N/2 + 1/2 of eq 19 is subtracted twice; `offset` already includes it",
            ),
            (
                "(np.arange(K, like=center) - (K - 1) / 2)",
                "(np.arange(K, like=center) - (K - 1))",
                "the grid ends at the centre; it should extend to both sides of it",
            ),
            (
                "F /= F.sum(axis=2, keepdims=True)",
                "F = np.exp(u) / np.sqrt(2 * np.pi * var[:, None, None])",
                GAUSSIAN_AREA,
            ),
            (
                "F /= F.sum(axis=2, keepdims=True)",
                "F /= np.sqrt(2 * np.pi * var[:, None, None])",
                GAUSSIAN_AREA,
            ),
        ),
    ),
    Exercise(
        "04.window",
        window,
        make_window_inputs,
        "n K B A",
        5,
        (
            "Eqs 22 and 23 count pixels from 1. Counted from 0, each position is smaller by 1.",
            "Three of the five numbers are logarithms. Clip them to +-12, then take the exp.",
            "Eq 24 uses the longer side of the image, for both axes.",
        ),
        outputs=("center_x", "center_y", "stride", "var", "gamma"),
        edges=(
            (make_tall_image_inputs, "an image that is taller than it is wide"),
            (make_low_theta, "a logarithm below -12"),
            (make_high_theta, "a logarithm above 12"),
            (make_theta_near_the_limit, "logarithms of 11.5"),
            (make_theta_near_the_lower_limit, "logarithms of -11.5"),
            (make_extreme_theta, "values of theta beyond +-12 (only the logarithms are clipped)"),
        ),
        mistakes=(
            (
                "(theta[:, 0] + 1) - 1",
                "(theta[:, 0] + 1)",
                "pixels are counted from 1, as in the paper; here they are counted from 0",
            ),
            (
                "(theta[:, 1] + 1) - 1",
                "(theta[:, 1] + 1)",
                "pixels are counted from 1, as in the paper; here they are counted from 0",
            ),
            (
                "(height + 1) / 2 * (theta[:, 1] + 1) - 1",
                "(height - 1) / 2 * (theta[:, 1] + 1)",
                "the 1 is subtracted inside the factor; counted from 0, eq 23 is (B + 1) / 2 "
                "(theta + 1) - 1",
            ),
            (
                "(max(height, width) - 1) / (K - 1) * stride",
                "(max(height, width) - 1) / K - 1 * stride",
                "brackets around K - 1 are missing",
            ),
            ("/ (K - 1) * stride", "// (K - 1) * stride", "// rounds the factor of eq 24 down"),
            ("theta[:, 1]", "theta[:, 0]", "theta[:, 0] is used instead of theta[:, 1]"),
            (
                "theta[:, 1]",
                "np.clip(theta[:, 1], -LOG_LIMIT, LOG_LIMIT)",
                "the centre is clipped; only the logarithms should be clipped",
            ),
            (
                "var, stride, gamma = np",
                "stride, var, gamma = np",
                "the logarithms of variance and stride are swapped; the variance uses theta[:, 2]",
            ),
            (
                "(width + 1) / 2",
                "(width - 1) / 2",
                "the factor is (A - 1) / 2; eq 22 has (A + 1) / 2",
            ),
            (
                "(height + 1) / 2",
                "(height - 1) / 2",
                "the factor is (B - 1) / 2; eq 23 has (B + 1) / 2",
            ),
            ("(width + 1) / 2", "(height + 1) / 2", "the height is used instead of the width"),
            ("(height + 1) / 2", "(width + 1) / 2", "the width is used instead of the height"),
            (
                "max(height, width) - 1) / (K - 1)",
                "max(height, width) - 1) / K",
                "the divisor is K; eq 24 has K - 1",
            ),
            (
                "max(height, width) - 1",
                "max(height, width)",
                "max(A, B) is used; eq 24 has max(A, B) - 1",
            ),
            (
                "max(height, width)",
                "min(height, width)",
                "the shorter side is used; eq 24 has the longer side",
            ),
            (
                "np.exp(np.clip(theta[:, 2:], -LOG_LIMIT, LOG_LIMIT))",
                "np.clip(theta[:, 2:], -LOG_LIMIT, LOG_LIMIT)",
                "the exp is missing; theta holds the logarithm",
            ),
            (
                "np.exp(np.clip(theta[:, 2:], -LOG_LIMIT, LOG_LIMIT))",
                "np.exp(2 * theta[:, 2:])",
                "the exp is taken of twice the logarithm",
            ),
            (
                "np.exp(np.clip(theta[:, 2:], -LOG_LIMIT, LOG_LIMIT))",
                "np.exp(0.5 * theta[:, 2:])",
                "the exp is taken of half the logarithm; for the variance this gives sigma",
            ),
        ),
    ),
)
