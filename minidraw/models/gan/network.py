"""The generator and its critic, forward and backward: `forward` and `loss_and_grads`.

With d the critic's logit of an image x or a painting g(z), the costs of one image are

    critic      -log sigmoid(d(x)) - log(1 - sigmoid(d(g(z))))
    generator   -log sigmoid(d(g(z)))                             (not saturating)

Each is the cost of Bernoulli pixels whose only pixel says "an image".  The critic sees both
through the same noise (instance noise, Sønderby et al. 2017), which hides slips of single pixels.
"""

from typing import NamedTuple

import numpy as np

from minidraw.errors import UserError
from minidraw.models.gan.config import CRITIC, GENERATOR, INSTANCE_NOISE, LEAK
from minidraw.models.perceptron import paint_once, run_stack, run_stack_backward


class Judgement(NamedTuple):
    """The critic's costs of some pictures, and their caches."""

    found_out: tuple  # cost of a painting that is taken for one, and its cache
    taken_for_image: tuple  # cost of an image, or of a painting that passes as one, and its cache
    tape: list


def paint(params, noise, config, ops):
    """Return the `Film` made from the latent vectors, the first part of `noise`, and its tape."""
    z = noise[0, :, : config.latent].copy()
    return paint_once(params, GENERATOR, z, config, ops, "relu", leak=LEAK)


def judge(params, pictures, noise, config, ops):
    """Let the critic judge pictures (n, C, B, A), seen through the last part of `noise`."""
    n, one = len(pictures), np.ones((len(pictures), 1, 1, 1), pictures.dtype, like=pictures)
    seen = 2 * pictures.reshape(n, -1) - 1 + INSTANCE_NOISE * noise[0, :, config.latent :]
    logits, tape = run_stack(params, CRITIC, seen, ops, "relu", leak=LEAK)
    logits = logits.reshape(n, 1, 1, 1)
    painted, real = (ops.bernoulli_cost(logits, x=is_image) for is_image in (0 * one, one))
    return Judgement(painted, real, tape)


def forward(params, x, noise, config, ops):
    """Paint, and judge both images and paintings: return the costs, and what is needed later."""
    params = ops.prepare(params)
    film, generator = paint(params, noise, config, ops)
    paintings = ops.sigmoid(film.canvas[-1])
    of_images, of_paintings = (judge(params, p, noise, config, ops) for p in (x, paintings))
    critic = of_images.taken_for_image[0] + of_paintings.found_out[0]
    fooled = of_paintings.taken_for_image[0]
    found = {"critic": critic, "generator": fooled, "total": critic + fooled}
    return found, (params, generator, paintings, of_images, of_paintings)


def costs(params, batch, noise, config, ops):
    """Return both costs of each image and of the painting made from its noise."""
    return forward(params, batch.images, noise, config, ops)[0]


def loss_and_grads(params, batch, noise, config, ops):
    """Return the costs, as `costs` does, and the gradients of two sums.

    The generator's weights get the gradient of the generator's cost, the critic's weights that of
    the critic's cost; the names' prefixes say whose they are.  No name gets that of the total.
    """
    found, (params, generator, paintings, of_images, of_paintings) = forward(
        params, batch.images, noise, config, ops
    )
    ones = np.ones_like(found["total"])

    def judge_backward(cost, tape):
        dlogits = ops.bernoulli_cost_backward(ones, cost).reshape(-1, 1)
        return run_stack_backward(params, CRITIC, dlogits, tape, ops, "relu")

    # critic = -log sigmoid(d(x)) - log(1 - sigmoid(d(g(z)))): x and g(z) share the weights
    _, grads = judge_backward(of_images.taken_for_image[1], of_images.tape)
    _, more = judge_backward(of_paintings.found_out[1], of_paintings.tape)
    grads = {name: gradient + more[name] for name, gradient in grads.items()}
    # generator = -log sigmoid(d(g(z))): through the critic, whose weights stay as they are
    dfirst, _ = judge_backward(of_paintings.taken_for_image[1], of_paintings.tape)
    dseen = ops.linear_backward_input(dfirst, params[f"{CRITIC[0]}.W"])
    p = paintings.reshape(len(paintings), -1)
    dcanvas = 2 * dseen * p * (1 - p)  # seen = 2 paintings - 1 + noise, paintings = sigmoid(canvas)
    _, own = run_stack_backward(params, GENERATOR, dcanvas, generator, ops, "relu")
    return found, grads | own


def generate(params, noise, config, ops):
    """Paint from `noise` (1, n, Z or more): a `Film` of two canvases."""
    return paint(ops.prepare(params), noise, config, ops)[0]


def reconstruct(params, batch, noise, config, ops):
    """Raise a UserError: no part of a GAN finds the latent vector of an image."""
    raise UserError("a GAN has no encoder, so it can't redraw an image: use a draw or vae network")


def pictures(params, batch, noise, config, ops):
    """Return the run folder's pictures: paintings made from `noise`."""
    return {"samples": ops.sigmoid(generate(params, noise, config, ops).canvas[-1])}
