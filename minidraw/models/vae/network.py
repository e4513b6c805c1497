"""The VAE, forward and backward: `forward` and `loss_and_grads`; and what it paints.

The equation numbers are those of the paper on DRAW, which has the same bound.
"""

import numpy as np

from minidraw.models.interface import Film
from minidraw.models.perceptron import run_stack, run_stack_backward
from minidraw.models.vae.config import DECODER, ENCODER


def forward(params, x, noise, config, ops):
    """Encode images, sample z and paint.

    Returns the canvas (logits), the image cost and the latent cost, each (n,), and what
    `_backward` needs.
    """
    params = ops.prepare(params)
    posterior, encoder = run_stack(params, ENCODER, x.reshape(len(x), -1), ops, "tanh")
    (z, kl), latent = ops.latent(posterior, noise=noise[0])  # eqs 1, 2, 6, 11
    canvas, decoder = run_stack(params, DECODER, z, ops, "tanh")
    canvas = canvas.reshape(x.shape)
    nll, cost = ops.bernoulli_cost(canvas, x=x)  # eq 9
    return canvas, nll, kl, (params, encoder, latent, decoder, cost)


def loss_and_grads(params, batch, noise, config, ops):
    """Return the costs, as `costs` does, and the gradients of the sum of their totals.

    The gradients have the names and shapes of `param_shapes`.  They are sums over the images.
    """
    _, nll, kl, caches = forward(params, batch.images, noise, config, ops)
    return {"nll": nll, "kl": kl, "total": nll + kl}, _backward(caches, np.ones_like(nll), ops)


def _backward(caches, ones, ops):
    """Backpropagate from the image cost to the encoder's first layer."""
    params, encoder, latent, decoder, cost = caches
    # nll = bernoulli_cost(decode(z))
    dcanvas = ops.bernoulli_cost_backward(ones, cost).reshape(len(ones), -1)
    dfirst, decoder_grads = run_stack_backward(params, DECODER, dcanvas, decoder, ops, "tanh")
    dz = ops.linear_backward_input(dfirst, params[f"{DECODER[0]}.W"])
    # z, kl = latent(encode(x))
    dposterior = ops.latent_backward((dz, ones), latent)
    _, grads = run_stack_backward(params, ENCODER, dposterior, encoder, ops, "tanh")
    return grads | decoder_grads


def reconstruct(params, batch, noise, config, ops):
    """Reconstruct images; return a `Film` of two canvases, before and after the painting."""
    canvas, *_ = forward(params, batch.images, noise, config, ops)
    return _make_film(params, canvas, config)


def generate(params, noise, config, ops):
    """Generate images from latent vectors, without the encoder (eqs 13-16).

    Parameters
    ----------
    params : dict of arrays, as in `param_shapes`
    noise : array, shape (1, n, Z)
        The latent vectors, drawn from N(0, 1).
    config : Config
    ops : module
        `minidraw.layers` or `minidraw.kernels`.

    Returns
    -------
    film : Film
        Two canvases in logits: the painting's bias, and the painting.  It has no windows.
    """
    canvas, _ = run_stack(ops.prepare(params), DECODER, noise[0], ops, "tanh")
    return _make_film(params, canvas, config)


def _make_film(params, canvas, config):
    canvases = np.empty((2, len(canvas), *config.image_shape), canvas.dtype, like=canvas)
    canvases[0] = params["painting.b"].reshape(config.image_shape)
    canvases[1] = canvas.reshape(canvases.shape[1:])
    return Film(canvases, None, None, 0, 0)


def pictures(params, batch, noise, config, ops):
    """Return the run folder's pictures: probability images generated from `noise`."""
    return {"samples": ops.sigmoid(generate(params, noise, config, ops).canvas[-1])}
