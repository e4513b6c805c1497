"""Lesson 06, read: the product of an image with two filterbanks, forward and backward."""

from typing import NamedTuple

import numpy as np

from minidraw.layers import read, read_backward, read_image, read_image_backward
from minidraw.learn.exercises.exercise import Exercise


class SandwichCache(NamedTuple):
    F_y: np.ndarray  # (n, K, B)
    x: np.ndarray  # (n, B, A)
    F_x: np.ndarray  # (n, K, A)


def sandwich(F_y, x, F_x):
    """Return F_y x F_x^T for every image: the patch, (n, K, K)."""
    return F_y @ x @ F_x.mT, SandwichCache(F_y, x, F_x)


def sandwich_backward(dpatch, cache):
    """Return the gradients ``dF_y, dx, dF_x``."""
    F_y, x, F_x = cache
    dF_y = dpatch @ (F_x @ x.mT)
    dx = F_y.mT @ dpatch @ F_x
    dF_x = dpatch.mT @ (F_y @ x)
    return dF_y, dx, dF_x


def make_sandwich_inputs(rng, n, K, B, A):
    normal = rng.standard_normal
    return {"F_y": normal((n, K, B)), "x": normal((n, B, A)), "F_x": normal((n, K, A))}, {}


def make_filters(rng, n, K, B, A):
    """Return random filterbanks and intensities."""
    normal = rng.standard_normal
    return {"F_y": normal((n, K, B)), "F_x": normal((n, K, A)), "gamma": np.exp(normal(n))}


def make_read_inputs(rng, n, K, B, A, C):
    shape = n, C, B, A
    inputs = {"x_err": rng.standard_normal(shape)} | make_filters(rng, n, K, B, A)
    return inputs, {"x": rng.random(shape)}


def make_faint_read(rng, n, K, B, A, C):
    inputs, settings = make_read_inputs(rng, n, K, B, A, C)
    return inputs | {"gamma": np.exp(rng.uniform(-6, -4, n))}, settings


def make_strong_read(rng, n, K, B, A, C):
    inputs, settings = make_read_inputs(rng, n, K, B, A, C)
    return inputs | {"gamma": np.exp(rng.uniform(5, 7, n))}, settings


FAINT, STRONG = "intensities below 0.02", "intensities above 100"
READ_EDGES = (make_faint_read, FAINT), (make_strong_read, STRONG)
WRONG_TRANSPOSE = "dpatch should not be transposed"
IMAGE_MISSING = (
    "the gradient that flows through the image is missing; only the error image is counted"
)
ERROR_IMAGE_MISSING = "the gradient that flows through the error image is missing"

EXERCISES = (
    Exercise(
        "06.sandwich_backward",
        sandwich_backward,
        make_sandwich_inputs,
        "n K B A",
        3,
        (
            "For out = P @ Q you know both gradients from lesson 02: dP = dout @ Q^T and "
            "dQ = P^T @ dout.",
            "Group F_y x F_x^T as F_y @ (x F_x^T), then as (F_y x) @ F_x^T. The gradient of F_x^T "
            "is the transpose of the gradient of F_x.",
        ),
        forward=sandwich,
        mistakes=(
            ("dpatch @ (F_x @ x.mT)", "dpatch.mT @ (F_x @ x.mT)", WRONG_TRANSPOSE),
            ("F_y.mT @ dpatch @ F_x", "F_y.mT @ dpatch.mT @ F_x", WRONG_TRANSPOSE),
        ),
    ),
    Exercise(
        "06.read",
        read,
        make_read_inputs,
        "n K B A C",
        4,
        (
            "The image and the error image go through the same filters. Join them by channel.",
            "The filters have no channel axis. Add one of length 1, and @ works for all channels.",
            "gamma has the shape (n,). It multiplies the whole glimpse of its image.",
        ),
        outputs=("glimpse",),
        edges=READ_EDGES,
        parts=(read_image,),
        mistakes=(
            ("gamma[:, None, None, None] * glimpse", "glimpse", "the factor gamma is missing"),
            (
                "gamma[:, None, None, None] * glimpse",
                "gamma[:, None, None, None] ** 2 * glimpse",
                "gamma is applied twice, perhaps once with each filterbank; apply it once",
            ),
            (
                "gamma[:, None, None, None] * glimpse",
                "glimpse / gamma[:, None, None, None]",
                "it is divided by gamma; reading multiplies by gamma, and writing divides by it",
            ),
            (
                "np.concatenate([x, x_err], axis=1)",
                "np.concatenate([x_err, x], axis=1)",
                "the image and the error image are swapped",
            ),
            (
                "np.concatenate([x, x_err], axis=1)",
                "np.concatenate([x, x], axis=1)",
                "the image is read twice and the error image is not read",
            ),
        ),
    ),
    Exercise(
        "06.read_backward",
        read_backward,
        make_read_inputs,
        "n K B A C",
        7,
        (
            "Start with gamma: the product's gradient is gamma times the gradient of the glimpse.",
            "All 2 C channels of an image use the same filters, so sum over the channels.",
            "x is data and gets no gradient. x_err is the second half of the channels.",
            "gamma multiplied the whole product. Multiply dglimpse by this product, and sum.",
        ),
        forward=read,
        edges=READ_EDGES,
        parts=(read_image_backward,),
        uses=("sandwich_backward",),
        mistakes=(
            (
                "(dpatch.mT @ rows).sum(axis=1)",
                "(dpatch.mT @ rows)[:, x.shape[1] // 2 :].sum(axis=1)",
                IMAGE_MISSING,
            ),
            (
                "(dpatch @ (F_x[:, None] @ x.mT)).sum(axis=1)",
                "(dpatch @ (F_x[:, None] @ x.mT))[:, x.shape[1] // 2 :].sum(axis=1)",
                IMAGE_MISSING,
            ),
            (
                "(dpatch.mT @ rows).sum(axis=1)",
                "(dpatch.mT @ rows)[:, : x.shape[1] // 2].sum(axis=1)",
                ERROR_IMAGE_MISSING,
            ),
            (
                "(dpatch @ (F_x[:, None] @ x.mT)).sum(axis=1)",
                "(dpatch @ (F_x[:, None] @ x.mT))[:, : x.shape[1] // 2].sum(axis=1)",
                ERROR_IMAGE_MISSING,
            ),
            (
                "dpatch = gamma[:, None, None, None] * dglimpse",
                "dpatch = dglimpse",
                "the factor gamma is missing; the glimpse was multiplied by it",
            ),
            (
                "cache.gamma[:, None, None, None] * dglimpse[:, C:]",
                "dglimpse[:, C:]",
                "the factor gamma is missing; the glimpse was multiplied by it",
            ),
            (
                "dglimpse[:, C:]",
                "dglimpse[:, :C]",
                "this is the gradient of the image; x_err is the second half of the channels",
            ),
            (
                "dglimpse[:, C:]",
                "dglimpse",
                "this is the gradient of both images; x_err is the second half of the channels",
            ),
            (
                "dgamma = (dglimpse * (rows @ F_x[:, None].mT)).sum(axis=(1, 2, 3))",
                "dgamma = gamma * (dglimpse * (rows @ F_x[:, None].mT)).sum(axis=(1, 2, 3))",
                "there is an extra factor gamma; multiply by the product before gamma is applied",
            ),
            (
                "(dglimpse * (rows @ F_x[:, None].mT)).sum(axis=(1, 2, 3))",
                "(dglimpse * (rows @ F_x[:, None].mT))[:, x.shape[1] // 2 :].sum(axis=(1, 2, 3))",
                IMAGE_MISSING,
            ),
            (
                "(dglimpse * (rows @ F_x[:, None].mT)).sum(axis=(1, 2, 3))",
                "(dglimpse * (rows @ F_x[:, None].mT))[:, : x.shape[1] // 2].sum(axis=(1, 2, 3))",
                ERROR_IMAGE_MISSING,
            ),
            ("(dpatch @ (F_x", "(dpatch.mT @ (F_x", WRONG_TRANSPOSE),
            ("mT @ dpatch @ cache", "mT @ dpatch.mT @ cache", WRONG_TRANSPOSE),
        ),
    ),
)
