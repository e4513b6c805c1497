"""Lesson 11, one step of DRAW: the gradients of values that are used several times."""

from typing import NamedTuple

import numpy as np

from minidraw.layers import (
    read_attention,
    read_attention_backward,
    sigmoid,
    write_attention,
    write_attention_backward,
)
from minidraw.layers.read_write import filterbanks_backward
from minidraw.learn.exercises.exercise import Exercise
from minidraw.learn.exercises.step_of_draw import STEP, STEP_BACKWARD


def consumers(h_dec, *, W_patch, W_write, W_read, W_encoder, W_decoder):
    """Apply the five linear layers that use h_dec; the cache holds their matrices."""
    weights = W_patch, W_write, W_read, W_encoder, W_decoder
    return tuple(h_dec @ W for W in weights), weights


def consumers_backward(dout, weights):
    """Return the gradient ``dh_dec``, shape (n, H)."""
    dpatch, dwrite, dread, dencoder, ddecoder = dout
    W_patch, W_write, W_read, W_encoder, W_decoder = weights
    dh_dec = dpatch @ W_patch.T
    dh_dec = dh_dec + dwrite @ W_write.T
    dh_dec = dh_dec + dread @ W_read.T
    dh_dec = dh_dec + dencoder @ W_encoder.T
    dh_dec = dh_dec + ddecoder @ W_decoder.T
    return dh_dec


class CanvasCache(NamedTuple):
    s: np.ndarray  # (n, C, B, A)  sigmoid of the previous canvas


def canvas_step(canvas, stroke, *, x):
    """Add the stroke to the canvas (eq 8) and compute the error image (eq 3)."""
    s = sigmoid(canvas)
    return (canvas + stroke, x - s), CanvasCache(s)


def canvas_step_backward(dout, cache):
    """Return the gradients ``dcanvas, dstroke``."""
    dafter, dx_err = dout
    (s,) = cache
    dcanvas = dafter - dx_err * s * (1 - s)  # x_err = x - sigmoid(canvas)
    return dcanvas, dafter.copy()


def make_consumer_inputs(rng, n, H, P, E):
    normal = rng.standard_normal
    matrices = {"W_patch": (H, P), "W_write": (H, 5), "W_read": (H, 5)}
    matrices |= {"W_encoder": (H, E), "W_decoder": (H, 4 * H)}
    settings = {name: normal(shape) for name, shape in matrices.items()}
    return {"h_dec": normal((n, H))}, settings


def make_canvas_inputs(rng, n, C, B, A):
    normal = rng.standard_normal
    shape = n, C, B, A
    return {"canvas": normal(shape), "stroke": normal(shape)}, {"x": rng.random(shape)}


def make_read_attention_inputs(rng, n, K, B, A, C):
    canvas, theta = rng.standard_normal((n, C, B, A)), 0.4 * rng.standard_normal((n, 5))
    inputs = {"canvas": canvas, "theta": theta}
    return inputs, {"x": rng.random((n, C, B, A)), "K": K}


def make_write_attention_inputs(rng, n, K, B, A, C):
    inputs = {
        "patch": rng.standard_normal((n, C * K * K)),
        "theta": 0.4 * rng.standard_normal((n, 5)),
    }
    return inputs, {"height": B, "width": A, "K": K}


WINDOW_FUNCTIONS = "window", "window_backward", "filterbank", "filterbank_backward"

SHARED_MISTAKES = (
    (
        "dstride_y + dstride_x",
        "dstride_x",
        "the gradient of the stride that flows through F_y is missing",
    ),
    (
        "dstride_y + dstride_x",
        "dstride_y",
        "the gradient of the stride that flows through F_x is missing",
    ),
    (
        "dvar_y + dvar_x",
        "dvar_x",
        "the gradient of the variance that flows through F_y is missing",
    ),
    (
        "dvar_y + dvar_x",
        "dvar_y",
        "the gradient of the variance that flows through F_x is missing",
    ),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "dstride_x, dvar_x",
        "the gradients of stride and variance that flow through F_y are missing",
    ),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "dstride_y, dvar_y",
        "the gradients of stride and variance that flow through F_x are missing",
    ),
    (
        "dcenter_x, dcenter_y, dstride_y",
        "dcenter_y, dcenter_x, dstride_y",
        "the gradients of center_x and center_y are swapped",
    ),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "dvar_y + dvar_x, dstride_y + dstride_x",
        "the gradients of stride and variance are swapped",
    ),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "(dstride_y + dstride_x) / 2, dvar_y + dvar_x",
        "the two gradients of the stride are averaged instead of summed",
    ),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "dstride_y + dstride_x, (dvar_y + dvar_x) / 2",
        "the two gradients of the variance are averaged instead of summed",
    ),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "(dstride_y + dstride_x) / 2, (dvar_y + dvar_x) / 2",
        "the gradients of stride and variance are averaged instead of summed",
    ),
    ("dvar_y + dvar_x, dgamma", "dvar_y + dvar_x, 0 * dgamma", "the gradient of gamma is missing"),
)

DIVIDED_TWICE = "it is divided by gamma twice; write_backward already divides by it"
USER_LINES = {  # the answer's lines
    name: f"    dh_dec = dh_dec + d{name} @ W_{name}.T\n"
    for name in ("patch", "write", "read", "encoder", "decoder")
}
USER_LINES["patch"] = "    dh_dec = dpatch @ W_patch.T\n"


def omit_user(product, user):
    return (
        f"    dh_dec = dh_dec + {product}\n",
        "",
        f"the gradient that flows through {user} is missing",
    )


EXERCISES = (
    STEP,
    Exercise(
        "11.consumers_backward",
        consumers_backward,
        make_consumer_inputs,
        "n H P E",
        2,
        (
            "For one linear layer, dh = dout @ W.T. Here five linear layers use the same h_dec.",
            "The gradient of a value that is used five times is the sum of five gradients.",
        ),
        forward=consumers,
        mistakes=(
            (
                "dh_dec = dpatch @ W_patch.T",
                "dh_dec = 0",
                "the gradient that flows through the patch is missing",
            ),
            omit_user("dwrite @ W_write.T", "the write window"),
            omit_user("dread @ W_read.T", "the next read window"),
            omit_user("dencoder @ W_encoder.T", "the encoder"),
            omit_user("ddecoder @ W_decoder.T", "the next step of the decoder"),
            (
                USER_LINES["patch"] + USER_LINES["write"],
                "    dh_dec = 0\n",
                "the gradients from the same step, through patch and write window, are missing",
            ),
            (
                USER_LINES["write"] + USER_LINES["read"],
                "",
                "the gradients that flow through the two windows are missing",
            ),
            (
                USER_LINES["read"] + USER_LINES["encoder"] + USER_LINES["decoder"],
                "",
                "the gradients from the next step's window, encoder and decoder are missing",
            ),
            (
                USER_LINES["encoder"] + USER_LINES["decoder"],
                "",
                "the gradients from the next step's encoder and decoder are missing",
            ),
            (
                "dh_dec = dh_dec + ddecoder @ W_decoder.T",
                "dh_dec = ddecoder @ W_decoder.T",
                "only the last gradient is counted; add all five",
            ),
        ),
    ),
    Exercise(
        "11.canvas_step_backward",
        canvas_step_backward,
        make_canvas_inputs,
        "n C B A",
        4,
        (
            "The canvas is used twice: in the sum with the stroke, and in the error image.",
            "x_err = x - sigmoid(canvas) has a minus sign. The slope of the sigmoid is s (1 - s).",
        ),
        forward=canvas_step,
        mistakes=(
            (
                "dafter - dx_err * s * (1 - s)",
                "dafter",
                "the gradient that flows through the error image is missing",
            ),
            (
                "dafter - dx_err * s * (1 - s)",
                "-dx_err * s * (1 - s)",
                "the gradient that comes from the next canvas is missing",
            ),
            (
                "dafter - dx_err * s * (1 - s)",
                "dafter - dx_err",
                "the slope of the sigmoid is missing",
            ),
            (
                "dafter - dx_err * s * (1 - s)",
                "dafter + dx_err * s * (1 - s)",
                "the minus of x - sigmoid(canvas) is missing",
            ),
        ),
    ),
    Exercise(
        "11.read_attention_backward",
        read_attention_backward,
        make_read_attention_inputs,
        "n K B A C",
        9,
        (
            "Go backward through `read`, then through both filterbanks, then through the window.",
            "Both axes use the same stride and variance, so add the two filterbanks' gradients.",
            "The gradient of x_err leads to the canvas, because x_err = x - sigmoid(canvas).",
        ),
        forward=read_attention,
        parts=(filterbanks_backward,),
        uses=("read", "read_backward", *WINDOW_FUNCTIONS),
        mistakes=(
            *SHARED_MISTAKES,
            (
                "-dx_err * s * (1 - s)",
                "dx_err * s * (1 - s)",
                "the minus of x - sigmoid(canvas) is missing",
            ),
            ("-dx_err * s * (1 - s)", "-dx_err", "the slope of the sigmoid is missing"),
            (
                "read(x - s, F_y, F_x, gamma, x=x)",
                "read(s, F_y, F_x, gamma, x=x)",
                "the canvas s is read; it should be the error image, x - s",
            ),
            (
                "read(x - s, F_y, F_x, gamma, x=x)",
                "read(x, F_y, F_x, gamma, x=x - s)",
                "the image and the error image are swapped in the call of read",
            ),
            (
                "read_backward(dglimpse.reshape(n, -1, K, K)",
                "read_backward(gamma[:, None, None, None] * dglimpse.reshape(n, -1, K, K)",
                "it is multiplied by gamma twice; read_backward already multiplies by it",
            ),
        ),
    ),
    Exercise(
        "11.write_attention_backward",
        write_attention_backward,
        make_write_attention_inputs,
        "n K B A C",
        7,
        (
            "Go backward through `write`, then through both filterbanks, then through the window.",
            "Both axes use the same stride and variance, so add the two filterbanks' gradients.",
        ),
        forward=write_attention,
        parts=(filterbanks_backward,),
        uses=("write", "write_backward", *WINDOW_FUNCTIONS),
        mistakes=(
            *SHARED_MISTAKES,
            (
                "dpatch.reshape(n, -1)",
                "(dpatch / gamma[:, None, None, None]).reshape(n, -1)",
                DIVIDED_TWICE,
            ),
            (
                "write_backward(dout, write_cache)",
                "write_backward(dout / gamma[:, None, None, None], write_cache)",
                DIVIDED_TWICE,
            ),
        ),
    ),
    STEP_BACKWARD,
)
