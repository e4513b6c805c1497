"""Lesson 07, write: the way from a patch to the canvas, and back."""

from minidraw.layers import write, write_backward
from minidraw.learn.exercises.exercise import Exercise
from minidraw.learn.exercises.lesson_06 import filters


def _write(rng, n, K, B, A, C):
    return {"patch": rng.standard_normal((n, C, K, K))} | filters(rng, n, K, B, A), {}


EXERCISES = (
    Exercise(
        "07.write",
        write,
        _write,
        "n K B A C",
        2,
        (
            "Reading took (B, A) to (K, K). To go the other way, which side does each filterbank "
            "stand on, and which is transposed?",
            "Where reading multiplies by gamma, writing divides.",
        ),
        outputs=("out",),
        mistakes=(
            (
                "out / gamma[:, None, None, None]",
                "out * gamma[:, None, None, None]",
                "multiplied by gamma: writing divides by it",
            ),
            ("out / gamma[:, None, None, None]", "out", "gamma is missing"),
            (
                "F_y[:, None].mT @ patch @",
                "F_y[:, None].mT @ patch.mT @",
                "the patch is transposed: rows belong to F_y, columns to F_x",
            ),
        ),
    ),
    Exercise(
        "07.write_backward",
        write_backward,
        _write,
        "n K B A C",
        6,
        (
            "Undo the division first: what arrives at the product is dout / gamma.",
            "F_y^T patch F_x is a sandwich as in lesson 06, with F_y^T in place of F_y. The "
            "gradient of the patch is a read of dout.",
            "out is proportional to 1 / gamma, which differentiates to -1 / gamma^2.",
            "The filters are used by all C channels: sum over them.",
        ),
        forward=write,
        uses=("sandwich_backward",),
        mistakes=(
            (
                ".sum(axis=(1, 2, 3)) / gamma",
                ".sum(axis=(1, 2, 3))",
                "one division by gamma is missing: 1 / gamma differentiates to -1 / gamma^2",
            ),
            (
                "(dpatch * patch).sum(axis=(1, 2, 3)) / gamma",
                "(dpatch * patch).sum() / gamma",
                "summed over the images as well; each has a gamma of its own",
            ),
            (
                "(dpatch * patch).sum(axis=(1, 2, 3)) / gamma",
                "(dpatch * patch * gamma[:, None, None, None]).sum() / gamma**2",
                "summed over the images as well; each has a gamma of its own",
            ),
            (
                "dstroke = dout / gamma[:, None, None, None]",
                "dstroke = dout",
                "right except for gamma, by which the stroke was divided",
            ),
            (
                "(patch @ across.mT)",
                "(patch.mT @ across.mT)",
                "the patch is transposed where it shouldn't be",
            ),
            (
                "(patch.mT @ F_y[:, None] @ dstroke)",
                "(patch @ F_y[:, None] @ dstroke)",
                "the patch isn't transposed where it should be",
            ),
        ),
    ),
)
