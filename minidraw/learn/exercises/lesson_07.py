"""Lesson 07, write: from a patch to the canvas, forward and backward."""

import numpy as np

from minidraw.layers import write, write_backward
from minidraw.learn.exercises.exercise import Exercise
from minidraw.learn.exercises.lesson_06 import FAINT, STRONG, make_filters


def make_write_inputs(rng, n, K, B, A, C):
    return {"patch": rng.standard_normal((n, C, K, K))} | make_filters(rng, n, K, B, A), {}


def make_faint_write(rng, n, K, B, A, C):
    inputs, _ = make_write_inputs(rng, n, K, B, A, C)
    return inputs | {"gamma": np.exp(rng.uniform(-6, -4, n))}, {}


def make_strong_write(rng, n, K, B, A, C):
    inputs, _ = make_write_inputs(rng, n, K, B, A, C)
    return inputs | {"gamma": np.exp(rng.uniform(5, 7, n))}, {}


WRITE_EDGES = (make_faint_write, FAINT), (make_strong_write, STRONG)


EXERCISES = (
    Exercise(
        "07.write",
        write,
        make_write_inputs,
        "n K B A C",
        2,
        (
            "Reading turns (B, A) into (K, K). For the opposite direction, on which side does "
            "each filterbank stand, and which one is transposed?",
            "Reading multiplies by gamma, and writing divides by it.",
        ),
        outputs=("out",),
        edges=WRITE_EDGES,
        mistakes=(
            (
                "out / gamma[:, None, None, None]",
                "out * gamma[:, None, None, None]",
                "it is multiplied by gamma; writing divides by gamma",
            ),
            ("out / gamma[:, None, None, None]", "out", "the division by gamma is missing"),
            (
                "F_y[:, None].mT @ patch @",
                "F_y[:, None].mT @ patch.mT @",
                "the patch is transposed; its rows belong to F_y and its columns to F_x",
            ),
        ),
    ),
    Exercise(
        "07.write_backward",
        write_backward,
        make_write_inputs,
        "n K B A C",
        6,
        (
            "Start with the division: the gradient of the product is dout / gamma.",
            "F_y^T patch F_x is a product of three matrices as in lesson 06, with F_y^T in place "
            "of F_y. To get the gradient of the patch, read from dout.",
            "out is proportional to 1 / gamma. The derivative of 1 / gamma is -1 / gamma^2.",
            "All C channels use the same filters, so sum over the channels.",
        ),
        forward=write,
        edges=WRITE_EDGES,
        uses=("sandwich_backward",),
        mistakes=(
            (
                ".sum(axis=(1, 2, 3)) / gamma",
                ".sum(axis=(1, 2, 3))",
                "one division by gamma is missing; the derivative of 1 / gamma is -1 / gamma^2",
            ),
            (
                "(dpatch * patch).sum(axis=(1, 2, 3)) / gamma",
                "(dpatch * patch).sum() / gamma",
                "it is summed over the images too; each image has its own gamma",
            ),
            (
                "(dpatch * patch).sum(axis=(1, 2, 3)) / gamma",
                "(dpatch * patch * gamma[:, None, None, None]).sum() / gamma**2",
                "it is summed over the images too; each image has its own gamma",
            ),
            (
                "dstroke = dout / gamma[:, None, None, None]",
                "dstroke = dout",
                "the division by gamma is missing; the stroke was divided by it",
            ),
            ("(patch @ across.mT)", "(patch.mT @ across.mT)", "the patch should not be transposed"),
            (
                "(patch.mT @ F_y[:, None] @ dstroke)",
                "(patch @ F_y[:, None] @ dstroke)",
                "the patch should be transposed",
            ),
        ),
    ),
)
