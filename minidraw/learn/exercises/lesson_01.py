"""Lesson 01, wiggle and measure: slopes of small functions, the chain rule, sums."""

import numpy as np

from minidraw.learn.exercises.exercise import Exercise


def slope(f, x, *, eps):
    """Slope of `f` at each entry of `x`, measured on both sides of it."""
    return (f(x + eps) - f(x - eps)) / (2 * eps)


def chain(x):
    """y = sin(x^2), entry by entry."""
    return np.sin(x**2), x


def chain_backward(dy, x):
    """Gradient ``dx``, shape (n,)."""
    return dy * np.cos(x**2) * 2 * x


def twice(x):
    """y = x exp(x): x is used twice."""
    return x * np.exp(x), x


def twice_backward(dy, x):
    """Gradient ``dx``, shape (n,)."""
    through_factor = dy * np.exp(x)
    through_exp = dy * x * np.exp(x)
    return through_factor + through_exp


def shift(x, b):
    """Add one row b to every row of x."""
    return x + b, None


def shift_backward(dy, cache):
    """Gradients ``dx, db``, shapes (n, I) and (I,)."""
    return dy.copy(), dy.sum(axis=0)


def _slope(rng, n):
    factor = rng.uniform(1, 2)
    return {"f": lambda x: np.sin(factor * x), "x": rng.standard_normal(n)}, {"eps": 0.01}


def _numbers(rng, n):
    return {"x": rng.standard_normal(n)}, {}


def _shift(rng, n, I):  # noqa: E741  the shape's letter
    return {"x": rng.standard_normal((n, I)), "b": rng.standard_normal(I)}, {}


EXERCISES = (
    Exercise(
        "01.slope",
        slope,
        _slope,
        "n",
        1,
        (
            "A slope is the change of f divided by the change of x. Step to either side of x.",
            "From x - eps to x + eps, x changes by 2 eps.",
        ),
        outputs=("slope",),
        mistakes=(
            (
                "(f(x + eps) - f(x - eps)) / (2 * eps)",
                "(f(x + eps) - f(x)) / eps",
                "it is measured on one side only: f(x + eps) against f(x)",
            ),
            (
                "(f(x + eps) - f(x - eps)) / (2 * eps)",
                "(f(x) - f(x - eps)) / eps",
                "it is measured on one side only: f(x) against f(x - eps)",
            ),
            (
                "(f(x + eps) - f(x - eps)) / (2 * eps)",
                "(f(x + eps / 2) - f(x - eps / 2)) / eps",
                "it steps by eps / 2 to each side, and should step by eps",
            ),
            (" / (2 * eps)", "", "the change of f isn't divided by the change of x"),
            (
                "(f(x + eps) - f(x - eps)) / (2 * eps)",
                "f(x + eps) - f(x - eps) / (2 * eps)",
                "only f(x - eps) is divided: brackets around the difference are missing",
            ),
            (
                "/ (2 * eps)",
                "/ 2 * eps",
                "/ 2 * eps divides by 2 and multiplies by eps: brackets around 2 * eps are missing",
            ),
        ),
    ),
    Exercise(
        "01.chain_backward",
        chain_backward,
        _numbers,
        "n",
        1,
        (
            "Give the inner value a name: u = x^2, y = sin(u). What is dy/du, what is du/dx?",
            "Multiply: the gradient that arrives, the slope of the sine at u, the slope of x^2.",
        ),
        forward=chain,
        mistakes=(
            (" * 2 * x", "", "right except for the inner slope, that of x^2"),
            ("np.cos(x**2)", "np.cos(x)", "the cosine is taken at x, not at the inner value x^2"),
            ("dy * ", "", "the gradient dy that arrives is left out"),
            ("np.cos(x**2) * ", "", "right except for the outer slope, that of the sine"),
            (
                "np.cos(x**2) * 2 * x",
                "np.cos(2 * x)",
                "the inner slope 2 x went into the cosine; it is a factor of its own",
            ),
            (
                "np.cos(x**2)",
                "np.sin(x**2)",
                "the sine stands there itself; its slope is the cosine",
            ),
        ),
    ),
    Exercise(
        "01.twice_backward",
        twice_backward,
        _numbers,
        "n",
        3,
        (
            "Pretend that the two x in x exp(x) are two inputs, and differentiate by each.",
            "Both are the same x in truth: its gradient is the sum of the two.",
        ),
        forward=twice,
        mistakes=(
            (
                "return through_factor + through_exp",
                "return through_factor",
                "right except for the part that flows through the exponential",
            ),
            (
                "return through_factor + through_exp",
                "return through_exp",
                "right except for the part that flows through the factor x",
            ),
            (
                "return through_factor + through_exp",
                "return through_factor * through_exp",
                "the two parts are multiplied, and they should be added",
            ),
            (
                "return through_factor + through_exp",
                "return np.exp(x) + x * np.exp(x)",
                "the gradient dy that arrives is left out",
            ),
            (
                "return through_factor + through_exp",
                "return dy * np.exp(x) + x * np.exp(x)",
                "dy is missing in the part that flows through the exponential",
            ),
        ),
    ),
    Exercise(
        "01.shift_backward",
        shift_backward,
        _shift,
        "n I",
        2,
        (
            "x has as many entries as y, and each moves one of them, with slope 1.",
            "An entry of b was used in all n rows. A value used n times adds n gradients.",
        ),
        forward=shift,
        mistakes=(
            ("dy.sum(axis=0)", "dy[0]", "only the first row is counted; b was used in all of them"),
            ("dy.sum(axis=0)", "dy[-1]", "only the last row is counted; b was used in all of them"),
            ("dy.sum(axis=0)", "dy.sum()", "one sum too many: b has an entry per column"),
        ),
    ),
)
