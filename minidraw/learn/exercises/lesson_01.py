"""Lesson 01, wiggle and measure: slopes of small functions, the chain rule, sums."""

import numpy as np

from minidraw.learn.exercises.exercise import Exercise


def slope(f, x, *, eps):
    """Return the slope of `f` at each entry of `x`, measured on both sides of it."""
    return (f(x + eps) - f(x - eps)) / (2 * eps)


def chain(x):
    """Return sin(x^2), entry by entry."""
    return np.sin(x**2), x


def chain_backward(dy, x):
    """Return the gradient ``dx``, shape (n,)."""
    return dy * np.cos(x**2) * 2 * x


def twice(x):
    """Return x exp(x), which uses x twice."""
    return x * np.exp(x), x


def twice_backward(dy, x):
    """Return the gradient ``dx``, shape (n,)."""
    through_factor = dy * np.exp(x)
    through_exp = dy * x * np.exp(x)
    return through_factor + through_exp


def shift(x, b):
    """Add one row b to every row of x."""
    return x + b, None


def shift_backward(dy, cache):
    """Return the gradients ``dx, db``, shapes (n, I) and (I,)."""
    return dy.copy(), dy.sum(axis=0)


def make_slope_inputs(rng, n):
    factor = rng.uniform(1, 2)
    eps = rng.uniform(0.005, 0.02)
    return {"f": lambda x: np.sin(factor * x), "x": rng.standard_normal(n)}, {"eps": eps}


def make_slope_of_a_number(rng, n):
    inputs, settings = make_slope_inputs(rng, n)
    return inputs | {"x": float(inputs["x"][0])}, settings


def make_slope_of_a_table(rng, n):
    inputs, settings = make_slope_inputs(rng, n)
    return inputs | {"x": rng.standard_normal((n, 3))}, settings


def make_numbers(rng, n):
    return {"x": rng.standard_normal(n)}, {}


def make_shift_inputs(rng, n, I):  # noqa: E741  the shape's letter
    return {"x": rng.standard_normal((n, I)), "b": rng.standard_normal(I)}, {}


EXERCISES = (
    Exercise(
        "01.slope",
        slope,
        make_slope_inputs,
        "n",
        1,
        (
            "A slope is the change of f divided by the change of x. Step by eps to each side of x.",
            "From x - eps to x + eps, x changes by 2 eps.",
        ),
        outputs=("slope",),
        edges=(
            (make_slope_of_a_number, "an x that is a single number"),
            (make_slope_of_a_table, "an x of two axes"),
        ),
        mistakes=(
            (
                "(f(x + eps) - f(x - eps)) / (2 * eps)",
                "(f(x + eps) - f(x)) / eps",
                "it is measured on one side only, from f(x) and f(x + eps)",
            ),
            (
                "(f(x + eps) - f(x - eps)) / (2 * eps)",
                "(f(x) - f(x - eps)) / eps",
                "it is measured on one side only, from f(x - eps) and f(x)",
            ),
            (
                "(f(x + eps) - f(x - eps)) / (2 * eps)",
                "(f(x + eps / 2) - f(x - eps / 2)) / eps",
                "the step to each side is eps / 2; it should be eps",
            ),
            (" / (2 * eps)", "", "the change of f is not divided by the change of x"),
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
        make_numbers,
        "n",
        1,
        (
            "Give the inner value a name: u = x^2, y = sin(u). What are dy/du and du/dx?",
            "Multiply the incoming gradient, the slope of the sine at u, and the slope of x^2.",
        ),
        forward=chain,
        mistakes=(
            (" * 2 * x", "", "the slope of x^2, the inner function, is missing"),
            ("np.cos(x**2)", "np.cos(x)", "the cosine is taken at x, not at the inner value x^2"),
            ("dy * ", "", "the incoming gradient dy is missing"),
            ("np.cos(x**2) * ", "", "the slope of the sine, the outer function, is missing"),
            (
                "np.cos(x**2) * 2 * x",
                "np.cos(2 * x)",
                "the inner slope 2 x is inside the cosine; it should multiply the cosine",
            ),
            ("np.cos(x**2)", "np.sin(x**2)", "the sine itself is used; its slope is the cosine"),
        ),
    ),
    Exercise(
        "01.twice_backward",
        twice_backward,
        make_numbers,
        "n",
        3,
        (
            "Pretend that the two x in x exp(x) are two inputs, and find the gradient of each.",
            "Both are in fact the same x, so its gradient is the sum of the two.",
        ),
        forward=twice,
        mistakes=(
            (
                "return through_factor + through_exp",
                "return through_factor",
                "the gradient that flows through the exponential is missing",
            ),
            (
                "return through_factor + through_exp",
                "return through_exp",
                "the gradient that flows through the factor x is missing",
            ),
            (
                "return through_factor + through_exp",
                "return through_factor * through_exp",
                "the two parts are multiplied; they should be added",
            ),
            (
                "return through_factor + through_exp",
                "return np.exp(x) + x * np.exp(x)",
                "the incoming gradient dy is missing",
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
        make_shift_inputs,
        "n I",
        2,
        (
            "Each entry of x moves one entry of y, with slope 1.",
            "Each entry of b is used in all n rows, so its gradient is a sum of n gradients.",
        ),
        forward=shift,
        mistakes=(
            ("dy.sum(axis=0)", "dy[0]", "only the first row is counted; b is used in every row"),
            ("dy.sum(axis=0)", "dy[-1]", "only the last row is counted; b is used in every row"),
            (
                "dy.sum(axis=0)",
                "dy.sum()",
                "it is summed over the columns too; b has one entry per column",
            ),
        ),
    ),
)
