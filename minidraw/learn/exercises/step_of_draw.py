"""Exercises of lesson 11 that join the layers: a whole step of DRAW, forward and backward."""

from typing import NamedTuple

import numpy as np

from minidraw.layers import (
    latent,
    latent_backward,
    linear,
    lstm_gates,
    lstm_gates_backward,
    read_attention,
    read_attention_backward,
    write_attention,
    write_attention_backward,
)
from minidraw.learn.exercises.exercise import Exercise


class StepCache(NamedTuple):
    inputs: dict  # of the six linear layers, by name, each (n, I)
    caches: tuple  # of read, encoder, latent, decoder and write
    params: dict


def layer(params, name, x):
    """Apply one of the network's linear layers, given by name."""
    out, _ = linear(x, params[f"{name}.W"], params[f"{name}.b"])
    return out


def step(canvas, h_enc, c_enc, h_dec, c_dec, *, x, noise, params, read_size, write_size):
    """Go one step of DRAW forward (eqs 3-8 and 11).

    Returns the new state with the price of z, ``(canvas, h_enc, c_enc, h_dec, c_dec, kl)``, and the
    cache.
    """
    inputs, size = {"read_window": h_dec}, {"height": x.shape[2], "width": x.shape[3]}
    theta = layer(params, "read_window", h_dec)  # eq 21
    glimpse, read = read_attention(canvas, theta, x=x, K=read_size)  # eqs 3, 4
    inputs["encoder"] = np.concatenate([h_enc, glimpse, h_dec], axis=1)
    a = layer(params, "encoder", inputs["encoder"])
    (h_enc, c_enc), encoder = lstm_gates(a, c_enc)  # eq 5
    (z, kl), sampled = latent(layer(params, "latent", h_enc), noise=noise)  # eqs 1, 2, 6, 11
    inputs["decoder"] = np.concatenate([h_dec, z], axis=1)
    a = layer(params, "decoder", inputs["decoder"])
    (h_dec, c_dec), decoder = lstm_gates(a, c_dec)  # eq 7
    patch, theta = layer(params, "patch", h_dec), layer(params, "write_window", h_dec)
    stroke, write = write_attention(patch, theta, **size, K=write_size)  # eqs 21, 28, 29
    canvas = canvas + stroke  # eq 8
    inputs |= {"latent": h_enc, "patch": h_dec, "write_window": h_dec}
    caches = read, encoder, sampled, decoder, write
    return (canvas, h_enc, c_enc, h_dec, c_dec, kl), StepCache(inputs, caches, params)


def step_backward(dout, cache):
    """Return the gradients of the five parts of the state before, and of the six layers' outputs.

    `dout` holds the gradients of the new state and of kl.  The layers' order is read_window,
    encoder, latent, decoder, patch, write_window.
    """
    dcanvas, dh_enc, dc_enc, dh_dec, dc_dec, dkl = dout
    _, (read, encoder, sampled, decoder, write), params = cache
    H = dh_enc.shape[1]
    dpatch, dwrite = write_attention_backward(dcanvas, write)  # canvas = canvas + stroke
    dh_dec = dh_dec + dpatch @ params["patch.W"].T + dwrite @ params["write_window.W"].T
    ddecoder, dc_dec = lstm_gates_backward((dh_dec, dc_dec), decoder)
    dseen = ddecoder @ params["decoder.W"].T  # [h_dec, z]
    dlatent = latent_backward((dseen[:, H:], dkl), sampled)
    dh_enc = dh_enc + dlatent @ params["latent.W"].T
    dencoder, dc_enc = lstm_gates_backward((dh_enc, dc_enc), encoder)
    djoined = dencoder @ params["encoder.W"].T  # [h_enc, glimpse, h_dec]
    dlook, dread = read_attention_backward(djoined[:, H:-H], read)
    dh_dec = dseen[:, :H] + djoined[:, -H:] + dread @ params["read_window.W"].T
    dstate = dcanvas + dlook, djoined[:, :H], dc_enc, dh_dec, dc_dec
    return *dstate, dread, dencoder, dlatent, ddecoder, dpatch, dwrite


def make_params(rng, H, Z, K, B, A):
    """Draw the weights of a grey DRAW that reads K x K and writes (K - 1) x (K - 1)."""
    normal = rng.standard_normal
    outputs = {"read_window": 5, "encoder": 4 * H, "latent": 2 * Z, "decoder": 4 * H}
    outputs |= {"patch": (K - 1) ** 2, "write_window": 5}
    inputs = dict.fromkeys(outputs, H) | {"encoder": 2 * H + 2 * K**2, "decoder": H + Z}
    params = {"canvas_0": normal((1, B, A))}
    params |= {f"{a}.{b}": normal(H) for a in ("encoder", "decoder") for b in ("h_0", "c_0")}
    for name, size in outputs.items():
        params[f"{name}.W"] = 0.4 * normal((inputs[name], size))
        params[f"{name}.b"] = 0.4 * normal(size)
    return params


def make_step_inputs(rng, n, H, Z, K, B, A):
    normal = rng.standard_normal
    state = {"canvas": normal((n, 1, B, A))}
    state |= {name: normal((n, H)) for name in ("h_enc", "c_enc", "h_dec", "c_dec")}
    settings = {"x": rng.random((n, 1, B, A)), "noise": normal((n, Z))}
    settings |= {"params": make_params(rng, H, Z, K, B, A), "read_size": K, "write_size": K - 1}
    return state, settings


STEP_FUNCTIONS = "linear", "layer", "read_attention", "lstm_gates", "latent", "write_attention"
STEP_BACKWARDS = "read_attention", "lstm_gates", "latent", "write_attention"
STATE = "canvas", "h_enc", "c_enc", "h_dec", "c_dec"
LAYERS = "read_window", "encoder", "latent", "decoder", "patch", "write_window"

STEP = Exercise(
    "11.step",
    step,
    make_step_inputs,
    "n H Z K B A",
    9,
    (
        "Write one line for each box of figure 11.2, from the read window to the canvas.",
        "The read window and the encoder use the h_dec of the step before; patch and write "
        "window use the new one.",
        "np.concatenate([a, b], axis=1) puts two arrays side by side. The encoder's input is "
        "h_enc, glimpse, h_dec; the decoder's is h_dec, z.",
    ),
    outputs=(*STATE, "kl"),
    uses=STEP_FUNCTIONS,
    mistakes=(
        (
            "np.concatenate([h_enc, glimpse, h_dec], axis=1)",
            "np.concatenate([glimpse, h_enc, h_dec], axis=1)",
            "the encoder's input starts with the glimpse; its order is h_enc, glimpse, h_dec",
        ),
        (
            "np.concatenate([h_enc, glimpse, h_dec], axis=1)",
            "np.concatenate([h_dec, glimpse, h_enc], axis=1)",
            "h_enc and h_dec are swapped in the encoder's input",
        ),
        (
            "np.concatenate([h_dec, z], axis=1)",
            "np.concatenate([z, h_dec], axis=1)",
            "h_dec and z are swapped in the decoder's input",
        ),
        (
            "lstm_gates(a, c_enc)",
            "lstm_gates(a, c_dec)",
            "the encoder uses the decoder's cell",
        ),
        (
            "lstm_gates(a, c_dec)",
            "lstm_gates(a, c_enc)",
            "the decoder uses the encoder's cell",
        ),
        ("canvas = canvas + stroke", "canvas = stroke", "the canvas before is missing (eq 8)"),
        (
            'layer(params, "read_window", h_dec)',
            'layer(params, "write_window", h_dec)',
            "the read window uses the weights of the write window; each has its own",
        ),
        (
            'layer(params, "write_window", h_dec)',
            'layer(params, "read_window", h_dec)',
            "the write window uses the weights of the read window; each has its own",
        ),
        (
            'layer(params, "write_window", h_dec)',
            "theta",
            "the stroke is written through the read window; make the write window's theta",
        ),
        (
            'layer(params, "patch", h_dec)',
            'layer(params, "patch", h_enc)',
            "the patch is made of h_enc; it should be made of h_dec",
        ),
    ),
)

STEP_BACKWARD = Exercise(
    "11.step_backward",
    step_backward,
    make_step_inputs,
    "n H Z K B A",
    11,
    (
        "Undo the lines of step from the last to the first.",
        "The gradient of h_dec that arrives comes from the next step. Two users in this step "
        "add theirs before you go through the decoder.",
        "The h_dec of the step before has three users: the decoder, the encoder and the read "
        "window. Add their three gradients at the end.",
        "Of the products with the transposed matrices, take the columns that belong to each "
        "part: [:, :H], [:, H:], [:, -H:].",
    ),
    forward=step,
    outputs=(*(f"d{name}" for name in STATE), *(f"d{name}" for name in LAYERS)),
    uses=("step", *(f"{name}_backward" for name in STEP_BACKWARDS)),
    mistakes=(
        (
            "dcanvas + dlook",
            "dcanvas",
            "the gradient from looking at the canvas is missing",
        ),
        ("dcanvas + dlook", "dlook", "the gradient from the next canvas is missing"),
        (
            ' + dpatch @ params["patch.W"].T + dwrite @ params["write_window.W"].T',
            ' + dpatch @ params["patch.W"].T',
            "the gradient that h_dec gets from the write window is missing",
        ),
        (
            ' + dpatch @ params["patch.W"].T + dwrite @ params["write_window.W"].T',
            ' + dwrite @ params["write_window.W"].T',
            "the gradient that h_dec gets from the patch is missing",
        ),
        (
            "dh_dec = dh_dec + dpatch",
            "dh_dec = dpatch",
            "the gradient of h_dec that comes from the next step is missing",
        ),
        (
            "dh_enc = dh_enc + dlatent",
            "dh_enc = dlatent",
            "the gradient of h_enc that comes from the next step is missing",
        ),
        (
            'dh_enc + dlatent @ params["latent.W"].T',
            "dh_enc",
            "the gradient that h_enc gets from the latent layer is missing",
        ),
        (
            ' + dread @ params["read_window.W"].T',
            "",
            "the gradient that h_dec gets from the read window is missing",
        ),
        (
            " + djoined[:, -H:]",
            "",
            "the gradient that h_dec gets from the encoder is missing",
        ),
        (
            "dseen[:, :H] + djoined",
            "djoined",
            "the gradient that h_dec gets from the decoder of this step is missing",
        ),
        (
            "(dseen[:, H:], dkl)",
            "(dseen[:, H:], 0 * dkl)",
            "the gradient of kl, the price of z, is missing",
        ),
    ),
)
