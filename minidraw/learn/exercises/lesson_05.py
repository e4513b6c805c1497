"""Lesson 05, push a gradient through it."""

from typing import NamedTuple

import numpy as np

from minidraw.layers import filterbank, filterbank_backward, window, window_backward
from minidraw.learn.exercises.exercise import Exercise
from minidraw.learn.exercises.lesson_04 import _axis, _window


def softmax(z):
    """Rows that sum to 1, shape (n, K, A); the cache is the result itself."""
    F = np.exp(z - z.max(axis=2, keepdims=True))
    F /= F.sum(axis=2, keepdims=True)
    return F, F


def softmax_backward(dF, F):
    """Gradient ``dz``, shape (n, K, A)."""
    return F * (dF - (dF * F).sum(axis=2, keepdims=True))


class ExponentCache(NamedTuple):
    dist: np.ndarray  # (n, K, A)
    var: np.ndarray  # (n,)


def exponent(center, *, offset, var, A):
    """What stands in the exp of eq 25, for filters at ``center + offset``: z, (n, K, A)."""
    dist = np.arange(A) - (center[:, None] + offset)[:, :, None]
    return -(dist**2) / (2 * var[:, None, None]), ExponentCache(dist, var)


def exponent_backward(dz, cache):
    """Gradient ``dcenter``, shape (n,)."""
    dist, var = cache
    dmu = (dz * dist).sum(axis=2) / var[:, None]
    return dmu.sum(axis=1)


def _softmax(rng, n, K, A):
    return {"z": rng.standard_normal((n, K, A))}, {}


def _exponent(rng, n, K, A):
    settings = {"offset": rng.standard_normal(K), "var": rng.uniform(0.5, 2, n), "A": A}
    return {"center": (A - 1) / 2 + rng.standard_normal(n)}, settings


def _clipped_window(rng, n, K, B, A):
    inputs, settings = _window(rng, n, K, B, A)
    inputs["theta"][0, 2:] = 13, -13, 12.5
    inputs["theta"][1, :2] = 13, -13  # of another image: a mask of the wrong columns shows
    return inputs, settings


NORMALISER = "right except for the part that flows through the normaliser"

EXERCISES = (
    Exercise(
        "05.softmax_backward",
        softmax_backward,
        _softmax,
        "n K A",
        2,
        (
            "F_a = e_a / s with e_a = exp(z_a) and s the sum of all e in the row. A change of "
            "z_a moves F_a through e_a, and it moves every F_b of the row through s.",
            "So dF_b/dz_a = F_b (1 if a is b, else 0) - F_b F_a. Multiply by dF_b and sum over b.",
        ),
        forward=softmax,
        mistakes=(
            (" - (dF * F).sum(axis=2, keepdims=True)", "", NORMALISER),
            ("F * (dF -", "(dF -", "the factor F in front is missing"),
            (
                "(dF * F).sum(axis=2, keepdims=True)",
                "dF.sum(axis=2, keepdims=True)",
                "the sum in the normaliser's part lacks its weights F",
            ),
            (
                "F * (dF - (dF * F).sum(axis=2, keepdims=True))",
                "F * (1 - F) * dF",
                "that is a sigmoid's slope, F (1 - F): the other pixels of the row are left out",
            ),
        ),
    ),
    Exercise(
        "05.exponent_backward",
        exponent_backward,
        _exponent,
        "n K A",
        3,
        (
            "z = -(a - mu)^2 / (2 var). Differentiate by mu: the inner derivative of a - mu is -1, "
            "so two minus signs meet.",
            "mu of one filter is used by all A pixels, and `center` by all K filters. A value used "
            "twice adds its gradients.",
        ),
        forward=exponent,
        mistakes=(
            (
                "/ var[:, None]",
                "/ (2 * var[:, None])",
                "a 2 too many below: the square's derivative cancels the 2 of 2 sigma^2",
            ),
            ("(dz * dist)", "dz", "the distance is missing: the square's derivative is 2 dist"),
        ),
    ),
    Exercise(
        "05.filterbank_backward",
        filterbank_backward,
        _axis,
        "n K A",
        6,
        (
            "You have dz from the softmax and dcenter from the exponent. Keep dmu, shape (n, K), "
            "before its sum over the filters.",
            "mu = center + offset * stride: what is d mu / d stride, filter by filter?",
            "z = -dist^2 / (2 var): differentiate 1 / var, and sum over everything that shares "
            "an image's variance, filters and pixels.",
        ),
        forward=filterbank,
        uses=("softmax_backward",),
        mistakes=(
            (" - (dF * F).sum(axis=2, keepdims=True)", "", NORMALISER),
            (
                "dz = F * (dF - (dF * F).sum(axis=2, keepdims=True))",
                "dz = dF",
                "right except for the part that flows through the softmax: dF was taken for dz",
            ),
            (
                "(dmu * offset)",
                "dmu",
                "each filter's share of the stride, its `offset`, is missing",
            ),
            ("(dz * dist**2)", "(dz * dist)", "the distance is not squared"),
            (
                "(2 * var**2)",
                "(2 * var)",
                "1 / var differentiates to -1 / var^2: var is not squared",
            ),
            (
                "(2 * var**2)",
                "2 * var**2",
                "/ 2 * var**2 multiplies by var^2: brackets around 2 * var**2 are missing",
            ),
            ("(2 * var**2)", "var**2", "the 2 of 2 sigma^2 is missing"),
            (
                "/ var[:, None]",
                "/ (2 * var[:, None])",
                "a 2 too many below: the square's derivative cancels the 2 of 2 sigma^2",
            ),
        ),
    ),
    Exercise(
        "05.window_backward",
        window_backward,
        _window,
        "n K B A",
        7,
        (
            "center_x = (width + 1) / 2 * (theta + 1) - 1 is a straight line in theta. Its slope?",
            "var = exp(theta), and the derivative of exp is exp itself: the number that the cache "
            "holds already. The stride's factor of eq 24 is in the cached stride.",
            "Where theta was clipped, the output doesn't move when theta does.",
        ),
        forward=window,
        blocks=("dtheta[:, 0]", "dtheta[:, 1]", "dtheta[:, 2]", "dtheta[:, 3]", "dtheta[:, 4]"),
        edges=(
            (
                _clipped_window,
                "values of theta beyond +-12: the clip stops the gradient of the logarithms alone",
            ),
        ),
        mistakes=(
            ("var * dvar", "dvar", "right except for the derivative of the exp"),
            (
                "stride * dstride",
                "np.exp(theta[:, 3]) * dstride",
                "exp(theta) is the stride of eq 24 without its factor; the cached one has it",
            ),
            ("var * dvar", "np.exp(var) * dvar", "var is exp(theta) already, not its logarithm"),
            (
                "stride * dstride",
                "np.exp(stride) * dstride",
                "the cached stride is no logarithm: its exp is taken already",
            ),
            (
                "gamma * dgamma",
                "np.exp(gamma) * dgamma",
                "gamma is exp(theta) already, not its logarithm",
            ),
            ("stride * dstride", "dstride", "right except for the derivative of the exp"),
            ("gamma * dgamma", "dgamma", "right except for the derivative of the exp"),
            (
                "(width + 1) / 2 * dcenter_x",
                "dcenter_x",
                "the slope (A + 1) / 2 of eq 22 is missing",
            ),
            (
                "(height + 1) / 2 * dcenter_y",
                "dcenter_y",
                "the slope (B + 1) / 2 of eq 23 is missing",
            ),
            (
                "(width + 1) / 2 * dcenter_x",
                "(width - 1) / 2 * dcenter_x",
                "(A - 1) / 2 where eq 22 has (A + 1) / 2",
            ),
            (
                "(width + 1) / 2 * dcenter_x",
                "(height + 1) / 2 * dcenter_x",
                "the height where the width belongs",
            ),
            (
                "(height + 1) / 2 * dcenter_y",
                "(width + 1) / 2 * dcenter_y",
                "the width where the height belongs",
            ),
            (
                "(height + 1) / 2 * dcenter_y",
                "(height - 1) / 2 * dcenter_y",
                "(B - 1) / 2 where eq 23 has (B + 1) / 2",
            ),
            (
                "(height + 1) / 2 * dcenter_y",
                "(height + 1) / 2 * dcenter_x",
                "dcenter_x where dcenter_y belongs",
            ),
            (
                "dtheta[:, 2:] *= np.abs(theta[:, 2:])",
                "dtheta *= np.abs(theta)",
                "the clip's mask is laid on the centres, which aren't clipped",
            ),
            (
                "dtheta[:, 2:] *= np.abs(theta[:, 2:])",
                "dtheta[:, 2:] *= np.abs(theta[:, :3])",
                "the clip's mask is that of other columns",
            ),
        ),
    ),
)
