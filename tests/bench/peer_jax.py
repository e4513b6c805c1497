"""DRAW in JAX: a whole training step in one jit, `lax.scan` over the glimpses.

Grey, square images only: the benchmark needs no others. The weights keep minidraw's names and
layout.

Three changes brought no gain in CPU time at the paper's size: unrolling the scan; weight gradients
as one product over all steps stacked; the batch sharded over two host devices (1.1 times the time,
since XLA's own pool already keeps both cores equally busy).
"""

import functools

import jax
import jax.numpy as jnp
from jax import lax

LOG_LIMIT = 12.0
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


def load(params, config, dtype=jnp.float32):
    """Return the weights as JAX arrays."""
    if config.channels != 1 or config.height != config.width:
        raise ValueError("only grey, square images")
    return {name: jnp.asarray(value, dtype) for name, value in params.items()}


@functools.partial(jax.jit, static_argnums=3)
def cost(params, images, noise, config):
    """Return image cost and latent cost, each (n,), of images (n, 1, B, A)."""
    n, x = len(images), images[:, 0]
    starts = ("encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0")
    state = [jnp.broadcast_to(params[name], (n, config.hidden)) for name in starts]
    canvas = jnp.broadcast_to(params["canvas_0"], x.shape)
    step = functools.partial(_step, params, x, config)
    (canvas, *_), kl = lax.scan(step, (canvas, *state), noise)
    return (jax.nn.softplus(canvas) - x * canvas).sum((1, 2)), kl.sum(0)


@functools.partial(jax.jit, static_argnums=3)
def grads(params, images, noise, config):
    """Return the gradients of the summed cost, in minidraw's names and layout."""
    return jax.grad(lambda p: sum(cost(p, images, noise, config)).sum())(params)


def make_optimizer(params):
    """Return Adam's state: the step, and running means of the gradient and of its square."""
    zeros = {name: jnp.zeros_like(w) for name, w in params.items()}
    return jnp.zeros((), jnp.int32), zeros, {name: jnp.zeros_like(w) for name, w in params.items()}


@functools.partial(jax.jit, static_argnames=("config", "rate", "clip"), donate_argnums=(0, 1))
def train_step(params, adam, images, noise, config, rate=1e-3, clip=500.0):
    """Return the weights and Adam's state after one training step, and the mean cost."""
    loss, grad = jax.value_and_grad(lambda p: sum(cost(p, images, noise, config)).mean())(params)
    return *_adam(params, adam, grad, rate, clip), loss


def _adam(params, adam, grad, rate, clip):
    """Clip the gradient and take one step of Adam."""
    norm = jnp.sqrt(sum((g**2).sum() for g in grad.values()))
    shrink = jnp.minimum(1, clip / norm)
    step, mean, square = adam
    step = step + 1
    correction = jnp.sqrt(1 - BETA2**step)
    scale = rate * correction / (1 - BETA1**step)
    tree = jax.tree.map
    mean = tree(lambda m, g: BETA1 * m + (1 - BETA1) * shrink * g, mean, grad)
    square = tree(lambda v, g: BETA2 * v + (1 - BETA2) * (shrink * g) ** 2, square, grad)
    params = tree(
        lambda w, m, v: w - scale * m / (jnp.sqrt(v) + EPS * correction), params, mean, square
    )
    return params, (step, mean, square)


def _step(params, x, config, state, noise):
    """Return the state after one glimpse, and its part of the latent cost."""
    canvas, h_enc, c_enc, h_dec, c_dec = state
    n = len(x)

    def linear(name, inputs):
        return inputs @ params[f"{name}.W"] + params[f"{name}.b"]

    s = jax.nn.sigmoid(canvas)
    if config.read_attention:
        F_y, F_x, gamma = _banks(linear("read_window", h_dec), config, config.read_size)
        seen = gamma * (F_y @ (x @ F_x.mT))
        seen_err = seen - gamma * (F_y @ (s @ F_x.mT))
    else:
        seen, seen_err = x, x - s
    seen = jnp.concatenate([h_enc, seen.reshape(n, -1), seen_err.reshape(n, -1), h_dec], 1)
    h_enc, c_enc = _gates(linear("encoder", seen), c_enc)
    mu, log_sigma = jnp.split(linear("latent", h_enc), 2, 1)
    sigma = jnp.exp(log_sigma)
    kl = 0.5 * (mu**2 + sigma**2 - 2 * log_sigma - 1).sum(1)
    seen = jnp.concatenate([h_dec, mu + sigma * noise], 1)
    h_dec, c_dec = _gates(linear("decoder", seen), c_dec)
    patch = linear("patch", h_dec)
    if config.write_attention:
        F_y, F_x, gamma = _banks(linear("write_window", h_dec), config, config.write_size)
        patch = patch.reshape(n, config.write_size, config.write_size) / gamma
        canvas = canvas + F_y.mT @ (patch @ F_x)
    else:
        canvas = canvas + patch.reshape(canvas.shape)
    return (canvas, h_enc, c_enc, h_dec, c_dec), kl


def _gates(a, c):
    i, f, o, g = jnp.split(a, 4, 1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def _banks(theta, config, K):
    """Return filters (n, K, B) and (n, K, A) and intensity (n, 1, 1) of theta (n, 5)."""
    size = config.width
    center = (size + 1) / 2 * (theta[:, :2, None] + 1) - 1  # (n, 2, 1)
    var, stride, gamma = jnp.exp(jnp.clip(theta[:, 2:], -LOG_LIMIT, LOG_LIMIT)).T[..., None, None]
    offset = (jnp.arange(K) - (K - 1) / 2) * (size - 1) / (K - 1)
    mu = center + offset * stride  # (n, 2, K)
    distance = (jnp.arange(size) - mu[..., None]) ** 2
    filters = jax.nn.softmax(-distance / (2 * var[..., None]), 3)
    return filters[:, 1], filters[:, 0], gamma
