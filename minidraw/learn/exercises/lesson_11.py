"""Lesson 11, one step of DRAW: what is used by several at once."""

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


def consumers(h_dec, *, W_patch, W_write, W_read, W_encoder, W_decoder):
    """The five linear layers that h_dec goes into; the cache is their matrices."""
    weights = W_patch, W_write, W_read, W_encoder, W_decoder
    return tuple(h_dec @ W for W in weights), weights


def consumers_backward(dout, weights):
    """Gradient ``dh_dec``, shape (n, H)."""
    dpatch, dwrite, dread, dencoder, ddecoder = dout
    W_patch, W_write, W_read, W_encoder, W_decoder = weights
    dh_dec = dpatch @ W_patch.T
    dh_dec = dh_dec + dwrite @ W_write.T
    dh_dec = dh_dec + dread @ W_read.T
    dh_dec = dh_dec + dencoder @ W_encoder.T
    dh_dec = dh_dec + ddecoder @ W_decoder.T
    return dh_dec


class CanvasCache(NamedTuple):
    s: np.ndarray  # (n, C, B, A)  the canvas before, after its sigmoid


def canvas_step(canvas, stroke, *, x):
    """The canvas before is carried on (eq 8) and looked at (eq 3)."""
    s = sigmoid(canvas)
    return (canvas + stroke, x - s), CanvasCache(s)


def canvas_step_backward(dout, cache):
    """Gradients ``dcanvas, dstroke``."""
    dafter, dx_err = dout
    (s,) = cache
    dcanvas = dafter - dx_err * s * (1 - s)  # x_err = x - sigmoid(canvas)
    return dcanvas, dafter.copy()


def _consumers(rng, n, H, P, E):
    normal = rng.standard_normal
    matrices = {"W_patch": (H, P), "W_write": (H, 5), "W_read": (H, 5)}
    matrices |= {"W_encoder": (H, E), "W_decoder": (H, 4 * H)}
    settings = {name: normal(shape) for name, shape in matrices.items()}
    return {"h_dec": normal((n, H))}, settings


def _canvas(rng, n, C, B, A):
    normal = rng.standard_normal
    shape = n, C, B, A
    return {"canvas": normal(shape), "stroke": normal(shape)}, {"x": rng.random(shape)}


def _read_attention(rng, n, K, B, A, C):
    canvas, theta = rng.standard_normal((n, C, B, A)), 0.4 * rng.standard_normal((n, 5))
    inputs = {"canvas": canvas, "theta": theta}
    return inputs, {"x": rng.random((n, C, B, A)), "K": K}


def _write_attention(rng, n, K, B, A, C):
    inputs = {
        "patch": rng.standard_normal((n, C * K * K)),
        "theta": 0.4 * rng.standard_normal((n, 5)),
    }
    return inputs, {"height": B, "width": A, "K": K}


BANKS = "window", "window_backward", "filterbank", "filterbank_backward"

SHARED = (
    (
        "dstride_y + dstride_x",
        "dstride_x",
        "right except for the stride's part that flows through F_y",
    ),
    (
        "dstride_y + dstride_x",
        "dstride_y",
        "right except for the stride's part that flows through F_x",
    ),
    ("dvar_y + dvar_x", "dvar_x", "right except for the variance's part that flows through F_y"),
    ("dvar_y + dvar_x", "dvar_y", "right except for the variance's part that flows through F_x"),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "dstride_x, dvar_x",
        "right except for what stride and variance get through F_y",
    ),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "dstride_y, dvar_y",
        "right except for what stride and variance get through F_x",
    ),
    (
        "dcenter_x, dcenter_y, dstride_y",
        "dcenter_y, dcenter_x, dstride_y",
        "x and y have changed places",
    ),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "dvar_y + dvar_x, dstride_y + dstride_x",
        "stride and variance have changed places on the way into the window",
    ),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "(dstride_y + dstride_x) / 2, dvar_y + dvar_x",
        "the stride's two parts are averaged: they add up",
    ),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "dstride_y + dstride_x, (dvar_y + dvar_x) / 2",
        "the variance's two parts are averaged: they add up",
    ),
    (
        "dstride_y + dstride_x, dvar_y + dvar_x",
        "(dstride_y + dstride_x) / 2, (dvar_y + dvar_x) / 2",
        "the two parts of stride and variance are averaged: they add up",
    ),
    (
        "dvar_y + dvar_x, dgamma",
        "dvar_y + dvar_x, 0 * dgamma",
        "right except for gamma, which gets no gradient",
    ),
)


TWICE = "gamma is taken twice: write_backward divides by it already"
USERS = {  # the answer's lines
    name: f"    dh_dec = dh_dec + d{name} @ W_{name}.T\n"
    for name in ("patch", "write", "read", "encoder", "decoder")
}
USERS["patch"] = "    dh_dec = dpatch @ W_patch.T\n"


def _without(what, who):
    return (
        f"    dh_dec = dh_dec + {what}\n",
        "",
        f"right except for the part that flows through {who}",
    )


EXERCISES = (
    Exercise(
        "11.consumers_backward",
        consumers_backward,
        _consumers,
        "n H P E",
        2,
        (
            "For one linear layer, dh = dout @ W.T. Here five of them use the same h_dec.",
            "A value used five times adds five gradients.",
        ),
        forward=consumers,
        mistakes=(
            (
                "dh_dec = dpatch @ W_patch.T",
                "dh_dec = 0",
                "right except for the part that flows through the patch",
            ),
            _without("dwrite @ W_write.T", "the write window"),
            _without("dread @ W_read.T", "the next read window"),
            _without("dencoder @ W_encoder.T", "the encoder"),
            _without("ddecoder @ W_decoder.T", "the decoder's next step"),
            (
                USERS["patch"] + USERS["write"],
                "    dh_dec = 0\n",
                "right except for the two users of the same step, patch and write window",
            ),
            (
                USERS["write"] + USERS["read"],
                "",
                "right except for the parts that flow through the two windows",
            ),
            (
                USERS["read"] + USERS["encoder"] + USERS["decoder"],
                "",
                "right except for the three users of the next step",
            ),
            (
                USERS["encoder"] + USERS["decoder"],
                "",
                "right except for encoder and decoder, the next step's",
            ),
            (
                "dh_dec = dh_dec + ddecoder @ W_decoder.T",
                "dh_dec = ddecoder @ W_decoder.T",
                "only the last user is counted; the five parts add up",
            ),
        ),
    ),
    Exercise(
        "11.canvas_step_backward",
        canvas_step_backward,
        _canvas,
        "n C B A",
        4,
        (
            "The canvas goes two ways: into the sum with the stroke, and into the error image.",
            "x_err = x - sigmoid(canvas): mind the minus, and the sigmoid's slope s (1 - s).",
        ),
        forward=canvas_step,
        mistakes=(
            (
                "dafter - dx_err * s * (1 - s)",
                "dafter",
                "right except for the part that flows through the error image",
            ),
            (
                "dafter - dx_err * s * (1 - s)",
                "-dx_err * s * (1 - s)",
                "right except for the part that is carried on to the next canvas",
            ),
            ("dafter - dx_err * s * (1 - s)", "dafter - dx_err", "the sigmoid's slope is missing"),
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
        _read_attention,
        "n K B A C",
        9,
        (
            "Backward through `read` first, then both filterbanks, then the window.",
            "Both axes use the same stride and variance: add what the two filterbanks say.",
            "x_err = x - sigmoid(canvas) leads to the canvas.",
        ),
        forward=read_attention,
        parts=(filterbanks_backward,),
        uses=("read", "read_backward", *BANKS),
        mistakes=(
            *SHARED,
            (
                "-dx_err * s * (1 - s)",
                "dx_err * s * (1 - s)",
                "the minus of x - sigmoid(canvas) is missing",
            ),
            ("-dx_err * s * (1 - s)", "-dx_err", "the sigmoid's slope is missing"),
            (
                "read(x - s, F_y, F_x, gamma, x=x)",
                "read(s, F_y, F_x, gamma, x=x)",
                "what is read is the canvas, s; it should be the error image, x - s",
            ),
            (
                "read(x - s, F_y, F_x, gamma, x=x)",
                "read(x, F_y, F_x, gamma, x=x - s)",
                "image and error image have changed places in what is read",
            ),
            (
                "read_backward(dglimpse.reshape(n, -1, K, K)",
                "read_backward(gamma[:, None, None, None] * dglimpse.reshape(n, -1, K, K)",
                "gamma is taken twice: read_backward multiplies by it already",
            ),
        ),
    ),
    Exercise(
        "11.write_attention_backward",
        write_attention_backward,
        _write_attention,
        "n K B A C",
        7,
        (
            "Backward through `write` first, then both filterbanks, then the window.",
            "Both axes use the same stride and variance: add what the two filterbanks say.",
        ),
        forward=write_attention,
        parts=(filterbanks_backward,),
        uses=("write", "write_backward", *BANKS),
        mistakes=(
            *SHARED,
            (
                "dpatch.reshape(n, -1)",
                "(dpatch / gamma[:, None, None, None]).reshape(n, -1)",
                TWICE,
            ),
            (
                "write_backward(dout, write_cache)",
                "write_backward(dout / gamma[:, None, None, None], write_cache)",
                TWICE,
            ),
        ),
    ),
)
