"""Lesson 13, train it: clipping, Adam's update, and painting from noise."""

import numpy as np

from minidraw.layers import adam_update, lstm_gates, write_attention
from minidraw.learn.exercises.exercise import Exercise
from minidraw.learn.exercises.step_of_draw import layer, make_params


def clipped(grad, *, limit):
    """Scale the gradient down to the norm `limit` if its norm is larger."""
    norm = np.sqrt((grad**2).sum())
    return grad * min(1.0, limit / norm)


def generate(params, noise, *, write_size):
    """Paint images from noise, without the encoder (eqs 13-16).

    Returns the canvases before and after every step, (T + 1, n, C, B, A).
    """
    starts = "canvas_0", "decoder.h_0", "decoder.c_0"
    canvas, h_dec, c_dec = (np.repeat(params[s][None], noise.shape[1], axis=0) for s in starts)
    canvases, size = [canvas], {"height": canvas.shape[2], "width": canvas.shape[3]}
    for z in noise:  # eq 13
        a = layer(params, "decoder", np.concatenate([h_dec, z], axis=1))
        (h_dec, c_dec), _ = lstm_gates(a, c_dec)  # eq 14
        patch, theta = layer(params, "patch", h_dec), layer(params, "write_window", h_dec)
        stroke, _ = write_attention(patch, theta, **size, K=write_size)
        canvas = canvas + stroke  # eq 15
        canvases.append(canvas)
    return np.array(canvases)


def make_generate_inputs(rng, n, T, H, Z, K):
    params = make_params(rng, H, Z, K, K + 2, K + 3)
    return {"params": params, "noise": rng.standard_normal((T, n, Z))}, {"write_size": K - 1}


def make_long_gradient(rng, P):
    return {"grad": 10 * rng.standard_normal(P)}, {"limit": rng.uniform(1, 2)}


def make_short_gradient(rng, P):
    return {"grad": 0.1 * rng.standard_normal(P)}, {"limit": 10.0}


def make_zero_gradient(rng, P):
    return {"grad": np.zeros(P)}, {"limit": rng.uniform(1, 2)}


def make_adam_inputs(rng, P):
    inputs = {name: rng.standard_normal(P) for name in ("weights", "mean")}
    inputs |= {"square": rng.random(P), "average": rng.standard_normal(P)}
    inputs["grad"] = rng.standard_normal(P)
    constants = {"beta1": rng.uniform(0.85, 0.95), "beta2": rng.uniform(0.98, 0.999)}
    constants |= {"eps": rng.uniform(1e-3, 2e-3), "decay": rng.uniform(0.5, 0.9)}
    return inputs, {"rate": rng.uniform(0.01, 0.1), "step": int(rng.integers(2, 9)), **constants}


def make_first_step(rng, P):
    """Make Adam's very first step, from means of zero."""
    inputs, settings = make_adam_inputs(rng, P)
    return inputs | {"mean": np.zeros(P), "square": np.zeros(P)}, settings | {"step": 1}


WEIGHTS_LINE = "w -= scale * m / (np.sqrt(v) + eps)"  # the answer's line

EXERCISES = (
    Exercise(
        "13.generate",
        generate,
        make_generate_inputs,
        "n T H Z K",
        6,
        (
            "Without an image there is nothing to read: the encoder and the read window are left "
            "out, and z is the noise itself.",
            "The rest is the second half of step: decoder, patch, write window, stroke, canvas.",
        ),
        outputs=("canvases",),
        uses=("linear", "layer", "lstm_gates", "write_attention"),
        mistakes=(
            (
                "np.concatenate([h_dec, z], axis=1)",
                "np.concatenate([z, h_dec], axis=1)",
                "h_dec and z are swapped in the decoder's input",
            ),
            ("canvas = canvas + stroke", "canvas = stroke", "the canvas before is missing (eq 15)"),
            (
                "canvases, size = [canvas],",
                "canvases, size = [],",
                "the first canvas is missing; it is the state before the first step",
            ),
        ),
    ),
    Exercise(
        "13.adam_update",
        adam_update,
        make_adam_inputs,
        "P",
        7,
        (
            "Move one running mean a little towards the gradient and the other towards its square.",
            "Both started at zero and are too small by the factor 1 - beta^step. Divide by it.",
            "Add eps to the square root of the mean square. Divide the mean by this and step "
            "against it. Then update the averaged weights. All four arrays change in place, so "
            "use [...] or +=.",
        ),
        in_place=("weights", "mean", "square", "average"),
        edges=((make_first_step, "the first step, from means of zero"),),
        mistakes=(
            ("v += (1 - beta2) * g * g", "v += (1 - beta2) * g", "the gradient is not squared"),
            ("m += (1 - beta1) * g", "m += g", "the factor 1 - beta1 is missing"),
            ("w -= scale", "w += scale", "the weights move along the gradient, not against it"),
            (
                "w -= scale * m / (np.sqrt(v) + eps)",
                "w -= scale * correction * m / (v + eps * correction)",
                "the square root of the mean square is missing",
            ),
            (
                "(np.sqrt(v) + eps)",
                "np.sqrt(v + eps * correction)",
                "eps is added before the square root is taken; add it after",
            ),
            (
                "m *= beta1\n        m += (1 - beta1) * g",
                "m *= 1 - beta1\n        m += beta1 * g",
                "beta1 and 1 - beta1 are swapped",
            ),
            (
                "v *= beta2\n        v += (1 - beta2) * g * g",
                "v *= 1 - beta2\n        v += beta2 * g * g",
                "beta2 and 1 - beta2 are swapped",
            ),
            (
                "math.sqrt(1 - beta2**step)",
                "math.sqrt(1 - beta1**step)",
                "beta1 is used instead of beta2 in the correction of the mean square",
            ),
            (
                "math.sqrt(1 - beta2**step)",
                "1.0",
                "the correction of the mean square, 1 - beta2^step, is missing",
            ),
            (
                "scale, eps = rate * correction / (1 - beta1**step)",
                "scale, eps = rate * correction",
                "the correction of the mean, 1 - beta1^step, is missing",
            ),
            (
                "(1 - beta1**step)",
                "(1 - beta1 * step)",
                "beta1 is multiplied by step; it should be raised to the power of step",
            ),
            (
                "        w -= scale * m / (np.sqrt(v) + eps)\n        a += (1 - decay) * (w - a)",
                "        a += (1 - decay) * (w - a)\n        w -= scale * m / (np.sqrt(v) + eps)",
                "the average is updated with the old weights; use the new weights",
            ),
            (
                "scale, eps = rate * correction / (1 - beta1**step), eps * correction",
                "scale = rate",
                "the corrections for the start at zero, 1 - beta^step, are missing",
            ),
            (
                "rate * correction / (1 - beta1**step), eps * correction",
                "rate * correction / (1 - beta1**step), eps",
                "eps is added to the square root before its correction; add it after",
            ),
            (
                "a += (1 - decay) * (w - a)",
                "a += decay * (w - a)",
                "decay and 1 - decay are swapped",
            ),
            (
                "m += (1 - beta1) * g\n        v *= beta2\n        v += (1 - beta2) * g * g",
                "m += (1 - beta1) * g\n        v *= beta2\n        v += (1 - beta2) * m * m",
                "the mean is squared; square the gradient instead",
            ),
            (
                WEIGHTS_LINE,
                f"{WEIGHTS_LINE}\n        m /= 1 - beta1**step\n        v /= 1 - beta2**step",
                "the correction changes the running mean itself; correct a copy",
            ),
            (
                "correction = math.sqrt(1 - beta2**step)",
                "beta1, beta2 = beta2, beta1\n    correction = math.sqrt(1 - beta2**step)",
                "beta1 and beta2 are swapped",
            ),
            (
                "correction = math.sqrt(1 - beta2**step)",
                "step += 1\n    correction = math.sqrt(1 - beta2**step)",
                "step + 1 is used instead of step, which already counts from 1",
            ),
            (
                "correction = math.sqrt(1 - beta2**step)",
                "step -= 1\n    correction = math.sqrt(1 - beta2**step)",
                "step - 1 is used instead of step, which counts from 1",
            ),
        ),
    ),
    Exercise(
        "13.clipped",
        clipped,
        make_long_gradient,
        "P",
        2,
        (
            "The norm of a vector is the square root of the sum of its squares.",
            "Scale the whole vector by one number, so that its direction stays the same.",
        ),
        outputs=("grad",),
        edges=(
            (make_short_gradient, "a gradient that is already short enough"),
            (make_zero_gradient, "a gradient of zeros"),
        ),
        mistakes=(
            (
                "np.sqrt((grad**2).sum())",
                "(grad**2).sum()",
                "the square root of the sum of squares is missing",
            ),
            (
                "np.sqrt((grad**2).sum())",
                "np.abs(grad).sum()",
                "the norm is computed as the sum of absolute values",
            ),
            (
                "np.sqrt((grad**2).sum())",
                "np.sqrt((grad**2).mean())",
                "the squares are averaged instead of summed",
            ),
            (
                "grad * min(1.0, limit / norm)",
                "np.clip(grad, -limit, limit)",
                "each entry is clipped separately, which changes the direction",
            ),
            (
                "min(1.0, limit / norm)",
                "max(1.0, limit / norm)",
                "a gradient that is too long is not scaled to the limit; use min(1, limit / norm)",
            ),
            (
                "min(1.0, limit / norm)",
                "min(1.0, 1 / norm)",
                "the limit is missing; the norm becomes 1",
            ),
            (
                "np.sqrt((grad**2).sum())",
                "np.abs(grad).max()",
                "the largest entry is used as the norm",
            ),
            ("limit / norm", "limit / (norm + 1e-6)", "1e-6 is added to the norm; leave it out"),
        ),
    ),
)
