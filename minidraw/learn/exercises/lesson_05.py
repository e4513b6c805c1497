"""Lesson 05, push a gradient through it: the backward passes of filterbank and window."""

from typing import NamedTuple

import numpy as np

from minidraw.layers import filterbank, filterbank_backward, window, window_backward
from minidraw.learn.exercises.exercise import Exercise
from minidraw.learn.exercises.lesson_04 import (
    make_filterbank_inputs,
    make_high_theta,
    make_low_theta,
    make_narrow_filterbank,
    make_theta_near_the_limit,
    make_theta_near_the_lower_limit,
    make_window_inputs,
)


def softmax(u):
    """Return rows that sum to 1, shape (n, K, A); the cache is the result."""
    F = np.exp(u - u.max(axis=2, keepdims=True))
    F /= F.sum(axis=2, keepdims=True)
    return F, F


def softmax_backward(dF, F):
    """Return the gradient ``du``, shape (n, K, A)."""
    return F * (dF - (dF * F).sum(axis=2, keepdims=True))


class ExponentCache(NamedTuple):
    dist: np.ndarray  # (n, K, A)
    var: np.ndarray  # (n,)


def exponent(center, *, offset, var, A):
    """Return the exponent u of eq 25 for filters at ``center + offset``, (n, K, A)."""
    dist = np.arange(A) - (center[:, None] + offset)[:, :, None]
    return -(dist**2) / (2 * var[:, None, None]), ExponentCache(dist, var)


def exponent_backward(du, cache):
    """Return the gradient ``dcenter``, shape (n,)."""
    dist, var = cache
    dmu = (du * dist).sum(axis=2) / var[:, None]
    return dmu.sum(axis=1)


def make_softmax_inputs(rng, n, K, A):
    return {"u": rng.standard_normal((n, K, A))}, {}


def make_exponent_inputs(rng, n, K, A):
    settings = {"offset": rng.standard_normal(K), "var": rng.uniform(0.5, 2, n), "A": A}
    return {"center": (A - 1) / 2 + rng.standard_normal(n)}, settings


def make_small_variances(rng, n, K, A):
    inputs, settings = make_exponent_inputs(rng, n, K, A)
    return inputs, settings | {"var": np.exp(np.linspace(-6, -2, n))}


def make_clipped_theta(rng, n, K, B, A):
    inputs, settings = make_window_inputs(rng, n, K, B, A)
    inputs["theta"][0, 2:] = 13, -13, 12.5
    inputs["theta"][1, :2] = 13, -13  # another image, to expose a mask of the wrong columns
    return inputs, settings


def make_rather_narrow_filterbank(rng, n, K, A):
    return make_narrow_filterbank(rng, n, K, A, lowest=-6)  # finite differences step by 1e-5


NORMALISER_MISSING = "the gradient that flows through the normaliser is missing"

EXERCISES = (
    Exercise(
        "05.softmax_backward",
        softmax_backward,
        make_softmax_inputs,
        "n K A",
        2,
        (
            "F_a = h_a / s, where h_a = exp(u_a) and s is the sum of all heights h in the row. "
            "u_a changes F_a through h_a, and it changes every F_b of the row through s.",
            "So dF_b/du_a = F_b (1 if a is b, else 0) - F_b F_a. Multiply by the incoming dF_b "
            "and sum over b.",
        ),
        forward=softmax,
        mistakes=(
            (
                "(dF * F).sum(axis=2, keepdims=True)",
                "(dF * F).sum(axis=1, keepdims=True)",
                "the sum runs over the K filters; each row of A pixels is a softmax of its own",
            ),
            (
                "(dF * F).sum(axis=2, keepdims=True)",
                "(dF * F).sum(axis=(1, 2), keepdims=True)",
                "the sum runs over all filters; each row of A pixels is a softmax of its own",
            ),
            (" - (dF * F).sum(axis=2, keepdims=True)", "", NORMALISER_MISSING),
            ("F * (dF -", "(dF -", "the factor F in front is missing"),
            (
                "(dF * F).sum(axis=2, keepdims=True)",
                "dF.sum(axis=2, keepdims=True)",
                "the factor F inside the sum is missing",
            ),
            (
                "F * (dF - (dF * F).sum(axis=2, keepdims=True))",
                "F * (1 - F) * dF",
                "F (1 - F) is the slope of a sigmoid; a softmax needs the row's other pixels too",
            ),
        ),
    ),
    Exercise(
        "05.exponent_backward",
        exponent_backward,
        make_exponent_inputs,
        "n K A",
        3,
        (
            "u = -(a - mu)^2 / (2 var). Differentiate with respect to mu. The inner derivative of "
            "a - mu is -1, so the two minus signs cancel.",
            "All A pixels use the mu of a filter, and all K filters use `center`. The gradient of "
            "a value that is used several times is a sum.",
        ),
        forward=exponent,
        edges=((make_small_variances, "variances from 0.1 down to e^-6"),),
        mistakes=(
            (
                "/ var[:, None]",
                "/ (2 * var[:, None])",
                "the divisor has an extra 2; the derivative of dist^2 cancels the 2 of 2 sigma^2",
            ),
            ("(du * dist)", "du", "the factor dist is missing; the derivative of dist^2 is 2 dist"),
        ),
    ),
    Exercise(
        "05.filterbank_backward",
        filterbank_backward,
        make_filterbank_inputs,
        "n K A",
        6,
        (
            "The softmax gives du, and the exponent gives dcenter. Keep dmu, shape (n, K), the "
            "value before the sum over the filters.",
            "mu = center + offset * stride. What is d mu / d stride for each filter?",
            "u = -dist^2 / (2 var). Differentiate 1 / var. All filters and pixels of an image "
            "share its variance, so sum over both.",
        ),
        forward=filterbank,
        uses=("softmax_backward",),
        edges=((make_rather_narrow_filterbank, "variances from 0.1 down to e^-6"),),
        mistakes=(
            (" - (dF * F).sum(axis=2, keepdims=True)", "", NORMALISER_MISSING),
            (
                "du = F * (dF - (dF * F).sum(axis=2, keepdims=True))",
                "du = dF",
                "the gradient through the softmax is missing; dF is used instead of du",
            ),
            (
                "(dmu * offset)",
                "dmu",
                "the factor offset, the derivative of mu with respect to the stride, is missing",
            ),
            ("(du * dist**2)", "(du * dist)", "the distance is not squared"),
            (
                "(2 * var**2)",
                "(2 * var)",
                "var is not squared; the derivative of 1 / var is -1 / var^2",
            ),
            (
                "(2 * var**2)",
                "2 * var**2",
                "/ 2 * var**2 multiplies by var^2: brackets around 2 * var**2 are missing",
            ),
            ("(2 * var**2)", "var**2", "the factor 2 of 2 sigma^2 is missing"),
            (
                "/ var[:, None]",
                "/ (2 * var[:, None])",
                "the divisor has an extra 2; the derivative of dist^2 cancels the 2 of 2 sigma^2",
            ),
        ),
    ),
    Exercise(
        "05.window_backward",
        window_backward,
        make_window_inputs,
        "n K B A",
        7,
        (
            "center_x = (width + 1) / 2 * (theta + 1) - 1 is linear in theta. What is its slope?",
            "var = exp(theta). The derivative of exp is exp itself, so its value is in the cache. "
            "The cached stride includes the factor of eq 24.",
            "Where theta was clipped, the output does not change with theta.",
        ),
        forward=window,
        blocks=("dtheta[:, 0]", "dtheta[:, 1]", "dtheta[:, 2]", "dtheta[:, 3]", "dtheta[:, 4]"),
        edges=(
            (make_theta_near_the_limit, "logarithms of 11.5"),
            (make_theta_near_the_lower_limit, "logarithms of -11.5"),
            (make_low_theta, "a logarithm below -12"),
            (make_high_theta, "a logarithm above 12"),
            (
                make_clipped_theta,
                "values of theta beyond +-12 (the clip stops only the gradients of the logarithms)",
            ),
        ),
        mistakes=(
            (
                "    dtheta[:, 2:] *= np.abs(theta[:, 2:]) <= LOG_LIMIT  # clipped: gradient 0\n",
                "",
                "the mask of the clip is missing; where theta was clipped, the gradient is 0",
            ),
            ("var * dvar", "dvar", "the derivative of the exp is missing"),
            (
                "stride * dstride",
                "np.exp(theta[:, 3]) * dstride",
                "the factor of eq 24 is missing; multiply by the cached stride, not by exp(theta)",
            ),
            (
                "var * dvar",
                "np.exp(var) * dvar",
                "the exp is taken twice; var is already exp(theta)",
            ),
            (
                "stride * dstride",
                "np.exp(stride) * dstride",
                "the exp is taken twice; the cached stride is not a logarithm",
            ),
            (
                "gamma * dgamma",
                "np.exp(gamma) * dgamma",
                "the exp is taken twice; gamma is already exp(theta)",
            ),
            ("stride * dstride", "dstride", "the derivative of the exp is missing"),
            ("gamma * dgamma", "dgamma", "the derivative of the exp is missing"),
            (
                "(width + 1) / 2 * dcenter_x",
                "dcenter_x",
                "the factor (A + 1) / 2 from eq 22 is missing",
            ),
            (
                "(height + 1) / 2 * dcenter_y",
                "dcenter_y",
                "the factor (B + 1) / 2 from eq 23 is missing",
            ),
            (
                "(width + 1) / 2 * dcenter_x",
                "(width - 1) / 2 * dcenter_x",
                "the factor is (A - 1) / 2; eq 22 has (A + 1) / 2",
            ),
            (
                "(width + 1) / 2 * dcenter_x",
                "(height + 1) / 2 * dcenter_x",
                "the height is used instead of the width",
            ),
            (
                "(height + 1) / 2 * dcenter_y",
                "(width + 1) / 2 * dcenter_y",
                "the width is used instead of the height",
            ),
            (
                "(height + 1) / 2 * dcenter_y",
                "(height - 1) / 2 * dcenter_y",
                "the factor is (B - 1) / 2; eq 23 has (B + 1) / 2",
            ),
            (
                "(height + 1) / 2 * dcenter_y",
                "(height + 1) / 2 * dcenter_x",
                "dcenter_x is used instead of dcenter_y",
            ),
            (
                "dtheta[:, 2:] *= np.abs(theta[:, 2:])",
                "dtheta *= np.abs(theta)",
                "the mask of the clip is applied to the centres, which are not clipped",
            ),
            (
                "dtheta[:, 2:] *= np.abs(theta[:, 2:])",
                "dtheta[:, 2:] *= np.abs(theta[:, :3])",
                "the mask of the clip is computed from the wrong columns of theta",
            ),
        ),
    ),
)
