"""Lesson 02, whole arrays: the linear layer and the sigmoid."""

from minidraw.layers import (
    linear,
    linear_backward,
    linear_backward_input,
    linear_backward_weights,
    sigmoid,
)
from minidraw.learn.exercises.exercise import Exercise


def squash(a):
    """The sigmoid as a layer; the cache is the result."""
    s = sigmoid(a)
    return s, s


def sigmoid_backward(ds, s):
    """Gradient ``da``, in the shape of ``s``."""
    return ds * s * (1 - s)


def _linear(rng, n, I, O):  # noqa: E741  the shape's letters
    normal = rng.standard_normal
    return {"x": normal((n, I)), "W": normal((I, O)), "b": normal(O)}, {}


def _logits(rng, n, H):
    return {"a": rng.standard_normal((n, H))}, {}


def _large_inputs(rng, n, H):
    return {"a": 1000 * rng.choice([-1.0, 1.0], (n, H))}, {}


EXERCISES = (
    Exercise(
        "02.sigmoid",
        sigmoid,
        _logits,
        "n H",
        1,
        (
            "For a whole array the formula reads as for one number; its exponential is NumPy's.",
            "What is e^1000 to a computer, and what is 1 divided by that? Nothing breaks there.",
        ),
        outputs=("s",),
        edges=((_large_inputs, "inputs of +-1000"),),
        mistakes=(
            ("0.5 + 0.5 * np.tanh(0.5 * a)", "np.tanh(a)", "this is tanh(a)"),
            ("0.5 + 0.5 * np.tanh(0.5 * a)", "0.5 + 0.5 * np.tanh(a)", "this is sigmoid(2 a)"),
            (
                "0.5 + 0.5 * np.tanh(0.5 * a)",
                "0.5 - 0.5 * np.tanh(0.5 * a)",
                "this is sigmoid(-a): a minus sign in the exp",
            ),
            (
                "0.5 + 0.5 * np.tanh(0.5 * a)",
                "1 + np.exp(-a)",
                "this is 1 + exp(-a): it belongs below the line, and needs brackets there",
            ),
            (
                "0.5 + 0.5 * np.tanh(0.5 * a)",
                "1 / (1 - np.exp(-a))",
                "the sum 1 + exp(-a) is a difference",
            ),
        ),
    ),
    Exercise(
        "02.sigmoid_backward",
        sigmoid_backward,
        _logits,
        "n H",
        1,
        (
            "s = 1 / (1 + e^-a). Its derivative by a is e^-a / (1 + e^-a)^2.",
            "Write that as s times something: what is e^-a / (1 + e^-a) in terms of s?",
        ),
        forward=squash,
        mistakes=(
            (" * s * (1 - s)", " * s", "the factor 1 - s of the sigmoid's slope is missing"),
            (" * s * (1 - s)", " * (1 - s)", "the factor s of the sigmoid's slope is missing"),
            (" * s * (1 - s)", " * s * s", "s^2 stands where s (1 - s) belongs"),
            (" * s * (1 - s)", " * (1 - s**2)", "1 - s^2 is the slope of tanh"),
            (" * s * (1 - s)", " * s * 1 - s", "brackets around 1 - s are missing"),
            ("ds * s * (1 - s)", "s * (1 - s)", "the gradient ds that arrives is left out"),
            (" * s * (1 - s)", "", "the sigmoid's slope is missing: what arrives is passed on"),
            (
                "s * (1 - s)",
                "sigmoid(s) * (1 - sigmoid(s))",
                "the sigmoid is applied a second time, to s",
            ),
        ),
    ),
    Exercise(
        "02.linear",
        linear,
        _linear,
        "n I O",
        1,
        (
            "out[i, o] is the sum over k of x[i, k] W[k, o], plus b[o]. Which product is that?",
            "b has the shape (O,): it is added to every row.",
        ),
        outputs=("out",),
        mistakes=(
            ("    out += b\n", "", "the bias is missing"),
            (
                "x @ W\n    out += b\n",
                "x @ (W + b)\n",
                "x @ (W + b) adds b to the weights; it comes after the product",
            ),
        ),
    ),
    Exercise(
        "02.linear_backward",
        linear_backward,
        _linear,
        "n I O",
        3,
        (
            "By index first: x[i, k] moves out[i, o] by W[k, o], for every o. Sum over o.",
            "W[k, o] moves out[i, o] by x[i, k], for every image i. Sum over i.",
            "The shapes decide which of the two to transpose; b is added to every row.",
        ),
        forward=linear,
        parts=(linear_backward_input, linear_backward_weights),
        mistakes=(
            ("dout.sum(axis=0)", "dout[0]", "only the first image is counted"),
            ("dout.sum(axis=0)", "dout", "it isn't summed over the images; b was used for each"),
        ),
    ),
)
