"""Lesson 18, paint in colour, and two things at once: a pen, the least cost, two on one canvas."""

from typing import NamedTuple

import numpy as np

from minidraw.layers import bernoulli_cost
from minidraw.learn.exercises.exercise import Exercise
from minidraw.learn.exercises.lesson_06 import filters


class PenCache(NamedTuple):
    patch: np.ndarray  # (n, K, K)
    colour: np.ndarray  # (n, C)
    F_y: np.ndarray  # (n, K, B)
    F_x: np.ndarray  # (n, K, A)


def pen(patch, colour, F_y, F_x):
    """A stroke of a single colour: one patch for all channels, (n, C, B, A)."""
    shape = F_y.mT @ patch @ F_x
    return colour[:, :, None, None] * shape[:, None], PenCache(patch, colour, F_y, F_x)


def pen_backward(dstroke, cache):
    """Gradients ``dpatch, dcolour, dF_y, dF_x``."""
    patch, colour, F_y, F_x = cache
    shape = F_y.mT @ patch @ F_x
    dcolour = (dstroke * shape[:, None]).sum(axis=(2, 3))
    dshape = (dstroke * colour[:, :, None, None]).sum(axis=1)
    dpatch = F_y @ dshape @ F_x.mT
    dF_y = patch @ F_x @ dshape.mT
    dF_x = patch.mT @ F_y @ dshape
    return dpatch, dcolour, dF_y, dF_x


def floor_and_excess(logits, *, x):
    """The least that images of levels x can cost, and what a canvas costs above it; (n,) each."""
    light = x * np.log(np.where(x > 0, x, 1))  # 0 log 0 counts as 0
    dark = (1 - x) * np.log(np.where(x < 1, 1 - x, 1))
    floor = -(light + dark).sum(axis=(1, 2, 3))
    cost, _ = bernoulli_cost(logits, x=x)
    return floor, cost - floor


def composed(digits, *, places, side):
    """Two digits on each image, (n, C, side, side): levels added, and clipped at 1."""
    n, _, C, B, A = digits.shape
    images = np.zeros((n, C, side, side), digits.dtype)
    for i, k in np.ndindex(n, 2):
        top, left = places[i, k]
        images[i, :, top : top + B, left : left + A] += digits[i, k]
    return np.minimum(images, 1)


def _pen(rng, n, C, K, B, A):
    parts = filters(rng, n, K, B, A)
    inputs = {"patch": rng.standard_normal((n, K, K)), "colour": rng.standard_normal((n, C))}
    return inputs | {"F_y": parts["F_y"], "F_x": parts["F_x"]}, {}


def _levels(rng, n, C, B, A):
    shape = n, C, B, A
    return {"logits": rng.standard_normal(shape)}, {"x": rng.uniform(0.02, 0.98, shape)}


def _black_and_white(rng, n, C, B, A):
    inputs, settings = _levels(rng, n, C, B, A)
    settings["x"][:, 0, 0, :2] = 0, 1
    return inputs, settings


def _scenes(rng, n, C, B, A):
    places = rng.integers(1, min(B, A), (n, 2, 2))  # they overlap, and fit in when swapped too
    return {"digits": rng.random((n, 2, C, B, A))}, {"places": places, "side": B + A}


def _corners(rng, n, C, B, A):
    inputs, settings = _scenes(rng, n, C, B, A)
    settings["places"][:] = (0, 0), (A, B)
    return inputs, settings


EXERCISES = (
    Exercise(
        "18.pen_backward",
        pen_backward,
        _pen,
        "n C K B A",
        6,
        (
            "Two links: shape = F_y^T patch F_x, and stroke = colour times shape. Undo the second "
            "first.",
            "All C channels used the same shape, each times its colour: its gradient is a sum over "
            "channels. A colour was used at every pixel, times the shape: its gradient is a sum "
            "over pixels. The cache has no shape: compute it again.",
            "From dshape on there is one picture per image: the product of three matrices of "
            "lesson 06, with F_y^T in place of F_y.",
        ),
        forward=pen,
        uses=("sandwich_backward", "write_backward"),
        optional=True,
        mistakes=(
            (
                "(dstroke * colour[:, :, None, None]).sum(axis=1)",
                "dstroke.sum(axis=1)",
                "right except for the colour, by which the shape was multiplied",
            ),
            (
                "(dstroke * colour[:, :, None, None]).sum(axis=1)",
                "dstroke[:, 0] * colour[:, 0, None, None]",
                "right for the first channel only: all channels used the shape",
            ),
            (
                "(dstroke * shape[:, None])",
                "dstroke",
                "right except for the shape, by which the colour was multiplied",
            ),
            (
                "patch @ F_x @ dshape.mT",
                "patch.mT @ F_x @ dshape.mT",
                "the patch is transposed where it shouldn't be",
            ),
            (
                "patch.mT @ F_y @ dshape",
                "patch @ F_y @ dshape",
                "the patch isn't transposed where it should be",
            ),
        ),
    ),
    Exercise(
        "18.floor_and_excess",
        floor_and_excess,
        _levels,
        "n C B A",
        5,
        (
            "At its best every p is the level itself: put p = x into -x log p - (1 - x) log(1 - "
            "p).",
            "The excess is the cost of the canvas less the floor; bernoulli_cost returns that cost "
            "and a cache.",
            "NumPy says that 0 log 0 is nan. Where x is 0 put another number into that logarithm: "
            "the 0 in front takes care of the rest. The same for 1 - x.",
        ),
        outputs=("floor", "excess"),
        uses=("bernoulli_cost", "coin_cost", "sigmoid"),
        edges=((_black_and_white, "images with black and white pixels"),),
        optional=True,
        mistakes=(
            (
                "-(light + dark)",
                "-light",
                "right except for the dark side, (1 - x) log(1 - x)",
            ),
            ("-(light + dark)", "-dark", "right except for the light side, x log x"),
            (
                "floor = -(light + dark).sum(axis=(1, 2, 3))",
                "p = 1 / (1 + np.exp(-logits)); floor = -(p * np.log(p) + (1 - p) * np.log(1 - p))"
                ".sum(axis=(1, 2, 3))",
                "this is made of the canvas's probabilities: the floor is made of the levels",
            ),
            (
                "return floor, cost - floor",
                "return floor, cost",
                "this is the whole cost: the floor isn't taken off",
            ),
            (
                "return floor, cost - floor",
                "return floor, cost / floor",
                "a quotient where a difference belongs",
            ),
            (
                "return floor, cost - floor",
                "return floor / np.log(2), (cost - floor) / np.log(2)",
                "these are bits, from log2; nats take the natural logarithm",
            ),
        ),
    ),
    Exercise(
        "18.composed",
        composed,
        _scenes,
        "n C B A",
        6,
        (
            "Begin with black images, (n, C, side, side), and go through images and digits.",
            "A digit with its upper left pixel at (top, left) covers rows top to top + B and "
            "columns left to left + A, of all channels.",
            "Add it to what is there, and clip once both are laid down.",
        ),
        outputs=("images",),
        edges=((_corners, "digits in two corners of the image"),),
        optional=True,
        mistakes=(
            ("np.minimum(images, 1)", "images", "some levels are above 1: clip the sum at 1"),
            (
                "+= digits[i, k]",
                "= digits[i, k]",
                "the second digit covers the first where they meet: levels add there",
            ),
            (
                "top, left = places[i, k]",
                "left, top = places[i, k]",
                "row and column have changed places",
            ),
            (
                "np.ndindex(n, 2)",
                "np.ndindex(n, 1)",
                "right except for the second digit",
            ),
            (
                "np.ndindex(n, 2)",
                "((i, 1) for i in range(n))",
                "right except for the first digit",
            ),
            (
                "np.ndindex(n, 2)",
                "np.ndindex(1, 1)",
                "one digit of one image is laid down: the loop ends after its first round",
            ),
            (
                "top, left = places[i, k]",
                "top, left = places[i, 0]",
                "both digits lie at the first one's place",
            ),
            (
                "top, left = places[i, k]",
                "top, left = places[i, k] - 1",
                "places are counted from 1 here; they are given from 0",
            ),
            (
                "images[i, :, top : top + B, left : left + A] += digits[i, k]",
                "images[i, :, top : top + B, left : left + A] = np.maximum(images[i, :, top : top "
                "+ B, left : left + A], digits[i, k])",
                "the lighter of the two levels is taken where they meet: there they add",
            ),
            (
                "np.minimum(images, 1)",
                "images / images.max(axis=(1, 2, 3), keepdims=True)",
                "images are divided by their lightest level: clip them instead",
            ),
        ),
    ),
)
