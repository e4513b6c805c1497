"""Lesson 06, read: the product of a picture with two filterbanks, there and back."""

from typing import NamedTuple

import numpy as np

from minidraw.layers import read, read_backward, read_image, read_image_backward
from minidraw.learn.exercises.exercise import Exercise


class SandwichCache(NamedTuple):
    F_y: np.ndarray  # (n, K, B)
    x: np.ndarray  # (n, B, A)
    F_x: np.ndarray  # (n, K, A)


def sandwich(F_y, x, F_x):
    """F_y x F_x^T for every image: the patch, (n, K, K)."""
    return F_y @ x @ F_x.mT, SandwichCache(F_y, x, F_x)


def sandwich_backward(dpatch, cache):
    """Gradients ``dF_y, dx, dF_x``."""
    F_y, x, F_x = cache
    dF_y = dpatch @ (F_x @ x.mT)
    dx = F_y.mT @ dpatch @ F_x
    dF_x = dpatch.mT @ (F_y @ x)
    return dF_y, dx, dF_x


def _sandwich(rng, n, K, B, A):
    normal = rng.standard_normal
    return {"F_y": normal((n, K, B)), "x": normal((n, B, A)), "F_x": normal((n, K, A))}, {}


def filters(rng, n, K, B, A):
    """Random filterbanks and intensities."""
    normal = rng.standard_normal
    return {"F_y": normal((n, K, B)), "F_x": normal((n, K, A)), "gamma": np.exp(normal(n))}


def _read(rng, n, K, B, A, C):
    shape = n, C, B, A
    inputs = {"x_err": rng.standard_normal(shape)} | filters(rng, n, K, B, A)
    return inputs, {"x": rng.random(shape)}


TURNED = "dpatch is transposed where it shouldn't be"
ONLY_ERROR = (
    "right except for the part that flows through the image: only the error image's is counted"
)
ONLY_IMAGE = "right except for the part that flows through the error image"

EXERCISES = (
    Exercise(
        "06.sandwich_backward",
        sandwich_backward,
        _sandwich,
        "n K B A",
        3,
        (
            "For out = P @ Q you know both gradients from lesson 02: dP = dout @ Q^T and "
            "dQ = P^T @ dout.",
            "Read F_y x F_x^T as F_y @ (x F_x^T), then as (F_y x) @ F_x^T. The gradient of F_x^T "
            "is the transpose of the gradient of F_x.",
        ),
        forward=sandwich,
        mistakes=(
            ("dpatch @ (F_x @ x.mT)", "dpatch.mT @ (F_x @ x.mT)", TURNED),
            ("F_y.mT @ dpatch @ F_x", "F_y.mT @ dpatch.mT @ F_x", TURNED),
        ),
    ),
    Exercise(
        "06.read",
        read,
        _read,
        "n K B A C",
        4,
        (
            "Image and error image go through the same filters: join them along the channels.",
            "The filters have no channel axis. Give them one of length 1, and @ works for all.",
            "gamma has the shape (n,) and multiplies everything that its image reads.",
        ),
        outputs=("glimpse",),
        parts=(read_image,),
        mistakes=(
            ("gamma[:, None, None, None] * glimpse", "glimpse", "gamma is missing"),
            (
                "gamma[:, None, None, None] * glimpse",
                "gamma[:, None, None, None] ** 2 * glimpse",
                "gamma is there twice: it multiplies the patch, not both filterbanks",
            ),
            (
                "gamma[:, None, None, None] * glimpse",
                "glimpse / gamma[:, None, None, None]",
                "divided by gamma: reading multiplies, writing divides",
            ),
            (
                "np.concatenate([x, x_err], axis=1)",
                "np.concatenate([x_err, x], axis=1)",
                "image and error image have changed places",
            ),
            (
                "np.concatenate([x, x_err], axis=1)",
                "np.concatenate([x, x], axis=1)",
                "the image is read twice, the error image never",
            ),
        ),
    ),
    Exercise(
        "06.read_backward",
        read_backward,
        _read,
        "n K B A C",
        7,
        (
            "Undo gamma first: what arrives at the product is gamma times what arrives at the "
            "glimpse.",
            "The filters are used by all 2 C pictures of an image: sum their gradients over them.",
            "x is data. The second half of the pictures is x_err, and only it gets a gradient.",
            "gamma multiplied the whole glimpse: multiply by what it multiplied, and sum.",
        ),
        forward=read,
        parts=(read_image_backward,),
        uses=("sandwich_backward",),
        mistakes=(
            (
                "(dpatch.mT @ rows).sum(axis=1)",
                "(dpatch.mT @ rows)[:, x.shape[1] // 2 :].sum(axis=1)",
                ONLY_ERROR,
            ),
            (
                "(dpatch @ (F_x[:, None] @ x.mT)).sum(axis=1)",
                "(dpatch @ (F_x[:, None] @ x.mT))[:, x.shape[1] // 2 :].sum(axis=1)",
                ONLY_ERROR,
            ),
            (
                "(dpatch.mT @ rows).sum(axis=1)",
                "(dpatch.mT @ rows)[:, : x.shape[1] // 2].sum(axis=1)",
                ONLY_IMAGE,
            ),
            (
                "(dpatch @ (F_x[:, None] @ x.mT)).sum(axis=1)",
                "(dpatch @ (F_x[:, None] @ x.mT))[:, : x.shape[1] // 2].sum(axis=1)",
                ONLY_IMAGE,
            ),
            (
                "dpatch = gamma[:, None, None, None] * dglimpse",
                "dpatch = dglimpse",
                "right except for gamma, by which the glimpse was multiplied",
            ),
            (
                "cache.gamma[:, None, None, None] * dglimpse[:, C:]",
                "dglimpse[:, C:]",
                "right except for gamma, by which the glimpse was multiplied",
            ),
            (
                "dglimpse[:, C:]",
                "dglimpse[:, :C]",
                "this is the gradient of the image; x_err is the second half",
            ),
            (
                "dglimpse[:, C:]",
                "dglimpse",
                "this is the gradient of both pictures; x_err is the second half",
            ),
            (
                "dgamma = (dglimpse * (rows @ F_x[:, None].mT)).sum(axis=(1, 2, 3))",
                "dgamma = gamma * (dglimpse * (rows @ F_x[:, None].mT)).sum(axis=(1, 2, 3))",
                "a gamma too many: multiply by what gamma multiplied, not by the glimpse",
            ),
            (
                "(dglimpse * (rows @ F_x[:, None].mT)).sum(axis=(1, 2, 3))",
                "(dglimpse * (rows @ F_x[:, None].mT))[:, x.shape[1] // 2 :].sum(axis=(1, 2, 3))",
                ONLY_ERROR,
            ),
            (
                "(dglimpse * (rows @ F_x[:, None].mT)).sum(axis=(1, 2, 3))",
                "(dglimpse * (rows @ F_x[:, None].mT))[:, : x.shape[1] // 2].sum(axis=(1, 2, 3))",
                ONLY_IMAGE,
            ),
            ("(dpatch @ (F_x", "(dpatch.mT @ (F_x", TURNED),
            ("mT @ dpatch @ cache", "mT @ dpatch.mT @ cache", TURNED),
        ),
    ),
)
