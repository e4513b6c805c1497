"""Lesson 18, paint in colour: a stroke of one colour, the lowest cost, two digits on a canvas."""

from typing import NamedTuple

import numpy as np

from minidraw.layers import bernoulli_cost
from minidraw.learn.exercises.exercise import Exercise
from minidraw.learn.exercises.lesson_06 import make_filters


class PenCache(NamedTuple):
    patch: np.ndarray  # (n, K, K)
    colour: np.ndarray  # (n, C)
    F_y: np.ndarray  # (n, K, B)
    F_x: np.ndarray  # (n, K, A)


def pen(patch, colour, F_y, F_x):
    """Paint a stroke of one colour: one patch for all channels, (n, C, B, A)."""
    shape = F_y.mT @ patch @ F_x
    return colour[:, :, None, None] * shape[:, None], PenCache(patch, colour, F_y, F_x)


def pen_backward(dstroke, cache):
    """Return the gradients ``dpatch, dcolour, dF_y, dF_x``."""
    patch, colour, F_y, F_x = cache
    shape = F_y.mT @ patch @ F_x
    dcolour = (dstroke * shape[:, None]).sum(axis=(2, 3))
    dshape = (dstroke * colour[:, :, None, None]).sum(axis=1)
    dpatch = F_y @ dshape @ F_x.mT
    dF_y = patch @ F_x @ dshape.mT
    dF_x = patch.mT @ F_y @ dshape
    return dpatch, dcolour, dF_y, dF_x


def floor_and_excess(logits, *, x):
    """Return the lowest possible cost of images x, and the canvas's excess over it; (n,) each."""
    light = x * np.log(np.where(x > 0, x, 1))  # 0 log 0 counts as 0
    dark = (1 - x) * np.log(np.where(x < 1, 1 - x, 1))
    floor = -(light + dark).sum(axis=(1, 2, 3))
    cost, _ = bernoulli_cost(logits, x=x)
    return floor, cost - floor


def composed(digits, *, places, side):
    """Put two digits on each image, (n, C, side, side): add their levels, and clip at 1."""
    n, _, C, B, A = digits.shape
    images = np.zeros((n, C, side, side), digits.dtype)
    for i, k in np.ndindex(n, 2):
        top, left = places[i, k]
        images[i, :, top : top + B, left : left + A] += digits[i, k]
    return np.minimum(images, 1)


def make_pen_inputs(rng, n, C, K, B, A):
    parts = make_filters(rng, n, K, B, A)
    inputs = {"patch": rng.standard_normal((n, K, K)), "colour": rng.standard_normal((n, C))}
    return inputs | {"F_y": parts["F_y"], "F_x": parts["F_x"]}, {}


def make_grey_images(rng, n, C, B, A):
    shape = n, C, B, A
    return {"logits": rng.standard_normal(shape)}, {"x": rng.uniform(0.02, 0.98, shape)}


def make_black_and_white(rng, n, C, B, A):
    inputs, settings = make_grey_images(rng, n, C, B, A)
    settings["x"][:, 0, 0, :2] = 0, 1
    return inputs, settings


def make_sure_canvas(rng, n, C, B, A):
    inputs, settings = make_grey_images(rng, n, C, B, A)
    return {"logits": 1000 * np.sign(inputs["logits"])}, settings


def make_scenes(rng, n, C, B, A):
    places = rng.integers(1, min(B, A), (n, 2, 2))  # they overlap, and fit if swapped too
    return {"digits": rng.random((n, 2, C, B, A))}, {"places": places, "side": B + A}


def make_corner_scenes(rng, n, C, B, A):
    inputs, settings = make_scenes(rng, n, C, B, A)
    settings["places"][:] = (0, 0), (A, B)
    return inputs, settings


EXERCISES = (
    Exercise(
        "18.pen_backward",
        pen_backward,
        make_pen_inputs,
        "n C K B A",
        6,
        (
            "There are two steps: shape = F_y^T patch F_x, then stroke = colour times shape. "
            "Undo the second one first.",
            "All C channels use the same shape, so its gradient is a sum over channels. Each "
            "colour is used at every pixel, so its gradient is a sum over pixels. The shape is "
            "not in the cache, so compute it again.",
            "dshape has one channel per image. The rest is the product of three matrices from "
            "lesson 06, with F_y^T in place of F_y.",
        ),
        forward=pen,
        uses=("sandwich_backward", "write_backward"),
        optional=True,
        mistakes=(
            (
                "(dstroke * colour[:, :, None, None]).sum(axis=1)",
                "dstroke.sum(axis=1)",
                "the factor colour is missing; the shape was multiplied by it",
            ),
            (
                "(dstroke * colour[:, :, None, None]).sum(axis=1)",
                "dstroke[:, 0] * colour[:, 0, None, None]",
                "only the first channel is counted; all channels use the shape",
            ),
            (
                "(dstroke * shape[:, None])",
                "dstroke",
                "the factor shape is missing; the colour was multiplied by it",
            ),
            (
                "patch @ F_x @ dshape.mT",
                "patch.mT @ F_x @ dshape.mT",
                "the patch should not be transposed",
            ),
            ("patch.mT @ F_y @ dshape", "patch @ F_y @ dshape", "the patch should be transposed"),
        ),
    ),
    Exercise(
        "18.floor_and_excess",
        floor_and_excess,
        make_grey_images,
        "n C B A",
        5,
        (
            "The cost is lowest when every p equals the level x. Insert p = x into -x log p - (1 "
            "- x) log(1 - p).",
            "The excess is the cost of the canvas minus the floor. bernoulli_cost returns this "
            "cost and a cache.",
            "In NumPy 0 log 0 is nan. Where x is 0, put another number into the logarithm. The "
            "factor 0 removes it again. Do the same for 1 - x.",
        ),
        outputs=("floor", "excess"),
        uses=("bernoulli_cost", "coin_cost", "sigmoid"),
        edges=(
            (make_black_and_white, "images with black and white pixels"),
            (make_sure_canvas, "logits of +-1000"),
        ),
        optional=True,
        mistakes=(
            (
                "-(light + dark)",
                "-light",
                "the term of the dark pixels, (1 - x) log(1 - x), is missing",
            ),
            ("-(light + dark)", "-dark", "the term of the light pixels, x log x, is missing"),
            (
                "floor = -(light + dark).sum(axis=(1, 2, 3))",
                "p = 1 / (1 + np.exp(-logits)); floor = -(p * np.log(p) + (1 - p) * np.log(1 - p))"
                ".sum(axis=(1, 2, 3))",
                "the floor is computed from the canvas's probabilities instead of the levels",
            ),
            (
                "return floor, cost - floor",
                "return floor, cost",
                "this is the whole cost; the floor is not subtracted",
            ),
            (
                "return floor, cost - floor",
                "return floor, cost / floor",
                "the cost is divided by the floor; subtract the floor instead",
            ),
            (
                "return floor, cost - floor",
                "return floor / np.log(2), (cost - floor) / np.log(2)",
                "these are bits, from log2; use the natural logarithm to get nats",
            ),
        ),
    ),
    Exercise(
        "18.composed",
        composed,
        make_scenes,
        "n C B A",
        6,
        (
            "Start with black images, (n, C, side, side), and loop over images and digits.",
            "A digit with its upper left pixel at (top, left) covers rows top to top + B and "
            "columns left to left + A, in all channels.",
            "Add it to the image, and clip once both digits are added.",
        ),
        outputs=("images",),
        edges=((make_corner_scenes, "digits in two corners of the image"),),
        optional=True,
        mistakes=(
            ("np.minimum(images, 1)", "images", "some levels are above 1; clip the sum at 1"),
            (
                "+= digits[i, k]",
                "= digits[i, k]",
                "the second digit covers the first where they overlap; add their levels there",
            ),
            ("top, left = places[i, k]", "left, top = places[i, k]", "row and column are swapped"),
            ("np.ndindex(n, 2)", "np.ndindex(n, 1)", "the second digit is missing"),
            ("np.ndindex(n, 2)", "((i, 1) for i in range(n))", "the first digit is missing"),
            (
                "np.ndindex(n, 2)",
                "np.ndindex(1, 1)",
                "only one digit of one image is added; the loop ends too early",
            ),
            (
                "top, left = places[i, k]",
                "top, left = places[i, 0]",
                "both digits are at the place of the first digit",
            ),
            (
                "top, left = places[i, k]",
                "top, left = places[i, k] - 1",
                "the places are treated as counted from 1; they are counted from 0",
            ),
            (
                "images[i, :, top : top + B, left : left + A] += digits[i, k]",
                "images[i, :, top : top + B, left : left + A] = np.maximum(images[i, :, top : top "
                "+ B, left : left + A], digits[i, k])",
                "where the digits overlap, the larger level is used; add the levels",
            ),
            (
                "np.minimum(images, 1)",
                "images / images.max(axis=(1, 2, 3), keepdims=True)",
                "the images are divided by their largest level; clip them instead",
            ),
        ),
    ),
)
