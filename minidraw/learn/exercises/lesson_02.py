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
    """Apply the sigmoid as a layer; the cache is the result."""
    s = sigmoid(a)
    return s, s


def sigmoid_backward(ds, s):
    """Return the gradient ``da``, in the shape of ``s``."""
    return ds * s * (1 - s)


def make_linear_inputs(rng, n, I, O):  # noqa: E741  the shape's letters
    normal = rng.standard_normal
    return {"x": normal((n, I)), "W": normal((I, O)), "b": normal(O)}, {}


def make_logits(rng, n, H):
    return {"a": rng.standard_normal((n, H))}, {}


def make_row_of_logits(rng, n, H):
    return {"a": rng.standard_normal(H)}, {}


def make_canvas_of_logits(rng, n, H):
    return {"a": rng.standard_normal((n, H, 2, 3))}, {}


def make_large_logits(rng, n, H):
    return {"a": 1000 * rng.choice([-1.0, 1.0], (n, H))}, {}


def make_middling_logits(rng, n, H):
    return {"a": rng.uniform(-30, 30, (n, 20 * H))}, {}


EXERCISES = (
    Exercise(
        "02.sigmoid",
        sigmoid,
        make_logits,
        "n H",
        1,
        (
            "The formula for a whole array is the same as for one number. Use NumPy's exponential.",
            "What is e^1000 on a computer, and what is 1 divided by that? The formula still works.",
        ),
        outputs=("s",),
        edges=(
            (make_row_of_logits, "an array of one axis"),
            (make_canvas_of_logits, "an array of four axes"),
            (make_middling_logits, "inputs as large as +-30"),
            (make_large_logits, "inputs of +-1000"),
        ),
        mistakes=(
            ("0.5 + 0.5 * np.tanh(0.5 * a)", "np.tanh(a)", "this is tanh(a)"),
            ("0.5 + 0.5 * np.tanh(0.5 * a)", "0.5 + 0.5 * np.tanh(a)", "this is sigmoid(2 a)"),
            (
                "0.5 + 0.5 * np.tanh(0.5 * a)",
                "0.5 - 0.5 * np.tanh(0.5 * a)",
                "this is sigmoid(-a)",
            ),
            (
                "0.5 + 0.5 * np.tanh(0.5 * a)",
                "1 + np.exp(-a)",
                "this is 1 + exp(-a); divide 1 by the whole sum, in brackets",
            ),
            (
                "0.5 + 0.5 * np.tanh(0.5 * a)",
                "1 / (1 - np.exp(-a))",
                "the minus in 1 - exp(-a) should be a plus",
            ),
        ),
    ),
    Exercise(
        "02.sigmoid_backward",
        sigmoid_backward,
        make_logits,
        "n H",
        1,
        (
            "s = 1 / (1 + e^-a). Its derivative with respect to a is e^-a / (1 + e^-a)^2.",
            "Write this as s times a second factor. What is e^-a / (1 + e^-a) in terms of s?",
        ),
        forward=squash,
        mistakes=(
            (" * s * (1 - s)", " * s", "the factor 1 - s of the sigmoid's slope is missing"),
            (" * s * (1 - s)", " * (1 - s)", "the factor s of the sigmoid's slope is missing"),
            (" * s * (1 - s)", " * s * s", "the slope is s (1 - s), not s^2"),
            (" * s * (1 - s)", " * (1 - s**2)", "1 - s^2 is the slope of tanh, not of the sigmoid"),
            (" * s * (1 - s)", " * s * 1 - s", "brackets around 1 - s are missing"),
            ("ds * s * (1 - s)", "s * (1 - s)", "the incoming gradient ds is missing"),
            (" * s * (1 - s)", "", "the slope of the sigmoid is missing; ds is returned unchanged"),
            (
                "s * (1 - s)",
                "sigmoid(s) * (1 - sigmoid(s))",
                "the sigmoid is applied twice; s is already its output",
            ),
        ),
    ),
    Exercise(
        "02.linear",
        linear,
        make_linear_inputs,
        "n I O",
        1,
        (
            "out[i, o] is the sum over k of x[i, k] W[k, o], plus b[o]. Which product is that?",
            "b has the shape (O,) and is added to every row.",
        ),
        outputs=("out",),
        mistakes=(
            ("    out += b\n", "", "the bias is missing"),
            (
                "x @ W\n    out += b\n",
                "x @ (W + b)\n",
                "b is added to the weights, in x @ (W + b); add it after the product",
            ),
        ),
    ),
    Exercise(
        "02.linear_backward",
        linear_backward,
        make_linear_inputs,
        "n I O",
        3,
        (
            "Look at single entries: x[i, k] moves out[i, o] by W[k, o], for every o. Sum over o.",
            "W[k, o] moves out[i, o] by x[i, k], for every image i. Sum over i.",
            "The shapes show which of the two to transpose. b is added to every row.",
        ),
        forward=linear,
        parts=(linear_backward_input, linear_backward_weights),
        mistakes=(
            ("dout.sum(axis=0)", "dout[0]", "only the first image is counted"),
            (
                "dout.sum(axis=0)",
                "dout",
                "the sum over the images is missing; b is used for every image",
            ),
        ),
    ),
)
