"""Interface of every model, and the records and helpers that models share.

A model is a package of `minidraw.models`, named in `MODEL_NAMES`.  It offers

Config                       frozen dataclass; its field metadata is the command line's help.  It
                             has `image_shape`, `hidden`, `glimpses` and `glimpse_size`; a network
                             that takes the image in at once has 1 glimpse, of the whole image
param_shapes(config)         name to shape of every weight
init_params(config, rng, dtype, mean_image=None)
noise_shape(config, n)       shape of the noise for n images; None if the model uses none
costs(params, batch, noise, config, ops)            dict of arrays (n,), among them "total"
loss_and_grads(params, batch, noise, config, ops)   the costs, and the gradients of total.sum()
pictures(params, batch, noise, config, ops)         dict of pictures for the run folder
Measured                     record of mean costs, made by `of(costs, protocol)`; formats itself
GENERATIVE                   True if the total bounds -log p of the image

A model that paints also offers `generate` and `reconstruct`, which return a `Film`, `log_weights`
and `kl_per_step`; one that classifies, `probabilities(params, images, config, ops)`.

Gradients are sums over images; the training loop divides by the size of the whole batch.
"""

from dataclasses import field, replace
from typing import NamedTuple

import numpy as np

from minidraw.errors import UserError


class Batch(NamedTuple):
    images: np.ndarray  # (n, C, B, A), in [0, 1]
    labels: np.ndarray | None = None  # (n,), integers
    kl_weight: float = 1.0  # factor on the latent cost in the gradients, not in the costs


class Window(NamedTuple):
    """Attention windows of T steps, in pixels counted from 0."""

    center_x: np.ndarray  # (T, n)
    center_y: np.ndarray  # (T, n)
    stride: np.ndarray  # (T, n)
    var: np.ndarray  # (T, n)  pixels squared
    gamma: np.ndarray  # (T, n)


class Film(NamedTuple):
    """Canvases and windows of all steps, for a batch of images."""

    canvas: np.ndarray  # (T + 1, n, C, B, A), logits; canvas[0] is the initial one
    read_window: Window | None  # None without attention or without images to read
    write_window: Window | None  # None without attention
    read_size: int  # filters per axis
    write_size: int


class Scanpath(NamedTuple):
    """Windows, glimpses and class probabilities of a classifier."""

    images: np.ndarray  # (n, C, B, A)
    window: Window
    glimpses: np.ndarray  # (T, n, C, K, K)
    probabilities: np.ndarray  # (n, classes)
    read_size: int  # filters per axis


def option(default, help):
    """Return a dataclass field with its help for the command line."""
    return field(default=default, metadata={"help": help})


def set_glimpses(config, glimpses):
    """Return the Config with another number of steps; a model of a single step has only that."""
    return config if glimpses == config.glimpses else replace(config, glimpses=glimpses)


def check_at_least(least, config, *names, reason=""):
    """Raise a ValueError if a field of `config` is below its minimum."""
    for name in names:
        value = getattr(config, name)
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}{reason}")


def check_filters(config, *names):
    """Raise a ValueError if a window has fewer than 2 filters per axis."""
    check_at_least(2, config, *names, reason=": eq 24 divides the image into size - 1 strides")


def check_image_size(config):
    """Raise a ValueError if the images have no side on which a window could move."""
    if max(config.height, config.width) < 2:
        raise ValueError(
            f"images are {config.height} x {config.width} pixels; an attention window needs a side"
            " of at least 2"
        )


class NotFinite(UserError):
    """Error for a result that is nan or infinite."""


def check_finite(values, name):
    """Raise `NotFinite` if a number or an array has values that are nan or infinite."""
    if not np.isfinite(values).all():
        raise NotFinite(
            f"{name}: nan or infinite. The network's weights are too large; train it again, with"
            " a smaller rate"
        )


def linear_shapes(linears):
    """Return the shapes of the weights W and b of linear layers, given those of W by layer."""
    shapes = {}
    for name, shape in linears.items():
        shapes |= {f"{name}.W": shape, f"{name}.b": shape[1:]}
    return shapes


def init_weights(shapes, rng, dtype):
    """Draw normal matrices with standard deviation 1 / sqrt(inputs); all else is 0.

    Parameters
    ----------
    shapes : dict
        Name to shape; a name ending in ``.W`` is a matrix of shape (inputs, outputs).
    rng : numpy.random.Generator
    dtype : dtype

    Returns
    -------
    params : dict of arrays
    """
    return {
        name: (rng.standard_normal(shape) / np.sqrt(shape[0])).astype(dtype)
        if name.endswith(".W")
        else np.zeros(shape, dtype)
        for name, shape in shapes.items()
    }


def standard_error(values):
    """Return the standard error of the mean of independent values (n,); nan if n is 1."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan


def describe_excess(total, floor, error):
    """Say how far a bound is above the grey levels' floor; "" for black and white."""
    if not floor:
        return ""
    return f", {total - floor:.2f} above the grey levels' floor (standard error {error:.2f})"


def apply_linear(params, name, x, ops):
    """Apply the linear layer called `name`; return its output without the cache."""
    out, _ = ops.linear(x, params[f"{name}.W"], params[f"{name}.b"])
    return out


def linear_gradients(layers, ops):
    """Return the gradients of the weights of linear layers, given (dout, x) by layer."""
    grads = {}
    for name, (dout, x) in layers.items():
        grads[f"{name}.W"], grads[f"{name}.b"] = ops.linear_backward_weights(dout, x)
    return grads


def compute_windows(theta, config, K, ops):
    """Return the `Window` of ``theta`` (T, n, 5) and K filters per axis."""
    size = {"height": config.height, "width": config.width, "K": K}
    parts, _ = ops.window(theta.reshape(-1, 5), **size)
    return Window(*(part.reshape(theta.shape[:2]) for part in parts))
