"""The VAE, forward and backward: `forward` and `loss_and_grads`; and what it paints.

The equation numbers are those of the paper on DRAW, which has the same bound.
"""

import numpy as np

from minidraw.models.perceptron import paint_once, run_stack, run_stack_backward
from minidraw.models.vae.config import DECODER, ENCODER


def forward(params, x, noise, config, ops):
    """Encode images, sample z and paint.

    Returns a `Film`, the image cost and the latent cost, each (n,), and what `_backward` needs.
    """
    params = ops.prepare(params)
    posterior, encoder = run_stack(params, ENCODER, x.reshape(len(x), -1), ops, "tanh")
    (z, kl), latent = ops.latent(posterior, noise=noise[0])  # eqs 1, 2, 6, 11
    film, decoder = paint_once(params, DECODER, z, config, ops, "tanh")
    nll, cost = ops.bernoulli_cost(film.canvas[-1], x=x)  # eq 9
    return film, nll, kl, (params, encoder, latent, decoder, cost)


def loss_and_grads(params, batch, noise, config, ops):
    """Return the costs, as `costs` does, and the gradients of the sum of their totals.

    The gradients have the names and shapes of `param_shapes`.  They are sums over the images.
    """
    _, nll, kl, caches = forward(params, batch.images, noise, config, ops)
    ones = np.ones_like(nll)
    grads = _backward(caches, ones, batch.kl_weight * ones, ops)
    return {"nll": nll, "kl": kl, "total": nll + kl}, grads


def _backward(caches, dnll, dkl, ops):
    """Backpropagate from both costs to the encoder's first layer."""
    params, encoder, latent, decoder, cost = caches
    # nll = bernoulli_cost(decode(z))
    dcanvas = ops.bernoulli_cost_backward(dnll, cost).reshape(len(dnll), -1)
    dfirst, decoder_grads = run_stack_backward(params, DECODER, dcanvas, decoder, ops, "tanh")
    dz = ops.linear_backward_input(dfirst, params[f"{DECODER[0]}.W"])
    # z, kl = latent(encode(x))
    dposterior = ops.latent_backward((dz, dkl), latent)
    _, grads = run_stack_backward(params, ENCODER, dposterior, encoder, ops, "tanh")
    return grads | decoder_grads


def reconstruct(params, batch, noise, config, ops):
    """Reconstruct images; return a `Film` of two canvases, before and after the painting."""
    return forward(params, batch.images, noise, config, ops)[0]


def generate(params, noise, config, ops):
    """Generate images from latent vectors, `noise` (1, n, Z), without the encoder (eqs 13-16)."""
    return paint_once(ops.prepare(params), DECODER, noise[0], config, ops, "tanh")[0]


def pictures(params, batch, noise, config, ops):
    """Return the run folder's pictures: probability images generated from `noise`."""
    return {"samples": ops.sigmoid(generate(params, noise, config, ops).canvas[-1])}
