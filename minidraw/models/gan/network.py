"""The generator and its critic, forward and backward: `forward` and `loss_and_grads`.

With d the critic's logit of an image x or a painting g(z), the costs of one image are

    critic      -log sigmoid(d(x)) - log(1 - sigmoid(d(g(z))))
    generator   -log sigmoid(d(g(z)))                             (not saturating)

Each is the cost of Bernoulli pixels whose only pixel says "an image".
"""

from typing import NamedTuple

import numpy as np

from minidraw.errors import UserError
from minidraw.models.gan.config import CRITIC, GENERATOR, LEAK
from minidraw.models.perceptron import paint_once, run_stack, run_stack_backward


class Judgement(NamedTuple):
    """The critic's costs of some pictures, and their caches."""

    found_out: tuple  # cost of a painting that is taken for one, and its cache
    taken_for_image: tuple  # cost of an image, or of a painting that passes as one, and its cache
    tape: list


def judge(params, pictures, ops):
    """Let the critic judge pictures (n, C, B, A)."""
    n, one = len(pictures), np.ones((len(pictures), 1, 1, 1), pictures.dtype, like=pictures)
    logits, tape = run_stack(params, CRITIC, pictures.reshape(n, -1), ops, "relu", leak=LEAK)
    logits = logits.reshape(n, 1, 1, 1)
    painted, real = (ops.bernoulli_cost(logits, x=is_image) for is_image in (0 * one, one))
    return Judgement(painted, real, tape)


def forward(params, x, noise, config, ops):
    """Paint, and judge both images and paintings: return the costs, and what is needed later."""
    params = ops.prepare(params)
    film, generator = paint_once(params, GENERATOR, noise[0], config, ops, "relu")
    paintings = ops.sigmoid(film.canvas[-1])
    of_images, of_paintings = judge(params, x, ops), judge(params, paintings, ops)
    critic = of_images.taken_for_image[0] + of_paintings.found_out[0]
    fooled = of_paintings.taken_for_image[0]
    found = {"critic": critic, "generator": fooled, "total": critic + fooled}
    return found, (params, generator, paintings, of_images, of_paintings)


def costs(params, batch, noise, config, ops):
    """Return both costs of each image and of the painting made from its noise (1, n, Z)."""
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
    dpaintings = ops.linear_backward_input(dfirst, params[f"{CRITIC[0]}.W"])
    p = paintings.reshape(len(paintings), -1)
    dcanvas = dpaintings * p * (1 - p)  # paintings = sigmoid(canvas)
    _, own = run_stack_backward(params, GENERATOR, dcanvas, generator, ops, "relu")
    return found, grads | own


def generate(params, noise, config, ops):
    """Paint from latent vectors, `noise` (1, n, Z): a `Film` of two canvases."""
    return paint_once(ops.prepare(params), GENERATOR, noise[0], config, ops, "relu")[0]


def reconstruct(params, batch, noise, config, ops):
    """Raise a UserError: no part of a GAN finds the latent vector of an image."""
    raise UserError("a GAN has no encoder, so it can't redraw an image: use a draw or vae network")


def pictures(params, batch, noise, config, ops):
    """Return the run folder's pictures: paintings made from `noise`."""
    return {"samples": ops.sigmoid(generate(params, noise, config, ops).canvas[-1])}
